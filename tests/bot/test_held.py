"""The database takes nothing for longer than WeCom tries: what officers did meanwhile is worked when it takes again, once, or told."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot import inbox
from bot.held import MOST, STALE, Held
from bot.store import StoreError
from bot.store.sqlite import FILE
from bot.wecom.crypto import CallbackMessage
from tests.bot.desk_room import Room, room
from tests.builders import at

NIGHT = at("02:24")


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
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
