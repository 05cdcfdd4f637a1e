"""What a restart after a kill must find: free leases, the same first polls, and answers given as if for the first time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import clock as system
from bot import replies
from bot.desk import act
from bot.tick import tick
from playbooks.incident import Actor
from tests.bot.rig import Rig, rig

START = datetime(2026, 11, 20, 18, 10, tzinfo=UTC)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path, START) as ready:
        yield ready


def watch_officer(desk: Rig) -> Actor:
    actor = desk.desk.actor(desk.watch()[0])
    assert actor is not None
    return actor


@pytest.mark.parametrize(
    ("code", "fields", "kind"),
    [
        ("figure", {"figures": {"deaths": 4}, "source": "zhb"}, "figure"),
        ("note", {"note": "talking_points", "text": "正在核实"}, "noted"),
        ("verify", {"result": "true"}, "verified"),
        ("report_up", {"detail": "首报"}, "evidence"),
    ],
)
async def test_a_delivery_worked_again_records_nothing_and_answers_the_same(
    desk: Rig, code: str, fields: dict[str, object], kind: str
) -> None:
    await desk.open()
    officer = watch_officer(desk)
    incident, events = await act(desk.desk, 1, code, officer, fields, "delivery-1")
    first = replies.done(incident, events, desk.desk.settings, desk.clock.now())
    incident, events = await act(desk.desk, 1, code, officer, fields, "delivery-1")
    assert replies.done(incident, events, desk.desk.settings, desk.clock.now()) == first
    recorded = [e.kind for e in await desk.desk.store.events("incident:1")]
    assert recorded.count(kind) == 1


async def test_the_same_wish_in_a_new_delivery_is_a_new_act(desk: Rig) -> None:
    await desk.open()
    for delivery in ("delivery-1", "delivery-2"):
        await act(desk.desk, 1, "note", watch_officer(desk), {"text": "道路已抢通"}, delivery)
    recorded = [e.kind for e in await desk.desk.store.events("incident:1")]
    assert recorded.count("noted") == 2


@pytest.mark.parametrize(("alone", "taken"), [(True, True), (False, False)], ids=["alone", "shared"])
async def test_what_a_killed_process_had_claimed_is_free_at_once_only_where_no_other_can_live(
    desk: Rig, alone: bool, taken: bool
) -> None:
    await desk.open()
    wall = system.wall()
    dead = await desk.desk.store.claim_steps(desk.clock.now(), wall, "dead", wall + timedelta(seconds=30), 500)
    assert dead
    opened = wall + timedelta(seconds=1)  # a store is opened again after the kill, never within the millisecond of the claim
    desk.desk.alone_since = opened if alone else None
    assert bool(await tick(desk.desk)) is taken


async def test_its_own_claims_are_not_taken_twice_by_a_process_alone_on_its_store(desk: Rig) -> None:
    await desk.open()
    desk.desk.alone_since = system.wall()
    wall, until = desk.desk.lease()
    assert await desk.desk.store.claim_steps(desk.clock.now(), wall, "p1", until, 500)
    assert await tick(desk.desk) == 0
