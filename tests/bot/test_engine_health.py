"""The engine's figures are read from the database: lateness of what left, what waits, leases, the last audit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.engine_health import EngineHealth, engine_health
from bot.engine_words import engine_lines
from bot.tick import tick
from config.schema import Level
from monitors.item import Item
from tests.bot.rig import Rig, rig
from tests.builders import at, graded, hours

NOW = at("02:24")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path / "data", NOW) as made:
        yield made


async def health(desk: Rig, wall: datetime | None = None) -> EngineHealth:
    return await engine_health(desk.desk.store, desk.desk.now(), wall or desk.desk.lease()[0])


async def test_an_empty_desk_has_no_lateness_and_nothing_waits(desk: Rig) -> None:
    seen = await health(desk)
    assert (seen.figures.sent, seen.figures.p50, seen.figures.unsent, seen.oldest_wait, seen.audit) == (0, None, 0, 0.0, None)


async def test_lateness_is_from_the_steps_time_to_its_message_leaving(desk: Rig) -> None:
    await desk.open(graded(Level.MAJOR, NOW))
    desk.clock.forward(seconds=7)
    await desk.pump()
    seen = await health(desk)
    assert seen.figures.sent > 0
    assert (seen.figures.p50, seen.figures.worst) == (7.0, 7.0)
    desk.clock.forward(hours=1, seconds=1)
    assert (await health(desk)).figures.sent == 0


async def test_the_oldest_step_that_did_not_leave_is_named_until_it_has(desk: Rig) -> None:
    desk.down()
    await desk.open(graded(Level.MAJOR, NOW))
    await desk.pump()
    desk.clock.forward(seconds=90)
    seen = await health(desk)
    assert seen.figures.oldest_unsent == NOW
    assert (seen.oldest_wait, seen.figures.unsent > 0, seen.figures.queued > 0) == (90.0, True, True)
    desk.up()
    await desk.until(NOW + timedelta(minutes=3))
    assert (await health(desk)).figures.queued == 0


async def test_leases_in_force_and_run_out_are_counted(desk: Rig) -> None:
    await desk.open()
    wall, lease = desk.desk.lease()
    rows = await desk.desk.store.claim_steps(desk.desk.now(), wall, "died", lease, 10)
    assert len(rows) > 0
    await desk.desk.store.hold_lease("join", "p1", wall, lease)
    seen = await health(desk, wall)
    assert (seen.figures.held, seen.figures.expired, [x[:2] for x in seen.figures.leases]) == (len(rows), 0, [("join", "p1")])
    seen = await health(desk, lease + timedelta(seconds=1))
    assert (seen.figures.held, seen.figures.expired, seen.figures.leases) == (0, len(rows), ())


async def test_the_last_audit_is_remembered_for_other_processes(desk: Rig) -> None:
    await desk.open(graded(Level.MAJOR, NOW))
    await tick(desk.desk)
    desk.clock.at = NOW + hours(1)
    await desk.audit()
    seen = (await health(desk)).audit
    assert seen is not None
    assert (seen.at, seen.incidents, seen.clean) == (NOW + hours(1), 1, False)
    assert seen.stalled > 0


async def test_items_the_search_index_does_not_hold_yet_are_counted_and_said_until_it_does(desk: Rig) -> None:
    store = desk.desk.store
    for n in range(3):
        await store.add_item(Item(id=f"i{n}", source="web", title=f"停水通知{n}", seen_at=NOW))
    seen = await health(desk)
    assert seen.figures.unindexed == 3
    assert "待编入检索3条" in engine_lines(seen)[0].detail
    while await store.index_items(2):
        pass
    seen = await health(desk)
    assert seen.figures.unindexed == 0
    assert "检索" not in engine_lines(seen)[0].detail
