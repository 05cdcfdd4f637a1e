"""Many who change one matter at once: each is heard, whoever else writes, in this process or another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import Running
from bot.clock import VirtualClock
from bot.desk import Desk, act, change
from bot.store.verify import verify
from bot.turns import Turns
from monitors.item import Item, ItemKind
from playbooks import triage
from playbooks.incident import Event, Incident
from tests.bot.sources_server import desk_of
from tests.builders import OFFICER, at

EACH = 25


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with desk_of(tmp_path, VirtualClock(at("09:00"))) as made:
        yield made


async def opened(running: Running, *titles: str) -> list[int]:
    now = running.service.desk.now()
    items = [Item(id=f"i{n}", source="s", title=title, seen_at=now, kind=ItemKind.FEED) for n, title in enumerate(titles)]
    await running.service.desk.store.add_items(items)
    numbers = (await running.service.intake.join()).values()
    return sorted(n for n in numbers if n is not None)


async def notes(desk: Desk, number: int, who: str) -> None:
    for n in range(EACH):
        await act(desk, number, "note", OFFICER, {"text": f"{who}记{n}"})


async def test_everybody_who_writes_at_once_is_heard_in_this_process_and_in_two_others(running: Running) -> None:
    desk = running.service.desk
    (number,) = await opened(running, "鹿溪县石坪镇大湾村山体滑坡")
    others = [replace(desk, owner=name, turns=Turns()) for name in ("乙", "丙")]  # what another process shares: the store only
    await asyncio.gather(*(notes(d, number, f"{d.owner}{k}") for d in (desk, *others) for k in range(4)))
    found = await desk.store.incident(number)
    assert found is not None
    assert len([n for n in found.notes if "记" in n.text]) == 3 * 4 * EACH
    assert not (await desk.store.engine.read(verify)).faults  # type: ignore[attr-defined]


async def test_a_person_who_has_begun_is_never_overtaken_in_the_same_process(running: Running) -> None:
    desk = running.service.desk
    (number,) = await opened(running, "鹿溪县石坪镇大湾村山体滑坡")
    decided = list[int]()

    async def one(n: int) -> None:
        def decision(i: Incident) -> tuple[Event, ...]:
            decided.append(n)
            return (triage.event("noted", desk.now(), text=f"记{n}"),)

        await change(desk, number, decision)

    await asyncio.gather(*(one(n) for n in range(EACH)))
    assert decided == list(range(EACH)), "decided once each, in the order they came"


async def test_two_matters_put_into_each_other_at_once_end_in_one_refusal_not_in_a_wait(running: Running) -> None:
    desk = running.service.desk
    one, two = await opened(running, "鹿溪县石坪镇大湾村山体滑坡", "鹿溪县城关镇一居民楼火灾致2人死亡")
    merges = (act(desk, a, "merge", OFFICER, {"into": b}) for a, b in ((one, two), (two, one)))
    done = await asyncio.wait_for(asyncio.gather(*merges, return_exceptions=True), 60)
    assert len([d for d in done if isinstance(d, Exception)]) == 1
    assert not desk.turns.locks
