"""Which day of the rota somebody means: 明天, 后天, 11-28; never today in place of a day that was not understood (pure)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.texts import local

AHEAD = 7
"""Days of the rota that may be asked about."""
_DAYS = {"大后天": 3, "后天": 2, "明": 1, "今": 0, "现在": 0}
_DATE = re.compile(r"(?:(\d{1,2})[-月/.])?(\d{1,2})(?:[日号]|$|\s)")


def said_day(rest: str, now: datetime) -> datetime | None:
    """The day of a rota that somebody asks about (明天, 后天, 11-28), today where nothing is said; None where it is not understood."""
    words = rest.strip(" 的班，。")
    if not words:
        return now
    if (days := next((n for word, n in _DAYS.items() if word in words), None)) is not None:
        return now + timedelta(days=days)
    if (m := _DATE.search(words)) is None:
        return None
    ahead = (now + timedelta(days=n) for n in range(AHEAD + 1))
    asked = ((int(m[1]) if m[1] else None), int(m[2]))
    return next((d for d in ahead if asked in ((None, local(d).day), (local(d).month, local(d).day))), None)


def said_as(day: datetime, now: datetime) -> str:
    """今天, 明天, 后天, else the date."""
    days = (local(day).date() - local(now).date()).days
    return ("今天", "明天", "后天")[days] if days < 3 else f"{local(day):%m月%d日}"
