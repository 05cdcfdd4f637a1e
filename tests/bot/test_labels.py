"""Every code a person may meet has a Chinese word, and times read as officials write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot import labels
from config.schema import Level, Role
from playbooks.actions import EXCLUSIONS, GATES
from playbooks.fold import EVOLVE, RELEASES
from playbooks.incident import ClockState, Status
from playbooks.releases import REGISTER_FIELDS
from tests.bot.matter import at

TABLES = [
    ("status", {s.value for s in Status}, labels.STATUS),
    ("levels", {x.code for x in Level} | {"unknown"}, labels.LEVELS),
    ("clocks", {s.value for s in ClockState}, labels.CLOCK_STATES),
    ("events", {"opened", *EVOLVE} - {"proposed"}, labels.EVENT_KINDS),
    ("roles", {r.value for r in Role}, labels.ROLES),
    ("releases", RELEASES, labels.EVIDENCE_KINDS),
    ("exclusions", set(EXCLUSIONS), labels.EXCLUSION_REASONS),
    ("gates", set(GATES), labels.GATES),
    ("register", set(REGISTER_FIELDS), labels.REGISTER_FIELDS),
]


@pytest.mark.parametrize(("codes", "words"), [t[1:] for t in TABLES], ids=[t[0] for t in TABLES])
def test_every_code_has_a_chinese_word(codes, words):
    assert codes <= set(words)
    assert all("一" <= w[0] <= "鿿" for w in words.values())


@pytest.mark.parametrize(
    ("now", "text"),
    [
        (at("23:00"), "02:24"),
        (at("00:10", day=23), "11月22日 02:24"),
        (datetime(2027, 1, 1, tzinfo=UTC), "2026年11月22日 02:24"),
        (None, "11月22日 02:24"),
    ],
    ids=["same-day", "next-day", "next-year", "no-now"],
)
def test_beijing_time(now, text):
    assert labels.beijing(at("02:24").astimezone(UTC), now) == text


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        (timedelta(seconds=20), "不足1分钟"),
        (timedelta(minutes=18), "18分钟"),
        (timedelta(hours=2), "2小时"),
        (timedelta(hours=2, minutes=30), "2小时30分"),
        (-timedelta(minutes=20), "20分钟"),
        (timedelta(days=3, hours=4), "3天4小时"),
    ],
    ids=str,
)
def test_spans(delta, text):
    assert labels.span(delta) == text
