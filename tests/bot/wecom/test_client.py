"""The client under every switch and injected fault of the emulator."""

import asyncio
import os

import aiohttp
import pytest
from aiohttp import web

from bot.emulator.server import Emulator
from bot.emulator.switches import Fault
from bot.wecom.cards import Button, button_card, card_request, dumps, file_request, grey_request, text_request, update_request
from bot.wecom.client import WeComClient
from bot.wecom.errors import Kind, OutcomeUnknown, SendError

SENDS = 10_000 if os.environ.get("YQBOT_CHAOS") == "1" else 2_000


def card(task_id="ev1-r1-zhangsan"):
    return button_card(title="【网传待核】甲村停水", buttons=[Button(text="收到", key="ack:1", style=1)], task_id=task_id)


def fail(emulator, kind, path="message/send", **more):
    emulator.switches.faults.append(Fault(kind=kind, path=path, **more))


def tokens(emulator):
    return emulator.ledger_file.row("select count(*) n from token")["n"]


async def test_a_card_arrives_as_frozen_and_returns_its_codes(client, emulator):
    body = card_request("zhangsan", 1000002, card())
    result = await client.send(body)
    assert result.msgid
    assert result.response_code
    assert emulator.ledger()[0].body.encode() == body


async def test_recipients_that_got_nothing_are_named(client):
    result = await client.send(text_request("zhangsan|Ghost|nolicence", 1000002, "值班提醒"))
    assert result.invalid == ("ghost",)
    assert result.unlicensed == ("nolicence",)


async def test_nobody_reached_is_for_the_caller_to_handle(client):
    with pytest.raises(SendError) as caught:
        await client.send(text_request("ghost", 1000002, "值班提醒"))
    assert (caught.value.code, caught.value.kind) == (81013, Kind.HANDLE)


@pytest.mark.parametrize(
    ("code", "kind", "retry_after"),
    [
        (-1, Kind.RETRY, None),
        (45009, Kind.RETRY, 60.0),
        (60020, Kind.FATAL, None),
        (40201, Kind.HANDLE, None),
        (45002, Kind.DATA, None),
    ],
)
async def test_a_refusal_carries_its_class(client, emulator, code, kind, retry_after):
    fail(emulator, "errcode", code=code)
    with pytest.raises(SendError) as caught:
        await client.send(text_request("zhangsan", 1000002, "值班提醒"))
    assert (caught.value.code, caught.value.kind, caught.value.retry_after) == (code, kind, retry_after)
    assert emulator.ledger() == []


async def test_the_same_words_sent_twice_on_purpose_arrive_twice_and_a_repeat_once(client, emulator):
    for mark in ("reply-1", "reply-2", "reply-2"):
        await client.send(text_request("zhangsan", 1000002, "可用指令：查询、详情", mark=mark))
    assert len(emulator.messages("zhangsan")) == 2
    assert [row.repeat for row in emulator.ledger()] == [False, False, True]


class TestUnknownOutcome:
    @pytest.mark.parametrize(
        ("kind", "more", "arrived"),
        [
            pytest.param("lost", {}, 1, id="answer lost"),
            pytest.param("garbled", {}, 1, id="answer cut"),
            pytest.param("reset", {}, 0, id="connection reset"),
            pytest.param("http", {"code": 502}, 0, id="gateway error"),
            pytest.param("delay", {"seconds": 0.6}, None, id="no answer in time"),
        ],
    )
    @pytest.mark.parametrize("answer", ["same", "bare"])
    async def test_repeating_the_same_bytes_delivers_exactly_once(self, client, emulator, kind, more, arrived, answer):
        emulator.switches.repeat_answer = answer
        await client.check()
        body = card_request("zhangsan", 1000002, card())
        fail(emulator, kind, **more)
        patience = client._timeout
        client._timeout = aiohttp.ClientTimeout(total=0.3) if kind == "delay" else patience
        with pytest.raises(OutcomeUnknown):
            await client.send(body)
        client._timeout = patience
        if arrived is not None:
            assert len(emulator.ledger()) == arrived
        result = await client.send(body, repeat=True)
        assert result.errcode == 0
        assert len(emulator.messages("zhangsan")) == 1
        assert {row.body.encode() for row in emulator.ledger()} == {body}

    @pytest.mark.parametrize("code", [42014, 42015, 42020])
    async def test_after_the_duplicate_window_the_taken_task_id_proves_delivery(self, client, emulator, clock, code):
        emulator.switches.taken_code = code
        body = card_request("zhangsan", 1000002, card())
        fail(emulator, "lost")
        with pytest.raises(OutcomeUnknown):
            await client.send(body)
        clock.forward(hours=5)
        result = await client.send(body, repeat=True)
        assert result.already_there
        assert len(emulator.messages("zhangsan")) == 1

    async def test_on_a_first_try_the_same_refusal_is_an_error(self, client):
        await client.send(card_request("zhangsan", 1000002, card()))
        with pytest.raises(SendError) as caught:
            await client.send(card_request("lisi", 1000002, card()))
        assert caught.value.code == 42014

    @pytest.mark.parametrize("answer", ["[]", "ok", "", '{"errcode":'])
    async def test_an_answer_that_is_no_json_object_is_one(self, session, clock, answer):
        """A gateway in between may answer 200 with anything."""

        async def reply(request):
            right = {"errcode": 0, "access_token": "t", "expires_in": 7200}
            return web.json_response(right) if request.path.endswith("gettoken") else web.Response(text=answer)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", reply)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        client = WeComClient(session, f"http://127.0.0.1:{runner.addresses[0][1]}", "a", "b", 1, clock)
        with pytest.raises(OutcomeUnknown):
            await client.send(b"{}")
        await runner.cleanup()

    async def test_an_unreachable_server_is_no_unknown_outcome(self, session, clock):
        client = WeComClient(session, "http://127.0.0.1:9", "a", "b", 1, clock)
        with pytest.raises(SendError) as caught:
            await client.send(b"{}")
        assert caught.value.kind is Kind.RETRY

    async def test_a_wrong_address_is_a_configuration_error(self, session, base, corp, clock):
        client = WeComClient(session, f"{base}/elsewhere", corp.corpid, corp.secret, corp.agentid, clock)
        with pytest.raises(SendError) as caught:
            await client.send(b"{}")
        assert caught.value.kind is Kind.FATAL


