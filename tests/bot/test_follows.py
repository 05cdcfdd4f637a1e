"""The card follows what a matter is now: another category or the alarm asks anew whose it is, a later post gives the place."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from bot.knowledge import Knowledge, load_knowledge
from monitors.detect import Seen, Story
from monitors.item import Item
from playbooks.fold import evolve, opened
from playbooks.incident import Incident, Place
from tests.builders import FEED, OFFICER, act, at, event, settings

FIRST, THEN = "鹿溪县疾控通报核酸检测点调整", "鹿溪县多处积水严重 河水漫堤倒灌"
NOW = at("09:00")


@cache
def knowledge() -> Knowledge:
    return load_knowledge(settings())


def post(title: str, text: str = "") -> Item:
    return Item(id=title, source="demo-hotlist", title=title, text=text, seen_at=NOW)


def story_of(*titles: str) -> Story:
    """The posts as one matter."""
    detector = knowledge().detector()
    for title in titles:
        detector.feed(Seen(id=title, source="demo-hotlist", title=title), NOW, "P1")
    return detector.stories["P1"]


def first_only(**place: str) -> Incident:
    """The matter as its first post alone opened it, with the unit that one was for."""
    story = story_of(FIRST)
    where = Place(**place) if place else Place(county="鹿溪县")
    opening = event("opened", NOW, FEED, title=FIRST, label=story.label, category=story.category, place=where)
    i = evolve(
        opened(5, opening), event("joined", NOW, FEED, member={"item_id": "a", "source": "x", "title": FIRST, "at": NOW})
    )
    return evolve(i, knowledge().unit_of(story, post(FIRST), NOW))


def units(i: Incident, *, alarms: bool = False, story: Story | None = None) -> list[object]:
    found = knowledge().learnt(i, story or story_of(FIRST, THEN), post(THEN), NOW, alarms=alarms)
    return [e.data["unit"] for e in found if e.kind == "unit_suggested"]


def test_whom_to_ring_follows_the_category() -> None:
    i = first_only()
    found = units(i)
    assert found
    assert found[0] == knowledge().unit_of(story_of(FIRST, THEN), post(THEN), NOW).data["unit"]
    assert found[0] != i.suggested_unit


def test_the_alarm_asks_anew_although_the_category_stayed() -> None:
    story = story_of(FIRST, THEN)
    i = replace(first_only(), category=story.category, label=story.label)
    assert units(i, story=story) == []
    assert units(i, story=story, alarms=True)


@pytest.mark.parametrize("taken", ["verify", "assign"])
def test_what_people_took_up_is_not_moved(taken: str) -> None:
    more = {"verify": {"result": "true", "source": "现场"}, "assign": {"unit": "zrzyj"}}[taken]
    i = act(first_only(), taken, OFFICER, NOW, **more)
    assert units(i, alarms=True) == []


def test_a_later_post_gives_the_place_the_first_did_not_name() -> None:
    i = replace(first_only(), place=Place())
    for e in knowledge().learnt(i, story_of(THEN), post(THEN), NOW, alarms=False):
        i = evolve(i, e)
    assert i.place.county.startswith("鹿溪")


def test_a_known_place_is_not_moved_by_a_later_post() -> None:
    i = first_only(province="江苏", city="南京")
    for e in knowledge().learnt(i, story_of(THEN), post(THEN), NOW, alarms=False):
        i = evolve(i, e)
    assert i.place == Place(province="江苏", city="南京")


def followed(i: Incident, *titles: str) -> Incident:
    """The matter after these later posts."""
    for n, title in enumerate(titles, 1):
        for e in knowledge().learnt(i, story_of(FIRST, *titles[:n]), post(title), NOW, alarms=False):
            i = evolve(i, e)
    return i


def test_the_village_a_later_post_names_narrows_a_place_that_was_the_county_only() -> None:
    i = followed(first_only(province="青岚", city="云泽", county="鹿溪县"), "鹿溪县积水严重", "鹿溪县石坪镇大湾村被淹")
    assert i.place == Place(province="青岚", city="云泽", county="鹿溪县", detail="石坪镇大湾村")
    assert followed(i, "鹿溪县柳河镇也被淹").place.detail == "石坪镇大湾村", "a place that is known is not moved"


@pytest.mark.parametrize("title", ["大关县玉碗镇被淹", "某地石桥镇被淹"])
def test_a_village_of_another_county_or_of_nowhere_narrows_nothing(title: str) -> None:
    i = followed(first_only(province="青岚", city="云泽", county="鹿溪县"), title)
    assert i.place.detail == ""


def test_a_later_post_narrows_a_province_to_its_county_and_no_storm() -> None:
    said = "鹿溪县山体滑坡致1人死亡"
    i = first_only(province="青岚")
    assert followed(i, said).place == Place(province="青岚", city="云泽", county="鹿溪县")
    storm = replace(story_of(said), category="rainstorm_typhoon")
    found = knowledge().learnt(i, storm, post(said), NOW, alarms=False)
    assert not [e for e in found if e.data.get("place")]


def test_what_somebody_verified_keeps_its_place() -> None:
    i = act(first_only(province="青岚", city="云泽", county="鹿溪县"), "verify", OFFICER, NOW, result="true", source="现场")
    assert followed(i, "鹿溪县石坪镇大湾村被淹").place.detail == ""
