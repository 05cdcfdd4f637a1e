"""Callbacks of the emulator: encryption, retries, modes, passive replies (documents 90238, 90930, 90968, 90240)."""

import asyncio
import re
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from aiohttp import web

from bot.emulator.refusal import PressRefused
from bot.emulator.sealing import seal, signature, unseal
from bot.emulator.server import Emulator, serving


def opened(corp, delivery):
    """Verify and decrypt one raw delivery with nothing but the documents."""
    query, body = delivery
    outer = ElementTree.fromstring(body)
    sealed = outer.findtext("Encrypt")
    assert outer.findtext("ToUserName") == corp.corpid
    assert query["msg_signature"] == signature(corp.token, query["timestamp"], query["nonce"], sealed)
    return ElementTree.fromstring(unseal(corp.aes_key, corp.corpid, sealed))


@pytest.fixture
async def card(api, emulator, receiver, button_card):
    await api.send_card(button_card)
    return emulator.messages("zhangsan")[0]


async def test_a_press_is_delivered_with_everything_the_bot_needs(emulator, corp, receiver, card, clock):
    assert await emulator.press("zhangsan", card.id, "ack:421")
    event = opened(corp, receiver.deliveries[0])
    found = {node.tag: node.text for node in event}
    assert found.pop("ResponseCode").startswith("rc-")
    assert found == {
        "ToUserName": corp.corpid,
        "FromUserName": "ZhangSan",
        "CreateTime": str(int(clock().timestamp())),
        "MsgType": "event",
        "Event": "template_card_event",
        "EventKey": "ack:421",
        "TaskId": "ev421-r1-zhangsan",
        "CardType": "button_interaction",
        "AgentID": "1000002",
    }


async def test_a_typed_text_has_a_message_id_of_its_own(emulator, corp, receiver):
    words = "报 大湾村滑坡 <!DOCTYPE> ]]> & 4人被埋"
    await emulator.type("lisi", words)
    await emulator.type("lisi", words)
    events = [opened(corp, delivery) for delivery in receiver.deliveries]
    assert [event.findtext("Content") for event in events] == [words, words]
    ids = [event.findtext("MsgId") for event in events]
    assert len(set(ids)) == 2
    assert all(2**62 < int(ident) < 2**63 for ident in ids)


async def test_what_no_xml_can_carry_is_left_out_of_a_text(emulator, corp, receiver):
    await emulator.type("lisi", "a\x00\x0bb")
    assert opened(corp, receiver.deliveries[0]).findtext("Content") == "ab"


async def test_a_dropdown_is_reported_as_selected_items(api, emulator, corp, receiver, button_card):
    box = {"question_key": "grade", "option_list": [{"id": "s", "text": "较大"}, {"id": "m", "text": "重大"}]}
    await api.send_card(button_card | {"button_selection": box})
    card = emulator.messages("zhangsan")[0]
    await emulator.press("zhangsan", card.id, "ack:421", {"grade": ["m"]})
    await emulator.press("zhangsan", card.id, "ack:421")
    await emulator.press("zhangsan", card.id, "ack:421", {"grade": ["invented"]})
    chosen = [opened(corp, d).findtext("SelectedItems/SelectedItem/OptionIds/OptionId") for d in receiver.deliveries]
    assert chosen == ["m", "s", "s"]
    assert opened(corp, receiver.deliveries[0]).findtext("SelectedItems/SelectedItem/QuestionKey") == "grade"


async def test_a_vote_and_several_selects_report_every_choice(api, emulator, corp, receiver):
    options = [{"id": "a", "text": "甲"}, {"id": "b", "text": "乙", "is_checked": True}]
    vote = {
        "card_type": "vote_interaction",
        "main_title": {"title": "值班意向"},
        "task_id": "v1",
        "checkbox": {"question_key": "q", "mode": 1, "option_list": options},
        "submit_button": {"text": "提交", "key": "send"},
    }
    await api.send_card(vote)
    card = emulator.messages("zhangsan")[0]
    await emulator.press("zhangsan", card.id, "send")
    await emulator.press("zhangsan", card.id, "send", {"q": ["a", "b"]})
    chosen = [[n.text for n in opened(corp, d).iter("OptionId")] for d in receiver.deliveries]
    assert chosen == [["b"], ["a", "b"]]


async def test_a_menu_item_is_a_menu_event(api, emulator, corp, receiver, button_card):
    menu = {"desc": "更多", "action_list": [{"text": "卡在谁", "key": "stuck"}]}
    await api.send_card(button_card | {"action_menu": menu})
    await emulator.press("zhangsan", emulator.messages("zhangsan")[0].id, "stuck")
    event = opened(corp, receiver.deliveries[0])
    assert event.findtext("Event") == "template_card_menu_event"
    assert event.find("SelectedItems") is None


