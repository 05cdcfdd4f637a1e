"""The phone page: what it shows, that nothing sent can run in it, that presses and texts go out."""

import asyncio

import pytest

from bot.emulator.corp import Corp, Member
from bot.emulator.render import clip, markdown, size, text
from bot.emulator.server import Emulator, serving

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


async def page(session, base, path):
    async with session.get(f"{base}{path}") as response:
        assert response.status == 200
        return await response.text()


async def test_everybody_is_in_the_contacts_with_unread_counts(api, base, session):
    await api.send_text("值班提醒")
    await api.send_text("再次提醒")
    html = await page(session, base, "/")
    for name in ("张三", "李四", "王五", "值班群"):
        assert name in html
    assert "2条未读" in html
    assert "再次提醒" in html


async def test_looking_at_a_phone_clears_its_unread_mark(api, base, session):
    await api.send_text("值班提醒")
    await page(session, base, "/?user=zhangsan")
    assert "条未读" not in await page(session, base, "/phone/contacts")


async def test_the_contacts_alone_do_not(api, base, session):
    await api.send_text("值班提醒")
    await page(session, base, "/")
    assert "1条未读" in await page(session, base, "/phone/contacts")


async def test_a_card_shows_its_parts(api, base, session, button_card):
    card = button_card | {
        "sub_title_text": "两小时312条",
        "quote_area": {"title": "原话", "quote_text": "停水三天"},
        "jump_list": [{"title": "看总览", "type": 1, "url": "https://a.cn/j"}],
        "button_selection": {"question_key": "g", "title": "等级", "option_list": [{"id": "m", "text": "重大"}]},
        "action_menu": {"desc": "更多", "action_list": [{"text": "现在卡在谁", "key": "stuck"}]},
    }
    await api.send_card(card)
    html = await page(session, base, "/phone/thread/zhangsan")
    for words in (
        "舆情值班",
        "红色预警",
        "须于14:30前响应",
        "YQ-0421",
        "收到",
        "误报",
        "312条",
        "停水三天",
        "看总览",
        "重大",
        "卡在谁",
    ):
        assert words in html
    assert 'data-key="ack:421"' in html
    assert "tone-2" in html


async def test_a_grey_card_has_no_buttons_left(api, base, session, button_card):
    code = (await api.send_card(button_card))["response_code"]
    await api.update(code)
    html = await page(session, base, "/phone/thread/zhangsan")
    assert "已收到" in html
    assert "data-key" not in html
    assert "已更新" in html


async def test_other_kinds_of_message_and_a_recalled_one(api, base, session):
    common = {"touser": "zhangsan", "agentid": 1000002}
    textcard = {"title": "简报", "description": "今日无事", "url": "https://a.cn/c"}
    await api.send(common | {"msgtype": "textcard", "textcard": textcard})
    await api.send(common | {"msgtype": "news", "news": {"articles": [{"title": "图文", "url": "https://a.cn/n"}]}})
    await api.send(common | {"msgtype": "markdown", "markdown": {"content": "**要紧** `代码`"}})
    msgid = (await api.send_text("说错了"))["msgid"]
    await api.post("message/recall", {"msgid": msgid})
    html = await page(session, base, "/phone/thread/zhangsan")
    for words in ("简报", "图文", "<strong>要紧</strong>", "撤回了一条消息"):
        assert words in html
    assert "说错了" not in html


@pytest.mark.parametrize("kind", ["text", "markdown", "card", "said"])
async def test_nothing_sent_becomes_markup(api, emulator, base, session, button_card, receiver, kind):
    if kind == "card":
        row = {"keyname": EVIL, "value": EVIL, "type": 1, "url": f"https://a.cn/{EVIL}"}
        button = {"text": EVIL, "key": EVIL}
        evil = {"main_title": {"title": EVIL, "desc": EVIL}, "sub_title_text": EVIL, "source": {"desc": EVIL}}
        await api.send_card(button_card | evil | {"horizontal_content_list": [row], "button_list": [button]})
    elif kind == "said":
        await emulator.type("zhangsan", EVIL)
    else:
        await api.send({"touser": "zhangsan", "agentid": 1000002, "msgtype": kind, kind: {"content": EVIL}})
    for path in ("/?user=zhangsan", "/phone/thread/zhangsan", "/phone/contacts"):
        html = await page(session, base, path)
        assert "<script>alert" not in html
        assert "<img" not in html


async def test_pages_forbid_foreign_code_and_load_nothing_from_outside(base, session):
    async with session.get(base) as response:
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        html = await response.text()
    for path in ("/static/phone.css", "/static/phone.js"):
        html += await page(session, base, path)
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "https://" not in html


@pytest.mark.parametrize(
    ("value", "html"),
    [
        ('<a href="https://a.cn/x?a=1&b=2">总览</a>', 'href="https://a.cn/x?a=1&amp;b=2"'),
        ('<a href="javascript:alert(1)">总览</a>', "&lt;a href=&#34;javascript:alert(1)&#34;&gt;"),
        ("见 https://a.cn/e/1，请阅", 'href="https://a.cn/e/1"'),
        ("一<二", "一&lt;二"),
    ],
)
def test_links_in_a_text(value, html):
    assert html in text(value)


