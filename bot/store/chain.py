"""The record: append-only chains of events, one an incident and one `system`.

    hash = sha256(previous hash, canonical body);  body = chain, seq, kind, at, actor, data

Personal content under `data["private"]` stands in the body as a salted digest only; text and salt lie in `event_private`, where they
can be erased without breaking the chain (design.md §3.5).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from bot.store.engine import Row, Tx, one, take
from bot.store.forms import canonical, clean, full, instant, ms, parsed, sha256
from bot.store.port import StoredEvent
from playbooks.incident import Actor, ActorKind, Event

SYSTEM: Final = "system"
PRIVATE: Final = "private"
DIGEST: Final = "private_digest"
INSERTED: Final = "chain, seq, id, kind, at, actor, actor_name, actor_kind, body, prev, hash"
EVENT_COLUMNS: Final = "e.chain, e.seq, e.id, e.kind, e.at, e.actor, e.actor_name, e.actor_kind, e.body, e.prev, e.hash"


def chain_of(number: int) -> str:
    return f"incident:{number}"


def number_of(chain: str) -> int | None:
    """Incident number of a chain name; None for the system chain."""
    kind, _, number = chain.partition(":")
    return int(number) if kind == "incident" and number.isdigit() else None


class Sealed(NamedTuple):
    """An event ready to be written, with its private text apart."""

    body: str
    hash: str
    salt: str = ""
    private: str = ""


def seal(chain: str, seq: int, prev: str, event: Event, head: str = "") -> Sealed:
    """Canonical body and hash of an event at its place in a chain. `head`: what `_head` gives of it, where that is known."""
    data = event.data
    salt = text = ""
    if PRIVATE in data:
        open_ = {**data}
        private = open_.pop(PRIVATE)
        data = open_
        if private:
            salt, text = secrets.token_hex(16), canonical(private)
            open_[DIGEST] = sha256(salt, text)
    # `canonical` of what the event says at its place: its parts by name in their order
    body = clean(f'{head or _head(chain, event)}{full(data)},"kind":{_text(event.kind)},"seq":{seq}}}')
    return Sealed(body, sha256(prev, body), salt, text)


def _head(chain: str, event: Event) -> str:
    """The body up to its data: the same for all events of one decision."""
    return f'{{"actor":{_text(event.actor)},"at":{_text(event.at)},"chain":{_text(chain)},"data":'


@lru_cache(maxsize=256)
def _text(value: Actor | datetime | str) -> str:
    return canonical(value)


def append(tx: Tx, chain: str, events: Sequence[Event]) -> None:
    """Add events at the end of a chain. Call it last in a unit: it holds the locks every other append waits for."""
    if not events:
        return
    seq, prev = _lock_head(tx, chain, len(events))
    first_id = take(tx, "event", len(events))
    rows: list[tuple[object, ...]] = []
    hidden: list[Mapping[str, object]] = []
    actor, at, head, said = None, None, "", _said(events[0])
    for n, event in enumerate(events):
        place = seq + 1 + n
        if event.actor is not actor or event.at is not at:
            actor, at, head, said = event.actor, event.at, _head(chain, event), _said(event)
        sealed = seal(chain, place, prev, event, head)
        rows.append((chain, place, first_id + n, _written(event.kind), *said, sealed.body, prev, sealed.hash))
        if sealed.private:
            hidden.append({"chain": chain, "seq": place, "salt": sealed.salt, "body": sealed.private})
        prev = sealed.hash
    tx.insert("event", INSERTED, rows)
    if hidden:
        tx.many("insert into event_private (chain, seq, salt, body) values (:chain, :seq, :salt, :body)", hidden)
    tx.run("update chain set hash = :hash where chain = :chain", {"chain": chain, "hash": prev})


def _lock_head(tx: Tx, chain: str, count: int) -> tuple[int, str]:
    """Sequence and hash of the last event; the head is locked and moved `count` ahead."""
    move = "update chain set seq = seq + :count where chain = :chain returning seq, hash"
    params = {"chain": chain, "count": count}
    found = tx.rows(move, params)
    if not found:
        tx.run("insert into chain (chain, seq, hash) values (:chain, 0, '')", {"chain": chain})
        found = tx.rows(move, params)
    return int(found[0]["seq"]) - count, str(found[0]["hash"])


def _said(event: Event) -> tuple[object, ...]:
    """When and by whom, as `columns` reads it out of the body of a sealed event."""
    actor = event.actor
    return ms(event.at), _written(actor.id), _written(actor.name), actor.kind.value


def _written(text: str) -> str:
    """As it stands in a body: without lone surrogates."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def columns(body: Mapping[str, Any]) -> dict[str, object]:
    """Columns of an event row that repeat its body for look-ups."""
    actor = body["actor"]
    return {"kind": body["kind"], "actor": actor["id"], "actor_name": actor["name"], "actor_kind": actor["kind"]}


def stored(row: Row) -> StoredEvent:
    """An event row joined with its private text (`private`: JSON or NULL)."""
    body = parsed(row["body"])
    data: dict[str, object] = body["data"]
    if DIGEST in data:
        data[PRIVATE] = parsed(row["private"]) if row["private"] else {}
    actor = body["actor"]
    return StoredEvent(
        chain=row["chain"],
        seq=row["seq"],
        kind=body["kind"],
        at=instant(row["at"]),
        actor=actor["id"],
        actor_name=actor["name"],
        actor_kind=actor["kind"],
        actor_roles=tuple(actor["roles"]),
        actor_unit=actor["unit"],
        data=data,
        prev=row["prev"],
        hash=row["hash"],
    )


def event_of(row: StoredEvent) -> Event:
    """The event as `playbooks.fold` reads it."""
    actor = Actor(
        id=row.actor,
        name=row.actor_name,
        kind=ActorKind(row.actor_kind),
        roles=row.actor_roles,
        unit=row.actor_unit,
    )
    return Event(kind=row.kind, at=row.at, actor=actor, data=row.data)


JOINED: Final = (
    f"select {EVENT_COLUMNS}, p.salt, p.body as private from event e"
    " left join event_private p on p.chain = e.chain and p.seq = e.seq"
)


def events(tx: Tx, chain: str) -> list[StoredEvent]:
    return [stored(r) for r in tx.rows(f"{JOINED} where e.chain = :chain order by e.seq", {"chain": chain})]


def events_since(tx: Tx, after: int, limit: int) -> list[tuple[int, StoredEvent]]:
    rows = tx.rows(f"{JOINED} where e.id > :after order by e.id limit :limit", {"after": after, "limit": limit})
    return [(r["id"], stored(r)) for r in rows]


def last_id(tx: Tx) -> int:
    """Number of the newest event of all chains; 0 when there is none."""
    found = one(tx, "select max(id) as id from event")
    return int(found["id"] or 0) if found else 0


def erase(tx: Tx, chain: str, seq: int, by: Event) -> bool:
    """Remove the private text of one event and record that it was done; False when there is none."""
    gone = tx.run("delete from event_private where chain = :chain and seq = :seq", {"chain": chain, "seq": seq})
    if gone:
        append(tx, SYSTEM, [by])
    return gone > 0


def anchor(tx: Tx) -> str:
    """One digest over the heads of all chains: whoever holds it can later prove that nothing was taken away."""
    rows = tx.rows("select chain, seq, hash from chain")
    return sha256(*sorted(f"{r['chain']} {r['seq']} {r['hash']}" for r in rows))
