"""An item that already lies in a matter is edited into another emergency: it must not drown in the old one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import Running
from bot.clock import VirtualClock
from monitors.item import Item, ItemKind, fingerprint
from tests.bot.sources_server import desk_of
from tests.builders import at


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with desk_of(tmp_path, VirtualClock(at("09:00"))) as made:
        yield made


def order(running: Running, number: str, title: str) -> Item:
    now = running.service.desk.now()
    return Item(
        id=f"o{number}",
        source="box",
        title=title,
        text=title,
        seen_at=now,
        kind=ItemKind.HOTLINE,
        fingerprint=fingerprint(title, title),
    )


async def joined(running: Running, *orders: Item) -> dict[str, int | None]:
    await running.service.desk.store.add_items(orders)
    return await running.service.intake.join()


async def test_an_order_edited_into_an_emergency_elsewhere_opens_a_matter_that_alarms(running: Running) -> None:
    store = running.service.desk.store
    titles = ("鹿溪县白果镇恒通厂拖欠工资三个月", "鹿溪县白果镇恒通厂欠薪，工人讨薪", "鹿溪县白果镇恒通厂欠工资不发")
    placed = await joined(running, *(order(running, str(n), t) for n, t in enumerate(titles)))
    [old] = {n for n in placed.values() if n is not None}
    before = await store.incident(old)
    edited = replace(order(running, "1", "鹿溪县石坪镇大湾村山体滑坡 3人被埋"), kind=ItemKind.HOTLINE)
    placed = await joined(running, edited)
    new = placed["o1"]
    assert new is not None
    assert new != old
    incident = await store.incident(new)
    assert incident is not None
    assert incident.alarmed_at is not None
    assert incident.latest("trapped", "net") is not None
    after = await store.incident(old)
    assert before is not None
    assert after is not None
    assert after.alarmed_at == before.alarmed_at
    again = await joined(running, edited)
    assert again == {}


async def test_an_edit_of_the_same_matter_stays_where_it_is(running: Running) -> None:
    placed = await joined(running, order(running, "1", "鹿溪县石坪镇大湾村山体滑坡 3人被埋"))
    placed_again = await joined(running, order(running, "1", "鹿溪县石坪镇大湾村山体滑坡 5人被埋"))
    assert placed["o1"] == placed_again["o1"] == 1
    found = await running.service.desk.store.incident(1)
    assert found is not None
    figure = found.latest("trapped", "net")
    assert figure is not None
    assert figure.value == 5
