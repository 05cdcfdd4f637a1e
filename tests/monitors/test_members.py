"""The last items of a story: their nearest one is found by word as it would be one by one, and a bound never hides it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from math import sqrt

import pytest

from monitors.likeness import Vector
from monitors.members import CROWD, RECENT, Members, OpenStory, Weighed
from monitors.sites import NOWHERE

START = datetime(2025, 7, 1, tzinfo=UTC)


def vector(rng: random.Random) -> Vector:
    raw = {word: rng.random() for word in rng.sample("青石县小学食堂自来水公司停异味补偿", 6)}
    norm = sqrt(sum(weight * weight for weight in raw.values()))
    return {word: weight / norm for word, weight in raw.items()}


def one_by_one(item: Vector, held: list[Vector]) -> float:
    return max(sum([weight * other[word] for word, weight in item.items() if word in other]) for other in held[-RECENT:])


@pytest.mark.parametrize("count", [1, CROWD - 1, CROWD, RECENT, RECENT + 1, 3 * RECENT + 7])
def test_the_nearest_is_the_nearest_of_the_last_thirty_one_by_one(count: int) -> None:
    rng, members, held = random.Random(count), Members(), []
    for _ in range(count):
        held.append(vector(rng))
        members.add(Weighed(held[-1]))
    for _ in range(20):
        item = vector(rng)
        assert members.nearest(Weighed(item)) == one_by_one(item, held)


def test_what_cannot_reach_the_least_asked_for_is_not_looked_at_and_nothing_else() -> None:
    rng, members, held = random.Random(7), Members(), []
    passed_over = 0
    for _ in range(4 * RECENT):
        held.append(vector(rng))
        members.add(Weighed(held[-1]))
        item, least = vector(rng), rng.random()
        told, known = members.nearest(Weighed(item), least), one_by_one(item, held)
        assert (told < least) == (known < least)
        assert told == known or told < least
        passed_over += told != known
    assert passed_over > 0


def test_a_member_that_left_counts_no_more() -> None:
    members = Members()
    members.add(Weighed({"旧": 1.0}))
    for _ in range(RECENT):
        assert members.nearest(Weighed({"旧": 1.0})) == 1.0
        members.add(Weighed({"新": 1.0}))
    assert members.nearest(Weighed({"旧": 1.0})) == 0.0


def test_a_story_keeps_what_a_quarter_of_its_items_says_and_lives_from_its_last_one() -> None:
    story = OpenStory(id="S1", stream="", letter=False, window=timedelta(hours=72), last=START)
    for number, families in enumerate((("fire",), ("water",), ("water",), ("water",), ("water",))):
        story.add(Weighed({"一": 1.0}), ("江北", "", ""), frozenset(families), set(), NOWHERE, START + timedelta(hours=number))
    assert story.leading == {"water"}
    assert story.hazards == {"water"}
    assert story.until == START + timedelta(hours=76)
    story.kept = timedelta(days=10)
    story.extend()
    assert story.until == START + timedelta(days=10, hours=4)
