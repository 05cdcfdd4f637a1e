"""What complainants wrote before it was covered: apart from the items, sealed by salted digests, erasable.

    item -> original (salt, body, digest) -> one `originals_kept` event of the system chain over the digests of the batch

Erasing empties salt and body and leaves the digest, so that the chains still verify and nobody can guess the text from it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Final

from bot.store import chain
from bot.store.engine import Row, Tx
from bot.store.forms import instant, maybe, ms, parsed, sha256
from bot.store.kept import Original
from monitors.item import Item
from playbooks.incident import SYSTEM, Event

KEPT: Final = "originals_kept"
ERASED: Final = "originals_erased"


def keep(tx: Tx, items: Iterable[Item]) -> None:
    """Store the originals of new and edited items and seal the batch. Call it late in a unit: it holds the system chain."""
    found = [i for i in items if i.original]
    erased = _erased(tx, [i.id for i in found])
    found = [i for i in found if i.id not in erased]
    if not found:
        return
    rows = []
    for item in found:
        salt = secrets.token_hex(16)
        rows.append(
            {"id": item.id, "at": ms(item.seen_at), "salt": salt, "body": item.original, "digest": sha256(salt, item.original)}
        )
    batch = sealed(str(r["digest"]) for r in rows)
    tx.many(
        "insert into original (item_id, at, batch, digest, salt, body) values (:id, :at, :batch, :digest, :salt, :body)",
        [{**r, "batch": batch} for r in rows],
    )
    newest = max(i.seen_at for i in found)
    data = {"batch": batch, "count": len(rows), "sources": sorted({i.source for i in found})}
    chain.append(tx, chain.SYSTEM, [Event(kind=KEPT, at=newest, actor=SYSTEM, data=data)])


def _erased(tx: Tx, ids: list[str]) -> set[str]:
    """Those somebody asked to be gone: a later edit of the same order must not bring them back."""
    rows = tx.among("select item_id from original where erased_at is not null and", "item_id", ids)
    return {str(r["item_id"]) for r in rows}


def sealed(digests: Iterable[str]) -> str:
    """One digest over those of a batch."""
    return sha256(*sorted(digests))


def of_incident(tx: Tx, number: int) -> list[Original]:
    """The newest original of every member that had something to cover, oldest member first."""
    rows = tx.rows(
        "select o.item_id, o.at, o.body, o.erased_at, i.title from item_place p join item i on i.n = p.n"
        " join original o on o.item_id = i.id where p.incident = :number order by i.seen_at, o.item_id, o.at",
        {"number": number},
    )
    return [_original(list(group)[-1]) for _, group in groupby(rows, key=lambda r: str(r["item_id"]))]


def _original(row: Row) -> Original:
    fields = tuple((str(k), str(v)) for k, v in parsed(row["body"]).items()) if row["body"] else ()
    return Original(
        item_id=row["item_id"], title=row["title"], at=instant(row["at"]), fields=fields, erased_at=maybe(row["erased_at"])
    )


def erase_matter(tx: Tx, number: int, at: datetime) -> int:
    """Empty the originals of a matter's items, and what officers typed to report them; its own record says who and why."""
    gone = tx.run(
        "update original set salt = '', body = '', erased_at = :at where body <> '' and item_id in"
        " (select i.id from item_place p join item i on i.n = p.n where p.incident = :number)",
        {"at": ms(at), "number": number},
    )
    _forget_typed(tx, number)
    return gone


def _forget_typed(tx: Tx, number: int) -> None:
    """Deliveries that became items of this matter lose their text: the id of such an item is a digest of the delivery's key."""
    sql = "select i.id from item_place p join item i on i.n = p.n where p.incident = :number and i.kind = 'officer'"
    ids = {str(r["id"]) for r in tx.rows(sql, {"number": number})}
    if not ids:
        return
    keys = [str(r["key"]) for r in tx.rows("select key from callback where done = 1")]
    mine = [k for k in keys if hashlib.sha1(f"officer|{k}".encode()).hexdigest() in ids]
    tx.many("update callback set body = :empty where key = :key", [{"empty": '{"erased":true}', "key": k} for k in mine])


def expire(tx: Tx, before: datetime, by: Event) -> int:
    """Empty what was kept before then, except where an alarmed matter is still open; how many texts were erased."""
    gone = tx.run(
        "update original set salt = '', body = '', erased_at = :now where body <> '' and at < :before and item_id not in"
        " (select i.id from incident n cross join item_place p cross join item i where p.incident = n.number and i.n = p.n"
        " and n.is_open = 1 and n.alarmed_at is not null)",
        {"now": ms(by.at), "before": ms(before)},
    )
    if gone:
        chain.append(tx, chain.SYSTEM, [_counted(by, gone)])
    return gone


def _counted(by: Event, count: int) -> Event:
    return Event(kind=by.kind, at=by.at, actor=by.actor, data={**by.data, "count": count})


def faults(tx: Tx) -> list[str]:
    """Batches and texts that do not fit what the system chain says of them, in Chinese; texts are read one at a time."""
    events = tx.rows("select body from event where chain = 'system' and kind = :kind", {"kind": KEPT})
    wanted = {str(parsed(r["body"])["data"]["batch"]) for r in events}
    out: list[str] = []
    stream = tx.stream("select item_id, batch, digest, salt, body from original order by batch")
    for batch, group in groupby(stream, key=lambda r: str(r["batch"])):
        digests = []
        for row in group:
            digests.append(str(row["digest"]))
            if row["body"] and sha256(row["salt"], row["body"]) != row["digest"]:
                out.append(f"另存的工单原文与摘要不符（条目{str(row['item_id'])[:12]}）")
        if batch not in wanted or sealed(digests) != batch:
            out.append(f"另存的一批工单原文有缺失或多出（批次{batch[:12]}）")
        wanted.discard(batch)
    return out + [f"另存的一批工单原文全部缺失（批次{b[:12]}）" for b in sorted(wanted)]
