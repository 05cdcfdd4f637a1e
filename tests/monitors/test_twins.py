"""Which stories get no card of their own beside one that already alarmed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.lexicon import AlarmPolicy
from monitors.heat import Sighting
from monitors.matter import Story
from monitors.story import ItemRef, JoinRules, StoryIndex
from monitors.twins import Twins

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
    quake = {"category": "earthquake", "families": {"quake"}}
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
