"""Shares and growth say nothing where too little is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitors.mood import Post, growth, hourly, negative_share

START = datetime(2025, 7, 1, 8, 10, tzinfo=UTC)


def post(minutes: int, *, negative: bool) -> Post:
    return Post(at=START + timedelta(minutes=minutes), negative=negative)


def test_hours_hold_their_posts_and_empty_hours_are_absent() -> None:
    found = hourly([post(0, negative=True), post(40, negative=False), post(170, negative=True)])
    assert [(h.start.hour, h.posts, h.negative, h.share) for h in found] == [(8, 2, 1, 0.5), (11, 1, 1, 1.0)]


def test_a_share_of_too_few_posts_is_unknown() -> None:
    posts = [post(n, negative=n < 3) for n in range(5)]
    assert negative_share(posts, 5) == 0.6
    assert negative_share(posts[:4], 5) is None
    assert negative_share([], 0) is None


def test_growth_is_the_last_hours_over_the_mean_before_and_unknown_while_young() -> None:
    steady = [START + timedelta(hours=h) for h in range(9)]
    now = START + timedelta(hours=8, minutes=30)
    assert growth(steady, now, 3) == 0.92
    assert growth([*steady, *[now] * 6], now, 3) == 2.75
    assert growth([START], START + timedelta(hours=1), 3) is None
