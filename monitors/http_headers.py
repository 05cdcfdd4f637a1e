"""What the headers of an answer say, read so that no absurd one can do harm. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import quote

LONGEST: Final = timedelta(days=31)
"""Longer waits than this are no advice."""
_VALIDATOR: Final = 500
"""Characters of a validator that are kept: a longer one would have to be cut, and a cut one never matches."""

_STATUSES: Final = {
    401: "needs_login",
    403: "refused",
    404: "not_found",
    410: "gone",
    429: "too_many_requests",
    # walls against programs: 瑞数 answers 412, 加速乐 521, Weibo 418 and 432
    412: "challenge",
    418: "challenge",
    432: "challenge",
    521: "challenge",
}


def refusal(status: int) -> str:
    """The code for a status that brings no content."""
    return _STATUSES.get(status, "server_error" if status >= 500 else "bad_status")


def readable(raw: str) -> str:
    """A header's text without the lone surrogates that stand for bytes in no known encoding."""
    return raw if raw.isascii() else raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def conditional(etag: str, last_modified: str, cookies: Mapping[str, str]) -> dict[str, str]:
    """The headers that ask for what changed since, with the cookies of this fetch."""
    told = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    told["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {name: value for name, value in told.items() if value}


def validator(raw: str) -> str:
    """An ETag or Last-Modified that can be sent back as it came, else ""."""
    return raw if raw.isascii() and len(raw) <= _VALIDATOR else ""


def location(raw: str) -> str:
    """Where a redirect leads; bytes of another encoding (GBK paths) are escaped as they came."""
    try:
        raw.encode()
    except UnicodeEncodeError:
        return quote(raw.encode("utf-8", "surrogateescape"), safe="%/:=&?~#+!$,;'@()*[]")
    return raw


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Retry-After as a duration: seconds, or a date measured from the answer's own Date. None if absent or unreadable."""
    raw = headers.get("retry-after", "").strip()
    if number := re.fullmatch(r"([0-9]+)(?:\.[0-9]*)?", raw):
        return _seconds(number[1])
    until, sent = http_date(raw), http_date(headers.get("date", ""))
    return min(max(until - sent, timedelta(0)), LONGEST) if until and sent else None


def max_age(headers: Mapping[str, str]) -> timedelta | None:
    """How long the answer stays fresh from now by Cache-Control, else by Expires from Date. None if it does not say."""
    control = headers.get("cache-control", "").lower()
    if "no-cache" in control or "no-store" in control:
        return None
    if match := re.search(r"max-age\s*=\s*\"?([0-9]+)", control):
        age = headers.get("age", "").strip()
        spent = _seconds(age) if re.fullmatch(r"[0-9]+", age) else timedelta(0)
        return max(_seconds(match[1]) - spent, timedelta(0))
    if "expires" not in headers:
        return None
    until, sent = http_date(headers["expires"]), http_date(headers.get("date", ""))
    return min(max(until - sent, timedelta(0)), LONGEST) if until and sent else None


def http_date(text: str) -> datetime | None:
    """The instant a header names; None where it names none that exists."""
    try:
        value = parsedate_to_datetime(text)
        return value if value.tzinfo is not None and value.utcoffset() is not None else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _seconds(digits: str) -> timedelta:
    """At most `LONGEST`, whatever the number of digits."""
    return LONGEST if len(digits) > 9 else min(timedelta(seconds=int(digits)), LONGEST)
