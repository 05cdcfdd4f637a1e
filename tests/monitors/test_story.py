"""Joining: what is one matter, what is two, and that the past alone decides."""

from __future__ import annotations

import random
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.judging import judges_of
from monitors.facts import Facts
from monitors.likeness import Vector, tolls, words
from monitors.members import OpenStory, Weighed
from monitors.sites import NOWHERE, Spot
from monitors.story import ItemRef, JoinRules, StoryIndex
from monitors.story_words import families_of, family_reader, family_table

ROOT = Path(__file__).resolve().parents[2]
CASES: list[dict[str, Any]] = tomllib.loads((ROOT / "tests/data/cases/story/titles.toml").read_text(encoding="utf-8"))["case"]
LETTERS: list[dict[str, Any]] = tomllib.loads((ROOT / "tests/data/cases/story/letters.toml").read_text(encoding="utf-8"))[
    "case"
]
START = datetime(2025, 7, 1, tzinfo=UTC)
JUDGES = judges_of(None, {})
TABLE = family_table(JUDGES.gate)


def ref(number: int, title: str, *place: str, stream: str = "") -> ItemRef:
    province, city, county = (*place, "", "", "")[:3]
    families = families_of(JUDGES.gate.judge(title), TABLE)
    return ItemRef(id=str(number), title=title, stream=stream, province=province, city=city, county=county, families=families)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_titles_join_as_the_case_file_says(case: dict[str, Any]) -> None:
    index = JUDGES.index()
    placed = [
        (event, index.place(ref(n, title, *place), START + timedelta(hours=n)).story)
        for n, (event, title, *place) in enumerate(case["titles"])
    ]
    for event, story in placed:
        for other, theirs in placed:
            assert (story == theirs) == (event == other), case["why"]


@pytest.mark.parametrize("case", LETTERS, ids=lambda case: case["id"])
def test_letters_join_as_the_case_file_says(case: dict[str, Any]) -> None:
    index = JUDGES.index()
    placed = [
        (event, index.place(ItemRef(id=str(n), title=title, text=text), START + timedelta(days=n)).story)
        for n, (event, title, text) in enumerate(case["letters"])
    ]
    for event, story in placed:
        for other, theirs in placed:
            assert (story == theirs) == (event == other), case["why"]


def test_a_title_of_another_stream_never_joins() -> None:
    index = StoryIndex()
    first = index.place(ref(1, "大湾村山体滑坡致3人遇难", stream="a"), START)
    second = index.place(ref(2, "大湾村山体滑坡致3人遇难", stream="b"), START)
    assert first.story != second.story
    assert second.new


def test_a_story_expires_when_its_window_has_passed_unless_it_is_kept() -> None:
    for kept, joined in ((False, False), (True, True)):
        index = StoryIndex()
        first = index.place(ref(1, "大湾村山体滑坡致3人遇难", "江北", "临川"), START)
        if kept:
            index.keep(first.story, timedelta(days=10))
        later = START + timedelta(hours=100)
        index.expire(later)
        again = index.place(ref(2, "大湾村山体滑坡致3人遇难", "江北", "临川"), later)
        assert (again.story == first.story) is joined


def test_an_index_rebuilt_from_its_members_places_the_next_item_alike() -> None:
    titles = ["大湾村山体滑坡致3人遇难", "青山水库大坝出现裂缝", "大湾村滑坡已致5人遇难"]
    index, members = StoryIndex(), []
    for number, title in enumerate(titles):
        item, at = ref(number, title), START + timedelta(hours=number)
        members.append((item, at, index.place(item, at).story))
    rebuilt = StoryIndex()
    rebuilt.restore(members)
    probe, at = ref(9, "大湾村滑坡搜救结束 5人遇难"), START + timedelta(hours=9)
    assert rebuilt.place(probe, at) == index.place(probe, at)


def test_joining_is_explained_by_shared_words() -> None:
    index = StoryIndex()
    index.place(ref(1, "大湾村山体滑坡致3人遇难", "江北"), START)
    placed = index.place(ref(2, "大湾村山体滑坡搜救现场", "江北"), START)
    assert not placed.new
    assert "滑坡" in placed.evidence or "山体滑坡" in placed.evidence


def test_letters_join_by_their_text_and_not_with_titles() -> None:
    index = StoryIndex()
    body = "我们小区楼下的烧烤店每天营业到凌晨三点，油烟直排，噪音扰民，多次投诉没有人处理，老人小孩无法休息，请求有关部门尽快查处。"
    other = (
        "石坪路的路灯坏了半个月，晚上一片漆黑，已经有两位老人摔倒，多次拨打热线，没有单位前来维修，希望尽快恢复照明保障安全。"
    )
    first = index.place(ItemRef(id="1", title="油烟扰民", text=body), START)
    same = index.place(ItemRef(id="2", title="烧烤店油烟噪音", text=body.replace("凌晨三点", "深夜两点")), START)
    street = index.place(ItemRef(id="3", title="路灯不亮", text=other), START)
    assert same.story == first.story
    assert street.story != first.story


