"""并案 seen from the matter that stays: which matters came in, and whose figures are higher. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from playbooks.incident import Figure, Incident

CAME = "merged_from"
"""Kind of the note on the matter that stays; its text is the number that came in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Higher:
    """A figure of matter `number` above the one of the matter it was put into; `ours` None: nothing is known there."""

    number: int
    theirs: Figure
    ours: Figure | None


def came_in(i: Incident) -> tuple[int, ...]:
    """Numbers of the matters a person put into this one, in order."""
    return tuple(dict.fromkeys(int(n.text) for n in i.notes if n.kind == CAME and n.text.isdigit()))


def why(number: int) -> str:
    """The mark on what came in."""
    return f"由{number}号并入"


def higher(stays: Incident, came: Incident) -> tuple[Higher, ...]:
    """Newest figure of each metric and standing of the matter that came in, where it exceeds that of the one that stays."""
    out = []
    for metric, standing in dict.fromkeys((f.metric, f.standing) for f in came.figures):
        theirs, ours = came.latest(metric, standing), stays.latest(metric, standing)
        if theirs is not None and theirs.value > (ours.value if ours else 0):
            out.append(Higher(number=came.number, theirs=theirs, ours=ours))
    return tuple(out)
