"""Files of officers: pictures and voice from WeCom, uploads on the board. Bytes once a digest, as base64 parts in the database.

state: wanted (named by WeCom, not fetched yet) -> kept | lost (gone there); kept -> erased (bytes removed, digest stays).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.store.engine import Row, Tx, one
from bot.store.forms import clean, instant, ms
from bot.store.kept import Attachment

PART: Final = 256 * 1024
COLUMNS: Final = "id, incident, item_id, sha256, name, kind, media_type, size, by_whom, at, state, media_id, tries, note"


def add(tx: Tx, row: Attachment, body: bytes | None) -> bool:
    """A new file with its bytes, or one still wanted (None); False when its id is known."""
    if one(tx, "select id from attachment where id = :id", {"id": row.id}) is not None:
        return False
    names = COLUMNS.split(", ")
    tx.run(f"insert into attachment ({COLUMNS}) values (:{', :'.join(names)})", _row(row))
    if body is not None:
        keep(tx, row.id, row.name, row.media_type, body)
    return True


def keep(tx: Tx, ident: str, name: str, media_type: str, body: bytes) -> str:
    """The bytes of a file, stored once; its digest (sha256, hex)."""
    digest = hashlib.sha256(body).hexdigest()
    if one(tx, "select n from attachment_part where sha256 = :d and n = 0", {"d": digest}) is None:
        parts = [body[i : i + PART] for i in range(0, len(body), PART)] or [b""]
        tx.many(
            "insert into attachment_part (sha256, n, body) values (:d, :n, :body)",
            [{"d": digest, "n": n, "body": base64.b64encode(p).decode()} for n, p in enumerate(parts)],
        )
    tx.run(
        "update attachment set sha256 = :d, size = :size, name = :name, media_type = :type, state = 'kept', note = ''"
        " where id = :id",
        {"d": digest, "size": len(body), "name": clean(name), "type": clean(media_type), "id": ident},
    )
    return digest


def missed(tx: Tx, ident: str, note: str, *, lost: bool) -> None:
    """A file could not be fetched: once more later, or never."""
    tx.run(
        "update attachment set tries = tries + 1, note = :note, state = :state where id = :id and state = 'wanted'",
        {"id": ident, "note": clean(note), "state": "lost" if lost else "wanted"},
    )


def place(tx: Tx, idents: Sequence[str], number: int) -> int:
    """Put files to a matter; how many were in none before."""
    return sum(
        tx.run("update attachment set incident = :number where id = :id and incident is null", {"id": i, "number": number})
        for i in idents
    )


def of_incident(tx: Tx, number: int) -> list[Attachment]:
    rows = tx.rows("select * from attachment where incident = :number order by at, id", {"number": number})
    return [_attachment(r) for r in rows]


def loose(tx: Tx, by: str, since: datetime) -> list[Attachment]:
    """Files an officer sent since then that belong to no matter yet, oldest first."""
    rows = tx.rows(
        "select * from attachment where by_whom = :by and at >= :since and incident is null and state in ('kept', 'wanted')"
        " order by at, id",
        {"by": by, "since": ms(since)},
    )
    return [_attachment(r) for r in rows]


def wanted(tx: Tx, limit: int) -> list[Attachment]:
    rows = tx.rows("select * from attachment where state = 'wanted' order by at, id limit :limit", {"limit": limit})
    return [_attachment(r) for r in rows]


def get(tx: Tx, ident: str) -> tuple[Attachment, bytes] | None:
    """A file with its bytes; empty bytes where they are not kept."""
    row = one(tx, "select * from attachment where id = :id", {"id": ident})
    if row is None:
        return None
    parts = tx.rows("select body from attachment_part where sha256 = :d order by n", {"d": row["sha256"]})
    body = b"".join(base64.b64decode(p["body"]) for p in parts) if row["state"] == "kept" else b""
    return _attachment(row), body


def erase_matter(tx: Tx, number: int) -> int:
    """Remove the bytes of a matter's files that no other matter shares; its own record says who and why; how many files."""
    gone = [a for a in of_incident(tx, number) if a.state in ("kept", "wanted")]
    for a in gone:
        tx.run("update attachment set state = 'erased', name = '', media_id = '' where id = :id", {"id": a.id})
        shared = one(tx, "select id from attachment where sha256 = :d and state = 'kept'", {"d": a.sha256})
        if a.sha256 and shared is None:
            tx.run("delete from attachment_part where sha256 = :d", {"d": a.sha256})
    return len(gone)


def faults(tx: Tx) -> list[str]:
    """Kept files whose bytes do not give their digest, in Chinese; one file in memory at a time."""
    out = []
    for row in tx.rows("select id, name from attachment where state = 'kept' order by id"):
        found = get(tx, row["id"])
        if found and hashlib.sha256(found[1]).hexdigest() != found[0].sha256:
            out.append(f"附件内容与校验码不符（{row['name']}）")
    return out


def _row(a: Attachment) -> dict[str, object]:
    return {
        "id": a.id,
        "incident": a.incident,
        "item_id": a.item_id,
        "sha256": a.sha256,
        "name": clean(a.name),
        "kind": a.kind,
        "media_type": clean(a.media_type),
        "size": a.size,
        "by_whom": a.by,
        "at": ms(a.at),
        "state": a.state,
        "media_id": a.media_id,
        "tries": a.tries,
        "note": clean(a.note),
    }


def _attachment(row: Row) -> Attachment:
    return Attachment(
        id=row["id"],
        incident=row["incident"],
        item_id=row["item_id"],
        sha256=row["sha256"],
        name=row["name"],
        kind=row["kind"],
        media_type=row["media_type"],
        size=row["size"],
        by=row["by_whom"],
        at=instant(row["at"]),
        state=row["state"],
        media_id=row["media_id"],
        tries=row["tries"],
        note=row["note"],
    )
