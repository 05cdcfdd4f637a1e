"""Heat counts what was seen and nothing else."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from config.lexicon import AlarmPolicy
from monitors.heat import Echo, Sighting
from monitors.slowburn import Voice, slow_burn

START = datetime(2025, 7, 1, 8, tzinfo=UTC)
POLICY = AlarmPolicy()


def seen(minutes: int, source: str = "weibo", title: str = "x", rank: int | None = None) -> Sighting:
    return Sighting(at=START + timedelta(minutes=minutes), source=source, title=title, rank=rank)


def test_a_story_without_sightings_is_silent() -> None:
    echo = Echo([])
    assert echo.titles(START, 12.0, 5) == echo.platforms(START, 12.0, 5) == 0
    assert not echo.accelerates(START, 1, 1, 2.0)
    assert not echo.smoulders(START, timedelta(days=14), 1, 1)


def test_titles_and_platforms_are_counted_in_the_window_only_and_up_to_what_is_asked_for() -> None:
    echo, now = Echo([seen(0), seen(300, title="y"), seen(310, "baidu", "z")]), START + timedelta(minutes=320)
    assert (echo.titles(now, 1.0, 9), echo.platforms(now, 1.0, 9)) == (2, 2)
    assert (echo.titles(now, 9.0, 9), echo.platforms(now, 9.0, 9)) == (3, 2)
    assert echo.titles(now, 9.0, 1) == 1
    assert echo.titles(START + timedelta(minutes=360), 1.0, 9) == 2  # one just an hour old still counts


def test_a_title_seen_again_counts_once_and_from_its_last_time() -> None:
    sightings = [seen(0), seen(10, title="y")]
    echo, now = Echo(sightings), START + timedelta(minutes=100)
    assert echo.titles(now, 1.0, 9) == 0
    sightings.append(seen(90))
    assert echo.titles(now, 1.0, 9) == 1
    assert echo.titles(now, 2.0, 9) == 2


def test_what_is_counted_as_it_comes_is_what_a_count_of_all_gives() -> None:
    rng, sightings, now = random.Random(11), list[Sighting](), START
    echo = Echo(sightings)
    for _ in range(400):
        now += timedelta(minutes=rng.choice((0, 1, 7, 90)))
        who = f"p{rng.randrange(9)}"
        sightings.append(Sighting(at=now, source=f"s{rng.randrange(5)}", title=f"t{rng.randrange(30)}", person=who))
        hours = rng.choice((1.0, 6.0, 30.0))
        window = [s for s in sightings if s.at >= now - timedelta(hours=hours)]
        assert echo.titles(now, hours, 99) == len({s.title for s in window})
        assert echo.platforms(now, hours, 3) == min(3, len({s.source for s in window}))
        burn = slow_burn((Voice(at=s.at, person=s.person) for s in sightings), now, POLICY)
        followed = echo.smoulders(now, timedelta(days=POLICY.slow_window_days), POLICY.attention_days, POLICY.attention_people)
        assert followed == (burn is not None and burn.attention)


def test_a_listed_matter_runs_away_only_with_titles_platforms_and_pace_together() -> None:
    now = START + timedelta(minutes=290)
    burst = [seen(240 + n, ("weibo", "baidu", "douyin")[n % 3], f"t{n}") for n in range(6)]
    assert Echo([seen(0), *burst]).accelerates(now, 6, 3, 2.0)
    assert not Echo([seen(0), *burst[:5]]).accelerates(now, 6, 3, 2.0)
    assert not Echo([seen(0), *(seen(240 + n, "weibo", f"t{n}") for n in range(6))]).accelerates(now, 6, 3, 2.0)
    steady = [seen(n * 10, "weibo", f"s{n}") for n in range(24)]
    assert not Echo([*steady, *burst]).accelerates(now, 6, 3, 2.0)


def test_the_pace_of_a_matter_two_hours_old_is_reckoned_and_of_a_younger_one_is_not() -> None:
    burst = [seen(100 + n, ("weibo", "baidu", "douyin")[n % 3], f"t{n}") for n in range(6)]
    many = [seen(n, title=f"m{n}") for n in range(30)]
    assert Echo([*many, *burst]).accelerates(START + timedelta(minutes=119), 6, 3, 2.0)
    assert not Echo([*many, *burst]).accelerates(START + timedelta(minutes=120), 6, 3, 2.0)


class Read(list[Sighting]):
    """Sightings that count how many of them are looked at."""

    count = 0

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        self.count += len(found) if isinstance(at, slice) else 1
        return found


def test_a_flood_on_one_matter_is_read_once_however_often_it_is_asked_about() -> None:
    sightings = Read()
    echo = Echo(sightings)
    for number in range(3000):
        now = START + timedelta(seconds=20 * number)
        sightings.append(Sighting(at=now, source="weibo", title=f"t{number % 7}", person=f"p{number % 50}"))
        echo.accelerates(now, 6, 3, 2.0)
        echo.smoulders(now, timedelta(days=14), 3, 3)
        echo.titles(now, 12.0, 9)
    assert sightings.count < 6 * len(sightings)
