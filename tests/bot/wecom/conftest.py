"""Our client against the strict emulator over loopback HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from bot.emulator.corp import Corp, Member, Webhook
from bot.emulator.server import Emulator, serving
from bot.wecom.client import WeComClient

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


class MovedClock:
    """Program time that only a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2025, 11, 22, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def corp() -> Corp:
    return Corp(
        corpid="wwtest0000000001",
        secret="test-secret",
        agentid=1000002,
        token="testtoken",
        aes_key=AES_KEY,
        callback_url="http://127.0.0.1:9/never",
        members=(
            Member(userid="zhangsan", name="张三"),
            Member(userid="lisi", name="李四"),
            Member(userid="nolicence", name="赵六", licensed=False),
        ),
        webhooks=(Webhook(key="hook-1", name="值班群"),),
    )


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def emulator(corp: Corp, clock: MovedClock) -> Emulator:
    emulator = Emulator(corp, None, clock)
    emulator.switches.retry_pause = 0.0
    return emulator


@pytest.fixture
async def base(emulator: Emulator) -> AsyncIterator[str]:
    async with serving(emulator, 0) as address:
        yield address


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200)) as session:
        yield session


@pytest.fixture
def client(session: aiohttp.ClientSession, base: str, corp: Corp, clock: MovedClock) -> WeComClient:
    return WeComClient(session, base, corp.corpid, corp.secret, corp.agentid, clock, timeout=60.0)
