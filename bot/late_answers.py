"""Answers that had to wait (who asks much, or an outage) leave as one message, in the order asked, saying since when.

One by one, a minute late and between newer cards, they would read as if they were true now and out of order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import Final

from bot.desk import Desk
from bot.labels import beijing
from bot.store.port import MessageRow
from bot.wecom.cards import text_request

KIND: Final = "reply"
LATE: Final = timedelta(seconds=20)
ONE, MANY = "（排队晚到，", "以下是排队晚到的"
ROOM: Final = 1_900
"""Bytes of a text of 2048 for the answers."""


async def joined(desk: Desk, row: MessageRow) -> MessageRow | None:
    """The answer to send now: as it is, with those that wait behind it, or None where it has gone with another."""
    now = desk.now()
    if now - row.created_at < LATE or _written(row):
        return row
    found = await desk.store.unsent(row.id, desk.owner)
    if not found:  # gone with another; or its outcome is unknown, and it is repeated as it was
        return row if await desk.store.mine(row.id, desk.owner) else None
    late = _fitting(
        sorted((m for m in found if now - m.created_at >= LATE and not _written(m)), key=lambda m: m.created_at), found[0]
    )
    text = _text(late, desk)
    request = text_request(row.recipient, desk.settings.wecom.agentid, text, mark=row.id)
    absorbed = [m.id for m in late if m.id != row.id]
    if not await desk.store.rewrite(row.id, desk.owner, request, text, absorbed, {}, ()):
        return row
    return replace(row, request=request, text=text)


def _fitting(rows: Sequence[MessageRow], mine: MessageRow) -> list[MessageRow]:
    """The oldest, as many as fit one message with the claimed one, none passed over."""
    out, used = [], _size(mine)
    for row in rows:
        used += 0 if row.id == mine.id else _size(row)
        if used > ROOM:
            break
        out.append(row)
    return out if mine in out else [*out, mine]


def _written(row: MessageRow) -> bool:
    """Says already since when: put together before, and held back once more."""
    return row.text.startswith((ONE, MANY))


def _size(row: MessageRow) -> int:
    return len(row.text.encode()) + 8


def _text(rows: Sequence[MessageRow], desk: Desk) -> str:
    asked = beijing(rows[0].created_at, desk.now())
    if len(rows) == 1:
        return f"{ONE}{asked}写成）\n{rows[0].text}"
    said = [(text, len(list(same))) for text, same in groupby(m.text for m in rows)]
    lines = [f"{n}. {text}" + (f"（{count}条相同）" if count > 1 else "") for n, (text, count) in enumerate(said, 1)]
    return "\n".join((f"{MANY}{len(rows)}条答复，自{asked}起，按先后排列：", *lines))
