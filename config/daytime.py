"""Times of day as settings write them (``08:10``), in minutes after midnight. The only place that takes them apart."""

from __future__ import annotations

import re

_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
DAY = 24 * 60


def parse(text: object) -> int | None:
    """Minutes of ``08:10`` or ``24:00``; None where it is no time of day."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    minutes = int(found[1]) * 60 + int(found[2]) if found else DAY + 1
    return minutes if minutes <= DAY else None


def minutes_of(text: str) -> int:
    """Minutes of a time that was checked; ValueError on anything else."""
    minutes = parse(text)
    if minutes is None:
        raise ValueError(f"时间 {text} 写法不对，请写成 08:00 的样子。")
    return minutes


def between(minute: int, begin: str, end: str) -> bool:
    """Whether a minute of the day lies from `begin` to before `end`, which may be next morning."""
    first, last = minutes_of(begin), minutes_of(end)
    return first <= minute < last if first <= last else minute >= first or minute < last
