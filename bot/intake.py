"""New items become incidents, in order of what was seen; the detector's state is rebuilt from the database.

poll: due sources -> new items stored -> join        (watch: the same, each source a task of its own, so none waits for another)
join: unjoined items in order of (seen_at, source, number) -> detector (pure) -> open | join | nothing -> one commit a batch (`bot.batch`)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from bot.batch import Batch, Direct, Writing
from bot.clarified import Clarified, known_clarifications
from bot.desk import Desk, NotFound
from bot.health import Watch
from bot.knowledge import Knowledge, load_knowledge, spot
from bot.parsing import Parsing
from bot.parting import SIGNAL, split
from bot.polling import Poller, ask_all
from bot.store.port import Joined, PollCounts, StoredItem
from bot.training import Models
from config.schema import Source
from monitors.clarified import Repeat, recognise
from monitors.detect import Change, Detector, Kind, Seen, Story
from monitors.fetch import Fetcher
from monitors.item import Item, ItemKind
from playbooks import triage
from playbooks.incident import Event, Incident, Member, Place
from playbooks.rumours import OLD, SAME, eased, likely_same, old_rumour, told_again

BATCH = 2000
"""Items read at once; how many are written together is bounded by time (`bot.batch`)."""
BREATH = 32
"""Items judged before the loop may turn to others."""
TRIES = 4
"""Batches tried again whole before their items are joined one by one."""
PINNED = "P"
"""Begins the name of a story a person decided; the number of its matter follows."""
MEMORY = timedelta(days=31)
LOOK_AGAIN = timedelta(minutes=1)
"""How often a process that is alone on its store looks for items nobody joined; one that is not looks each second."""

ITEM_ID = attrgetter("item_id")

Read = tuple[StoredItem, tuple[Change, ...]]
"""An item and what the detector made of it."""


class Moved(Exception):
    """A person merged the matter into another one."""

    def __init__(self, into: int) -> None:
        super().__init__(f"merged into {into}")
        self.into = into


@dataclass(slots=True, kw_only=True)
class Intake:
    """Polling and joining of one process."""

    desk: Desk
    knowledge: Knowledge
    poller: Poller
    parsing: Parsing
    joining: asyncio.Lock = field(default_factory=asyncio.Lock)
    detector: Detector | None = None
    stories: dict[str, int] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    clarified: Clarified | None = None
    asked: bool = False
    leading: bool = False
    looked: datetime | None = None
    local: frozenset[str] = field(init=False)
    split_seen: str | None = None
    ids: dict[int, tuple[tuple[Member, ...], set[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.local = frozenset(s.id for s in self.desk.settings.sources if s.local)

    async def close(self) -> None:
        """Stop what is being asked; whatever was not stored is fetched again after the next start."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.parsing.close()

    def next_poll(self) -> datetime | None:
        return self.poller.next_at()

    async def rebuild(self) -> None:
        """Restore the detector and the polling state."""
        await self._restore()
        await self.poller.load()

    async def _restore(self) -> None:
        """The detector from stored members, so that a restart joins as if nothing had happened."""
        self.detector = self.knowledge.detector()
        self.detector.memory = MEMORY  # as much as a restart would restore
        self.stories = {}
        self.split_seen = await self.desk.store.meta(SIGNAL)
        apart = set(await self.desk.store.parted())
        for stored in await self.desk.store.members_since(self.desk.now() - MEMORY):
            fixed = f"{PINNED}{stored.incident}" if stored.incident in apart else ""  # parted by hand: each stays where it is
            changes = self.detector.feed(_seen(self.local, stored.item), stored.item.seen_at, fixed)
            if changes and stored.incident is not None:
                self.stories.setdefault(changes[0].story, stored.incident)

    async def poll_due(self) -> dict[str, object]:
        """One round over the sources that are due; what one of them does wrong stays with it."""
        if not await self.leads():
            return {}
        due = self.poller.due(self.desk.now())
        counts = await ask_all(self.poller, due)
        joined = await self.join()
        await self.poller.look_after()
        return {
            "polled": len(due),
            "sources": len(self.poller.sources()),
            "new_items": sum(c.new for c in counts),
            "updated": sum(c.updated for c in counts),
            "duplicates": sum(c.duplicates for c in counts),
            "joined": sum(1 for n in joined.values() if n is not None),
            "problems": len(await self.desk.store.problems()) if due else 0,
        }

    async def watch_due(self) -> int:
        """Start asking every source that is due, each in its own task, and return at once; how many were started."""
        if not await self.leads():
            return 0
        now = self.desk.now()
        if self.desk.alone_since is None or self.looked is None or not self.looked <= now < self.looked + LOOK_AGAIN:
            self.looked = now
            if await self.desk.store.unjoined(1):  # what an import, another process or a killed one stored
                self._start(self.join_soon())
        due = self.poller.due(now)
        for source in due:
            self.poller.running.add(source.id)
            self._start(self._watch_one(source))
        await self.poller.look_after()
        return len(due)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _watch_one(self, source: Source) -> None:
        counts = await self.poller.ask(source)
        if counts.new or counts.updated:
            await self.join_soon()

    async def pushed(self, source: Source, found: tuple[Item, ...]) -> PollCounts:
        """Items a source brought by itself: stored and joined before it is answered."""
        counts = await self.poller.take(source, found)
        if counts.new or counts.updated:
            await self.join_soon()
        return counts

    async def join_soon(self) -> None:
        """Join, unless a join that has not begun yet will see the same items anyway."""
        if self.asked:
            return
        self.asked = True
        async with self.joining:
            self.asked = False
            await self._join_all()

    async def join(self) -> dict[str, int | None]:
        """Judge and join everything stored but not joined; item id -> incident number, None for ordinary ones."""
        async with self.joining:
            return await self._join_all()

    async def leads(self) -> bool:
        """Whether this process polls and joins: one does at a time; who takes over first learns what the other joined."""
        if self.desk.alone_since is not None:
            return True
        wall, until = self.desk.lease()
        held = await self.desk.store.hold_lease("intake", self.desk.owner, wall, until)
        if held and not self.leading:
            await self.rebuild()
        self.leading = held
        return held

    async def _join_all(self) -> dict[str, int | None]:
        if not await self.leads():
            return {}
        out: dict[str, int | None] = {}
        try:
            if self.detector is None or self.split_seen != await self.desk.store.meta(SIGNAL):
                await self._restore()
            while rows := await self.desk.store.unjoined(BATCH):
                await self._join_rows(rows, out)
        except BaseException:
            self.detector = None  # it has read items that were not written: before the next join it is rebuilt
            raise
        return out

    async def _join_rows(self, rows: Sequence[StoredItem], out: dict[str, int | None]) -> None:
        assert self.detector is not None
        batch, read = Batch(desk=self.desk), list[Read]()
        for n, row in enumerate(rows, 1):
            at = row.item.seen_at if row.incident is None else self.desk.now()
            read.append((row, self.detector.feed(_seen(self.local, row.item), at)))
            out[row.item.id] = await self._place(batch, *read[-1])
            if n % BREATH == 0:
                await asyncio.sleep(0)
            if n == len(rows) or batch.ripe():
                if not await batch.write():
                    await self._again(batch, read, out)
                batch, read = Batch(desk=self.desk), []
                self.ids.clear()

    async def _again(self, batch: Batch, read: Sequence[Read], out: dict[str, int | None]) -> None:
        """Somebody changed an incident meanwhile: what was read is decided again on what it is now, at last one by one.

        Deciding alone takes a moment, so that the next try is rarely overtaken, and people are not overtaken item by item.
        """
        for _ in range(TRIES):
            self._forget(batch)
            batch = Batch(desk=self.desk)
            await self._place_all(batch, read, out)
            if await batch.write():
                return
        self._forget(batch)
        await self._place_all(Direct(desk=self.desk), read, out)

    def _forget(self, batch: Batch) -> None:
        """Numbers given in a batch that was not written belong to somebody else now."""
        new = {number for number, held in batch.held.items() if held.base_version == 0}
        self.stories = {story: number for story, number in self.stories.items() if number not in new}

    async def _place_all(self, to: Writing, read: Sequence[Read], out: dict[str, int | None]) -> None:
        for row, changes in read:
            out[row.item.id] = await self._place(to, row, changes)

    async def _place(self, to: Writing, row: StoredItem, changes: Sequence[Change]) -> int | None:
        """An item that was edited since (`row.incident`) stays where it is, unless it now tells of another matter that alarms."""
        assert self.detector is not None
        item, placed = row.item, row.incident
        if placed is not None and not self._alarms_elsewhere(placed, changes):
            await self._reread(to, placed, row, changes)
            return placed
        if not changes:
            await to.mark(Joined(item.id, None, self.desk.now(), "ordinary", n=row.n))
            return None
        story = self.detector.stories[changes[0].story]
        while (number := self.stories.get(story.id)) is not None:
            try:
                await self._extend(to, number, story, row, changes)
                return number
            except NotFound:
                del self.stories[story.id]
            except Moved as e:  # where a person merged the matter the machine follows, however often, and never undoes it
                self.stories[story.id] = e.into
        self.stories[story.id] = number = await self._open(to, story, row, changes)
        return number

    async def _extend(self, to: Writing, number: int, story: Story, row: StoredItem, changes: Sequence[Change]) -> None:
        item, now = row.item, self.desk.now()
        why = "；".join(changes[0].reasons) or "same matter"

        def decision(i: Incident) -> tuple[Event, ...]:
            if self._holds(i, item.id):
                return ()
            if i.merged_into is not None:
                raise Moved(i.merged_into)
            alarm = triage.alarm(i, story, changes, now)
            repeat = self._repeat(item, i.place) if alarm and old_rumour(i) else None
            return (
                triage.member(item, why, now),
                *self.knowledge.learnt(i, story, item, now, alarms=bool(alarm)),
                *self._same(story, i, now),
                *self._eased(alarm, story, repeat, grave=i.high_consequence),
            )

        await to.change(number, decision, _members(row, now, why))

    def _holds(self, i: Incident, item_id: str) -> bool:
        """Whether the item is a member already; of a matter asked for again in a batch only the new members are looked at."""
        known, ids = self.ids.get(i.number, ((), set()))
        if i.members is known:
            return item_id in ids
        if i.members[: len(known)] != known:
            known, ids = (), set()
        ids.update(map(ITEM_ID, i.members[len(known) :]))
        self.ids[i.number] = i.members, ids
        return item_id in ids

    def _alarms_elsewhere(self, number: int, changes: Sequence[Change]) -> bool:
        """An order edited into an emergency of its own must not drown in the matter its old words belonged to."""
        return any(c.kind is Kind.ALARMED and self.stories.get(c.story) != number for c in changes)

    async def _reread(self, to: Writing, number: int, row: StoredItem, changes: Sequence[Change]) -> None:
        """A member was edited by its source: a toll it raises, or an alarm it gives, is learnt as from a new item."""
        story = self.detector.stories.get(changes[0].story) if changes and self.detector is not None else None
        item, now = row.item, self.desk.now()
        if story is None or self.stories.get(story.id) != number:
            await to.mark(Joined(item_id=item.id, n=row.n, incident=number, at=now, why="edited"))
            return

        def decision(i: Incident) -> tuple[Event, ...]:
            alarm = triage.alarm(i, story, changes, now)
            return (*self.knowledge.learnt(i, story, item, now, alarms=bool(alarm)), *alarm)

        await to.change(number, decision, _members(row, now, "edited"))

    async def _open(self, to: Writing, story: Story, row: StoredItem, changes: Sequence[Change]) -> int:
        item, now = row.item, self.desk.now()
        why = "；".join(changes[0].reasons)
        first = self.opening(story, item, changes, now)
        self.clarified = await known_clarifications(self.desk, self.clarified)
        unit = self.knowledge.unit_of(story, item, now)

        def more(i: Incident) -> tuple[Event, ...]:
            repeat = self._repeat(item, i.place)
            again = (triage.event("noted", now, note=OLD, text=told_again(repeat)),) if repeat else ()
            return (
                triage.member(item, why, now),
                unit,
                *again,
                *triage.learnt(i, story, item, now),
                *self._same(story, i, now),
                *self._eased(triage.alarm(i, story, changes, now), story, repeat, grave=i.high_consequence),
            )

        return await to.open(first, more, _members(row, now, why))

    def _repeat(self, item: Item, place: Place) -> Repeat | None:
        """The earlier clarification an item repeats."""
        known = self.clarified.found if self.clarified else ()
        return recognise(item.title, place.county, known, self.knowledge.judges.policy.old_rumour_likeness)

    def _eased(self, alarm: Sequence[Event], story: Story, repeat: Repeat | None, *, grave: bool) -> tuple[Event, ...]:
        return eased(alarm, story, repeat, self.knowledge.judges.policy.old_rumour, grave=grave) if alarm else ()

    def _same(self, story: Story, i: Incident, now: datetime) -> tuple[Event, ...]:
        """A merge to propose: noted once for each other matter, decided by a person."""
        assert self.detector is not None
        other = self.stories.get(self.detector.likely(story)) if story.twin or not i.members else None
        if other is None or other == i.number or other in (*likely_same(i), *i.parted):
            return ()
        return (triage.event("noted", now, note=SAME, text=str(other)),)

    def read_alone(self, rows: Sequence[StoredItem]) -> tuple[Story, tuple[Change, ...]]:
        """What these items alone say, as one matter, and what the first of them changed."""
        detector = self.knowledge.detector()
        read = [detector.feed(_seen(self.local, r.item), r.item.seen_at, PINNED) for r in rows]
        return detector.stories[PINNED], read[0]

    def opening(self, story: Story, item: Item, changes: Sequence[Change], now: datetime) -> Event:
        region = self.knowledge.locate(item.title, item.text, local=_is_local(self.local, item))
        own = (self.desk.settings.scope.county, self.desk.settings.scope.city)
        place = Place(
            province=story.province or region.province,
            city=story.city or region.city,
            county=story.county or region.county,
            detail=spot(item.title, item.text, region, tuple(n for n in own if n)),
            foreign=story.foreign,
        )
        grave = self.knowledge.category(story.category).high_consequence or story.high_consequence
        return triage.opening(story, item, place, changes, now, grave=grave)


