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

from bot.judging import rows_of
from bot.obligations import TAIL, Obligations
from bot.triage import triage_of
from config.lexicon import AlarmPolicy, load_policy
from config.schema import Settings
from monitors.detect import Change, Detector, Kind, Scope, Seen, Story
from monitors.item import Item, ItemKind
from playbooks.assign import Matter, Router

KINDS = frozenset(kind.value for kind in ItemKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a replay decided: stories in order of opening and every change."""

    stories: tuple[Story, ...]
    changes: tuple[Change, ...]
    rows: int
    last: datetime | None


def run_replay(args: argparse.Namespace, env: Mapping[str, str] = os.environ, out: IO[str] | None = None) -> int:
    """The command: replays FILE..., writes incidents.jsonl and alerts.jsonl, prints a summary (and a comparison)."""
    triage, target = triage_of(args.config, env), out or sys.stdout
    judges = triage.judges
    scope = Scope.parse(args.scope or "all")
    settings = _settings(judges.settings, args.profile)
    rows = list(read_rows(args.files))
    if scope.province and not judges.locator.locate(scope.province).province:
        said = f"地名表里没有“{scope.province}”，写明这个地名的才算在内"
        print(f"注意：{said}，请核对 --scope 的写法（省/市/县）。", file=sys.stderr)
    clocks = Obligations(settings) if args.out else None
    outcome = play(judges.detector(scope), rows, clocks)
    if args.out and clocks is not None:
        write(Path(args.out), outcome, clocks.rows, triage.router)
    alarms = alarmed(outcome)
    print(
        json.dumps({"rows": outcome.rows, "stories": len(outcome.stories), "alarms": len(alarms)}, ensure_ascii=False), file=out
    )
    if args.compare:
        other = replace(judges, policy=_other_policy(judges.settings, Path(args.compare)))
        for line in side_by_side(outcome, play(other.detector(scope), rows)):
            print(line, file=target)
    return 0


def _settings(settings: Settings, profile: str | None) -> Settings:
    """Settings under another profile; ValueError names the known ones."""
    if profile is None:
        return settings
    if profile not in settings.profiles:
        raise ValueError(f"没有“{profile}”这套时限规定，可用：{'、'.join(settings.profiles)}。")
    return replace(settings, bot=replace(settings.bot, profile=profile))


def read_rows(files: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Rows of the files, merged in time order; `.gz` is unpacked."""
    streams = [_lines(Path(name)) for name in files]
    yield from heapq.merge(*streams, key=lambda row: datetime.fromisoformat(row["t"]))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as source:
        for number, row in enumerate(rows_of(source), 1):
            if not row.get("t") or not row.get("title"):
                raise ValueError(f"{path.name} 第{number}条缺少 t 或 title，请补全后再回放。")
            for key in ("t", "desc_t"):
                if row.get(key) and not _instant(row[key]):
                    said = f"{path.name} 第{number}条的 {key} 是“{row[key]}”，应写成 2026-11-22T02:24:00+08:00 的样子，带时区"
                    raise ValueError(f"{said}，请改正后再回放。")
            yield row


def _instant(value: object) -> bool:
    """Whether it is a point in time: a text with date, time and zone."""
    try:
        return datetime.fromisoformat(str(value)).tzinfo is not None
    except ValueError:
        return False


def play(detector: Detector, rows: Iterable[Mapping[str, Any]], clocks: Obligations | None = None) -> Outcome:
    """Feed every row at its time and every `desc` at its own; returns what the detector decided.

    `clocks` is told of every change as it happens: the state of a story is only right at that moment.
    """

    def fed(item: Seen, at: datetime) -> tuple[Change, ...]:
        found = detector.feed(item, at)
        if clocks is not None and found:
            clocks.observe(detector.stories[found[0].story], _item(item, at), found, at)
        return found

    changes: list[Change] = []
    pending: list[tuple[datetime, int, Seen]] = []
    count, now = 0, None
    for row in rows:
        now, seen = datetime.fromisoformat(row["t"]), _seen(row, count)
        while pending and pending[0][0] <= now:
            at, _, late = heapq.heappop(pending)
            changes += fed(late, at)
        changes += fed(seen, now)
        if row.get("desc") and row.get("desc_t"):
            at = max(now, datetime.fromisoformat(row["desc_t"]))
            heapq.heappush(pending, (at, count, seen._replace(text=str(row["desc"]))))
        count += 1
    for at, _, late in sorted(pending, key=lambda entry: entry[:2]):
        changes += fed(late, at)
    if clocks is not None and now is not None:
        clocks.finish(now + TAIL)
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


def _item(seen: Seen, at: datetime) -> Item:
    kind = ItemKind(seen.kind) if seen.kind in KINDS else ItemKind.FEED
    return Item(id=seen.id, source=seen.source, title=seen.title, text=seen.text, url=seen.url, seen_at=at, kind=kind)


def alarmed(outcome: Outcome) -> list[Story]:
    """Stories that would have disturbed an officer, in order of opening."""
    return [story for story in outcome.stories if story.alarmed_at]


def write(folder: Path, outcome: Outcome, alerts: Iterable[Mapping[str, object]], router: Router) -> None:
    """incidents.jsonl and alerts.jsonl in `folder`, which is created."""
    folder.mkdir(parents=True, exist_ok=True)
    history: dict[str, list[list[str | None]]] = {}
    for change in outcome.changes:
        if change.kind is Kind.LEVEL_RAISED:
            history.setdefault(change.story, []).append([change.at.isoformat(), change.level])
    with (folder / "incidents.jsonl").open("w", encoding="utf-8") as target:
        for story in outcome.stories:
            target.write(json.dumps(_incident(story, history.get(story.id, []), router), ensure_ascii=False) + "\n")
    with (folder / "alerts.jsonl").open("w", encoding="utf-8") as target:
        for row in alerts:
            target.write(json.dumps(row, ensure_ascii=False) + "\n")


def _incident(story: Story, history: list[list[str | None]], router: Router) -> dict[str, object]:
    names = tuple(n for n in (story.province, story.city, story.county) if n)
    unit = router.assign(Matter(title=story.title, category=story.category, region=names))
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
        "unit": {"code": unit.code or None, "name": unit.name or None},
        "items": [[seen.at.isoformat(), seen.source, seen.title] for seen in story.sightings],
        "closed_at": story.last_at.isoformat(),
        "twin": story.twin,
    }


def _other_policy(settings: Settings, place: Path) -> AlarmPolicy:
    """The policy to compare with: a policy.toml, or the one in a folder; keys it does not name stay as they are now."""
    path = place / "policy.toml" if place.is_dir() else place
    if not path.is_file():
        raise ValueError(f"没有找到对照策略 {place}，请给出策略文件，或含 policy.toml 的目录。")
    present = (f for folder in settings.folders if (f := Path(folder) / "policy.toml").is_file())
    return load_policy(*present, path)


def side_by_side(present: Outcome, other: Outcome) -> Iterator[str]:
    """Lines in Chinese: what alarms only under one of the two policies."""
    titles = {story.title: story for story in alarmed(present)}, {story.title: story for story in alarmed(other)}
    yield f"现行策略告警 {len(titles[0])} 件，对照策略告警 {len(titles[1])} 件。"
    for name, mine, theirs in (("仅现行策略告警", *titles), ("仅对照策略告警", titles[1], titles[0])):
        for title, story in mine.items():
            if title not in theirs:
                yield f"{name}：{story.alarmed_at:%m-%d %H:%M} {title}"
