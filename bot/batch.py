"""Joins of many items written together: each incident is loaded once, changed in memory, and its text written once a batch.

    judge items -> decide in memory -> one transaction: incidents, events, steps, members, ordinary marks

A batch that somebody overtook (another version of an incident, a number taken) writes nothing and is decided again.
How long a batch may wait is bounded, so that an alarm never waits for a flood to be read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final, Protocol

from bot.desk import Desk, NotFound, change, open_incident, planned, settled
from bot.store.port import Change, Joined
from playbooks.deadlines import at_rest
from playbooks.fold import gained, opened
from playbooks.incident import Event, Incident

HOLD_SECONDS: Final = 1.0
"""Longest time a judged item waits for the others of its batch."""

ALARM_SECONDS: Final = 0.2
"""Longest time an alarm does, so that a flood that is still being read keeps nobody from hearing of it."""

ALARM: Final = "alarmed"
MEMBER: Final = "joined"
"""The event by which a matter gains an item and nothing else changes."""

Decision = Callable[[Incident], Sequence[Event]]
Members = Callable[[int], tuple[Joined, ...]]


class Writing(Protocol):
    """Where the joiner's decisions go. Raises NotFound, and whatever a decision raises."""

    async def change(self, number: int, decision: Decision, members: Members) -> None: ...
    async def open(self, first: Event, more: Decision, members: Members) -> int: ...
    async def mark(self, joined: Joined) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Direct:
    """Every decision its own commit, repeated where somebody was faster."""

    desk: Desk

    async def change(self, number: int, decision: Decision, members: Members) -> None:
        await change(self.desk, number, decision, joined=members(number))

    async def open(self, first: Event, more: Decision, members: Members) -> int:
        return (await open_incident(self.desk, first, more, members)).number

    async def mark(self, joined: Joined) -> None:
        await self.desk.store.mark_joined((joined,))


@dataclass(slots=True, kw_only=True)
class Held:
    """An incident as the batch has changed it so far; `waiting` are members it gained that its state does not show yet."""

    incident: Incident
    base_version: int
    events: list[Event] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)
    settled: bool = False
    waiting: list[Event] = field(default_factory=list)

    def gather(self) -> None:
        """Let the state show all members."""
        if self.waiting:
            self.incident = gained(self.incident, self.waiting)
            self.waiting.clear()


@dataclass(slots=True, kw_only=True)
class Batch:
    """Decisions kept in memory until `write`."""

    desk: Desk
    held: dict[int, Held] = field(default_factory=dict)
    marks: list[Joined] = field(default_factory=list)
    next_number: int = 0
    until: float = field(default_factory=lambda: perf_counter() + HOLD_SECONDS)

    def ripe(self) -> bool:
        """Whether what it holds has waited long enough."""
        return perf_counter() >= self.until

    def hurry(self, events: Sequence[Event]) -> None:
        """Wait less where there is an alarm among them."""
        if any(e.kind == ALARM for e in events):
            self.until = min(self.until, perf_counter() + ALARM_SECONDS)

    async def change(self, number: int, decision: Decision, members: Members) -> None:
        held = self.held.get(number)
        if held is None:
            incident = await self.desk.store.incident(number)
            if incident is None:
                raise NotFound(number)
            held = Held(incident=incident, base_version=incident.version)
        self._add(held, tuple(decision(held.incident)))
        self.held[number] = held
        held.joined += members(number)

    async def open(self, first: Event, more: Decision, members: Members) -> int:
        number = self.next_number or await self.desk.store.next_number()
        incident = opened(number, first)
        after, events = settled(incident, tuple(more(incident)), self.desk.settings, self.desk.now())
        self.hurry(events)
        self.held[number] = Held(
            incident=after, base_version=0, events=[first, *events], joined=[*members(number)], settled=True
        )
        self.next_number = number + 1
        return number

    def _add(self, held: Held, events: tuple[Event, ...]) -> None:
        """What `bot.desk.settled` gives. Once settled in this batch, a matter that only gains members stays so: no clock looks at them.

        Then they wait until the state is asked for more than whether it has any, since a crowd is put together faster than one by one.
        """
        now = self.desk.now()
        gains = (len(events) == 1 and events[0].kind == MEMBER) or all(e.kind == MEMBER for e in events)
        if gains and held.settled and at_rest(held.incident, now):
            held.waiting += events
            if not held.incident.members:
                held.gather()
        else:
            held.gather()
            held.settled = True
            held.incident, events = settled(held.incident, events, self.desk.settings, now)
            self.hurry(events)
        held.events += events

    async def mark(self, joined: Joined) -> None:
        self.marks.append(joined)

    async def write(self) -> bool:
        """Write all of it in one transaction; False, and nothing written, when somebody was faster.

        Waits for people who have begun to change one of its matters: they are not overtaken, the batch is.
        """
        if not self.held and not self.marks:
            return True
        changes = [self._change(held) for _, held in sorted(self.held.items())]
        async with self.desk.turns.of([number for number, held in self.held.items() if held.base_version]):
            if not await self.desk.store.commit_all(changes, self.marks):
                return False
        if changes:
            self.desk.wake()
        return True

    def _change(self, held: Held) -> Change:
        held.gather()
        if not held.events:  # only members: the steps stay as they are
            return Change(
                incident=held.incident, base_version=held.base_version, events=(), steps=None, joined=tuple(held.joined)
            )
        return planned(held.incident, held.base_version, held.events, self.desk.settings, held.joined)
