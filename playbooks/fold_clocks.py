"""Folding the events of clocks: armed, moved, met, overdue, superseded, explained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from playbooks.incident import Basis, Clock, ClockState, Event, Incident, Notice
from playbooks.record import load

Data = Mapping[str, Any]
TELLING = ("latent", "regraded", "urgent", "changed")
"""Notices that say what else has changed at the same instant."""
SINCE_URGENT = "urgent_at"
TOGETHER = timedelta(seconds=5)
"""What is written in one commit may be read from the clock a moment apart."""


def when(value: object) -> datetime:
    """Aware UTC datetime of a recorded time."""
    return datetime.fromisoformat(str(value))


def notice(i: Incident, kind: str, at: datetime) -> Incident:
    """One more message the ladder has to send."""
    return replace(i, notices=(*i.notices, Notice(id=f"{kind}-{len(i.notices) + 1}", kind=kind, at=at)))


def _clock_changed(i: Incident, clock_id: str, **changes: object) -> Incident:
    clocks = tuple(replace(c, **changes) if c.id == clock_id else c for c in i.clocks)  # type: ignore[arg-type]
    return replace(i, clocks=clocks)


def _clock_armed(i: Incident, e: Event) -> Incident:
    clock = load(Clock, e.data["clock"])  # type: ignore[arg-type]
    known = any(c.id == clock.id for c in i.clocks)
    clocks = tuple(clock if c.id == clock.id else c for c in i.clocks) if known else (*i.clocks, clock)
    i = replace(i, clocks=clocks)
    if i.alarmed_at is None or e.at - i.alarmed_at < TOGETHER:
        return i  # the first card says it
    if any(n.kind in TELLING and e.at - n.at < TOGETHER for n in i.notices):
        return i
    if clock.start_kind == SINCE_URGENT and e.at - clock.start_at < TOGETHER:
        return notice(i, "urgent", e.at)
    return notice(i, "latent", e.at) if clock.latent else i


def _clock_moved(i: Incident, e: Event) -> Incident:
    d: Data = e.data
    return _clock_changed(
        i,
        d["id"],
        start_at=when(d["start_at"]),
        start_kind=d["start_kind"],
        due_at=when(d["due_at"]),
        basis=tuple(load(Basis, b) for b in d["basis"]),
        state=ClockState.PENDING,
        overdue_at=None,
    )


def _clock_settled(i: Incident, e: Event) -> Incident:
    d: Data = e.data
    changes: dict[str, object] = {"state": ClockState(d["state"])}
    if d.get("satisfied_at"):
        changes |= {"satisfied_at": when(d["satisfied_at"]), "satisfied_by": d.get("satisfied_by", "")}
    if changes["state"] is ClockState.OVERDUE:
        changes |= {"overdue_at": e.at, "by_regrade": bool(d.get("by_regrade"))}
    if "outcome" in d:
        changes["outcome"] = d["outcome"]
    return _clock_changed(i, d["id"], **changes)


def _clock_firm(i: Incident, e: Event) -> Incident:
    return _clock_changed(i, str(e.data["id"]), provisional=bool(e.data["provisional"]))


def _extended(i: Incident, e: Event) -> Incident:
    d: Data = e.data
    return _clock_changed(
        i,
        d["id"],
        due_at=when(d["due_at"]),
        basis=tuple(load(Basis, b) for b in d["basis"]),
        extended_by=e.actor.id,
        state=ClockState.PENDING,
    )


def _explained(i: Incident, e: Event) -> Incident:
    d: Data = e.data
    return _clock_changed(i, d["id"], explained_by=e.actor.id, explanation=d["text"])


CLOCK_EVENTS: Mapping[str, Callable[[Incident, Event], Incident]] = {
    "clock_armed": _clock_armed,
    "clock_moved": _clock_moved,
    "clock_firm": _clock_firm,
    "clock_met": _clock_settled,
    "clock_overdue": _clock_settled,
    "clock_superseded": _clock_settled,
    "outcome": _clock_settled,
    "waived": _clock_settled,
    "explained": _explained,
    "extended": _extended,
}
