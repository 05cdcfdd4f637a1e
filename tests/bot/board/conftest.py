"""A board over a real store and real HTTP, with an officer script that signs in like a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from bot.board import BoardDeps, setup_board
from bot.clock import VirtualClock, wall
from bot.configuration import DEMO, settings_of
from bot.desk import Desk
from bot.orders import board_act
from bot.store import open_store
from bot.store.port import Store
from config.schema import Settings
from tests.bot.matter import at, landslide_night, messages


@pytest.fixture(scope="session")
def rules() -> Settings:
    return settings_of(DEMO, {})


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store("", tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(at("08:06"))


class Site:
    """The running board and a browser without scripts."""

    def __init__(self, client: TestClient, store: Store, clock: VirtualClock, rules: Settings) -> None:
        self.client = client
        self.store = store
        self.clock = clock
        self.rules = rules
        self._links = 0

    @property
    def base(self) -> str:
        return str(self.client.make_url("")).rstrip("/")

    async def link(self, userid: str) -> str:
        self._links += 1
        token = f"{userid}-{self._links}"
        await self.store.add_login(token, userid, wall() + timedelta(hours=1))
        return f"/login?token={token}"

    async def sign_in(self, userid: str) -> None:
        async with self.client.get(await self.link(userid)) as answer:
            assert answer.status == 200, await answer.text()

    async def text(self, path: str, status: int = 200) -> str:
        async with self.client.get(path) as answer:
            assert answer.status == status
            return await answer.text()

    async def csrf(self, number: int = 12) -> str:
        page = await self.text(f"/incident/{number}")
        return page.split('name="csrf" value="')[1].split('"')[0]

    async def submit(self, number: int, fields: Mapping[str, str], **options: object) -> ClientResponse:
        data = {"csrf": await self.csrf(number), **fields}
        return await self.client.post(f"/incident/{number}/act", data=data, **options)  # type: ignore[arg-type]


@pytest.fixture
async def site(store: Store, clock: VirtualClock, rules: Settings) -> AsyncIterator[Site]:
    desk = Desk(settings=rules, store=store, clock=clock, owner="test")

    async def act(userid: str, command: str, number: int, fields: Mapping[str, str]) -> str:
        return await board_act(desk, userid, command, number, fields)

    app = web.Application()
    setup_board(app, BoardDeps(store=store, settings=rules, clock=clock, act=act, actor=desk.actor))
    async with TestClient(TestServer(app)) as client:
        yield Site(client, store, clock, rules)


@pytest.fixture
async def night(site: Site) -> Site:
    """The board in the morning after the landslide."""
    m = landslide_night(site.rules)
    await m.save(site.store)
    await site.store.settle_steps({}, messages(m), at("08:06"))
    return site
