"""What the flows may ask of the store. One public method is one unit of work (one transaction); callers await whole units.

Two engines implement it with one SQL text: SQLite (`bot.store.sqlite`) and PostgreSQL (`bot.store.postgres`). Times are aware UTC
datetimes here and epoch milliseconds in the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from bot.store.kept import Attachment, Left, Original, Spell, Try
from monitors.item import Item
from playbooks.incident import Event, Incident
from playbooks.ladder import PlannedStep


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """Polling state of one source, saved with what it brought.

    `items_total`, `duplicates_total` and `last_new_at` are kept by the store: saving a poll adds its counts.
    `pace`: the interval now in force, seconds, 0 = as configured. `quiet`: how long it may bring nothing, seconds, 0 = unknown.
    `address`: as configured at the last poll; `moved_to`: where that address has moved for good. `remark`: what was wrong
    with the last document. `skew`: seconds its clock was ahead of ours at the last answer, None = it did not say.
    `answers_since`: its first answer of all, None = not yet; of a source that pushes, since when it is waited for.
    """

    source_id: str
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    next_poll_at: datetime | None = None
    last_try_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    failures: int = 0
    last_error: str = ""
    items_total: int = 0
    duplicates_total: int = 0
    damage: int = 0
    pace: int = 0
    quiet: int = 0
    stale_since: datetime | None = None
    address: str = ""
    moved_to: str = ""
    remark: str = ""
    skew: int | None = None
    answers_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollCounts:
    new: int
    updated: int
    duplicates: int


Plan = Callable[[PollCounts], SourceState]
"""What is to be saved once it is known what the poll brought; runs inside the unit, so it must be pure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredItem:
    """An item with its number in the store (0: not stored) and, once joined, its incident."""

    item: Item
    n: int = 0
    incident: int | None = None


class Joined(NamedTuple):
    """The outcome of joining one item: into an incident, or judged ordinary (incident None).

    `n` is the item's number where it is known; what has none (0) is looked up by its id.
    """

    item_id: str
    incident: int | None
    at: datetime
    why: str
    by: str = "system"
    n: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of one incident: written whole or not at all.

    `base_version` 0 means a new incident. `steps` is the full list of wanted pending steps (None = leave the rows alone):
    rows still pending and not wanted become `cancelled`, wanted ones not yet present are inserted; a step whose key was
    already sent, seen, merged, passed or queued is never inserted again.
    """

    incident: Incident
    base_version: int
    events: tuple[Event, ...]
    steps: tuple[PlannedStep, ...] | None = None
    joined: tuple[Joined, ...] = ()
    callback_done: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """A step as stored. state: pending|sending|unknown|sent|seen|failed|passed|merged|cancelled (design.md §5)."""

    key: str
    incident: int
    clock_id: str
    clock_code: str
    code: str
    role: str
    card: str
    due_at: datetime
    fire_at: datetime
    plan_version: int
    state: str
    priority: int = 5
    reason: str = ""
    message_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One message to one person. `request` is frozen before the first send and repeated byte for byte."""

    id: str
    incident: int | None
    recipient: str
    kind: str
    task_id: str
    request: bytes
    text: str
    created_at: datetime
    due_at: datetime
    state: str = "pending"  # pending | sending | unknown | sent | seen | failed
    priority: int = 5
    attempts: int = 0
    sent_at: datetime | None = None
    seen_at: datetime | None = None
    msgid: str = ""
    response_code: str = ""
    error: str = ""
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event in its chain. `hash` covers the previous hash and the canonical body; `private` text is covered by a salted digest."""

    chain: str
    seq: int
    kind: str
    at: datetime
    actor: str
    actor_name: str
    actor_kind: str
    data: Mapping[str, object]
    prev: str
    hash: str
    actor_roles: tuple[str, ...] = ()
    actor_unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something an administrator must know. One open row per (kind, subject)."""

    kind: str
    subject: str
    detail: str
    first_at: datetime
    last_at: datetime
    count: int = 1
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFigures:
    """How the engine stands, counted by the database at one instant. Lateness: seconds from a step's time to its message leaving."""

    sent: int
    p50: float | None
    p99: float | None
    worst: float | None
    unsent: int
    oldest_unsent: datetime | None
    queued: int
    held: int
    expired: int
    leases: tuple[tuple[str, str, datetime], ...]
    unindexed: int = 0


