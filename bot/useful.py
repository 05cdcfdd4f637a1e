"""What a person may do with a matter now and what there is something to do about (pure): help and refusals offer nothing else.

`permitted` knows state and role; here it is asked as well whether there is anything to do: nobody is told to sign for an order that
does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.likely import in_order
from playbooks.actions import debts, still_owed
from playbooks.incident import RUNNING, Actor, Incident
from playbooks.lifecycle import DUTY, permitted

Test = Callable[[Incident, Actor], bool]


def _order_waits(i: Incident, by: Actor) -> bool:
    turn = i.assignment
    return bool(turn and turn.open) and (by.unit == turn.unit or bool(set(DUTY) & set(by.roles)))  # type: ignore[union-attr]


def _may_return(i: Incident, by: Actor) -> bool:
    turn = i.assignment
    return bool(turn and turn.returned_at is None and turn.unit == by.unit and not i.arbitrated_by)


def _public(i: Incident) -> bool:
    return any(c.running and not c.latent and c.track == "public" and c.code != "continuing_release" for c in i.clocks)


TO_DO: Mapping[str, Test] = {
    "acknowledge": lambda i, by: by.id not in i.acknowledgements,
    "tell_leader": lambda i, by: by.id not in i.leader_told and "duty_leader" not in by.roles,
    "recognise": lambda i, by: i.starts.recognised_at is None,
    "not_public": lambda i, by: not i.not_public_by and _public(i),
    "grade": lambda i, by: i.label == "E",
    "assign": lambda i, by: not (i.assignment and i.assignment.open),
    "sign": _order_waits,
    "return": _may_return,
    "arbitrate": lambda i, by: any(t.returned_at for t in i.assignments),
    "superior_release": lambda i, by: _public(i),
    "other_form": lambda i, by: _public(i),
    "fulfil": lambda i, by: bool(i.duties),
    "extend": lambda i, by: any(c.running and c.track == "service" for c in i.clocks),
    "explain": lambda i, by: any(c.state in RUNNING and not c.latent for c in i.clocks),
    "waive": lambda i, by: any(c.state in RUNNING and not c.latent for c in i.clocks),
    "second": lambda i, by: any(p.by != by.id for p in i.proposals),
    "confirm_exclude": lambda i, by: bool(i.exclusion) and i.exclusion.get("by") != by.id,
    "close": lambda i, by: not still_owed(i),
    "archive": lambda i, by: not debts(i),
    "split": lambda i, by: len(i.members) > 1,
}
"""Whether there is anything to do, for actions where state and role do not say it."""


def useful(i: Incident, by: Actor) -> tuple[str, ...]:
    """Actions that are permitted and have something to do now, the likely ones first."""
    found = [c for c in permitted(i, by) if TO_DO.get(c, _yes)(i, by)]
    return in_order(found)


def _yes(i: Incident, by: Actor) -> bool:
    return True
