"""When to ask a source again: its own rhythm between bounds, back off on failure, never stop for good.

Pure and deterministic: the same state gives the same instant; sources are spread by a hash of their id, so that two
thousand of them never start together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha1
from itertools import pairwise
from statistics import median
from typing import Final

FASTEST: Final = timedelta(seconds=30)
SLOWEST_FACTOR: Final = 3
"""A quiet source is asked at most this many times less often than configured."""
KEPT_KNOWN: Final = 0.5
"""The share of a document that should be known when it comes: less, and entries may soon fall out between two polls."""
BACKOFF_CAP: Final = timedelta(hours=1)
PERMANENT_CAP: Final = timedelta(hours=24)
"""A source that says it is gone is still asked once a day: sites come back."""
ADVICE_CAP: Final = timedelta(hours=24)
"""Retry-After of a refusal is honoured up to here; beside content it counts, as Cache-Control does, up to the slowest interval."""
SILENCE_FLOOR: Final = timedelta(hours=24)
SILENCE_CAP: Final = timedelta(days=30)
UNKNOWN_SILENCE: Final = timedelta(days=3)
"""Allowed where the rhythm is not known."""
GAP_HALF_LIFE: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOutcome:
    """What the last poll brought. `items` are the entries of the document, `new` those never seen.

    `unchanged`: the source said so itself (304), which costs neither side anything.
    """

    failed: bool = False
    permanent: bool = False
    failures: int = 0
    items: int = 0
    new: int = 0
    unchanged: bool = False
    retry_after: timedelta | None = None
    max_age: timedelta | None = None
    usual_gap: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPoll:
    """`interval` before spreading, to be stored as the source's current one; `at` the instant; `reason` a stable code."""

    at: datetime
    interval: timedelta
    reason: str


def next_poll(source_id: str, now: datetime, configured: timedelta, current: timedelta, outcome: PollOutcome) -> NextPoll:
    """The next poll of a source whose interval is `configured` and was last `current`."""
    if outcome.failed:
        interval, reason = backoff(configured, outcome.failures, outcome.permanent), "backoff"
    else:
        interval, reason = adapted(configured, current, outcome)
    asked = min(outcome.retry_after or timedelta(0), ADVICE_CAP if outcome.failed else configured * SLOWEST_FACTOR)
    if not outcome.failed and outcome.max_age:
        asked = max(asked, min(outcome.max_age, configured * SLOWEST_FACTOR))
    wait = interval
    if asked > interval:
        wait, reason = asked, "asked_to_wait"
    return NextPoll(at=now + wait + share(source_id, wait * 0.1), interval=interval, reason=reason)


def adapted(configured: timedelta, current: timedelta, outcome: PollOutcome) -> tuple[timedelta, str]:
    """Shorter where every entry was new (some may have been missed), longer where a whole document brought nothing.

    In between by the source's rhythm, but no longer than keeps half of a document known.

    A 304 brings the interval back towards the configured one: what costs nothing is not asked less often than wanted.
    """
    slowest = configured * SLOWEST_FACTOR
    if outcome.unchanged:
        interval = min(current * 1.25, configured) if current < configured else max(current / 1.25, configured)
        reason = "unchanged"
    elif outcome.items and outcome.new == outcome.items and outcome.items > 3:
        interval, reason = current / 2, "no_overlap"
    elif outcome.new == 0:
        interval, reason = current * 1.25, "nothing_new"
    else:
        interval, reason = configured, "configured"
        if outcome.usual_gap is not None:
            interval, reason = min(outcome.usual_gap / 2, configured), "rhythm"
        safe: timedelta = current * min(2.0, KEPT_KNOWN * outcome.items / outcome.new)
        if outcome.items > 3 and safe < interval:
            interval, reason = safe, "overlap"
    fastest = min(configured, max(FASTEST, configured / 4))
    return min(max(interval, fastest), slowest), reason


def backoff(configured: timedelta, failures: int, permanent: bool) -> timedelta:
    """Doubling from the configured interval; capped, so that a source is never given up."""
    if permanent:
        return PERMANENT_CAP
    doubled: timedelta = configured * (1 << min(max(failures - 1, 0), 10))
    return min(doubled, max(BACKOFF_CAP, configured))


def share(source_id: str, width: timedelta) -> timedelta:
    """The part of `width`, from 0 to all of it, that falls to this source; always the same."""
    return width * (int.from_bytes(sha1(source_id.encode()).digest()[:4]) / 2**32)


def first_poll(source_id: str, now: datetime, configured: timedelta) -> datetime:
    """The first poll after a start: the sources are spread over one interval, at most five minutes."""
    return now + share(source_id, min(configured, timedelta(minutes=5)))


def usual_gap(published: Sequence[datetime]) -> timedelta | None:
    """The median distance between neighbouring instants, None for fewer than three distinct ones."""
    ordered = sorted(set(published))
    if len(ordered) < 3:
        return None
    return timedelta(seconds=median((b - a).total_seconds() for a, b in pairwise(ordered)))


def allowed_silence(published: Sequence[datetime]) -> timedelta | None:
    """How long a source of this rhythm may bring nothing: ten usual gaps, twice the longest one, a day at least.

    The longest gap holds nights, weekends and holidays. At most thirty days; None where the rhythm is unknown.
    """
    gap = usual_gap(published)
    if gap is None:
        return None
    ordered = sorted(set(published))
    longest = max(b - a for a, b in pairwise(ordered))
    return min(max(gap * 10, longest * 2, SILENCE_FLOOR), SILENCE_CAP)


def learnt_silence(known: timedelta, gap: timedelta) -> timedelta:
    """The same for a source without dates, from the `gap` between two polls that brought something; `known` so far, 0 = nothing.

    Twice the longest gap seen, which fades by half in two weeks, so that nights and weekends are kept in mind.
    """
    kept: timedelta = (known or UNKNOWN_SILENCE) * 0.5 ** (gap / GAP_HALF_LIFE)
    return min(max(kept, gap * 2, SILENCE_FLOOR), SILENCE_CAP)


def silent_too_long(last_new: datetime | None, allowed: timedelta | None, now: datetime) -> bool:
    """Whether a source has brought nothing for longer than its rhythm allows; three days where that is unknown."""
    return last_new is not None and now - last_new > (allowed or UNKNOWN_SILENCE)
