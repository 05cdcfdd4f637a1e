"""Signed pushes over real HTTP: what is taken, what is refused, and that a replay changes nothing."""

from __future__ import annotations

import asyncio
import gzip
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
from bot.store import StoreError
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
    said = {"new": 2, "updated": 0, "duplicates": 0, "skipped": 2, "problems": ["有 2 行无法读取，行号：3、4"]}
    assert await push(base, body) == (200, said)
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
    assert {s.last_success_at for s in (await running.service.desk.store.source_states()).values()} == {None}


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


@pytest.mark.parametrize(
    "row",
    [
        {
            "工单流水号": "A1",
            "来电主题": "反映停水",
            "来电内容": "王小明说停水三天",
            "来电人姓名": "王小明",
            "来电号码": "13800001234",
        },
        {
            "work_order_no": "A1",
            "caseTitle": "反映停水",
            "appealContent": "王小明说停水三天",
            "callerName": "王小明",
            "callerPhone": "13800001234",
            "handleDeptName": "水务局",
            "orderStatus": "办理中",
        },
    ],
    ids=["Chinese", "English"],
)
async def test_orders_are_pushed_under_the_names_of_any_system(running: Running, base: str, row: dict[str, str]) -> None:
    assert (await push(base, json.dumps([row]).encode(), source="orders"))[1]["new"] == 1
    (found,) = await running.service.desk.store.search("停水三天")
    assert found.item.title == "反映停水"
    assert ("王小明" in found.item.text, found.item.author) == (False, "王某")
    assert ("承办单位：水务局" in found.item.text) == ("handleDeptName" in row)
    again = json.dumps([{**row, next(k for k in row if "号" in k or k.endswith("no")): "A2"}]).encode()
    assert (await push(base, again, headers(again, off=2), source="orders"))[1]["new"] == 1


async def test_a_vendor_that_never_pushed_is_told_after_a_day(running: Running, base: str, clock: VirtualClock) -> None:
    store = running.service.desk.store
    clock.advance_to(clock.now() + timedelta(hours=23))
    assert (await push(base, json.dumps([{"title": "反映停水"}]).encode(), source="orders"))[0] == 200
    await running.service.poll()
    assert [p for p in await store.problems() if p.kind == "source_silent"] == []
    clock.advance_to(clock.now() + timedelta(hours=1, minutes=11))
    await running.service.poll()
    (found,) = [p for p in await store.problems() if p.kind == "source_silent"]
    assert found.subject == "nanhu-api"
    assert "没有推来过任何内容" in found.detail
    assert "/ingest/nanhu-api" in found.detail


async def test_a_vendor_that_falls_silent_is_told(running: Running, base: str, clock: VirtualClock) -> None:
    assert (await push(base, json.dumps([ROW]).encode()))[0] == 200
    clock.advance_to(clock.now() + timedelta(days=3, minutes=1))
    await running.service.poll()
    kinds = {p.kind: p.detail for p in await running.service.desk.store.problems()}
    assert kinds["source_silent"].startswith("南湖舆情自")


async def test_rows_sent_one_a_line_are_all_taken_and_a_broken_line_is_named(base: str) -> None:
    lines = [json.dumps({**ROW, "docId": str(n)}) for n in range(3)]
    assert (await push(base, "\n".join(lines).encode()))[1]["new"] == 3
    status, answer = await push(base, "\n".join((lines[0], '{"docId": x}', lines[2])).encode())
    assert (status, answer["duplicates"], answer["problems"]) == (200, 2, ["有 1 行无法读取，行号：2"])


async def test_a_list_is_found_wherever_the_vendor_wraps_it(base: str) -> None:
    body = json.dumps({"code": 0, "page": {"tags": ["x"]}, "payload": {"hits": {"docs": [ROW, {**ROW, "docId": "8"}]}}})
    assert (await push(base, body.encode()))[1]["new"] == 2
    assert (await push(base, json.dumps({**ROW, "docId": "9"}).encode()))[1]["new"] == 1


