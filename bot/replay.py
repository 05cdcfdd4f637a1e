"""`yqbot replay`: recorded streams through the detector in virtual time, and the two result files (contracts.md §2).

Rows are fed at their own time `t`; a row's `desc` is fed at `desc_t` and not a moment earlier. Nothing reads ahead, and there is no clock.
"""

from __future__ import annotations

import argparse
import gzip
import heapq
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from bot.judging import Judges, judges_of, rows_of
from config.lexicon import AlarmPolicy, load_policy
from monitors.detect import Change, Detector, Kind, Scope, Seen, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a replay decided: stories in order of opening and every change."""

    stories: tuple[Story, ...]
    changes: tuple[Change, ...]
    rows: int
    last: datetime | None


def run_replay(args: argparse.Namespace, env: Mapping[str, str] = os.environ, out: IO[str] | None = None) -> int:
    """The command: replays FILE..., writes incidents.jsonl and alerts.jsonl, prints a summary (and a comparison)."""
    judges, target = judges_of(args.config, env), out or sys.stdout
    scope = Scope.parse(args.scope or "all")
    rows = list(read_rows(args.files))
    outcome = play(judges.detector(scope), rows)
    if args.out:
        write(Path(args.out), outcome, obligations(judges, outcome, args.profile))
    alarms = alarmed(outcome)
    print(
        json.dumps({"rows": outcome.rows, "stories": len(outcome.stories), "alarms": len(alarms)}, ensure_ascii=False), file=out
    )
    if args.compare:
        other = replace(judges, policy=_other_policy(judges.policy, Path(args.compare)))
        for line in side_by_side(outcome, play(other.detector(scope), rows)):
            print(line, file=target)
    return 0


def read_rows(files: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Rows of the files, merged in time order; `.gz` is unpacked."""
    streams = [_lines(Path(name)) for name in files]
    yield from heapq.merge(*streams, key=lambda row: str(row["t"]))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as source:
        for row in rows_of(source):
            if not row.get("t") or not row.get("title"):
                raise ValueError(f"{path.name} 有一行缺少 t 或 title，请补全后再回放。")
            yield row


def play(detector: Detector, rows: Iterable[Mapping[str, Any]]) -> Outcome:
    """Feed every row at its time and every `desc` at its own; returns what the detector decided."""
    changes: list[Change] = []
    pending: list[tuple[datetime, int, Seen]] = []
    count, now = 0, None
    for row in rows:
        now, seen = datetime.fromisoformat(row["t"]), _seen(row, count)
        while pending and pending[0][0] <= now:
            at, _, late = heapq.heappop(pending)
            changes += detector.feed(late, at)
        changes += detector.feed(seen, now)
        if row.get("desc") and row.get("desc_t"):
            at = max(now, datetime.fromisoformat(row["desc_t"]))
            heapq.heappush(pending, (at, count, replace(seen, text=str(row["desc"]))))
        count += 1
    for at, _, late in sorted(pending, key=lambda entry: entry[:2]):
        changes += detector.feed(late, at)
    return Outcome(stories=tuple(detector.stories.values()), changes=tuple(changes), rows=count, last=now)


def _seen(row: Mapping[str, Any], number: int) -> Seen:
    return Seen(
        id=f"r{number}",
        source=str(row.get("source") or "feed"),
        title=str(row["title"]),
        kind=str(row.get("kind") or "hotlist"),
        rank=row["rank"] if isinstance(row.get("rank"), int) else None,
        url=str(row.get("url") or ""),
    )


def alarmed(outcome: Outcome) -> list[Story]:
    """Stories that would have disturbed an officer, in order of opening."""
    return [story for story in outcome.stories if story.alarmed_at]


def obligations(judges: Judges, outcome: Outcome, profile: str | None) -> list[dict[str, object]]:
    """Rows of alerts.jsonl. For now one row an alarm; clocks and ladder of the profile join here."""
    return [
        {
            "t": story.alarmed_at.isoformat(),
            "incident": story.id,
            "clause": None,
            "step": "alarm",
            "due": None,
            "recipients": ["duty_officer"],
            "text": story.title,
        }
        for story in outcome.stories
        if story.alarmed_at
    ]


def write(folder: Path, outcome: Outcome, alerts: Iterable[Mapping[str, object]]) -> None:
    """incidents.jsonl and alerts.jsonl in `folder`, which is created."""
    folder.mkdir(parents=True, exist_ok=True)
    history: dict[str, list[list[str | None]]] = {}
    for change in outcome.changes:
        if change.kind is Kind.LEVEL_RAISED:
            history.setdefault(change.story, []).append([change.at.isoformat(), change.level])
    with (folder / "incidents.jsonl").open("w", encoding="utf-8") as target:
        for story in outcome.stories:
            target.write(json.dumps(_incident(story, history.get(story.id, [])), ensure_ascii=False) + "\n")
    with (folder / "alerts.jsonl").open("w", encoding="utf-8") as target:
        for row in alerts:
            target.write(json.dumps(row, ensure_ascii=False) + "\n")


def _incident(story: Story, history: list[list[str | None]]) -> dict[str, object]:
    return {
        "id": story.id,
        "opened_at": story.opened_at.isoformat(),
        "alerted": story.alarmed_at is not None,
        "alerted_at": story.alarmed_at.isoformat() if story.alarmed_at else None,
        "title": story.title,
        "category": story.category,
        "level_history": history,
        "region": {
            "province": story.province or None,
            "city": story.city or None,
            "county": story.county or None,
            "foreign": story.foreign,
        },
        "unit": {"code": None, "name": None},
        "items": [[seen.at.isoformat(), seen.source, seen.title] for seen in story.sightings],
        "closed_at": story.last_at.isoformat(),
        "twin": story.twin,
    }


def _other_policy(present: AlarmPolicy, place: Path) -> AlarmPolicy:
    """The policy to compare with: a policy.toml, or the one in a configuration folder, over the shipped defaults."""
    path = place / "policy.toml" if place.is_dir() else place
    return load_policy(path) if path.is_file() else present


def side_by_side(present: Outcome, other: Outcome) -> Iterator[str]:
    """Lines in Chinese: what alarms only under one of the two policies."""
    titles = {story.title: story for story in alarmed(present)}, {story.title: story for story in alarmed(other)}
    yield f"现行策略告警 {len(titles[0])} 件，对照策略告警 {len(titles[1])} 件。"
    for name, mine, theirs in (("仅现行策略告警", *titles), ("仅对照策略告警", titles[1], titles[0])):
        for title, story in mine.items():
            if title not in theirs:
                yield f"{name}：{story.alarmed_at:%m-%d %H:%M} {title}"
