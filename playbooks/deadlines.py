"""Which clocks an incident must have, when each ends, and what meets it. Pure; returns the events that bring them up to date.

A due time is start + limit, never now + delay; it moves only when its start is corrected (design.md §3.2). A clock freezes its
clause, limit, citation and settings hash when it is armed; later edits of the rules touch new clocks only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.schema import Clause, Level, Settings
from config.vocabulary import DUTIES
from playbooks.calendar import YearUnknown
from playbooks.fold import RELEASES, evolve, returned_turns
from playbooks.incident import (
    ENDED,
    SYSTEM,
    Basis,
    Clock,
    ClockState,
    Event,
    Incident,
    Instant,
)
from playbooks.periods import period_end, shifted
from playbooks.record import dump
from playbooks.satisfying import satisfied
from playbooks.severity import LATENT_LIKE, grade
from playbooks.urgency import GRAVEST, casualties, figures_of, refuted, urgent_since

RECORDED = timedelta(milliseconds=1)  # records keep milliseconds; a finer difference is none
CLAIM_WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A duty that should have a clock now: its sources with their due times, the binding one first."""

    code: str
    cycle: int
    clause: Clause
    start_kind: str
    start_at: datetime
    basis: tuple[Basis, ...]
    provisional: bool
    latent: bool

    @property
    def due_at(self) -> datetime:
        return self.basis[0].due_at


def acting_level(incident: Incident, settings: Settings) -> tuple[Level | None, bool]:
    """The level whose clocks run, and whether it is only provisional.

    A confirmed grade, raised by deaths already stated (a machine may raise, never lower; design.md §3.6).
    """
    category = settings.category(incident.category)
    dead = {"deaths": figures_of(incident).get("deaths")}
    by_deaths = grade(category, dead, settings.thresholds).level
    confirmed = incident.confirmed.level if incident.confirmed else None
    if confirmed is not None and (by_deaths is None or confirmed <= by_deaths):
        return confirmed, False
    return by_deaths, True


def latent_level(incident: Incident, settings: Settings) -> Level | None:
    """Level that dead + missing + trapped would reach (practice.md §2.5)."""
    category = settings.category(incident.category)
    return grade(category, figures_of(incident), settings.thresholds, adding=LATENT_LIKE).level


def urgent(incident: Incident, settings: Settings) -> bool:
    """Level 1-2, any casualty, or a high consequence without a grade that is not refuted (practice.md §2.2)."""
    level, _ = acting_level(incident, settings)
    return level in GRAVEST or casualties(incident) or (incident.high_consequence and not refuted(incident))


def _evidence_at(incident: Incident, kinds: frozenset[str]) -> list[datetime]:
    return sorted(e.at for e in incident.evidence if e.kind in kinds)


def start_of(incident: Incident, names: Sequence[str]) -> Instant | None:
    """The instant a limit is counted from (design.md §6, first rows)."""
    for name in names:
        found = _start(incident, name)
        if found is not None:
            return found
    return None


def _start(incident: Incident, name: str) -> Instant | None:
    s = incident.starts
    turn = incident.assignment
    if name == "occurred_at":
        return _occurred(incident)
    if name == "alarmed_at" and incident.alarmed_at:
        return Instant(value=incident.alarmed_at, source="system")
    if name == "urgent_at" and (since := urgent_since(incident)):
        return Instant(value=since, source="system")
    if name == "assigned_at" and turn:
        return Instant(value=turn.at, source="order")
    if name == "returned_at":
        times = [a.returned_at for a in incident.assignments if a.returned_at]
        return Instant(value=times[-1], source="order") if times else None
    if name == "last_release_at":
        times = _evidence_at(incident, RELEASES)
        return Instant(value=times[-1], source="register") if times else None
    duty = incident.duty(name.removesuffix("_at"))
    return Instant(value=duty.at, source="officer", confirmed_by=duty.by) if duty else s.get(name)


def _occurred(incident: Incident) -> Instant | None:
    """Confirmed occurrence, else the earliest credible instant; a claim counts within 24 h before detection."""
    s = incident.starts
    if s.occurred_at and s.occurred_at.confirmed_by:
        return s.occurred_at
    credible = [x for x in (s.detected_at, s.reported_at) if x]
    claim = s.occurred_at
    if claim and s.detected_at and timedelta(0) <= s.detected_at.value - claim.value <= CLAIM_WINDOW:
        credible.append(claim)
    return min(credible, key=lambda x: x.value) if credible else None


def _registered(kind: str) -> Callable[[Incident, Settings], bool]:
    return lambda i, s: i.duty(kind) is not None


