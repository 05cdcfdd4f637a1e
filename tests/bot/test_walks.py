"""Random walks of officers, clocks and faults through the real callback, store and strict emulator: no step that may not be, no silence.

`YQBOT_CHAOS=1` walks 10,000 times on new paths (`YQBOT_CHAOS_WALKS` changes the number).
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as tuning
from hypothesis import strategies as st

from bot.store.database import SqlStore
from bot.store.verify import verify
from tests.bot.desk_room import Room, room
from tests.bot.walking import FAULTS, LINES, OFFICERS, STRANGER, Walk
from tests.builders import at

CHAOS = os.environ.get("YQBOT_CHAOS") == "1"
WALKS = int(os.environ.get("YQBOT_CHAOS_WALKS", "10000" if CHAOS else "24"))
TO_A_ROOM = 8
"""Walks in one room: matters of earlier walks stay open beside the new one, which costs time with their number."""
PROGRESS = 250
"""Walks between two lines of a long run, so that one stopped early says how far it came."""

Act = tuple[str, tuple[int | str, ...]]


def act(name: str, *args: st.SearchStrategy[int] | st.SearchStrategy[str]) -> st.SearchStrategy[Act]:
    return st.tuples(st.just(name), st.tuples(*args))


SMALL = st.integers(0, 11)
PERSON = st.integers(0, len(OFFICERS) - 1)
TYPED = act("types", PERSON, st.integers(0, len(LINES) - 1))
PRESSED = act("presses", PERSON, SMALL, SMALL)
ACTS = st.one_of(
    act("goes_on"),
    act("goes_on"),
    act("goes_on"),
    TYPED,
    TYPED,
    PRESSED,
    PRESSED,
    act("waits", st.sampled_from((1, 4, 15, 61, 150))),
    act("trouble", st.integers(0, len(FAULTS) - 1), st.integers(1, 3)),
    act("callbacks", st.sampled_from(("normal", "duplicate", "hold", "drop"))),
)


@dataclass(slots=True)
class Rooms:
    """One room after the other, each for a few walks."""

    runner: asyncio.Runner
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    office: Room | None = None
    used: int = 0
    states: set[str] = field(default_factory=set)
    reasons: set[str] = field(default_factory=set)

    async def next_room(self) -> Room:
        if self.office is None or self.used % TO_A_ROOM == 0:
            await self.close()
            folder = self.stack.enter_context(tempfile.TemporaryDirectory(prefix="walks-"))
            self.office = await self.stack.enter_async_context(room(Path(folder) / "data", at("02:24")))
            desk, org = self.office.desk, self.office.desk.settings.organisation
            known = tuple(o for o in org.officers if o.userid != STRANGER)
            desk.settings = replace(desk.settings, organisation=replace(org, officers=known))
        self.used += 1
        if self.used % PROGRESS == 0:
            print(f"{self.used} walks", flush=True)
        return self.office

    async def close(self) -> None:
        await self.stack.aclose()
        self.stack, self.office = AsyncExitStack(), None

    async def walk(self, acts: Sequence[Act], sort: int) -> None:
        office = await self.next_room()
        data = ({}, {"high_consequence": True}, {"label": "N", "category": "land_expropriation"})[sort]
        opened = await office.landslide(**data)
        one = Walk(office, opened.number)
        await one.begin()
        for name, args in acts:
            await getattr(one, name)(*args)
        await one.end()
        self.states |= one.states
        self.reasons |= one.reasons
        store = office.desk.store
        assert isinstance(store, SqlStore)
        assert (await store.engine.read(verify)).faults == ()


@pytest.mark.slow
def test_officers_clocks_and_faults_in_random_order() -> None:
    with asyncio.Runner() as runner:
        rooms = Rooms(runner)

        @given(st.lists(ACTS, min_size=8, max_size=18), st.integers(0, 2))
        @tuning(
            max_examples=WALKS,
            deadline=None,
            derandomize=not CHAOS,
            database=None,
            phases=(Phase.generate,),  # a walk depends on those before it in the room; the failing walk itself is printed
            suppress_health_check=list(HealthCheck),
        )
        def walks(acts: Sequence[Act], sort: int) -> None:
            runner.run(rooms.walk(acts, sort))

        try:
            walks()
        finally:
            runner.run(rooms.close())
        assert rooms.used >= WALKS
        assert {"verifying", "assessing", "assigned", "responding"} <= rooms.states, "the walks went nowhere"
        assert "wrong_role" in rooms.reasons
        assert len(rooms.reasons) >= 5, rooms.reasons
        print(f"{rooms.used} walks; states {sorted(rooms.states)}; reasons {sorted(rooms.reasons)}")
