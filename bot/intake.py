"""New items become incidents. One joins at a time, in order of what was seen; the detector's state is rebuilt from the database.

poll: due sources -> new items stored -> join        (watch: the same, each source a task of its own, so none waits for another)
join: unjoined items in (seen_at, id) order -> detector (pure) -> open | join | nothing -> one commit each
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.clarified import Clarified, known_clarifications
from bot.desk import Desk, NotFound, change, open_incident
from bot.evidence import attach
from bot.health import Watch
from bot.knowledge import Knowledge, load_knowledge, spot
from bot.parsing import Parsing
from bot.polling import Poller, ask_all
from bot.store.port import Joined, PollCounts
from bot.training import Models
from config.schema import Source
from monitors.clarified import Repeat, recognise
from monitors.cover import covered
from monitors.detect import Change, Detector, Seen, Story
from monitors.fetch import Fetcher
from monitors.item import Item, ItemKind, fingerprint
from monitors.share import read_share
from playbooks import triage
from playbooks.incident import Actor, Event, Incident, Place
from playbooks.rumours import OLD, SAME, eased, likely_same, old_rumour, told_again

BATCH = 500
MEMORY = timedelta(days=31)
OFFICER_SOURCE = "officer"
_URL = re.compile(r"https?://\S+")


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

    async def close(self) -> None:
        """Stop what is being asked; whatever was not stored is fetched again after the next start."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.parsing.close()

    def next_poll(self) -> datetime | None:
        return self.poller.next_at()

    async def rebuild(self) -> None:
        """Restore the detector from stored members, so that a restart joins as if nothing had happened."""
        self.detector = self.knowledge.detector()
        self.stories = {}
        for stored in await self.desk.store.members_since(self.desk.now() - MEMORY):
            changes = self.detector.feed(_seen(self.desk, stored.item), stored.item.seen_at)
            if changes and stored.incident is not None:
                self.stories.setdefault(changes[0].story, stored.incident)
        await self.poller.load()

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
        if self.desk.alone_since is None and await self.desk.store.unjoined(1):
            self._start(self.join_soon())  # what another process stored
        due = self.poller.due(self.desk.now())
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
        while rows := await self.desk.store.unjoined(BATCH):
            ordinary: list[Joined] = []
            for row in rows:
                number = await self._join_one(row.item, row.incident)
                out[row.item.id] = number
                if number is None:
                    ordinary.append(Joined(item_id=row.item.id, incident=None, at=self.desk.now(), why="ordinary"))
            if ordinary:
                await self.desk.store.mark_joined(ordinary)
        return out

    async def _join_one(self, item: Item, placed: int | None) -> int | None:
        """`placed`: where an item that was edited since belongs already; it stays there, whatever it says now."""
        assert self.detector is not None
        changes = self.detector.feed(_seen(self.desk, item), item.seen_at if placed is None else self.desk.now())
        if placed is not None:
            await self._reread(placed, item, changes)
            return placed
        if not changes:
            return None
        story = self.detector.stories[changes[0].story]
        number = self.stories.get(story.id)
        if number is not None:
            try:
                await self._extend(number, story, item, changes)
                return number
            except NotFound:
                del self.stories[story.id]
            except Moved as e:
                self.stories[story.id] = e.into
                return await self._join_one_into(e.into, story, item, changes)
        incident = await self._open(story, item, changes)
        self.stories[story.id] = incident.number
        return incident.number

    async def _join_one_into(self, number: int, story: Story, item: Item, changes: Sequence[Change]) -> int:
        """Where a person merged the matter: the machine follows, however often, and never undoes it."""
        while True:
            try:
                await self._extend(number, story, item, changes)
                return number
            except Moved as e:
                number = self.stories[story.id] = e.into

    async def _extend(self, number: int, story: Story, item: Item, changes: Sequence[Change]) -> None:
        now = self.desk.now()
        why = "；".join(changes[0].reasons) or "same matter"
        joined = (Joined(item_id=item.id, incident=number, at=now, why=why),)

        def decision(i: Incident) -> tuple[Event, ...]:
            if any(m.item_id == item.id for m in i.members):
                return ()
            if i.merged_into is not None:
                raise Moved(i.merged_into)
            alarm = triage.alarm(i, story, changes, now)
            repeat = self._repeat(item, i.place) if alarm and old_rumour(i) else None
            return (
                triage.member(item, why, now),
                *triage.learnt(i, story, item, now),
                *self._same(story, i, now),
                *self._eased(alarm, story, repeat, grave=i.high_consequence),
            )

        await change(self.desk, number, decision, joined=joined)

    async def _reread(self, number: int, item: Item, changes: Sequence[Change]) -> None:
        """A member was edited by its source: a toll it raises, or an alarm it gives, is learnt as from a new item."""
        story = self.detector.stories.get(changes[0].story) if changes and self.detector is not None else None
        now = self.desk.now()
        joined = (Joined(item_id=item.id, incident=number, at=now, why="edited"),)
        if story is None or self.stories.get(story.id) != number:
            await self.desk.store.mark_joined(joined)
            return
        await change(
            self.desk,
            number,
            lambda i: (*triage.learnt(i, story, item, now), *triage.alarm(i, story, changes, now)),
            joined=joined,
        )

    async def _open(self, story: Story, item: Item, changes: Sequence[Change]) -> Incident:
        now = self.desk.now()
        why = "；".join(changes[0].reasons)
        first = self._opening(story, item, changes, now)
        self.clarified = await known_clarifications(self.desk, self.clarified)
        assigned = self.knowledge.assign(item.title, item.text, story.category, (story.province, story.city, story.county))

        def more(i: Incident) -> tuple[Event, ...]:
            repeat = self._repeat(item, i.place)
            again = (triage.event("noted", now, note=OLD, text=told_again(repeat)),) if repeat else ()
            unit = triage.event("unit_suggested", now, unit=assigned.code, ranked=assigned.ranked, reasons=assigned.reasons)
            return (
                triage.member(item, why, now),
                unit,
                *again,
                *triage.learnt(i, story, item, now),
                *self._same(story, i, now),
                *self._eased(triage.alarm(i, story, changes, now), story, repeat, grave=i.high_consequence),
            )

        def joined(number: int) -> tuple[Joined, ...]:
            return (Joined(item_id=item.id, incident=number, at=now, why=why),)

        return await open_incident(self.desk, first, more, joined)

    def _repeat(self, item: Item, place: Place) -> Repeat | None:
        """The earlier clarification an item repeats."""
        known = self.clarified.found if self.clarified else ()
        return recognise(item.title, place.county, known, self.knowledge.judges.policy.old_rumour_likeness)

    def _eased(self, alarm: Sequence[Event], story: Story, repeat: Repeat | None, *, grave: bool) -> tuple[Event, ...]:
        return eased(alarm, story, repeat, self.knowledge.judges.policy.old_rumour, grave=grave)

    def _same(self, story: Story, i: Incident, now: datetime) -> tuple[Event, ...]:
        """A merge to propose: noted once for each other matter, decided by a person."""
        assert self.detector is not None
        other = self.stories.get(self.detector.likely(story)) if story.twin or not i.members else None
        if other is None or other == i.number or other in likely_same(i):
            return ()
        return (triage.event("noted", now, note=SAME, text=str(other)),)

    def _opening(self, story: Story, item: Item, changes: Sequence[Change], now: datetime) -> Event:
        region = self.knowledge.locate(item.title, item.text, local=_is_local(self.desk, item))
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


