"""Grade an emergency from its figures: the category's own table, else the fallback on deaths (domain.md §3).

Never raises on odd input: an unknown category or missing figures give a verdict with a reason. Levels are suggestions;
only a person, or figures from the command post, grade (design.md §3.6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.schema import Category, Level, Threshold

FALLBACK = "fallback"
MISSING_LIKE = ("missing",)
LATENT_LIKE = ("missing", "trapped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a level: the rule, the value compared and the minimum it reached, with its source."""

    rule: str
    metric: str
    value: float
    at_least: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    level: Level | None
    provisional: bool
    reasons: tuple[Reason, ...] = ()
    needs_human: bool = False


_UNGRADED = Verdict(level=None, provisional=True, needs_human=True)


def _table(category: Category | None, thresholds: Sequence[Threshold]) -> tuple[str, list[Threshold]]:
    name = category.table if category else ""
    rows = [t for t in thresholds if name and t.category == name]
    if rows:
        return name, rows
    return FALLBACK, [t for t in thresholds if t.category == FALLBACK]


def _reached(row: Threshold, value: float) -> Level | None:
    for level in sorted(Level):
        minimum = row.minima.get(level.code)
        if minimum is not None and value >= minimum:
            return level
    return None


def grade(
    category: Category | None,
    figures: Mapping[str, float | None],
    thresholds: Sequence[Threshold],
    *,
    adding: Sequence[str] = (),
) -> Verdict:
    """Highest level any metric reaches. `figures`: metric -> number, None = unknown (never 0).

    `adding` names metrics counted together with deaths: ``("missing",)`` for the provisional grade,
    ``("missing", "trapped")`` for the latent line (practice.md §2.5).
    """
    if not any(figures.values()):
        return _UNGRADED
    name, rows = _table(category, thresholds)
    best: Level | None = None
    reasons: list[Reason] = []
    for row in rows:
        value = figures.get(row.metric)
        extra = [figures.get(m) for m in adding] if row.metric == "deaths" else []
        known = [v for v in (value, *extra) if v is not None]
        if not known or sum(known) <= 0:
            continue
        total = float(sum(known))
        level = _reached(row, total)
        if level is None:
            continue
        reasons.append(
            Reason(rule=row.id, metric=row.metric, value=total, at_least=row.minima[level.code], source=row.citation.text)
        )
        best = level if best is None else min(best, level)
    kept = tuple(r for r in sorted(reasons, key=lambda r: (-r.at_least, r.rule)))
    return Verdict(level=best, provisional=True, reasons=kept, needs_human=name == FALLBACK or best is None)
