"""What is known of a rumour: found untrue, clarified, or told again after it was clarified (practice.md §2.15)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from config.clarified import Clarification
from monitors.clarified import Repeat
from monitors.detect import BURST, Story
from playbooks.fold import RELEASES
from playbooks.incident import Event, Incident
from playbooks.urgency import HURT

OLD, SAME = "old_rumour", "likely_same"
_OLD = re.compile(r"(\d{4}-\d\d-\d\d)《(.*)》 ?(\S*)")
BEIJING = timedelta(hours=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class OldRumour:
    """The earlier clarification as recorded with the matter."""

    on: date
    title: str
    url: str


def untrue(i: Incident) -> bool:
    """Found untrue by people: by one, or, where the consequence would be high, by two parties; any 属实 undoes it."""
    if any(v.result in ("true", "partly") for v in i.verifications):
        return False
    parties = {v.party or v.by for v in i.verifications if v.result == "false"}
    return len(parties) >= (2 if i.high_consequence else 1)


def clarification(i: Incident) -> Clarification | None:
    """What later rumours are compared with: a matter found untrue whose clarification was published."""
    releases = [e for e in i.evidence if e.kind in RELEASES]
    if not untrue(i) or not releases or i.drill:
        return None
    first = min(releases, key=lambda e: e.at)
    claims = tuple(dict.fromkeys((i.title, *(m.title for m in i.members))))[:20]
    return Clarification(
        on=(first.at.replace(tzinfo=None) + BEIJING).date() if first.at.utcoffset() == timedelta() else first.at.date(),
        title=i.title,
        url=first.url,
        claims=claims,
        county=i.place.county,
        number=i.number,
    )


def told_again(repeat: Repeat) -> str:
    """Text of the record: date, title and address of the earlier clarification."""
    return f"{repeat.known.on.isoformat()}《{repeat.known.title}》 {repeat.known.url}".strip()


def old_rumour(i: Incident) -> OldRumour | None:
    """The earlier clarification, if the matter was recognised as told again."""
    note = next((n for n in reversed(i.notes) if n.kind == OLD), None)
    found = _OLD.fullmatch(note.text) if note else None
    return OldRumour(on=date.fromisoformat(found[1]), title=found[2], url=found[3]) if found else None


def likely_same(i: Incident) -> tuple[int, ...]:
    """Numbers of matters the machine takes for the same one; a person decides."""
    return tuple(dict.fromkeys(int(n.text) for n in i.notes if n.kind == SAME and n.text.isdigit()))


def eased(events: Sequence[Event], story: Story, repeat: Repeat | None, policy: str, *, grave: bool) -> tuple[Event, ...]:
    """The alarm of an old rumour as the policy wants it: `now` as usual, `quiet` by day, `list` none until it runs away.

    What is grave and what states a new toll alarms as usual.
    """
    fresh = repeat is None or grave or (repeat.new_toll and any(story.figures.get(m) for m in HURT))
    if fresh or policy == "now":
        return tuple(events)
    if policy == "list":
        return tuple(e for e in events if e.kind != "alarmed" or e.data.get("reason") == BURST)
    return tuple(replace(e, data={**e.data, "quiet": True}) if e.kind == "alarmed" else e for e in events)