class TestWhatCannotBePressed:
    async def refused(self, emulator, user, message, key="ack:421"):
        with pytest.raises(PressRefused):
            await emulator.press(user, message, key)
        return True

    async def test_a_foreign_or_unknown_card(self, emulator, card):
        assert await self.refused(emulator, "lisi", card.id)
        assert await self.refused(emulator, "zhangsan", 999)

    async def test_an_unknown_button(self, emulator, card):
        assert await self.refused(emulator, "zhangsan", card.id, "invented")

    async def test_a_link_button(self, api, emulator, receiver, button_card):
        await api.send_card(button_card | {"button_list": [{"text": "打开", "type": 1, "url": "https://a.cn", "key": "link"}]})
        assert await self.refused(emulator, "zhangsan", emulator.messages("zhangsan")[0].id, "link")

    async def test_a_grey_card(self, api, emulator, receiver, button_card):
        code = (await api.send_card(button_card))["response_code"]
        await api.update(code)
        assert await self.refused(emulator, "zhangsan", emulator.messages("zhangsan")[0].id)

    async def test_a_recalled_card(self, api, emulator, receiver, button_card):
        msgid = (await api.send_card(button_card))["msgid"]
        await api.post("message/recall", {"msgid": msgid})
        assert await self.refused(emulator, "zhangsan", emulator.messages("zhangsan")[0].id)

    async def test_a_text(self, api, emulator, receiver):
        await api.send_text()
        assert await self.refused(emulator, "zhangsan", emulator.messages("zhangsan")[0].id)

    async def test_nobody_outside_the_contacts_types(self, emulator, receiver):
        with pytest.raises(PressRefused):
            await emulator.type("ghost", "你好")


class TestRetries:
    async def test_three_repeats_each_newly_encrypted(self, emulator, corp, receiver):
        receiver.statuses = [500, 500, 503, 200]
        assert await emulator.type("lisi", "查询")
        assert len(receiver.deliveries) == 4
        assert len({query["nonce"] for query, _ in receiver.deliveries}) == 4
        assert len({body for _, body in receiver.deliveries}) == 4
        assert len({ElementTree.tostring(opened(corp, delivery)) for delivery in receiver.deliveries}) == 1

    async def test_not_a_fifth_time(self, emulator, receiver):
        receiver.statuses = [500] * 9
        assert not await emulator.type("lisi", "查询")
        assert len(receiver.deliveries) == 4

    async def test_a_non_200_may_count_as_delivered_to_a_broken_service(self, emulator, receiver):
        emulator.switches.retry_on = "timeout"
        receiver.statuses = [500]
        assert not await emulator.type("lisi", "查询")
        assert len(receiver.deliveries) == 1

    async def test_a_dead_address_is_tried_four_times(self, emulator, base):
        emulator.switches.retry_on = "timeout"
        assert not await emulator.type("lisi", "查询")
        assert [status for _, status in emulator.courier.attempts] == [0, 0, 0, 0]

    async def test_no_answer_within_the_limit_is_a_failure(self, emulator, receiver):
        emulator.switches.callback_timeout = 0.05

        async def hang(reader, writer):
            await reader.read()
            writer.close()

        server = await asyncio.start_server(hang, "127.0.0.1", 0)
        emulator.office.callback_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        assert not await emulator.type("lisi", "查询")
        server.close()
        assert [status for _, status in emulator.courier.attempts] == [0, 0, 0, 0]

    def test_the_limit_is_five_seconds(self, emulator):
        assert emulator.switches.callback_timeout == 5.0


class TestModes:
    async def test_dropped(self, emulator, receiver):
        emulator.switches.callbacks = "drop"
        assert not await emulator.type("lisi", "查询")
        assert receiver.deliveries == []

    async def test_doubled_with_another_nonce(self, emulator, corp, receiver):
        emulator.switches.callbacks = "duplicate"
        await emulator.type("lisi", "查询")
        first, second = receiver.deliveries
        assert first[0]["nonce"] != second[0]["nonce"]
        assert ElementTree.tostring(opened(corp, first)) == ElementTree.tostring(opened(corp, second))

    async def test_held_back_and_released_backwards(self, emulator, corp, receiver, base, session):
        emulator.switches.callbacks = "hold"
        await emulator.type("lisi", "一")
        await emulator.type("lisi", "二")
        assert receiver.deliveries == []
        emulator.switches.callbacks = "normal"
        async with session.post(f"{base}/_control/release", json={"reverse": True}):
            pass
        assert [opened(corp, d).findtext("Content") for d in receiver.deliveries] == ["二", "一"]

    async def test_a_stale_signature(self, emulator, receiver, clock):
        emulator.switches.stale_by = 3600
        before = emulator.office.wall().timestamp()
        await emulator.type("lisi", "查询")
        assert before - 3610 < int(receiver.deliveries[0][0]["timestamp"]) < before - 3590

    async def test_signatures_use_the_wall_clock_not_the_programs(self, emulator, receiver, clock):
        await emulator.type("lisi", "查询")
        assert abs(int(receiver.deliveries[0][0]["timestamp"]) - emulator.office.wall().timestamp()) < 600
        assert emulator.office.wall() != clock()