CONDITIONS: Mapping[str, Callable[[Incident, Settings], bool]] = {
    "always": lambda i, s: True,
    "urgent": lambda i, s: i.alarmed_at is not None and urgent(i, s),
    "alarmed": lambda i, s: i.alarmed_at is not None,
    "verify_needed": lambda i, s: i.alarmed_at is not None and i.high_consequence,
    "assigned": lambda i, s: i.assignment is not None and i.assignment.open,
    "returned_twice": lambda i, s: returned_turns(i) >= 2,
    "released": lambda i, s: bool(_evidence_at(i, RELEASES)) and i.status not in ENDED and urgent(i, s),
    **{kind: _registered(kind) for kind in DUTIES},
}


def _profiles(settings: Settings) -> tuple[str, ...]:
    """The installation's profile, then its floor."""
    profile = settings.profiles[settings.bot.profile]
    return (profile.code,) + ((profile.floor,) if profile.floor else ())


def _applies(clause: Clause, level: Level | None) -> bool:
    return not clause.levels or (level.code if level else "unknown") in clause.levels


def _cycle(incident: Incident, clause: Clause) -> int:
    """Cycle number of a clause that may run again: each order, each release, each round of returns."""
    if clause.repeats:
        return len(_evidence_at(incident, RELEASES))
    if clause.when == "assigned":
        return len(incident.assignments)
    return 1


def _limit(incident: Incident, clause: Clause, start: datetime) -> timedelta:
    """A repeating clause may slow down after the first day."""
    first = start_of(incident, ("detected_at",))
    if clause.later_limit and first and start - first.value >= timedelta(days=1):
        return clause.later_limit
    return clause.limit


def _basis(incident: Incident, settings: Settings, clause: Clause, start: datetime) -> Basis | None:
    """One source with its due time; None where days cannot be counted because a year has no holiday table."""
    if clause.period is None:
        due = start + _limit(incident, clause, start)
    else:
        try:
            due = period_end(start, clause.period, settings.holidays)
        except YearUnknown:
            armed = (b.due_at for c in incident.clocks if c.running for b in c.basis if b.clause == clause.id)
            frozen = next(armed, None)
            if frozen is None:
                return None
            due = frozen
    return Basis(
        clause=clause.id,
        profile=clause.profile,
        text=clause.citation.text,
        due_at=due,
        period=clause.period,
        extension=clause.extension,
    )


def _want(incident: Incident, settings: Settings, code: str, level: Level | None, **flags: bool) -> Want | None:
    found: list[tuple[Basis, Clause, Instant]] = []
    for profile in _profiles(settings):
        for clause in settings.clauses:
            if clause.code != code or clause.profile != profile or not _applies(clause, level):
                continue
            start = start_of(incident, clause.start)
            if start is None or not CONDITIONS[clause.when](incident, settings):
                continue
            basis = _basis(incident, settings, clause, start.value)
            if basis is not None:
                found.append((basis, clause, start))
    if not found:
        return None
    found.sort(key=lambda x: x[0].due_at)
    basis, clause, start = found[0]
    return Want(
        code=code,
        cycle=_cycle(incident, clause),
        clause=clause,
        start_kind=_kind_of(incident, clause, start),
        start_at=start.value,
        basis=(basis, *(b for b, _, _ in found[1:])),
        provisional=flags["provisional"],
        latent=flags["latent"],
    )


def _kind_of(incident: Incident, clause: Clause, start: Instant) -> str:
    """Name of the instant actually used (an unconfirmed occurrence falls back to detection or report)."""
    s = incident.starts
    for name in ("occurred_at", "reported_at", "detected_at", "first_public_at", "recognised_at"):
        if s.get(name) is start:
            return name
    return clause.start[0]


def wanted(incident: Incident, settings: Settings) -> tuple[Want, ...]:
    """Every duty that should have a clock for this state of the incident."""
    if not incident.open:
        return ()
    level, machine = acting_level(incident, settings)
    latent = latent_level(incident, settings)
    codes = tuple(dict.fromkeys(c.code for c in settings.clauses if incident.duties or c.when not in DUTIES))
    out: list[Want] = []
    for code in codes:
        clause = next(c for c in settings.clauses if c.code == code)
        public = clause.track == "public" and not clause.repeats
        if public and (incident.status in ENDED or incident.not_public_by):
            continue
        decided = incident.starts.recognised_at is not None and "unknown" in clause.levels
        provisional = public and machine and not decided
        want = _want(incident, settings, code, level, provisional=provisional, latent=False)
        if want is None and public and latent is not None and (level is None or latent < level):
            want = _want(incident, settings, code, latent, provisional=True, latent=True)
        if want is not None:
            out.append(want)
    return tuple(out)


