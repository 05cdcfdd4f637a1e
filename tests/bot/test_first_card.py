"""The first card by itself lets an officer decide: what it is, where, since when, what runs, whom to ring; and nothing it may not say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from bot import replies
from bot.cards import alert_card, living_card
from bot.reading import READERS
from bot.subjects import spoken, subject
from bot.texts import dated, short, spot, stuck_text
from bot.wecom.cards import Card, validate
from playbooks import ladder
from playbooks.fold import opened
from playbooks.incident import Incident, Instant, Member, Place
from tests.bot.test_cards import NOW, context, lines, words
from tests.builders import FEED, OFFICER, act, apply, at, event, figure, settings

DUTY, CHIEF = "penghai", "gaolin"


def told(
    title: str,
    category: str = "other",
    *,
    label: str = "E",
    place: dict[str, str] | None = None,
    source: str = "demo-hotlist",
    grave: bool = False,
    toll: tuple[str, int] | None = None,
    seen: datetime = NOW,
    rung: datetime = NOW,
) -> Incident:
    """A matter of one post, alarmed at `rung`."""
    first = event(
        "opened",
        seen,
        FEED,
        title=title,
        label=label,
        category=category,
        place=place or {"county": "鹿溪县"},
        starts={"detected_at": Instant(value=seen, source="system")},
        high_consequence=grave,
    )
    post = event("joined", seen, FEED, member=Member(item_id="a", source=source, title=title, at=seen))
    known = [figure(*toll, rung)] if toll else []
    alarm = event("alarmed", rung, FEED, reason="x", quiet=label == "N")
    return apply(opened(81, first), [post, *known, alarm], settings(), rung)


def shown(i: Incident, kind: str = "first", now: datetime = NOW, user: str = DUTY) -> Card:
    step = replace(ladder.steps(i, settings())[0], card=kind)
    made = alert_card(i, [step], context(now, user), "t")
    assert validate(made) == ()
    assert "…" not in words(made)
    return made


@pytest.mark.parametrize(
    ("title", "label", "said"),
    [
        ("青岚一水库边三名游客落水", "E", "【网传待核】鹿溪县疑似人员落水"),
        ("鹿溪一工地旁路面突然塌陷", "E", "【网传待核】鹿溪县疑似路面塌陷"),
        ("云泽地铁二号线故障停运", "E", "【网传待核】鹿溪县疑似列车故障"),
        ("鹿溪一女孩坠楼", "E", "【网传待核】鹿溪县疑似人员坠落"),
        ("快递员在路边猝死", "E", "【网传待核】鹿溪县疑似人员猝死"),
        ("鹿溪储户反映取款难", "N", "【网传待核】鹿溪县涉取款难问题"),
        ("工地工人讨薪无人管", "N", "【网传待核】鹿溪县涉欠薪问题"),
        ("鹿溪出大事了", "E", "【网传待核】鹿溪县疑似突发情况"),
        ("这事没人管吗", "N", "【网传待核】鹿溪县涉群众反映问题"),
    ],
)
def test_a_category_that_says_nothing_is_named_by_what_happened(title: str, label: str, said: str) -> None:
    made = shown(told(title, label=label), "first" if label == "E" else "first_quiet")
    assert lines(made)[0] == said
    assert "有关情况" not in words(made)


def test_a_category_that_says_it_keeps_its_own_name() -> None:
    assert "疑似火情" in lines(shown(told("鹿溪一民房起火三人坠落", "building_fire")))[0]


def test_the_subject_comes_from_the_post_that_gave_the_alarm() -> None:
    i = told("鹿溪储户反映取款难", label="N")
    later = Member(item_id="b", source="demo-hotlist", title="鹿溪一水库三人落水", at=NOW)
    assert subject(replace(i, members=(*i.members, later)), settings()).name == "人员落水"


@pytest.mark.parametrize("label", ["E", "N"])
def test_the_card_says_how_to_read_the_post_and_copies_none_of_it(label: str) -> None:
    made = shown(told("鹿溪某某被张三打伤后身亡因为欠债", label=label))
    assert "看原文回：详情 81" in lines(made)[2]
    for word in ("张三", "欠债", "身亡"):
        assert word not in words(made)
    assert "首条：鹿溪某某被张三打伤" in replies.detail(told("鹿溪某某被张三打伤后身亡"), settings(), NOW)


def test_three_minutes_are_named_only_where_they_run() -> None:
    assert lines(shown(told("鹿溪路面塌陷")))[1] == "81号 02:24发现，请尽快点“收到”"
    assert lines(shown(told("鹿溪路面塌陷", toll=("injured", 2))))[1] == "81号 02:24发现，请3分钟内点“收到”"


def test_a_late_first_card_says_since_when_and_what_has_passed() -> None:
    late = at("20:24", day=24)
    _, desc, sub, rows, _ = lines(shown(told("鹿溪路面塌陷", rung=late), now=late))
    assert desc == "81号 首见11月22日 02:24，请尽快点“收到”"
    assert "2天18小时前已出现，现在才达到提醒条件。回应时限已过。" in sub
    assert "回应 11月24日 02:24已过" in rows


def test_a_late_first_card_says_what_is_left() -> None:
    late = at("22:24", day=23)
    assert "回应时限只剩4小时。" in lines(shown(told("鹿溪路面塌陷", rung=late), now=late))[2]


def test_what_an_authority_is_said_to_have_said_is_no_rumour() -> None:
    i = told("鹿溪县教育局通报学校围墙倒塌", "building_collapse", grave=True)
    title, _, sub, _, _ = lines(shown(i))
    assert title == "【网传待核】鹿溪县疑似建筑物险情 称教育局已通报"
    assert "标题称教育局已通报，请先找到原文核对。" in sub
    assert "不辟谣" not in sub
    assert "①打电话核实 ②电话报告带班领导" in sub


@pytest.mark.parametrize(("title", "who"), [("家属回应网传消息", ""), ("公司回应裁员", ""), ("警方再次通报坠楼", "警方已通报")])
def test_only_a_public_body_counts_as_an_authority(title: str, who: str) -> None:
    assert spoken(told(title)) == who


@pytest.mark.parametrize(("category", "flee"), [("reservoir", True), ("campus", False), ("crowd_crush", False)])
def test_a_rumour_keeps_the_two_first_actions_and_speaks_of_flight_only_where_people_flee(category: str, flee: bool) -> None:
    _, desc, sub, _, _ = lines(shown(told("网传要出事", category, grave=True)))
    assert desc == "81号 请3分钟内点“收到”，02:44前两方核实"
    assert "①打电话向现场和主管单位核实 ②电话报告带班领导" in sub
    assert "不下结论、不辟谣、不转发截图" in sub
    assert ("不劝返" in sub) is flee
    assert "正在现场" not in sub, "nobody is on the spot yet"


@pytest.mark.parametrize("grave", [True, False])
def test_the_leader_is_asked_what_is_his_to_decide(grave: bool) -> None:
    _, _, sub, rows, _ = lines(shown(told("网传要出事", "reservoir", grave=grave), user=CHIEF))
    assert "请10分钟内给值班员彭海 0000-1234010打电话问明，定两件事：①是否派人到场 ②是否先报总值班室。" in sub
    assert "电话报告带班领导" not in sub
    assert not [r for r in rows if r.startswith("带班")], "he would ring himself"


@pytest.mark.parametrize("kind", ["urgent", "unread", "verify", "upward"])
def test_cards_that_ask_for_calls_carry_the_numbers_and_the_toll(kind: str) -> None:
    made = shown(told("鹿溪路面塌陷", toll=("injured", 2)), kind, at("02:40"))
    rows = lines(made)[3]
    assert [r for r in rows if r.startswith("核实 ") and "0000-" in r]
    assert [r for r in rows if r.startswith("带班 ") and "0000-" in r]
    assert [r for r in rows if r.startswith("首报 ")]
    assert "网传受伤2人，未经核实" in lines(made)[2]


def test_nobody_is_told_to_look_for_himself() -> None:
    i = told("鹿溪路面塌陷", toll=("injured", 2))
    assert "卡在 您这里：未点收到，已16分钟" in lines(shown(i, "unread", at("02:40")))[3]
    assert "卡在 值班员未点收到，已16分钟" in lines(shown(i, "unread", at("02:40"), CHIEF))[3]
    assert stuck_text(i, settings(), at("02:40")) == "值班员未点收到，已16分钟"


def test_the_report_upward_is_a_button_only_where_it_is_owed() -> None:
    assert "已报总值班室" not in lines(shown(told("鹿溪路面塌陷")))[4]
    assert "已报总值班室" in lines(shown(told("鹿溪路面塌陷", toll=("injured", 2))))[4]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"province": "青岚", "city": "云泽", "county": "鹿溪县", "detail": "石坪镇"}, "石坪镇"),
        ({"province": "青岚", "city": "云泽", "county": "鹿溪", "detail": "石坪镇"}, "石坪镇"),
        ({"province": "青岚", "city": "云泽", "county": "白石县"}, "白石县"),
        ({"province": "青岚", "city": "远山", "county": "白石县"}, "远山白石县"),
        ({"province": "山西", "city": "大同", "county": "浑源"}, "山西大同浑源"),
        ({"province": "北京", "city": "北京", "county": "石景山"}, "北京石景山"),
        ({"province": "江苏", "city": "南京"}, "江苏南京"),
        ({}, ""),
    ],
)
def test_a_place_elsewhere_is_named_from_the_province_down(place: dict[str, str], said: str) -> None:
    assert spot(replace(told("x"), place=Place(**place)), settings()) == said


def test_an_unknown_place_is_unknown_in_title_and_row() -> None:
    i = replace(told("一地路面塌陷"), place=Place())
    title, _, _, rows, _ = lines(shown(i))
    assert title == "【网传待核】疑似路面塌陷（地点不详）"
    assert "地点 不详" in rows
    assert short(i, settings()) == "路面塌陷（地点不详）"


def test_a_due_time_that_may_be_read_after_midnight_has_its_day() -> None:
    assert dated(at("21:06"), at("20:23")) == "21:06"
    assert dated(at("21:06"), at("00:15")) == "11月22日 21:06"
    assert dated(at("00:10", day=23), at("23:50")) == "11月23日 00:10"


@pytest.mark.parametrize("category", ["mass_incident", "police_conduct", "cadre_conduct", "crime"])
def test_what_is_kept_off_phones_is_kept_off_every_answer(category: str) -> None:
    """Reported by a caller only: no public source has told of it."""
    i = told("鹿溪县石坪镇有人持刀", category, source="hotline", place={"county": "鹿溪县", "detail": "石坪镇"})
    made = words(shown(i, user=DUTY))
    answers = [replies.detail(i, settings(), NOW), replies.listing([i], settings(), NOW), short(i, settings())]
    for text in (made, *answers):
        for word in ("石坪镇", "持刀", "治安", "聚集", "执法", "作风"):
            assert word not in text
    assert "专线事项" in answers[0]
    assert "详情" in READERS


def test_a_crime_everybody_reads_of_tells_its_place_and_kind() -> None:
    i = told("上饶河边发现可疑物", "crime", place={"province": "江西", "city": "上饶"})
    assert lines(shown(i))[0] == "【网传待核】江西上饶涉治安情况"
    assert lines(shown(replace(i, category="police_conduct")))[0] == "有专线事项，请到值班室"


def test_a_special_matter_says_whether_it_can_wait_and_whom_to_ring() -> None:
    i = told("有人聚集", "mass_incident", source="hotline", grave=True)
    _, _, sub, rows, _ = lines(shown(i))
    assert "属紧急件，请立即办。" in sub
    assert "带班 高琳 0000-1234006" in rows
    calm = told("干部作风", "cadre_conduct", source="hotline")
    assert "目前不属紧急件。" in lines(shown(calm))[2]


def test_a_card_pressed_before_anything_is_verified_keeps_the_numbers_and_what_is_left_to_do() -> None:
    i = act(told("鹿溪路面塌陷", toll=("injured", 2)), "acknowledge", OFFICER, at("02:26"))
    _, _, sub, rows, _ = lines(living_card(i, context(at("02:26"), DUTY), "81号：已收到。"))
    assert "①打电话核实 ②电话报告带班领导" in sub
    assert "网传受伤2人，未经核实" in sub
    assert [r for r in rows if r.startswith("核实 ")]
    assert [r for r in rows if r.startswith("首报 ")]
    i = act(i, "tell_leader", OFFICER, at("02:28"))
    sub = lines(living_card(i, context(at("02:28"), DUTY), "81号：已记录。"))[2]
    assert "已报带班领导。请打电话核实" in sub
    assert "②" not in sub


def test_a_countdown_says_what_to_do_once() -> None:
    i = act(told("鹿溪储户反映取款难", label="N"), "verify", OFFICER, at("02:40"), result="true", source="银行")
    assert lines(shown(i, "half", at("03:00", day=23)))[2].count("请核清事实") == 1


def test_from_two_days_on_waiting_is_told_in_days() -> None:
    i = told("鹿溪路面塌陷")
    assert stuck_text(i, settings(), at("01:24", day=24)) == "值班员未点收到，已47小时"
    assert stuck_text(i, settings(), at("05:24", day=24)) == "值班员未点收到，已2天3小时"


@pytest.mark.parametrize(
    ("title", "category", "label", "said"),
    [
        ("鹿溪街头有人持刀伤人", "crime", "E", "【网传待核】鹿溪县涉治安情况（人身冲突）"),
        ("鹿溪警方调查一起举报", "crime", "E", "【网传待核】鹿溪县涉治安情况"),
        ("鹿溪一学生校内坠楼", "campus", "E", "【网传待核】鹿溪县涉校园安全情况（人员坠落）"),
        ("鹿溪中考疑似泄题", "campus", "N", "【网传待核】鹿溪县涉考试招生问题"),
    ],
)
def test_a_category_that_says_too_little_has_what_happened_beside_it(title: str, category: str, label: str, said: str) -> None:
    assert lines(shown(told(title, category, label=label)))[0] == said


def test_what_stands_beside_gives_way_where_a_title_is_full() -> None:
    far = {"province": "广西", "city": "桂林", "county": "阳朔"}
    title = lines(shown(told("阳朔街头有人持刀伤人", "crime", place=far, toll=("injured", 1)), "unread", at("02:40")))[0]
    assert title == "【网传待核】【未点收到】广西桂林阳朔治安情况"
