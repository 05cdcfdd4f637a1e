"""Duties counted in days: when they end, what ends them, and that nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from config.holidays import Holidays
from config.schema import Level, Settings
from playbooks import ladder
from playbooks.calendar import BEIJING
from playbooks.deadlines import settle
from playbooks.duties import uncounted
from playbooks.fields import Action
from playbooks.incident import Actor, Clock, ClockState, Incident, Status
from playbooks.lifecycle import ActionNotAllowed, decide
from tests.builders import HEAD, LEADER, OFFICER, PRESS, PRINCIPAL, act, apply, graded, landslide, settings


def day(text: str, hour: int = 0, minute: int = 0) -> datetime:
    year, month, number = (int(x) for x in text.split("-"))
    return datetime(year, month, number, hour, minute, tzinfo=BEIJING)


FOUND = day("2026-09-22", 9)


def entered(kind: str, received: datetime = FOUND, now: datetime = FOUND, rules: Settings | None = None) -> Incident:
    return act(landslide(FOUND), "enter_duty", OFFICER, now, rules, kind=kind, at=received, detail="2026-17号")


def clock(i: Incident, code: str) -> Clock:
    return next(c for c in reversed(i.clocks) if c.code == code)


def refusal(i: Incident, code: str, by: Actor, now: datetime, rules: Settings | None = None, **fields: object) -> str:
    with pytest.raises(ActionNotAllowed) as caught:
        decide(i, Action(code=code, by=by, now=now, fields=fields), rules or settings())
    return caught.value.reason


@pytest.mark.parametrize(
    ("kind", "code", "ends"),
    [
        # received Tuesday 22 September 2026; 25-27 September and 1-7 October are off, 20 September and 10 October worked
        ("hotline", "hotline_accept", "2026-09-24"),
        ("hotline", "hotline_settle", "2026-10-01"),
        ("hotline", "hotline_answer", "2026-10-10"),
        ("disclosure", "disclosure_answer", "2026-10-28"),
        # 15 days end on 7 October, a holiday: the first working day after it; 60 days end on Saturday 21 November
        ("petition", "petition_notice", "2026-10-09"),
        ("petition", "petition_settle", "2026-11-24"),
    ],
)
def test_the_last_day_is_counted_by_the_civil_rule_and_ends_at_midnight(kind: str, code: str, ends: str) -> None:
    assert clock(entered(kind), code).due_at == day(ends)


def test_the_hour_of_receipt_does_not_matter() -> None:
    late = entered("hotline", day("2026-09-22", 23, 59), day("2026-09-23", 8))
    assert clock(late, "hotline_settle").due_at == clock(entered("hotline"), "hotline_settle").due_at


def test_an_answer_on_the_last_day_is_in_time_and_after_midnight_it_is_late() -> None:
    for when, state in ((day("2026-09-30", 23, 59), ClockState.MET), (day("2026-10-01", 0, 1), ClockState.MET_LATE)):
        i = act(entered("hotline"), "fulfil", HEAD, when, kind="hotline_settled", detail="办结单")
        assert clock(i, "hotline_settle").state is state


def test_a_public_release_answers_nobody_and_an_answer_is_no_public_release() -> None:
    i = entered("petition")
    i = act(i, "release", PRESS, day("2026-09-22", 12), kind="authoritative_info", url="https://x.example/1")
    assert clock(i, "petition_notice").running
    assert clock(i, "response_48h").state is ClockState.MET
    j = act(entered("petition"), "fulfil", HEAD, day("2026-09-22", 12), kind="petition_settled", detail="处理意见书")
    assert clock(j, "response_48h").running
    assert {clock(j, c).state for c in ("petition_notice", "petition_settle")} == {ClockState.MET}


def test_a_later_day_of_receipt_needs_evidence_and_a_second_person_an_earlier_one_does_not() -> None:
    i = entered("hotline")
    now = day("2026-09-23", 9)
    before = clock(i, "hotline_settle").due_at
    assert refusal(i, "enter_duty", OFFICER, now, kind="hotline", at=now) == "missing_field"
    i = act(i, "enter_duty", OFFICER, now, kind="hotline", at=now, detail="转办单记录")
    assert clock(i, "hotline_settle").due_at == before
    assert refusal(i, "second", OFFICER, now, agreed=True) == "same_person"
    i = act(i, "second", LEADER, now, agreed=True)
    assert clock(i, "hotline_settle").due_at == day("2026-10-09"), "counted anew from the 23rd: 24, 28, 29, 30, 8 October"
    i = act(i, "enter_duty", OFFICER, now, kind="hotline", at=day("2026-09-21"))
    assert clock(i, "hotline_settle").due_at == day("2026-09-30")


def test_backdating_an_answer_that_turns_on_time_waits_for_a_second_person() -> None:
    now = day("2026-10-09", 9)
    i = act(entered("hotline"), "fulfil", HEAD, now, kind="hotline_settled", at=day("2026-09-30", 9), detail="办结单")
    assert clock(i, "hotline_settle").state is ClockState.OVERDUE
    i = act(i, "second", LEADER, now, agreed=True)
    done = clock(i, "hotline_settle")
    assert (done.state, i.evidence[-1].at, i.evidence[-1].recorded_at) == (ClockState.MET, day("2026-09-30", 9), now)


def test_an_extension_is_granted_once_by_a_head_with_a_reason_before_it_is_late() -> None:
    i, now = entered("disclosure"), day("2026-10-20", 9)
    assert refusal(i, "extend", OFFICER, now, reason="情况复杂") == "wrong_role"
    assert refusal(i, "extend", HEAD, now) == "missing_field"
    assert refusal(i, "extend", HEAD, day("2026-10-29"), reason="x") == "too_late"
    i = act(i, "extend", HEAD, now, reason="征求第三方意见")
    longer = clock(i, "disclosure_answer")
    assert longer.due_at == day("2026-11-25")
    assert (longer.extended_by, longer.start_at) == (HEAD.id, FOUND)
    assert refusal(i, "extend", HEAD, now, reason="再延") == "no_extension"
    assert refusal(entered("hotline"), "extend", HEAD, FOUND, reason="x", clock="hotline_accept") == "no_extension"
    i = act(i, "enter_duty", OFFICER, now, kind="disclosure", at=day("2026-09-21"))
    assert clock(i, "disclosure_answer").due_at == day("2026-11-24"), "a corrected start keeps the extension"


def test_the_matter_cannot_be_put_away_before_the_person_has_an_answer() -> None:
    i, now = entered("petition"), day("2026-09-22", 12)
    assert refusal(i, "exclude", LEADER, now, reason="not_local") == "answer_first"
    assert refusal(i, "merge", LEADER, now, into="3") == "answer_first"
    i = act(
        i, "release", PRESS, now, kind="online_reply", url="https://x.example/1", reviewer="甲", publisher="乙", channel="网"
    )
    assert refusal(i, "close", LEADER, now) == "clock_running"
    i = act(i, "fulfil", HEAD, now, kind="petition_settled", detail="处理意见书")
    assert act(i, "close", LEADER, now).status is Status.OBSERVING


def test_regrading_and_not_answering_in_public_leave_the_duty_alone() -> None:
    i = apply(entered("petition"), [graded(Level.MAJOR, FOUND)], settings(), FOUND)
    i = act(i, "not_public", PRESS, FOUND, reason="个人诉求，线下办理")
    assert clock(i, "petition_settle").running
    assert clock(i, "petition_settle").due_at == day("2026-11-24")


def test_a_listed_matter_is_told_quietly_when_a_duty_is_registered() -> None:
    quiet = replace(landslide(FOUND), alarmed_at=None, notices=())
    i = act(quiet, "enter_duty", OFFICER, FOUND, kind="hotline", at=FOUND)
    assert i.alarmed_at == FOUND
    assert [n.kind for n in i.notices] == ["first_quiet"]
    assert any(s.clock_code == "hotline_settle" for s in ladder.steps(i, settings()))


def test_reminders_come_in_the_daytime_and_the_last_one_on_the_evening_of_the_last_day() -> None:
    i = act(entered("hotline"), "verify", OFFICER, FOUND, result="false", party="site")
    i = act(i, "verify", LEADER, FOUND, result="false", party="zrzyj")  # refuted: a calm matter
    fires = {s.code: s.fire_at for s in ladder.steps(i, settings()) if s.clock_code == "hotline_settle"}
    assert day("2026-09-29", 8, 59) <= fires["one_day"] <= day("2026-09-29", 9)
    assert fires["due"] == day("2026-09-30", 21)
    assert fires["overdue"] == day("2026-10-01", 9)


def without(year: int) -> Settings:
    rules = settings()
    return replace(rules, holidays=Holidays(years={n: y for n, y in rules.holidays.years.items() if n != year}))


def test_a_year_without_data_is_not_computed_and_the_fact_is_kept() -> None:
    late = day("2026-12-24", 9)
    i = act(landslide(late), "enter_duty", OFFICER, late, kind="hotline", at=late)
    assert i.duties[0].at == late
    assert {c.code for c in i.clocks if c.track == "service"} == {"hotline_accept", "hotline_settle"}
    assert uncounted(i, settings()) == (("7个工作日内答复来电人", 2027),)
    assert refusal(i, "extend", HEAD, late, reason="x") == "no_holidays"


def test_a_table_taken_away_stops_no_running_clock_and_one_entered_later_starts_what_waited() -> None:
    i = entered("hotline")
    assert settle(i, without(2026), day("2026-09-23")) == ()
    assert uncounted(i, without(2026)) == ()
    waiting = replace(i, clocks=tuple(c for c in i.clocks if c.track != "service"))
    assert settle(waiting, without(2026), FOUND) == ()
    assert {year for _, year in uncounted(waiting, without(2026))} == {2026}
    again = apply(waiting, (), settings(), day("2026-09-23"))
    assert clock(again, "hotline_settle").due_at == day("2026-10-01"), "from the original start"


def test_edited_limits_touch_new_duties_only() -> None:
    rules = settings()
    i = entered("hotline")
    tighter = replace(rules, clauses=tuple(replace(c, period=None) if c.code == "hotline_settle" else c for c in rules.clauses))
    assert settle(i, tighter, day("2026-09-23")) == ()


def test_only_the_principal_waives_a_duty() -> None:
    i = entered("hotline")
    assert refusal(i, "waive", LEADER, FOUND, clock="hotline_settle", reason="x") == "wrong_role"
    i = act(i, "waive", PRINCIPAL, FOUND, clock="hotline_settle", reason="来电人书面撤回")
    assert clock(i, "hotline_settle").state is ClockState.WAIVED
    assert clock(i, "hotline_answer").running
