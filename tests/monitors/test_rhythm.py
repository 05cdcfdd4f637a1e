"""Polling adapts between bounds, backs off without ever stopping, and spreads the sources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.rhythm import (
    BACKOFF_CAP,
    PERMANENT_CAP,
    SLOWEST_FACTOR,
    PollOutcome,
    allowed_silence,
    first_poll,
    learnt_silence,
    next_poll,
    silent_too_long,
    usual_gap,
)

NOW = datetime(2026, 3, 2, tzinfo=UTC)
FIVE = timedelta(minutes=5)


def interval(outcome: PollOutcome, current: timedelta = FIVE) -> timedelta:
    return next_poll("s", NOW, FIVE, current, outcome).interval


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (PollOutcome(items=20, new=3), FIVE),
        (PollOutcome(items=20, new=20), FIVE / 2),
        (PollOutcome(items=20, new=10), FIVE),
        (PollOutcome(items=20, new=16), FIVE * 0.625),
        (PollOutcome(items=20, new=16, usual_gap=timedelta(days=2)), FIVE * 0.625),
        (PollOutcome(items=20, new=16, usual_gap=timedelta(minutes=4)), timedelta(minutes=2)),
        (PollOutcome(items=2, new=1), FIVE),
        (PollOutcome(items=20, new=0), FIVE * 1.25),
        (PollOutcome(unchanged=True), FIVE),
        (PollOutcome(items=20, new=2, usual_gap=timedelta(minutes=4)), timedelta(minutes=2)),
        (PollOutcome(items=20, new=2, usual_gap=timedelta(days=2)), FIVE),
        (PollOutcome(failed=True, failures=1), FIVE),
        (PollOutcome(failed=True, failures=3), FIVE * 4),
        (PollOutcome(failed=True, failures=50), BACKOFF_CAP),
        (PollOutcome(failed=True, permanent=True, failures=1), PERMANENT_CAP),
    ],
    ids=[
        "some new",
        "all new",
        "half new",
        "most new",
        "a burst",
        "a burst of a fast one",
        "few entries",
        "none new",
        "304",
        "fast rhythm",
        "slow rhythm",
        "first failure",
        "third",
        "fiftieth",
        "gone",
    ],
)
def test_the_interval_follows_what_the_poll_brought(outcome: PollOutcome, expected: timedelta) -> None:
    assert interval(outcome) == expected


@pytest.mark.parametrize(
    ("current", "expected"),
    [(FIVE * 2, FIVE * 1.6), (FIVE * 1.1, FIVE), (FIVE / 2, FIVE / 1.6), (FIVE * 0.9, FIVE)],
    ids=["slow", "a little slow", "fast", "a little fast"],
)
def test_an_unchanged_source_returns_to_its_configured_interval(current: timedelta, expected: timedelta) -> None:
    assert interval(PollOutcome(unchanged=True), current) == expected


def test_retry_after_is_honoured_when_longer_than_the_interval() -> None:
    found = next_poll("s", NOW, FIVE, FIVE, PollOutcome(failed=True, failures=1, retry_after=timedelta(hours=2)))
    assert found.at >= NOW + timedelta(hours=2)
    assert found.reason == "asked_to_wait"


def test_retry_after_beside_content_cannot_silence_a_source_for_long() -> None:
    found = next_poll("s", NOW, FIVE, FIVE, PollOutcome(items=5, new=1, retry_after=timedelta(days=1)))
    assert found.at - NOW <= FIVE * SLOWEST_FACTOR * 1.1


def test_freshness_cannot_silence_a_source_for_long() -> None:
    found = next_poll("s", NOW, FIVE, FIVE, PollOutcome(items=5, new=1, max_age=timedelta(days=30)))
    assert found.at <= NOW + FIVE * SLOWEST_FACTOR * 1.1


OUTCOMES = st.builds(
    PollOutcome,
    failed=st.booleans(),
    permanent=st.booleans(),
    failures=st.integers(0, 10_000),
    items=st.integers(0, 2_000),
    new=st.integers(0, 2_000),
    unchanged=st.booleans(),
    retry_after=st.none() | st.timedeltas(timedelta(0), timedelta(days=365)),
    max_age=st.none() | st.timedeltas(timedelta(0), timedelta(days=3650)),
    usual_gap=st.none() | st.timedeltas(timedelta(0), timedelta(days=365)),
)


@given(OUTCOMES, st.integers(10, 86_400), st.integers(1, 300_000), st.text(max_size=20))
def test_whatever_happens_a_source_is_asked_again_within_a_day_or_three_intervals(
    outcome: PollOutcome, configured: int, current: int, source: str
) -> None:
    wanted = timedelta(seconds=configured)
    found = next_poll(source, NOW, wanted, timedelta(seconds=current), outcome)
    assert NOW < found.at <= NOW + max(timedelta(days=1), wanted * SLOWEST_FACTOR) * 1.1
    assert found == next_poll(source, NOW, wanted, timedelta(seconds=current), outcome)


def test_two_thousand_sources_do_not_start_together() -> None:
    seconds = [int((first_poll(f"source-{n}", NOW, FIVE) - NOW).total_seconds()) for n in range(2_000)]
    assert max(seconds.count(second) for second in set(seconds)) < 25
    assert max(seconds) < 300


def test_the_usual_gap_is_the_median_and_needs_three_instants() -> None:
    moments = [NOW + timedelta(minutes=minutes) for minutes in (0, 10, 20, 500)]
    assert usual_gap(moments) == timedelta(minutes=10)
    assert usual_gap(moments[:2]) is None


@pytest.mark.parametrize(
    ("hours", "allowed", "silent"),
    [
        (23, timedelta(days=1), False),
        (25, timedelta(days=1), True),
        (239, timedelta(days=10), False),
        (241, timedelta(days=10), True),
        (71, None, False),
        (73, None, True),
    ],
)
def test_silence_is_measured_by_the_source_s_own_rhythm(hours: int, allowed: timedelta | None, silent: bool) -> None:
    assert silent_too_long(NOW - timedelta(hours=hours), allowed, NOW) is silent


@pytest.mark.parametrize(
    ("hours", "allowed"),
    [
        ((0, 1, 2, 3), timedelta(days=1)),
        ((0, 24, 48, 72), timedelta(days=10)),
        ((0, 1, 2, 66, 67), timedelta(hours=128)),
        ((0, 5000, 10_000), timedelta(days=30)),
        ((0, 1), None),
    ],
    ids=["busy", "daily", "over a weekend", "twice a year", "unknown"],
)
def test_the_silence_allowed_knows_nights_and_weekends(hours: tuple[int, ...], allowed: timedelta | None) -> None:
    assert allowed_silence([NOW + timedelta(hours=h) for h in hours]) == allowed


def test_a_source_that_never_brought_anything_is_not_called_silent() -> None:
    assert not silent_too_long(None, None, NOW)


@pytest.mark.parametrize(
    ("known", "gap", "allowed"),
    [
        (0, 1, 72),
        (72, 14 * 24, 28 * 24),
        (30, 1, 30),
        (24, 1, 24),
        (24, 63, 126),
        (126, 24, 120),
        (24, 400, 720),
    ],
    ids=[
        "unknown, three days",
        "a long gap",
        "what is known stays",
        "a day at least",
        "a weekend",
        "fades slowly",
        "a month at most",
    ],
)
def test_a_rhythm_is_learnt_from_gaps(known: float, gap: float, allowed: float) -> None:
    found = learnt_silence(timedelta(hours=known), timedelta(hours=gap))
    assert found / timedelta(hours=1) == pytest.approx(allowed, abs=0.5)


def test_a_fast_source_settles_where_half_of_what_it_shows_is_known() -> None:
    """Twenty entries shown, one every eight seconds: asked every 160 s or later, entries are lost."""
    gap, current, at, seen, lost = timedelta(seconds=8), FIVE, NOW, 0, 0
    for number in range(200):
        newest = int((at - NOW) / gap) + 20
        new = min(20, newest - seen)
        lost += 0 if number < 3 else max(0, newest - seen - 20)
        seen = newest
        planned = next_poll("s", at, FIVE, current, PollOutcome(items=20, new=new))
        at, current = planned.at, planned.interval
    assert lost == 0
    assert current >= timedelta(seconds=75), "and not asked more often than it needs"
