"""Callbacks, persisted before they are answered; and the program's own settings, leases and daily slots."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.store.engine import Tx, one, take
from bot.store.forms import canonical, clean, instant, ms, parsed


def accept(tx: Tx, key: str, at: datetime, body: Mapping[str, object]) -> bool:
    """Store one delivery; False when it was delivered before."""
    if one(tx, "select 1 as known from callback where key = :key", {"key": key}) is not None:
        return False
    n = take(tx, "callback")
    tx.run(
        "insert into callback (key, n, at, body, done, note) values (:key, :n, :at, :body, 0, '')",
        {"key": key, "n": n, "at": ms(at), "body": canonical(body)},
    )
    return True


def unfinished(tx: Tx) -> list[tuple[str, datetime, Mapping[str, object]]]:
    """Deliveries not yet worked, in order of arrival."""
    rows = tx.rows("select key, at, body from callback where done = 0 order by n")
    return [(r["key"], instant(r["at"]), parsed(r["body"])) for r in rows]


def claim(tx: Tx, owner: str, wall: datetime, until: datetime, limit: int) -> list[tuple[str, datetime, Mapping[str, object]]]:
    """Deliveries for `owner` to work, in order of arrival, its until the lease ends.

    What one person sent is worked in order: while another process holds an earlier delivery of theirs, the later ones wait.
    """
    out: list[tuple[str, datetime, Mapping[str, object]]] = []
    waiting: set[str] = set()
    params: dict[str, object] = {"owner": owner, "wall": ms(wall), "until": ms(until)}
    sql = "select key, at, body from callback where done = 0 order by n limit :most"
    for row in tx.rows(sql, {"most": 20 * limit}):  # what is held by others stands in the way of nobody else
        if len(out) == limit:
            break
        body = parsed(row["body"])
        user = str(body.get("user", ""))
        if user in waiting:
            continue
        taken = tx.run(
            "update callback set owner = :owner, lease_until = :until where key = :key and done = 0 and lease_until < :wall",
            {**params, "key": row["key"]},
        )
        if taken:
            out.append((row["key"], instant(row["at"]), body))
        else:
            waiting.add(user)
    return out


def finish(tx: Tx, key: str, note: str) -> None:
    tx.run("update callback set done = 1, note = :note where key = :key and done = 0", {"key": key, "note": clean(note)})


def meta(tx: Tx, key: str) -> str | None:
    row = one(tx, "select value from meta where key = :key", {"key": key})
    return None if row is None else str(row["value"])


def set_meta(tx: Tx, key: str, value: str) -> None:
    params = {"key": key, "value": clean(value)}
    if not tx.run("update meta set value = :value where key = :key", params):
        tx.run("insert into meta (key, value) values (:key, :value)", params)


def hold(tx: Tx, name: str, owner: str, wall: datetime, until: datetime) -> bool:
    """Take or renew a named lease; False while another owner holds it."""
    params = {"name": name, "owner": owner, "wall": ms(wall), "until": ms(until)}
    if tx.run(
        "update lease set owner = :owner, lease_until = :until where name = :name and (owner = :owner or lease_until < :wall)",
        params,
    ):
        return True
    return (
        tx.run(
            "insert into lease (name, owner, lease_until) select :name, :owner, :until"
            " where not exists (select 1 from lease where name = :name)",
            {"name": name, "owner": owner, "until": ms(until)},
        )
        == 1
    )


def take_slot(tx: Tx, job: str, slot: str, owner: str, at: datetime) -> bool:
    """Reserve one run of a daily job; True for exactly one process."""
    return (
        tx.run(
            "insert into slot (job, slot, owner, at) select :job, :slot, :owner, :at"
            " where not exists (select 1 from slot where job = :job and slot = :slot)",
            {"job": job, "slot": slot, "owner": owner, "at": ms(at)},
        )
        == 1
    )


def free_slot(tx: Tx, job: str, slot: str, owner: str) -> None:
    """Give back a slot whose work could not be done, so that it may be tried again."""
    tx.run("delete from slot where job = :job and slot = :slot and owner = :owner", {"job": job, "slot": slot, "owner": owner})
