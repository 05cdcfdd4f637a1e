"""A desk that works: real store, real client, the strict emulator over loopback HTTP, a clock that only the test moves."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from bot.audit import Audit, audit
from bot.demo.driver import AGENT, CORPID, SECRET, corp_of
from bot.desk import Desk, open_incident
from bot.emulator.ledger import LedgerRow
from bot.emulator.server import Emulator, serving
from bot.emulator.switches import Fault
from bot.store import open_store
from bot.store.port import MessageRow, StepRow
from bot.tick import deliver, tick
from bot.wecom.client import WeComClient
from config.schema import Settings
from playbooks.incident import Event, Incident, Instant
from playbooks.record import dump
from tests.builders import FEED, event, settings


class MovedClock:
    """Program time that only a test moves."""

    speed = 0.0

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


class Rig:
    """Desk, emulator and clock together. `pump` works until nothing is due."""

    def __init__(self, desk: Desk, emulator: Emulator, clock: MovedClock) -> None:
        self.desk = desk
        self.emulator = emulator
        self.clock = clock

    async def pump(self) -> None:
        for _ in range(300):
            if not await tick(self.desk) + await deliver(self.desk):
                return
        raise AssertionError("work never ends")

    async def until(self, end: datetime) -> None:
        """From due instant to due instant, as the headless demo does."""
        while True:
            await self.pump()
            after = await self.desk.store.next_fire()
            if after is None or after > end:
                self.clock.at = max(self.clock.at, end)
                await self.pump()
                return
            self.clock.at = max(self.clock.at + timedelta(milliseconds=1), after)

    async def audit(self) -> Audit:
        return await audit(self.desk)

    def fault(self, kind: str, times: int = 1, path: str = "message/send", code: int = -1) -> None:
        self.emulator.switches.faults.append(Fault(kind=kind, path=path, times=times, code=code))

    def down(self) -> None:
        """WeCom refuses every send with 'system busy' from now on."""
        self.fault("errcode", times=1_000_000)

    def up(self) -> None:
        self.emulator.switches.faults.clear()

    def shown(self, user: str = "") -> list[LedgerRow]:
        """What reached phones, oldest first."""
        return [r for r in self.emulator.ledger() if r.shown and (not user or r.user == user)]

    def texts(self, user: str) -> list[str]:
        return [json.dumps(m.content, ensure_ascii=False) for m in self.emulator.messages(user)]

    async def open(self, *more: Event, reason: str = "immediate", **data: object) -> Incident:
        """An alarmed landslide found now."""
        now = self.clock.now()
        found = Instant(value=now, source="system")
        base: dict[str, object] = {
            "title": "大湾村滑坡",
            "label": "E",
            "category": "geo_damage",
            "place": {"county": "鹿溪县", "detail": "石坪镇大湾村"},
            "starts": {"detected_at": dump(found)},
        }
        first = event("opened", now, FEED, **(base | data))
        return await open_incident(
            self.desk, first, lambda i: (event("alarmed", now, FEED, reason=reason), *more), lambda n: ()
        )

    def watch(self) -> tuple[str, str]:
        """Duty officer and duty leader of the moment, as the emulator writes them."""
        on = self.desk.duty()
        return on.duty_officer.lower(), on.duty_leader.lower()

    async def steps(self, number: int = 1) -> dict[str, StepRow]:
        return {r.key: r for r in await self.desk.store.steps_of(number)}

    async def messages(self, number: int = 1) -> list[MessageRow]:
        return await self.desk.store.messages_of(number)

    async def problems(self) -> set[tuple[str, str]]:
        return {(p.kind, p.subject) for p in await self.desk.store.problems()}


@contextlib.asynccontextmanager
async def rig(data: Path, start: datetime, *, rules: Settings | None = None, database_url: str = "") -> AsyncIterator[Rig]:
    """A fresh desk on an empty store."""
    rules = rules or settings()
    rules = replace(rules, wecom=replace(rules.wecom, corpid=CORPID, secret=SECRET, agentid=AGENT))
    clock = MovedClock(start)
    emulator = Emulator(corp_of(rules), None, clock.now)
    emulator.office.callback_url = "http://127.0.0.1:9/never"
    emulator.switches.per_minute = emulator.switches.per_hour = 100_000
    async with contextlib.AsyncExitStack() as stack:
        base = await stack.enter_async_context(serving(emulator, 0))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        store = await open_store(database_url, data)
        stack.push_async_callback(store.close)
        client = WeComClient(session, base, CORPID, SECRET, AGENT, clock.now, timeout=60.0)
        desk = Desk(settings=rules, store=store, clock=clock, owner="p1", wecom=client)
        yield Rig(desk, emulator, clock)
