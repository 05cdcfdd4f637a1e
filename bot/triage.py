"""`yqbot triage`: every judgement about one text as one JSON line (contracts.md §2); unknown is null, never a guess."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from bot.configuration import folders_of
from bot.judging import Judges, incident_of, judges_of, place_of, rows_of
from config.routing import load_routing
from config.wording import load_wording
from monitors.gate import Verdict
from monitors.region import Region
from monitors.rumor import RumorScorer
from monitors.sentiment import SentimentScorer
from monitors.text import LETTER_CHARS
from playbooks.assign import Matter, Router
from playbooks.disposition import DispositionJudge, DispositionVerdict, Strand
from playbooks.letter import LetterJudge, LetterVerdict

if TYPE_CHECKING:
    from bot.training import Models

ROUTING = "county"
SHOWN = ("deaths", "injured", "missing", "poisoned")


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """All judges of texts; built once, pure afterwards."""

    judges: Judges
    sentiment: SentimentScorer
    rumor: RumorScorer
    letters: LetterJudge
    dispositions: DispositionJudge
    router: Router

    def line(self, row: Mapping[str, Any]) -> dict[str, object]:
        """The answer to one input row; keys that do not apply are null."""
        title = str(row.get("title") or "")
        text = str(row.get("detail") or row.get("text") or "")
        region = self.judges.locator.locate(title, text)
        verdict = self.judges.gate.judge(title or text[:40], text, region=region)
        figures = self.judges.count(title, text)
        letter = self.letters.judge(title, text) if title and len(text) >= LETTER_CHARS else None
        rumor = self.rumor.score(text or title)
        strand = Strand(title=title, text=text, letter=letter, label=verdict.label, category=verdict.category)
        disposition = self.dispositions.judge(strand)
        matter = Matter(title=title, text=text, category=verdict.category, region=_names(region), letter=letter is not None)
        unit = self.router.assign(matter)
        post = self.sentiment.score(text) if text.strip() else None
        return {
            "id": row.get("id"),
            "sentiment": {"label": post.label, "score": post.score} if post else None,
            "incident": incident_of(verdict),
            "casualties": {name: figures.get(name) for name in SHOWN},
            "severity": self._severity(verdict, region, figures),
            "region": place_of(region),
            "unit": {"code": unit.code, "name": unit.name, "ranked": list(unit.ranked), "reasons": list(unit.reasons)},
            "disposition": _disposition(disposition, letter),
            "rumor": {"label": rumor.label, "score": rumor.score},
            "reasons": reasons(verdict),
        }

    def _severity(self, verdict: Verdict, region: Region, figures: Mapping[str, int | None]) -> dict[str, object]:
        if verdict.label != "E" or region.foreign:
            return {"level": None, "provisional": True, "reasons": []}
        found = self.judges.grading(verdict.category, figures)
        why = [
            {"rule": reason.rule, "value": reason.value, "at_least": reason.at_least, "source": reason.source}
            for reason in found.reasons
        ]
        return {"level": found.level.code if found.level else None, "provisional": found.provisional, "reasons": why}


def reasons(verdict: Verdict) -> list[str]:
    """Why, in Chinese, with file and line of every word and rule."""
    said = [
        f"{'命中词' if hit.word else '规则'} {hit.word or hit.rule}（{hit.file}:{hit.line}）"
        if hit.line
        else f"像需要回应的标题，依据 {hit.word or '整句'}（{hit.file}，{hit.weight:.2f}）"
        for hit in verdict.hits
    ]
    return said + [
        f"排除语境 {hit.rule}{'：' + hit.word if hit.word else ''}（{hit.file}:{hit.line}）" for hit in verdict.excluded_by
    ]


def _names(region: Region) -> tuple[str, ...]:
    return tuple(name for name in (region.province, region.city, region.county) if name)


def _disposition(verdict: DispositionVerdict, letter: LetterVerdict | None) -> dict[str, object]:
    first = verdict.first
    return {"class": str(first) if first else None, "letter_type": str(letter.letter_type) if letter else None}


def triage_of(folder: Path | None, env: Mapping[str, str], *, table: str = ROUTING, models: Models | None = None) -> Triage:
    """Every judge of an installation; raises the loaders' errors."""
    folders = folders_of(folder, env)

    def wording(name: str) -> Any:
        return load_wording(*(path for layer in folders if (path := layer / f"{name}.toml").is_file()))

    return Triage(
        judges=judges_of(folder, env),
        sentiment=SentimentScorer(wording("sentiment"), models.sentiment if models else None),
        rumor=RumorScorer(wording("rumor"), models.rumor if models else None),
        letters=LetterJudge(wording("letters")),
        dispositions=DispositionJudge(wording("dispositions")),
        router=Router(load_routing(table, *(layer / "routing" for layer in folders)), models.router if models else None),
    )


def run_triage(
    args: argparse.Namespace, env: Mapping[str, str] = os.environ, source: IO[str] | None = None, out: IO[str] | None = None
) -> int:
    """The command: one line out for every line in, in order, written as soon as it is judged."""
    triage = triage_of(
        args.config, env, table=getattr(args, "org", None) or ROUTING, models=_models(getattr(args, "model", None))
    )
    target, written = out or sys.stdout, json.JSONEncoder(ensure_ascii=False).encode
    for line in judged(triage, rows_of(source or sys.stdin)):
        target.write(written(line) + "\n")
    return 0


def _models(named: Sequence[str] | None) -> Models | None:
    if not named:
        return None
    from bot.training import load_models

    return load_models(named)


def judged(triage: Triage, rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, object]]:
    """Answers in the order of the rows."""
    return (triage.line(row) for row in rows)
