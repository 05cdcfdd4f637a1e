"""Card shapes stay within the smaller limits; frozen bytes are what WeCom takes."""

import json
import re

import pytest

from bot.emulator.card_rules import check_card
from bot.wecom.cards import (
    BUTTON,
    KEYNAME,
    Button,
    Dropdown,
    Row,
    button_card,
    card_request,
    dumps,
    text_notice,
    text_request,
    update_request,
    validate,
)


def full_card(**more):
    given = {
        "title": "【网传待核】石坪镇大湾村疑似山体滑坡",
        "desc": "02:24发现，请3分钟内点“收到”",
        "sub": "抖音1条、12345来电1起，说法相近。",
        "rows": [Row(keyname="首现", value="02:19抖音"), Row(keyname="总览", value="打开", url="https://a.cn")],
        "buttons": [Button(text="收到", key="ack:1", style=1), Button(text="不实", key="no:1", style=4)],
        "task_id": "ev1-r1-zhangsan",
        "source": "县舆情值班·内部",
        "color": 2,
    }
    return button_card(**(given | more))


def test_a_built_card_is_valid_for_us_and_for_wecom():
    card = full_card(
        url="https://a.cn",
        dropdown=Dropdown(question_key="g", title="等级", options=(("s", "较大"), ("m", "重大")), selected_id="m"),
        menu=[Button(text="卡在谁", key="stuck")],
    )
    assert validate(card) == ()
    check_card(card)


def test_a_notice_is_valid_for_us_and_for_wecom():
    card = text_notice(title="首发已登记", url="https://a.cn", emphasis=("按时", "余12分钟"), source="县舆情值班", color=3)
    assert validate(card) == ()
    check_card(card)
    menu = text_notice(title="首发已登记", url="https://a.cn", menu=[Button(text="看", key="k")], task_id="t1")
    check_card(menu)


def test_rows_link_to_pages_members_and_files():
    rows = [Row(keyname="人", value="张三", userid="zhangsan"), Row(keyname="附件", value="报告.docx", media_id="m1")]
    assert [row["type"] for row in full_card(rows=rows)["horizontal_content_list"]] == [3, 2]


def test_a_link_button_opens_a_page():
    card = full_card(buttons=[Button(text="看稿", key="k", url="https://a.cn")])
    assert card["button_list"][0]["type"] == 1
    check_card(card)


def test_too_long_texts_are_shortened_by_the_builder():
    card = full_card(
        title="甲" * 60,
        desc="乙" * 60,
        sub="丙" * 300,
        rows=[Row(keyname="一二三四五六七", value="丁" * 50)],
        buttons=[Button(text="一二三四五六七八九十一二", key="k")],
        source="戊" * 40,
    )
    assert validate(card) == ()
    assert len(card["horizontal_content_list"][0]["keyname"]) <= KEYNAME
    assert len(card["button_list"][0]["text"]) <= BUTTON


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"main_title": {"title": "甲" * 27}}, "标题有27字", id="title"),
        pytest.param({"main_title": {"title": "甲", "desc": "甲" * 31}}, "副标题有31字", id="desc"),
        pytest.param({"sub_title_text": "甲" * 113}, "正文有113字", id="sub"),
        pytest.param({"source": {"desc": "甲" * 14}}, "来源有14字", id="source"),
        pytest.param({"horizontal_content_list": [{"keyname": "一二三四五六", "value": "1"}]}, "有6字", id="keyname"),
        pytest.param({"horizontal_content_list": [{"keyname": "一", "value": "甲" * 27}]}, "有27字", id="value"),
        pytest.param({"button_list": [{"text": "甲" * 11, "key": "k"}]}, "有11字", id="button"),
        pytest.param({"horizontal_content_list": [{"keyname": "一", "value": "1"}] * 7}, "超过6行", id="rows"),
        pytest.param({"button_list": [{"text": "一", "key": str(n)} for n in range(7)]}, "现有7个", id="buttons"),
        pytest.param({"button_list": []}, "现有0个", id="no button"),
        pytest.param({"main_title": {}}, "没有标题", id="no title"),
        pytest.param({"card_type": "vote_interaction"}, "不在使用范围", id="type"),
        pytest.param({"button_list": [{"text": "一", "key": ""}]}, "没有编号", id="no key"),
        pytest.param({"button_list": [{"text": "一", "key": "k"}] * 2}, "编号相同", id="key twice"),
        pytest.param({"button_list": [{"text": "一", "key": "k" * 1025}]}, "1024字节", id="key too long"),
        pytest.param({"task_id": "事件1"}, "任务编号", id="task_id"),
        pytest.param({"task_id": "a" * 129}, "任务编号", id="task_id too long"),
        pytest.param({"button_selection": {"option_list": [{}] * 11}}, "超过10个", id="options"),
        pytest.param({"action_menu": {"action_list": [{"key": str(n)} for n in range(4)]}}, "超过3项", id="menu"),
    ],
)
def test_a_mistake_is_named(change, words):
    problems = validate(full_card() | change)
    assert len(problems) == 1
    assert words in problems[0]


def test_a_notice_without_address_is_a_mistake():
    assert validate({"card_type": "text_notice", "main_title": {"title": "甲"}}) == ("通知卡须有跳转地址，请补上。",)


class TestFrozenBytes:
    def test_raw_utf8_with_the_duplicate_check_on_for_four_hours(self):
        raw = card_request("zhangsan", 1000002, full_card())
        body = json.loads(raw)
        assert "大湾村".encode() in raw
        assert (body["enable_duplicate_check"], body["duplicate_check_interval"]) == (1, 14400)
        assert (body["touser"], body["agentid"]) == ("zhangsan", 1000002)

    def test_the_same_input_gives_the_same_bytes(self):
        assert card_request("zhangsan", 1, full_card()) == card_request("zhangsan", 1, full_card())

    @pytest.mark.parametrize("text", ["a\x00b", "a\x0bb", "\\u4f60", "a\u2028b", "a\ud800b", "\\", "\x7f"])
    def test_no_escape_can_appear_whatever_a_feed_says(self, text):
        raw = text_request("zhangsan", 1, text + "险情")
        assert not re.search(rb"\\u", raw)
        assert json.loads(raw)["text"]["content"].endswith("险情")

    def test_line_breaks_and_quotes_survive(self):
        assert json.loads(dumps({"a": '一\n二\t"三"'})) == {"a": '一\n二\t"三"'}

    def test_an_update_names_people_in_an_array_and_has_no_task_id(self):
        body = json.loads(update_request(["zhangsan"], 1, "rc", full_card(), "已由张三收到"))
        assert body["userids"] == ["zhangsan"]
        assert body["template_card"]["replace_text"] == "已由张三收到"
        assert "task_id" not in body["template_card"]

    def test_an_update_without_people_is_for_everybody(self):
        body = json.loads(update_request([], 1, "rc", full_card()))
        assert body["atall"] == 1
        assert "replace_text" not in body["template_card"]
