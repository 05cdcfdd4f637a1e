"""The claim: rows that are due are taken by exactly one process, most urgent first (storage.md §3.1).

One statement a priority, so that each walks its index and stops at the limit: an idle sweep and a flood cost the same. The condition stands
twice on purpose: claims stay single where the server lacks SKIP LOCKED.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.store.engine import Row, Tx
from bot.store.forms import ms
from bot.store.schema import CLAIMABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A table of due rows: its key, its due column, and what a claim counts."""

    table: str
    key: str
    due: str
    also: str = ""

    @property
    def waiting(self) -> str:
        """Priorities that have a row due, lowest first: hops from one to the next along the index."""
        return (
            f"with recursive level (v) as (select min(priority) from {self.table} where {CLAIMABLE} union all"
            f" select (select min(priority) from {self.table} where {CLAIMABLE} and priority > level.v) from level"
            " where level.v is not null)"
            # a scalar sub-query in index order: else PostgreSQL joins over, or scans, every pending row
            f" select v from level where v is not null and (select 1 from {self.table} where {CLAIMABLE} and priority = level.v"
            f" and {self.due} <= :now and lease_until < :wall order by {self.due}, {self.key} limit 1) = 1 order by v"
        )

    def claim(self, skip: str) -> str:
        return (
            f"with taken as (select {self.key} from {self.table} where {CLAIMABLE} and priority = :priority"
            f" and {self.due} <= :now and lease_until < :wall order by {self.due}, {self.key} limit :limit {skip})"
            f" update {self.table} set state = 'sending', owner = :owner, lease_until = :until{self.also}"
            f" where {self.key} in (select {self.key} from taken) and {CLAIMABLE} and lease_until < :wall returning *"
        )


STEPS: Final = Queue(table="step", key="key", due="fire_at")
MESSAGES: Final = Queue(table="message", key="id", due="due_at", also=", attempts = attempts + 1")


def take(tx: Tx, queue: Queue, now: datetime, wall: datetime, owner: str, until: datetime, limit: int) -> list[Row]:
    """Up to `limit` due rows, now `owner`'s until the lease ends."""
    at = {"now": ms(now), "wall": ms(wall)}
    out: list[Row] = []
    for level in tx.rows(queue.waiting, at):
        if len(out) >= limit:
            break
        params = {**at, "priority": level["v"], "owner": owner, "until": ms(until), "limit": limit - len(out)}
        found = tx.rows(queue.claim(tx.skip), params)
        out += sorted(found, key=lambda r: (r[queue.due], r[queue.key]))
    return out
