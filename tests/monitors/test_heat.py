"""Heat counts what was seen and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitors.heat import Sighting, accelerates, heat, recent

START = datetime(2025, 7, 1, 8, tzinfo=UTC)


def seen(minutes: int, source: str = "weibo", title: str = "x", rank: int | None = None) -> Sighting:
    return Sighting(at=START + timedelta(minutes=minutes), source=source, title=title, rank=rank)


def test_a_story_without_sightings_is_cold() -> None:
    assert heat([], START).items == 0
    assert heat([], START).acceleration is None


def test_heat_counts_platforms_first_hour_and_best_rank() -> None:
    found = heat([seen(0, rank=9), seen(10, "baidu", rank=3), seen(90)], START + timedelta(minutes=100))
    assert (found.items, found.platforms, found.first_hour, found.last_hour, found.best_rank) == (3, 2, 2, 1, 3)


def test_acceleration_compares_the_last_hour_with_the_hours_before() -> None:
    quiet = [seen(0), seen(60), seen(120)]
    loud = quiet + [seen(200 + n) for n in range(6)]
    now = START + timedelta(minutes=210)
    assert heat(loud, now).acceleration > heat(quiet, START + timedelta(minutes=130)).acceleration
    assert heat([seen(0)], START + timedelta(minutes=5)).acceleration is None


def test_recent_counts_titles_and_platforms_of_the_window_only() -> None:
    assert recent([seen(0), seen(300, title="y"), seen(310, "baidu", "z")], START + timedelta(minutes=320), 1.0) == (2, 2)


def test_a_listed_matter_runs_away_only_with_titles_platforms_and_pace_together() -> None:
    now = START + timedelta(minutes=290)
    burst = [seen(240 + n, ("weibo", "baidu", "douyin")[n % 3], f"t{n}") for n in range(6)]
    assert accelerates([seen(0), *burst], now, 6, 3, 2.0)
    assert not accelerates([seen(0), *burst[:5]], now, 6, 3, 2.0)
    assert not accelerates([seen(0), *(seen(240 + n, "weibo", f"t{n}") for n in range(6))], now, 6, 3, 2.0)
    steady = [seen(n * 10, "weibo", f"s{n}") for n in range(24)]
    assert not accelerates([*steady, *burst], now, 6, 3, 2.0)
