"""The rota over coming days: who stands when, where nobody does, where two shifts collide. Pure; local time is Asia/Shanghai."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from config.schema import Shift

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One shift on one day."""

    shift: Shift
    begin: datetime
    end: datetime


def spans(shifts: Iterable[Shift], now: datetime, days: int) -> tuple[Span, ...]:
    """Every shift that touches the period from `now` on, in order of its begin."""
    first = now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    found: list[Span] = []
    every = tuple(shifts)
    for n in range(days + 2):
        day = first + timedelta(days=n)
        found.extend(
            Span(shift=s, begin=day + timedelta(minutes=s.start), end=day + timedelta(minutes=s.end))
            for s in every
            if (s.date == day.date().isoformat() if s.date else day.weekday() in s.days)
        )
    until = now + timedelta(days=days)
    return tuple(sorted((s for s in found if s.end > now and s.begin < until), key=lambda s: (s.begin, s.end)))


def gaps(shifts: Iterable[Shift], now: datetime, days: int) -> tuple[tuple[datetime, datetime], ...]:
    """Stretches of the next `days` days that no shift covers."""
    reached, until = now.astimezone(BEIJING), now + timedelta(days=days)
    found: list[tuple[datetime, datetime]] = []
    for span in spans(shifts, now, days):
        if span.begin > reached:
            found.append((reached, span.begin))
        reached = max(reached, span.end)
    if reached < until:
        found.append((reached, until.astimezone(BEIJING)))
    return tuple(found)


def collisions(shifts: Iterable[Shift], now: datetime, days: int) -> Iterator[tuple[Span, Span]]:
    """Two shifts of the same rank at once; a dated shift lawfully covers a weekly one."""
    rows = spans(shifts, now, days)
    for dated in (True, False):
        longest: Span | None = None
        for span in (s for s in rows if bool(s.shift.date) is dated):
            if longest is not None and longest.end > span.begin:
                yield longest, span
            if longest is None or span.end > longest.end:
                longest = span
