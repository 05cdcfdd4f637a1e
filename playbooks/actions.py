"""What each action does: one small function from incident and action to events. Guards on state and role are in `lifecycle`."""

from __future__ import annotations

from collections.abc import Mapping

from config.schema import Level, Settings
from playbooks.fields import CLOCK_SLACK, Action, Refused, event_of, moment, needed, proposal, text
from playbooks.fold import RELEASES
from playbooks.incident import RUNNING, Clock, ClockState, Event, Figure, Incident, Instant
from playbooks.record import dump, iso
from playbooks.severity import grade
from playbooks.urgency import casualties, figures_of

GRADERS = ("duty_leader", "press_office", "approver", "deputy_in_charge", "principal")
EXCLUSIONS = ("not_local", "old_news", "untrue", "duplicate", "unrelated")
GATES = ("consult", "countersign", "secrecy", "approval")


def acknowledge(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    return () if a.by.id in i.acknowledgements else (event_of(a, "acknowledged"),)


def tell_leader(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    return () if a.by.id in i.leader_told else (event_of(a, "leader_told"),)


def verify(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    result = needed(a, "result")
    if result not in ("true", "partly", "false", "unverifiable"):
        raise Refused("bad_value", field="result")
    party = text(a, "party", a.by.unit)
    if any(v.by == a.by.id and v.party == party and v.result == result for v in i.verifications):
        return ()
    out = [] if a.by.id in i.acknowledgements else [event_of(a, "acknowledged")]
    return (*out, event_of(a, "verified", result=result, party=party, source=text(a, "source")))


def figure(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """Figures given by a person; from the command post they are 核定 and grade (practice.md §1)."""
    given = a.fields.get("figures")
    if not isinstance(given, Mapping) or not given:
        raise Refused("missing_field", field="figures")
    source = text(a, "source", a.by.unit)
    command = bool(s.organisation.command) and source == s.organisation.command
    standing = "confirmed" if command else "reported"
    out: list[Event] = []
    known = figures_of(i, "confirmed")
    for metric, value in given.items():
        number = int(str(value))
        if number < 0:
            raise Refused("bad_value", field=str(metric))
        fig = Figure(metric=str(metric), value=number, standing=standing, source=source, at=a.now, span=text(a, "span"))
        out.append(event_of(a, "figure", figure=fig))
        known[str(metric)] = float(number)
    if command:
        out += _graded_by_figures(i, a, s, known)
    return tuple(out)


def _graded_by_figures(i: Incident, a: Action, s: Settings, known: dict[str, float | None]) -> list[Event]:
    verdict = grade(s.category(i.category), known, s.thresholds)
    before = i.confirmed.level if i.confirmed else None
    if verdict.level is None or (before is not None and before <= verdict.level):
        return []
    reasons = [f"{r.metric}={r.value:g}>={r.at_least:g} {r.source}" for r in verdict.reasons]
    return [event_of(a, "graded", level=verdict.level.code, reasons=reasons)]


def recognise(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    return () if i.starts.recognised_at else (event_of(a, "recognised", reason=text(a, "reason")),)


def not_public(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """线下办理、不公开回应: a lawful outcome signed by a deputy or 宣传部 (practice.md §2.1)."""
    return () if i.not_public_by else (event_of(a, "not_public", reason=needed(a, "reason")),)


def grade_by_hand(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """定级 by those who may; from anybody else it is a suggestion (practice.md §1: 建议等级)."""
    level = a.fields.get("level")
    if not isinstance(level, Level):
        raise Refused("missing_field", field="level")
    reason = needed(a, "reason")
    kind = "graded" if set(GRADERS) & set(a.by.roles) else "suggested"
    if i.confirmed and i.confirmed.level == level:
        return ()
    return (event_of(a, kind, level=level.code, reasons=[reason]),)


def set_start(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """An earlier start by one person; a later one needs evidence and a second person (design.md §6)."""
    name = text(a, "instant", "occurred_at")
    value = moment(a, "value")
    if value is None or (i.starts.get(name) is None and name not in ("occurred_at", "first_public_at", "reported_at")):
        raise Refused("missing_field", field="value")
    if value > a.now + CLOCK_SLACK:
        raise Refused("in_future", field=name)
    old = i.starts.get(name)
    instant = Instant(value=value, source="officer", evidence=text(a, "evidence"), confirmed_by=a.by.id)
    data = {"instant": name, "value": dump(instant)}
    reference = old.value if old else (i.starts.detected_at.value if i.starts.detected_at else value)
    if value <= reference:
        return (event_of(a, "start_set", **data),)
    needed(a, "evidence")
    return (proposal(i, a, "start_set", data),)


def second(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """The second person agrees or refuses; never the one who proposed."""
    wanted_id = text(a, "proposal")
    open_ones = [p for p in i.proposals if not wanted_id or p.id == wanted_id]
    if not open_ones:
        raise Refused("nothing_to_second")
    if open_ones[0].by == a.by.id:
        raise Refused("same_person")
    return (event_of(a, "seconded", id=open_ones[0].id, agreed=bool(a.fields.get("agreed", True))),)


def assign(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    unit = _unit(a, s, "unit")
    turn = i.assignment
    supporting = tuple(str(u) for u in _list(a, "supporting"))
    if turn and turn.unit == unit and turn.returned_at is None:
        more = tuple(u for u in supporting if u not in turn.supporting)
        return (event_of(a, "assigned", unit=unit, supporting=(*turn.supporting, *more), more=True),) if more else ()
    if turn and turn.open and turn.unit != unit:
        raise Refused("order_open", unit=turn.unit)
    return (event_of(a, "assigned", unit=unit, supporting=supporting),)


def _list(a: Action, name: str) -> tuple[object, ...]:
    value = a.fields.get(name, ())
    return tuple(value) if isinstance(value, (list, tuple)) else ()


def _unit(a: Action, s: Settings, name: str) -> str:
    code = needed(a, name)
    if s.organisation.unit(code) is None:
        raise Refused("unknown_unit", unit=code)
    return code


def sign(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """签收 by the unit, or 代签收 by the duty officer with who and phone (practice.md §2.9)."""
    turn = i.assignment
    if turn is None or turn.returned_at is not None:
        raise Refused("no_order")
    if turn.signed_at is not None:
        return ()
    if a.by.unit == turn.unit:
        return (event_of(a, "signed", unit=turn.unit),)
    if {"duty_officer", "deputy_duty", "duty_leader"} & set(a.by.roles):
        return (event_of(a, "signed", unit=turn.unit, on_behalf=needed(a, "who")),)
    raise Refused("not_your_unit", unit=turn.unit)


def give_back(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """退回 with reason and basis, once for each unit (practice.md §2.8)."""
    turn = i.assignment
    if turn is None or turn.returned_at is not None:
        raise Refused("no_order")
    if a.by.unit != turn.unit:
        raise Refused("not_your_unit", unit=turn.unit)
    if any(t.unit == turn.unit and t.returned_at for t in i.assignments[:-1]):
        raise Refused("returned_once")
    if i.arbitrated_by:
        raise Refused("already_ruled")
    data = {"unit": turn.unit, "reason": needed(a, "reason"), "basis": text(a, "basis"), "suggested": text(a, "suggested")}
    return (event_of(a, "returned", **data),)


def arbitrate(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    unit = _unit(a, s, "unit")
    if not any(t.returned_at for t in i.assignments):
        raise Refused("nothing_to_rule")
    turn = i.assignment
    if i.arbitrated_by and turn and turn.unit == unit and turn.returned_at is None:
        return ()
    return (event_of(a, "arbitrated", unit=unit, supporting=[str(u) for u in _list(a, "supporting")]),)


def note(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """口径、移送、补记、续报 and other lines of the record."""
    happened = moment(a, "happened_at")
    if happened and happened > a.now + CLOCK_SLACK:
        raise Refused("in_future", field="happened_at")
    data: dict[str, object] = {"note": text(a, "note", "note"), "text": needed(a, "text")}
    return (event_of(a, "noted", **data, **({"happened_at": iso(happened)} if happened else {})),)


def attest(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    gate = needed(a, "gate")
    if gate not in GATES:
        raise Refused("bad_value", field="gate")
    at = moment(a, "at") or a.now
    if at > a.now + CLOCK_SLACK:
        raise Refused("in_future", field="at")
    return (event_of(a, "attested", gate=gate, name=text(a, "name", a.by.name), at=iso(at)),)


def _overdue(i: Incident, a: Action) -> Clock:
    code = text(a, "clock")
    late = [c for c in i.clocks if c.state in RUNNING and not c.latent and (not code or c.code == code)]
    late.sort(key=lambda c: (c.state is not ClockState.OVERDUE, c.track != "public", c.due_at))
    if not late:
        raise Refused("no_clock")
    return late[0]


def explain(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """说明原因, signed: overdue reminders stop, the verdict stays."""
    clock = _overdue(i, a)
    return (event_of(a, "explained", id=clock.id, text=needed(a, "reason")),)


def waive(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    clock = _overdue(i, a)
    reason = needed(a, "reason")
    return (event_of(a, "waived", id=clock.id, state=ClockState.WAIVED, outcome="waived", basis=reason),)


def exclude(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """排除 with a reason from the list; with casualties the 带班 confirms (practice.md §2.3)."""
    reason = needed(a, "reason")
    if reason not in EXCLUSIONS:
        raise Refused("bad_value", field="reason")
    false = any(v.result == "false" for v in i.verifications)
    if owed := owed_to_people(i):
        raise Refused("answer_first", clocks="、".join(owed))
    if reason == "untrue" or (false and i.high_consequence):
        raise Refused("clarify_instead")
    if casualties(i) or i.high_consequence:
        return () if i.exclusion.get("reason") == reason else (event_of(a, "excluded", reason=reason),)
    return (event_of(a, "excluded", reason=reason, confirmed=True),)


def confirm_exclude(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    if not i.exclusion:
        raise Refused("nothing_to_second")
    if i.exclusion.get("by") == a.by.id:
        raise Refused("same_person")
    return (event_of(a, "excluded", reason=i.exclusion["reason"], by=i.exclusion["by"], confirmed=True),)


def reject_exclude(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    return (event_of(a, "excluded", rejected=True),) if i.exclusion else ()


def change(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    return (event_of(a, "changed", reason=text(a, "reason")),)


def owed_to_people(i: Incident) -> list[str]:
    """Codes of running clocks towards the person who asked: they end by an answer only, whatever becomes of the matter."""
    return [c.code for c in i.clocks if c.running and c.track == "service"]


def debts(i: Incident) -> tuple[str, ...]:
    """What blocks 归档: register fields not given, open second signatures, an unanswered order."""
    out = [f"{e.id}.{f}" for e in i.evidence if e.kind in RELEASES for f in e.missing]
    out += [p.id for p in i.proposals]
    out += owed_to_people(i)
    if i.assignment and i.assignment.open:
        out.append("order")
    return tuple(out)


def still_owed(i: Incident) -> list[str]:
    """Codes of running clocks that keep a matter open: towards the public, and towards the person who asked."""
    public = (c for c in i.clocks if c.running and not c.latent and c.track == "public")
    return [c.code for c in public if c.code != "continuing_release"] + owed_to_people(i)


def close(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """办结: no public clock may still run."""
    if waiting := still_owed(i):
        raise Refused("clock_running", clocks="、".join(waiting))
    return (event_of(a, "closed", reason=text(a, "reason")),)


def archive(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    owed = debts(i)
    if owed:
        raise Refused("debts", debts="、".join(owed))
    return (event_of(a, "archived"),)


def reopen(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    return (event_of(a, "reopened", reason=text(a, "reason")),)


def merge(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    into = int(needed(a, "into"))
    if into == i.number:
        raise Refused("bad_value", field="into")
    if owed := owed_to_people(i):
        raise Refused("answer_first", clocks="、".join(owed))
    return (event_of(a, "merged", into=into),)


def classify(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    category = text(a, "category")
    if category and category not in s.categories:
        raise Refused("bad_value", field="category")
    data: dict[str, object] = {"category": category} if category else {}
    if text(a, "title"):
        data["title"] = text(a, "title")
    if not data:
        raise Refused("missing_field", field="category")
    return (event_of(a, "classified", **data),)
