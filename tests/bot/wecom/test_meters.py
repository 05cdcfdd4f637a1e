"""The meters stay below WeCom's silent limits."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.wecom.meters import MEMBER, WEBHOOK, Meter, wait

NOW = datetime(2025, 11, 22, 2, 0, tzinfo=UTC)


def ago(*seconds: float) -> list[datetime]:
    return [NOW - timedelta(seconds=s) for s in seconds]


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        pytest.param(ago(), 0, id="nothing sent"),
        pytest.param(ago(*[10] * 19), 0, id="nineteen"),
        pytest.param(ago(*[10] * 20), 50, id="twenty"),
        pytest.param(ago(*[60] * 20), 0, id="a minute ago"),
        pytest.param(ago(50, *[10] * 19), 10, id="until the oldest leaves the window"),
        pytest.param(ago(*range(61, 361)), 3240, id="three hundred in the hour"),
    ],
)
def test_wait_of_a_member(sent, seconds):
    assert wait(sent, NOW, MEMBER) == timedelta(seconds=seconds)


def test_the_webhook_takes_fifteen_a_minute():
    assert wait(ago(*[30] * 14), NOW, WEBHOOK) == timedelta()
    assert wait(ago(*[30] * 15), NOW, WEBHOOK) == timedelta(seconds=30)


def test_waiting_as_told_never_exceeds_a_meter():
    meter = Meter(count=3, window=timedelta(seconds=10))
    sent: list[datetime] = []
    now = NOW
    for _ in range(20):
        now += wait(sent, now, (meter,))
        sent.append(now)
    assert all(later - first >= meter.window for first, later in zip(sent, sent[3:], strict=False))
