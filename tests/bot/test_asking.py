"""What is not clear is asked back with buttons; what is clear enough is not."""

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


async def test_without_a_number_and_with_several_matters_it_is_asked_back_with_buttons(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    await office.landslide(title="青山乡滑坡", place={"county": "鹿溪县", "detail": "青山乡"})
    assert await office.type(duty, "已报带班") == ""
    shown = await office.press(duty, "2号青山乡")
    assert "已选：已报带班 2" in shown
    assert "已记录电话报告带班领导" in shown
    assert not (await office.incident(1)).leader_told
    assert (await office.incident(2)).leader_told


async def test_a_choice_pressed_twice_or_by_two_deliveries_happens_once(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    await office.landslide(title="青山乡滑坡", place={"county": "鹿溪县", "detail": "青山乡"})
    await office.type(duty, "补录 02:20 已通知镇里")
    card = office.card(duty, "2号青山乡")
    office.emulator.switches.callbacks = "duplicate"
    await office.press_key(duty, card, office.keys(card)["2号青山乡"])
    assert (await office.events(2)).count("noted") == 1
    assert (await office.events(1)).count("noted") == 0


@pytest.mark.parametrize(
    ("words", "lead", "support"),
    [
        ("环境 水利局", "sthjj", ("slj",)),
        ("应急局 自然资源局", "yjj", ("zrzyj",)),
        ("水利局 自然资源局", "slj", ("zrzyj",)),
        ("水利局、自然资源局、公安局", "slj", ("zrzyj", "gaj")),
        ("请水利局会同自然资源局办理", "slj", ("zrzyj",)),
    ],
)
async def test_the_unit_named_first_leads_and_a_shortened_name_is_enough(
    office: Room, words: str, lead: str, support: tuple[str, ...]
) -> None:
    await office.landslide()
    await office.type(office.duty.duty_officer, f"交办 1 {words}")
    incident = await office.incident()
    assert incident.assignment is not None
    assert (incident.primary_unit, incident.assignment.supporting) == (lead, support)


async def test_a_first_word_that_names_no_unit_is_refused_whatever_follows(office: Room) -> None:
    await office.landslide()
    assert "没有找到这个单位" in await office.type(office.duty.duty_officer, "交办 1 烟草 水利局")
    assert not (await office.incident()).primary_unit


async def test_of_several_units_that_fit_one_is_pressed(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    assert await office.type(duty, "交办 1 河镇") == ""
    await office.press(duty, "柳河镇")
    assert (await office.incident()).primary_unit == "lhz"


async def test_a_draft_to_be_proofread_is_never_kept_in_a_button(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    await office.landslide(title="青山乡滑坡", place={"county": "鹿溪县", "detail": "青山乡"})
    assert (await office.type(duty, "体检 今晨某地发生滑坡")).startswith("请写明编号")
