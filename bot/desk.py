"""The desk: where the pure core meets the store. Every change of an incident goes through `change`.

    change: load -> decide (pure) -> settle clocks (pure) -> plan steps (pure) -> one commit; on a version conflict, again

State, events and pending steps are written together, so no crash can leave a clock without its steps (design.md §2, plan).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot import clock as system
from bot import merging
from bot.channels.gateway import Sender
from bot.clock import Clock
from bot.held import Held
from bot.metering import Meters
from bot.store.chain import chain_of
from bot.store.port import Change, Joined, Store
from bot.turns import Turns, tries
from bot.wecom.breaker import Breaker
from bot.wecom.client import WeComClient
from bot.wecom.uploads import Uploads
from config.schema import Settings
from monitors.mask import mask_private
from playbooks import ladder
from playbooks.deadlines import settle
from playbooks.fields import Action
from playbooks.fold import evolve, opened
from playbooks.fold_clocks import CLOCK_EVENTS
from playbooks.incident import SYSTEM, Actor, ActorKind, Event, Incident
from playbooks.lifecycle import decide
from playbooks.rota import Cover, Duty, duty, roles_of

MARK = "delivery"
WORDS = frozenset({"text", "source", "detail", "reason", "basis", "evidence"})
"""Fields in which officers write in their own words."""
PUBLIC_NOTE = "talking_points"
"""What the public is told names the numbers the public may ring."""


class NotFound(Exception):
    """No incident has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"没有{number}号事件，请回“查询”看在办事件的编号。")
        self.number = number


class Busy(Exception):
    """The incident kept changing under our hands."""


async def _no_join() -> dict[str, int | None]:
    """A process without monitors joins nothing; items wait in the database."""
    return {}


async def _no_split(number: int, by: Actor, fields: dict[str, object], mark: str) -> tuple[Incident, tuple[Event, ...]]:
    raise Busy("这里不能拆分，请在运行监测的服务上办理。")


@dataclass(slots=True, kw_only=True)
class Desk:
    """What every flow needs. `owner` names this process in leases.

    `gateway`, `mail`, `link`: SMS or voice, e-mail, and the smart bot's long connection, where they are set up.
    `data`: the folder with the models the installation trained.
    `alone_since`: when this process opened a store that no other can hold; leases given before then are of the dead.
    """

    settings: Settings
    store: Store
    clock: Clock
    owner: str
    wecom: WeComClient | None = None
    gateway: Sender | None = None
    mail: Sender | None = None
    link: Sender | None = None
    uploads: Uploads | None = None
    breaker: Breaker = field(default_factory=Breaker)
    meters: Meters = field(default_factory=Meters)
    turns: Turns = field(default_factory=Turns)
    held: Held = field(default_factory=Held)
    board_url: str = ""
    data: Path | None = None
    covers: tuple[Cover, ...] = ()
    alone_since: datetime | None = None
    wake: Callable[[], None] = field(default=lambda: None)
    join: Callable[[], Awaitable[dict[str, int | None]]] = field(default=_no_join)
    split: Callable[[int, Actor, dict[str, object], str], Awaitable[tuple[Incident, tuple[Event, ...]]]] = field(
        default=_no_split
    )

    def now(self) -> datetime:
        return self.clock.now()

    def lease(self) -> tuple[datetime, datetime]:
        """System time at which leases are judged, and until when a new one holds.

        Alone on the store, what a killed process had claimed is free at once: nothing due waits for its lease to run out.
        """
        steady = getattr(
            self.clock, "wall", system.wall
        )  # a running service's own clock: steps of the wall clock free no lease
        wall: datetime = steady()
        length = timedelta(seconds=self.settings.bot.lease_seconds)
        judged = max(wall, self.alone_since + length) if self.alone_since else wall
        return judged, wall + length

    def duty(self, now: datetime | None = None) -> Duty:
        return duty(self.settings.organisation, now or self.now(), self.covers)

    def actor(self, userid: str) -> Actor | None:
        """The officer with the roles held now; None for a stranger."""
        officer = self.settings.organisation.officer(userid)
        if officer is None:
            return None
        roles = roles_of(self.settings.organisation, officer, self.duty())
        return Actor(id=officer.userid, name=officer.name, kind=ActorKind.OFFICER, roles=roles, unit=officer.unit)


def settled(
    incident: Incident, events: Sequence[Event], settings: Settings, now: datetime
) -> tuple[Incident, tuple[Event, ...]]:
    """State and full list of events after `events` and the clock corrections they cause."""
    for event in events:
        incident = evolve(incident, event)
    more = settle(incident, settings, now)
    for event in more:
        incident = evolve(incident, event)
    return incident, (*events, *more)


def planned(
    after: Incident, base_version: int, events: Sequence[Event], settings: Settings, joined: Sequence[Joined] = ()
) -> Change:
    """What is written of one matter in a commit: state, events, and every step that follows from them."""
    steps = ladder.steps(after, settings)
    return Change(incident=after, base_version=base_version, events=tuple(events), steps=steps, joined=tuple(joined))


