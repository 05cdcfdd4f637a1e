"""Who asks much in one minute gets the answers that had to wait as one message, in order, nothing lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.metering import ANSWER
from tests.bot.desk_room import Room, room
from tests.builders import at


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", at("02:24")) as made:
        yield made


def texts(office: Room, user: str) -> list[str]:
    return [str(m.content["content"]) for m in office.emulator.messages(user) if m.msgtype == "text"]


async def test_answers_that_wait_leave_as_one_in_the_order_asked(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    asked = [f"详情 {n}" for n in range(50, 80)]
    for line in asked:
        office.clock.advance_to(office.clock.now() + timedelta(seconds=0.2))
        await office.type(duty, line)
    at_once = texts(office, duty)
    assert 5 < len(at_once) < 20
    assert ANSWER == 3
    await office.forward(minutes=2)
    late = texts(office, duty)[len(at_once) :]
    assert len(late) == 1, late
    head, *lines = late[0].splitlines()
    assert head == f"以下是排队晚到的{len(lines)}条答复，自02:24起，按先后排列："
    assert len(at_once) + len(lines) == len(asked)
    numbers = [f"没有{n}号事件" for n in range(50 + len(at_once), 80)]
    assert [n for line, n in zip(lines, numbers, strict=True) if n not in line] == []
    await office.forward(minutes=5)
    assert len(texts(office, duty)) == len(at_once) + 1, "what went along is not sent again"
    assert await office.desk.store.pending_messages() == 0


async def test_equal_answers_are_counted_and_a_single_late_one_says_since_when(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    for _ in range(20):
        await office.type(duty, "收到 1")
    first = len(texts(office, duty))
    await office.forward(minutes=2)
    [late] = texts(office, duty)[first:]
    assert late.splitlines()[1].endswith(f"（{20 - first}条相同）")
    for n in range(16):
        await office.type(duty, f"详情 {n + 50}")
    before = len(texts(office, duty))
    await office.forward(minutes=2)
    rest = texts(office, duty)[before:]
    assert all(t.startswith(("以下是排队晚到的", "（排队晚到，")) for t in rest)
