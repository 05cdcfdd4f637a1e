"""Once a day: what is kept for a term only goes. Members of matters and the record stay for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bot.desk import Desk
from bot.store.originals import ERASED
from playbooks.incident import SYSTEM, Event
from playbooks.record import iso

AT_ONCE: Final = 1_000
LAST: Final = "retention.last"
"""When it last ran to its end, and how many rows went."""
MOST: Final = 200
"""Batches of one day: a long backlog is worked off over several."""


async def tidy(desk: Desk) -> int:
    """Empty originals past their term and drop old ordinary items; how many rows went."""
    now, bot = desk.now(), desk.settings.bot
    by = Event(kind=ERASED, at=now, actor=SYSTEM, data={"reason": f"另存满{bot.original_days}天"})
    gone = await desk.store.expire_originals(now - timedelta(days=bot.original_days), by)
    for _ in range(MOST):
        dropped = await desk.store.purge_items(now - timedelta(days=bot.item_days), AT_ONCE)
        gone += dropped
        if dropped < AT_ONCE:
            break
    await desk.store.set_meta(LAST, f"{iso(now)} {gone}")
    return gone
