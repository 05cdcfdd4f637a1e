"""The database takes nothing for longer than WeCom tries: what officers did meanwhile is worked when it takes again, once, or told."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import inbox, replies
from bot.held import MOST, STALE, Held
from bot.mute import PATIENCE
from bot.pulse import Pulse
from bot.steady import SteadyClock
from bot.store import StoreError, sqlite
from bot.store.sqlite import FILE
from bot.watch import Watch
from bot.wecom.crypto import CallbackMessage
from tests.bot.desk_room import Room, room
from tests.builders import at, settings

NIGHT = at("02:24")


@pytest.fixture
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    monkeypatch.setattr(sqlite, "BUSY_MS", 50)
    async with room(tmp_path / "data", NIGHT) as made:
        yield made


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another program holds the database file."""
    other = sqlite3.connect(folder / FILE, isolation_level=None)
    other.execute("begin immediate")
    try:
        yield
    finally:
        other.execute("rollback")
        other.close()


def typed(user: str, text: str, key: str) -> CallbackMessage:
    return CallbackMessage(
        kind="text", user=user, content=text, selected={}, created_at=NIGHT, agent_id=1, msg_id=key, dedupe_key=key
    )


async def refused(office: Room, tmp_path: Path, *messages: CallbackMessage) -> None:
    with locked(tmp_path / "data"):
        for message in messages:
            with pytest.raises(StoreError):
                await inbox.accept(office.desk, message)


async def test_what_was_typed_while_the_database_was_locked_is_worked_when_it_is_free(office: Room, tmp_path: Path) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    verify = typed(duty, "核实 1 属实 现场民警", "k1")
    await refused(office, tmp_path, verify, verify)
    assert "verified" not in await office.events()
    await office.settle()
    assert (await office.events()).count("verified") == 1
    assert not await inbox.accept(office.desk, verify), "delivered once more by WeCom, it is known"
    await office.settle()
    assert (await office.events()).count("verified") == 1
    assert any("已登记核实结果" in h for h in office.heard(duty))


async def test_what_waited_too_long_is_not_worked_unseen_but_told(office: Room, tmp_path: Path) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    await refused(office, tmp_path, typed(duty, "收到 1", "k1"))
    office.clock.advance_to(NIGHT + STALE + timedelta(minutes=1))
    await office.settle()
    assert not (await office.incident()).acknowledgements
    assert any("02:24写不进数据库" in h and "没有办理" in h for h in office.heard(duty))
    assert office.desk.held.rows == {}


def test_no_more_is_held_than_memory_is_meant_to_bear() -> None:
    held = Held()
    for n in range(MOST + 5):
        held.keep(f"k{n}", NIGHT, {})
    assert len(held.rows) == MOST


async def test_a_command_met_by_a_failing_database_half_way_is_worked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = settings()
    rules = replace(rules, bot=replace(rules.bot, lease_seconds=1))
    async with room(tmp_path / "data", NIGHT, rules) as office:
        duty, real, calls = office.duty.duty_officer, inbox.act, [0]
        await office.landslide()

        async def failing(*args: Any) -> Any:
            calls[0] += 1
            if calls[0] == 1:
                raise StoreError("磁盘已满。")
            return await real(*args)

        monkeypatch.setattr(inbox, "act", failing)
        assert await office.type(duty, "核实 1 属实 现场民警") == ""
        await asyncio.sleep(1.1)  # the lease
        await office.settle()
        assert (await office.events()).count("verified") == 1
        assert any("已登记核实结果" in h for h in office.heard(duty))


async def test_a_command_that_breaks_inside_is_answered_not_met_with_silence(
    office: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> str:
        raise RuntimeError("broken")

    await office.landslide()
    with monkeypatch.context() as patch:
        patch.setattr(replies, "listing", broken)
        assert "没有办成" in await office.type(office.duty.duty_officer, "查询")
    assert "在办1件" in await office.type(office.duty.duty_officer, "查询")
    assert [p.kind for p in await office.desk.store.problems()] == ["callback"]


async def test_a_desk_that_cannot_write_says_so_past_its_database_once_and_tells_the_end(office: Room, tmp_path: Path) -> None:
    pulse = Pulse(desk=office.desk, url="")
    watch = Watch(service=office.service, clock=SteadyClock(), pulse=pulse, rearm=lambda: None)
    duty = office.duty.duty_officer

    async def look(seconds: float) -> None:
        office.clock.advance_to(office.clock.now() + timedelta(seconds=seconds))
        await watch.guarded()

    await look(1)
    with locked(tmp_path / "data"):
        await look(20)
        await look(30)
        assert office.heard(duty) == [], "a short lock wakes nobody"
        await look(PATIENCE.total_seconds())
        await look(30)
    [said] = office.heard(duty)
    assert "值班台写不进数据：数据库被其他程序锁住" in said
    assert "请改用电话" in said
    await look(1)
    await office.settle()
    assert len(office.heard(duty)) == 2
    assert "恢复写入" in office.heard(duty)[-1]
    assert len(office.heard(office.duty.deputy_duty)) == 0
