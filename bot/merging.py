"""并案 by hand: into which matter, the note that stays there, and all that ever came in, read back. Written by `bot.desk.act`."""

from __future__ import annotations

from bot.store.port import Store
from playbooks.incident import Actor, Event, Incident
from playbooks.lifecycle import ActionNotAllowed, permitted
from playbooks.merged import CAME, came_in


async def target_of(store: Store, source: Incident, into: int, by: Actor) -> Incident | None:
    """The matter to merge into, None if there is none; refused where it already came into `source`, which would be a ring."""
    target = await store.incident(into)
    step, seen = target, set[int]()
    while step is not None and step.merged_into is not None and step.number not in seen:  # rings of older records end too
        seen.add(step.number)
        if step.merged_into == source.number:
            raise ActionNotAllowed(source.number, "merge", source.status, "merged_here", permitted(source, by), into=str(into))
        step = await store.incident(step.merged_into)
    return target


def came(said: Event, number: int) -> Event:
    """The note on the matter that stays: `number` came in."""
    return Event(kind="noted", at=said.at, actor=said.actor, data={"note": CAME, "text": str(number)})


async def all_that_came(store: Store, incident: Incident) -> tuple[Incident, ...]:
    """Every matter put into this one, also by way of others, in order of numbers."""
    found: dict[int, Incident] = {}
    ask = [n for n in came_in(incident) if n != incident.number]
    while ask:
        new = await store.incidents_of(ask)
        found |= {n: i for n, i in new.items() if i.merged_into is not None}
        ask = [n for i in new.values() for n in came_in(i) if n not in found and n != incident.number]
    return tuple(found[n] for n in sorted(found))
