"""Two processes on one PostgreSQL: either may die, nothing is joined, queued or said twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot import inbox
from bot.app import serving
from bot.demo.driver import AES_KEY, AGENT, CORPID, SECRET, TOKEN, corp_of
from bot.desk import Desk
from bot.digest import daily
from bot.emulator.server import Emulator
from bot.emulator.server import serving as emulating
from bot.service import Service
from bot.store import SqlStore
from bot.store.schema import FAR
from bot.tick import tick
from monitors.item import Item, ItemKind, fingerprint
from tests.bot.rig import MovedClock
from tests.bot.store.cluster import Cluster, programs_folder
from tests.builders import at, settings

NOW = at("02:24")
pytestmark = [pytest.mark.postgres]


@pytest.fixture(scope="module")
def cluster() -> object:
    programs = programs_folder()
    if programs is None:
        reason = "PostgreSQL server programs (initdb, pg_ctl, postgres) are not installed"
        if os.environ.get("YQBOT_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    made = Cluster(programs)
    yield made
    made.remove()


class Pair:
    """Two services on one database, one emulator, one clock."""

    def __init__(self, first: Service, second: Service, emulator: Emulator, clock: MovedClock) -> None:
        self.first, self.second, self.emulator, self.clock = first, second, emulator, clock

    async def both(self, call: str) -> None:
        await asyncio.gather(getattr(self.first, call)(), getattr(self.second, call)())

    async def leases_end(self, table: str) -> None:
        """Time goes by without waiting for it."""
        store = self.second.desk.store
        assert isinstance(store, SqlStore)
        await store.engine.write(lambda tx: tx.run(f"update {table} set lease_until = 1 where lease_until < {FAR}"))

    async def seen(self, key: str, title: str, now: datetime) -> None:
        item = Item(
            id=key, source="news", title=title, text="", seen_at=now, kind=ItemKind.HOTLINE, fingerprint=fingerprint(title, "")
        )
        await self.second.desk.store.add_item(item)


@pytest.fixture
async def pair(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Pair]:
    base = settings()
    clock = MovedClock(NOW)
    emulator = Emulator(corp_of(base), None, clock.now)
    emulator.office.callback_url = "http://127.0.0.1:9/never"
    async with contextlib.AsyncExitStack() as stack:
        phone = await stack.enter_async_context(emulating(emulator, 0))
        wecom = replace(base.wecom, base_url=phone, corpid=CORPID, secret=SECRET, agentid=AGENT, token=TOKEN, aes_key=AES_KEY)
        bot = replace(base.bot, database_url=cluster.new_database(), lease_seconds=300)
        rules = replace(base, wecom=wecom, bot=bot, sources=())
        first = await stack.enter_async_context(serving(rules, tmp_path / "a", clock))
        second = await stack.enter_async_context(serving(rules, tmp_path / "b", clock))
        yield Pair(first.service, second.service, emulator, clock)


async def test_items_are_joined_once_and_by_one_process(pair: Pair) -> None:
    assert await pair.first.intake.leads()
    assert not await pair.second.intake.leads()
    for n in range(3):
        await pair.seen(f"i{n}", "鹿溪县石坪镇大湾村发生山体滑坡 有人被埋", NOW)
    await asyncio.gather(pair.first.intake.join(), pair.second.intake.join())
    incidents = await pair.first.desk.store.incidents(open_only=False)
    assert [len(i.members) for i in incidents] == [3]


async def test_the_other_takes_over_and_knows_what_was_joined(pair: Pair) -> None:
    await pair.seen("i1", "鹿溪县石坪镇大湾村发生山体滑坡 有人被埋", NOW)
    await pair.first.intake.join()
    assert not await pair.second.intake.leads()
    await pair.leases_end("lease")
    assert await pair.second.intake.leads()
    pair.clock.forward(minutes=1)
    await pair.seen("i2", "鹿溪县石坪镇大湾村山体滑坡 村民房屋被埋", pair.clock.now())
    await pair.second.intake.join()
    (incident,) = await pair.first.desk.store.incidents(open_only=False)
    assert len(incident.members) == 2
    assert not await pair.first.intake.leads()


async def test_what_one_stores_the_other_joins_within_its_next_look(pair: Pair) -> None:
    assert await pair.first.intake.leads()
    await pair.seen("i1", "鹿溪县石坪镇大湾村发生山体滑坡 有人被埋", NOW)
    assert await pair.second.intake.join() == {}
    await pair.first.watch()
    await asyncio.gather(*pair.first.intake.tasks)
    assert len(await pair.first.desk.store.incidents(open_only=False)) == 1


async def test_both_pump_and_nobody_hears_anything_twice(pair: Pair) -> None:
    for n, place in enumerate(("大湾村", "小河村", "高坪村", "马鞍村")):
        await pair.seen(f"i{n}", f"鹿溪县石坪镇{place}发生山体滑坡 {n + 2}人被埋", NOW + timedelta(milliseconds=n))
    await pair.first.intake.join()
    for _ in range(40):
        await pair.both("pump")
        pair.clock.forward(minutes=10)
    await pair.both("audit")
    rows = [r for r in pair.emulator.ledger() if r.shown]
    assert len(rows) > 10
    assert max(Counter(r.body for r in rows).values()) == 1
    assert not [r for r in pair.emulator.ledger() if r.repeat]
    assert pair.first.audited is not None
    assert pair.first.audited.missing == ()


async def test_the_daily_line_is_said_once(pair: Pair) -> None:
    await asyncio.gather(daily(pair.first.desk), daily(pair.second.desk))
    await pair.both("pump")
    rows = [r for r in pair.emulator.ledger() if r.shown]
    assert rows
    assert max(Counter(r.user for r in rows).values()) == 1


async def test_a_callback_delivered_to_both_is_worked_once(pair: Pair) -> None:
    await pair.seen("i1", "鹿溪县石坪镇大湾村发生山体滑坡 有人被埋", NOW)
    await pair.first.intake.join()
    body = {"kind": "text", "user": pair.first.desk.duty().duty_officer, "content": "收到 1"}
    assert await pair.first.desk.store.accept_callback("k1", NOW, body)
    assert not await pair.second.desk.store.accept_callback("k1", NOW, body)
    await pair.both("pump")
    events = await pair.first.desk.store.events("incident:1")
    assert [e.kind for e in events].count("acknowledged") == 1
    replies = [r for r in pair.emulator.ledger() if r.shown and '"msgtype":"text"' in r.body]
    assert len(replies) == 1


async def test_many_deliveries_are_each_worked_by_one_process(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    worked: Counter[str] = Counter()
    real = inbox._handle

    async def counted(desk: Desk, key: str, at: datetime, body: Mapping[str, object]) -> None:
        worked[key] += 1
        await asyncio.sleep(0.005)
        await real(desk, key, at, body)

    monkeypatch.setattr(inbox, "_handle", counted)
    users = [o.userid for o in pair.first.desk.settings.organisation.officers][:6]
    for n in range(36):
        body = {"kind": "text", "user": users[n % 6], "content": "查询"}
        await pair.first.desk.store.accept_callback(f"k{n}", NOW, body)
    while await pair.first.desk.store.open_callbacks():
        await pair.both("pump")
    assert len(worked) == 36
    assert set(worked.values()) == {1}


async def test_what_one_process_was_told_about_the_rota_the_other_knows(pair: Pair) -> None:
    on = pair.first.desk.duty()
    stand_in = next(o.userid for o in pair.first.desk.settings.organisation.officers if o.userid.lower() == on.deputy_duty)
    await pair.first.desk.store.accept_callback("k1", NOW, {"kind": "text", "user": stand_in, "content": "顶班"})
    await pair.first.pump()
    await pair.seen("i1", "鹿溪县石坪镇大湾村发生山体滑坡 有人被埋", NOW)
    await pair.first.intake.join()
    pair.clock.forward(seconds=1)
    await pair.second.pump()
    assert pair.second.desk.duty().duty_officer == stand_in
    assert stand_in in {r.user for r in pair.emulator.ledger() if r.shown and '"template_card"' in r.body}


async def test_one_dies_holding_a_message_and_the_other_repeats_its_bytes(pair: Pair) -> None:
    await pair.seen("i1", "鹿溪县石坪镇大湾村发生山体滑坡 有人被埋", NOW)
    await pair.first.intake.join()
    await tick(pair.first.desk)
    wall, until = pair.first.desk.lease()
    held = await pair.first.desk.store.claim_messages(pair.clock.now(), wall, "dead", until, 20)
    assert held
    await pair.second.pump()
    assert pair.emulator.ledger() == []
    pair.clock.forward(seconds=3)
    await pair.leases_end("message")
    await pair.second.pump()
    assert {r.body for r in pair.emulator.ledger()} == {m.request.decode() for m in held}
