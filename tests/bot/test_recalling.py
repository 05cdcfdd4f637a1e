"""撤回: what was wrongly sent is off the phones, the present state is on them, and no step or clock was touched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.desk_room import Room, room
from tests.builders import at


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", at("09:00")) as made:
        await made.landslide()
        yield made


def cards(office: Room, user: str) -> list[tuple[bool, str]]:
    found = [m for m in office.emulator.messages(user) if m.msgtype == "template_card"]
    return [(m.recalled, str(m.content["main_title"].get("desc", ""))) for m in found]


async def test_every_card_of_the_matter_is_taken_off_and_the_present_state_follows(office: Room) -> None:
    duty, leader = office.duty.duty_officer, office.duty.duty_leader
    before = await office.incident()
    said = await office.type(duty, "撤回 1 标题里带了个人信息")
    assert "1号已撤回2条，2人另收到现状卡片" in said
    for user in (duty, leader):
        [old, new] = cards(office, user)
        assert old[0]
        assert not new[0]
        assert "以本卡为准" in new[1]
    after = await office.incident()
    assert after.clocks == before.clocks
    assert [n.text for n in after.notes if n.kind == "recalled"] == ["标题里带了个人信息（2条）"]
    assert (await office.service.audit()).clean


async def test_the_new_card_works_like_the_old_one(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.type(duty, "撤回 1 写错地名")
    await office.press(duty, "收到")
    assert "acknowledged" in await office.events()
    assert len(cards(office, office.duty.duty_leader)) == 2, "what was taken back is updated no more"


async def test_a_file_goes_too(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.type(duty, "报告 1")
    await office.type(duty, "撤回 1 发早了")
    [paper] = [m for m in office.emulator.messages(duty) if m.msgtype == "file"]
    assert paper.recalled


async def test_nothing_is_taken_back_twice(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.type(duty, "撤回 1 写错地名")
    assert "1号已撤回2条" in await office.type(duty, "撤回 1 又写错"), "the two cards that followed"
    assert [old for old, _ in cards(office, duty)] == [True, True, False]


async def test_after_a_day_it_is_too_late_and_said(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.type(duty, "排除 1 非本地")
    await office.forward(hours=25)
    said = await office.type(office.duty.duty_officer, "撤回 1 写错地名")
    assert "没有可以撤回的消息" in said
    assert "电话更正" in said


async def test_a_reason_is_asked_for_and_others_are_told_whom_to_tell(office: Room) -> None:
    assert "请写明撤回的原因" in await office.type(office.duty.duty_officer, "撤回 1")
    liaison = next(o.userid for o in office.desk.settings.organisation.officers if o.roles == ("unit_liaison",))
    assert "撤回由值班员、带班领导或新闻办办理" in await office.type(liaison, "撤回 1 想撤")
    assert not any(old for old, _ in cards(office, office.duty.duty_officer))


async def test_what_wecom_does_not_take_back_is_said(office: Room) -> None:
    office.emulator.office.trusted_ips = ["192.0.2.1"]
    user = office.duty.duty_officer
    assert await office.emulator.type(user, "撤回 1 写错地名")
    await office.settle()
    office.emulator.office.trusted_ips = []
    await office.forward(minutes=2)
    heard = "".join(office.heard(user))
    assert "1号的消息没有撤回。有2条没有撤回" in heard
    assert "可信IP" in heard


async def test_a_merged_matter_names_where_it_went(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide(title="大湾村又一处滑坡", place={"county": "鹿溪县", "detail": "大湾村二组"})
    assert "并" in await office.type(duty, "并案 2 1")
    assert "已并入1号，请看：详情 1" in await office.type(duty, "详情 2")
