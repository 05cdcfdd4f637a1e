"""From what the detector learnt of a story to the events of its incident: opening, members, figures, suggested level, first alert.

Pure: the live service and replay use the same functions. The machine suggests and arms; it never grades (design.md §3.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from config.schema import Level
from monitors.detect import Change, Kind, Story
from monitors.item import Item, ItemKind
from monitors.matter import STORM
from playbooks.incident import Actor, ActorKind, Event, Figure, Incident, Instant, Place
from playbooks.record import dump, iso
from playbooks.urgency import HURT

FEED = Actor(id="feed", name="监测", kind=ActorKind.FEED)
COUNTED = ("deaths", "injured", "missing", "trapped", "poisoned", "evacuated")


def event(kind: str, now: datetime, **data: object) -> Event:
    """An event of the monitors."""
    return Event(kind=kind, at=now, actor=FEED, data={k: dump(v) for k, v in data.items()})


def opening(story: Story, item: Item, place: Place, changes: Sequence[Change], now: datetime, *, grave: bool) -> Event:
    """The first event of an incident. `grave`: a high consequence although nobody is hurt yet."""
    return event(
        "opened",
        now,
        title=item.title,
        label=story.label,
        category=story.category,
        high_consequence=grave,
        place=place,
        starts=starts(item),
        reasons=changes[0].reasons,
    )


def starts(item: Item) -> dict[str, Instant]:
    """Start instants an item gives: our own detection, a report received, and a public time that is evidence only."""
    found = {"detected_at": Instant(value=item.seen_at, source="system", evidence=item.id)}
    if item.kind in (ItemKind.OFFICER, ItemKind.HOTLINE):
        found["reported_at"] = Instant(value=item.seen_at, source="report", evidence=item.id)
    if item.published is not None and item.published <= item.seen_at:
        found["first_public_at"] = Instant(value=item.published, source="feed", evidence=item.url)
    return found


class _Event:
    """An `Event` while its fields are set; it has the same slots and becomes one, for half of what freezing each costs."""

    __slots__ = tuple(Event.__dataclass_fields__)


def member(item: Item, why: str, now: datetime) -> Event:
    """The item as a member of the matter, with the evidence that joined it: what `dump` gives of a `Member`, of which floods bring many."""
    row = {
        "item_id": item.id,
        "source": item.source,
        "title": item.title,
        "at": iso(item.seen_at),
        "url": item.url,
        "why": why,
    }
    made: Any = _Event()
    made.kind = "joined"
    made.at = now
    made.actor = FEED
    made.data = {"member": row}
    made.__class__ = Event
    done: Event = made
    return done


def learnt(i: Incident, story: Story, item: Item, now: datetime) -> tuple[Event, ...]:
    """Net figures that changed, a finer category, and a suggested level that rose."""
    out: list[Event] = []
    for metric in COUNTED if story.figures else ():
        value = story.figures.get(metric)
        if value is None:
            continue
        known = i.latest(metric, "net")
        if (known.value if known else None) != value and (value > 0 or known):
            figure = Figure(metric=metric, value=value, standing="net", source=item.source, at=now, span=item.title)
            out.append(event("figure", now, figure=figure))
    if i.members and (story.category != i.category or story.label != i.label) and not i.verifications:
        out.append(event("classified", now, category=story.category, label=story.label))
    where = _finer(i.place, story)
    if where is not None and not i.verifications:
        out.append(event("classified", now, place=where))
    if story.level is not None:
        level = Level.of(story.level)
        worst = min((a.level for a in i.assessments if a.level is not None), default=None)
        if worst is None or level < worst:
            reasons = [f"{k}={v}" for k, v in sorted(story.figures.items()) if v]
            out.append(event("suggested", now, level=level.code, reasons=reasons))
    return tuple(out)


def _finer(known: Place, story: Story) -> Place | None:
    """The place where the first post named none; the city or county where it named only the province or city. Never another place.

    A storm lies over all it was told of: one county that later posts name is not where it is.
    """
    if known.foreign or not story.province:
        return None
    if not (known.province or known.city or known.county or known.detail):
        return Place(province=story.province, city=story.city, county=story.county, foreign=story.foreign)
    same = known.province == story.province and known.city in ("", story.city)
    finer = (story.city and not known.city) or (story.county and not known.county)
    if not same or not finer or known.county or known.detail or story.category == STORM:
        return None
    return replace(known, city=story.city, county=story.county)


def alarm(i: Incident, story: Story, changes: Sequence[Change], now: datetime) -> tuple[Event, ...]:
    """The first alert; quiet when nobody is hurt, nothing grave may follow and the matter can wait for the morning.

    A matter whose first alert was kept back (an old rumour, only listed) alarms when it runs away.
    """
    if i.alarmed_at is not None:
        return ()
    for raised in changes:
        if raised.kind is Kind.ALARMED or (raised.kind is Kind.BURST and i.open):
            break
    else:
        return ()
    hurt = any(story.figures.get(m) for m in HURT)
    quiet = story.label != "E" and not hurt and not i.high_consequence
    return (event("alarmed", now, reason=raised.reasons[0] if raised.reasons else "", quiet=quiet),)
