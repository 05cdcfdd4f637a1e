"""Times of day as settings write them."""

from __future__ import annotations

import pytest

from config.daytime import between, minutes_of, parse


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("00:00", 0), ("8:10", 490), ("08:10", 490), ("24:00", 1440), ("24:01", None), ("8点", None), ("08:60", None), (8, None)],
)
def test_a_time_is_minutes_after_midnight(text: object, minutes: int | None) -> None:
    assert parse(text) == minutes


def test_what_is_no_time_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="请写成 08:00 的样子"):
        minutes_of("晚上")


@pytest.mark.parametrize(
    ("minute", "begin", "end", "inside"),
    [
        (0, "22:00", "07:30", True),
        (449, "22:00", "07:30", True),
        (450, "22:00", "07:30", False),
        (1320, "22:00", "07:30", True),
        (600, "00:30", "06:00", False),
        (29, "00:30", "06:00", False),
        (30, "00:30", "06:00", True),
    ],
)
def test_a_span_may_go_over_midnight(minute: int, begin: str, end: str, inside: bool) -> None:
    assert between(minute, begin, end) is inside