def _members(row: StoredItem, now: datetime, why: str) -> Callable[[int], tuple[Joined, ...]]:
    """The item's place, once the number of its incident is known."""
    return lambda number: (Joined(row.item.id, number, now, why, n=row.n),)


def _seen(local: frozenset[str], item: Item) -> Seen:
    return Seen(
        item.id,
        item.source,
        item.title,
        item.text,
        item.kind.value,
        item.rank,
        item.url,
        _is_local(local, item),
        item.author,
    )


def _is_local(local: frozenset[str], item: Item) -> bool:
    """One of the `local` sources, which are the installation's own area, an officer or a hotline: a text that names no place is about here."""
    return item.kind in (ItemKind.OFFICER, ItemKind.HOTLINE) or item.source in local


def build_intake(desk: Desk, fetcher: Fetcher, prefixes: Mapping[str, str], models: Models | None = None) -> Intake:
    """Load the knowledge and wire the poller; `models` are what the installation trained from its own past work."""
    parsing = Parsing()
    poller = Poller(desk=desk, fetcher=fetcher, parsing=parsing, prefixes=prefixes, watch=Watch(desk=desk))
    intake = Intake(desk=desk, knowledge=load_knowledge(desk.settings, models), poller=poller, parsing=parsing)
    desk.join, desk.split = intake.join, partial(split, intake)
    return intake
