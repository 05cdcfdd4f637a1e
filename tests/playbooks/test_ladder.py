"""Which step reaches which role, and when; computed here by hand, not by the ladder."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.outbox import DIGEST, REPLY
from config.schema import Level
from playbooks.incident import Incident, Status
from playbooks.ladder import STATUTORY, PlannedStep, among, jitter, newest, quiet_after, quiet_forward, step_key, steps
from tests.builders import LEADER, OFFICER, PRESS, act, apply, at, event, figure, graded, hours, landslide, settings

NOW = at("02:24")


def major(now=NOW) -> Incident:
    return apply(landslide(now), [graded(Level.MAJOR, now)], settings(), now)


def of(i: Incident, clock: str, role: str) -> list[PlannedStep]:
    return [s for s in steps(i, settings()) if s.clock_code == clock and s.role == role]


def test_a_matter_that_never_alarmed_has_no_steps() -> None:
    assert steps(replace(major(), alarmed_at=None), settings()) == ()


@pytest.mark.parametrize("level", [None, Level.MAJOR, Level.GENERAL])
def test_claimed_steps_are_judged_as_the_whole_plan_judges_them(level: Level | None) -> None:
    i = landslide(NOW) if level is None else apply(landslide(NOW), [graded(level, NOW)], settings(), NOW)
    plan = steps(i, settings())
    for s in plan:
        assert among(i, settings(), {s.key}) == (s,)
    assert among(i, settings(), {s.key for s in plan}) == plan
    stale = {plan[0].key[:-1] + "x", "12:no_such_clock:due:duty_officer:1", "12:notice-none-9:first:duty_officer:1"}
    assert among(i, settings(), stale) == ()
    assert among(replace(i, alarmed_at=None), settings(), {s.key for s in plan}) == ()


def test_the_first_alert_reaches_the_duty_officer_and_the_duty_leader_at_once() -> None:
    first = [s for s in steps(major(), settings()) if s.code == "first"]
    assert {(s.role, s.fire_at) for s in first} == {("duty_officer", NOW), ("duty_leader", NOW)}
    assert all(s.priority == 0 for s in first)


def test_statutory_steps_of_every_level_go_before_answers_and_before_the_desks_own_reminders() -> None:
    for level in (Level.MAJOR, Level.GENERAL):
        i = apply(landslide(NOW), [graded(level, NOW)], settings(), NOW)
        tracks = {c.id: c.track for c in i.clocks}
        for s in steps(i, settings()):
            track = tracks.get(s.clock_id, "notice")
            if s.card == "unread" or (track in ("public", "upward") and s.card in ("overdue",)):
                assert s.priority < STATUTORY
            elif track in ("public", "upward"):
                assert s.priority <= STATUTORY < REPLY
            elif track == "internal":
                assert REPLY < s.priority < DIGEST


def test_a_quiet_first_alert_reaches_the_duty_officer_only() -> None:
    i = landslide(NOW)
    i = replace(i, notices=tuple(replace(n, kind="first_quiet", id="first_quiet-1") for n in i.notices))
    first = [s for s in steps(i, settings()) if s.code == "first_quiet"]
    assert [s.role for s in first] == ["duty_officer"]


def test_countdowns_before_five_hours_are_at_most_three_and_absolute() -> None:
    before = [s for s in of(major(), "first_statement_5h", "duty_officer") if s.due_at < NOW + hours(5)]
    assert [NOW + hours(5) - s.due_at for s in before] == [timedelta(minutes=m) for m in (150, 60, 30)]


def test_rungs_before_a_late_first_alert_wait_for_it_and_reach_the_watch_only() -> None:
    alarmed = NOW + hours(4) + timedelta(minutes=10)
    rungs = [s for s in steps(replace(major(), alarmed_at=alarmed), settings()) if s.clock_code == "first_statement_5h"]
    early = [s for s in rungs if s.due_at <= alarmed]
    assert {s.due_at for s in early} == {NOW + hours(2) + timedelta(minutes=30), NOW + hours(4)}
    assert {(s.role, s.fire_at) for s in early} == {("duty_officer", alarmed)}
    assert len({s.role for s in rungs if s.due_at > alarmed}) > 1


def test_overdue_repeats_twice_in_half_hours_then_hourly_then_twice_a_day() -> None:
    due = NOW + hours(5)
    after = [s.due_at - due for s in of(major(), "first_statement_5h", "duty_officer") if s.due_at >= due]
    want = [0, 30, 60, 120, 180, 240, 300, 360] + [1080 + 720 * n for n in range(14)]
    assert after == [timedelta(minutes=m) for m in want]


def test_roles_are_cumulative_up_to_the_principal_when_overdue() -> None:
    i = major()
    due = NOW + hours(5)
    half = {s.role for s in steps(i, settings()) if s.clock_code == "first_statement_5h" and s.code == "half"}
    late = {s.role for s in steps(i, settings()) if s.clock_code == "first_statement_5h" and s.due_at == due}
    assert half < late
    assert {"principal", "press_office", "deputy_in_charge"} <= late - half


def test_jitter_is_earlier_bounded_and_the_same_for_ever() -> None:
    for s in steps(major(), settings()):
        if s.code in ("half", "last", "final"):
            assert timedelta(0) <= s.due_at - s.fire_at <= timedelta(seconds=45)
            rung = f"12:{s.clock_id}:{s.code}:{int(s.due_at.timestamp())}"
            assert s.due_at - s.fire_at == timedelta(seconds=zlib.crc32(rung.encode()) % 46)
    assert jitter("x", 0) == timedelta(0)


def test_steps_at_and_after_the_due_instant_are_never_early() -> None:
    due = NOW + hours(5)
    assert all(s.fire_at == s.due_at for s in of(major(), "first_statement_5h", "duty_officer") if s.due_at >= due)


def test_a_step_never_fires_before_its_clock_was_armed() -> None:
    late = at("05:00")
    i = apply(landslide(NOW), [graded(Level.MAJOR, late)], settings(), late)
    half = next(s for s in of(i, "first_statement_5h", "duty_officer") if s.code == "half")
    assert half.due_at < late
    assert half.fire_at == late


@pytest.mark.parametrize(
    ("text", "moved"),
    [("21:59", None), ("22:00", "21:00"), ("23:30", "21:00"), ("07:29", "-21:00"), ("07:30", None), ("12:00", None)],
)
def test_quiet_hours_bring_a_calm_step_to_the_evening_before(text: str, moved: str | None) -> None:
    when = at(text)
    got = quiet_forward(when, settings())
    if moved is None:
        assert got == when
    elif moved.startswith("-"):
        assert got == at(moved[1:], day=21)
    else:
        assert got == at(moved)


@pytest.mark.parametrize(
    ("text", "forward", "after"),
    [("00:29", "00:29", "00:29"), ("00:30", "-21:00", "06:00"), ("05:59", "-21:00", "06:00"), ("06:00", "06:00", "06:00"), ("23:59", "23:59", "23:59")],
)  # fmt: skip
def test_a_night_that_begins_after_midnight_is_no_whole_day(text: str, forward: str, after: str) -> None:
    rules = settings()
    rules = replace(rules, bot=replace(rules.bot, quiet_from="00:30", quiet_to="06:00"))
    expected = at(forward[1:], day=21) if forward.startswith("-") else at(forward)
    assert quiet_forward(at(text), rules) == expected
    assert quiet_after(at(text), rules) == at(after)


def test_quiet_hours_never_touch_an_urgent_matter_and_never_delay() -> None:
    found = at("03:00")
    calm = landslide(found)
    night = [s for s in of(calm, "response_48h", "duty_officer") if s.due_at <= found + hours(48)]
    assert night
    for s in night:
        assert s.fire_at <= s.due_at
        if s.due_at == found + hours(48):
            assert s.fire_at == at("21:00", day=23)
    urgent = apply(landslide(found), [figure("deaths", 1, found)], settings(), found)
    due = next(s for s in of(urgent, "response_48h", "duty_officer") if s.code == "due")
    assert due.fire_at == due.due_at


def test_an_overdue_reminder_at_night_is_not_moved_before_it_is_overdue() -> None:
    calm = landslide(at("03:00"))
    later = [s for s in of(calm, "response_48h", "duty_officer") if s.due_at > at("03:00") + hours(48)]
    assert later
    assert all(s.fire_at == s.due_at for s in later)


def test_acknowledging_silences_no_statutory_step() -> None:
    i = major()
    acked = act(i, "acknowledge", OFFICER, at("02:26"))
    before = {s.key for s in steps(i, settings()) if s.clock_code in ("first_statement_5h", "press_conference_24h")}
    after = {s.key for s in steps(acked, settings()) if s.clock_code in ("first_statement_5h", "press_conference_24h")}
    assert before
    assert before == after


def test_a_met_clock_has_no_more_steps() -> None:
    i = act(major(), "release", PRESS, at("04:00"), url="https://x.example/1")
    assert not of(i, "first_statement_5h", "duty_officer")
    assert of(i, "press_conference_24h", "duty_officer")


def test_a_latent_clock_alarms_nobody_by_itself() -> None:
    i = apply(landslide(NOW), [figure("deaths", 4, NOW), figure("missing", 7, NOW)], settings(), NOW)
    assert not of(i, "first_statement_5h", "duty_officer")


def test_a_signed_explanation_stops_overdue_repeats_but_not_the_due_step() -> None:
    late = at("09:00")
    i = apply(landslide(NOW), [graded(Level.MAJOR, late)], settings(), late)
    i = act(i, "explain", LEADER, late, reason="会签未完成，预计10:00发布")
    left = of(i, "first_statement_5h", "duty_officer")
    assert [s.code for s in left if s.due_at > i.running("first_statement_5h").due_at] == []


def test_an_explanation_for_one_clock_leaves_the_others_alone() -> None:
    late = at("09:00")
    i = apply(landslide(NOW), [graded(Level.MAJOR, late)], settings(), late)
    before = of(i, "press_conference_24h", "duty_officer")
    i = act(i, "explain", LEADER, late, reason="x", clock="first_statement_5h")
    assert of(i, "press_conference_24h", "duty_officer") == before


def test_late_steps_of_one_clock_and_role_collapse_to_the_newest() -> None:
    late = at("09:00")
    i = apply(landslide(NOW), [graded(Level.MAJOR, late)], settings(), late)
    due = tuple(s for s in of(i, "first_statement_5h", "duty_officer") if s.fire_at <= late)
    kept, passed = newest(due)
    assert len(due) > 3
    assert [s.due_at for s in kept] == [max(s.due_at for s in due)]
    assert set(kept) | set(passed) == set(due)


def test_keys_name_clock_step_role_and_instant() -> None:
    assert (
        step_key(12, "sign#2", "half", "unit_head", at("02:24")) == f"12:sign#2:half:unit_head:{int(at('02:24').timestamp())}"
    )
    keys = [s.key for s in steps(major(), settings())]
    assert len(keys) == len(set(keys))


def test_a_closed_matter_sends_nothing_more() -> None:
    i = act(landslide(NOW), "exclude", OFFICER, at("03:00"), reason="old_news")
    assert i.status is Status.DISMISSED
    assert steps(i, settings()) == ()


def test_a_change_of_grade_after_the_alarm_is_told_to_the_unit_too() -> None:
    i = apply(landslide(NOW), [graded(Level.MAJOR, at("03:00"))], settings(), at("03:00"))
    told = {s.role for s in steps(i, settings()) if s.code == "regraded"}
    assert told == {"duty_officer", "duty_leader", "unit_liaison", "unit_head"}


def test_the_unread_ladder_climbs_in_three_six_and_ten_minutes() -> None:
    i = apply(landslide(NOW), [figure("deaths", 1, NOW)], settings(), NOW)
    climbed = [(s.role, s.due_at - NOW) for s in steps(i, settings()) if s.clock_code == "acknowledge"]
    want = [("duty_officer", 3), ("deputy_duty", 6), ("duty_leader", 10)]
    assert climbed == [(r, timedelta(minutes=m)) for r, m in want]


def test_steps_come_in_order_of_firing_then_priority() -> None:
    order = [(s.fire_at, s.priority, s.key) for s in steps(major(), settings())]
    assert order == sorted(order)


def test_a_reopened_matter_alarms_again() -> None:
    i = act(landslide(NOW), "change", OFFICER, at("04:00"), reason="又有滑动")
    assert {s.fire_at for s in steps(i, settings()) if s.code == "changed"} == {at("04:00")}
    assert event("x", NOW).kind == "x"


def test_the_desks_own_reminders_of_a_calm_matter_wait_for_the_morning() -> None:
    found = at("22:30", day=21)
    calm = act(landslide(found), "assign", OFFICER, at("23:00", day=21), unit="zrzyj")
    night = [s for s in steps(calm, settings()) if s.clock_code == "sign" and s.role == "unit_liaison"]
    assert night
    assert {s.fire_at for s in night} == {at("07:30")}
    urgent = apply(calm, [figure("deaths", 1, at("23:05", day=21))], settings(), at("23:05", day=21))
    soon = [s for s in steps(urgent, settings()) if s.clock_code == "sign" and s.role == "unit_liaison"]
    assert min(s.fire_at for s in soon) < at("01:00")
