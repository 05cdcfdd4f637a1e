"""Who holds a role at a moment: the rota, the unit in charge, the offices. Pure; covers (顶班) are values.

Above the unit head the rung is a card asking the duty officer to telephone, unless that leader opted in (practice.md §1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.schema import Officer, Organisation, Role, Shift
from playbooks.incident import Incident
from playbooks.ladder import BEIJING

TELEPHONE = frozenset({Role.DEPUTY_IN_CHARGE, Role.PRINCIPAL, Role.APPROVER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """顶班: somebody really there takes a role from `start` to `end`."""

    role: str
    userid: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Userids on duty now; an empty string where the rota has a gap."""

    shift: str
    duty_officer: str
    deputy_duty: str
    duty_leader: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One recipient of a step. `call` names whom this person is asked to telephone instead."""

    userid: str
    call: tuple[str, ...] = ()


def _span(shift: Shift, day: datetime) -> tuple[datetime, datetime]:
    return day + timedelta(minutes=shift.start), day + timedelta(minutes=shift.end)


def _holds(shift: Shift, day: datetime) -> bool:
    return shift.date == day.date().isoformat() if shift.date else day.weekday() in shift.days


def duty(org: Organisation, now: datetime, covers: Sequence[Cover] = ()) -> Duty:
    """The shift in force; a dated shift beats a weekly one, a cover beats both."""
    local = now.astimezone(BEIJING)
    found: Shift | None = None
    span = (local, local)
    for back in (0, 1):
        day = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=back)
        for shift in sorted(org.shifts, key=lambda s: not s.date):
            begin, end = _span(shift, day)
            if found is None and _holds(shift, day) and begin <= local < end:
                found, span = shift, (begin, end)
    held = {c.role: c.userid for c in covers if c.start <= now < c.end}

    def who(role: str, planned: str) -> str:
        return held.get(role, planned)

    return Duty(
        shift=found.name if found else "",
        duty_officer=who("duty_officer", found.duty_officer if found else ""),
        deputy_duty=who("deputy_duty", found.deputy_duty if found else ""),
        duty_leader=who("duty_leader", found.duty_leader if found else ""),
        start=span[0],
        end=span[1],
    )


def roles_of(org: Organisation, officer: Officer, on: Duty) -> tuple[str, ...]:
    """Roles held at this moment: the fixed ones and those of the shift."""
    now_held = [
        r
        for r, u in (("duty_officer", on.duty_officer), ("deputy_duty", on.deputy_duty), ("duty_leader", on.duty_leader))
        if u and u.lower() == officer.userid.lower()
    ]
    return tuple(dict.fromkeys((*now_held, *(r for r in officer.roles if r not in ("duty_officer", "deputy_duty")))))


def _members(org: Organisation, role: Role, unit: str = "") -> list[Officer]:
    return [o for o in org.officers if role.value in o.roles and (not unit or o.unit == unit)]


def _line(o: Officer) -> str:
    """``副县长唐平 0000-1``; of several offices the last, which is the one that answers for the matter."""
    title = o.title.replace("，", "、").split("、")[-1]
    return f"{title}{o.name} {o.phone}".strip()


def resolve(role: Role, incident: Incident, org: Organisation, on: Duty) -> tuple[Target, ...]:
    """People a step of this role reaches now; empty where the role is not filled (an empty rung does not wait)."""
    watch = on.duty_officer or on.deputy_duty or on.duty_leader
    if role is Role.DUTY_OFFICER:
        return (Target(userid=watch),) if watch else ()
    if role is Role.DEPUTY_DUTY:
        return (Target(userid=on.deputy_duty),) if on.deputy_duty else ()
    if role is Role.DUTY_LEADER:
        return (Target(userid=on.duty_leader),) if on.duty_leader else ()
    if role in (Role.UNIT_LIAISON, Role.UNIT_HEAD):
        return _unit_targets(role, incident, org, watch)
    people = _members(org, role)
    if role not in TELEPHONE:
        return tuple(Target(userid=o.userid) for o in people)
    direct = [o for o in people if o.direct_push]
    calls = tuple(_line(o) for o in people if not o.direct_push)
    asked = (Target(userid=watch, call=calls),) if calls and watch else ()
    return (*(Target(userid=o.userid) for o in direct), *asked)


def _unit_targets(role: Role, incident: Incident, org: Organisation, watch: str) -> tuple[Target, ...]:
    unit = org.unit(incident.primary_unit)
    if unit is None:
        return ()
    people = _members(org, role, unit.code)
    if people:
        return tuple(Target(userid=o.userid) for o in people)
    if role is Role.UNIT_LIAISON and unit.duty_phone and watch and not _members(org, Role.UNIT_HEAD, unit.code):
        return (Target(userid=watch, call=(f"{unit.name} {unit.duty_phone}",)),)
    return ()