def settings_hash(clause: Clause) -> str:
    """Digest of the frozen rule: clause id, limit, levels, start, evidence, citation."""
    limit = f"{clause.period.count} {clause.period.unit}" if clause.period else str(clause.limit)
    parts = (clause.id, limit, *clause.levels, *clause.start, *clause.met_by, clause.citation.text)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _arm(want: Want, now: datetime) -> Clock:
    c = want.clause
    return Clock(
        id=want.code if want.cycle == 1 else f"{want.code}#{want.cycle}",
        code=want.code,
        cycle=want.cycle,
        name=c.name,
        duty=c.duty,
        track=c.track,
        ladder=c.ladder,
        start_kind=want.start_kind,
        start_at=want.start_at,
        limit_minutes=int((want.due_at - want.start_at).total_seconds() // 60),
        due_at=want.due_at,
        basis=want.basis,
        settings_hash=settings_hash(c),
        armed_at=now,
        met_by=c.met_by,
        needs=c.needs,
        provisional=want.provisional,
        latent=want.latent,
        quiet_forward=c.quiet_forward,
    )


def _event(kind: str, now: datetime, **data: object) -> Event:
    return Event(kind=kind, at=now, actor=SYSTEM, data={k: dump(v) for k, v in data.items()})


def _step(incident: Incident, settings: Settings, now: datetime) -> Event | None:
    """The next single correction the clocks need, or None when they agree with the state."""
    wants = {(w.code, w.cycle): w for w in wanted(incident, settings)}
    for clock in incident.clocks:
        if not clock.running:
            continue
        found = None if clock.latent else satisfied(clock, incident)
        if found is not None:
            state = ClockState.MET if found.at <= clock.due_at else ClockState.MET_LATE
            return _event("clock_met", now, id=clock.id, state=state, satisfied_at=found.at, satisfied_by=found.id)
        want = wants.get((clock.code, clock.cycle))
        event = _superseded(clock, incident, now) if want is None else _moved(clock, want, settings, now)
        if event is not None:
            return event
        if clock.state is ClockState.PENDING and not clock.latent and now > clock.due_at:
            late = clock.armed_at > clock.due_at >= incident.opened_at
            return _event("clock_overdue", now, id=clock.id, state=ClockState.OVERDUE, by_regrade=late)
    known = {(c.code, c.cycle) for c in incident.clocks if c.running or c.state is not ClockState.SUPERSEDED}
    for key, want in wants.items():
        if key not in known:
            return _event("clock_armed", now, clock=_arm(want, now))
    return None


def _superseded(clock: Clock, incident: Incident, now: datetime) -> Event:
    """A duty that no longer applies: by a lawful outcome, by the end of the matter, by a regrade, or by the next order."""
    if clock.track == "public" and incident.not_public_by and incident.open:
        return _event("outcome", now, id=clock.id, state=ClockState.OTHER_OUTCOME, outcome="not_public")
    once = clock.track == "public" and clock.start_kind != "last_release_at"
    why = incident.status.value if not incident.open else "regrade" if once else "no_longer_due"
    return _event("clock_superseded", now, id=clock.id, state=ClockState.SUPERSEDED, outcome=why)


def _moved(clock: Clock, want: Want, settings: Settings, now: datetime) -> Event | None:
    """A corrected start moves the due time by the frozen limit; a change of footing is recorded."""
    if clock.latent != want.latent:
        return _event("clock_armed", now, clock=_arm(want, now))
    if abs(want.start_at - clock.start_at) >= RECORDED and clock.code not in ("continuing_release",):
        shift = want.start_at - clock.start_at
        try:
            basis = tuple(shifted(b, want.start_at, shift, settings.holidays) for b in clock.basis)
        except YearUnknown:
            return None
        return _event(
            "clock_moved",
            now,
            id=clock.id,
            start_at=want.start_at,
            start_kind=want.start_kind,
            due_at=min((b.due_at for b in basis), default=clock.due_at + shift),
            basis=basis,
        )
    if clock.provisional != want.provisional:
        return _event("clock_firm", now, id=clock.id, provisional=want.provisional)
    return None


def at_rest(incident: Incident, now: datetime) -> bool:
    """Whether time alone asks for no correction of clocks that agreed with the state before: none has just run out.

    Every change is written together with the corrections it causes (`settle`), and what should hold does not depend on the hour.
    """
    return not any(c.state is ClockState.PENDING and not c.latent and now > c.due_at for c in incident.clocks)


def settle(incident: Incident, settings: Settings, now: datetime) -> tuple[Event, ...]:
    """Events that bring the clocks into agreement with the incident at `now`; empty when they already agree.

    Regrading arms stricter clocks from the original start and supersedes laxer ones; nothing is ever reset.
    """
    out: list[Event] = []
    for _ in range(200):
        event = _step(incident, settings, now)
        if event is None:
            return tuple(out)
        out.append(event)
        incident = evolve(incident, event)
    raise RuntimeError(f"clocks of incident {incident.number} do not settle: {out[-1].kind} {out[-1].data}")
