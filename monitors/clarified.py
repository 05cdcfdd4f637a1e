"""旧谣新传: whether a text repeats what was already clarified. Likeness of wording and no other place; a proposal, never a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from config.clarified import Clarification
from monitors.likeness import grams, tolls


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """The earlier clarification a text repeats. `new_toll`: it states dead, hurt or missing that the old rumour did not."""

    known: Clarification
    likeness: float
    new_toll: bool


def recognise(title: str, county: str, known: Sequence[Clarification], least: float) -> Repeat | None:
    """The likeliest clarification at or above `least` (0..1); of equals the latest. Another county is another matter."""
    best: Repeat | None = None
    for entry in known:
        if county and entry.county and not (county.startswith(entry.county) or entry.county.startswith(county)):
            continue
        told = (*entry.claims, entry.title)
        likeness = max(alike(title, claim) for claim in told)
        if likeness < least or (best and (likeness, entry.on) <= (best.likeness, best.known.on)):
            continue
        stated = {t for claim in told for t in tolls(claim)}
        best = Repeat(known=entry, likeness=round(likeness, 3), new_toll=bool(tolls(title) - stated))
    return best


def alike(one: str, two: str) -> float:
    """Cosine of the character grams of two titles, 0..1."""
    a, b = grams(one), grams(two)
    size = sqrt(sum(n * n for n in a.values()) * sum(n * n for n in b.values()))
    return sum(n * b[g] for g, n in a.items() if g in b) / size if size else 0.0