@pytest.mark.parametrize(
    ("value", "html"),
    [
        ("# 标题", '<p class="md-h">标题</p>'),
        ("> 引用", '<p class="md-quote">引用</p>'),
        ('<font color="warning">急</font>', '<span class="font-warning">急</span>'),
        ("[看](https://a.cn)", 'href="https://a.cn"'),
        ("[看](javascript:a)", "[看](javascript:a)"),
        ("<b>", "&lt;b&gt;"),
    ],
)
def test_the_markdown_subset(value, html):
    assert html in markdown(value)


def test_what_a_phone_cuts_and_how_it_names_sizes():
    assert clip("一二三四", 3) == "一二…"
    assert clip(None, 3) == ""
    assert [size(n) for n in (10, 2048, 3 << 20)] == ["10字节", "2KB", "3.0MB"]


async def post(session, base, path, body):
    async with session.post(f"{base}/phone/{path}", json=body) as response:
        return response.status, await response.json()


class TestActing:
    async def test_a_press_reaches_the_bot_and_shows(self, api, emulator, base, session, receiver, button_card):
        await api.send_card(button_card)
        body = {"user": "zhangsan", "message": emulator.messages("zhangsan")[0].id, "key": "ack:421", "selected": {}}
        assert await post(session, base, "press", body) == (200, {"arrived": True})
        assert len(receiver.deliveries) == 1
        assert "pressed" in await page(session, base, "/phone/thread/zhangsan")

    async def test_a_text_reaches_the_bot_and_shows(self, base, session, receiver):
        assert (await post(session, base, "say", {"user": "zhangsan", "text": " 查询 "}))[0] == 200
        assert len(receiver.deliveries) == 1
        assert "查询</div>" in await page(session, base, "/phone/thread/zhangsan")

    async def test_a_bot_that_does_not_answer_is_said(self, base, session, receiver):
        receiver.statuses = [500] * 4
        status, answer = await post(session, base, "say", {"user": "zhangsan", "text": "查询"})
        assert status == 502
        assert "没有送达" in answer["error"]

    @pytest.mark.parametrize(
        ("path", "body", "status"),
        [
            ("press", {"user": "zhangsan", "message": 99, "key": "k"}, 409),
            ("press", {"user": "zhangsan"}, 400),
            ("press", {"user": "zhangsan", "message": "x", "key": "k"}, 400),
            ("say", {"user": "ghost", "text": "查询"}, 409),
            ("say", {"user": "zhangsan", "text": " "}, 400),
        ],
    )
    async def test_what_is_not_possible_is_said_in_chinese(self, base, session, path, body, status):
        found, answer = await post(session, base, path, body)
        assert found == status
        assert answer["error"].endswith("。")

    async def test_another_site_cannot_press(self, base, session):
        async with session.post(f"{base}/phone/say", data={"user": "zhangsan", "text": "查询"}) as response:
            assert response.status == 415
        for raw in (b"{", b"[]"):
            async with session.post(f"{base}/phone/say", data=raw, headers={"Content-Type": "application/json"}) as response:
                assert response.status == 400


async def test_an_unknown_person_leads_back_to_the_contacts(base, session):
    async with session.get(f"{base}/?user=ghost", allow_redirects=False) as response:
        assert response.headers["Location"] == "/"
    async with session.get(f"{base}/phone/thread/ghost") as response:
        assert response.status == 404


async def test_an_unknown_file_is_not_found(base, session):
    async with session.get(f"{base}/phone/media/none") as response:
        assert response.status == 404


async def test_an_empty_corp_still_has_a_page(clock, session):
    empty = Emulator(Corp(corpid="a", secret="b", agentid=1, token="c", aes_key="d" * 43), None, clock)
    async with serving(empty, 0) as base:
        assert "还没有值班人员" in await page(session, base, "/")


async def test_an_open_page_hears_of_a_new_message_at_once(api, base, session):
    async with session.get(f"{base}/phone/events") as stream:
        assert (await stream.content.readuntil(b"\n\n")).startswith(b"event: tick\ndata: 10:00|")
        await api.send_text("值班提醒")
        async with asyncio.timeout(60):
            while b"event: change" not in await stream.content.readuntil(b"\n\n"):
                pass


async def test_open_pages_do_not_keep_the_server_from_stopping(emulator, clock, session):
    second = Emulator(emulator.office.corp, None, clock)
    async with asyncio.timeout(60):
        async with serving(second, 0) as base:
            stream = await session.get(f"{base}/phone/events")
            await stream.content.readuntil(b"\n\n")
        stream.close()


async def test_a_long_conversation_shows_its_newest_hundred(api, emulator, base, session):
    emulator.switches.per_minute = 1000
    for n in range(110):
        await api.send_text(f"第{n}条")
    html = await page(session, base, "/phone/thread/zhangsan")
    assert "第109条" in html
    assert "第9条" not in html
    assert html.count('class="bubble"') == 100


async def test_a_group_is_read_only(api, base, session):
    await api.post("webhook/send", {"msgtype": "text", "text": {"content": "值班提醒"}}, key="hook-1")
    html = await page(session, base, "/?user=group:hook-1")
    assert "群机器人只发不收" in html
    assert "值班提醒" in html


async def test_links_of_the_program_are_shown(emulator, base, session):
    emulator.links = (("打开总览", "http://127.0.0.1:8780/"),)
    assert "打开总览" in await page(session, base, "/")


def test_members_need_no_unit():
    assert Member(userid="a", name="甲").unit == ""
