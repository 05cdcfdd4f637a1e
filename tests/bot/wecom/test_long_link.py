"""The smart bot's connection against the emulator: subscribing, heartbeat, reconnecting, hearing, answering, pushing."""

import asyncio
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.emulator.corp import SmartBot
from bot.emulator.switches import Fault
from bot.wecom.cards import dumps
from bot.wecom.errors import Kind, OutcomeUnknown, SendError
from bot.wecom.link_frames import read, reply_request, update_request
from bot.wecom.long_link import LongLink
from bot.wecom.streams import AT_ONCE, LATER
from tests.bot.wecom.conftest import MovedClock

CARD = {
    "card_type": "button_interaction",
    "main_title": {"title": "12号事项待核实"},
    "task_id": "b12-1",
    "button_list": [{"text": "收到", "style": 1, "key": "12|ack"}],
}


@pytest.fixture
def corp(corp):
    return replace(corp, bots=(SmartBot(id="bot-1", secret="long-secret", groups=("wrGroup",)),))


class Desk:
    """What the connection hands over."""

    def __init__(self):
        self.kept = {}
        self.told = []
        self.broken = False
        self.news = asyncio.Event()

    async def accept(self, message):
        if self.broken:
            raise OSError("disk full")
        fresh = message.dedupe_key not in self.kept
        self.kept[message.dedupe_key] = message
        self.news.set()
        return fresh

    async def tell(self, text):
        self.told.append(text)
        self.news.set()

    async def hear(self):
        await asyncio.wait_for(self.news.wait(), 60)
        self.news.clear()
        return list(self.kept.values())[-1] if self.kept else None


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def make(session, base, clock, desk):
    def made(secret="long-secret", **more):
        more = {"heartbeat": 5.0, "timeout": 60.0, "pauses": (0.01,)} | more
        return LongLink(session, f"{base}/openws", "bot-1", secret, desk.accept, clock, desk.tell, **more)

    return made


@pytest.fixture
async def link(make, desk, request):
    link = make(timeout=getattr(request, "param", 60.0))
    task = asyncio.create_task(link.run())
    await asyncio.wait_for(link.live.wait(), 60)
    desk.news.clear()
    yield link
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def shown(emulator, chat="bot:zhangsan"):
    """What stands in the conversation, without the word that only says that a line has arrived."""
    return [m for m in emulator.messages(chat) if m.content.get("content") != AT_ONCE]


def push(text="有事项待您处理", chat="zhangsan"):
    return dumps({"chatid": chat, "chat_type": 1, "msgtype": "markdown", "markdown": {"content": text}})


async def test_a_typed_line_is_stored_and_answered_where_it_was_asked(link, emulator, desk):
    await emulator.bots.say("zhangsan", "查询")
    heard = await desk.hear()
    assert (heard.kind, heard.user, heard.content) == ("text", "zhangsan", "查询")
    await link.send(reply_request(heard.dedupe_key, "在办2件"))
    assert [m.content["content"] for m in shown(emulator)] == ["在办2件"]


async def until(look, span=60.0):
    """Wait for what will be; a busy machine takes longer."""
    async with asyncio.timeout(span):
        while not look():
            await asyncio.sleep(0.01)


def words_in(emulator, chat="bot:zhangsan"):
    return [m.content.get("content") for m in emulator.messages(chat)]


async def test_a_typed_line_is_answered_at_once_and_the_answer_takes_the_place_of_that(link, emulator, desk):
    await emulator.bots.say("zhangsan", "报告 12")
    heard = await desk.hear()
    await until(lambda: words_in(emulator) == [AT_ONCE])
    await link.send(reply_request(heard.dedupe_key, "正在发给您"))
    assert words_in(emulator) == ["正在发给您"]
    await link.send(reply_request(heard.dedupe_key, "又一条"))
    assert words_in(emulator) == ["正在发给您", "又一条"], "a stream takes one answer"