def _seen(desk: Desk, item: Item) -> Seen:
    return Seen(
        id=item.id,
        source=item.source,
        title=item.title,
        text=item.text,
        kind=str(item.kind),
        rank=item.rank,
        url=item.url,
        local=_is_local(desk, item),
        author=item.author,
    )


def _is_local(desk: Desk, item: Item) -> bool:
    """A source of the installation's own area, an officer or a hotline: a text that names no place is about here."""
    if item.kind in (ItemKind.OFFICER, ItemKind.HOTLINE):
        return True
    return any(s.id == item.source and s.local for s in desk.settings.sources)


async def _joined_elsewhere(desk: Desk, ident: str) -> int | None:
    """The incident of an item that another process joins: it looks every second."""
    for _ in range(1 if desk.alone_since is not None else 12):
        number = await desk.store.incident_of(ident)
        if number is not None:
            return number
        await asyncio.sleep(0 if desk.alone_since is not None else 0.25)
    return None


def officer_item(key: str) -> str:
    """Id of the item a delivery becomes."""
    return hashlib.sha1(f"{OFFICER_SOURCE}|{key}".encode()).hexdigest()


async def officer_report(desk: Desk, actor: Actor, text: str, key: str) -> str:
    """The duty officer's own words start an incident as fast as any feed; a repeated delivery changes nothing."""
    words = text.strip()
    if len(words) < 4:
        return "请写明地点和情况。例：报 大湾村滑坡 4人被埋 12345转"
    shared = read_share(words)
    if shared is not None and len(shared.title) < 4:
        return (
            f"收到{shared.platform}链接，但没有文字（系统不会去打开它）。请写上地点和情况一起发。例：报 大湾村滑坡 {shared.url}"
        )
    url = _URL.search(words)
    title = shared.title if shared else _URL.sub("", words).strip() or words
    ident = officer_item(key)
    item = Item(
        id=ident,
        source=OFFICER_SOURCE,
        title=title[:120],
        text=f"{title}\n来自{shared.platform}{f'：{shared.author}' if shared.author else ''}" if shared else words,
        url=shared.url if shared else url.group(0) if url else "",
        seen_at=desk.now(),
        author=actor.id,
        kind=ItemKind.OFFICER,
        fingerprint=fingerprint(title, words),
    )
    await desk.store.add_item(covered(item))
    found = (await desk.join()).get(ident)
    number = found if found is not None else await _joined_elsewhere(desk, ident)
    if number is None:
        return "已记录，尚未立案；请补充地点和情况再报一次。"
    incident = await desk.store.incident(number)
    new = incident is not None and len(incident.members) == 1
    head = f"已立案：{number}号" if new else f"已并入{number}号"
    if files := await attach(desk, actor, number):
        head += f"，附上{files}件图片语音"
    return f"{head}。请打电话核实，并电话报告带班领导。核实后回：核实 {number} 属实（或不实）来源。"


def build_intake(desk: Desk, fetcher: Fetcher, prefixes: Mapping[str, str], models: Models | None = None) -> Intake:
    """Load the knowledge and wire the poller; `models` are what the installation trained from its own past work."""
    parsing = Parsing()
    poller = Poller(desk=desk, fetcher=fetcher, parsing=parsing, prefixes=prefixes, watch=Watch(desk=desk))
    intake = Intake(desk=desk, knowledge=load_knowledge(desk.settings, models), poller=poller, parsing=parsing)
    desk.join = intake.join
    return intake
