"""message/send: every check of document 90236 has a test that fails without it."""

import json

import pytest

ACCEPTED = 0


async def shown(emulator, user="zhangsan"):
    return [message.content for message in emulator.messages(user)]


async def test_it_delivers_a_text_and_says_so(api, emulator):
    answer = await api.send_text("河堤巡查结束")
    assert answer["errcode"] == 0
    assert answer["msgid"]
    assert answer["invaliduser"] == ""
    assert "response_code" not in answer
    assert await shown(emulator) == [{"content": "河堤巡查结束"}]


async def test_only_a_card_that_can_call_back_gets_a_response_code(api, button_card):
    notice = {"card_type": "text_notice", "main_title": {"title": "甲"}, "card_action": {"type": 1, "url": "https://a.cn"}}
    assert "response_code" not in await api.send_card(notice)
    assert (await api.send_card(button_card))["response_code"]
    menu = {"desc": "更多", "action_list": [{"text": "看", "key": "k"}]}
    assert (await api.send_card(notice | {"action_menu": menu, "task_id": "t-9"}))["response_code"]


async def test_it_accepts_long_texts_of_a_card_as_only_recommended(api, button_card):
    assert (await api.send_card(button_card | {"sub_title_text": "长" * 300}))["errcode"] == ACCEPTED


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param(
            b'{"touser":"zhangsan","msgtype":"text","agentid":1000002,"text":{"content":"\\u4f60"}}', 40033, id="escaped"
        ),
        pytest.param(
            b'{"touser":"zhangsan","msgtype":"text","agentid":1000002,"text":{"content":"\\\\u4f60"}}', 0, id="backslash"
        ),
        pytest.param(b"", 44004, id="empty body"),
        pytest.param(b"{", 40063, id="broken json"),
        pytest.param(b"[]", 40063, id="not an object"),
        pytest.param('{"touser":"张"}'.encode("gbk"), 40063, id="not utf-8"),
    ],
)
async def test_it_reads_the_raw_body(api, raw, code):
    assert (await api.send(raw))["errcode"] == code


async def test_broken_json_is_named_in_the_message(api):
    assert "Warning: wrong json format" in (await api.send(b"{"))["errmsg"]


TEXT = {"touser": "zhangsan", "msgtype": "text", "agentid": 1000002, "text": {"content": "你好"}}
MANY = "|".join(f"u{n}" for n in range(1001))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"agentid": 1000003}, 301002, id="foreign app"),
        pytest.param({"agentid": "1000002"}, 40063, id="agentid as text"),
        pytest.param({"agentid": True}, 40063, id="agentid as boolean"),
        pytest.param({"touser": ""}, 82001, id="no recipient"),
        pytest.param({"touser": "|"}, 82001, id="only separators"),
        pytest.param({"touser": ["zhangsan"]}, 40063, id="recipients as a list"),
        pytest.param({"touser": MANY}, 40032, id="1001 users"),
        pytest.param({"touser": "zhangsan" + "|u" * 999}, 0, id="1000 users"),
        pytest.param({"toparty": "|".join(map(str, range(101)))}, 82002, id="101 parties"),
        pytest.param({"toparty": "|".join(map(str, range(100)))}, 0, id="100 parties"),
        pytest.param({"totag": "|".join(map(str, range(101)))}, 82003, id="101 tags"),
        pytest.param({"totag": "|".join(map(str, range(100)))}, 0, id="100 tags"),
        pytest.param({"msgtype": "sticker"}, 40008, id="unknown type"),
        pytest.param({"msgtype": None}, 40063, id="type missing"),
        pytest.param({"text": {}}, 41011, id="no content block"),
        pytest.param({"text": "你好"}, 40063, id="content block of a wrong type"),
        pytest.param({"text": {"content": " "}}, 44004, id="empty text"),
        pytest.param({"text": {"content": 5}}, 40063, id="text as a number"),
        pytest.param({"safe": 1}, 0, id="safe"),
        pytest.param({"safe": 2}, 40058, id="safe 2 is for mpnews"),
        pytest.param({"msgtype": "markdown", "markdown": {"content": "a"}, "safe": 1}, 40058, id="markdown has no safe"),
        pytest.param({"enable_id_trans": 2}, 40058, id="id translation out of range"),
        pytest.param({"enable_duplicate_check": 2}, 40058, id="duplicate check out of range"),
        pytest.param({"enable_duplicate_check": 1, "duplicate_check_interval": 14400}, 0, id="four hours"),
        pytest.param({"enable_duplicate_check": 1, "duplicate_check_interval": 14401}, 40058, id="over four hours"),
        pytest.param({"enable_duplicate_check": 1, "duplicate_check_interval": 0}, 40058, id="no interval"),
    ],
)
async def test_it_refuses_wrong_parameters(api, change, code):
    assert (await api.send(TEXT | change))["errcode"] == code