def test_sharing_only_the_desks_own_county_joins_nothing() -> None:
    index = StoryIndex(home="鹿溪县")
    families = frozenset({"earth"})
    place = {"province": "青岚", "city": "云泽", "county": "鹿溪"}
    slide = ItemRef(id="1", title="鹿溪县石坪镇大湾村山体滑坡", families=families, **place)
    dam = ItemRef(id="2", title="网传鹿溪县青山水库大坝裂缝快要溃坝", families=families, **place)
    more = ItemRef(id="3", title="鹿溪县山体滑坡已致11人遇难", families=families, **place)
    first = index.place(slide, START)
    assert index.place(dam, START).story != first.story
    assert index.place(more, START).story == first.story


def test_names_of_the_own_territory_are_not_read() -> None:
    index = StoryIndex(home="鹿溪县", own=("青岚省", "云泽市", "鹿溪县"))
    place = {"province": "青岚", "city": "云泽", "county": "鹿溪县"}
    titles = (
        ("鹿溪县石坪镇大湾村山体滑坡致1人死亡", "earth"),
        ("青岚鹿溪县青山乡一煤矿发生透水事故", "mine"),
        ("云泽鹿溪县柳河大桥垮塌", "collapse"),
        ("青岚云泽鹿溪柳河大桥桥面坍塌有车辆坠落", "collapse"),
    )
    refs = [ItemRef(id=t, title=t, families=frozenset({f}), **place) for t, f in titles]
    stories = [index.place(r, START + timedelta(minutes=2 * n)).story for n, r in enumerate(refs)]
    assert len(set(stories)) == 3
    assert stories[2] == stories[3]


def test_a_disaster_at_home_does_not_vanish_in_talk_that_shares_a_name() -> None:
    index = StoryIndex(home="鹿溪县", own=("青岚省", "云泽市", "鹿溪县"))
    place = {"province": "青岚", "city": "云泽", "county": "鹿溪"}
    talk = index.place(ItemRef(id="1", title="鹿溪柳河河水变黑", **place), START)
    bridge = ItemRef(id="2", title="鹿溪柳河大桥垮塌", families=frozenset({"earth"}), **place)
    assert index.place(bridge, START).story != talk.story


def test_an_expired_story_leaves_nothing_behind_in_the_index() -> None:
    index = StoryIndex()
    old = index.place(ref(1, "大湾村山体滑坡致3人遇难", "江北"), START)
    fresh = index.place(ref(2, "青山水库大坝出现裂缝", "江北"), START + timedelta(hours=60))
    assert index.expire(START + timedelta(hours=100)) == (old.story,)
    assert index.near(old.story, fresh.story) == 0.0
    again = index.place(ref(3, "大湾村山体滑坡致3人遇难", "江北"), START + timedelta(hours=100))
    assert again.story not in (old.story, fresh.story)


def test_an_item_that_may_only_join_opens_nothing() -> None:
    index = StoryIndex()
    assert index.place(ref(1, "大湾村山体滑坡致3人遇难"), START, join_only=True).story == ""
    first = index.place(ref(2, "大湾村山体滑坡致3人遇难"), START)
    assert first.new
    assert index.place(ref(3, "大湾村山体滑坡搜救"), START, join_only=True).story == first.story


def test_the_evidence_of_a_letter_names_each_phrase_once() -> None:
    index = StoryIndex()
    body = "望湖里南侧工地昨晚又打桩到凌晨，望湖里的老人小孩都睡不着。"
    index.place(ItemRef(id="1", title="望湖里工地打桩", text=body), START)
    said = index.place(ItemRef(id="2", title="望湖里工地打桩扰民", text=body), START).evidence
    assert "望湖里" in said
    assert "望湖" not in said


def test_two_stories_of_one_matter_are_near_and_share_their_toll() -> None:
    index = StoryIndex()
    one = index.place(ref(1, "大湾村山体滑坡致3人遇难"), START, fixed="S1")
    two = index.place(ref(2, "山体滑坡致3人遇难 大湾村村民讲述"), START, fixed="S2")
    three = index.place(ref(3, "青山水库大坝出现裂缝"), START, fixed="S3")
    assert index.near(one.story, two.story) > 0.25
    assert index.share_toll(one.story, two.story)
    assert index.near(one.story, three.story) < 0.1
    assert not index.share_toll(one.story, three.story)


def test_the_best_of_a_crowd_of_stories_is_the_best_although_most_are_never_compared_closely() -> None:
    """What each item joins is what comparing it with every member of every candidate gives."""
    rng, index = random.Random(3), StoryIndex(JoinRules(title_threshold=0.6))
    places, things = ("青石", "云溪", "临江", "松岭", "白塬"), ("小学食堂", "自来水公司", "化工园区", "山体边坡")
    events, tails = ("被指管理不善", "发生险情", "引发投诉", "出现异味"), ("当地回应", "居民质疑", "部门介入", "视频流传")
    for number in range(300):
        title = f"{rng.choice(places)}{rng.choice(things)}{rng.choice(events)}，{rng.choice(tails)}"
        now, item = START + timedelta(minutes=number), ref(number, title)
        vector, stated = index._vector(item, words(title)), tolls(title)
        near = [(index._stories[name], centroid) for centroid, name in index._centroids(item, vector, now)]
        facts = Facts(item, stated, index.rules, index._home)
        every = [
            (index._score(story, 0.5 * centroid + 0.5 * _nearest(story, vector, centroid), facts.weigh(story), now), story.id)
            for story, centroid in near
        ]
        best = max(every, default=(0.0, ""))
        placed = index.place(item, now)
        assert placed.new == (best[0] < index.rules.title_threshold)
        assert placed.new or (placed.story, placed.score) == (best[1], round(best[0], 3))
    assert len(every) > 3


