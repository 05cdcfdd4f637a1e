"""Local places and things a title names, and the disasters they tell apart. Places are invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.judging import judges_of
from monitors.detect import Detector, Kind, Scope, Seen
from monitors.region import Region
from monitors.sites import NOWHERE, Apart, SiteReader
from monitors.story import ItemRef
from monitors.story_words import families_of, family_table, site_reader

START = datetime(2025, 7, 1, 8, tzinfo=UTC)
JUDGES = judges_of(None, {})
SITES = site_reader(JUDGES.gate)
HERE = ("青岚省", "云泽市", "鹿溪县")
DESKS = {
    "all": "all",
    "province": "青岚省",
    "city": "青岚省/云泽市",
    "county": "青岚省/云泽市/鹿溪县",
}


def detector(desk: str) -> Detector:
    """A detector for which every title that names a part of the invented county lies in it."""

    def locate(title: str, text: str) -> Region:
        named = [name if name[:2] in title else "" for name in HERE]
        known = next((n for n in (3, 2, 1) if named[n - 1]), 0)
        place = [name if n < known else "" for n, name in enumerate(HERE)]
        return Region(province=place[0], city=place[1], county=place[2], evidence=tuple(n for n in named if n))

    return Detector(
        gate=JUDGES.gate,
        locate=locate,
        count=JUDGES.count,
        grade=JUDGES.level,
        policy=JUDGES.policy,
        scope=Scope.parse(DESKS[desk]),
    )


def alarmed(desk: str, titles: tuple[str, ...], hours: float) -> tuple[int, int]:
    """How many stories and how many alarms the titles gave, told `hours` apart."""
    watch, alarms = detector(desk), 0
    for number, title in enumerate(titles):
        item = Seen(id=str(number), source=f"s{number % 3}", title=title)
        alarms += sum(c.kind is Kind.ALARMED for c in watch.feed(item, START + timedelta(hours=hours * number)))
    return len(watch.stories), alarms


THREE = {
    "three_slides": (
        "鹿溪县石坪镇发生山体滑坡致3人被埋",
        "鹿溪县柳河镇发生山体滑坡致2人被埋",
        "鹿溪县青桥镇发生山体滑坡致4人被埋",
    ),
    "three_villages": ("鹿溪县大湾村山体滑坡致3人遇难", "鹿溪县下坪村山体滑坡致3人遇难", "鹿溪县石岭村山体滑坡致3人遇难"),
    "slide_mine_house": ("鹿溪县山体滑坡致3人遇难", "鹿溪县一煤矿透水致2人遇难", "鹿溪县一自建房倒塌致4人遇难"),
    "three_fires": ("鹿溪县一居民楼起火致1死", "鹿溪县一化工厂爆炸起火致2死", "鹿溪县一烧烤店起火致1死"),
    "three_mines": ("鹿溪县青山煤矿透水2人遇难", "鹿溪县北岭煤矿透水2人遇难", "鹿溪县石坪煤矿透水4人被困"),
}


@pytest.mark.parametrize("desk", DESKS)
@pytest.mark.parametrize("titles", THREE.values(), ids=THREE)
def test_three_like_disasters_of_one_county_in_a_week_stay_three(desk: str, titles: tuple[str, ...]) -> None:
    assert alarmed(desk, titles, hours=24) == (3, 3)


TWO = {
    "plant_and_crane": ("鹿溪县柳河镇化工厂发生爆炸 已致2人死亡5人受伤", "鹿溪县柳河镇一工地塔吊倒塌 已致2人死亡"),
    "wages_and_slide": ("鹿溪县石坪镇大湾村拖欠农民工工资", "鹿溪县石坪镇大湾村发生山体滑坡 3人被埋"),
    "slide_and_wages": ("鹿溪县石坪镇大湾村发生山体滑坡 3人被埋", "鹿溪县石坪镇大湾村拖欠农民工工资"),
    "wages_and_town": ("鹿溪县石坪镇大湾村欠薪", "鹿溪县石坪镇滑坡"),
    "bank_and_fire": ("鹿溪县石坪镇村镇银行取不出钱", "鹿溪县石坪镇一商场起火致2死"),
}


@pytest.mark.parametrize("desk", DESKS)
@pytest.mark.parametrize("titles", TWO.values(), ids=TWO)
def test_two_matters_of_one_town_on_one_morning_stay_two(desk: str, titles: tuple[str, ...]) -> None:
    assert alarmed(desk, titles, hours=0.2)[0] == 2


HOME = {
    "water_and_fire": ("镇雄县塘房镇自来水发黄", "镇雄县塘房镇一商场起火致2死"),
    "fire_and_crash": ("镇雄县塘房镇一民房起火致2死", "镇雄县塘房镇两车相撞致2死"),
    "meal_and_bus": ("镇雄县塘房镇中学食堂饭菜变质", "镇雄县塘房镇中学校车侧翻致2死"),
    "crane_and_fireworks": ("镇雄县坪上乡一工地塔吊倒塌 致1人死亡", "镇雄县坪上乡鞭炮厂爆炸 致3人死亡"),
    "wages_and_slide": ("镇雄县坪上乡高坪村拖欠农民工工资", "镇雄县坪上乡高坪村发生山体滑坡 2人被埋"),
}


@pytest.mark.parametrize("titles", HOME.values(), ids=HOME)
def test_what_one_town_of_the_own_county_suffers_in_one_hour_alarms_each_for_itself(titles: tuple[str, ...]) -> None:
    watch = JUDGES.detector(Scope.parse("云南/昭通/镇雄"), JUDGES.locator.locate("云南省昭通市镇雄县"))
    found = [watch.feed(Seen(id=t, source=t, title=t), START + timedelta(minutes=9 * n)) for n, t in enumerate(titles)]
    assert [any(c.kind is Kind.ALARMED for c in changes) for changes in found] == [True, True]
    assert len(watch.stories) == 2


@pytest.mark.parametrize(
    "titles",
    [
        ("镇雄县塘房镇多人被埋", "镇雄县塘房镇山体滑坡 多人被埋", "云南镇雄山体滑坡已致3人遇难"),
        ("镇雄县塘房镇大桥垮塌", "镇雄县塘房镇多车坠河 大桥垮塌现场", "云南镇雄大桥垮塌致5人失联"),
        ("镇雄县塘房镇中学多名学生呕吐", "镇雄县塘房镇中学食物中毒", "云南镇雄一中学疑似食物中毒 教育局回应"),
    ],
    ids=["slide", "bridge", "poisoning"],
)
def test_one_matter_of_the_own_county_told_in_other_words_alarms_once(titles: tuple[str, ...]) -> None:
    watch = JUDGES.detector(Scope.parse("云南/昭通/镇雄"), JUDGES.locator.locate("云南省昭通市镇雄县"))
    found = [watch.feed(Seen(id=t, source=t, title=t), START + timedelta(minutes=20 * n)) for n, t in enumerate(titles)]
    assert [any(c.kind is Kind.ALARMED for c in changes) for changes in found] == [True, False, False]


@pytest.mark.parametrize(
    ("grievance", "disaster", "same"),
    [("matter_meal", "food", True), ("matter_code", "epidemic", True), ("matter_housing", "earth", True), ("matter_wages", "earth", False)],
)  # fmt: skip
def test_a_grievance_and_the_disaster_it_may_be_part_of_stay_one(grievance: str, disaster: str, same: bool) -> None:
    index = JUDGES.index()
    first = index.place(ItemRef(id="1", title="第三中学食堂饭菜没人管", families=frozenset({grievance})), START)
    second = index.place(ItemRef(id="2", title="第三中学食堂多名学生出事", families=frozenset({disaster})), START)
    assert (first.story == second.story) is same


ONE = (
    "鹿溪县石坪镇大湾村发生山体滑坡",
    "鹿溪县石坪镇山体滑坡 多人被埋",
    "青岚鹿溪山体滑坡致2死3失联",
    "鹿溪大湾村滑坡搜救现场",
    "云泽鹿溪县山体滑坡已致4人遇难",
    "鹿溪滑坡已致5人遇难1人失联",
    "青岚鹿溪县大湾村山体滑坡 救援仍在进行",
    "鹿溪县通报石坪镇山体滑坡：失联人员已找到",
)


@pytest.mark.parametrize("desk", DESKS)
def test_one_slide_told_in_eight_wordings_stays_one(desk: str) -> None:
    assert alarmed(desk, ONE, hours=2) == (1, 1)


def test_one_flood_in_many_villages_of_a_county_stays_one() -> None:
    flood = ("鹿溪县特大暴雨 石坪镇被淹致2人遇难", "鹿溪县特大暴雨 柳河镇被淹多人被困", "鹿溪县暴雨洪水 大湾村村民转移")
    assert alarmed("all", flood, hours=2)[1] == 1


@pytest.mark.parametrize(
    ("one", "two", "apart"),
    [
        ("石坪镇山体滑坡", "柳河镇山体滑坡", Apart.SITE),
        ("石坪镇大湾村滑坡", "石坪镇下坪村滑坡", Apart.NO),
        ("石坪镇化工厂爆炸", "石坪镇工地塔吊倒塌", Apart.THING),
        ("大湾村化工厂爆炸", "大湾村工地塔吊倒塌", Apart.NO),
        ("青山煤矿透水", "民房倒塌", Apart.THING),
        ("一村庄被埋", "一村民被救", Apart.NO),
        ("老虎进村", "大湾村有老虎", Apart.NO),
        ("坍塌煤矿伤者讲述", "青山煤矿坍塌", Apart.NO),
        ("多家村镇银行", "石坪镇储户", Apart.NO),
        ("山体滑坡", "高速公路塌方 大桥垮塌", Apart.NO),
        ("青岩村老寨火灾", "青岩老寨寨主回应", Apart.NO),
        ("临街店铺火灾", "火灾现场距学校仅一墙之隔", Apart.NO),
        ("第一中学多名学生呕吐", "第二小学多名学生呕吐", Apart.SITE),
        ("第一中学多名学生呕吐", "第一中学食堂停业", Apart.NO),
    ],
    ids=[
        "towns",
        "one_town",
        "things_of_a_town",
        "things_of_a_village",
        "things",
        "villages_in_general",
        "verb",
        "lexicon_word",
        "bank",
        "slope_and_road",
        "old_stockade",
        "beside_a_school",
        "two_schools",
        "one_school",
    ],
)
def test_names_of_one_kind_and_things_tell_titles_apart(one: str, two: str, apart: Apart) -> None:
    assert SITES.read(one).apart(SITES.read(two)) is apart
    assert SITES.read(two).apart(SITES.read(one)) is apart


def test_names_of_province_city_and_county_are_no_local_names() -> None:
    assert not SITES.read("青岚新乡发生滑坡", ("青岚", "新乡", "")).names
    assert SITES.read("青岚新乡石坪镇发生滑坡", ("青岚", "新乡", "")).names == {("site_town", "石坪")}


def test_a_lexicon_without_kinds_reads_nothing() -> None:
    assert SiteReader({}).read("石坪镇山体滑坡") == NOWHERE


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("警方通报女童被殴打", "警方通报老人被殴打", False),
        ("警方通报女孩被殴打", "警方通报女生被殴打", True),
        ("高校女生坠楼身亡", "小学生母亲坠楼身亡", False),
    ],
    ids=["child_and_elder", "girl_and_pupil", "student_and_mother"],
)
def test_what_befell_other_people_is_another_matter(one: str, two: str, same: bool) -> None:
    index = JUDGES.index()
    refs = [ItemRef(id=title, title=title, families=frozenset({"violence"}), spot=SITES.read(title)) for title in (one, two)]
    first, second = (index.place(ref, START) for ref in refs)
    assert (first.story == second.story) is same


def test_blows_told_in_the_form_of_a_bulletin_are_no_matter_by_themselves() -> None:
    index = JUDGES.index()
    for number in range(8):  # what is read every day
        told = ItemRef(id=f"w{number}", title=f"官方通报第{number}号事项有人动手殴打他人")
        index.place(told, START, fixed=f"W{number}")
    blows = frozenset({"violence"})
    titles = ("官方通报女子被镇干部车内殴打", "官方通报小伙地铁内遭老人殴打")
    first, second = (index.place(ItemRef(id=title, title=title, families=blows), START).story for title in titles)
    assert first != second


def test_a_typhoon_on_its_way_through_provinces_lies_in_none_of_them() -> None:
    watch = JUDGES.detector()
    titles = ("台风青鹭登陆福建", "台风青鹭致台湾1人死亡", "台风青鹭影响浙江", "台风青鹭逼近上海")
    for number, title in enumerate(titles):
        watch.feed(Seen(id=str(number), source="weibo", title=title), START + timedelta(hours=number))
    (story,) = watch.stories.values()
    assert (story.province, story.city) == ("", "")


def test_a_storm_that_most_titles_place_in_one_province_lies_there() -> None:
    watch = JUDGES.detector()
    titles = (
        "福建台风青鹭致1人死亡",
        "台风青鹭登陆福建",
        "福建台风青鹭受灾",
        "福建台风青鹭救援",
        "台风青鹭影响浙江",
        "台风青鹭逼近上海",
    )
    for number, title in enumerate(titles):
        watch.feed(Seen(id=str(number), source="weibo", title=title), START + timedelta(hours=number))
    (story,) = watch.stories.values()
    assert story.province == "福建"


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("青岚通报宠物中毒事件", "other"),
        ("一小区多只猫中毒死亡 警方介入", "other"),
        ("男子给流浪狗投毒致3人中毒", "food_safety"),
    ],
    ids=["pets", "cats", "people_too"],
)
def test_poisoned_animals_are_no_matter_of_food_safety(title: str, category: str) -> None:
    region = Region(province="青岚", code="", evidence=("青岚",))
    verdict = JUDGES.gate.judge(title, region=region)
    assert verdict.category == category
    assert ("food" in families_of(verdict, family_table(JUDGES.gate))) is (category == "food_safety")
