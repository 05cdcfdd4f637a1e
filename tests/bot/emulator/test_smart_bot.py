"""Smart bots of the emulator over a raw WebSocket, from documents 101463, 101031, 101027; not through our client."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest

from bot.emulator.corp import SmartBot
from bot.emulator.switches import Fault

LOGIN = {"bot_id": "bot-1", "secret": "long-secret"}
CARD = {
    "card_type": "button_interaction",
    "main_title": {"title": "12号事项待核实"},
    "task_id": "b12-1",
    "button_list": [{"text": "收到", "style": 1, "key": "12|ack"}],
}


@pytest.fixture
def corp(corp):
    return replace(corp, bots=(SmartBot(id="bot-1", secret="long-secret", groups=("wrGroup",)),))


@pytest.fixture
def wall(clock, emulator):
    """The wall clock of the emulator, moved by a test."""

    class Wall:
        more = timedelta()

        def __call__(self):
            return clock() + self.more

    emulator.office.wall = Wall()
    return emulator.office.wall


class Raw:
    """One connection; callbacks are kept, answers returned."""

    def __init__(self, socket):
        self.socket = socket
        self.heard = []
        self.n = 0

    async def ask(self, cmd, body=None, req_id=""):
        self.n += 1
        req_id = req_id or f"r{self.n}"
        await self.socket.send_str(json.dumps({"cmd": cmd, "headers": {"req_id": req_id}, "body": body}, ensure_ascii=False))
        while True:
            frame = json.loads((await self.socket.receive(timeout=60)).data)
            if "cmd" not in frame:
                assert frame["headers"]["req_id"] == req_id
                self.body = frame.get("body", {})
                return frame["errcode"]
            self.heard.append(frame)

    async def callback(self):
        if not self.heard:
            self.heard.append(json.loads((await self.socket.receive(timeout=60)).data))
        return self.heard.pop(0)


@pytest.fixture
async def raw(session, base):
    async with session.ws_connect(f"{base}/openws") as socket:
        yield Raw(socket)


@pytest.fixture
async def bot(raw):
    assert await raw.ask("aibot_subscribe", LOGIN) == 0
    return raw


def words(text="已收到", **more):
    return {"msgtype": "markdown", "markdown": {"content": text}, **more}


@pytest.mark.parametrize("login", [{}, {"bot_id": "bot-1", "secret": "x"}, {"bot_id": "x", "secret": "long-secret"}])
async def test_a_wrong_login_is_853000(raw, login):
    assert await raw.ask("aibot_subscribe", login) == 853000


async def test_nothing_works_before_subscribing_and_twice_is_throttled(raw):
    assert await raw.ask("ping") == 853000
    assert await raw.ask("aibot_subscribe", LOGIN) == 0
    assert await raw.ask("aibot_subscribe", LOGIN) == 45009
    assert await raw.ask("ping") == 0


async def test_without_a_ping_the_connection_is_cut(session, base, emulator):
    emulator.switches.ping_timeout = 0.1
    async with session.ws_connect(f"{base}/openws") as socket:
        assert await Raw(socket).ask("aibot_subscribe", LOGIN) == 0
        assert (await socket.receive(timeout=60)).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


async def test_a_second_connection_kicks_the_first(bot, session, base):
    async with session.ws_connect(f"{base}/openws") as socket:
        second = Raw(socket)
        assert await second.ask("aibot_subscribe", LOGIN) == 0
        assert (await bot.callback())["body"]["event"] == {"eventtype": "disconnected_event"}
        assert (await bot.socket.receive(timeout=60)).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        assert await second.ask("ping") == 0


async def test_a_member_writes_and_is_answered(bot, emulator):
    assert await emulator.bots.say("zhangsan", "查询")
    frame = await bot.callback()
    body = frame["body"]
    assert frame["cmd"] == "aibot_msg_callback"
    assert (body["msgtype"], body["text"]["content"], body["chattype"]) == ("text", "查询", "single")
    assert (body["from"]["userid"], body["aibotid"], "chatid" in body) == ("ZhangSan", "bot-1", False)
    assert await bot.ask("aibot_respond_msg", words(), frame["headers"]["req_id"]) == 0
    assert [m.content["content"] for m in emulator.messages("bot:zhangsan")] == ["已收到"]


async def test_an_answer_is_late_after_24_hours_and_needs_a_question(bot, emulator, clock):
    await emulator.bots.say("zhangsan", "查询")
    req_id = (await bot.callback())["headers"]["req_id"]
    assert await bot.ask("aibot_respond_msg", words(), "invented") == 846604
    clock.forward(hours=25)
    assert await bot.ask("aibot_respond_msg", words(), req_id) == 846605


async def test_a_group_hears_the_bot_it_spoke_to(bot, emulator):
    await emulator.bots.say("lisi", "@值班机器人 查询", group="wrGroup")
    body = (await bot.callback())["body"]
    assert (body["chattype"], body["chatid"], body["from"]["userid"]) == ("group", "wrGroup", "lisi")
    assert await bot.ask("aibot_send_msg", words(chatid="wrGroup", chat_type=2)) == 0
    assert len(emulator.messages("bot:wrgroup")) == 1


async def test_the_bot_cannot_begin_a_conversation(bot, emulator):
    push = words(chatid="zhangsan", chat_type=1)
    assert await bot.ask("aibot_send_msg", push) == 846606
    await emulator.bots.say("zhangsan", "你好")
    assert await bot.ask("aibot_send_msg", push) == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chat_type": 3}, 40058),
        ({"chatid": ""}, 40058),
        ({"msgtype": "text"}, 40008),
        ({"markdown": {"content": " "}}, 44004),
        ({"markdown": {"content": "舆" * 6827}}, 45002),
        ({"msgtype": "template_card", "template_card": {**CARD, "card_type": "poster"}}, 42031),
        ({"msgtype": "template_card", "template_card": {**CARD, "button_list": [{"text": "收到"}]}}, 42039),
    ],
)
async def test_what_a_push_may_hold(bot, emulator, change, code):
    await emulator.bots.say("zhangsan", "你好")
    assert await bot.ask("aibot_send_msg", words(chatid="zhangsan", chat_type=1) | change) == code


async def test_thirty_a_minute_and_a_thousand_an_hour_with_replies(bot, emulator, clock):
    await emulator.bots.say("zhangsan", "你好")
    req_id = (await bot.callback())["headers"]["req_id"]
    push = words(chatid="zhangsan", chat_type=1)
    codes = [await bot.ask("aibot_send_msg", push) for _ in range(29)]
    codes.append(await bot.ask("aibot_respond_msg", words(), req_id))
    assert codes == [0] * 30
    assert await bot.ask("aibot_send_msg", push) == 846607
    clock.forward(seconds=61)
    assert await bot.ask("aibot_send_msg", push) == 0


async def card_sent(bot, emulator):
    await emulator.bots.say("zhangsan", "你好")
    await bot.callback()
    push = {"chatid": "zhangsan", "chat_type": 1, "msgtype": "template_card", "template_card": CARD}
    assert await bot.ask("aibot_send_msg", push) == 0
    return emulator.messages("bot:zhangsan")[-1]


async def test_a_click_is_told_once_without_a_code_and_the_card_replaced_within_5_seconds(bot, emulator, wall):
    card = await card_sent(bot, emulator)
    assert await emulator.bots.press("zhangsan", card.id, "12|ack", {"unit": ["yjj"]})
    frame = await bot.callback()
    event = frame["body"]["event"]
    click = event["template_card_event"]
    assert event["eventtype"] == "template_card_event"
    assert (click["event_key"], click["task_id"], click["card_type"]) == ("12|ack", "b12-1", "button_interaction")
    assert click["selected_items"] == {"selected_item": [{"question_key": "unit", "option_ids": {"option_id": ["yjj"]}}]}
    assert "response_code" not in json.dumps(frame)
    req_id = frame["headers"]["req_id"]
    new = {**CARD, "main_title": {"title": "12号事项已有人收到"}}
    other = {"response_type": "update_template_card", "template_card": {**new, "task_id": "b12-2"}}
    assert await bot.ask("aibot_respond_update_msg", other, req_id) == 42014
    right = {**other, "template_card": new}
    assert await bot.ask("aibot_respond_update_msg", right, req_id) == 0
    assert emulator.messages("bot:zhangsan")[-1].content["main_title"]["title"] == "12号事项已有人收到"
    assert await bot.ask("aibot_respond_update_msg", right, req_id) == 846604


async def test_after_5_seconds_a_click_cannot_be_answered(bot, emulator, wall):
    card = await card_sent(bot, emulator)
    await emulator.bots.press("zhangsan", card.id, "12|ack")
    req_id = (await bot.callback())["headers"]["req_id"]
    wall.more = timedelta(seconds=6)
    assert await bot.ask("aibot_respond_update_msg", {"template_card": CARD}, req_id) == 846605


async def test_a_task_id_is_used_once(bot, emulator):
    await card_sent(bot, emulator)
    push = {"chatid": "zhangsan", "chat_type": 1, "msgtype": "template_card", "template_card": CARD}
    assert await bot.ask("aibot_send_msg", push) == 42014


async def test_a_greeting_on_entering_within_5_seconds(bot, emulator, wall):
    assert await emulator.bots.enter("lisi")
    frame = await bot.callback()
    assert frame["body"]["event"] == {"eventtype": "enter_chat"}
    req_id = frame["headers"]["req_id"]
    assert await bot.ask("aibot_respond_welcome_msg", words("请回任意一句话"), req_id) == 40008, "text or card only"
    hello = {"msgtype": "text", "text": {"content": "请回任意一句话"}}
    assert await bot.ask("aibot_respond_welcome_msg", hello, req_id) == 0
    assert await bot.ask("aibot_respond_welcome_msg", hello, req_id) == 846604, "one greeting an entering"
    await emulator.bots.enter("lisi")
    late = (await bot.callback())["headers"]["req_id"]
    wall.more = timedelta(seconds=6)
    assert await bot.ask("aibot_respond_welcome_msg", words(), late) == 846605


async def test_nobody_hears_while_no_connection_is_there(emulator, base):
    assert not await emulator.bots.say("zhangsan", "查询")


@pytest.mark.parametrize(("mode", "copies"), [("drop", 0), ("duplicate", 2)])
async def test_lossy_and_doubled(bot, emulator, mode, copies):
    emulator.switches.callbacks = mode
    assert await emulator.bots.say("zhangsan", "查询") == (copies > 0)
    frames = [await bot.callback() for _ in range(copies)]
    assert len({f["body"]["msgid"] for f in frames}) == min(copies, 1)


async def test_faults_reach_the_frames(bot, emulator):
    emulator.switches.faults.append(Fault(kind="errcode", path="ping", code=846609))
    assert await bot.ask("ping") == 846609
    emulator.switches.faults.append(Fault(kind="reset", path="ping"))
    await bot.socket.send_str(json.dumps({"cmd": "ping", "headers": {"req_id": "x"}}))
    assert (await bot.socket.receive(timeout=60)).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


async def test_a_member_is_played_from_outside(bot, emulator, base, session):
    async with session.post(f"{base}/_control/bot", json={"user": "zhangsan", "text": "查询"}) as response:
        assert await response.json() == {"arrived": True}
    card = await card_sent(bot, emulator)
    for body, status in (
        ({"user": "zhangsan", "message": card.id, "key": "12|ack"}, 200),
        ({"user": "zhangsan", "message": card.id, "key": "无"}, 409),
        ({"user": "zhangsan"}, 400),
    ):
        async with session.post(f"{base}/_control/bot", json=body) as response:
            assert response.status == status
    async with session.get(f"{base}/?user=bot:zhangsan") as response:
        assert "12号事项待核实" in await response.text()


async def test_who_writes_may_be_encrypted_and_is_told_on_request(bot, emulator, api):
    emulator.switches.bot_userid = "encrypted"
    await emulator.bots.say("ZhangSan", "查询")
    who = (await bot.callback())["body"]["from"]["userid"]
    assert who != "ZhangSan"
    found = await api.post("batch/openuserid_to_userid", {"open_userid_list": [who, who.lower()]})
    assert found["userid_list"] == [{"open_userid": who, "userid": "zhangsan"}]
    assert found["invalid_open_userid_list"] == [who.lower()]
    assert await bot.ask("aibot_send_msg", words(chatid=who, chat_type=1)) == 0
    for wrong in ("zhangsan", who.lower()):
        assert await bot.ask("aibot_send_msg", words(chatid=wrong, chat_type=1)) == 846606


@pytest.mark.parametrize("ids", [[], ["x"] * 1001, [1]])
async def test_ids_to_translate_are_one_to_a_thousand(api, ids):
    assert (await api.post("batch/openuserid_to_userid", {"open_userid_list": ids}))["errcode"] == 40058


def streamed(text, ident="s1", *, finish):
    return {"msgtype": "stream", "stream": {"id": ident, "finish": finish, "content": text}}


async def test_a_stream_is_one_message_written_anew_until_it_is_finished(bot, emulator):
    await emulator.bots.say("zhangsan", "查询")
    req_id = (await bot.callback())["headers"]["req_id"]
    assert await bot.ask("aibot_respond_msg", streamed("正在查", finish=False), req_id) == 0
    assert await bot.ask("aibot_respond_msg", streamed("在办2件", finish=True), req_id) == 0
    assert [m.content["content"] for m in emulator.messages("bot:zhangsan")] == ["在办2件"]
    assert await bot.ask("aibot_respond_msg", streamed("又来", finish=True), req_id) == 846608
    assert await bot.ask("aibot_send_msg", streamed("推送", finish=True) | {"chatid": "zhangsan", "chat_type": 1}) == 40008


async def test_a_stream_lives_six_minutes(bot, emulator, clock):
    await emulator.bots.say("zhangsan", "查询")
    req_id = (await bot.callback())["headers"]["req_id"]
    await bot.ask("aibot_respond_msg", streamed("正在查", finish=False), req_id)
    clock.forward(minutes=7)
    assert await bot.ask("aibot_respond_msg", streamed("在办2件", finish=True), req_id) == 846608


PAPER = b"x" * (512 * 1024) + b"end of file"


async def begun(bot, **change):
    body = {"type": "file", "filename": "报告.docx", "total_size": len(PAPER), "total_chunks": 2}
    code = await bot.ask("aibot_upload_media_init", {**body, **change})
    return code, bot.body.get("upload_id", "")


async def piece(bot, ident, n, data):
    return await bot.ask(
        "aibot_upload_media_chunk", {"upload_id": ident, "chunk_index": n, "base64_data": base64.b64encode(data).decode()}
    )


async def test_a_file_goes_up_in_pieces_and_out_under_its_name(bot, emulator, clock):
    code, ident = await begun(bot, md5=hashlib.md5(PAPER, usedforsecurity=False).hexdigest())
    assert code == 0
    assert await piece(bot, ident, 1, PAPER[512 * 1024 :]) == 0
    assert await bot.ask("aibot_upload_media_finish", {"upload_id": ident}) == 846609, "a piece is missing"
    assert await piece(bot, ident, 0, PAPER[: 512 * 1024]) == 0
    assert await bot.ask("aibot_upload_media_finish", {"upload_id": ident}) == 0
    media = bot.body["media_id"]
    await emulator.bots.say("zhangsan", "你好")
    push = {"chatid": "zhangsan", "chat_type": 1, "msgtype": "file", "file": {"media_id": media}}
    assert await bot.ask("aibot_send_msg", push) == 0
    [shown] = emulator.messages("bot:zhangsan")
    assert (shown.msgtype, shown.content["name"]) == ("file", "报告.docx")
    clock.forward(hours=73)
    assert await bot.ask("aibot_send_msg", push) == 40007, "three days"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "poster"}, 40058),
        ({"filename": ""}, 40058),
        ({"total_size": 5}, 40006),
        ({"total_chunks": 1}, 40006),
        ({"total_size": 21 << 20, "total_chunks": 42}, 40006),
    ],
)
async def test_what_may_be_uploaded(bot, change, code):
    assert (await begun(bot, **change))[0] == code


async def test_an_upload_has_half_an_hour_and_a_true_sum(bot, clock):
    _, slow = await begun(bot)
    clock.forward(minutes=31)
    assert await piece(bot, slow, 0, PAPER[: 512 * 1024]) == 846609
    _, wrong = await begun(bot, md5="0" * 32)
    for n, part in enumerate((PAPER[: 512 * 1024], PAPER[512 * 1024 :])):
        await piece(bot, wrong, n, part)
    assert await bot.ask("aibot_upload_media_finish", {"upload_id": wrong}) == 846609


async def test_thirty_uploads_a_minute(bot):
    codes = [(await begun(bot))[0] for _ in range(31)]
    assert codes == [0] * 30 + [846607]