def test_facts_are_weighed_only_of_stories_that_could_be_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    weighed: list[str] = []
    weigh = Facts.weigh

    def told(self: Facts, story: OpenStory) -> float:
        weighed.append(story.id)
        return weigh(self, story)

    index = StoryIndex()
    for number, place in enumerate(("青石", "云溪", "临江", "松岭", "白塬", "柳河", "大湾")):
        assert index.place(ref(number, f"{place}一化工园区爆炸，救援正在进行"), START, fixed=place).new
    monkeypatch.setattr(Facts, "weigh", told)
    assert index.place(ref(9, "松岭一化工园区爆炸，救援正在进行"), START).story == "松岭"
    assert weighed == ["松岭"]


def test_no_story_is_given_more_for_place_and_hazard_than_the_most_a_title_can_be_given() -> None:
    rng, index = random.Random(5), StoryIndex()
    families = ("fire", "water", "fall", "matter_wages", "matter_meal", "wave")
    places = (("", "", ""), ("江北", "", ""), ("江北", "云溪", ""), ("江北", "云溪", "青石"), ("江南", "临江", "白塬"))
    spots = (NOWHERE, Spot(names=frozenset({("site_town", "柳河")})), Spot(names=frozenset({("site_school", "实验")})))
    reached = 0.0
    for number in range(400):
        said = frozenset(rng.sample(families, rng.randrange(3)))
        title = f"{rng.choice(('化工园区', '小学'))}事故致{rng.randrange(1, 4)}人遇难"
        province, city, county = rng.choice(places)
        item = ItemRef(id="", title=title, province=province, city=city, county=county, families=said, spot=rng.choice(spots))
        facts = Facts(item, tolls(title) if rng.random() < 0.5 else set(), index.rules, index._home)
        given = [facts.weigh(story) - facts.most() for story in index._stories.values()]
        assert max(given, default=0.0) <= 1e-12
        reached += max(given, default=-1.0) > -1e-12
        index.place(item, START, fixed=f"S{number % 40}")
    assert reached > 100  # and it is no more than that


def _nearest(story: OpenStory, vector: Vector, centroid: float) -> float:
    return story.members.nearest(Weighed(vector)) if story.size > 1 else centroid


def test_a_title_of_nothing_is_placed_like_any_other() -> None:
    index = StoryIndex()
    assert index.place(ItemRef(id="1", title=""), START).new
    assert not index.place(ItemRef(id="2", title=""), START).new


def placed_after(first: ItemRef, second: ItemRef, hours: float, *, kept: bool = False) -> bool:
    """Whether the second item joins the story of the first one."""
    index = StoryIndex()
    story = index.place(first, START).story
    if kept:
        index.keep(story, timedelta(days=15))
    return index.place(second, START + timedelta(hours=hours)).story == story


def in_town(title: str, *families: str) -> ItemRef:
    return ItemRef(id=title, title=title, province="江北", city="临川", families=frozenset(families))


def test_a_disaster_is_not_what_its_town_was_talked_of_before() -> None:
    talk, house = "临川老城区夜市公开招商", "临川老城居民楼凌晨坍塌"
    assert not placed_after(in_town(talk), in_town(house, "earth"), 1)
    assert placed_after(in_town("临川一居民楼倒塌", "earth"), in_town(house, "earth"), 1)


def test_an_open_matter_days_old_takes_only_what_is_much_like_it() -> None:
    slide, works = in_town("大湾村山体滑坡致3人遇难", "earth"), in_town("大湾村后山排险工程启动")
    assert placed_after(slide, works, 10, kept=True)
    assert not placed_after(slide, works, 100, kept=True)
    assert placed_after(slide, in_town("大湾村山体滑坡遇难者增至4人", "earth"), 100, kept=True)


def test_families_are_read_once_for_a_combination_of_groups_and_animals_apart() -> None:
    read = family_reader(JUDGES.gate)
    for title in ("青石县化工园区爆炸致3人死亡", "青石县小学食堂多名学生中毒", "青石县养殖场数百只羊中毒死亡", "青石县今日晴"):
        verdict = JUDGES.gate.judge(title)
        assert read(verdict) == families_of(verdict, TABLE)
        assert read(verdict) is read(JUDGES.gate.judge(title))
        other = verdict._replace(hits=(verdict.hits[0]._replace(rule="animals_poisoned"),)) if verdict.hits else verdict
        assert read(other) == families_of(other, TABLE)