class Store(Protocol):
    """The units of work. Every writing method is durable when it returns."""

    async def close(self) -> None: ...

    # settings kept by the program (virtual clock, story position ...), leases of loops and single runs of daily jobs
    async def meta(self, key: str) -> str | None: ...
    async def set_meta(self, key: str, value: str) -> None: ...
    async def hold_lease(self, name: str, owner: str, wall: datetime, until: datetime) -> bool: ...
    async def take_slot(self, job: str, slot: str, owner: str, at: datetime) -> bool: ...
    async def free_slot(self, job: str, slot: str, owner: str) -> None: ...

    async def server_time(self) -> datetime | None: ...

    # sources and items
    async def source_states(self) -> dict[str, SourceState]: ...
    async def save_poll(
        self, state: SourceState, items: Sequence[Item], plan: Plan | None = None, *, patient: bool = False
    ) -> PollCounts: ...
    async def add_item(self, item: Item) -> bool: ...
    async def add_items(self, items: Sequence[Item], *, past: bool = False) -> PollCounts: ...
    async def purge_items(self, before: datetime, limit: int = 1000) -> int: ...
    async def index_items(self, limit: int = 1000) -> int: ...
    async def unjoined(self, limit: int) -> list[StoredItem]: ...
    async def mark_joined(self, joined: Sequence[Joined]) -> None: ...
    async def members_since(self, since: datetime) -> list[StoredItem]: ...
    async def parted(self) -> list[int]: ...
    async def items_of(self, number: int) -> list[StoredItem]: ...
    async def incident_of(self, item_id: str) -> int | None: ...
    async def search(self, words: str, limit: int = 50) -> list[StoredItem]: ...
    async def spells(self, source_id: str) -> list[Spell]: ...

    # what was covered, and files of officers
    async def originals_of(self, number: int) -> list[Original]: ...
    async def expire_originals(self, before: datetime, by: Event) -> int: ...
    async def add_attachment(self, row: Attachment, body: bytes | None) -> bool: ...
    async def keep_attachment(self, ident: str, name: str, media_type: str, body: bytes) -> str: ...
    async def miss_attachment(self, ident: str, note: str, *, lost: bool) -> None: ...
    async def place_attachments(self, idents: Sequence[str], number: int) -> int: ...
    async def attachments_of(self, number: int) -> list[Attachment]: ...
    async def loose_attachments(self, by: str, since: datetime) -> list[Attachment]: ...
    async def wanted_attachments(self, limit: int = 50) -> list[Attachment]: ...
    async def attachment(self, ident: str) -> tuple[Attachment, bytes] | None: ...

    # incidents
    async def incident(self, number: int) -> Incident | None: ...
    async def incidents(self, *, open_only: bool = True, alarmed_only: bool = False, limit: int = 1000) -> list[Incident]: ...
    async def verified_incidents(self, limit: int) -> list[Incident]: ...
    async def incidents_of(self, numbers: Sequence[int], *, keep: bool = True) -> dict[int, Incident]: ...
    async def open_heads(self) -> list[tuple[int, int]]: ...
    async def next_number(self) -> int: ...
    async def commit(self, change: Change) -> bool: ...
    async def commit_all(self, changes: Sequence[Change], marks: Sequence[Joined]) -> bool: ...
    async def events(self, chain: str) -> list[StoredEvent]: ...
    async def events_since(self, after_id: int, limit: int = 200) -> list[tuple[int, StoredEvent]]: ...
    async def append_system(self, events: Sequence[Event], settings: Mapping[str, str] | None = None) -> None: ...
    async def last_event_id(self) -> int: ...
    async def erase_private(self, chain: str, seq: int, by: Event) -> bool: ...
    async def anchor(self) -> str: ...

    # steps and messages
    async def claim_steps(
        self, now: datetime, wall: datetime, owner: str, lease_until: datetime, limit: int
    ) -> list[StepRow]: ...
    async def settle_steps(
        self, outcomes: Mapping[str, tuple[str, str]], messages: Sequence[MessageRow], now: datetime
    ) -> None: ...
    async def next_fire(self) -> datetime | None: ...
    async def living_steps(self, numbers: Sequence[int]) -> dict[int, set[str]]: ...
    async def waiting_steps(self, until: datetime, after: datetime | None = None) -> list[str]: ...
    async def steps_of(self, number: int) -> list[StepRow]: ...
    async def claim_messages(
        self, now: datetime, wall: datetime, owner: str, lease_until: datetime, limit: int
    ) -> list[MessageRow]: ...
    async def mark_sent(
        self, message_id: str, owner: str, at: datetime, *, msgid: str, response_code: str, detail: str, event: Event | None
    ) -> bool: ...
    async def mark_failed(
        self, message_id: str, owner: str, at: datetime, *, state: str, retry_at: datetime | None, detail: str
    ) -> bool: ...
    async def requeue(self, keys: Sequence[str]) -> list[str]: ...
    async def unsent(self, message_id: str, owner: str) -> list[MessageRow]: ...
    async def mine(self, message_id: str, owner: str) -> bool: ...
    async def rewrite(
        self,
        message_id: str,
        owner: str,
        request: bytes | None,
        text: str,
        absorbed: Sequence[str],
        outcomes: Mapping[str, tuple[str, str]],
        others: Sequence[MessageRow],
    ) -> bool: ...
    async def messages_of(self, number: int) -> list[MessageRow]: ...
    async def message_by_task(self, task_id: str) -> MessageRow | None: ...
    async def mark_seen(self, task_id: str, at: datetime) -> None: ...
    async def pushes(self, number: int) -> dict[str, int]: ...
    async def tries_of(self, number: int) -> list[Try]: ...
    async def sent_since(self, since: datetime) -> Sequence[Left]: ...
    async def pending_messages(self) -> int: ...
    async def waiting_for(self, recipient: str) -> list[int]: ...
    async def engine_figures(self, now: datetime, wall: datetime) -> EngineFigures: ...

    # response codes of cards (one use, 72 h)
    async def add_code(self, code: str, message_id: str, at: datetime) -> None: ...
    async def spend_code(self, message_id: str, now: datetime) -> str | None: ...

    # callbacks: persisted before the answer, worked afterwards
    async def accept_callback(self, key: str, at: datetime, body: Mapping[str, object]) -> bool: ...
    async def open_callbacks(self) -> list[tuple[str, datetime, Mapping[str, object]]]: ...
    async def claim_callbacks(
        self, wall: datetime, owner: str, lease_until: datetime, limit: int
    ) -> list[tuple[str, datetime, Mapping[str, object]]]: ...
    async def finish_callback(self, key: str, note: str) -> None: ...

    # board sessions
    async def add_login(self, token: str, officer: str, expires: datetime) -> None: ...
    async def use_login(self, token: str, session: str, now: datetime, expires: datetime) -> str | None: ...
    async def session_officer(self, session: str, now: datetime) -> str | None: ...
    async def end_session(self, session: str) -> None: ...

    # problems
    async def report_problem(self, kind: str, subject: str, detail: str, at: datetime) -> bool: ...
    async def resolve_problem(self, kind: str, subject: str, at: datetime) -> None: ...
    async def problems(self, *, open_only: bool = True) -> list[Problem]: ...