async def test_a_refused_message_leaves_nothing(api, emulator):
    await api.send(TEXT | {"agentid": 1})
    assert emulator.ledger() == []
    assert await shown(emulator) == []


async def test_a_text_is_cut_at_2048_bytes_between_characters(api, emulator):
    await api.send_text("汛" * 700)
    assert await shown(emulator) == [{"content": "汛" * 682}]


async def test_markdown_over_2048_bytes_is_refused(api):
    body = TEXT | {"msgtype": "markdown"}
    assert (await api.send(body | {"markdown": {"content": "汛" * 682}}))["errcode"] == 0
    assert (await api.send(body | {"markdown": {"content": "汛" * 683}}))["errcode"] == 45002
    assert (await api.send(body | {"markdown": {"content": ""}}))["errcode"] == 44004


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({}, 0, id="right"),
        pytest.param({"url": ""}, 41033, id="no url"),
        pytest.param({"url": "board.example.gov.cn"}, 40058, id="url without scheme"),
        pytest.param({"url": "https://a.cn/" + "a" * 2048}, 40058, id="url too long"),
        pytest.param({"btntxt": "查看全文吧"}, 40058, id="five characters on the button"),
        pytest.param({"title": ""}, 41033, id="no title"),
        pytest.param({"description": ""}, 41033, id="no description"),
    ],
)
async def test_textcard_rules(api, change, code):
    block = {"title": "甲", "description": "乙", "url": "https://a.cn"} | change
    assert (await api.send(TEXT | {"msgtype": "textcard", "textcard": block}))["errcode"] == code


async def test_a_textcard_is_cut_at_128_and_512_characters(api, emulator):
    block = {"title": "甲" * 200, "description": "乙" * 600, "url": "https://a.cn"}
    await api.send(TEXT | {"msgtype": "textcard", "textcard": block})
    content = (await shown(emulator))[0]
    assert (len(content["title"]), len(content["description"])) == (128, 512)


@pytest.mark.parametrize(
    ("articles", "code"),
    [
        pytest.param([{"title": "甲", "url": "https://a.cn"}] * 8, 0, id="eight"),
        pytest.param([{"title": "甲", "url": "https://a.cn"}] * 9, 40058, id="nine"),
        pytest.param([], 40058, id="none"),
        pytest.param([{"title": "", "url": "https://a.cn"}], 41033, id="no title"),
        pytest.param([{"title": "甲", "url": "a"}], 40058, id="bad url"),
        pytest.param(["甲"], 41033, id="not an object"),
    ],
)
async def test_news_rules(api, articles, code):
    assert (await api.send(TEXT | {"msgtype": "news", "news": {"articles": articles}}))["errcode"] == code


async def test_an_unknown_file_is_refused(api):
    assert (await api.send(TEXT | {"msgtype": "file", "file": {"media_id": "nothing"}}))["errcode"] == 40007
    assert (await api.send(TEXT | {"msgtype": "file", "file": {"media_id": "", "x": 1}}))["errcode"] == 40007


async def test_a_card_row_with_an_unknown_attachment_is_refused(api, button_card):
    row = {"keyname": "附件", "type": 2, "media_id": "nothing", "value": "报告.docx"}
    assert (await api.send_card(button_card | {"horizontal_content_list": [row]}))["errcode"] == 40007


async def test_partial_failure_is_errcode_0_with_lower_case_names(api, emulator):
    answer = await api.send_text(touser="ZHANGSAN|Ghost|outside|nolicence")
    assert answer["errcode"] == 0
    assert answer["invaliduser"] == "ghost|outside"
    assert answer["unlicenseduser"] == "nolicence"
    assert [row.user for row in emulator.ledger()] == ["zhangsan"]


async def test_all_recipients_bad_is_81013(api):
    answer = await api.send_text(touser="ghost|outside")
    assert answer["errcode"] == 81013
    assert answer["invaliduser"] == "ghost|outside"


async def test_parties_and_tags_resolve_within_the_visible_range(api, emulator):
    answer = await api.send(TEXT | {"touser": "", "toparty": "2|3|99", "totag": "7|8"})
    assert answer["invalidparty"] == "3|99"
    assert answer["invalidtag"] == "8"
    assert sorted(row.user for row in emulator.ledger()) == ["lisi", "zhangsan"]


async def test_at_all_reaches_the_visible_range_only(api, emulator):
    answer = await api.send_text(touser="@all")
    assert answer["invaliduser"] == ""
    assert sorted(row.user for row in emulator.ledger()) == ["lisi", "zhangsan"]


