"""Share of negative posts by hour, and how fast a matter grows. Posts and comments only: the tone of headlines says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    at: datetime
    negative: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """One hour from `start`: how many posts, how many of them negative."""

    start: datetime
    posts: int
    negative: int

    @property
    def share(self) -> float:
        """0..1."""
        return self.negative / self.posts


def hourly(posts: Sequence[Post]) -> tuple[Hour, ...]:
    """Hours with posts, in order; hours without any are absent, not zero."""
    counts: dict[datetime, tuple[int, int]] = {}
    for post in posts:
        start = post.at.replace(minute=0, second=0, microsecond=0)
        total, bad = counts.get(start, (0, 0))
        counts[start] = (total + 1, bad + post.negative)
    return tuple(Hour(start=s, posts=n, negative=bad) for s, (n, bad) in sorted(counts.items()))


def negative_share(posts: Sequence[Post], least: int) -> float | None:
    """Share over all posts, 0..1; None (unknown) below `least` posts."""
    return sum(p.negative for p in posts) / len(posts) if posts and len(posts) >= least else None


def growth(times: Sequence[datetime], now: datetime, hours: int) -> float | None:
    """Items of the last `hours` over the mean of as many hours before; None while the matter is younger than that."""
    window = timedelta(hours=hours)
    if not times or now - min(times) < window:
        return None
    last = sum(now - at < window for at in times)
    before = (now - window - min(times)) / window
    return round(last / max((len(times) - last) / max(before, 1.0), 0.1), 2)
