"""Reading the fields of an action and making its events; what a handler raises when the action would record something untrue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from playbooks.incident import Event, Incident
from playbooks.record import dump

if TYPE_CHECKING:
    from playbooks.lifecycle import Action

CLOCK_SLACK = timedelta(minutes=2)


class Refused(Exception):
    """The action would record something untrue or is incomplete; `reason` is a code for texts."""

    def __init__(self, reason: str, **detail: str):
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def event_of(a: Action, kind: str, **data: object) -> Event:
    return Event(kind=kind, at=a.now, actor=a.by, data={k: dump(v) for k, v in data.items()})


def text(a: Action, name: str, default: str = "") -> str:
    return str(a.fields.get(name, default) or default).strip()


def needed(a: Action, name: str) -> str:
    """A field that must be given."""
    value = text(a, name)
    if not value:
        raise Refused("missing_field", field=name)
    return value


def moment(a: Action, name: str) -> datetime | None:
    value = a.fields.get(name)
    return value if isinstance(value, datetime) else None


def proposal(i: Incident, a: Action, kind: str, data: Mapping[str, object]) -> Event:
    number = 1 + len(i.proposals) + sum(1 for n in i.notices if n.kind == "second")
    return event_of(a, "proposed", id=f"p{number}", event=kind, data=data)
