"""What went wrong with a source over time: one row a spell of the same error, the newest `KEPT` a source."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.store.engine import Row, Tx, one
from bot.store.forms import clean, instant, maybe, ms
from bot.store.kept import Spell

KEPT: Final = 50


def note(tx: Tx, source_id: str, error: str, at: datetime) -> None:
    """The outcome of one try: another of the running spell, a new spell, or ("") the end of it."""
    now = ms(at)
    running = one(
        tx,
        "select first_at, error from source_error where source_id = :id and over_at is null order by first_at desc limit 1",
        {"id": source_id},
    )
    key = {"id": source_id, "first": running["first_at"] if running else 0, "at": now}
    if running and error == running["error"]:
        tx.run("update source_error set last_at = :at, times = times + 1 where source_id = :id and first_at = :first", key)
        return
    if running:
        tx.run("update source_error set over_at = :at where source_id = :id and first_at = :first", key)
    if error:
        tx.run(
            "insert into source_error (source_id, first_at, last_at, times, error) select :id, :at, :at, 1, :error"
            " where not exists (select 1 from source_error where source_id = :id and first_at = :at)",
            {"id": source_id, "at": now, "error": clean(error)},
        )
        tx.run(
            "delete from source_error where source_id = :id and first_at not in (select first_at from source_error"
            f" where source_id = :id order by first_at desc limit {KEPT})",
            {"id": source_id},
        )


def of_source(tx: Tx, source_id: str) -> list[Spell]:
    """Newest first."""
    rows = tx.rows("select * from source_error where source_id = :id order by first_at desc", {"id": source_id})
    return [_spell(r) for r in rows]


def _spell(row: Row) -> Spell:
    return Spell(
        source_id=row["source_id"],
        first_at=instant(row["first_at"]),
        last_at=instant(row["last_at"]),
        times=row["times"],
        error=row["error"],
        over_at=maybe(row["over_at"]),
    )
