"""Typed lines about duties counted in days: which matter was received when, what was done for the person, what was extended."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot import labels, texts
from bot.fields import CommandError, Fields, read_time
from config.schema import Settings
from playbooks.ladder import BEIJING

KINDS: Mapping[str, str] = {
    "信访": "petition",
    "依申请公开": "disclosure",
    "信息公开": "disclosure",
    "热线": "hotline",
    "工单": "hotline",
}
DONE: Mapping[str, str] = {word: kind for kind, word in labels.SERVICES.items()}
_DAY = re.compile(r"(?:(\d{4})[-年/])?(\d{1,2})[-月/](\d{1,2})日?(?!\d)")


def entered(rest: str, s: Settings, now: datetime) -> Fields:
    """``信访 11-20 登记号`` -> the kind, the day it was received (today where none is given), the number."""
    word = next((w for w in KINDS if rest.startswith(w)), None)
    if word is None:
        raise CommandError("请写明是哪一类：信访、依申请公开或热线。例：登记事项 12 信访 11-20 信访登记号")
    return _dated(rest[len(word) :].strip(), now, {"kind": KINDS[word]}, late=False)


def fulfilled(rest: str, s: Settings, now: datetime) -> Fields:
    """``信访告知 11-25 告知书文号`` -> what was done, when, with what paper."""
    word = next((w for w in DONE if rest.startswith(w)), None)
    if word is None:
        raise CommandError(f"请写明办了什么：{'、'.join(DONE)}。例：办理登记 12 信访告知 11-25 告知书文号")
    return _dated(rest[len(word) :].strip(), now, {"kind": DONE[word]}, late=True)


def _dated(rest: str, now: datetime, out: Fields, *, late: bool) -> Fields:
    """A time or a day; a day alone is its beginning, or for what was done its end (never later than now)."""
    at, left = read_time(rest, now)
    if at is None and (m := _DAY.search(rest)):
        left = (rest[: m.start()] + rest[m.end() :]).strip()
        at = _day(m, now)
        if late:
            at = min(now, at + timedelta(days=1) - timedelta(minutes=1))
    return {**out, "detail": left.strip(" ，："), **({"at": at} if at else {})}


def _day(m: re.Match[str], now: datetime) -> datetime:
    """Beginning of the day meant: without a year the latest such day."""
    local = now.astimezone(BEIJING)
    year, month, day = (int(x) if x else None for x in m.groups())
    try:
        at = datetime(year or local.year, month or 1, day or 1, tzinfo=BEIJING)
        if year is None and at > local:
            at = at.replace(year=local.year - 1)
    except ValueError:
        raise CommandError(f"日期“{m.group(0)}”写得不对，请写成 11-20 或 2026-11-20。") from None
    return at.astimezone(now.tzinfo)


def clock_and_reason(rest: str, s: Settings, now: datetime) -> Fields:
    """``首报 理由``: the clock meant (without one the most pressing) and the reason."""
    codes = {word: code for code, (word, _) in texts.CLOCKS.items()}
    word = max(
        (w for w in codes if rest.startswith(w) and rest[len(w) :][:1] in ("", " ", "，", "：", "　")), key=len, default=""
    )
    left = rest[len(word) :].strip(" ，：　")
    return {"reason": left, **({"clock": codes[word]} if word else {})}
