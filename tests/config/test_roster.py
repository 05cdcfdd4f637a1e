"""The rota over coming days: gaps and collisions at the boundaries where people make mistakes."""

from __future__ import annotations

from datetime import datetime

import pytest

from config.roster import BEIJING, collisions, gaps
from config.schema import Shift

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=BEIJING)
EVERY = tuple(range(7))


def shift(start: int, end: int, days: tuple[int, ...] = EVERY, date: str = "", name: str = "班") -> Shift:
    return Shift(
        name=name, start=start * 60, end=end * 60, duty_officer="a", deputy_duty="", duty_leader="b", days=days, date=date
    )


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, 0, tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("shifts", "expected"),
    [
        pytest.param([shift(8, 20), shift(20, 32)], [], id="day-and-night-cover"),
        pytest.param(
            [shift(8, 20), shift(20, 31)], [(at(3, 7), at(3, 8)), (at(4, 7), at(4, 8))], id="an-hour-missing-each-morning"
        ),
        pytest.param([shift(8, 32, days=(0, 2))], [(at(3, 8), at(4, 8))], id="tuesday-forgotten"),
        pytest.param([], [(at(2, 9), at(4, 9))], id="no-rota-at-all"),
        pytest.param([shift(8, 32, days=(0, 2)), shift(8, 32, days=(), date="2026-03-03")], [], id="a-dated-shift-fills-in"),
    ],
)
def test_gaps_of_the_next_two_days(shifts: list[Shift], expected: list[tuple[datetime, datetime]]) -> None:
    assert list(gaps(shifts, MONDAY, 2)) == expected


def test_a_shift_that_began_yesterday_still_covers_this_morning() -> None:
    assert gaps([shift(20, 32), shift(8, 20)], at(2, 3), 1) == ()


@pytest.mark.parametrize(
    ("shifts", "expected"),
    [
        pytest.param([shift(8, 20, name="甲"), shift(19, 32, name="乙")], {("甲", "乙")}, id="an-hour-twice"),
        pytest.param([shift(8, 20, name="甲"), shift(20, 32, name="乙")], set(), id="touching-is-no-collision"),
        pytest.param(
            [shift(0, 24, name="甲"), shift(2, 3, name="乙"), shift(5, 6, name="丙")],
            {("甲", "乙"), ("甲", "丙")},
            id="one-inside",
        ),
        pytest.param(
            [shift(8, 32, name="甲"), shift(8, 20, (), "2026-03-03", "乙")], set(), id="a-dated-shift-covers-a-weekly-one"
        ),
    ],
)
def test_collisions_of_shifts_of_one_rank(shifts: list[Shift], expected: set[tuple[str, str]]) -> None:
    assert {(a.shift.name, b.shift.name) for a, b in collisions(shifts, MONDAY, 2)} == expected
