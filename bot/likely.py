"""Which actions are likely to be wanted first: the order in which help, refusals and cards name them (pure)."""

from __future__ import annotations

from collections.abc import Iterable

LIKELY = (
    "acknowledge",
    "confirm_exclude",
    "second",
    "sign",
    "return",
    "arbitrate",
    "tell_leader",
    "verify",
    "grade",
    "grade_opinion",
    "assign",
    "release",
    "report_up",
    "report_written",
    "explain",
    "close",
    "archive",
    "reopen",
    "figure",
    "attest",
    "recognise",
    "exclude",
    "note",
    "change",
)
"""Actions in the order in which they are likely to be wanted."""


def in_order(codes: Iterable[str]) -> tuple[str, ...]:
    """The likely ones first, the others as they come."""
    return tuple(sorted(codes, key=lambda c: LIKELY.index(c) if c in LIKELY else len(LIKELY)))
