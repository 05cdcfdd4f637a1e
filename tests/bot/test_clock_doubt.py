"""A machine whose clock is an hour wrong refuses every press as stale: that is noticed from two of them and told, a replay is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import app, clock
from tests.bot.desk_room import Room, room
from tests.builders import at


@pytest.fixture
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    off = [timedelta()]
    monkeypatch.setattr(app, "trusted_wall", lambda made: lambda: clock.wall() + off[0])
    async with room(tmp_path / "data", at("02:24")) as made:
        made.off = off  # type: ignore[attr-defined]
        yield made


def warned(office: Room) -> list[str]:
    return [h for h in office.heard(office.duty.duty_officer) if "本机时钟比企业微信" in h]


@pytest.mark.parametrize(("hours", "way"), [(-1, "慢1小时"), (2, "快2小时")])
async def test_two_presses_out_of_time_by_the_same_tell_of_the_clock_once(office: Room, hours: int, way: str) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    office.off[0] = timedelta(hours=hours)  # type: ignore[attr-defined]
    assert not await office.emulator.type(duty, "收到 1")
    assert not await office.emulator.type(duty, "收到 1")
    await office.settle()
    [said] = warned(office)
    assert way in said
    assert "请到总览办理" in said
    assert [p.kind for p in await office.desk.store.problems()] == ["clock"]
    office.off[0] = timedelta()  # type: ignore[attr-defined]
    assert "已收到" in await office.type(duty, "收到 1")
    assert await office.desk.store.problems() == []


async def test_one_old_delivery_told_again_and_again_is_a_replay_and_wakes_nobody(office: Room) -> None:
    doubt = app.ClockDoubt()
    for _ in range(3):
        await doubt.apart(office.desk, 4000.0, "the same signature")
    await doubt.apart(office.desk, 90_000.0, "another old one")
    await office.settle()
    assert warned(office) == []