async def test_what_takes_long_ends_the_stream_with_a_word_and_comes_by_itself(make, emulator, desk):
    link = make(patience=0.05)
    task = asyncio.create_task(link.run())
    await asyncio.wait_for(link.live.wait(), 60)
    desk.news.clear()
    await emulator.bots.say("zhangsan", "报告 12")
    heard = await desk.hear()
    await until(lambda: words_in(emulator) == [LATER])
    await link.send(reply_request(heard.dedupe_key, "正在发给您"))
    assert words_in(emulator) == [LATER, "正在发给您"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_stream_that_is_refused_loses_no_answer(link, emulator, desk):
    await emulator.bots.say("zhangsan", "查询")
    heard = await desk.hear()
    await until(lambda: words_in(emulator) == [AT_ONCE])
    emulator.switches.faults.append(Fault(kind="errcode", path="aibot_respond_msg", code=846608))
    await link.send(reply_request(heard.dedupe_key, "在办2件"))
    assert words_in(emulator)[-1] == "在办2件"


async def test_who_opens_the_conversation_is_greeted(make, emulator, desk):
    async def greeting(who):
        return f"{who}您好"

    link = make(greeting=greeting)
    task = asyncio.create_task(link.run())
    await asyncio.wait_for(link.live.wait(), 60)
    await emulator.bots.enter("lisi")
    await until(lambda: words_in(emulator, "bot:lisi") == ["lisi您好"])
    assert desk.kept == {}, "entering is no message"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("size", [6, 512 * 1024, 512 * 1024 + 1])
async def test_a_file_goes_over_the_bot_under_its_own_name(link, emulator, desk, size):
    await emulator.bots.say("zhangsan", "报告 12")
    await desk.hear()
    media = await link.upload("12号事项评估报告.docx", b"x" * size)
    body = {"chatid": "zhangsan", "chat_type": 1, "msgtype": "file", "file": {"media_id": media}}
    await link.send(dumps(body))
    assert shown(emulator)[-1].content["name"] == "12号事项评估报告.docx"


async def test_a_file_too_large_gives_no_id(link):
    with pytest.raises(SendError, match="20MB"):
        await link.upload("大.bin", b"x" * ((20 << 20) + 1))


@pytest.mark.parametrize("link", [0.5], indirect=True, ids=["hasty"])
async def test_a_server_that_says_nothing_to_a_piece_gives_no_id(link, emulator):
    emulator.switches.faults.append(Fault(kind="lost", path="aibot_upload_media_chunk"))
    with pytest.raises(OutcomeUnknown):
        await link.upload("报告.docx", b"123456")


async def test_in_a_group_the_name_of_the_bot_is_no_part_of_the_words(link, emulator, desk):
    await emulator.bots.say("lisi", "@值班机器人 详情 12", group="wrGroup")
    heard = await desk.hear()
    assert heard.content == "详情 12"
    await link.send(reply_request(heard.dedupe_key, "请看本人消息"))
    assert len(emulator.messages("bot:wrgroup")) == 1


async def test_a_doubled_delivery_has_one_key(link, emulator, desk):
    emulator.switches.callbacks = "duplicate"
    await emulator.bots.say("zhangsan", "查询")
    await desk.hear()
    assert len(desk.kept) == 1


async def pressed(link, emulator, desk):
    await emulator.bots.say("zhangsan", "你好")
    await desk.hear()
    await link.send(dumps({"chatid": "zhangsan", "chat_type": 1, "msgtype": "template_card", "template_card": CARD}))
    desk.news.clear()
    await emulator.bots.press("zhangsan", shown(emulator)[-1].id, "12|ack", {"unit": ["yjj"]})
    return await desk.hear()


async def test_a_pressed_card_is_replaced_in_its_place(link, emulator, desk):
    heard = await pressed(link, emulator, desk)
    assert (heard.kind, heard.event_key, heard.task_id) == ("card", "12|ack", "b12-1")
    assert heard.selected == {"unit": ("yjj",)}
    new = {**CARD, "main_title": {"title": "12号事项 张三已收到"}}
    await link.send(update_request(heard.response_code, new))
    [card] = shown(emulator)
    assert card.content["main_title"]["title"] == "12号事项 张三已收到"


async def test_too_late_for_that_it_becomes_a_new_card(link, emulator, desk):
    heard = await pressed(link, emulator, desk)
    emulator.switches.faults.append(Fault(kind="errcode", path="aibot_respond_update_msg", code=846605))
    await link.send(update_request(heard.response_code, {**CARD, "main_title": {"title": "现状"}}))
    assert [m.content["main_title"]["title"] for m in shown(emulator)] == ["12号事项待核实", "现状"]


async def test_who_never_spoke_to_the_bot_cannot_be_reached(link):
    with pytest.raises(SendError) as caught:
        await link.send(push())
    assert (caught.value.code, caught.value.kind) == (846606, Kind.HANDLE)


@pytest.mark.parametrize("link", [0.5], indirect=True, ids=["hasty"])
async def test_an_answer_that_does_not_come_is_an_unknown_outcome(link, emulator, desk):
    await emulator.bots.say("zhangsan", "你好")
    await desk.hear()
    emulator.switches.faults.append(Fault(kind="lost", path="aibot_send_msg"))
    with pytest.raises(OutcomeUnknown):
        await link.send(push())
    assert len(shown(emulator)) == 1


async def test_a_connection_that_breaks_is_made_again(link, emulator, desk):
    emulator.switches.faults.append(Fault(kind="reset", path="aibot_send_msg"))
    with pytest.raises((OutcomeUnknown, SendError)):
        await link.send(push())
    for _ in range(6000):
        if emulator.bots.subscribed == 2 and link.live.is_set():
            break
        await asyncio.sleep(0.01)
    await emulator.bots.say("zhangsan", "还在吗")
    await desk.hear()
    await link.send(push())
    assert len(shown(emulator)) == 1


async def test_the_heartbeat_keeps_the_connection(make, emulator):
    emulator.switches.ping_timeout = 0.5
    link = make(heartbeat=0.05)
    task = asyncio.create_task(link.run())
    await asyncio.wait_for(link.live.wait(), 60)
    for _ in range(50):  # a machine that stood still longer than the limit was cut off with every right: once more
        before = emulator.bots.subscribed, emulator.bots.pings
        await asyncio.sleep(0.8)
        if (emulator.bots.subscribed, link.live.is_set()) == (before[0], True) and emulator.bots.pings >= before[1] + 5:
            break
    else:
        raise AssertionError("cut although it pinged")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_an_unanswered_heartbeat_ends_the_connection(make, emulator):
    emulator.switches.faults.append(Fault(kind="lost", path="ping"))
    link = make(heartbeat=0.05, timeout=0.2)
    task = asyncio.create_task(link.run())
    for _ in range(6000):
        if emulator.bots.subscribed >= 2:
            break
        await asyncio.sleep(0.01)
    assert emulator.bots.subscribed >= 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_who_is_displaced_stays_away_and_says_so(make, emulator, desk):
    first, second = make(), make()
    one = asyncio.create_task(first.run())
    await asyncio.wait_for(first.live.wait(), 60)
    two = asyncio.create_task(second.run())
    await asyncio.wait_for(one, 60)
    await asyncio.sleep(0.1)
    assert (emulator.bots.subscribed, first.live.is_set(), second.live.is_set()) == (2, False, True)
    assert any("另一个程序" in text for text in desk.told)
    with pytest.raises(SendError) as caught:
        await first.send(push())
    assert caught.value.kind is Kind.RETRY
    two.cancel()
    await asyncio.gather(two, return_exceptions=True)


async def test_a_wrong_secret_is_told_once_and_not_tried_again(make, emulator, desk):
    await asyncio.wait_for(make(secret="falsch").run(), 60)
    assert len(desk.told) == 1
    assert "密钥" in desk.told[0]


async def test_a_server_out_of_reach_is_tried_again(session, clock, desk):
    link = LongLink(session, "ws://127.0.0.1:9/", "bot-1", "x", desk.accept, clock, desk.tell, pauses=(0.01,))
    task = asyncio.create_task(link.run())
    while len(desk.told) < 3:
        await asyncio.wait_for(desk.news.wait(), 60)
        desk.news.clear()
    assert "正在重试" in desk.told[0]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_could_not_be_stored_is_told(link, emulator, desk, caplog):
    desk.broken = True
    await emulator.bots.say("zhangsan", "查询")
    await desk.hear()
    assert "没有存下" in desk.told[-1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda x: (
        st.lists(x, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "cmd",
                    "headers",
                    "body",
                    "from",
                    "userid",
                    "msgid",
                    "event",
                    "eventtype",
                    "msgtype",
                    "text",
                    "mixed",
                    "msg_item",
                    "template_card_event",
                    "selected_items",
                    "selected_item",
                    "option_ids",
                    "question_key",
                    "req_id",
                ]
            ),
            x,
            max_size=6,
        )
    ),
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150, deadline=None)
@given(frame=st.dictionaries(st.sampled_from(["cmd", "headers", "body"]), JSON), event=JSON, text=JSON)
def test_no_frame_breaks_the_reader(frame, event, text):
    at = MovedClock().at
    read(frame, at)
    body = {"from": {"userid": "a"}, "msgid": "1", "event": event, "msgtype": "mixed", "mixed": text}
    read({"cmd": "aibot_msg_callback", "headers": event, "body": body}, at)
    click = {"eventtype": "template_card_event", "template_card_event": text}
    read({"cmd": "aibot_event_callback", "headers": text, "body": {**body, "event": click}}, at)


def test_requests_are_raw_utf8():
    assert "张三".encode() in reply_request("b:1:zhangsan:m1", "张三")
    assert json.loads(update_request("bot:2:wrGroup:r1:t:1", CARD))["template_card"]["task_id"] == "t:1"
