"""Several people over several days are told from one person who insists and from one loud day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.judging import judges_of
from config.lexicon import AlarmPolicy
from monitors.detect import Kind, Seen
from monitors.slowburn import SlowBurn, Voice, person_of, slow_burn

NOON = datetime(2025, 7, 1, 4, tzinfo=UTC)
POLICY = AlarmPolicy()


def said(day: float, person: str) -> Voice:
    return Voice(at=NOON + timedelta(days=day), person=person)


def burn(*voices: Voice, day: float = 10) -> SlowBurn | None:
    return slow_burn(voices, NOON + timedelta(days=day), POLICY)


def test_two_people_on_two_days_make_a_line_and_three_on_three_days_attention() -> None:
    line = burn(said(0, "a"), said(2, "b"))
    assert line is not None
    assert (line.days, line.people, line.times, line.attention) == (2, 2, 2, False)
    more = burn(said(0, "a"), said(2, "b"), said(4, "c"), said(4, "a"))
    assert more is not None
    assert (more.people, more.times, more.attention) == (3, 4, True)


@pytest.mark.parametrize(
    "voices",
    [
        (said(0, "a"), said(1, "a"), said(2, "a")),
        (said(0, "a"), said(0.1, "b"), said(0.2, "c")),
        (said(-20, "a"), said(9, "b")),
    ],
    ids=["one person insists", "one loud day", "outside the window"],
)
def test_it_is_no_slow_burn(voices: tuple[Voice, ...]) -> None:
    assert burn(*voices) is None


def test_days_are_beijing_days() -> None:
    evening = datetime(2025, 7, 1, 15, 30, tzinfo=UTC)
    voices = [Voice(at=evening, person="a"), Voice(at=evening + timedelta(hours=1), person="b")]
    found = slow_burn(voices, evening + timedelta(hours=2), POLICY)
    assert found is not None
    assert found.days == 2


def test_every_order_is_another_caller_and_one_link_pasted_twice_is_one_voice() -> None:
    assert person_of("hotline", "12345", "", "", "o1") != person_of("hotline", "12345", "", "", "o2")
    assert person_of("officer", "officer", "zhao", "https://v.example/1", "a") == person_of(
        "officer", "officer", "qian", "https://v.example/1", "b"
    )
    assert person_of("hotlist", "weibo", "", "", "a") == person_of("hotlist", "weibo", "", "", "b")


def test_a_grievance_of_several_authors_over_days_becomes_attention_before_any_burst() -> None:
    detector = judges_of(None, {}).detector()
    titles = ("一工地拖欠农民工工资", "工地拖欠农民工工资没人管", "那个工地仍拖欠农民工工资")
    changes = [
        c
        for n, title in enumerate(titles)
        for c in detector.feed(
            Seen(id=str(n), source="forum", title=title, kind="feed", author=f"u{n}"), NOON + timedelta(days=n)
        )
    ]
    assert len({c.story for c in changes}) == 1
    alarmed = [c for c in changes if c.kind is Kind.ALARMED]
    assert [(c.item, c.reasons[0]) for c in alarmed] == [("2", "attention_days")]
