"""到岗 at shift start: one press, early or late; nobody answers: the duty leader is told once and can take over in one press."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.routine import routine
from bot.shift_start import whole_lines
from tests.bot.desk_room import Room, room
from tests.builders import at

# Sunday: the night shift ends at 08:00; the day shift has its own three people


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path, at("07:30")) as made:
        await routine(made.service)  # the shift under way since yesterday is not asked
        await made.settle()
        yield made


async def begin(office: Room, minutes: int = 0) -> None:
    await office.forward(minutes=30 + minutes)
    await look(office)


async def look(office: Room) -> None:
    await routine(office.service)
    await office.settle()


def cards(office: Room, user: str, word: str) -> int:
    return sum(word in text for text in office.heard(user))


async def test_everybody_of_the_shift_gets_one_card_and_one_press_records_it(office: Room) -> None:
    assert cards(office, office.duty.duty_officer, "【到岗】") == 0
    await begin(office)
    await look(office)
    on = office.duty
    for user in (on.duty_officer, on.deputy_duty, on.duty_leader):
        assert cards(office, user, "【到岗】") == 1
    assert "已登记到岗" in await office.press(on.duty_officer, "我已到岗")
    await office.forward(minutes=20)
    await look(office)
    assert cards(office, on.duty_leader, "【未到岗】") == 0
    assert "on_duty" in [e.kind for e in await office.desk.store.events("system")]


async def test_no_answer_goes_to_the_duty_leader_once_with_the_number_and_a_press(office: Room) -> None:
    await begin(office)
    on = office.duty
    officer = office.desk.settings.organisation.officer(on.duty_officer)
    assert officer is not None
    await office.forward(minutes=14)
    await look(office)
    assert cards(office, on.duty_leader, "【未到岗】") == 0
    await office.forward(minutes=1)
    for _ in range(2):
        await look(office)
    assert cards(office, on.duty_leader, "【未到岗】") == 1
    assert officer.phone in office.shown(on.duty_leader, office.card(on.duty_leader, "由我顶班").id)
    assert cards(office, on.duty_officer, "【未到岗】") == 0
    assert ("rota", "absent") in [(p.kind, p.subject) for p in await office.desk.store.problems()]
    assert "已由您顶替" in await office.press(on.duty_leader, "由我顶班")
    assert office.duty.duty_officer == on.duty_leader
    await look(office)
    assert [p for p in await office.desk.store.problems() if p.subject == "absent"] == []


async def test_who_arrives_late_ends_the_alarm(office: Room) -> None:
    await begin(office)
    on = office.duty
    await office.forward(minutes=16)
    await look(office)
    assert "已登记到岗" in await office.type(on.duty_officer, "到岗")
    await look(office)
    assert [p for p in await office.desk.store.problems() if p.subject == "absent"] == []


async def test_who_said_so_before_the_shift_is_not_asked(office: Room) -> None:
    coming = office.desk.duty(at("08:01"))
    assert "已登记到岗（白班值班员" in await office.type(coming.duty_officer, "到岗")
    await begin(office)
    assert cards(office, coming.duty_officer, "【到岗】") == 0
    await office.forward(minutes=16)
    await look(office)
    assert cards(office, coming.duty_leader, "【未到岗】") == 0


async def test_a_signed_handover_is_presence_and_an_unsigned_one_is_not(office: Room) -> None:
    coming = office.desk.duty(at("08:01"))
    await office.type(office.duty.duty_officer, "交接")
    await begin(office)
    await office.forward(minutes=16)
    await look(office)
    assert cards(office, coming.duty_leader, "【未到岗】") == 1
    await office.press(coming.duty_officer, "我已接清")
    await look(office)
    assert [p for p in await office.desk.store.problems() if p.subject == "absent"] == []


async def test_a_desk_started_in_mid_shift_asks_nobody(tmp_path: Path) -> None:
    async with room(tmp_path / "late", at("11:00")) as made:
        for _ in range(3):
            await look(made)
            await made.forward(minutes=20)
        assert cards(made, made.duty.duty_officer, "到岗】") == 0
        assert cards(made, made.duty.duty_leader, "到岗】") == 0


def test_a_card_of_many_matters_shows_whole_lines_and_counts_the_rest() -> None:
    text = "20:02已登记到岗。在办9件：\n" + "\n".join(
        f"{n}号 石坪镇大湾村地质灾害 持续发布 滚动发布15:15已过" for n in range(1, 10)
    )
    shown = whole_lines(text)
    assert len(shown) <= 112
    assert all(line in text.split("\n") for line in shown.split("\n")[:-1])
    assert shown.endswith(f"另{9 - (shown.count('号 '))}件请回“查询”。")
    assert whole_lines("没有在办事件。") == "没有在办事件。"
