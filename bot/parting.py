"""拆分 by hand: two matters written in one commit, and the detector read anew so that it never joins them again.

The new matter is judged from its own items alone: place, figures, suggested level, unit and first public instant. What people
decided about the old one stays with the old one. Undone by 并案.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.desk import Busy, NotFound, decided, planned, settled
from bot.store.places import SPLIT
from bot.store.port import Change, Joined, StoredItem
from bot.turns import tries
from monitors.detect import Story
from playbooks import parting, triage
from playbooks.fold import evolve, opened
from playbooks.incident import Actor, Event, Incident

if TYPE_CHECKING:
    from bot.intake import Intake

SIGNAL = "parted"
"""Key under which the newest split is told to the process that joins."""


async def split(
    intake: Intake, number: int, by: Actor, fields: dict[str, object], mark: str = ""
) -> tuple[Incident, tuple[Event, ...]]:
    """Part the named items off into a new matter; the old one and its events. Raises NotFound, ActionNotAllowed or Busy."""
    async with intake.joining, intake.desk.turns.of((number,)):
        async for _ in tries():
            done = await _once(intake, number, by, fields, mark)
            if done is not None:
                intake.detector = None  # the next join reads it anew, with the pins
                intake.desk.wake()
                return done
    raise Busy(f"{number}号事件正在被多人同时修改，请稍后再试。")


async def _once(
    intake: Intake, number: int, by: Actor, fields: dict[str, object], mark: str
) -> tuple[Incident, tuple[Event, ...]] | None:
    """One try; None, and nothing written, when somebody was faster."""
    desk, store = intake.desk, intake.desk.store
    source = await store.incident(number)
    if source is None:
        raise NotFound(number)
    into = await store.next_number()
    events = decided(desk, source, "split", by, {**fields, "into": into}, mark)
    moved = {str(ident) for ident in events[0].data["items"]}  # type: ignore[attr-defined]
    rows = await store.items_of(number)
    gone = [r for r in rows if r.item.id in moved]
    if not gone:
        raise Busy("这些信息的原始记录已经清除，不能再拆分。")
    old = _left(intake, source, events, [r for r in rows if r.item.id not in moved])
    new = _new(intake, source, into, by, gone)
    await store.set_meta(SIGNAL, f"{into}?")
    if not await store.commit_all((old, new), ()):
        return None
    await store.set_meta(SIGNAL, str(into))
    return old.incident, old.events


def _left(intake: Intake, source: Incident, events: tuple[Event, ...], rows: Sequence[StoredItem]) -> Change:
    """The old matter without what left, its figures and place read anew."""
    settings, now = intake.desk.settings, intake.desk.now()
    stays = source
    for event in events:
        stays = evolve(stays, event)
    if rows:
        story, _ = intake.read_alone(rows)
        events = (*events, *parting.left(stays, story, rows[-1].item, now))
    after, events = settled(source, events, settings, now)
    return planned(after, source.version, events, settings)


def _new(intake: Intake, source: Incident, number: int, by: Actor, rows: Sequence[StoredItem]) -> Change:
    """The new matter, from its own items alone."""
    settings, now = intake.desk.settings, intake.desk.now()
    story, first_changes = intake.read_alone(rows)
    first = parting.opened_by(intake.opening(story, rows[0].item, first_changes, now), source, by)
    incident = opened(number, first)
    events = (*_said(intake, incident, story, rows), *parting.told(incident, source, story, now))
    after, events = settled(incident, events, settings, now)
    joined = tuple(
        Joined(item_id=r.item.id, n=r.n, incident=number, at=now, why=f"{SPLIT}{source.number}", by=by.id) for r in rows
    )
    return planned(after, 0, (first, *events), settings, joined)


def _said(intake: Intake, i: Incident, story: Story, rows: Sequence[StoredItem]) -> tuple[Event, ...]:
    now, head = intake.desk.now(), rows[0].item
    why = f"由{i.parted[0]}号拆出"
    members = tuple(triage.member(r.item, why, now) for r in rows)
    best = intake.knowledge.assign(head.title, head.text, story.category, (story.province, story.city, story.county))
    unit = triage.event("unit_suggested", now, unit=best.code, ranked=best.ranked, reasons=best.reasons)
    return (*members, unit, *triage.learnt(i, story, rows[-1].item, now))
