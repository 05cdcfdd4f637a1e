"""A pressed card always ends in the present state: updated, updated later, or followed by a new card; never twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.emulator.switches import Fault
from tests.bot.desk_room import Room, room
from tests.builders import at

UPDATE = "message/update_template_card"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", at("02:24")) as made:
        await made.landslide()
        yield made


async def pressed(office: Room, **fault: object) -> tuple[str, int, int]:
    """Press 收到 under a fault; the officer, the card, and how many cards were on the phone before."""
    officer = office.duty.duty_officer.lower()
    card = office.card(officer, "收到")
    before = len(_cards(office, officer))
    office.emulator.switches.faults.append(Fault(path=UPDATE, **fault))  # type: ignore[arg-type]
    await office.press_key(officer, card, office.keys(card)["收到"])
    return officer, card.id, before


def _cards(office: Room, officer: str) -> list[str]:
    return [str(m.content) for m in office.emulator.messages(officer) if m.msgtype == "template_card"]


async def test_a_dead_code_is_followed_by_a_new_card_that_can_be_pressed(office: Room) -> None:
    officer, ident, before = await pressed(office, kind="errcode", code=60140)
    assert len(_cards(office, officer)) == before + 1
    newest = office.card(officer)
    assert newest.id != ident
    assert "已收到" in str(newest.content)
    assert office.keys(newest), "its buttons work"


@pytest.mark.parametrize(("code", "seconds"), [(-1, 15), (45009, 65)])
async def test_a_busy_wecom_is_asked_again_and_the_card_itself_changes(office: Room, code: int, seconds: int) -> None:
    officer, ident, before = await pressed(office, kind="errcode", code=code)
    await office.forward(seconds=seconds)
    assert "已收到" in office.shown(officer, ident)
    assert len(_cards(office, officer)) == before


@pytest.mark.parametrize("kind", ["lost", "garbled", "reset"])
async def test_an_update_without_an_answer_leaves_one_right_card_and_no_second(office: Room, kind: str) -> None:
    officer, ident, before = await pressed(office, kind=kind)
    await office.forward(seconds=15)
    assert "已收到" in office.shown(officer, ident)
    assert len(_cards(office, officer)) == before