def sealed_reply(corp, inner, kind="update_button", *, token=None, to="zhangsan", by=None):
    head = f"<ToUserName>{to}</ToUserName><FromUserName>{by or corp.corpid}</FromUserName><CreateTime>1</CreateTime>"
    sealed = seal(corp.aes_key, corp.corpid, f"<xml>{head}<MsgType>{kind}</MsgType>{inner}</xml>")
    sign = signature(token or corp.token, "1", "2", sealed)
    return f"<xml><Encrypt>{sealed}</Encrypt><MsgSignature>{sign}</MsgSignature><TimeStamp>1</TimeStamp><Nonce>2</Nonce></xml>"


def passive(corp, text, **more):
    return sealed_reply(corp, f"<Button><ReplaceName>{text}</ReplaceName></Button>", **more)


NOTICE = (
    "<TemplateCard><CardType>text_notice</CardType><Source><Desc>值班</Desc><DescColor>1</DescColor></Source>"
    "<MainTitle><Title>张三已认领</Title></MainTitle>"
    "<HorizontalContentList><KeyName>编号</KeyName><Value>12</Value></HorizontalContentList>"
    "<HorizontalContentList><KeyName>何时</KeyName><Value>14:05</Value></HorizontalContentList>"
    "<CardAction><Type>1</Type><Url>https://board.example.gov.cn/e/12</Url></CardAction></TemplateCard>"
)


class TestPassiveReplies:
    async def test_one_greys_the_buttons_of_who_clicked(self, emulator, corp, receiver, card):
        receiver.reply = passive(corp, "已收到")
        await emulator.press("zhangsan", card.id, "ack:421")
        assert emulator.messages("zhangsan")[0].grey == "已收到"

    async def test_or_is_ignored(self, emulator, corp, receiver, card):
        emulator.switches.passive = "ignore"
        receiver.reply = passive(corp, "已收到")
        await emulator.press("zhangsan", card.id, "ack:421")
        assert emulator.messages("zhangsan")[0].grey == ""

    async def test_one_replaces_the_card_of_who_clicked(self, emulator, corp, receiver, card):
        receiver.reply = sealed_reply(corp, NOTICE, "update_template_card")
        await emulator.press("zhangsan", card.id, "ack:421")
        shown = emulator.messages("zhangsan")[0].content
        assert emulator.courier.passive.refused == []
        assert (shown["card_type"], shown["main_title"]["title"], shown["source"]["desc_color"]) == (
            "text_notice",
            "张三已认领",
            1,
        )
        assert [row["value"] for row in shown["horizontal_content_list"]] == ["12", "14:05"]

    async def test_a_text_answers_a_typed_line(self, emulator, corp, receiver):
        receiver.reply = sealed_reply(corp, "<Content>在办2件</Content>", "text")
        await emulator.type("zhangsan", "查询")
        assert [m.content["content"] for m in emulator.messages("zhangsan")] == ["在办2件"]

    @pytest.mark.parametrize(
        ("inner", "more"),
        [
            ("<Button><ReplaceName></ReplaceName></Button>", {}),
            (NOTICE.replace("text_notice", "poster"), {"kind": "update_template_card"}),
            (NOTICE.replace("<CardAction>", "<Card>").replace("</CardAction>", "</Card>"), {"kind": "update_template_card"}),
            ("<Button><ReplaceName>好</ReplaceName></Button>", {"to": "lisi"}),
            ("<Button><ReplaceName>好</ReplaceName></Button>", {"by": "lisi"}),
            ("<Button><ReplaceName>好</ReplaceName></Button>", {"kind": "update_all"}),
        ],
    )
    async def test_a_reply_that_breaks_a_rule_changes_nothing_and_is_noted(self, emulator, corp, receiver, card, inner, more):
        receiver.reply = sealed_reply(corp, inner, **more)
        await emulator.press("zhangsan", card.id, "ack:421")
        [message] = emulator.messages("zhangsan")
        assert (message.grey, message.content) == ("", card.content)
        assert len(emulator.courier.passive.refused) == 1

    async def test_a_badly_signed_one_is_ignored(self, emulator, corp, receiver, card):
        receiver.reply = passive(corp, "已收到", token="othertoken")
        await emulator.press("zhangsan", card.id, "ack:421")
        assert emulator.messages("zhangsan")[0].grey == ""


