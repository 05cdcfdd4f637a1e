"""Two officers check one matter and register opposite results in the same minute: nobody goes on believing his own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.desk_room import Room, room
from tests.builders import at


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", at("02:24")) as made:
        yield made


async def test_both_hear_of_it_with_the_number_to_call(office: Room) -> None:
    duty, leader = office.duty.duty_officer, office.duty.duty_leader
    await office.landslide()
    assert "不一致" not in await office.type(duty, "核实 1 属实 现场民警")
    before = len(office.heard(duty))
    said = await office.type(leader, "核实 1 不实 镇里回话")
    mine = office.desk.settings.organisation.officer(duty)
    other = office.desk.settings.organisation.officer(leader)
    assert mine is not None
    assert other is not None
    assert f"注意：{mine.name} {mine.phone} 02:24登记的是“属实”，与您的不一致，请马上电话核对。" in said
    told = " ".join(office.heard(duty)[before:])
    assert f"{other.name} {other.phone} 02:24登记核实结果“不实”，与您登记的“属实”不一致" in told
    assert "不一致" not in await office.type(leader, "核实 1 属实 到现场看过"), "the last word of each counts"


async def test_two_presses_in_the_same_second_say_so_on_the_later_card(office: Room) -> None:
    duty, leader = office.duty.duty_officer, office.duty.duty_leader
    await office.landslide()
    await office.emulator.press(duty, office.card(duty).id, "1|verify|true")
    await office.emulator.press(leader, office.card(leader).id, "1|verify|false")
    await office.settle()
    assert "登记的是“属实”，与您的不一致" in office.shown(leader, office.card(leader).id)
    assert "与您登记的“属实”不一致" in " ".join(office.heard(duty))


async def test_agreement_and_what_cannot_be_checked_are_no_contradiction(office: Room) -> None:
    duty, leader = office.duty.duty_officer, office.duty.duty_leader
    await office.landslide()
    for user, line in ((duty, "核实 1 属实 民警"), (leader, "核实 1 部分属实 镇里"), (leader, "核实 1 无法核实 镇里")):
        assert "不一致" not in await office.type(user, line)
