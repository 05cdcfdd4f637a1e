"""The nag budget: in the first hours of a matter nobody but its owner is pushed more than so often (practice.md §2.7).

Only the desk's own reminders (the internal track) give way. What a rule of the state counts down or finds overdue, a first alert, a
change of grade, a new duty and the call to whoever did not press 收到 always go out, and are counted. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from config.schema import Organisation, Role, Settings
from playbooks.incident import Incident
from playbooks.ladder import UNREAD, PlannedStep
from playbooks.rota import Duty

UNIT = (Role.UNIT_LIAISON.value, Role.UNIT_HEAD.value)
GAVE_WAY = "nag_budget"


def counting(incident: Incident, settings: Settings, now: datetime) -> bool:
    """Whether the budget is in force: some hours from the first alert, and only where a number is set."""
    hours = timedelta(hours=settings.bot.push_hours)
    return incident.alarmed_at is not None and settings.bot.push_limit > 0 and now < incident.alarmed_at + hours


def owners(incident: Incident, org: Organisation, on: Duty) -> frozenset[str]:
    """Who has the matter in hand: the unit's people, and until the unit has signed for it the duty officer (首接负责)."""
    turn = incident.assignment
    signed = turn is not None and turn.signed_at is not None and turn.returned_at is None
    unit = incident.primary_unit
    people = {o.userid.lower() for o in org.officers if unit and o.unit == unit and set(UNIT) & set(o.roles)}
    watch = on.duty_officer or on.deputy_duty or on.duty_leader
    return frozenset(people if signed and people else people | {watch.lower()})


def gives_way(incident: Incident, steps: Sequence[PlannedStep]) -> bool:
    """Whether a message of these steps only reminds for the desk's own sake; that nobody pressed 收到 is never one of them."""
    internal = {c.id for c in incident.clocks if c.track == "internal"}
    return all(s.clock_id in internal and s.card != UNREAD for s in steps)