class TestUrlCheck:
    async def answering(self, emulator, session, base, reply):
        """Serve a GET check with `reply` in the place of the decrypted echo."""

        async def handle(reader, writer):
            line = (await reader.readuntil(b"\r\n\r\n")).decode()
            echo = re.search(r"echostr=([^& ]+)", line)[1]
            text = reply(unseal(emulator.office.corp.aes_key, emulator.office.corp.corpid, unquote(echo)))
            writer.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/cb"
        async with session.post(f"{base}/_control/callback", json={"url": url}) as response:
            verified = (await response.json())["verified"]
        server.close()
        return verified, url

    async def test_the_plain_echo_verifies_the_address(self, emulator, session, base):
        verified, url = await self.answering(emulator, session, base, lambda echo: echo)
        assert verified
        assert emulator.office.callback_url == url

    @pytest.mark.parametrize("wrap", ['"{}"', "\ufeff{}", "{}\n", ""])
    async def test_anything_around_it_does_not(self, emulator, session, base, wrap):
        before = emulator.office.callback_url
        verified, _ = await self.answering(emulator, session, base, wrap.format)
        assert not verified
        assert emulator.office.callback_url == before

    async def test_nor_does_a_dead_address(self, emulator, base):
        assert not await emulator.configure_callback("http://127.0.0.1:9/")
        assert not await emulator.connect("http://127.0.0.1:9/", tries=2)

    async def test_an_address_on_a_busy_machine_is_checked_again(self, emulator, corp, base):
        seen = []

        async def answer(request):
            seen.append(request)
            if len(seen) == 1:
                await asyncio.sleep(1.5)
            return web.Response(text=unseal(corp.aes_key, corp.corpid, request.query["echostr"]))

        app = web.Application()
        app.add_routes([web.get("/cb", answer)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        assert await emulator.connect(f"http://127.0.0.1:{runner.addresses[0][1]}/cb")
        assert len(seen) == 2
        await runner.cleanup()


class TestAfterAKill:
    async def test_phones_show_the_same_and_pending_callbacks_go_out(
        self, corp, clock, data, api, emulator, receiver, button_card
    ):
        await api.send_card(button_card)
        card = emulator.messages("zhangsan")[0]
        emulator.note_press("zhangsan", card.id, "ack:421", {})  # recorded, then the process dies before the delivery
        second = Emulator(corp, data, clock)
        assert second.messages("zhangsan") == emulator.messages("zhangsan")
        assert second.ledger() == emulator.ledger()
        second.office.callback_url = receiver.url
        second.auto_resume = False
        async with serving(second, 0):
            assert await second.resume() == 1
            assert await second.resume() == 0
        assert opened(corp, receiver.deliveries[0]).findtext("EventKey") == "ack:421"

    async def test_tokens_codes_and_the_duplicate_check_survive(
        self, corp, clock, data, api, emulator, receiver, button_card, session
    ):
        body = {"enable_duplicate_check": 1, "duplicate_check_interval": 14400}
        first = await api.send_card(button_card, **body)
        second = Emulator(corp, data, clock)
        second.office.callback_url = receiver.url
        async with serving(second, 0) as address:
            api.base = address
            assert await api.send_card(button_card, **body) == first
            assert len(second.messages("zhangsan")) == 1
            assert (await api.update(first["response_code"]))["errcode"] == 0


async def test_a_hook_hears_of_every_message_after_the_answer(api, emulator):
    heard = []
    emulator.on_message(heard.append)
    await api.send_text("值班提醒", touser="zhangsan|lisi")
    await asyncio.sleep(0)
    assert [(m.user, m.content["content"]) for m in heard] == [("zhangsan", "值班提醒"), ("lisi", "值班提醒")]


async def test_a_hook_may_press_and_busy_says_when_all_is_delivered(api, emulator, receiver, button_card):
    tasks = []
    emulator.on_message(lambda m: tasks.append(asyncio.ensure_future(emulator.press(m.user, m.id, "ack:421"))))
    await api.send_card(button_card)
    await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert emulator.busy == 0
    assert len(receiver.deliveries) == 1