async def test_a_person_named_twice_gets_one_message(api, emulator):
    await api.send_text(touser="zhangsan|ZhangSan")
    assert len(emulator.ledger()) == 1


async def test_a_card_that_calls_back_needs_a_callback_address(api, emulator, button_card):
    emulator.office.callback_url = ""
    assert (await api.send_card(button_card))["errcode"] == 43012
    notice = {"card_type": "text_notice", "main_title": {"title": "甲"}, "card_action": {"type": 1, "url": "https://a.cn"}}
    assert (await api.send_card(notice))["errcode"] == 0


async def test_a_task_id_is_used_once_for_ever(api, emulator, clock, button_card):
    assert (await api.send_card(button_card))["errcode"] == 0
    clock.forward(days=400)
    await api.fetch_token()
    assert (await api.send_card(button_card))["errcode"] == 42014
    emulator.switches.taken_code = 42016
    assert (await api.send_card(button_card))["errcode"] == 42016


class TestDuplicateCheck:
    async def test_an_identical_request_within_the_interval_is_not_delivered_again(self, api, emulator, clock, button_card):
        checks = {"enable_duplicate_check": 1, "duplicate_check_interval": 14400}
        first = await api.send_card(button_card, **checks)
        clock.forward(seconds=14399)
        await api.fetch_token()
        again = await api.send_card(button_card, **checks)
        assert again == first
        assert len(emulator.messages("zhangsan")) == 1
        assert [(row.repeat, row.shown) for row in emulator.ledger()] == [(False, True), (True, False)]

    async def test_the_bare_answer_of_a_repeat_can_be_had(self, api, emulator, button_card):
        emulator.switches.repeat_answer = "bare"
        checks = {"enable_duplicate_check": 1}
        await api.send_card(button_card, **checks)
        again = await api.send_card(button_card, **checks)
        assert again["errcode"] == 0
        assert "msgid" not in again
        assert "response_code" not in again

    async def test_after_the_interval_it_is_a_new_request(self, api, emulator, clock):
        checks = {"enable_duplicate_check": 1, "duplicate_check_interval": 60}
        await api.send_text(**checks)
        clock.forward(seconds=60)
        await api.send_text(**checks)
        assert len(emulator.messages("zhangsan")) == 2

    async def test_the_default_interval_is_half_an_hour(self, api, emulator, clock):
        await api.send_text(enable_duplicate_check=1)
        clock.forward(seconds=1799)
        await api.send_text(enable_duplicate_check=1)
        clock.forward(seconds=1)
        await api.send_text(enable_duplicate_check=1)
        assert len(emulator.messages("zhangsan")) == 2

    async def test_without_the_check_the_same_text_arrives_twice(self, api, emulator):
        await api.send_text()
        await api.send_text()
        assert len(emulator.messages("zhangsan")) == 2

    async def test_one_byte_of_difference_is_another_request(self, api, emulator):
        body = json.dumps(TEXT | {"enable_duplicate_check": 1}, ensure_ascii=False).encode()
        await api.send(body)
        await api.send(body + b" ")
        assert len(emulator.messages("zhangsan")) == 2


class TestMeters:
    async def test_beyond_30_a_minute_a_member_sees_nothing_and_the_sender_is_not_told(self, api, emulator, clock):
        answers = [await api.send_text(str(n)) for n in range(31)]
        assert {answer["errcode"] for answer in answers} == {0}
        assert len(emulator.messages("zhangsan")) == 30
        assert [row.shown for row in emulator.ledger()][-1] is False
        clock.forward(seconds=60)
        await api.send_text("再发")
        assert len(emulator.messages("zhangsan")) == 31

    async def test_the_hour_has_its_own_limit(self, api, emulator, clock):
        emulator.switches.per_hour = 40
        for n in range(50):
            clock.forward(seconds=3)
            await api.send_text(str(n))
        assert len(emulator.messages("zhangsan")) == 40
        clock.forward(hours=1)
        await api.send_text("再发")
        assert len(emulator.messages("zhangsan")) == 41

    def test_the_limits_are_those_of_the_document(self, emulator):
        switches = emulator.switches
        assert (switches.per_minute, switches.per_hour, switches.webhook_per_minute) == (30, 1000, 20)

    async def test_one_member_does_not_use_up_anothers_meter(self, api, emulator):
        for n in range(31):
            await api.send_text(str(n))
        await api.send_text(touser="lisi")
        assert len(emulator.messages("lisi")) == 1

    async def test_the_daily_quota_of_the_app_is_refused_openly(self, api, emulator, clock):
        emulator.switches.daily_per_account = 0
        assert (await api.send_text())["errcode"] == 45009
        emulator.switches.daily_per_account = 200
        assert (await api.send_text())["errcode"] == 0
