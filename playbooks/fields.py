"""What a person asks for: an action, reading its fields, making its events, and what is raised when it would record something untrue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from playbooks.incident import Actor, Event, Incident
from playbooks.record import dump

CLOCK_SLACK = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a person asks for: an action code, its fields (strings, ints, datetimes), who and when."""

    code: str
    by: Actor
    now: datetime
    fields: Mapping[str, object] = field(default_factory=dict)


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
