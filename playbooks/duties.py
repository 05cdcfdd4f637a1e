"""Duties with day limits towards a person who asked: 信访事项, 信息公开申请, 热线工单 (domain.md §8.5).

An officer registers when it was received; the clauses say what follows. Where a year has no holiday table the fact is recorded all the
same, its clock is not computed (`uncounted` says so) and starts from the original day once the table is entered. A release to the public never fulfils one, nor the reverse.
"""

from __future__ import annotations

from config.schema import Settings
from config.vocabulary import DUTIES, SERVICES
from playbooks.calendar import YearUnknown
from playbooks.fields import CLOCK_SLACK, Action, Refused, event_of, moment, needed, proposal, text
from playbooks.incident import Clock, ClockState, Duty, Event, Evidence, Incident
from playbooks.periods import extended, period_end
from playbooks.record import dump
from playbooks.releases import next_id, turns_on_time


def enter(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """登记事项: the day it was received. A later day than the one on record needs evidence and a second person."""
    kind = needed(a, "kind")
    if kind not in DUTIES:
        raise Refused("bad_value", field="kind")
    at = moment(a, "at") or a.now
    if at > a.now + CLOCK_SLACK:
        raise Refused("in_future", field="at")
    old = i.duty(kind)
    if old is not None and (old.at == at or not a.fields.get("at")):
        return ()
    reference = text(a, "detail", old.reference if old else "")
    data = {"duty": dump(Duty(kind=kind, at=at, by=a.by.id, recorded_at=a.now, reference=reference))}
    if old is not None and at > old.at:
        needed(a, "detail")
        return (proposal(i, a, "duty", data),)
    heard = () if i.alarmed_at else (event_of(a, "alarmed", reason="duty", quiet=True),)
    return (*heard, event_of(a, "duty", **data))


def fulfil(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """办理登记: what was done for the person, when, with what paper. Stated time and entry time are both kept."""
    kind = needed(a, "kind")
    if kind not in SERVICES:
        raise Refused("bad_value", field="kind")
    duty = i.duty(kind.partition("_")[0])
    if duty is None:
        raise Refused("no_duty")
    at = moment(a, "at") or a.now
    if at > a.now + CLOCK_SLACK:
        raise Refused("not_yet_held", kind=kind)
    if at < duty.at - CLOCK_SLACK:
        raise Refused("before_start")
    if any(e.kind == kind for e in i.evidence):
        return ()
    item = Evidence(id=next_id(i), kind=kind, at=at, recorded_at=a.now, by=a.by.id, detail=needed(a, "detail"))
    if any(turns_on_time(c, kind, at, a.now) for c in i.clocks):
        return (proposal(i, a, "evidence", {"evidence": dump(item)}),)
    return (event_of(a, "evidence", evidence=item),)


def extend(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """批准延期: once, before it is due, by as much as the clause allows; counted from the same start."""
    clock = _extendable(i, text(a, "clock"))
    reason = needed(a, "reason")
    if clock.state is ClockState.OVERDUE or a.now > clock.due_at:
        raise Refused("too_late")
    try:
        basis = tuple(extended(b, clock.start_at, s.holidays) for b in clock.basis)
    except YearUnknown as e:
        raise Refused("no_holidays", year=str(e.year)) from None
    return (event_of(a, "extended", id=clock.id, due_at=min(b.due_at for b in basis), basis=basis, reason=reason),)


def _extendable(i: Incident, code: str) -> Clock:
    fit = [c for c in i.clocks if c.running and not c.extended_by and c.basis and all(b.extension for b in c.basis)]
    fit = [c for c in fit if not code or c.code == code]
    if not fit:
        raise Refused("no_extension")
    return min(fit, key=lambda c: c.due_at)


def uncounted(i: Incident, s: Settings) -> tuple[tuple[str, int], ...]:
    """Duties of an open matter whose end cannot be computed: (name of the clause, year without holiday data)."""
    out: list[tuple[str, int]] = []
    running = {c.code for c in i.clocks}
    profile = s.profiles[s.bot.profile]
    for clause in s.clauses:
        duty = i.duty(clause.when)
        mine = clause.profile in (profile.code, profile.floor) and clause.code not in running
        if duty is not None and mine and clause.period is not None and i.open:
            try:
                period_end(duty.at, clause.period, s.holidays)
            except YearUnknown as e:
                out.append((clause.name, e.year))
    return tuple(out)
