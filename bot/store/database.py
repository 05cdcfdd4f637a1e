"""The store over one engine: each method of `port.Store` is one unit of work."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from bot.store import callbacks, chain, incidents, items, lateness, messages, people, places, rewrites, search, steps, tries
from bot.store.apart import ApartStore
from bot.store.engine import Conflict, Engine, Row, Tx
from bot.store.kept import Left, Try
from bot.store.port import (
    Change,
    EngineFigures,
    Joined,
    MessageRow,
    Plan,
    PollCounts,
    Problem,
    SourceState,
    StepRow,
    StoredEvent,
    StoredItem,
)
from monitors.item import Item
from playbooks.incident import ActorKind, Event, Incident

CACHED: Final = 4_000
MACHINES: Final = (ActorKind.FEED, ActorKind.SYSTEM)


class SqlStore(ApartStore):
    """One text of SQL, whichever engine. Decoded incidents are remembered by number and version: the pair never changes its content."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._decoded: OrderedDict[tuple[int, int], Incident] = OrderedDict()

    async def close(self) -> None:
        await self.engine.close()

    async def meta(self, key: str) -> str | None:
        return await self.engine.read(lambda tx: callbacks.meta(tx, key))

    async def set_meta(self, key: str, value: str) -> None:
        await self.engine.write(lambda tx: callbacks.set_meta(tx, key, value))

    async def hold_lease(self, name: str, owner: str, wall: datetime, until: datetime) -> bool:
        return await self.engine.write(lambda tx: callbacks.hold(tx, name, owner, wall, until))

    async def take_slot(self, job: str, slot: str, owner: str, at: datetime) -> bool:
        return await self.engine.write(lambda tx: callbacks.take_slot(tx, job, slot, owner, at))

    async def free_slot(self, job: str, slot: str, owner: str) -> None:
        await self.engine.write(lambda tx: callbacks.free_slot(tx, job, slot, owner))

    async def server_time(self) -> datetime | None:
        """Clock of the database server, to be compared with ours; None where the database is a file of this machine."""
        if self.engine.dialect == "sqlite":
            return None
        at: datetime = (await self.engine.read(lambda tx: tx.rows("select current_timestamp as at")))[0]["at"]
        return at.astimezone(UTC)

    # sources and items

    async def source_states(self) -> dict[str, SourceState]:
        return await self.engine.read(items.source_states)

    async def save_poll(
        self, state: SourceState, items_: Sequence[Item], plan: Plan | None = None, *, patient: bool = False
    ) -> PollCounts:
        return await self.engine.write(lambda tx: items.save_poll(tx, state, items_, plan), patient=patient)

    async def add_item(self, item: Item) -> bool:
        return await self.engine.write(lambda tx: items.add_item(tx, item))

    async def add_items(self, items_: Sequence[Item], *, past: bool = False) -> PollCounts:
        return await self.engine.write(lambda tx: items.add_items(tx, items_, past=past))

    async def purge_items(self, before: datetime, limit: int = 1000) -> int:
        return await self.engine.write(lambda tx: items.purge(tx, before, limit))

    async def index_items(self, limit: int = 1000) -> int:
        """Take up to `limit` stored items into the full-text index; how many. What waits is found by search all the same."""
        if not await self.engine.read(search.behind):
            return 0
        return await self.engine.write(lambda tx: search.catch_up(tx, limit))

    async def unjoined(self, limit: int) -> list[StoredItem]:
        return await self.engine.read(lambda tx: places.unjoined(tx, limit))

    async def mark_joined(self, joined: Sequence[Joined]) -> None:
        await self.engine.write(lambda tx: places.mark_joined(tx, joined))

    async def members_since(self, since: datetime) -> list[StoredItem]:
        return await self.engine.read(lambda tx: places.members_since(tx, since))

    async def incident_of(self, item_id: str) -> int | None:
        return await self.engine.read(lambda tx: places.incident_of(tx, item_id))

    async def parted(self) -> list[int]:
        return await self.engine.read(places.parted)

    async def items_of(self, number: int) -> list[StoredItem]:
        return await self.engine.read(lambda tx: places.items_of(tx, number))

    async def search(self, words: str, limit: int = 50) -> list[StoredItem]:
        return await self.engine.read(lambda tx: items.find(tx, words, limit))

    # incidents

    async def incident(self, number: int) -> Incident | None:
        def unit(tx: Tx) -> Incident | None:
            known = self._decoded.get((number, incidents.version_of(tx, number) or 0))
            return known or next(iter(self._load(tx, [number])), None)

        return await self.engine.read(unit)

    async def incidents(self, *, open_only: bool = True, alarmed_only: bool = False, limit: int = 1000) -> list[Incident]:
        def unit(tx: Tx) -> list[Incident]:
            heads = incidents.heads(tx, open_only=open_only, alarmed_only=alarmed_only, limit=limit)
            known = {head: self._decoded.get(head) for head in heads}
            fresh = {i.number: i for i in self._load(tx, [n for (n, _), i in known.items() if i is None])}
            return [incident or fresh[number] for (number, _), incident in known.items()]

        return await self.engine.read(unit)

    async def verified_incidents(self, limit: int) -> list[Incident]:
        """Those of the newest `limit` matters that people verified, in order of opening."""
        found = await self.incidents_of(await self.engine.read(lambda tx: incidents.verified(tx, limit)))
        return [found[number] for number in sorted(found)]

    async def incidents_of(self, numbers: Sequence[int], *, keep: bool = True) -> dict[int, Incident]:
        """These incidents by number, in one read; one that is damaged or absent is left out, and hides no other.

        Not `keep`: for a pass over everything, which must not turn out what is worked on from memory.
        """

        def unit(tx: Tx) -> dict[int, Incident]:
            out = {}
            for row in incidents.states(tx, list(numbers)):
                with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):  # damage in any form
                    out[int(row["number"])] = self._decode(row, keep=keep)
            return out

        return await self.engine.read(unit)

    def _load(self, tx: Tx, numbers: list[int]) -> list[Incident]:
        return [self._decode(row) for row in incidents.states(tx, numbers)]

    def _decode(self, row: Row, *, keep: bool = True) -> Incident:
        key = (row["number"], row["version"])
        known = self._decoded.get(key)
        if known is None:
            known = incidents.decode(row["state"])
            if keep:
                self._keep(key, known)
        return known

    async def open_heads(self) -> list[tuple[int, int]]:
        """Number and version of the open matters that alarmed, oldest first; no state is read, so a damaged one hides no other."""
        return await self.engine.read(lambda tx: incidents.heads(tx, open_only=True, alarmed_only=True, limit=1 << 30))

    async def next_number(self) -> int:
        return await self.engine.read(incidents.next_number)

    async def commit(self, change: Change) -> bool:
        try:
            await self.engine.write(lambda tx: incidents.commit(tx, change))
        except Conflict:
            return False
        self._remember((change,))
        return True

    async def commit_all(self, changes: Sequence[Change], marks: Sequence[Joined]) -> bool:
        """Changes of several incidents and the places of other items, all or nothing."""
        try:
            await self.engine.write(lambda tx: incidents.commit_all(tx, changes, marks))
        except Conflict:
            return False
        self._remember(changes)
        return True

    def _remember(self, changes: Sequence[Change]) -> None:
        """What the machine wrote is what would be read: its events hold plain values only. So a growing matter is not read again."""
        for change in changes:
            if all(e.actor.kind in MACHINES for e in change.events):
                self._keep((change.incident.number, change.incident.version), change.incident)

    def _keep(self, key: tuple[int, int], incident: Incident) -> None:
        self._decoded[key] = incident
        if len(self._decoded) > CACHED:
            self._decoded.popitem(last=False)  # the oldest decoded, whichever thread came last

    async def events(self, chain_name: str) -> list[StoredEvent]:
        return await self.engine.read(lambda tx: chain.events(tx, chain_name))

    async def events_since(self, after_id: int, limit: int = 200) -> list[tuple[int, StoredEvent]]:
        return await self.engine.read(lambda tx: chain.events_since(tx, after_id, limit))

    async def last_event_id(self) -> int:
        return await self.engine.read(chain.last_id)

    async def append_system(self, events: Sequence[Event], settings: Mapping[str, str] | None = None) -> None:
        """Records of the system chain, and in the same unit the settings of the program they change."""

        def unit(tx: Tx) -> None:
            chain.append(tx, chain.SYSTEM, events)
            for key, value in (settings or {}).items():
                callbacks.set_meta(tx, key, value)

        await self.engine.write(unit)

    async def erase_private(self, chain_name: str, seq: int, by: Event) -> bool:
        return await self.engine.write(lambda tx: chain.erase(tx, chain_name, seq, by))

    async def anchor(self) -> str:
        return await self.engine.read(chain.anchor)

    # steps and messages

    async def claim_steps(self, now: datetime, wall: datetime, owner: str, lease_until: datetime, limit: int) -> list[StepRow]:
        return await self.engine.write(lambda tx: steps.claim(tx, now, wall, owner, lease_until, limit))

    async def settle_steps(self, outcomes: Mapping[str, tuple[str, str]], rows: Sequence[MessageRow], now: datetime) -> None:
        await self.engine.write(lambda tx: messages.queue(tx, outcomes, rows))

    async def next_fire(self) -> datetime | None:
        return await self.engine.read(steps.next_fire)

    async def living_steps(self, numbers: Sequence[int]) -> dict[int, set[str]]:
        return await self.engine.read(lambda tx: steps.living(tx, numbers))

    async def waiting_steps(self, until: datetime, after: datetime | None = None) -> list[str]:
        return await self.engine.read(lambda tx: steps.waiting(tx, until, after))

    async def steps_of(self, number: int) -> list[StepRow]:
        return await self.engine.read(lambda tx: steps.steps_of(tx, number))

    async def claim_messages(
        self, now: datetime, wall: datetime, owner: str, lease_until: datetime, limit: int
    ) -> list[MessageRow]:
        return await self.engine.write(lambda tx: messages.claim(tx, now, wall, owner, lease_until, limit))

    async def mark_sent(
        self, message_id: str, owner: str, at: datetime, *, msgid: str, response_code: str, detail: str, event: Event | None
    ) -> bool:
        return await self.engine.write(
            lambda tx: messages.mark_sent(tx, message_id, owner, at, msgid, response_code, detail, event)
        )

    async def mark_failed(
        self, message_id: str, owner: str, at: datetime, *, state: str, retry_at: datetime | None, detail: str
    ) -> bool:
        return await self.engine.write(lambda tx: messages.mark_failed(tx, message_id, owner, at, state, retry_at, detail))

    async def requeue(self, keys: Sequence[str]) -> list[str]:
        return await self.engine.write(lambda tx: rewrites.requeue(tx, keys))

    async def unsent(self, message_id: str, owner: str) -> list[MessageRow]:
        return await self.engine.read(lambda tx: rewrites.unsent(tx, message_id, owner))

    async def mine(self, message_id: str, owner: str) -> bool:
        return await self.engine.read(lambda tx: rewrites.mine(tx, message_id, owner))

    async def rewrite(
        self,
        message_id: str,
        owner: str,
        request: bytes | None,
        text: str,
        absorbed: Sequence[str],
        outcomes: Mapping[str, tuple[str, str]],
        others: Sequence[MessageRow],
    ) -> bool:
        """Bring a message that certainly never left up to date, or withdraw it (`bot.store.rewrites`)."""
        return await self.engine.write(
            lambda tx: rewrites.rewrite(tx, message_id, owner, request, text, absorbed, outcomes, others)
        )

    async def messages_of(self, number: int) -> list[MessageRow]:
        return await self.engine.read(lambda tx: messages.messages_of(tx, number))

    async def message_by_task(self, task_id: str) -> MessageRow | None:
        return await self.engine.read(lambda tx: messages.message_by_task(tx, task_id))

    async def mark_seen(self, task_id: str, at: datetime) -> None:
        await self.engine.write(lambda tx: messages.mark_seen(tx, task_id, at))

    async def pushes(self, number: int) -> dict[str, int]:
        return await self.engine.read(lambda tx: messages.pushes(tx, number))

    async def tries_of(self, number: int) -> list[Try]:
        return await self.engine.read(lambda tx: tries.tries_of(tx, number))

    async def sent_since(self, since: datetime) -> Sequence[Left]:
        return await self.engine.read(lambda tx: tries.sent_since(tx, since))

    async def pending_messages(self) -> int:
        return await self.engine.read(messages.pending)

    async def waiting_for(self, recipient: str) -> list[int]:
        return await self.engine.read(lambda tx: messages.waiting_for(tx, recipient))

    async def engine_figures(self, now: datetime, wall: datetime) -> EngineFigures:
        return await self.engine.read(lambda tx: lateness.figures(tx, now, wall))

    async def add_code(self, code: str, message_id: str, at: datetime) -> None:
        await self.engine.write(lambda tx: messages.add_code(tx, code, message_id, at))

    async def spend_code(self, message_id: str, now: datetime) -> str | None:
        return await self.engine.write(lambda tx: messages.spend_code(tx, message_id, now))

    # callbacks, sign-ins, problems

    async def accept_callback(self, key: str, at: datetime, body: Mapping[str, object]) -> bool:
        return await self.engine.write(lambda tx: callbacks.accept(tx, key, at, body))

    async def open_callbacks(self) -> list[tuple[str, datetime, Mapping[str, object]]]:
        return await self.engine.read(callbacks.unfinished)

    async def claim_callbacks(
        self, wall: datetime, owner: str, lease_until: datetime, limit: int
    ) -> list[tuple[str, datetime, Mapping[str, object]]]:
        return await self.engine.write(lambda tx: callbacks.claim(tx, owner, wall, lease_until, limit))

    async def finish_callback(self, key: str, note: str) -> None:
        await self.engine.write(lambda tx: callbacks.finish(tx, key, note))

    async def add_login(self, token: str, officer: str, expires: datetime) -> None:
        await self.engine.write(lambda tx: people.add_login(tx, token, officer, expires))

    async def use_login(self, token: str, session: str, now: datetime, expires: datetime) -> str | None:
        return await self.engine.write(lambda tx: people.use_login(tx, token, session, now, expires))

    async def session_officer(self, session: str, now: datetime) -> str | None:
        return await self.engine.read(lambda tx: people.session_officer(tx, session, now))

    async def end_session(self, session: str) -> None:
        await self.engine.write(lambda tx: people.end_session(tx, session))

    async def report_problem(self, kind: str, subject: str, detail: str, at: datetime) -> bool:
        return await self.engine.write(lambda tx: people.report_problem(tx, kind, subject, detail, at))

    async def resolve_problem(self, kind: str, subject: str, at: datetime) -> None:
        """Called after every success, so the common case, nothing open, is a read."""
        if await self.engine.read(lambda tx: people.has_problem(tx, kind, subject)):
            await self.engine.write(lambda tx: people.resolve_problem(tx, kind, subject, at))

    async def problems(self, *, open_only: bool = True) -> list[Problem]:
        return await self.engine.read(lambda tx: people.problems(tx, open_only=open_only))
