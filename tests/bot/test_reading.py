"""Answers to questions: the wording in force, where a matter is stuck and whom to ring."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.labels import BEIJING
from tests.bot.desk_room import Room, room
from tests.builders import at


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", at("02:24")) as made:
        yield made


async def test_wording_in_force_shows_old_versions_struck_out(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    assert "正在核实，以官方发布为准" in await office.type(duty, "口径 1")
    await office.type("chenjing", "口径 1 第一版说法")
    await office.type("chenjing", "口径 1 第二版说法")
    await office.type("chenjing", "审定 1 何平")
    answer = await office.type(duty, "口径 1")
    assert "第2版" in answer
    assert "何平审定" in answer
    assert "（已作废）第1版：第一版说法" in answer
    await office.type(duty, "情况有变 1")
    assert "先前口径停用" in await office.type(duty, "口径 1")


async def test_where_it_is_stuck_is_answered_with_the_number_to_call(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    await office.type(duty, "核实 1 属实 现场")
    await office.type(duty, "交办 1 应急管理局")
    await office.forward(minutes=18)
    answer = await office.type(duty, "卡在 1")
    assert "卡在：应急管理局签收，已18分钟" in answer
    assert "值班电话0000-6221119" in answer


async def test_where_it_is_stuck_names_the_person_who_holds_it_now(office: Room) -> None:
    duty = office.duty.duty_officer
    officer = office.desk.settings.organisation.officer(duty)
    await office.landslide()
    assert officer is not None
    assert f"请找{officer.name} {officer.phone}" in await office.type("chenjing", "卡在 1")
    for unit, user in (("应急管理局", "liqiang"), ("自然资源局", "zhaomin")):
        await office.type(duty, f"核实 1 属实 {unit}")
        await office.type(duty, f"交办 1 {unit}")
        await office.type(user, "退回 1 不属本局职责；三定规定")
    assert "裁定人裁定牵头" in (said := await office.type(duty, "卡在 1"))
    assert "请找方远" in said


async def test_what_waits_for_a_second_person_is_stuck_there_although_something_was_published(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    for line in ("核实 1 属实 现场", "数字 1 遇难11 指挥部", "交办 1 应急管理局", "已发布 1 https://lx.example.gov.cn/1"):
        await office.type(duty, line)
    assert "没有卡住的环节" in await office.type(duty, "卡在 1")
    await office.forward(hours=25)
    late, boss = office.duty.duty_officer, office.desk.settings.organisation.officer(office.duty.duty_leader)
    held = f"{(await office.incident()).opened_at.astimezone(BEIJING) + timedelta(hours=3):%m-%d %H:%M}"
    assert "待第二人复核" in await office.type(late, f"发布会 1 {held} 县政府")
    said = await office.type(late, "卡在 1")
    assert boss is not None
    assert "1号卡在：第二人复核" in said
    assert f"请找{boss.name}" in said


async def test_what_was_noted_as_done_stands_in_the_draft_of_the_report_upward(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    await office.type(duty, "核实 1 属实 现场")
    await office.type(duty, "补录 1 昨天23:50 镇里已转移20户56人。")
    await office.type(duty, "口径 1 正在全力救援")
    draft = await office.type(duty, "底稿 1")
    done = next(line for line in draft.splitlines() if line.startswith("六、已采取措施"))
    assert done.endswith("11月21日23:50镇里已转移20户56人")
    assert "正在全力救援" not in done
