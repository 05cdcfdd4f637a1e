"""Which clocks run, from when, until when, and what stops them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from config.schema import Level
from playbooks.deadlines import acting_level, latent_level, settle, urgent
from playbooks.fold import evolve
from playbooks.incident import ClockState, Evidence, Incident, Instant
from tests.builders import LEADER, OFFICER, PRESS, act, apply, at, event, figure, graded, hours, landslide, settings

NOW = at("02:24")


def clock(incident: Incident, code: str):
    return next((c for c in reversed(incident.clocks) if c.code == code), None)


def publish(incident: Incident, when, kind: str = "authoritative_info", now=None) -> Incident:
    e = Evidence(id="e1", kind=kind, at=when, recorded_at=now or when, by="chenjing", url="https://x.example/1")
    return apply(incident, [event("evidence", now or when, PRESS, evidence=e)], settings(), now or when)


def test_an_ungraded_matter_gets_only_the_48_hour_clock_from_detection() -> None:
    i = landslide(NOW)
    public = [c for c in i.clocks if c.track == "public"]
    assert [(c.code, c.due_at - NOW, c.provisional) for c in public] == [("response_48h", hours(48), True)]


@pytest.mark.parametrize("level", [Level.ESPECIALLY_MAJOR, Level.MAJOR], ids=lambda x: x.code)
def test_a_major_grade_arms_5_and_24_hours_from_the_original_start(level: Level) -> None:
    i = apply(landslide(NOW), [graded(level, at("04:00"))], settings(), at("04:00"))
    assert clock(i, "first_statement_5h").due_at == NOW + hours(5)
    assert clock(i, "press_conference_24h").due_at == NOW + hours(24)
    assert clock(i, "response_48h").state is ClockState.SUPERSEDED
    assert not clock(i, "first_statement_5h").provisional


@pytest.mark.parametrize(
    ("dead", "level"),
    [
        (1, Level.GENERAL),
        (2, Level.GENERAL),
        (3, Level.SIGNIFICANT),
        (9, Level.SIGNIFICANT),
        (10, Level.MAJOR),
        (29, Level.MAJOR),
        (30, Level.ESPECIALLY_MAJOR),
    ],
)
def test_stated_deaths_arm_by_the_table_even_before_anyone_grades(dead: int, level: Level) -> None:
    i = apply(landslide(NOW), [figure("deaths", dead, NOW)], settings(), NOW)
    assert acting_level(i, settings()) == (level, True)
    armed = clock(i, "first_statement_5h")
    assert (armed is not None and not armed.latent) == (level <= Level.MAJOR)
    if armed:
        assert armed.provisional


def test_missing_people_show_a_latent_clock_and_a_grade_makes_it_real() -> None:
    i = apply(landslide(NOW), [figure("deaths", 4, NOW), figure("missing", 7, NOW)], settings(), NOW)
    latent = clock(i, "first_statement_5h")
    assert latent.latent
    assert latent.due_at == NOW + hours(5)
    assert latent_level(i, settings()) is Level.MAJOR
    i = apply(i, [graded(Level.MAJOR, at("05:00"))], settings(), at("05:00"))
    assert not clock(i, "first_statement_5h").latent
    assert len([c for c in i.clocks if c.code == "first_statement_5h"]) == 1


def test_a_latent_clock_goes_when_the_missing_are_found_alive() -> None:
    i = apply(landslide(NOW), [figure("deaths", 4, NOW), figure("missing", 7, NOW)], settings(), NOW)
    i = apply(i, [figure("missing", 0, at("03:00"))], settings(), at("03:00"))
    assert clock(i, "first_statement_5h").state is ClockState.SUPERSEDED


def test_a_machine_never_lowers_a_confirmed_grade() -> None:
    i = apply(landslide(NOW), [graded(Level.MAJOR, NOW), figure("deaths", 1, NOW)], settings(), NOW)
    assert acting_level(i, settings()) == (Level.MAJOR, False)


def test_an_upgrade_after_five_hours_is_overdue_by_regrade_at_once() -> None:
    late = at("09:00")
    i = apply(landslide(NOW), [graded(Level.MAJOR, late)], settings(), late)
    c = clock(i, "first_statement_5h")
    assert (c.state, c.by_regrade, c.due_at) == (ClockState.OVERDUE, True, NOW + hours(5))
    assert clock(i, "press_conference_24h").state is ClockState.PENDING


def test_being_found_late_is_not_called_a_regrade() -> None:
    i = act(landslide(NOW), "start", OFFICER, NOW, value=at("20:00", day=21), evidence="接警记录")
    i = apply(i, [graded(Level.MAJOR, NOW)], settings(), NOW)
    c = clock(i, "first_statement_5h")
    assert (c.state, c.by_regrade) == (ClockState.OVERDUE, False)


def test_the_limit_itself_is_still_on_time_and_one_second_later_is_not() -> None:
    i = apply(landslide(NOW), [graded(Level.MAJOR, NOW)], settings(), NOW)
    due = NOW + hours(5)
    assert clock(publish(i, due), "first_statement_5h").state is ClockState.MET
    late = publish(i, due + timedelta(seconds=1))
    assert clock(late, "first_statement_5h").state is ClockState.MET_LATE


def test_a_clock_is_pending_at_its_due_instant_and_overdue_after_it() -> None:
    i = apply(landslide(NOW), [graded(Level.MAJOR, NOW)], settings(), NOW)
    due = NOW + hours(5)

    def overdue(now) -> set[object]:
        return {e.data["id"] for e in settle(i, settings(), now) if e.kind == "clock_overdue"}

    assert "first_statement_5h" not in overdue(due)
    assert "first_statement_5h" in overdue(due + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("kind", "stopped"),
    [
        ("authoritative_info", {"first_statement_5h"}),
        ("press_conference", {"press_conference_24h"}),
        ("press_briefing", set()),
        ("brief_info", set()),
        ("rolling_release", set()),
        ("upward_reported", set()),
        ("upward_written", set()),
    ],
)
def test_only_the_named_evidence_stops_a_major_clock(kind: str, stopped: set[str]) -> None:
    i = apply(landslide(NOW), [graded(Level.MAJOR, NOW)], settings(), NOW)
    i = publish(i, at("04:00"), kind)
    met = {c.code for c in i.clocks if c.track == "public" and c.state is ClockState.MET}
    assert met == stopped


def test_a_public_release_never_stops_the_report_upward_nor_the_reverse() -> None:
    i = apply(landslide(NOW), [figure("deaths", 10, NOW)], settings(), NOW)
    i = publish(i, at("02:40"))
    assert clock(i, "upward_report").running
    j = act(apply(landslide(NOW), [figure("deaths", 10, NOW)], settings(), NOW), "report_up", OFFICER, at("02:40"))
    assert clock(j, "upward_report").state is ClockState.MET
    assert clock(j, "first_statement_5h").running


def test_evidence_already_given_counts_after_an_upgrade() -> None:
    i = publish(landslide(NOW), at("04:00"))
    i = apply(i, [graded(Level.MAJOR, at("06:00"))], settings(), at("06:00"))
    assert clock(i, "first_statement_5h").state is ClockState.MET


def test_a_claimed_occurrence_within_a_day_moves_the_warning_and_an_older_one_does_not() -> None:
    claim = Instant(value=at("02:10"), source="text")
    i = apply(landslide(NOW), [event("start_set", NOW, instant="occurred_at", value=claim)], settings(), NOW)
    i = apply(i, [graded(Level.MAJOR, NOW)], settings(), NOW)
    assert clock(i, "first_statement_5h").start_at == at("02:10")
    old = Instant(value=at("02:10", day=20), source="text")
    j = apply(landslide(NOW), [event("start_set", NOW, instant="occurred_at", value=old)], settings(), NOW)
    j = apply(j, [graded(Level.MAJOR, NOW)], settings(), NOW)
    assert clock(j, "first_statement_5h").start_at == NOW


def test_a_confirmed_start_moves_a_running_clock_by_its_frozen_limit() -> None:
    i = apply(landslide(NOW), [graded(Level.MAJOR, NOW)], settings(), NOW)
    i = act(i, "start", OFFICER, at("03:10"), value=at("02:10"), evidence="接警记录")
    c = clock(i, "first_statement_5h")
    assert (c.start_at, c.due_at, c.start_kind) == (at("02:10"), at("07:10"), "occurred_at")
    assert c.basis[0].due_at == at("07:10")


def test_edited_rules_touch_new_clocks_only() -> None:
    i = apply(landslide(NOW), [graded(Level.MAJOR, NOW)], settings(), NOW)
    stricter = tuple(replace(c, limit=timedelta(hours=1)) if c.code == "first_statement_5h" else c for c in settings().clauses)
    changed = replace(settings(), clauses=stricter)
    again = apply(i, [], changed, NOW)
    assert clock(again, "first_statement_5h").due_at == NOW + hours(5)
    fresh = apply(landslide(NOW, changed), [graded(Level.MAJOR, NOW)], changed, NOW)
    assert clock(fresh, "first_statement_5h").due_at == NOW + hours(1)
    assert clock(fresh, "first_statement_5h").settings_hash != clock(i, "first_statement_5h").settings_hash


@pytest.mark.parametrize(
    ("profile", "level", "codes"),
    [
        ("national-default", Level.MAJOR, {"first_statement_5h", "press_conference_24h"}),
        ("national-default", Level.SIGNIFICANT, {"response_48h"}),
        ("heilongjiang-land", Level.MAJOR, {"first_statement_5h", "press_conference_24h"}),
        ("hangzhou-planning", Level.GENERAL, {"response_48h"}),
        ("jiangsu-land", Level.ESPECIALLY_MAJOR, {"first_statement_5h", "press_conference_24h"}),
        ("cangzhou-land", Level.GENERAL, {"response_48h"}),
        ("longjiang-county", Level.ESPECIALLY_MAJOR, {"first_statement_5h", "press_conference_24h"}),
        ("longjiang-county", Level.MAJOR, {"first_statement_5h", "press_conference_24h", "response_48h"}),
    ],
    ids=lambda x: x if isinstance(x, str) else getattr(x, "code", ""),
)
def test_each_profile_has_its_own_scope_and_the_national_floor(profile: str, level: Level, codes: set[str]) -> None:
    rules = settings(profile)
    i = apply(landslide(NOW, rules), [graded(level, NOW)], rules, NOW)
    assert {c.code for c in i.clocks if c.track == "public" and c.running} == codes


def test_both_sources_are_shown_where_profile_and_floor_say_the_same() -> None:
    rules = settings("heilongjiang-land")
    i = apply(landslide(NOW, rules), [graded(Level.MAJOR, NOW)], rules, NOW)
    assert {b.profile for b in clock(i, "first_statement_5h").basis} == {"heilongjiang-land", "national-default"}


def test_not_public_is_a_lawful_outcome_and_not_a_met_clock() -> None:
    i = act(landslide(NOW), "not_public", PRESS, at("09:00"), reason="已线下办理")
    c = clock(i, "response_48h")
    assert (c.state, c.outcome) == (ClockState.OTHER_OUTCOME, "not_public")


def test_recognition_makes_the_48_hours_firm_without_moving_them() -> None:
    i = act(landslide(NOW), "recognise", LEADER, at("10:00"), reason="群众关切")
    c = clock(i, "response_48h")
    assert (c.provisional, c.due_at) == (False, NOW + hours(48))


def test_the_unread_clock_is_met_by_anyone_who_says_received() -> None:
    i = apply(landslide(NOW), [figure("deaths", 1, NOW)], settings(), NOW)
    assert clock(i, "acknowledge").due_at == NOW + timedelta(minutes=3)
    i = act(i, "acknowledge", OFFICER, at("02:25"))
    assert clock(i, "acknowledge").state is ClockState.MET


def test_continuing_release_is_a_new_cycle_after_each_release() -> None:
    i = apply(landslide(NOW), [graded(Level.MAJOR, NOW)], settings(), NOW)
    i = publish(i, at("05:00"))
    first = clock(i, "continuing_release")
    assert (first.cycle, first.due_at) == (1, at("09:00"))
    e = Evidence(id="e2", kind="rolling_release", at=at("08:00"), recorded_at=at("08:00"), by="x", url="https://x.example/2")
    i = apply(i, [event("evidence", at("08:00"), PRESS, evidence=e)], settings(), at("08:00"))
    cycles = [c for c in i.clocks if c.code == "continuing_release"]
    assert [(c.cycle, c.state) for c in cycles] == [(1, ClockState.MET), (2, ClockState.PENDING)]
    assert cycles[1].due_at == at("12:00")


def test_urgent_means_major_or_any_casualty_or_a_high_consequence() -> None:
    assert not urgent(landslide(NOW), settings())
    assert urgent(landslide(NOW, high_consequence=True), settings())
    assert urgent(apply(landslide(NOW), [figure("trapped", 1, NOW)], settings(), NOW), settings())
    assert not urgent(apply(landslide(NOW), [figure("deaths", 0, NOW)], settings(), NOW), settings())


def test_settling_twice_changes_nothing() -> None:
    i = apply(landslide(NOW), [figure("deaths", 10, NOW), figure("missing", 3, NOW)], settings(), NOW)
    assert settle(i, settings(), NOW) == ()


def test_a_closed_matter_has_no_running_clock() -> None:
    i = act(landslide(NOW), "exclude", OFFICER, at("03:00"), reason="not_local")
    assert not [c for c in i.clocks if c.running]


def test_downgrade_keeps_the_stricter_history_visible() -> None:
    i = apply(landslide(NOW), [graded(Level.MAJOR, NOW)], settings(), NOW)
    i = apply(i, [graded(Level.SIGNIFICANT, at("03:00"))], settings(), at("03:00"))
    assert clock(i, "first_statement_5h").state is ClockState.SUPERSEDED
    assert clock(i, "response_48h").running
    assert evolve(i, event("notified", at("03:00"))) == i


def test_the_earlier_of_local_and_national_binds_and_both_are_kept() -> None:
    rules = settings("heilongjiang-land")
    laxer = tuple(
        replace(c, limit=timedelta(hours=9)) if c.id == "heilongjiang-land.first_statement_5h" else c for c in rules.clauses
    )
    rules = replace(rules, clauses=laxer)
    i = apply(landslide(NOW, rules), [graded(Level.MAJOR, NOW)], rules, NOW)
    c = clock(i, "first_statement_5h")
    assert c.due_at == NOW + hours(5)
    assert [b.profile for b in c.basis] == ["national-default", "heilongjiang-land"]


def test_a_confirmed_occurrence_counts_however_long_before_detection() -> None:
    i = act(landslide(NOW), "start", OFFICER, NOW, value=at("20:00", day=20), evidence="接警记录")
    i = apply(i, [graded(Level.MAJOR, NOW)], settings(), NOW)
    assert clock(i, "first_statement_5h").start_at == at("20:00", day=20)


def test_a_rumour_two_parties_refute_is_urgent_no_longer_and_its_desk_clocks_end() -> None:
    i = landslide(NOW, high_consequence=True)
    i = act(i, "verify", OFFICER, at("02:30"), result="false", party="site")
    assert urgent(i, settings())
    i = act(i, "verify", OFFICER, at("02:35"), result="false", party="slj")
    assert not urgent(i, settings())
    assert not i.running("upward_report")
    assert i.running("response_48h")
    i = act(i, "verify", LEADER, at("03:00"), result="true", party="site")
    assert urgent(i, settings())