async def test_a_cut_batch_keeps_what_is_whole_and_says_so_to_both_sides(running: Running, base: str) -> None:
    body = json.dumps([ROW, {**ROW, "docId": "8"}]).encode()[:-40]
    status, answer = await push(base, body)
    assert (status, answer["new"]) == (200, 1)
    assert "残缺" in str(answer["problems"])
    store = running.service.desk.store
    assert "残缺" in {p.kind: p.detail for p in await store.problems()}["source_format"]
    assert (await push(base, json.dumps([ROW]).encode(), headers(json.dumps([ROW]).encode(), off=3)))[0] == 200
    assert [p for p in await store.problems() if p.kind == "source_format"] == []


async def test_rows_under_unknown_names_are_refused_with_the_names_that_came(running: Running, base: str) -> None:
    status, answer = await push(base, json.dumps([{"biaoti": "停水", "neirong": "x"}]).encode())
    assert status == 400
    assert "收到的字段：biaoti、neirong" in str(answer["error"])
    found = {p.kind: p.detail for p in await running.service.desk.store.problems()}
    assert "整批退回" in found["source_format"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"X-Yqbot-Signature": ""}, "缺少请求头 X-Yqbot-Signature"),
        ({"X-Yqbot-Timestamp": "", "X-Yqbot-Signature": ""}, "缺少请求头 X-Yqbot-Timestamp、X-Yqbot-Signature"),
        ({"X-Yqbot-Signature": "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="}, "不是Base64"),
        ({"X-Yqbot-Signature": "ab" * 32}, "请核对来源代码和密钥"),
    ],
    ids=["no signature", "no headers", "base64", "wrong"],
)
async def test_a_refusal_says_what_the_sender_must_change(base: str, change: dict[str, str], said: str) -> None:
    body = json.dumps([ROW]).encode()
    status, answer = await push(base, body, {**headers(body), **change})
    assert status == 401
    assert said in str(answer["error"])


@pytest.mark.parametrize(
    ("stamp", "said"), [("2026-11-26T10:00:00", "不写日期"), ("off", "时间戳比本机慢6分钟")], ids=["a date", "a slow clock"]
)
async def test_a_wrong_time_under_the_right_key_is_explained(base: str, stamp: str, said: str) -> None:
    stamp = str(int(wall().timestamp()) - 360) if stamp == "off" else stamp
    head = {"X-Yqbot-Timestamp": stamp, "X-Yqbot-Signature": "sha256=" + sign(SECRET, stamp, b"[]")}
    status, answer = await push(base, b"[]", head)
    assert status == 401
    assert said in str(answer["error"])


async def test_a_compressed_body_is_signed_as_it_was_before_and_a_broken_one_refused_in_words(base: str) -> None:
    body = json.dumps([ROW]).encode()
    packed = gzip.compress(body)
    assert (await push(base, packed, {**headers(body), "Content-Encoding": "gzip"}))[1]["new"] == 1
    for sent, head in (
        (packed, headers(packed)),
        (b"no gzip", {**headers(b"no gzip"), "Content-Encoding": "gzip"}),
        (b"", headers(b"")),
    ):
        status, answer = await push(base, sent, head)
        assert (status, str(answer["error"])[-1]) == (400, "。")
    bomb = gzip.compress(b" " * (LIMIT * 20))
    assert (await push(base, bomb, {**headers(bomb), "Content-Encoding": "gzip"}))[0] == 413


async def test_what_could_not_be_stored_may_be_sent_again_as_it_is(
    running: Running, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most senders repeat a failed request unchanged: it must not be told that it has arrived."""
    body = json.dumps([ROW]).encode()
    head = headers(body)

    async def full(*_: object, **__: object) -> None:
        raise StoreError("磁盘已满。")

    with monkeypatch.context() as patch:
        patch.setattr(type(running.service.intake.poller), "take", full)
        status, answer = await push(base, body, head)
    assert (status, "没有收下" in str(answer["error"])) == (503, True)
    assert (await push(base, body, head))[1]["new"] == 1
    assert (await push(base, body, head))[0] == 409


async def test_another_method_is_refused_in_words(base: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{base}/ingest/nanhu-api") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")
        assert "POST" in (await answer.json())["error"]


async def test_the_same_push_at_once_from_many_connections_is_taken_once(base: str) -> None:
    body = json.dumps([{**ROW, "docId": str(n)} for n in range(1_000)]).encode()
    head = headers(body)
    answers = await asyncio.gather(*(push(base, body, head) for _ in range(10)))
    assert sorted(status for status, _ in answers) == [200, *[409] * 9]
    assert next(answer["new"] for status, answer in answers if status == 200) == 1_000
