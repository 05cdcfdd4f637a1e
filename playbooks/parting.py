"""拆分: some items of a matter become a matter of their own, by a person; the machine never joins the two again. Pure.

Undone by 并案. What the machine read in the items that left leaves with them; grades given or suggested stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from config.schema import Settings
from monitors.detect import Story
from monitors.item import Item
from playbooks import triage
from playbooks.actions import owed_to_people
from playbooks.fields import Action, Refused, event_of, needed
from playbooks.incident import Actor, Event, Incident, Member, Place
from playbooks.urgency import HURT

PREFIX = 6
"""So many characters of an item's id name it."""


def chosen(i: Incident, words: Sequence[str]) -> tuple[Member, ...]:
    """Members named by id, by the beginning of it, or by a word of the title. Refused when a word names none, or all are named."""
    found: dict[str, Member] = {}
    for word in words:
        same = [m for m in i.members if m.item_id == word or (len(word) >= PREFIX and m.item_id.startswith(word))]
        hit = same or [m for m in i.members if word in m.title]
        if not hit:
            raise Refused("no_such_item", word=word)
        found |= {m.item_id: m for m in hit}
    if not found:
        raise Refused("missing_field", field="items")
    if all(m.item_id in found for m in i.members):
        raise Refused("all_items")
    return tuple(m for m in i.members if m.item_id in found)


def split(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """The event on the matter that is split; `into` is the number the new matter will have."""
    given = a.fields.get("items")
    words = [str(w) for w in given] if isinstance(given, (list, tuple)) else []
    moved = chosen(i, [w for w in words if w])
    if owed_to_people(i):
        raise Refused("answer_first", clocks="、".join(owed_to_people(i)))
    return (event_of(a, "split", items=[m.item_id for m in moved], into=int(needed(a, "into"))),)


def left(i: Incident, story: Story, last: Item, now: datetime) -> tuple[Event, ...]:
    """What the items that stay say: figures and category anew, a finer or other place; `i` is the matter after the split."""
    place = Place(province=story.province, city=story.city, county=story.county, foreign=story.foreign)
    before = (i.place.province, i.place.city, i.place.county)
    moved = bool(place.province) and before != (place.province, place.city, place.county)
    where = (triage.event("classified", now, place=place),) if moved and not i.verifications else ()
    return (*where, *triage.learnt(i, story, last, now))


def opened_by(first: Event, source: Incident, by: Actor) -> Event:
    """The opening of the new matter: by the person, and naming the matter it came from."""
    return replace(first, actor=by, data={**first.data, "parted_from": source.number, "drill": source.drill})


def told(i: Incident, source: Incident, story: Story, now: datetime) -> tuple[Event, ...]:
    """The first alert of the new matter, where the old one had alarmed; quiet where it can wait for the morning."""
    if source.alarmed_at is None:
        return ()
    hurt = any(story.figures.get(m) for m in HURT)
    quiet = story.label != "E" and not hurt and not i.high_consequence
    return (triage.event("alarmed", now, reason="split", quiet=quiet),)