class TestToken:
    @pytest.mark.parametrize("rotate", [False, True], ids=["same", "rotate"])
    async def test_it_is_fetched_once_for_many_senders(self, client, emulator, rotate):
        emulator.switches.rotate_token = rotate
        await asyncio.gather(*(client.send(text_request("lisi", 1000002, f"第{n}条")) for n in range(25)))
        assert tokens(emulator) == 1

    async def test_it_is_renewed_300_seconds_early(self, client, emulator, clock):
        emulator.switches.rotate_token = True
        await client.check()
        clock.forward(seconds=6899)
        await client.check()
        assert tokens(emulator) == 1
        clock.forward(seconds=1)
        await client.check()
        assert tokens(emulator) == 2

    @pytest.mark.parametrize("code", [40014, 42001, 40001])
    async def test_a_token_error_is_answered_by_one_new_token_and_one_repeat(self, client, emulator, code):
        emulator.switches.rotate_token = True
        await client.check()
        fail(emulator, "errcode", code=code)
        assert (await client.send(text_request("zhangsan", 1000002, "值班提醒"))).msgid
        assert tokens(emulator) == 2

    async def test_a_second_token_error_is_fatal(self, client, emulator):
        fail(emulator, "errcode", code=40014, times=2)
        with pytest.raises(SendError) as caught:
            await client.send(text_request("zhangsan", 1000002, "值班提醒"))
        assert caught.value.kind is Kind.FATAL
        assert emulator.ledger() == []

    async def test_a_revoked_token_makes_no_storm(self, client, emulator):
        emulator.switches.per_minute = emulator.switches.per_hour = 10_000
        await client.check()
        emulator.ledger_file.write("update token set revoked=1")
        sends = (client.send(text_request("lisi", 1000002, f"第{n}条")) for n in range(300))
        results = await asyncio.gather(*sends)
        assert len(results) == 300
        assert tokens(emulator) == 2

    async def test_a_wrong_secret_is_asked_once_not_by_everyone(self, session, base, emulator, corp, clock):
        client = WeComClient(session, base, corp.corpid, "wrong", corp.agentid, clock)
        sends = [client.send(text_request("lisi", 1000002, f"第{n}条")) for n in range(50)]
        results = await asyncio.gather(*sends, return_exceptions=True)
        assert {type(result) for result in results} == {SendError}
        assert {result.kind for result in results} == {Kind.FATAL}
        assert len(emulator.office.wrong_secrets) == 1
        with pytest.raises(SendError):
            await client.check()
        assert len(emulator.office.wrong_secrets) == 1
        clock.forward(seconds=61)
        with pytest.raises(SendError):
            await client.check()
        assert len(emulator.office.wrong_secrets) == 2

    async def test_a_lost_answer_to_gettoken_is_only_a_retry(self, client, emulator):
        fail(emulator, "lost", path="gettoken", times=2)  # aiohttp itself repeats a GET once
        with pytest.raises(SendError) as caught:
            await client.send(text_request("zhangsan", 1000002, "值班提醒"))
        assert caught.value.kind is Kind.RETRY
        assert (await client.send(text_request("zhangsan", 1000002, "值班提醒"))).msgid

    async def test_one_cancelled_sender_does_not_take_the_token_from_the_others(self, client, emulator):
        fail(emulator, "delay", path="gettoken", seconds=0.1)
        first = asyncio.create_task(client.send(text_request("zhangsan", 1000002, "一")))
        second = asyncio.create_task(client.send(text_request("zhangsan", 1000002, "二")))
        await asyncio.sleep(0.02)
        first.cancel()
        assert (await second).msgid


