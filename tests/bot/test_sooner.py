"""A step due between two beats of the metronome leaves at its instant, not at the next beat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.desk import Desk
from bot.intake import build_intake
from bot.service import Service
from bot.sooner import Sooner
from monitors.fetch import Fetcher
from tests.bot.rig import Rig, rig
from tests.builders import at


class RunningClock:
    """Program time that runs, from a chosen instant."""

    speed = 1.0

    def __init__(self, start: datetime) -> None:
        self.shift = start - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


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
        sooner = Sooner(service=service_of(desk.desk, fetcher))  # before the clock runs: it loads the lexicons
        desk.desk.clock = RunningClock(after - timedelta(seconds=0.4))
        before = len(desk.shown())
        await sooner.pump()
        assert sooner.timer is not None
        assert len(desk.shown()) == before
        for _ in range(40):
            await asyncio.sleep(0.05)
            if len(desk.shown()) > before:
                break
        late = (desk.desk.now() - after).total_seconds()
        await asyncio.gather(*sooner.running)
    assert len(desk.shown()) > before
    assert late < 0.9


async def test_what_is_due_later_is_left_to_the_beats(desk: Rig) -> None:
    await desk.open()
    async with Fetcher() as fetcher:
        sooner = Sooner(service=service_of(desk.desk, fetcher))
        await sooner.pump()
        assert desk.shown()
        assert sooner.timer is None
