"""A step due between two beats of the metronome leaves at its instant, not at the next beat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.desk import Desk
from bot.intake import build_intake
from bot.service import Service
from bot.sooner import Sooner
from monitors.fetch import Fetcher
from tests.bot.rig import Rig, rig
from tests.builders import at


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path / "data", at("02:24")) as made:
        yield made


def service_of(desk: Desk, fetcher: Fetcher) -> Service:
    intake = build_intake(desk, fetcher, {}, None)
    return Service(desk=desk, intake=intake, pumping=asyncio.Lock(), polling=asyncio.Lock())


async def test_a_step_due_in_a_moment_does_not_wait_for_the_next_beat(desk: Rig) -> None:
    await desk.open()
    await desk.pump()
    after = await desk.desk.store.next_fire()
    assert after is not None
    async with Fetcher() as fetcher:
        sooner = Sooner(service=service_of(desk.desk, fetcher))
        desk.clock.at = after - timedelta(seconds=0.4)
        before = len(desk.shown())
        await sooner.pump()
        assert sooner.timer is not None
        assert sooner.timer.when() <= asyncio.get_running_loop().time() + 0.4
        assert len(desk.shown()) == before
        desk.clock.at = after
        async with asyncio.timeout(60):  # nothing beats here: only the timer can send it
            while len(desk.shown()) == before:
                await asyncio.sleep(0.02)
        await asyncio.gather(*sooner.running)


async def test_what_is_due_later_is_left_to_the_beats(desk: Rig) -> None:
    await desk.open()
    async with Fetcher() as fetcher:
        sooner = Sooner(service=service_of(desk.desk, fetcher))
        await sooner.pump()
        assert desk.shown()
        assert sooner.timer is None