class TestOtherCalls:
    async def test_a_card_is_greyed_and_replaced(self, client, emulator):
        result = await client.send(card_request("zhangsan|lisi", 1000002, card()))
        assert await client.update_card(grey_request(["zhangsan", "ghost"], 1000002, result.response_code, "已收到")) == (
            "ghost",
        )
        assert emulator.messages("zhangsan")[0].grey == "已收到"
        with pytest.raises(SendError) as caught:
            await client.update_card(update_request([], 1000002, result.response_code, card(), "已收到"))
        assert (caught.value.code, caught.value.kind) == (60140, Kind.HANDLE)

    async def test_a_card_is_replaced_for_everybody(self, client, emulator):
        result = await client.send(card_request("zhangsan|lisi", 1000002, card()))
        changed = card() | {"main_title": {"title": "甲村停水 已核实"}}
        assert await client.update_card(update_request([], 1000002, result.response_code, changed, "张三已收到")) == ()
        for user in ("zhangsan", "lisi"):
            assert emulator.messages(user)[0].content["main_title"]["title"] == "甲村停水 已核实"
            assert emulator.messages(user)[0].grey == "张三已收到"

    async def test_a_lost_answer_to_an_update_is_unknown(self, client, emulator):
        result = await client.send(card_request("zhangsan", 1000002, card()))
        fail(emulator, "lost", path="message/update_template_card")
        with pytest.raises(OutcomeUnknown):
            await client.update_card(grey_request([], 1000002, result.response_code, "已收到"))

    async def test_a_chinese_file_name_arrives_literally_and_survives_a_new_token(self, client, emulator):
        await client.check()
        emulator.ledger_file.write("update token set revoked=1")
        media_id = await client.upload('舆情"报告\r\n.docx', b"x" * 2_000_000)
        row = emulator.ledger_file.row("select name, length(body) n from media")
        assert (row["name"], row["n"]) == ("舆情_报告__.docx", 2_000_000)
        assert (await client.send(file_request("zhangsan", 1000002, media_id))).msgid

    async def test_recall(self, client, emulator):
        result = await client.send(text_request("zhangsan", 1000002, "值班提醒"))
        await client.recall(result.msgid)
        assert emulator.messages("zhangsan")[0].recalled

    async def test_sign_in_gives_the_member_once(self, client, emulator):
        sql = "insert into sign_in(code, userid, issued_at) values(?,?,?)"
        emulator.ledger_file.write(sql, "c1", "zhangsan", emulator.office.now())
        assert await client.getuserinfo("c1") == "zhangsan"
        with pytest.raises(SendError) as caught:
            await client.getuserinfo("c1")
        assert caught.value.code == 42022

    async def test_someone_outside_the_corp_cannot_sign_in(self, client, emulator):
        sql = "insert into sign_in(code, userid, issued_at) values(?,?,?)"
        emulator.ledger_file.write(sql, "c1", "o-stranger", emulator.office.now())
        with pytest.raises(SendError, match="不是本单位成员"):
            await client.getuserinfo("c1")

    async def test_callback_addresses(self, client):
        assert await client.getcallbackip() == ("127.0.0.1",)

    async def test_the_group_webhook(self, client, emulator):
        await client.webhook("hook-1", dumps({"msgtype": "text", "text": {"content": "值班提醒"}}))
        assert len(emulator.messages("group:hook-1")) == 1
        with pytest.raises(SendError) as caught:
            await client.webhook("wrong", dumps({"msgtype": "text", "text": {"content": "值班提醒"}}))
        assert caught.value.kind is Kind.FATAL


@pytest.mark.slow
async def test_a_storm_of_sends_with_a_revoked_token_asks_for_two_tokens_at_most(
    client: WeComClient, emulator: Emulator
) -> None:
    """Thousands of sends, 200 at a time, whose token is taken away under them; 10,000 with `YQBOT_CHAOS=1`."""
    await client.check()
    emulator.switches.per_minute = emulator.switches.per_hour = 100_000
    emulator.switches.daily_per_account = 100_000
    emulator.ledger_file.write("update token set revoked=1")
    gate = asyncio.Semaphore(200)

    async def one(n: int) -> None:
        async with gate:
            await client.send(text_request("zhangsan", 1000002, f"值班提醒{n}"))

    await asyncio.gather(*(one(n) for n in range(SENDS)))
    tokens = emulator.ledger_file.row("select count(*) n from token")
    assert tokens is not None
    assert tokens["n"] <= 3  # the revoked one and at most two fetched afterwards
    assert len(emulator.ledger()) == SENDS
