"""A strict emulator over loopback HTTP, spoken to in raw requests written from the documents, never through our client."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.emulator.corp import Corp, Member, Webhook
from bot.emulator.server import Emulator, serving

START = datetime(2025, 11, 22, 2, 0, tzinfo=UTC)
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


class MovedClock:
    """Program time that only a test moves."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


class Api:
    """Raw calls with a token fetched the documented way."""

    def __init__(self, session: aiohttp.ClientSession, base: str, corp: Corp) -> None:
        self.session = session
        self.base = base
        self.corp = corp
        self.token = ""

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        async with self.session.get(f"{self.base}/cgi-bin/{path}", params=query) as response:
            assert response.status == 200
            answer: dict[str, Any] = await response.json()
            return answer

    async def fetch_token(self) -> dict[str, Any]:
        answer = await self.get("gettoken", corpid=self.corp.corpid, corpsecret=self.corp.secret)
        self.token = answer.get("access_token", self.token)
        return answer

    async def post(self, path: str, body: object, **query: str) -> dict[str, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        if not self.token:
            await self.fetch_token()
        query = query or {"access_token": self.token}
        async with self.session.post(f"{self.base}/cgi-bin/{path}", params=query, data=raw) as response:
            assert response.status == 200
            answer: dict[str, Any] = await response.json()
            return answer

    async def send(self, body: object) -> dict[str, Any]:
        return await self.post("message/send", body)

    async def send_card(self, card: dict[str, Any], touser: str = "zhangsan", **more: object) -> dict[str, Any]:
        body = {"touser": touser, "msgtype": "template_card", "agentid": self.corp.agentid, "template_card": card}
        return await self.send(body | more)

    async def send_text(self, content: str = "你好", touser: str = "zhangsan", **more: object) -> dict[str, Any]:
        body = {"touser": touser, "msgtype": "text", "agentid": self.corp.agentid, "text": {"content": content}}
        return await self.send(body | more)

    async def update(self, code: str, **more: object) -> dict[str, Any]:
        body = {
            "userids": ["zhangsan"],
            "agentid": self.corp.agentid,
            "response_code": code,
            "button": {"replace_name": "已收到"},
        }
        return await self.post("message/update_template_card", body | more)


class Receiver:
    """Stands where the bot's callback address would be; keeps raw deliveries and answers as told."""

    def __init__(self) -> None:
        self.deliveries: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.reply = ""
        self.url = ""

    async def post(self, request: web.Request) -> web.Response:
        self.deliveries.append((dict(request.query), await request.read()))
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, text=self.reply)


@pytest.fixture
def corp() -> Corp:
    return Corp(
        corpid="wwtest0000000001",
        secret="test-secret",
        agentid=1000002,
        token="testtoken",
        aes_key=AES_KEY,
        callback_url="http://127.0.0.1:9/never",
        trusted_domain="board.example.gov.cn",
        members=(
            Member(userid="ZhangSan", name="张三", unit="县委宣传部", title="值班员", party=1, tags=(7,)),
            Member(userid="lisi", name="李四", unit="县应急管理局", title="舆情联络员", party=2),
            Member(userid="outside", name="王五", visible=False, party=3),
            Member(userid="nolicence", name="赵六", licensed=False, party=4),
        ),
        webhooks=(Webhook(key="hook-1", name="值班群"),),
    )


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "wecom"


@pytest.fixture
def emulator(corp: Corp, clock: MovedClock, data: Path) -> Emulator:
    emulator = Emulator(corp, data, clock)
    emulator.switches.retry_pause = 0.0
    return emulator


@pytest.fixture
async def base(emulator: Emulator) -> AsyncIterator[str]:
    async with serving(emulator, 0) as address:
        yield address


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def api(session: aiohttp.ClientSession, base: str, corp: Corp) -> Api:
    return Api(session, base, corp)


@pytest.fixture
async def receiver(emulator: Emulator, base: str) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/cb", receiver.post)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/cb"
    emulator.office.callback_url = receiver.url
    yield receiver
    await runner.cleanup()


@pytest.fixture
def button_card() -> dict[str, Any]:
    """The minimal card of document 90236."""
    return {
        "card_type": "button_interaction",
        "source": {"desc": "舆情值班", "desc_color": 2},
        "main_title": {"title": "红色预警 某小区停水引发热议", "desc": "须于14:30前响应"},
        "horizontal_content_list": [{"keyname": "编号", "value": "YQ-0421"}],
        "task_id": "ev421-r1-zhangsan",
        "button_list": [{"text": "收到", "style": 1, "key": "ack:421"}, {"text": "误报", "style": 4, "key": "no:421"}],
    }
