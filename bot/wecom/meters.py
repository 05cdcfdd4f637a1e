"""How long a message must wait so that no member is ever above the meters (pure; the caller keeps the send times).

WeCom drops what exceeds 30 a minute or 1000 an hour per member, without saying so (document 90312); ours are lower.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """At most `count` messages within any `window`."""

    count: int
    window: timedelta


MEMBER = (Meter(count=20, window=timedelta(minutes=1)), Meter(count=300, window=timedelta(hours=1)))
WEBHOOK = (Meter(count=15, window=timedelta(minutes=1)),)


def wait(sent: Sequence[datetime], now: datetime, meters: Sequence[Meter] = MEMBER) -> timedelta:
    """Return how long to wait after `now` before one more message; zero means send. `sent` in any order."""
    return max((_wait(sorted(sent), now, meter) for meter in meters), default=timedelta())


def _wait(sent: Sequence[datetime], now: datetime, meter: Meter) -> timedelta:
    recent = [at for at in sent if at > now - meter.window]
    if len(recent) < meter.count:
        return timedelta()
    return recent[-meter.count] + meter.window - now
