"""Wiring of the judges (gate, gazetteer, figures, grade).

Everything that decides is pure and lives in `monitors` and `playbooks`; here it is built once from the settings folders and fed with
lines. Output as contracts.md §2: one JSON object a line, same order, streaming.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bot.configuration import settings_of
from config.gazetteer import Gazetteer, load_gazetteer, with_home
from config.lexicon import AlarmPolicy, LexiconError, load_lexicon, load_policy
from config.oserror import why
from config.schema import Settings
from monitors.counted import COUNTED, NOTHING, Metric
from monitors.figures import extract
from monitors.gate import Gate, Verdict
from monitors.hunch import FILE, Hunch
from monitors.linear import LogisticModel
from monitors.modelfile import ModelFormatError, unpack
from monitors.region import Locator, Region
from playbooks.severity import MISSING_LIKE, grade
from playbooks.severity import Verdict as Grading

if TYPE_CHECKING:
    from monitors.detect import Detector, Scope
    from monitors.story import StoryIndex

_METRICS = tuple((name, Metric(name)) for name in COUNTED)
_UNSTATED = MappingProxyType(dict.fromkeys(COUNTED))


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
        from monitors.detect import Detector  # judging single texts needs none of it, and start-up counts

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
        from monitors.story import JoinRules, StoryIndex
        from monitors.story_words import dull_words, letter_form

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
    files = [path for folder in folders for path in sorted(folder.glob("*.toml"))]
    model = next((path for folder in reversed(folders) if (path := folder / FILE).is_file()), None)
    files += [model] if model else []
    return _gate(folders, model, tuple((path, (stat := path.stat()).st_mtime_ns, stat.st_size) for path in files))


@lru_cache(maxsize=2)
def _gate(folders: tuple[Path, ...], model: Path | None, files: tuple[tuple[Path, int, int], ...]) -> Gate:
    return Gate(load_lexicon(*folders), _hunch(model) if model else None)


def _hunch(path: Path) -> Hunch:
    """The model of listed titles; LexiconError with one sentence where the file cannot be used."""
    try:
        model = unpack(path.read_bytes(), "gate", path.name)
    except OSError as error:
        raise LexiconError(f"读不了模型文件 {path}：{why(error)}，请检查权限，或删去后用随软件带的。") from error
    except ModelFormatError as error:
        raise LexiconError(str(error)) from error
    assert isinstance(model, LogisticModel)
    return Hunch(model)


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


def place_of(region: Region) -> dict[str, object]:
    """The `region` part of a triage line: unknown is null."""
    return {
        "province": region.province or None,
        "city": region.city or None,
        "county": region.county or None,
        "foreign": region.foreign,
    }
