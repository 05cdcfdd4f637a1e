"""Signed pushes over real HTTP: what is taken, what is refused, and that a replay changes nothing."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.app import Running, listening, serving
from bot.clock import VirtualClock, wall
from bot.configuration import DEMO, settings_of
from bot.ingest import LIMIT, sign
from config.schema import Source
from tests.builders import at

SECRET = "a-key-of-at-least-sixteen"
VENDOR = Source(id="nanhu-api", name="南湖舆情", kind="vendor")
ORDERS = Source(id="orders", name="12345推送", kind="hotline")
ROW = {
    "docId": "7",
    "headline": "鹿溪县石坪镇大湾村发生山体滑坡 已致3人死亡",
    "author": {"name": "某网"},
    "url": "https://x.example/7",
}


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(at("09:00"))


@pytest.fixture
async def running(tmp_path: Path, clock: VirtualClock) -> AsyncIterator[Running]:
    env = {"YQBOT_INGEST_NANHU_API_SECRET": SECRET, "YQBOT_INGEST_ORDERS_SECRET": SECRET}
    base = settings_of(DEMO, {})
    keyed = replace(
        base, sources=(VENDOR, ORDERS), ingest_secrets={"nanhu-api": env["YQBOT_INGEST_NANHU_API_SECRET"], "orders": SECRET}
    )
    async with serving(keyed, tmp_path, clock) as made:
        yield made


@pytest.fixture
async def base(running: Running) -> AsyncIterator[str]:
    async with listening(running.app, "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"


def headers(body: bytes, *, secret: str = SECRET, off: float = 0) -> dict[str, str]:
    stamp = str(int(wall().timestamp() + off))
    return {"X-Yqbot-Timestamp": stamp, "X-Yqbot-Signature": sign(secret, stamp, body)}


async def push(
    base: str, body: bytes, head: dict[str, str] | None = None, source: str = "nanhu-api"
) -> tuple[int, dict[str, object]]:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{base}/ingest/{source}", data=io.BytesIO(body), headers=headers(body) if head is None else head) as answer,
    ):
        return answer.status, await answer.json(content_type=None)


async def test_a_batch_is_read_under_the_mapping_stored_joined_and_counted(running: Running, base: str) -> None:
    body = json.dumps({"data": {"list": [ROW, {"docId": "8", "headline": "青石县召开会议"}, {"docId": "9"}, 5]}}).encode()
    assert await push(base, body) == (200, {"new": 2, "updated": 0, "duplicates": 0, "skipped": 2})
    (incident,) = await running.service.desk.store.incidents()
    assert incident.members[0].url == "https://x.example/7"
    state = (await running.service.desk.store.source_states())["nanhu-api"]
    assert (state.items_total, state.failures) == (2, 0)


async def test_a_replay_is_refused_and_the_same_rows_signed_anew_are_duplicates(base: str) -> None:
    body = json.dumps([ROW]).encode()
    first = headers(body)
    assert (await push(base, body, first))[0] == 200
    assert (await push(base, body, first))[0] == 409
    assert (await push(base, body, headers(body, off=2)))[1]["duplicates"] == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"off": 301}, 401),
        ({"off": -310}, 401),
        ({"secret": "another-key-of-sixteen"}, 401),
    ],
    ids=["future", "past", "wrong key"],
)
async def test_a_push_outside_the_window_or_under_another_key_is_refused(
    running: Running, base: str, change: dict[str, object], status: int
) -> None:
    body = json.dumps([ROW]).encode()
    assert (await push(base, body, headers(body, **change)))[0] == status  # type: ignore[arg-type]
    assert await running.service.desk.store.source_states() == {}


async def test_a_time_in_milliseconds_is_told_as_such_not_as_a_wrong_clock(base: str) -> None:
    stamp = str(int(wall().timestamp() * 1000))
    head = {"X-Yqbot-Timestamp": stamp, "X-Yqbot-Signature": sign(SECRET, stamp, b"[]")}
    status, answer = await push(base, b"[]", head)
    assert status == 401
    assert "毫秒" in str(answer["error"])


async def test_a_body_changed_on_the_way_or_without_signature_is_refused(base: str) -> None:
    body = json.dumps([ROW]).encode()
    assert (await push(base, body + b" ", headers(body)))[0] == 401
    assert (await push(base, body, {}))[0] == 401
    assert (await push(base, body, {**headers(body), "X-Yqbot-Signature": "é"}))[0] == 401


async def test_an_unknown_source_answers_like_a_wrong_signature(base: str) -> None:
    body = json.dumps([ROW]).encode()
    assert await push(base, body, source="nobody") == await push(base, body, headers(body, secret="x" * 20))


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"hello", 400), (b'"text"', 400), (json.dumps([{"title": "x"}] * 2_001).encode(), 413), (b" " * (LIMIT + 1), 413)],
    ids=["no json", "no list", "too many rows", "too many bytes"],
)
async def test_what_cannot_be_taken_is_refused_whole(running: Running, base: str, body: bytes, status: int) -> None:
    code, answer = await push(base, body)
    assert code == status
    assert str(answer["error"]).endswith("。")
    assert await running.service.desk.store.unjoined(1) == []


async def test_a_body_longer_than_announced_is_cut_off(base: str) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(LIMIT // 65_536 + 20):
            yield b" " * 65_536
            await asyncio.sleep(0)

    async with aiohttp.ClientSession() as http:
        try:
            async with http.post(f"{base}/ingest/nanhu-api", data=endless(), headers=headers(b"")) as answer:
                assert answer.status == 413
        except aiohttp.ClientConnectionError:
            pass  # the server answered and closed while we were still sending: refused all the same


async def test_pushed_work_orders_cover_the_persons(running: Running, base: str) -> None:
    row = {
        "编号": "QS1",
        "标题": "反映停水",
        "姓名": "王小明",
        "诉求内容": "王小明来电13800001234，反映停水三天",
        "承办单位": "水务局",
    }
    assert (await push(base, json.dumps([row]).encode(), source="orders"))[0] == 200
    (found,) = await running.service.desk.store.search("停水三天")
    assert "13800001234" not in found.item.text
    assert "王小明" not in found.item.text + found.item.author
    assert "承办单位：水务局" in found.item.text


async def test_a_vendor_that_falls_silent_is_told(running: Running, base: str, clock: VirtualClock) -> None:
    assert (await push(base, json.dumps([ROW]).encode()))[0] == 200
    clock.advance_to(clock.now() + timedelta(days=3, minutes=1))
    await running.service.poll()
    kinds = {p.kind: p.detail for p in await running.service.desk.store.problems()}
    assert kinds["source_silent"].startswith("南湖舆情自")
