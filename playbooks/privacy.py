"""Looking at what was covered, and erasing it: who may, with a reason, as lines of the matter's own record.

The unit complained of never sees the complainant: whoever belongs to a unit of the matter is refused, whatever the role.
"""

from __future__ import annotations

from typing import Final

from config.schema import Settings
from playbooks.fields import Action, Refused, event_of, needed
from playbooks.incident import Event, Incident

UNMASKED: Final = "unmasked"
ERASED: Final = "erased"
LEAST: Final = 4
"""Characters of a reason."""


def involved(i: Incident) -> frozenset[str]:
    """Every unit the matter was or may be handed to."""
    turns = {u for a in i.assignments for u in (a.unit, *a.supporting)}
    return frozenset(u for u in (*turns, i.suggested_unit) if u)


def unmask(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """The line that must stand in the record before an original is shown."""
    if a.by.unit and a.by.unit in involved(i):
        raise Refused("own_unit")
    reason = needed(a, "reason")
    if len(reason) < LEAST:
        raise Refused("bad_value", field="reason")
    return (event_of(a, "noted", note=UNMASKED, text=f"查看遮盖前的原文。理由：{reason}"),)


def erase(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """The line with which the store removes originals and files of the matter, in the same transaction; repeated, nothing."""
    reason = needed(a, "reason")
    if len(reason) < LEAST:
        raise Refused("bad_value", field="reason")
    return (event_of(a, "noted", note=ERASED, text=f"清除本件另存的原文和附件，记录链保留校验值。理由：{reason}"),)


def erases(event: Event) -> bool:
    """Whether this line asks for removal."""
    return event.kind == "noted" and event.data.get("note") == ERASED
