"""Reports upward and the other lawful ends of a clock, from the officer's phone to the review: what ends what, who may, what is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.reports import gather, render
from config.schema import Level
from playbooks.incident import Clock, ClockState
from tests.bot.desk_room import Room, room
from tests.builders import at, graded, settings

NIGHT = at("02:24")


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", NIGHT) as made:
        yield made


async def clock(office: Room, code: str) -> Clock:
    return next(c for c in reversed((await office.incident()).clocks) if c.code == code)


async def state(office: Room, code: str) -> ClockState:
    return (await clock(office, code)).state


async def reviewed(office: Room) -> str:
    found = await gather(office.desk.store, office.desk.settings, 1, office.desk.now())
    return render(found, "md").decode()


def principal(office: Room) -> str:
    return next(o.userid for o in office.desk.settings.organisation.officers if "principal" in o.roles)


async def test_the_report_upward_is_asked_for_pressed_and_is_no_public_release(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide(graded(Level.MAJOR, NIGHT))
    assert (await clock(office, "upward_report")).due_at == at("02:54")
    await office.forward(minutes=15)
    assert any("待报送" in h and "02:54前电话报总值班室" in h for h in office.heard(duty))
    await office.press(duty, "收到")
    assert await state(office, "upward_report") is ClockState.PENDING, "saying received reports nothing"
    await office.press(duty, "已报总值班室")
    assert await state(office, "upward_report") is ClockState.MET
    assert await state(office, "first_statement_5h") is ClockState.PENDING
    incident = await office.incident()
    assert [(e.kind, e.by) for e in incident.evidence] == [("upward_reported", duty.lower())]
    before = len([h for h in office.heard(duty) if "待报送" in h])
    await office.forward(hours=1)
    assert len([h for h in office.heard(duty) if "待报送" in h]) == before, "the reminders stop"


async def test_the_written_report_is_a_duty_of_its_own_with_its_button_text_and_evidence(tmp_path: Path) -> None:
    async with room(tmp_path / "data", NIGHT, settings("longjiang-county")) as county:
        duty = county.duty.duty_officer
        await county.landslide(graded(Level.MAJOR, NIGHT))
        assert [(await clock(county, c)).due_at for c in ("upward_report", "upward_written")] == [at("02:54"), at("03:24")]
        await county.press(duty, "收到")
        await county.type(duty, "报送 1 县总值班室张主任接报")
        assert await state(county, "upward_report") is ClockState.MET
        assert await state(county, "upward_written") is ClockState.PENDING, "the call does not fulfil the written duty"
        assert "书面报告底稿" in await county.type(duty, "底稿 1")
        await county.forward(minutes=46)
        assert any("待报送" in h and "03:24前书面报总值班室" in h and "书面已报" in h for h in county.heard(duty))
        await county.press(duty, "书面已报")
        assert await state(county, "upward_written") is ClockState.MET
        assert await state(county, "response_48h") is ClockState.PENDING
        assert [e.kind for e in (await county.incident()).evidence] == ["upward_reported", "upward_written"]
        text = await reviewed(county)
        assert "书面报告上级总值班室" in text
        assert "书面：书面报告" in text
        assert "尚未发布" in await county.type(duty, "底稿 1"), "a written report is no release"


async def test_a_report_in_writing_leaves_the_call_owed(tmp_path: Path) -> None:
    async with room(tmp_path / "data", NIGHT, settings("longjiang-county")) as county:
        await county.landslide(graded(Level.MAJOR, NIGHT))
        await county.type(county.duty.duty_officer, "书面报送 1 02:24 县政府总值班室")
        assert await state(county, "upward_written") is ClockState.MET
        assert await state(county, "upward_report") is ClockState.PENDING


async def test_where_no_rule_sets_a_limit_in_writing_there_is_no_such_clock(office: Room) -> None:
    await office.landslide(graded(Level.MAJOR, NIGHT))
    assert "upward_written" not in {c.code for c in (await office.incident()).clocks}


async def test_a_public_release_leaves_the_report_upward_owed(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide(graded(Level.MAJOR, NIGHT))
    await office.type(duty, "已发布 1 https://luxi.example/1")
    assert await state(office, "first_statement_5h") is ClockState.MET
    assert await state(office, "upward_report") is ClockState.PENDING
    await office.forward(minutes=31)
    await office.service.audit()  # as every minute
    assert await state(office, "upward_report") is ClockState.OVERDUE
    assert any(("首报" in h and "已过时限" in h) or "待报送" in h for h in office.heard(office.duty.duty_leader))


async def test_a_report_entered_late_keeps_both_times_and_turns_on_time_only_with_a_second_person(office: Room) -> None:
    duty, leader = office.duty.duty_officer, office.duty.duty_leader
    await office.landslide(graded(Level.MAJOR, NIGHT))
    await office.forward(minutes=50)
    assert await state(office, "upward_report") is ClockState.OVERDUE
    assert "待第二人复核" in await office.type(duty, "报送 1 02:40 县总值班室张主任接报")
    assert await state(office, "upward_report") is ClockState.OVERDUE
    assert "须由另一人复核" in await office.type(duty, "同意 1")
    await office.type(leader, "同意 1")
    done = await clock(office, "upward_report")
    assert (done.state, done.satisfied_at) == (ClockState.MET, at("02:40"))
    item = (await office.incident()).evidence[-1]
    assert (item.at, item.recorded_at) == (at("02:40"), at("03:14"))
    assert "张主任" in item.detail
    text = await reviewed(office)
    assert "02:40" in text
    assert "03:14" in text


async def test_a_report_that_is_simply_late_is_recorded_late_by_one_person(office: Room) -> None:
    await office.landslide(graded(Level.MAJOR, NIGHT))
    await office.forward(minutes=50)
    await office.type(office.duty.duty_officer, "报送 1 03:05 县总值班室张主任接报")
    assert await state(office, "upward_report") is ClockState.MET_LATE


@pytest.mark.parametrize(
    ("line", "word"),
    [("报送 1 01:00 张主任", "早于事件起点"), ("报送 1 11-22 09:00 张主任", "还没到")],
    ids=["before-the-matter", "planned"],
)
async def test_what_cannot_be_true_is_not_recorded(office: Room, line: str, word: str) -> None:
    await office.landslide(graded(Level.MAJOR, NIGHT))
    assert word in await office.type(office.duty.duty_officer, line)
    assert (await office.incident()).evidence == ()


async def test_only_the_principal_waives_and_names_the_clock_and_the_reason(office: Room) -> None:
    await office.landslide(graded(Level.MAJOR, NIGHT))
    assert "主要负责人" in await office.type(office.duty.duty_leader, "免除 1 首报 上级已在现场")
    head = principal(office)
    assert "理由" in await office.type(head, "免除 1 首报")
    assert "已免除" in await office.type(head, "免除 1 首报 上级已在现场指挥")
    assert await state(office, "upward_report") is ClockState.WAIVED
    assert await state(office, "first_statement_5h") is ClockState.PENDING
    (event,) = [e for e in await office.desk.store.events("incident:1") if e.kind == "waived"]
    assert (event.data["basis"], event.actor) == ("上级已在现场指挥", head.lower())


async def test_a_start_is_moved_later_with_evidence_and_a_second_person_only(office: Room) -> None:
    duty, leader = office.duty.duty_officer, office.duty.duty_leader
    await office.landslide(graded(Level.MAJOR, NIGHT))
    await office.type(duty, "起算 1 02:10 现场群众通话记录")
    assert (await clock(office, "first_statement_5h")).due_at == at("07:10")
    await office.forward(minutes=10)
    assert "依据" in await office.type(duty, "起算 1 02:20")
    await office.type(duty, "起算 1 02:20 接警平台记录")
    assert (await clock(office, "first_statement_5h")).due_at == at("07:10")
    await office.type(leader, "同意 1")
    moved = await clock(office, "first_statement_5h")
    assert (moved.due_at, moved.limit_minutes) == (at("07:20"), 300)


@pytest.mark.parametrize(
    ("line", "by", "outcome"),
    [
        ("上级已发 1 https://shi.example/9", "duty_officer", "superior_release"),
        ("其他形式 1 张贴公告并入户告知", "duty_leader", "other_form"),
        ("不公开回应 1 个人诉求，线下办理", "press", "not_public"),
    ],
)
async def test_another_lawful_end_stops_the_reminders_and_is_no_on_time(office: Room, line: str, by: str, outcome: str) -> None:
    org = office.desk.settings.organisation
    people = {"duty_officer": office.duty.duty_officer, "duty_leader": office.duty.duty_leader}
    people["press"] = next(o.userid for o in org.officers if "press_office" in o.roles)
    await office.landslide(graded(Level.MAJOR, NIGHT))
    await office.type(people[by], line)
    done = await clock(office, "first_statement_5h")
    assert (done.state, done.outcome) == (ClockState.OTHER_OUTCOME, outcome)
    assert await state(office, "upward_report") is ClockState.PENDING
    before = len([h for h in office.heard(people["duty_officer"]) if "权威信息" in h and "剩" in h])
    await office.forward(hours=5)
    assert len([h for h in office.heard(people["duty_officer"]) if "权威信息" in h and "剩" in h]) == before


async def test_a_limit_already_past_when_the_grade_rose_is_listed_apart(office: Room) -> None:
    leader = office.duty.duty_leader
    await office.landslide()
    await office.forward(hours=6)
    leader = office.duty.duty_leader
    await office.type(leader, "定级 1 重大 指挥部意见")
    done = await clock(office, "first_statement_5h")
    assert (done.state, done.by_regrade) == (ClockState.OVERDUE, True)
    card = office.heard(leader)[-2]
    assert "权威信息07:24已过（提级在后）" in card
    assert "提级前已届满，评估单列" in card
    assert "07:24前" not in card
    text = await reviewed(office)
    assert "升级时已届满" in text