async def change(
    desk: Desk,
    number: int,
    decision: Callable[[Incident], Sequence[Event]],
    *,
    joined: tuple[Joined, ...] = (),
) -> tuple[Incident, tuple[Event, ...]]:
    """Apply a decision to an incident; raises NotFound, whatever the decision raises, or Busy after repeated conflicts."""
    async with desk.turns.of((number,)):
        async for _ in tries():
            incident = await desk.store.incident(number)
            if incident is None:
                raise NotFound(number)
            now = desk.now()
            after, events = settled(incident, tuple(decision(incident)), desk.settings, now)
            if not events and not joined:
                return incident, ()
            if await desk.store.commit(planned(after, incident.version, events, desk.settings, joined)):
                desk.wake()
                return after, events
    raise Busy(f"{number}号事件正在被多人同时修改，请稍后再试。")


async def open_incident(
    desk: Desk, first: Event, more: Callable[[Incident], Sequence[Event]], joined: Callable[[int], tuple[Joined, ...]]
) -> Incident:
    """Open a new incident with its first events; the number is the next free one, found again on a conflict."""
    async for _ in tries():
        number = await desk.store.next_number()
        incident = opened(number, first)
        after, events = settled(incident, tuple(more(incident)), desk.settings, desk.now())
        if await desk.store.commit(planned(after, 0, (first, *events), desk.settings, joined(number))):
            desk.wake()
            return after
    raise Busy("暂时不能立案，请稍后再试。")


async def act(
    desk: Desk, number: int, code: str, by: Actor, fields: dict[str, object], mark: str = ""
) -> tuple[Incident, tuple[Event, ...]]:
    """One action of a person; raises ActionNotAllowed or NotFound.

    `mark` is the key of the delivery that asked for it and stays on the events: worked again after a crash, the delivery gives
    the events of the first time, so that nothing is recorded twice and the answer is the same.
    """
    before = await _worked(desk, number, mark) if mark else ()
    if before:
        incident = await desk.store.incident(number)
        if incident is not None:
            return incident, before

    if code == "split":  # two matters at once
        return await desk.split(number, by, fields, mark)
    if code == "merge":
        return await _merge(desk, number, by, fields, mark)

    def decision(incident: Incident) -> tuple[Event, ...]:
        return decided(desk, incident, code, by, fields, mark)

    return await change(desk, number, decision)


def decided(desk: Desk, incident: Incident, code: str, by: Actor, fields: dict[str, object], mark: str) -> tuple[Event, ...]:
    """Events of an action, signed with the delivery that asked for it; raises ActionNotAllowed.

    The record is for ever and units read it, so callers and other private persons are covered in what officers write.
    """
    said = fields if fields.get("note") == PUBLIC_NOTE else {k: _private(desk, k, v) for k, v in fields.items()}
    events = decide(incident, Action(code=code, by=by, now=desk.now(), fields=said), desk.settings)
    return tuple(replace(e, data={**e.data, MARK: mark}) for e in events) if mark else events


def _private(desk: Desk, name: str, value: object) -> object:
    """A field as it may be recorded; the numbers of our own roster are no secret of its people."""
    if name not in WORDS or not isinstance(value, str):
        return value
    ours = {o.phone for o in desk.settings.organisation.officers if o.phone and o.phone in value}
    parts = re.split("|".join(f"({re.escape(phone)})" for phone in ours), value) if ours else [value]
    return "".join(part if part in ours else mask_private(part) for part in parts if part)


def _written(desk: Desk, before: Incident, events: tuple[Event, ...]) -> Change:
    after, events = settled(before, events, desk.settings, desk.now())
    return planned(after, before.version, events, desk.settings)


async def _merge(
    desk: Desk, number: int, by: Actor, fields: dict[str, object], mark: str
) -> tuple[Incident, tuple[Event, ...]]:
    """Two matters at once: the one that ends, and the note on the one that stays."""

    async def ending() -> tuple[Incident, tuple[Event, ...]]:
        source = await desk.store.incident(number)
        if source is None:
            raise NotFound(number)
        return source, decided(desk, source, "merge", by, fields, mark)

    _, asked = await ending()
    into = int(str(asked[0].data["into"]))
    async with desk.turns.of((number, into)):
        async for _ in tries():
            source, events = await ending()
            target = await merging.target_of(desk.store, source, into, by)
            if target is None:
                raise NotFound(into)
            old = _written(desk, source, events)
            kept = _written(desk, target, (merging.came(events[0], number),))
            if await desk.store.commit_all((old, kept), ()):
                desk.wake()
                return old.incident, old.events
    raise Busy(f"{number}号事件正在被多人同时修改，请稍后再试。")


async def _worked(desk: Desk, number: int, mark: str) -> tuple[Event, ...]:
    """What a delivery already did to the incident, with the corrections of clocks written in the same commit."""
    out: list[Event] = []
    for e in await desk.store.events(chain_of(number)):
        own = e.data.get(MARK) == mark
        follows = bool(out) and e.actor == SYSTEM.id and e.at == out[0].at and e.kind in CLOCK_EVENTS
        if own or follows:
            actor = Actor(id=e.actor, name=e.actor_name, kind=ActorKind(e.actor_kind), roles=e.actor_roles, unit=e.actor_unit)
            out.append(Event(kind=e.kind, at=e.at, actor=actor, data=e.data))
        elif out:
            break
    return tuple(out)
