"""Other machines' clocks, as the Date of their answers shows them, against ours. Pure but for `skew_seconds`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from bot.clock import wall
from monitors.http_headers import http_date

SKEW: Final = timedelta(minutes=2)


def skew_of(headers: Mapping[str, str], ours: datetime) -> timedelta | None:
    """How far the answer's Date is ahead of `ours`; None without one, or where a cache kept the answer."""
    if headers.get("age", "0").strip() not in ("", "0"):
        return None
    theirs = http_date(headers.get("date", ""))
    return theirs - ours if theirs else None


def skew_seconds(headers: Mapping[str, str]) -> int | None:
    """Seconds the answer's clock is ahead of ours now; None where it does not say."""
    off = skew_of(headers, wall())
    return round(off.total_seconds()) if off is not None else None


def doubted(skews: Sequence[timedelta]) -> timedelta | None:
    """The median difference where at least three hosts, and most of all, agree that our clock is off."""
    seconds = [s.total_seconds() for s in skews]
    if len(seconds) < 3:
        return None
    middle = median(seconds)
    agree = sum(1 for s in seconds if abs(s - middle) < SKEW.total_seconds())
    return timedelta(seconds=middle) if abs(middle) > SKEW.total_seconds() and 2 * agree > len(seconds) else None
