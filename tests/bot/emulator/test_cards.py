"""The hard rules of template cards, one case a rule (documents 90236, 90313)."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.emulator.card_rules import check_card, pruned
from bot.emulator.refusal import Refusal

URL = "https://board.example.gov.cn/e/1"
ACTION = {"type": 1, "url": URL}


def options(count: int) -> list[dict[str, str]]:
    return [{"id": f"o{n}", "text": f"选项{n}"} for n in range(count)]


def select(key: str = "q", count: int = 2) -> dict[str, Any]:
    return {"question_key": key, "title": "等级", "option_list": options(count)}


CARDS: dict[str, dict[str, Any]] = {
    "text_notice": {"card_type": "text_notice", "main_title": {"title": "甲"}, "card_action": ACTION},
    "news_notice": {
        "card_type": "news_notice",
        "main_title": {"title": "甲"},
        "card_action": ACTION,
        "card_image": {"url": URL, "aspect_ratio": 1.3},
    },
    "button_interaction": {
        "card_type": "button_interaction",
        "main_title": {"title": "甲"},
        "task_id": "t1",
        "button_list": [{"text": "收到", "key": "k1", "style": 1}, {"text": "打开", "type": 1, "url": URL}],
        "button_selection": select(),
    },
    "vote_interaction": {
        "card_type": "vote_interaction",
        "main_title": {"title": "甲"},
        "task_id": "t1",
        "checkbox": {"question_key": "q", "mode": 0, "option_list": options(20)},
        "submit_button": {"text": "提交", "key": "s"},
    },
    "multiple_interaction": {
        "card_type": "multiple_interaction",
        "main_title": {"title": "甲"},
        "task_id": "t1",
        "select_list": [select("q1", 10), select("q2"), select("q3")],
        "submit_button": {"text": "提交", "key": "s"},
    },
}


def refused(card: dict[str, Any], *, sending: bool = True) -> int:
    try:
        check_card(card, sending=sending)
    except Refusal as refusal:
        return refusal.errcode
    return 0


@pytest.mark.parametrize("kind", CARDS)
def test_a_right_card_of_every_type_passes(kind):
    assert refused(CARDS[kind]) == 0


def row(**more: Any) -> list[dict[str, Any]]:
    return [{"keyname": "编号", "value": "1"} | more]


def button(**more: Any) -> list[dict[str, Any]]:
    return [{"text": "收到", "key": "k"} | more]


def menu(*keys: str, **more: Any) -> dict[str, Any]:
    return {"desc": "更多", "action_list": [{"text": "看", "key": key} | more for key in keys]}


T, N, B, V, M = CARDS
CASES = [
    ("unknown type", T, {"card_type": "poster"}, 42031),
    ("type missing", T, {"card_type": None}, 42031),
    ("task_id missing", B, {"task_id": None}, 42014),
    ("task_id illegal", B, {"task_id": "事件1"}, 42014),
    ("task_id of 128", B, {"task_id": "a" * 128}, 0),
    ("task_id of 129", B, {"task_id": "a" * 129}, 42014),
    ("task_id of a vote", V, {"task_id": None}, 42014),
    ("task_id of a menu", T, {"action_menu": menu("a")}, 42014),
    ("menu with task_id", T, {"action_menu": menu("a"), "task_id": "t@_-1"}, 0),
    ("illegal task_id of a notice", T, {"task_id": "a b"}, 42014),
    ("title missing", B, {"main_title": {}}, 42033),
    ("title blank", B, {"main_title": {"title": " "}}, 42033),
    ("title not an object", B, {"main_title": "甲"}, 40063),
    ("notice with sub title only", T, {"main_title": {}, "sub_title_text": "乙"}, 0),
    ("notice with neither", T, {"main_title": {}}, 42033),
    ("button card with sub title only", B, {"main_title": {}, "sub_title_text": "乙"}, 42033),
    ("source not an object", B, {"source": "甲"}, 40063),
    ("source colour", B, {"source": {"desc": "甲", "desc_color": 4}}, 40058),
    ("emphasis not an object", T, {"emphasis_content": "甲"}, 40063),
    ("six rows", B, {"horizontal_content_list": row() * 6}, 0),
    ("seven rows", B, {"horizontal_content_list": row() * 7}, 42035),
    ("rows not a list", B, {"horizontal_content_list": {}}, 40063),
    ("row not an object", B, {"horizontal_content_list": ["甲"]}, 40063),
    ("row without keyname", B, {"horizontal_content_list": row(keyname="")}, 42027),
    ("row of unknown type", B, {"horizontal_content_list": row(type=4)}, 40058),
    ("row link without url", B, {"horizontal_content_list": row(type=1)}, 42028),
    ("row link", B, {"horizontal_content_list": row(type=1, url=URL)}, 0),
    ("row link without scheme", B, {"horizontal_content_list": row(type=1, url="a.cn")}, 42028),
    ("row attachment without id", B, {"horizontal_content_list": row(type=2)}, 42029),
    ("row member without userid", B, {"horizontal_content_list": row(type=3)}, 42050),
    ("four vertical rows", N, {"vertical_content_list": [{"title": "甲"}] * 4}, 0),
    ("five vertical rows", N, {"vertical_content_list": [{"title": "甲"}] * 5}, 42036),
    ("vertical row without title", N, {"vertical_content_list": [{"desc": "甲"}]}, 42033),
    ("three jumps", T, {"jump_list": [{"title": "甲", "type": 1, "url": URL}] * 3}, 0),
    ("four jumps", T, {"jump_list": [{"title": "甲", "type": 1, "url": URL}] * 4}, 42042),
    ("jump without title", T, {"jump_list": [{"type": 1, "url": URL}]}, 42033),
    ("jump without url", T, {"jump_list": [{"title": "甲", "type": 1}]}, 42028),
    ("jump to a mini-program without appid", T, {"jump_list": [{"title": "甲", "type": 2}]}, 42030),
    ("jump of unknown type", T, {"jump_list": [{"title": "甲", "type": 3}]}, 40058),
    ("quote without url", B, {"quote_area": {"type": 1}}, 42028),
    ("notice without action", T, {"card_action": None}, 42045),
    ("notice with action type 0", T, {"card_action": {"type": 0}}, 42045),
    ("picture notice without action", N, {"card_action": None}, 42045),
    ("action without url", T, {"card_action": {"type": 1}}, 42028),
    ("button card with action without url", B, {"card_action": {"type": 1}}, 42028),
    ("action with appid", T, {"card_action": {"type": 2, "appid": "a"}}, 0),
    ("three menu items", B, {"action_menu": menu("a", "b", "c")}, 0),
    ("four menu items", B, {"action_menu": menu("a", "b", "c", "d")}, 40058),
    ("menu without items", B, {"action_menu": menu()}, 40058),
    ("menu on a vote", V, {"action_menu": menu("a")}, 40058),
    ("menu key twice", B, {"action_menu": menu("a", "a")}, 42051),
    ("menu key like a button's", B, {"action_menu": menu("k1")}, 42051),
    ("menu item without text", B, {"action_menu": menu("a", text="")}, 42038),
    ("menu item without key", B, {"action_menu": menu("")}, 42039),
    ("picture missing", N, {"card_image": None}, 42044),
    ("picture replaced by text area", N, {"card_image": None, "image_text_area": {"title": "甲"}}, 0),
    ("picture without url", N, {"card_image": {"aspect_ratio": 1.3}}, 42044),
    ("picture too wide", N, {"card_image": {"url": URL, "aspect_ratio": 2.26}}, 42044),
    ("no button", B, {"button_list": []}, 40058),
    ("six buttons", B, {"button_list": [{"text": "甲", "key": str(n)} for n in range(6)]}, 0),
    ("seven buttons", B, {"button_list": [{"text": "甲", "key": str(n)} for n in range(7)]}, 40058),
    ("button without text", B, {"button_list": button(text="")}, 42038),
    ("button without key", B, {"button_list": button(key="")}, 42039),
    ("button key of 1024 bytes", B, {"button_list": button(key="k" * 1024)}, 0),
    ("button key of 1025 bytes", B, {"button_list": button(key="k" * 1025)}, 42039),
    ("button key twice", B, {"button_list": button() * 2}, 42039),
    ("link button without url", B, {"button_list": [{"text": "甲", "type": 1}]}, 42028),
    ("button style not a number", B, {"button_list": button(style=[])}, 40063),
    ("dropdown without key", B, {"button_selection": select("")}, 42043),
    ("dropdown of ten", B, {"button_selection": select(count=10)}, 0),
    ("dropdown of eleven", B, {"button_selection": select(count=11)}, 42037),
    ("dropdown without options", B, {"button_selection": select(count=0)}, 42037),
    ("option without id", B, {"button_selection": {"question_key": "q", "option_list": [{"text": "甲"}]}}, 42040),
    (
        "option id of 129 bytes",
        B,
        {"button_selection": {"question_key": "q", "option_list": [{"id": "a" * 129, "text": "甲"}]}},
        42040,
    ),
    ("option without text", B, {"button_selection": {"question_key": "q", "option_list": [{"id": "a"}]}}, 42041),
    ("option id twice", B, {"button_selection": {"question_key": "q", "option_list": [{"id": "a", "text": "甲"}] * 2}}, 42040),
    ("vote of 21", V, {"checkbox": {"question_key": "q", "option_list": options(21)}}, 42037),
    ("vote without key", V, {"checkbox": {"option_list": options(2)}}, 42043),
    ("vote mode", V, {"checkbox": {"question_key": "q", "mode": 2, "option_list": options(2)}}, 40058),
    ("vote without submit", V, {"submit_button": None}, 42046),
    ("submit without text", V, {"submit_button": {"key": "s"}}, 42049),
    ("submit without key", M, {"submit_button": {"text": "提交"}}, 42046),
    ("four selects", M, {"select_list": [select(f"q{n}") for n in range(4)]}, 42047),
    ("no select", M, {"select_list": []}, 42047),
    ("select of eleven", M, {"select_list": [select(count=11)]}, 42037),
    ("select key twice", M, {"select_list": [select("q"), select("q")]}, 42043),
]


@pytest.mark.parametrize(("kind", "change", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_card_rule(kind, change, code):
    assert refused(copy.deepcopy(CARDS[kind]) | change) == code


def test_an_update_needs_no_task_id():
    assert refused({key: value for key, value in CARDS[B].items() if key != "task_id"}, sending=False) == 0


def test_every_card_code_of_the_table_is_used_by_some_case():
    codes = {case[3] for case in CASES}
    wanted = {42014, 42027, 42028, 42029, 42030, 42031, 42033, *range(42035, 42048), 42049, 42050, 42051}
    assert wanted - codes == set()


async def test_a_broken_card_is_refused_over_the_wire(api, button_card):
    assert (await api.send_card(button_card | {"button_list": []}))["errcode"] == 40058


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just(URL),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["key", "text", "title", "type"]), inner),
    max_leaves=4,
)


@given(kind=st.sampled_from(list(CARDS)), data=st.data())
def test_any_json_in_any_place_is_accepted_or_refused_never_a_crash(kind, data):
    card = copy.deepcopy(CARDS[kind]) | {"horizontal_content_list": row(type=1, url=URL), "action_menu": menu("m")}
    name = data.draw(
        st.sampled_from([*card, "source", "quote_area", "jump_list", "checkbox", "select_list", "emphasis_content"])
    )
    card[name] = data.draw(JUNK)
    assert refused(pruned(card)) in {0, 40058, 40063, *range(42014, 42052)}
