"""What the database knows about the engine: how late steps left in the last hour, what waits, who holds what."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bot.store import search
from bot.store.engine import Tx, one
from bot.store.forms import instant, maybe, ms
from bot.store.port import EngineFigures
from bot.store.schema import CLAIMABLE, FAR

SPAN: Final = timedelta(hours=1)
LEFT: Final = "from message m join step_message l on l.message = m.id join step s on s.key = l.step where m.sent_at > :since"
LATE: Final = "case when m.sent_at > s.fire_at then m.sent_at - s.fire_at else 0 end"
DUE: Final = (
    "select count(*) as n, min(fire_at) as oldest from step where state = 'pending' and fire_at <= :now",
    "select count(*) as n, min(fire_at) as oldest from step where state in ('sending', 'unknown') and fire_at <= :now",
)


def figures(tx: Tx, now: datetime, wall: datetime) -> EngineFigures:
    """Everything at one instant. `now` is program time, `wall` the time leases are judged by."""
    since = {"since": ms(now - SPAN)}
    late = [int(r["late"]) for r in tx.rows(f"select {LATE} as late {LEFT} order by late", since)]
    due = [row for sql in DUE if (row := one(tx, sql, {"now": ms(now)})) is not None]
    oldest = [int(r["oldest"]) for r in due if r["oldest"] is not None]
    held, expired = _leases(tx, wall)
    queued = one(tx, f"select count(*) as n from message where {CLAIMABLE}")
    loops = tx.rows("select name, owner, lease_until from lease where lease_until >= :wall order by name", {"wall": ms(wall)})
    return EngineFigures(
        sent=len(late),
        p50=_at(late, 0.5),
        p99=_at(late, 0.99),
        worst=_at(late, 1.0),
        unsent=sum(int(r["n"]) for r in due),
        oldest_unsent=maybe(min(oldest, default=None)),
        queued=int(queued["n"]) if queued else 0,
        held=held,
        expired=expired,
        unindexed=search.waiting(tx),
        leases=tuple((r["name"], r["owner"], instant(r["lease_until"])) for r in loops),
    )


def _at(late: list[int], part: float) -> float | None:
    """Seconds at this part of the sorted milliseconds; None when nothing left."""
    return late[min(int(part * len(late)), len(late) - 1)] / 1000 if late else None


def _leases(tx: Tx, wall: datetime) -> tuple[int, int]:
    """Rows held by a living lease, and rows whose lease ran out and which nobody took again yet."""
    held = expired = 0
    for table in ("step", "message"):
        sql = (
            "select sum(case when lease_until >= :wall then 1 else 0 end) as held,"
            " sum(case when lease_until < :wall then 1 else 0 end) as expired"
            f" from {table} where state = 'sending' and lease_until < {FAR}"
        )
        row = one(tx, sql, {"wall": ms(wall)})
        if row is not None:
            held, expired = held + int(row["held"] or 0), expired + int(row["expired"] or 0)
    return held, expired
