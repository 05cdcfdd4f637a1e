"""update_template_card and recall (documents 94888, 94867): the ledger of response codes."""

import pytest

NEW = {
    "card_type": "button_interaction",
    "main_title": {"title": "红色预警 已收到"},
    "button_list": [{"text": "核实", "key": "verify:421"}],
}


@pytest.fixture
async def code(api, button_card):
    return (await api.send_card(button_card, touser="zhangsan|lisi"))["response_code"]


def card_of(emulator, user="zhangsan"):
    return emulator.messages(user)[-1]


async def test_buttons_turn_grey_for_the_named_only(api, emulator, code):
    answer = await api.update(code)
    assert answer == {"errcode": 0, "errmsg": "ok", "invaliduser": []}
    assert card_of(emulator).grey == "已收到"
    assert card_of(emulator, "lisi").grey == ""


async def test_for_everybody(api, emulator, code):
    await api.update(code, userids=[], atall=1)
    assert [card_of(emulator, user).grey for user in ("zhangsan", "lisi")] == ["已收到", "已收到"]


async def test_a_card_is_replaced(api, emulator, code):
    await api.update(code, button={}, template_card=NEW)
    assert card_of(emulator).content == NEW
    assert card_of(emulator).grey == ""


async def test_a_replaced_card_may_be_grey(api, emulator, code):
    await api.update(code, button={}, template_card=NEW | {"replace_text": "张三已收到"})
    assert card_of(emulator).grey == "张三已收到"


async def test_a_code_works_once(api, code):
    assert (await api.update(code))["errcode"] == 0
    assert (await api.update(code))["errcode"] == 60140


async def test_a_code_lives_72_hours(api, clock, button_card, code):
    later = (await api.send_card(button_card | {"task_id": "t2"}))["response_code"]
    clock.forward(hours=72)
    await api.fetch_token()
    assert (await api.update(code))["errcode"] == 0
    clock.forward(seconds=1)
    assert (await api.update(later))["errcode"] == 60140


async def test_an_invented_code_is_refused(api, code):
    assert (await api.update("rc-invented"))["errcode"] == 60140


async def test_a_press_gives_one_more_code(api, emulator, receiver, code):
    await emulator.press("zhangsan", card_of(emulator).id, "ack:421")
    codes = [row["code"] for row in emulator.ledger_file.rows("select code from code order by rowid")]
    assert len(codes) == 2
    assert [(await api.update(c))["errcode"] for c in codes] == [0, 0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"agentid": 1}, 42015, id="foreign app"),
        pytest.param({"agentid": "1000002"}, 40063, id="agentid as text"),
        pytest.param({"userids": []}, 82101, id="empty target"),
        pytest.param({"userids": ["outside"]}, 82102, id="not a recipient"),
        pytest.param({"userids": "zhangsan"}, 40063, id="userids as text"),
        pytest.param({"userids": [1]}, 40063, id="userids as numbers"),
        pytest.param({"partyids": ["1"]}, 40063, id="parties as text"),
        pytest.param({"tagids": ["7"]}, 40063, id="tags as text"),
        pytest.param({"userids": [f"u{n}" for n in range(1001)]}, 40032, id="1001 users"),
        pytest.param({"partyids": list(range(101))}, 82002, id="101 parties"),
        pytest.param({"tagids": list(range(101))}, 82003, id="101 tags"),
        pytest.param({"button": {}}, 41011, id="nothing to change"),
        pytest.param({"button": {"replace_name": ""}}, 40063, id="no grey words"),
        pytest.param({"button": {}, "template_card": NEW | {"button_list": []}}, 40058, id="broken card"),
        pytest.param(
            {"button": {}, "template_card": {"card_type": "text_notice", "main_title": {"title": "a"}}}, 42045, id="no action"
        ),
        pytest.param({"userids": [], "partyids": [1]}, 0, id="party"),
        pytest.param({"userids": [], "tagids": [7]}, 0, id="tag"),
    ],
)
async def test_rules(api, code, change, expected):
    assert (await api.update(code, **change))["errcode"] == expected


async def test_a_refused_update_does_not_spend_the_code(api, code):
    await api.update(code, userids=[])
    assert (await api.update(code))["errcode"] == 0


async def test_who_is_no_recipient_is_named_in_an_array(api, code):
    answer = await api.update(code, userids=["ZhangSan", "Ghost"])
    assert answer["invaliduser"] == ["ghost"]


async def test_a_notice_with_menu_can_be_replaced_but_has_no_buttons_to_grey(api, emulator):
    notice = {"card_type": "text_notice", "main_title": {"title": "甲"}, "card_action": {"type": 1, "url": "https://a.cn"}}
    menu = {"desc": "更多", "action_list": [{"text": "看", "key": "k"}]}
    code = (await api.send_card(notice | {"action_menu": menu, "task_id": "t-1"}))["response_code"]
    assert (await api.update(code))["errcode"] == 42031
    assert (await api.update(code, button={}, template_card=notice | {"main_title": {"title": "乙"}}))["errcode"] == 0
    assert card_of(emulator).content["main_title"]["title"] == "乙"


async def test_an_update_with_an_unknown_attachment_is_refused(api, code):
    row = {"keyname": "附件", "type": 2, "media_id": "nothing"}
    assert (await api.update(code, button={}, template_card=NEW | {"horizontal_content_list": [row]}))["errcode"] == 40007


class TestRecall:
    async def test_it_takes_the_message_off_the_phone(self, api, emulator):
        msgid = (await api.send_text())["msgid"]
        assert (await api.post("message/recall", {"msgid": msgid}))["errcode"] == 0
        assert card_of(emulator).recalled

    async def test_within_24_hours(self, api, clock):
        msgid = (await api.send_text())["msgid"]
        clock.forward(hours=24)
        await api.fetch_token()
        assert (await api.post("message/recall", {"msgid": msgid}))["errcode"] == 0
        clock.forward(seconds=1)
        assert (await api.post("message/recall", {"msgid": msgid}))["errcode"] == 42052

    @pytest.mark.parametrize("msgid", ["", "m-invented"])
    async def test_an_unknown_message_is_refused(self, api, msgid):
        assert (await api.post("message/recall", {"msgid": msgid}))["errcode"] == 40058
