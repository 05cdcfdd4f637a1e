"""An alarm that comes long after the first post, and a toll that comes long after the alarm: what is owed from when, who is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from playbooks.fold import opened
from playbooks.incident import Incident, Instant
from playbooks.ladder import PlannedStep, steps
from tests.builders import FEED, OFFICER, act, apply, at, event, figure, landslide, settings

FOUND, RUNG = at("02:24"), at("20:24", day=24)
LATER = at("09:04", day=23)


def quiet_for(first: datetime, alarmed: datetime) -> Incident:
    """A matter listed at `first` that alarmed at `alarmed`."""
    found = {"detected_at": Instant(value=first, source="system")}
    opening = event("opened", first, FEED, title="大湾村滑坡", label="E", category="geo_damage", starts=found)
    return apply(opened(12, opening), [event("alarmed", alarmed, reason="digest_items")], settings(), alarmed)


def at_once(i: Incident, since: datetime) -> list[PlannedStep]:
    return [s for s in steps(i, settings()) if since <= s.fire_at < since + timedelta(minutes=1)]


def test_nobody_is_reminded_of_a_matter_before_its_first_alert() -> None:
    i = quiet_for(FOUND, RUNG)
    assert min(s.fire_at for s in steps(i, settings())) == RUNG
    first = at_once(i, RUNG)
    assert {s.role for s in first if s.code == "first"} == {"duty_officer", "duty_leader"}
    assert {s.role for s in first if s.code != "first"} == {"duty_officer"}, "others are reminded of what nobody had heard of"


def test_the_principal_hears_only_of_rungs_that_fall_due_after_the_first_alert() -> None:
    i = quiet_for(FOUND, RUNG)
    told = [s for s in steps(i, settings()) if s.role == "principal"]
    assert told
    assert all(s.due_at > RUNG for s in told)


@pytest.mark.parametrize("metric", ["deaths", "injured", "missing"])
def test_a_toll_that_comes_after_the_alarm_begins_its_duties_with_their_whole_limits(metric: str) -> None:
    i = apply(landslide(FOUND), [figure(metric, 2, LATER)], settings(), LATER)
    due = {c.code: c.due_at for c in i.clocks if c.start_kind == "urgent_at"}
    assert due == {"upward_report": LATER + timedelta(minutes=30), "acknowledge": LATER + timedelta(minutes=3)}
    assert not [s for s in at_once(i, LATER) if s.clock_code in due], "a reminder went out as its duty began"


def test_what_makes_a_matter_urgent_is_told_at_once_and_once() -> None:
    i = apply(landslide(FOUND), [figure("injured", 2, LATER)], settings(), LATER)
    assert {(s.code, s.role) for s in at_once(i, LATER)} == {("urgent", "duty_officer"), ("urgent", "duty_leader")}
    later = apply(i, [figure("injured", 3, at("09:30", day=23))], settings(), at("09:30", day=23))
    assert [n.kind for n in later.notices].count("urgent") == 1


def test_a_toll_known_when_it_alarms_is_counted_from_the_alarm() -> None:
    i = apply(landslide(FOUND), [figure("injured", 2, FOUND)], settings(), FOUND)
    assert {c.start_at for c in i.clocks if c.start_kind == "urgent_at"} == {FOUND}
    assert "urgent" not in [n.kind for n in i.notices]


def test_a_second_figure_does_not_move_what_the_first_began() -> None:
    i = apply(landslide(FOUND), [figure("injured", 2, LATER)], settings(), LATER)
    more = at("09:20", day=23)
    i = apply(i, [figure("deaths", 1, more)], settings(), more)
    assert {c.start_at for c in i.clocks if c.start_kind == "urgent_at"} == {LATER}


def test_what_was_acknowledged_before_asks_for_no_second_receipt() -> None:
    i = act(landslide(FOUND), "acknowledge", OFFICER, at("02:26"))
    i = apply(i, [figure("injured", 2, LATER)], settings(), LATER)
    assert not [c for c in i.clocks if c.code == "acknowledge" and c.running]


def test_a_rung_is_brought_forward_to_an_evening_only_if_the_matter_had_rung_by_then() -> None:
    found, rung = at("00:57"), at("00:17", day=23)
    half = [s for s in steps(quiet_for(found, rung), settings()) if s.code == "half" and s.role == "duty_leader"]
    assert [s.due_at for s in half] == [at("00:57", day=23)]
    assert half[0].due_at - half[0].fire_at < timedelta(minutes=1), "it came together with the first card"
    usual = [s for s in steps(quiet_for(found, found), settings()) if s.code == "half" and s.role == "duty_leader"]
    assert usual[0].fire_at.astimezone(found.tzinfo).hour == 21
