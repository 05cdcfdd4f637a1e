"""The breaker: opens after failures in a row, lets one probe through, waits longer after each, closes at once."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.wecom.breaker import FAILURES, FIRST_PAUSE, LONGEST_PAUSE, PROBE_TIME, Breaker, tells_of_wecom
from bot.wecom.errors import Kind, OutcomeUnknown, SendError

NOW = datetime(2025, 11, 22, 2, 0, tzinfo=UTC)
NONE = timedelta()


def opened() -> Breaker:
    breaker = Breaker()
    assert [breaker.failed(NOW) for _ in range(FAILURES)] == [False] * (FAILURES - 1) + [True]
    return breaker


def test_it_stays_closed_until_enough_failures_in_a_row() -> None:
    breaker = Breaker()
    for _ in range(3):
        for _ in range(FAILURES - 1):
            assert not breaker.failed(NOW)
        assert breaker.wait(NOW) == NONE
        assert breaker.worked() is None
    assert breaker.wait(NOW) == NONE


def test_open_it_keeps_back_until_one_probe() -> None:
    breaker = opened()
    assert breaker.wait(NOW) == FIRST_PAUSE
    later = NOW + FIRST_PAUSE
    assert breaker.wait(later) == NONE, "the probe"
    assert breaker.wait(later) == PROBE_TIME, "nobody else while it is under way"
    assert breaker.wait(later + PROBE_TIME) == NONE, "a probe that never came back does not block for ever"


def test_each_failed_probe_doubles_the_pause_up_to_the_longest() -> None:
    breaker, at, pauses = opened(), NOW, []
    for _ in range(5):
        at += breaker.wait(at)
        assert breaker.wait(at) == NONE
        assert not breaker.failed(at), "told once"
        pauses.append(breaker.wait(at))
    assert pauses == [min(FIRST_PAUSE * 2**n, LONGEST_PAUSE) for n in range(1, 6)]


def test_one_answer_closes_it() -> None:
    breaker = opened()
    assert breaker.worked() == NOW
    assert breaker.wait(NOW) == NONE
    assert not breaker.failed(NOW)


@pytest.mark.parametrize(
    ("error", "tells"),
    [
        (OutcomeUnknown("x"), True),
        (SendError(-1, Kind.RETRY, "x"), True),
        (SendError(60020, Kind.FATAL, "x"), True),
        (SendError(81013, Kind.HANDLE, "x"), False),
        (SendError(45002, Kind.DATA, "x"), False),
    ],
)
def test_a_refusal_of_one_message_says_nothing_about_wecom(error: SendError | OutcomeUnknown, tells: bool) -> None:
    assert tells_of_wecom(error) is tells
