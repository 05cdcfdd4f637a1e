"""When WeCom does not take the update of a pressed card: again while it is busy, else the state goes out as a new card.

A response code works once and for 72 hours (document 94888). A repeat of an update whose first try had no answer is told 60140 where
that first try had arrived: then the card is right already.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final

from bot.desk import Desk
from bot.outbox import card_message
from bot.store.port import MessageRow
from bot.wecom.errors import Kind, SendError

SPENT: Final = 60140
AGAIN: Final = timedelta(seconds=10)
PATIENCE: Final = timedelta(minutes=5)
"""How long an update is worth repeating; after that a new card says more."""


async def update_refused(desk: Desk, row: MessageRow, e: SendError) -> None:
    """Decide what becomes of an update WeCom refused."""
    now = desk.now()
    if e.kind in (Kind.RETRY, Kind.FATAL) and now - row.created_at < PATIENCE:
        at = now + (timedelta(seconds=e.retry_after) if e.retry_after else AGAIN)
        await desk.store.mark_failed(row.id, desk.owner, now, state="pending", retry_at=at, detail=str(e))
        return
    await desk.store.mark_failed(row.id, desk.owner, now, state="failed", retry_at=None, detail=str(e))
    if e.code == SPENT and await _had_no_answer(desk, row):
        return
    card = {key: value for key, value in json.loads(row.request)["template_card"].items() if key != "replace_text"}
    await desk.store.settle_steps({}, [card_message(desk, row.recipient, card, f"new-{row.id}")], now)


async def _had_no_answer(desk: Desk, row: MessageRow) -> bool:
    if row.incident is None:
        return row.attempts > 1
    return any(t.message == row.id and t.outcome == "unknown" for t in await desk.store.tries_of(row.incident))
