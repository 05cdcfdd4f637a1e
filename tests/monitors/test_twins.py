"""Which stories get no card of their own beside one that already alarmed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.lexicon import AlarmPolicy
from monitors.heat import Sighting
from monitors.matter import Story
from monitors.sites import Spot
from monitors.story import ItemRef, JoinRules, StoryIndex
from monitors.twins import KIND, PROVINCE, SELDOM, SURE, WORDS, Twins

NOW = datetime(2025, 7, 28, 8, tzinfo=UTC)
RULES = JoinRules(hours=72.0, letter_days=30.0)


def story(name: str, titles: int = 1, **facts: Any) -> Story:
    """A rainstorm in the province, last spoken of an hour ago by `titles` different titles."""
    given: dict[str, Any] = {
        "label": "E",
        "category": "rainstorm_typhoon",
        "province": "江北省",
        "families": {"water"},
        "last_at": NOW - timedelta(hours=1),
        **facts,
    }
    seen = [Sighting(at=NOW - timedelta(hours=1), source="weibo", title=f"{name}{n}") for n in range(titles)]
    return Story(id=name, opened_at=NOW - timedelta(hours=2), title=name, sightings=seen, **given)


def twin(mine: Story, other: Story, home: str = "", index: StoryIndex | None = None) -> str:
    twins = Twins(index=index or StoryIndex(RULES, {}, home), policy=AlarmPolicy())
    return twins.of(mine, [other], NOW)


LOUD: dict[str, Any] = {"titles": 20}


@pytest.mark.parametrize(
    ("mine", "other", "same"),
    [
        ({}, LOUD, True),
        ({}, {"titles": 3}, False),
        ({"figures": {"deaths": 3}}, LOUD, False),
        ({"figures": {"missing": 2}}, LOUD, False),
        ({"figures": {"deaths": 12}}, {**LOUD, "figures": {"deaths": 12}}, True),
        ({"province": "江南省"}, LOUD, False),
        ({"families": {"road"}, "category": "road_traffic"}, LOUD, False),
        ({}, {**LOUD, "last_at": NOW - timedelta(hours=90)}, False),
    ],
    ids=["talk", "quiet_other", "own_dead", "own_missing", "same_toll", "elsewhere", "other_hazard", "long_ago"],
)
def test_talk_around_a_loud_disaster_gets_no_card_unless_it_has_a_toll_of_its_own(
    mine: dict[str, Any], other: dict[str, Any], same: bool
) -> None:
    assert bool(twin(story("mine", **mine), story("other", **other))) is same


def test_at_home_every_matter_is_its_own_whatever_is_loud() -> None:
    here = {"city": "安平市"}
    assert twin(story("mine", **here), story("other", **LOUD), home="安平市") == ""


@pytest.mark.parametrize(
    ("mine", "other", "same"),
    [(0.0, 6.2, True), (4.7, 6.2, True), (5.4, 6.2, False), (6.5, 6.2, False), (4.0, 0.0, False)],
    ids=["no_magnitude", "aftershock", "strong_one", "stronger", "first_unknown"],
)
def test_after_an_earthquake_weak_ones_of_the_province_get_no_card(mine: float, other: float, same: bool) -> None:
    quake: dict[str, Any] = {"category": "earthquake", "families": {"quake"}}
    found = twin(story("mine", magnitude=mine, **quake), story("other", magnitude=other, **quake))
    assert bool(found) is same


def placed(*titles: str) -> StoryIndex:
    """An index holding each title as a story of its own; ids are S000001, S000002 ..."""
    index = StoryIndex(RULES, {}, "")
    for number, title in enumerate(titles):
        index.place(ItemRef(id=str(number), title=title, province=f"省{number}"), NOW)
    return index


def test_like_words_and_one_toll_do_not_make_a_boat_and_a_mine_the_same() -> None:
    index = placed("江北大化湖面游船突然侧翻沉没 船上3人均遇难", "青山铁矿井下顶板塌方3人遇难 搜救结束")
    boat = story("S000001", families={"water"}, category="water_transport", figures={"deaths": 3})
    mine = story("S000002", families={"earth"}, category="work_safety", figures={"deaths": 3})
    assert twin(mine, boat, index=index) == ""


def test_a_grievance_has_twins_for_a_week_and_an_accident_for_days() -> None:
    index = placed("江北多家村镇银行储户取款难", "江北村镇银行储户取款难 银保监局回应")
    old = {"last_at": NOW - timedelta(days=5), "families": set()}
    for label, category, same in (("N", "consumer", True), ("E", "other", False)):
        other = story("S000001", label=label, category=category, **old)
        mine = story("S000002", label=label, category=category, families=set())
        assert bool(twin(mine, other, index=index)) is same


def test_a_grievance_of_one_family_has_twins_for_a_week_whatever_its_category() -> None:
    savers: dict[str, Any] = {
        "label": "N",
        "category": "consumer",
        "families": {"matter_bank"},
        "last_at": NOW - timedelta(days=5),
    }
    index = StoryIndex(RULES)
    for number, (name, title) in enumerate((("other", "青岚村镇银行储户存款无法取出"), ("mine", "青岚村镇银行储户登记公告"))):
        index.place(ItemRef(id=str(number), title=title, province="江北省"), NOW, fixed=name)
    other = story("other", **{**savers, "families": {"matter_bank", "matter_code"}, "category": "cadre_conduct"})
    assert twin(story("mine", **savers), other, index=index) == "other"
    assert not twin(story("mine", **{**savers, "families": {"matter_wages"}}), other, index=index)


@pytest.mark.parametrize(
    ("mine", "other", "apart"),
    [
        ({"county": "鹿溪县", "figures": {"deaths": 2}}, {"county": "石岭县"}, True),
        ({"county": "鹿溪县", "figures": {"deaths": 2}}, {"county": "石岭县", "figures": {"deaths": 2}}, False),
        ({"county": "鹿溪县"}, {"county": "石岭县"}, False),
        ({"figures": {"deaths": 2}}, {"county": "石岭县"}, False),
    ],
    ids=["own_dead_elsewhere", "same_toll", "no_toll", "no_place"],
)
def test_a_silenced_story_with_its_own_dead_in_another_county_is_no_twin_any_more(
    mine: dict[str, Any], other: dict[str, Any], apart: bool
) -> None:
    twins = Twins(index=StoryIndex(RULES), policy=AlarmPolicy())
    assert twins.parted(story("mine", **mine), story("other", **other)) is apart
    assert not twins.parted(story("mine", **mine), None)


def indexed(*entries: tuple[str, str, str, frozenset[str]]) -> StoryIndex:
    """An index in which each (story, title, province, families) is a story of its own."""
    index = StoryIndex(RULES)
    for number, (name, title, province, families) in enumerate(entries):
        index.place(ItemRef(id=str(number), title=title, province=province, families=families), NOW, fixed=name)
    return index


WATER, QUAKE, BLOWS = frozenset(("water",)), frozenset(("quake",)), frozenset(("violence",))


@pytest.mark.parametrize(
    ("mine", "other", "home", "same"),
    [
        ({"county": "鹿溪县"}, {"county": "石岭县"}, "", True),
        ({"county": "鹿溪县", "figures": {"deaths": 2}}, {"county": "石岭县"}, "", False),
        ({"county": "鹿溪县"}, {"county": "石岭县"}, "安平市", False),
        ({"county": "鹿溪县", "families": {"fire"}, "category": "building_fire"}, {"county": "石岭县"}, "", False),
        ({"city": "临川市"}, {}, "", False),
    ],
    ids=["two_counties", "own_dead", "desk_of_the_city", "a_fire", "other_city"],
)
def test_a_flood_that_reaches_the_next_county_of_its_city_gets_no_second_card(
    mine: dict[str, Any], other: dict[str, Any], home: str, same: bool
) -> None:
    assert (
        bool(twin(story("mine", **{"city": "安平市", **mine}), story("other", **{"city": "安平市", **other}), home=home))
        is same
    )


@pytest.mark.parametrize(("city", "same"), [("安平市", True), ("临川市", False)], ids=["same_city", "other_city"])
def test_a_slope_that_gives_way_in_the_flooded_city_is_the_flood(city: str, same: bool) -> None:
    slope = story("mine", city=city, families={"earth"}, category="geo_damage")
    assert bool(twin(slope, story("other", city="安平市"))) is same


def test_one_flooded_village_makes_no_flood_of_a_landslide() -> None:
    titles = (
        "石岭山体滑坡",
        "石岭滑坡致多车被埋",
        "石岭滑坡救援",
        "石岭滑坡搜救",
        "石岭滑坡原因",
        "石岭滑坡现场",
        "石岭滑坡后洪水进村",
    )
    earth = frozenset(("earth",))
    index = indexed(*(("other", title, "江北省", WATER if "洪水" in title else earth) for title in titles))
    slide = story("other", families={"earth", "water"}, category="geo_damage", **LOUD)
    assert twin(story("mine"), slide, index=index) == ""


@pytest.mark.parametrize(
    ("title", "magnitude", "same"),
    [("地震致青川一村多户被埋", 0.0, True), ("青川发生4.9级地震", 4.9, False), ("青川小学操场开裂", 0.0, False)],
    ids=["beyond_the_border", "its_own", "other_words"],
)
def test_what_a_loud_earthquake_did_beyond_the_border_gets_no_card(title: str, magnitude: float, same: bool) -> None:
    index = indexed(("other", "积石地震致百余户房屋被埋", "江北省", QUAKE), ("mine", title, "江南省", QUAKE))
    quake: dict[str, Any] = {"category": "earthquake", "families": {"quake"}}
    mine = story("mine", province="江南省", magnitude=magnitude, **quake)
    assert bool(twin(mine, story("other", magnitude=6.2, **quake, **LOUD), index=index)) is same


def test_the_dead_found_after_a_flood_are_a_part_of_its_toll() -> None:
    index = indexed(
        ("other", "城区多处道路隧道被淹 暴雨已致51人遇难", "江北省", WATER),
        ("mine", "快速路隧道排水后发现6名遇难者", "江北省", frozenset()),
    )
    flood = story("other", city="安平市", figures={"deaths": 51})
    found: dict[str, Any] = {"city": "安平市", "families": set(), "category": "other"}
    assert twin(story("mine", **found, figures={"deaths": 6}), flood, index=index) == "other"
    assert twin(story("mine", **found, figures={"missing": 9}), flood, index=index) == ""


def test_people_who_differ_and_no_common_place_make_two_fights() -> None:
    titles = ("江北石岭警方通报女童在培训班遭多名少年围殴", "警方通报一名老人早晨公园里遭围殴")
    index = StoryIndex(RULES)
    people = (Spot(people=frozenset(("person_child",))), Spot(people=frozenset(("person_elder",))))
    for name, title, spot in zip(("other", "mine"), titles, people, strict=True):
        index.place(ItemRef(id=name, title=title, families=BLOWS, spot=spot), NOW, fixed=name)
    fight: dict[str, Any] = {"families": {"violence"}, "category": "crime"}
    assert WORDS <= index.near("mine", "other") < SURE
    assert twin(story("mine", province="", **fight), story("other", **fight), index=index) == ""


def test_one_age_and_like_words_are_one_person() -> None:
    def asked(age: int) -> str:
        index = indexed(
            ("other", "4岁男童全麻拔牙身亡 医院回应", "江北省", frozenset()),
            ("mine", f"卫健部门通报{age}岁患儿诊所拔牙后死亡的初步调查结果", "江北省", frozenset()),
        )
        facts: dict[str, Any] = {"families": set(), "category": "other", "city": "安平市"}
        return twin(story("mine", **{**facts, "city": ""}), story("other", **facts), index=index)

    assert asked(4) == "other"
    assert asked(9) == ""


def test_a_kind_that_seldom_strikes_twice_needs_few_words() -> None:
    for family, same in (("matter_beast", True), ("road", False)):
        index = indexed(
            ("other", "猛虎闯进村民院落撞门 一人左手被咬", "江北省", frozenset((family,))),
            ("mine", "林业部门派无人机追踪野生虎去向 附近村民近期暂勿外出上山采摘野菜", "江北省", frozenset((family,))),
        )
        facts: dict[str, Any] = {"families": {family}, "category": "other"}
        near = index.near("mine", "other")
        assert SELDOM <= near < PROVINCE
        assert bool(twin(story("mine", **facts), story("other", **facts), index=index)) is same


@pytest.mark.parametrize(
    ("title", "facts", "same"),
    [
        ("江南台风「青鹭」致积水", {}, True),
        ("江南台风「青鹭」致2人遇难", {"figures": {"deaths": 2}}, False),
        ("江南台风「白鹮」致积水", {}, False),
        ("江南台风登陆致积水", {}, False),
    ],
    ids=["one_name", "own_dead", "other_name", "no_name"],
)
def test_one_typhoon_is_one_matter_in_the_next_province(title: str, facts: dict[str, Any], same: bool) -> None:
    index = indexed(("other", "台风“青鹭”登陆江北", "江北省", WATER), ("mine", title, "江南省", WATER))
    found = twin(story("mine", province="江南省", **facts), story("other"), index=index)
    assert bool(found) is same


def test_words_all_but_equal_are_one_fight_although_the_people_are_called_otherwise() -> None:
    index = StoryIndex(RULES)
    told = (
        ("other", "石岭射击俱乐部枪支走火致男子身亡", "person_adult"),
        ("mine", "警方通报射击俱乐部枪支走火高中生身亡", "person_youth"),
    )
    for name, title, who in told:
        ref = ItemRef(id=name, title=title, families=BLOWS, spot=Spot(people=frozenset((who,))))
        index.place(ref, NOW, fixed=name)
    facts: dict[str, Any] = {"families": {"violence"}, "category": "crime"}
    assert twin(story("mine", province="", **facts), story("other", **facts), index=index) == "other"


@pytest.mark.parametrize(("titles", "same"), [(20, True), (3, False)], ids=["loud", "not_loud"])
def test_a_slope_anywhere_in_the_province_of_a_loud_flood_needs_some_words_and_no_toll(*, titles: int, same: bool) -> None:
    index = indexed(
        ("other", "江北暴雨引发洪水 多地被淹", "江北省", WATER),
        ("mine", "江北暴雨致一处路基塌方", "江北省", frozenset(("earth",))),
    )
    slope: dict[str, Any] = {"families": {"earth"}, "category": "geo_damage", "city": "临川市"}
    flood = story("other", titles, city="安平市")
    assert bool(twin(story("mine", **slope), flood, index=index)) is same
    assert not twin(story("mine", **slope, figures={"deaths": 1}), flood, index=index)


def test_one_grievance_told_without_its_place_needs_fewer_words_than_an_accident() -> None:
    titles = ("校方回应食堂饭菜吃出老鼠头", "鼠头鸭脖怎么成了罗生门 校方说法谁信")
    for family, same in (("matter_meal", True), ("food", False)):
        index = indexed(("other", titles[0], "江北省", frozenset((family,))), ("mine", titles[1], "", frozenset((family,))))
        facts: dict[str, Any] = {"families": {family}, "category": "other", "label": "N"}
        assert KIND <= index.near("mine", "other") < WORDS
        assert bool(twin(story("mine", province="", **facts), story("other", **facts), index=index)) is same
