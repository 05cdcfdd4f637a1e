"""Wiring of the judges (gate, gazetteer, figures, grade) and the command `cluster`.

Everything that decides is pure and lives in `monitors` and `playbooks`; here it is built once from the settings folders and fed with
lines. Output as contracts.md §2: one JSON object a line, same order, streaming.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from bot.configuration import settings_of
from config.gazetteer import Gazetteer, load_gazetteer, with_home
from config.lexicon import AlarmPolicy, load_lexicon, load_policy
from config.schema import Settings
from monitors.detect import COUNTED, Detector, Scope, dull_words, families_of, family_table, letter_form, names_of, site_reader
from monitors.figures import NOTHING, extract
from monitors.gate import Gate, Verdict
from monitors.marks import Metric
from monitors.region import Locator, Region
from monitors.sites import SiteReader
from monitors.story import LETTER_CHARS, ItemRef, JoinRules, StoryIndex
from playbooks.severity import MISSING_LIKE, grade
from playbooks.severity import Verdict as Grading

_METRICS = tuple((name, Metric(name)) for name in COUNTED)
_UNSTATED = MappingProxyType(dict.fromkeys(COUNTED))
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """Built once per process; every part is pure."""

    gate: Gate
    locator: Locator
    policy: AlarmPolicy
    settings: Settings

    def count(self, title: str, text: str) -> Mapping[str, int | None]:
        """Figures a text states, metric -> number, None where it says nothing."""
        found = extract(title, text)
        if found is NOTHING:
            return _UNSTATED
        return {name: found.number(metric) for name, metric in _METRICS}

    def grading(self, category: str, figures: Mapping[str, int | None]) -> Grading:
        """Provisional grade of the figures in the category's own table, missing people counted (practice.md §2.5)."""
        return grade(self.settings.category(category), figures, self.settings.thresholds, adding=MISSING_LIKE)

    def level(self, category: str, figures: Mapping[str, int | None]) -> str | None:
        """Level code of that grade."""
        found = self.grading(category, figures).level
        return found.code if found else None

    def detector(self, scope: Scope | None = None, home: Region | None = None) -> Detector:
        """A detector with no past. `home` stands in where a local source names no place."""
        return Detector(
            gate=self.gate,
            locate=self.locator.locate,
            count=self.count,
            grade=self.level,
            policy=self.policy,
            scope=scope,
            home=home,
        )

    def index(self) -> StoryIndex:
        """A story index with the joining windows of the policy."""
        rules = JoinRules(hours=self.policy.story_hours, letter_days=self.policy.letter_days)
        return StoryIndex(rules, dull_words(self.gate), form=letter_form(self.gate))


def judges_of(folder: Path | None, env: Mapping[str, str]) -> Judges:
    """Judges of an installation: shipped lexicon and policy, then the installation's own; raises the loaders' errors."""
    return judges_from(settings_of(folder, env))


def places_of(settings: Settings) -> Gazetteer:
    """The shipped gazetteer, the installation's own places and its territory."""
    folders, s = [Path(f) for f in settings.folders], settings.scope
    known = load_gazetteer(next((path for f in reversed(folders[1:]) if (path := f / "places.toml").is_file()), None))
    towns = (unit.territory for unit in settings.organisation.units if unit.kind == "town" and unit.territory)
    return with_home(known, s.province, s.city, s.county, towns)


def judges_from(settings: Settings, gazetteer: Gazetteer | None = None) -> Judges:
    """Judges of settings already read."""
    folders = [Path(f) for f in settings.folders]
    return Judges(
        gate=gate_of(*(path for f in folders if (path := f / "lexicon").is_dir())),
        locator=Locator(gazetteer or places_of(settings)),
        policy=load_policy(*(path for f in folders if (path := f / "policy.toml").is_file())),
        settings=settings,
    )


def gate_of(*folders: Path) -> Gate:
    """The gate of these lexicon folders, compiled anew only where a file has changed since."""
    files = (path for folder in folders for path in sorted(folder.glob("*.toml")))
    return _gate(folders, tuple((path, (stat := path.stat()).st_mtime_ns, stat.st_size) for path in files))


@lru_cache(maxsize=2)
def _gate(folders: tuple[Path, ...], files: tuple[tuple[Path, int, int], ...]) -> Gate:
    return Gate(load_lexicon(*folders))


def incident_of(verdict: Verdict) -> dict[str, object]:
    """The `incident` part of a triage line."""
    return {
        "label": verdict.label,
        "score_e": verdict.score_e,
        "score_en": verdict.score_en,
        "category": verdict.category or None,
        "alarm": verdict.alarm,
        "high_consequence": verdict.high_consequence,
    }


def run_cluster(
    args: argparse.Namespace, env: Mapping[str, str] = os.environ, source: IO[str] | None = None, out: IO[str] | None = None
) -> int:
    """`yqbot cluster`: `{"id", "event"}` per line; an event depends only on lines already read, streams never mix."""
    judges, target = judges_of(args.config, env), out or sys.stdout
    for line in clusters(judges, rows_of(source or sys.stdin)):
        target.write(json.dumps(line, ensure_ascii=False) + "\n")
    return 0


def clusters(judges: Judges, rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """Story of every row, in order; a row without a date counts as seen with the one before it."""
    index, last = judges.index(), _EPOCH
    table, sites = family_table(judges.gate), site_reader(judges.gate)
    for row in rows:
        last = max(last, _date(row.get("date")) or last)
        ref = _reference(judges, row, table, sites)
        yield {"id": str(row.get("id", "")), "event": f"{ref.stream}/{index.place(ref, last).story}"}


def _reference(judges: Judges, row: Mapping[str, Any], table: Mapping[str, tuple[str, ...]], sites: SiteReader) -> ItemRef:
    title, text, stream = (
        str(row.get("title") or ""),
        str(row.get("detail") or row.get("text") or ""),
        str(row.get("stream") or ""),
    )
    if row.get("detail") or len(text) >= LETTER_CHARS:  # `detail` is a letter's body, however short
        return ItemRef(id=str(row.get("id", "")), title=title, text=text, stream=stream)
    title = title or text  # a short text without a title is read like one
    region = judges.locator.locate(title)
    province, city, county = names_of(region)
    return ItemRef(
        id=str(row.get("id", "")),
        title=title,
        stream=stream,
        province=province,
        city=city,
        county=county,
        families=families_of(judges.gate.judge(title, region=region), table),
        spot=sites.read(title, (province, city, county)),
    )


def rows_of(source: Iterable[str]) -> Iterator[dict[str, Any]]:
    """JSON objects of a JSONL stream; ValueError names the line that is none."""
    for number, line in enumerate(source, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"第{number}行不是 JSON，请每行写一个 JSON 对象。") from error
        if not isinstance(row, dict):
            raise ValueError(f'第{number}行不是 JSON 对象，请写成 {{"id": …, "title": …}}。')
        yield row


def _date(value: object) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(str(value).strip().replace("/", "-"))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def place_of(region: Region) -> dict[str, object]:
    """The `region` part of a triage line: unknown is null."""
    return {
        "province": region.province or None,
        "city": region.city or None,
        "county": region.county or None,
        "foreign": region.foreign,
    }
