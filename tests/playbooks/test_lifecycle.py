"""Who may do what, and what is refused with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest

from config.schema import Level
from playbooks.actions import debts
from playbooks.fields import Action
from playbooks.incident import Actor, ClockState, Incident, Status
from playbooks.lifecycle import RULES, ActionNotAllowed, decide, permitted
from tests.builders import (
    ARBITER,
    HEAD,
    LEADER,
    OFFICER,
    OTHER_HEAD,
    PRESS,
    PRINCIPAL,
    act,
    apply,
    at,
    figure,
    graded,
    landslide,
    settings,
)

NOW = at("02:24")


def refusal(incident: Incident, code: str, by: Actor, now=NOW, **fields: object) -> str:
    with pytest.raises(ActionNotAllowed) as caught:
        decide(incident, Action(code=code, by=by, now=now, fields=fields), settings())
    return caught.value.reason


def assigned(unit: str = "zrzyj") -> Incident:
    return act(landslide(NOW), "assign", OFFICER, at("03:00"), unit=unit)


def test_receiving_moves_to_verifying_and_a_second_press_changes_nothing() -> None:
    i = act(landslide(NOW), "acknowledge", OFFICER, at("02:25"))
    assert i.status is Status.VERIFYING
    assert act(i, "acknowledge", OFFICER, at("02:26")) == i


def test_the_duty_officer_suggests_a_grade_and_the_leader_gives_one() -> None:
    i = act(landslide(NOW), "grade", OFFICER, NOW, level=Level.MAJOR, reason="现场反映")
    assert i.confirmed is None
    assert i.suggested.level is Level.MAJOR
    j = act(landslide(NOW), "grade", LEADER, NOW, level=Level.MAJOR, reason="指挥部意见")
    assert j.confirmed.level is Level.MAJOR


def test_figures_from_the_command_post_grade_and_others_only_arm() -> None:
    i = act(landslide(NOW), "figure", OFFICER, NOW, figures={"deaths": 11}, source="zhb")
    assert i.confirmed.level is Level.MAJOR
    assert i.figures[-1].standing == "confirmed"
    j = act(landslide(NOW), "figure", OFFICER, NOW, figures={"deaths": 11})
    assert j.confirmed is None
    assert j.figures[-1].standing == "reported"


def test_falling_figures_never_lower_a_grade() -> None:
    i = act(landslide(NOW), "figure", OFFICER, NOW, figures={"deaths": 11}, source="zhb")
    i = act(i, "figure", OFFICER, at("03:00"), figures={"deaths": 8}, source="zhb")
    assert i.confirmed.level is Level.MAJOR
    assert i.latest("deaths").value == 8


def test_a_negative_number_is_refused() -> None:
    assert refusal(landslide(NOW), "figure", OFFICER, figures={"deaths": -1}) == "bad_value"


def test_a_planned_release_is_not_a_release() -> None:
    reason = refusal(landslide(NOW), "release", PRESS, kind="press_conference", at=at("09:00"), detail="三楼")
    assert reason == "not_yet_held"


def test_a_release_needs_an_address_or_a_description() -> None:
    assert refusal(landslide(NOW), "release", PRESS) == "missing_field"


def test_a_late_entry_keeps_both_times() -> None:
    i = act(landslide(NOW), "release", PRESS, at("05:00"), url="https://x.example/1", at=at("04:00"))
    assert (i.evidence[-1].at, i.evidence[-1].recorded_at) == (at("04:00"), at("05:00"))


def test_backdating_that_changes_a_verdict_waits_for_a_second_person() -> None:
    i = apply(landslide(NOW), [graded(Level.MAJOR, NOW)], settings(), NOW)
    late = at("09:00")
    i = act(i, "release", PRESS, late, url="https://x.example/1", at=at("07:00"))
    assert i.running("first_statement_5h").state is ClockState.OVERDUE
    assert refusal(i, "second", PRESS, late, agreed=True) == "same_person"
    i = act(i, "second", LEADER, late, agreed=True)
    done = next(c for c in i.clocks if c.code == "first_statement_5h")
    assert (done.state, done.satisfied_at) == (ClockState.MET, at("07:00"))


def test_a_second_person_who_disagrees_leaves_the_verdict() -> None:
    i = apply(landslide(NOW), [graded(Level.MAJOR, NOW)], settings(), NOW)
    i = act(i, "release", PRESS, at("09:00"), url="https://x.example/1", at=at("07:00"))
    i = act(i, "second", LEADER, at("09:05"), agreed=False)
    assert i.running("first_statement_5h").state is ClockState.OVERDUE
    assert i.proposals == ()


def test_an_earlier_start_needs_one_person_and_a_later_one_two() -> None:
    i = act(landslide(NOW), "start", OFFICER, NOW, value=at("02:10"))
    assert i.starts.occurred_at.value == at("02:10")
    assert refusal(i, "start", OFFICER, NOW, value=at("02:20")) == "missing_field"
    i = act(i, "start", OFFICER, NOW, value=at("02:20"), evidence="更正单")
    assert i.starts.occurred_at.value == at("02:10")
    i = act(i, "second", LEADER, NOW, agreed=True)
    assert i.starts.occurred_at.value == at("02:20")


def test_a_start_in_the_future_is_refused() -> None:
    assert refusal(landslide(NOW), "start", OFFICER, value=at("09:00")) == "in_future"


def test_an_order_is_signed_by_the_unit_or_on_its_behalf_with_a_name() -> None:
    assert act(assigned(), "sign", HEAD, at("03:05")).status is Status.RESPONDING
    assert refusal(assigned(), "sign", OTHER_HEAD) == "not_your_unit"
    assert refusal(assigned(), "sign", OFFICER) == "missing_field"
    i = act(assigned(), "sign", OFFICER, at("03:05"), who="赵明 0000-6221201")
    assert i.assignment.signed_by == OFFICER.id


def test_an_order_cannot_be_given_past_an_open_one() -> None:
    assert refusal(assigned(), "assign", OFFICER, unit="jtj") == "order_open"


def test_a_unit_that_helps_is_added_to_an_order_in_hand_and_nothing_starts_anew() -> None:
    i = act(assigned(), "sign", HEAD, at("03:05"))
    unit = i.assignment.unit
    more = act(i, "assign", OFFICER, at("03:20"), unit=unit, supporting=("gaj",))
    more = act(more, "assign", OFFICER, at("03:30"), unit=unit, supporting=("gaj", "jtj"))
    assert more.assignment == replace(i.assignment, supporting=("gaj", "jtj"))
    assert (more.status, more.clocks, more.notices) == (i.status, i.clocks, i.notices)
    again = act(more, "assign", OFFICER, at("03:40"), unit=unit, supporting=("jtj",))
    assert again == more


def test_an_unknown_unit_is_refused() -> None:
    assert refusal(landslide(NOW), "assign", OFFICER, unit="nope") == "unknown_unit"


def test_each_unit_returns_once_then_the_arbiter_rules() -> None:
    i = act(assigned(), "return", HEAD, at("03:30"), reason="不属本局")
    assert i.primary_unit == ""
    i = act(i, "assign", OFFICER, at("03:40"), unit="jtj")
    assert i.running("arbitrate") is None
    i = act(i, "return", OTHER_HEAD, at("04:00"), reason="款已拨付", basis="凭证")
    assert i.running("arbitrate").due_at == at("08:00")
    i = act(i, "arbitrate", ARBITER, at("05:00"), unit="zrzyj")
    assert i.primary_unit == "zrzyj"
    assert next(c for c in i.clocks if c.code == "arbitrate").state is ClockState.MET
    assert refusal(i, "return", HEAD, at("05:10"), reason="还是不办") in ("returned_once", "already_ruled")


def test_the_response_clock_keeps_running_through_returns() -> None:
    due = landslide(NOW).running("response_48h").due_at
    i = act(assigned(), "return", HEAD, at("03:30"), reason="不属本局")
    assert i.running("response_48h").due_at == due


def test_returning_needs_a_reason_and_the_right_unit() -> None:
    assert refusal(assigned(), "return", HEAD) == "missing_field"
    assert refusal(assigned(), "return", OTHER_HEAD, reason="x") == "not_your_unit"


def test_ruling_needs_something_to_rule() -> None:
    assert refusal(assigned(), "arbitrate", ARBITER, unit="jtj") == "nothing_to_rule"


def test_excluding_with_casualties_needs_the_duty_leader() -> None:
    i = apply(landslide(NOW), [figure("deaths", 1, NOW)], settings(), NOW)
    i = act(i, "exclude", OFFICER, at("02:40"), reason="not_local")
    assert i.open
    assert refusal(i, "confirm_exclude", OFFICER) == "wrong_role"
    assert act(i, "confirm_exclude", LEADER, at("02:45")).status is Status.DISMISSED
    assert act(i, "reject_exclude", LEADER, at("02:45")).exclusion == {}


def test_the_one_who_asked_cannot_confirm_an_exclusion() -> None:
    i = apply(landslide(NOW), [figure("deaths", 1, NOW)], settings(), NOW)
    i = act(i, "exclude", LEADER, at("02:40"), reason="not_local")
    assert refusal(i, "confirm_exclude", LEADER) == "same_person"


def test_a_pending_exclusion_is_the_same_whatever_zone_the_clock_speaks() -> None:
    """Found by the walks: the state kept the zone of the clock, the record is in UTC, and verify saw a difference."""
    i = apply(landslide(NOW), [figure("deaths", 1, NOW)], settings(), NOW)
    here = act(i, "exclude", OFFICER, at("02:40"), reason="not_local")
    assert here.exclusion == act(i, "exclude", OFFICER, at("02:40").astimezone(UTC), reason="not_local").exclusion


def test_falsehood_is_clarified_and_not_dismissed() -> None:
    assert refusal(landslide(NOW), "exclude", OFFICER, reason="untrue") == "clarify_instead"
    dam = landslide(NOW, high_consequence=True)
    dam = act(dam, "verify", OFFICER, at("02:40"), result="false", party="site")
    assert refusal(dam, "exclude", OFFICER, reason="unrelated") == "clarify_instead"


def test_superior_release_stops_alarms_without_faking_a_met_clock() -> None:
    i = apply(landslide(NOW), [graded(Level.MAJOR, NOW)], settings(), NOW)
    i = act(i, "superior_release", LEADER, at("04:00"), url="https://p.example/1")
    c = next(c for c in i.clocks if c.code == "first_statement_5h")
    assert (c.state, c.outcome) == (ClockState.OTHER_OUTCOME, "superior_release")
    assert i.running("press_conference_24h") is not None


def test_only_the_principal_waives_and_with_a_reason() -> None:
    i = apply(landslide(NOW), [graded(Level.MAJOR, NOW)], settings(), NOW)
    assert refusal(i, "waive", LEADER, reason="x") == "wrong_role"
    assert refusal(i, "waive", PRINCIPAL) == "missing_field"
    i = act(i, "waive", PRINCIPAL, at("04:00"), reason="省指挥部统一发布", clock="first_statement_5h")
    assert next(c for c in i.clocks if c.code == "first_statement_5h").state is ClockState.WAIVED


def test_closing_waits_for_every_public_clock_and_archiving_for_every_debt() -> None:
    i = landslide(NOW)
    assert refusal(i, "close", LEADER) == "clock_running"
    i = act(i, "release", PRESS, at("04:00"), kind="online_reply", url="https://x.example/1")
    i = act(i, "close", LEADER, at("05:00"))
    assert i.status is Status.OBSERVING
    assert debts(i)
    assert refusal(i, "archive", LEADER, at("06:00")) == "debts"


def test_a_full_register_lets_the_file_be_archived() -> None:
    register = {"publishing_unit": "县政府新闻办", "reviewer": "陈静", "publisher": "周琳", "channel": "县政府网站"}
    i = act(landslide(NOW), "release", PRESS, at("04:00"), kind="online_reply", url="https://x.example/1", **register)
    i = act(act(i, "close", LEADER, at("05:00")), "archive", LEADER, at("06:00"))
    assert i.status is Status.ARCHIVED
    assert permitted(i, OFFICER) == ("note",) or "reopen" in permitted(i, OFFICER)


def test_a_changed_situation_reopens_everything_in_one_press() -> None:
    i = act(landslide(NOW), "verify", OFFICER, at("02:30"), result="false")
    i = act(i, "exclude", OFFICER, at("02:40"), reason="old_news")
    i = act(i, "change", OFFICER, at("04:00"), reason="又来电")
    assert i.open
    assert i.verifications == ()
    assert i.running("response_48h").due_at == NOW + (at("02:24", day=24) - NOW)


@pytest.mark.parametrize("code", sorted(RULES))
def test_what_is_refused_by_role_is_never_in_the_list_of_what_is_possible(code: str) -> None:
    nobody = Actor(id="x", name="某人", roles=(), unit="")
    i = landslide(NOW)
    if code in permitted(i, nobody):
        assert not RULES[code].roles
    else:
        assert refusal(i, code, nobody) in ("wrong_role", "wrong_state")


def test_an_unknown_action_says_so() -> None:
    assert refusal(landslide(NOW), "fly", OFFICER) == "unknown"


@pytest.mark.parametrize("code", ["assign", "acknowledge", "release", "exclude", "close"])
def test_a_dismissed_matter_takes_no_more_handling(code: str) -> None:
    i = act(landslide(NOW), "exclude", OFFICER, at("03:00"), reason="not_local")
    assert refusal(i, code, LEADER, unit="jtj", url="https://x.example/1", reason="old_news") == "wrong_state"


def test_a_release_dated_before_the_matter_began_is_refused() -> None:
    assert refusal(landslide(NOW), "release", PRESS, url="https://x.example/1", at=at("23:50", day=21)) == "before_start"
    i = act(landslide(NOW), "start", OFFICER, NOW, value=at("23:00", day=21))
    i = act(i, "release", PRESS, NOW, url="https://x.example/1", at=at("23:50", day=21))
    assert i.evidence[-1].at == at("23:50", day=21)
