"""Events to state: `evolve` applies one event, `fold` a whole chain. No guard here; `playbooks.lifecycle` decides.

The stored state must always equal the fold of its chain (design.md §3.5); `yqbot verify` compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

from config import vocabulary
from config.schema import Level
from playbooks.fold_clocks import CLOCK_EVENTS, notice, when
from playbooks.incident import (
    Actor,
    Assessment,
    Assignment,
    Attestation,
    Duty,
    Event,
    Evidence,
    Figure,
    Incident,
    Instant,
    Member,
    Note,
    Place,
    Proposal,
    Status,
    Verification,
)
from playbooks.record import load

Data = Mapping[str, Any]


def _moved(i: Incident, status: Status, *, only: tuple[Status, ...]) -> Incident:
    return replace(i, status=status) if i.status in only else i


def _opened(number: int, e: Event) -> Incident:
    d: Data = e.data
    starts = {k: load(Instant, v) for k, v in d.get("starts", {}).items()}
    base = Incident(number=number, title=d["title"], opened_at=e.at, version=1)
    return replace(
        base,
        label=d.get("label", "E"),
        category=d.get("category", "other"),
        high_consequence=bool(d.get("high_consequence", False)),
        drill=bool(d.get("drill", False)),
        place=load(Place, d.get("place", {})),
        starts=replace(base.starts, **starts),
        disposition=d.get("disposition", ""),
        reasons=tuple(d.get("reasons", ())),
        parted=(int(d["parted_from"]),) if d.get("parted_from") else (),
    )


def _joined(i: Incident, e: Event) -> Incident:
    members = (*i.members, load(Member, e.data["member"]))  # type: ignore[arg-type]
    return replace(i, members=members)


def _alarmed(i: Incident, e: Event) -> Incident:
    quiet = bool(e.data.get("quiet"))
    i = replace(i, alarmed_at=e.at, alarm_reason=str(e.data.get("reason", "")))
    return notice(i, "first_quiet" if quiet else "first", e.at)


def _figure(i: Incident, e: Event) -> Incident:
    return replace(i, figures=(*i.figures, load(Figure, e.data["figure"])))  # type: ignore[arg-type]


def _classified(i: Incident, e: Event) -> Incident:
    d: Data = e.data
    return replace(
        i,
        category=d.get("category", i.category),
        high_consequence=bool(d.get("high_consequence", i.high_consequence)),
        place=load(Place, d["place"]) if "place" in d else i.place,
        label=d.get("label", i.label),
        title=d.get("title", i.title),
    )


def _assessed(i: Incident, e: Event, *, confirmed: bool) -> Incident:
    d: Data = e.data
    level = Level.of(d["level"]) if d.get("level") else None
    before = i.level
    a = Assessment(level=level, at=e.at, by=e.actor.id, confirmed=confirmed, reasons=tuple(d.get("reasons", ())))
    i = replace(i, assessments=(*i.assessments, a))
    if i.alarmed_at is None or i.level == before or i.alarmed_at == e.at:
        return i
    return notice(i, "regraded", e.at)


def _graded(i: Incident, e: Event) -> Incident:
    i = _assessed(i, e, confirmed=True)
    return _moved(i, Status.ASSESSING, only=(Status.DETECTED, Status.VERIFYING))


def _opinion(i: Incident, e: Event, *, confirmed: bool) -> Incident:
    """The grade of the opinion moves no state and no clock: those follow the emergency."""
    d: Data = e.data
    why = tuple(d.get("reasons", ()))
    a = Assessment(level=Level.of(d["level"]), at=e.at, by=e.actor.id, confirmed=confirmed, reasons=why)
    return replace(i, opinion_grades=(*i.opinion_grades, a))


def _acknowledged(i: Incident, e: Event) -> Incident:
    seen = dict(i.acknowledgements)
    seen.setdefault(e.actor.id, e.at)
    i = replace(i, acknowledgements=seen)
    return _moved(i, Status.VERIFYING, only=(Status.DETECTED,))


def _leader_told(i: Incident, e: Event) -> Incident:
    told = dict(i.leader_told)
    told.setdefault(e.actor.id, e.at)
    return replace(i, leader_told=told)


def _verified(i: Incident, e: Event) -> Incident:
    d: Data = e.data
    v = Verification(result=d["result"], party=d.get("party", ""), by=e.actor.id, at=e.at, source=d.get("source", ""))
    i = replace(i, verifications=(*i.verifications, v))
    return _moved(i, Status.ASSESSING, only=(Status.DETECTED, Status.VERIFYING))


def _start_set(i: Incident, e: Event) -> Incident:
    d: Data = e.data
    return replace(i, starts=replace(i.starts, **{d["instant"]: load(Instant, d["value"])}))


def _recognised(i: Incident, e: Event) -> Incident:
    value = Instant(value=e.at, source="officer", evidence=str(e.data.get("reason", "")), confirmed_by=e.actor.id)
    return replace(i, starts=replace(i.starts, recognised_at=value))


def _assigned(i: Incident, e: Event) -> Incident:
    d: Data = e.data
    if d.get("more"):  # units that help were added to an order in hand: who leads it, and its clock, stay
        return _turn(i, supporting=tuple(d["supporting"]))
    turn = Assignment(unit=d["unit"], by=e.actor.id, at=e.at, supporting=tuple(d.get("supporting", ())))
    i = replace(i, assignments=(*i.assignments, turn))
    i = _moved(i, Status.ASSIGNED, only=(Status.DETECTED, Status.VERIFYING, Status.ASSESSING))
    return notice(i, "assigned", e.at)


def _turn(i: Incident, **changes: object) -> Incident:
    last = i.assignments[-1]
    return replace(i, assignments=(*i.assignments[:-1], replace(last, **changes)))  # type: ignore[arg-type]


def _signed(i: Incident, e: Event) -> Incident:
    i = _turn(i, signed_by=e.actor.id, signed_at=e.at)
    return _moved(i, Status.RESPONDING, only=(Status.ASSIGNED,))


def _returned(i: Incident, e: Event) -> Incident:
    d: Data = e.data
    i = _turn(
        i,
        returned_by=e.actor.id,
        returned_at=e.at,
        reason=d.get("reason", ""),
        basis=d.get("basis", ""),
        suggested=d.get("suggested", ""),
    )
    i = _moved(i, Status.ASSESSING, only=(Status.ASSIGNED, Status.RESPONDING))
    return notice(i, "arbitrate" if returned_turns(i) >= 2 else "returned", e.at)


def returned_turns(i: Incident) -> int:
    """How many units have returned the order since the last ruling."""
    return sum(1 for a in i.assignments if a.returned_at is not None) if not i.arbitrated_by else 0


def _arbitrated(i: Incident, e: Event) -> Incident:
    d: Data = e.data
    turn = Assignment(unit=d["unit"], by=e.actor.id, at=e.at, supporting=tuple(d.get("supporting", ())))
    i = replace(i, arbitrated_by=e.actor.id, assignments=(*i.assignments, turn))
    i = _moved(i, Status.ASSIGNED, only=(Status.DETECTED, Status.VERIFYING, Status.ASSESSING))
    return notice(i, "arbitrated", e.at)


RELEASES = frozenset(vocabulary.RELEASES)


def _evidence(i: Incident, e: Event) -> Incident:
    item = load(Evidence, e.data["evidence"])  # type: ignore[arg-type]
    kept = tuple(x for x in i.evidence if x.id != item.id)
    i = replace(i, evidence=(*kept, item))
    if item.kind in RELEASES:
        return _moved(i, Status.SUSTAINING, only=(Status.RESPONDING,))
    return i


def _duty(i: Incident, e: Event) -> Incident:
    item = load(Duty, e.data["duty"])  # type: ignore[arg-type]
    return replace(i, duties=(*(d for d in i.duties if d.kind != item.kind), item))


def _proposed(i: Incident, e: Event) -> Incident:
    d: Data = e.data
    p = Proposal(id=d["id"], kind=d["event"], by=e.actor.id, at=e.at, data=d["data"])
    return notice(replace(i, proposals=(*i.proposals, p)), "second", e.at)


def _seconded(i: Incident, e: Event) -> Incident:
    p = next(x for x in i.proposals if x.id == e.data["id"])
    i = replace(i, proposals=tuple(x for x in i.proposals if x is not p))
    if not e.data.get("agreed"):
        return i
    inner = Event(kind=p.kind, at=p.at, actor=Actor(id=p.by, name=""), data=p.data)
    return EVOLVE[p.kind](i, inner)


def _attested(i: Incident, e: Event) -> Incident:
    d: Data = e.data
    a = Attestation(gate=d["gate"], name=d["name"], at=when(d["at"]) if "at" in d else e.at, by=e.actor.id)
    return replace(i, attestations=(*i.attestations, a))


def _noted(i: Incident, e: Event) -> Incident:
    d: Data = e.data
    happened = when(d["happened_at"]) if d.get("happened_at") else None
    n = Note(kind=d.get("note", "note"), text=d.get("text", ""), by=e.actor.id, at=e.at, happened_at=happened)
    return replace(i, notes=(*i.notes, n))


def _exclusion(i: Incident, e: Event) -> Incident:
    d: Data = e.data
    if d.get("rejected"):
        return replace(i, exclusion={})
    if d.get("confirmed"):
        done = {**i.exclusion, **{k: str(d[k]) for k in ("reason", "by") if k in d}, "confirmed_by": e.actor.id}
        return replace(i, status=Status.DISMISSED, exclusion=done, closed_at=e.at)
    pending = {"reason": str(d["reason"]), "by": e.actor.id, "at": e.at.astimezone(UTC).isoformat()}
    return notice(replace(i, exclusion=pending), "exclusion", e.at)


def _changed(i: Incident, e: Event) -> Incident:
    """情况有变: everything that had calmed down is live again (practice.md §2.15)."""
    revived = replace(i, verifications=(), exclusion={}, closed_at=None)
    if i.status in ENDED_OR_DISMISSED:
        revived = replace(revived, status=Status.VERIFYING)
    return notice(revived, "changed", e.at)


ENDED_OR_DISMISSED = (Status.DISMISSED, Status.OBSERVING, Status.EVALUATING, Status.ARCHIVED)


def _reopened(i: Incident, e: Event) -> Incident:
    return notice(replace(i, status=Status.VERIFYING, closed_at=None), "changed", e.at)


def _closed(i: Incident, e: Event) -> Incident:
    return replace(i, status=Status.OBSERVING, closed_at=e.at)


def _merged(i: Incident, e: Event) -> Incident:
    return replace(i, status=Status.MERGED, merged_into=int(str(e.data["into"])), closed_at=e.at)


def _split(i: Incident, e: Event) -> Incident:
    """Members that left take along what the net said in them; figures that people gave stay."""
    gone = set(e.data["items"])  # type: ignore[call-overload]
    stay = tuple(m for m in i.members if m.item_id not in gone)
    titles = {m.title for m in i.members} - {m.title for m in stay}
    figures = tuple(f for f in i.figures if f.standing != "net" or f.span not in titles)
    return replace(i, members=stay, figures=figures, parted=(*i.parted, int(str(e.data["into"]))))


def _unit_suggested(i: Incident, e: Event) -> Incident:
    d: Data = e.data
    return replace(i, suggested_unit=d["unit"], unit_candidates=tuple(d.get("ranked", ())))


def _not_public(i: Incident, e: Event) -> Incident:
    return replace(i, not_public_by=e.actor.id)


def _archived(i: Incident, e: Event) -> Incident:
    return replace(i, status=Status.ARCHIVED)


def _nothing(i: Incident, e: Event) -> Incident:
    return i


EVOLVE: Mapping[str, Callable[[Incident, Event], Incident]] = {
    "joined": _joined,
    "alarmed": _alarmed,
    "figure": _figure,
    "classified": _classified,
    "suggested": lambda i, e: _assessed(i, e, confirmed=False),
    "graded": _graded,
    "opinion_suggested": lambda i, e: _opinion(i, e, confirmed=False),
    "opinion_graded": lambda i, e: _opinion(i, e, confirmed=True),
    "acknowledged": _acknowledged,
    "leader_told": _leader_told,
    "verified": _verified,
    "start_set": _start_set,
    "recognised": _recognised,
    "not_public": _not_public,
    "assigned": _assigned,
    "signed": _signed,
    "returned": _returned,
    "arbitrated": _arbitrated,
    "evidence": _evidence,
    "duty": _duty,
    "proposed": _proposed,
    "seconded": _seconded,
    "attested": _attested,
    "noted": _noted,
    "excluded": _exclusion,
    "changed": _changed,
    "reopened": _reopened,
    "closed": _closed,
    "archived": _archived,
    "merged": _merged,
    "split": _split,
    "unit_suggested": _unit_suggested,
    "notified": _nothing,
    **CLOCK_EVENTS,
}


SILENT = frozenset({"notified"})  # recorded in the chain, changes no state and no version


def evolve(incident: Incident, event: Event) -> Incident:
    """State after one more event. KeyError on an unknown kind: a chain this version cannot read must not be guessed at."""
    after = EVOLVE[event.kind](incident, event)
    return after if event.kind in SILENT else replace(after, version=incident.version + 1)


def gained(incident: Incident, events: Sequence[Event]) -> Incident:
    """State after several ``joined`` events: what `evolve` gives one by one, its members put together once."""
    more = [load(Member, e.data["member"]) for e in events]  # type: ignore[arg-type]
    return replace(incident, members=(*incident.members, *more), version=incident.version + len(more))


def fold(number: int, events: Iterable[Event]) -> Incident:
    """State of a whole chain; the first event must be ``opened``."""
    chain = iter(events)
    incident = _opened(number, next(chain))
    for event in chain:
        incident = evolve(incident, event)
    return incident


def opened(number: int, event: Event) -> Incident:
    """State after the ``opened`` event alone."""
    return _opened(number, event)
