"""The detector: one alarm a matter, silence otherwise, and a state that can be rebuilt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.judging import judges_of
from monitors.detect import Change, Detector, Kind, Scope, Seen
from monitors.region import Region

START = datetime(2025, 7, 1, 8, tzinfo=UTC)
JUDGES = judges_of(None, {})


def seen(number: int, title: str, source: str = "weibo", kind: str = "hotlist", text: str = "") -> Seen:
    return Seen(id=str(number), source=source, title=title, kind=kind, text=text)


def fed(detector: Detector, *titles: str, hours: float = 1.0) -> list[Change]:
    return [
        change
        for number, title in enumerate(titles)
        for change in detector.feed(seen(number, title), START + timedelta(hours=number * hours))
    ]


def kinds(changes: list[Change] | tuple[Change, ...]) -> list[Kind]:
    return [change.kind for change in changes]


def test_a_story_alarms_once_and_later_items_join_silently() -> None:
    changes = fed(
        JUDGES.detector(), "齐齐哈尔一中学体育馆楼顶坍塌", "齐齐哈尔体育馆坍塌已致3人遇难", "齐齐哈尔体育馆坍塌搜救现场"
    )
    assert kinds(changes).count(Kind.ALARMED) == 1
    assert {change.story for change in changes} == {changes[0].story}


def test_rising_figures_raise_the_level_and_never_lower_it() -> None:
    detector = JUDGES.detector()
    changes = fed(detector, "云南昭通山体滑坡致4人遇难", "云南昭通山体滑坡已致11人遇难", "云南昭通山体滑坡致4人遇难 现场")
    raised = [change.level for change in changes if change.kind is Kind.LEVEL_RAISED]
    assert raised == ["significant", "major"]
    assert detector.stories[changes[0].story].level == "major"


def test_missing_people_count_towards_the_provisional_level() -> None:
    detector = JUDGES.detector()
    (story,) = {change.story for change in fed(detector, "云南昭通山体滑坡致2人死亡9人失联")}
    assert detector.stories[story].level == "major"


def test_a_refuted_toll_raises_no_level_and_no_alarm() -> None:
    changes = fed(JUDGES.detector(), "警方辟谣昆明车祸致31人死亡")
    assert not {Kind.ALARMED, Kind.LEVEL_RAISED} & set(kinds(changes))


@pytest.mark.parametrize(
    ("title", "alarms"),
    [
        ("黑龙江齐齐哈尔一居民楼发生火灾致3死", True),
        ("四川成都一居民楼发生火灾致3死", False),
        ("某地一居民楼发生火灾致3死", False),
    ],
    ids=["inside", "outside", "unknown"],
)
def test_a_scoped_installation_alarms_for_its_own_territory_only(title: str, alarms: bool) -> None:
    changes = fed(JUDGES.detector(Scope.parse("黑龙江/齐齐哈尔")), title)
    assert (Kind.ALARMED in kinds(changes)) is alarms
    assert Kind.OPENED in kinds(changes)


def test_disasters_abroad_are_listed_only() -> None:
    changes = fed(JUDGES.detector(), "泰国曼谷一酒店发生火灾致9人死亡")
    assert kinds(changes) == [Kind.OPENED]


def test_an_officers_report_always_opens_and_alarms() -> None:
    changes = JUDGES.detector().feed(seen(1, "大湾村那边说是山动了", kind="officer"), START)
    assert kinds(changes) == [Kind.OPENED, Kind.ALARMED]


def test_ordinary_titles_change_nothing() -> None:
    assert fed(JUDGES.detector(), "新电影今日上映", "今年夏天的奶茶", "后卫空砍41分") == []


def test_a_small_quake_is_listed_and_a_strong_one_alarms() -> None:
    assert Kind.ALARMED not in kinds(fed(JUDGES.detector(), "四川雅安发生3.2级地震"))
    assert Kind.ALARMED in kinds(fed(JUDGES.detector(), "四川雅安发生5.6级地震"))


def test_the_policy_decides_from_which_score_on_an_alarm_is_raised() -> None:
    strict = replace(JUDGES, policy=replace(JUDGES.policy, alarm_at=1.1))
    assert Kind.ALARMED not in kinds(fed(strict.detector(), "四川成都一居民楼发生火灾致3死"))


def test_a_waiting_story_alarms_when_a_third_platform_speaks_of_it() -> None:
    detector = JUDGES.detector()
    title = "男子持刀追赶路人"
    assert Kind.ALARMED not in kinds(detector.feed(seen(1, title), START))
    assert Kind.ALARMED not in kinds(detector.feed(seen(2, title, source="baidu"), START + timedelta(minutes=30)))
    assert Kind.ALARMED in kinds(detector.feed(seen(3, title, source="douyin"), START + timedelta(hours=1)))


def test_titles_of_a_film_keep_a_story_quiet_whatever_else_is_said() -> None:
    changes = fed(JUDGES.detector(), "电视剧断桥开播", "断桥播放量破亿 电视剧", "断桥")
    assert Kind.ALARMED not in kinds(changes)


@pytest.mark.parametrize(
    ("title", "alarms"),
    [("轿车撞倒路人", False), ("轿车撞倒路人致3死", True), ("轿车撞倒路人 警方通报", True)],
    ids=["nobody", "toll", "official"],
)
def test_a_place_that_only_the_text_names_needs_a_toll_or_an_official(title: str, alarms: bool) -> None:
    item = seen(1, title, text="今天上午，四川成都一路口，一辆轿车撞倒路人，视频引发关注。")
    assert (Kind.ALARMED in kinds(JUDGES.detector().feed(item, START))) is alarms


def test_a_rebuilt_detector_goes_on_like_the_one_that_never_stopped() -> None:
    titles = ["云南昭通山体滑坡致4人遇难", "四川成都一居民楼发生火灾致3死", "云南昭通滑坡搜救仍在进行"]
    members = [(seen(n, title), START + timedelta(hours=n)) for n, title in enumerate(titles)]
    one, two = JUDGES.detector(), JUDGES.detector()
    for item, at in members:
        one.feed(item, at)
    two.rebuild(members)
    probe, at = seen(9, "云南昭通山体滑坡已致11人遇难"), START + timedelta(hours=9)
    assert one.feed(probe, at) == two.feed(probe, at)


def test_every_alarm_names_the_policy_key_and_the_rule_with_its_line() -> None:
    alarm = next(change for change in fed(JUDGES.detector(), "四川成都一居民楼发生火灾致3死") if change.kind is Kind.ALARMED)
    assert alarm.reasons[0] == "alarm_at"
    assert alarm.reasons[1].startswith("hazard_toll@rules.toml:")


def test_a_local_source_that_names_no_place_is_about_the_desks_own_area() -> None:
    home = JUDGES.locator.locate("齐齐哈尔龙沙区")
    detector = JUDGES.detector(Scope(province="黑龙江", city="齐齐哈尔"), home)
    item = seen(1, "一中学体育馆楼顶坍塌 多人被困", kind="feed")
    assert Kind.ALARMED not in kinds(detector.feed(item, START))
    detector = JUDGES.detector(Scope(province="黑龙江", city="齐齐哈尔"), home)
    changes = detector.feed(item._replace(local=True), START)
    assert Kind.ALARMED in kinds(changes)
    assert detector.stories[changes[0].story].city == "齐齐哈尔"
    abroad = item._replace(id="2", title="日本北海道一中学体育馆坍塌 多人被困", local=True)
    assert Kind.ALARMED not in kinds(detector.feed(abroad, START))


@pytest.mark.parametrize(
    ("title", "graded"),
    [
        ("化工厂泄漏致2万斤鱼死亡 湖北官方通报", False),
        ("湖北一化工厂泄漏致大量鱼死亡 2名工人死亡", True),
        ("湖北一化工厂爆炸 值班工人死亡", True),
    ],
)
def test_dead_animals_give_a_matter_no_level_dead_people_do(title: str, graded: bool) -> None:
    detector = JUDGES.detector()
    assert (Kind.LEVEL_RAISED in kinds(fed(detector, title))) is graded


def test_what_alarmed_before_and_runs_away_later_is_told_once_more() -> None:
    detector = JUDGES.detector()
    changes = fed(detector, "云南昭通一桥梁垮塌")
    assert kinds(changes) == [Kind.OPENED, Kind.ALARMED]
    later = START + timedelta(hours=30)
    talk = ("现场", "视频曝光", "网友发声", "目击者讲述", "官方通报", "救援", "原因", "多方回应", "专家解读", "最新进展")
    burst = [
        change.kind
        for number, more in enumerate(talk)
        for change in detector.feed(
            seen(10 + number, f"云南昭通桥梁垮塌{more}", source=("weibo", "baidu", "douyin")[number % 3]),
            later + timedelta(minutes=number),
        )
    ]
    assert burst.count(Kind.BURST) == 1
    assert burst.count(Kind.ALARMED) == 0


HOME = Region(province="青岚", city="云泽", county="鹿溪")
LETTERS = (
    (
        "河水发黑",
        "我是石坪镇下坪村村民，村口的柳河从上周开始河水发黑发臭，河里的鱼大量死亡，怀疑是上游的造纸厂夜里偷排污水，村里老人小孩都不敢靠近，请有关部门尽快查处，给我们一个答复。",
    ),
    (
        "拖欠工资",
        "我们三十多名工人在青桥镇安置房工地干活，老板拖欠工资半年没有发，多次讨要都说没钱，现在人也联系不上，家里老人孩子等着用钱，请求劳动部门帮助我们追讨血汗钱，盼早日解决。",
    ),
)


@pytest.mark.parametrize(
    ("title", "letter"),
    [
        ("鹿溪一造纸厂被指夜里偷排污水", 0),
        ("鹿溪安置房工地拖欠三十多名工人工资", 1),
        ("鹿溪县石坪镇山体滑坡致3人遇难", None),
        ("鹿溪一学校多名学生食物中毒", None),
    ],
    ids=["river", "wages", "slide", "school"],
)
def test_a_title_about_what_letters_told_is_proposed_for_merging(title: str, letter: int | None) -> None:
    scope = Scope(province="青岚", city="云泽", county="鹿溪")
    detector = Detector(
        gate=JUDGES.gate,
        locate=lambda title, text: HOME,
        count=JUDGES.count,
        grade=JUDGES.level,
        policy=JUDGES.policy,
        scope=scope,
        home=HOME,
    )
    told = [
        detector.feed(seen(n, head, source="12345", kind="hotline", text=body), START + timedelta(hours=n))[0].story
        for n, (head, body) in enumerate(LETTERS)
    ]
    story = detector.feed(seen(9, title), START + timedelta(hours=9))[0].story
    assert story not in told
    assert detector.likely(detector.stories[story]) == (told[letter] if letter is not None else "")


def test_a_flood_taken_for_talk_of_another_alarms_when_it_has_its_own_dead_in_its_own_county() -> None:
    detector = JUDGES.detector()
    loud = ["救援", "现场", "航拍", "直击", "最新", "积水", "转移", "停电", "断路", "雨量", "预警", "伤情", "通报", "物资"]
    for number, more in enumerate(loud):
        detector.feed(seen(number, f"河北易县暴雨洪水{more}"), START + timedelta(minutes=number))
    silenced = detector.feed(seen(50, "河北阜平山洪暴发车辆被冲走"), START + timedelta(hours=2))
    story = detector.stories[silenced[0].story]
    assert story.twin
    assert story.alarmed_at is None
    told = detector.feed(seen(51, "河北阜平县山洪致2人遇难2人失踪"), START + timedelta(hours=20))
    assert told[0].story == story.id
    assert Kind.ALARMED in kinds(told)


@pytest.mark.parametrize(
    ("title", "level"),
    [("搁浅浙江沿海的瓜头鲸已死亡", False), ("浙江一货车撞死16头牦牛", False), ("浙江一货车撞死1人", True)],
    ids=["whale", "yaks", "person"],
)
def test_a_dead_animal_gives_a_matter_no_level(title: str, *, level: bool) -> None:
    detector = JUDGES.detector()
    detector.feed(Seen(id="1", source="officer", kind="officer", title=title), START)
    assert all(bool(story.level) is level for story in detector.stories.values())
    assert detector.stories


SAME_TOWN = "镇雄县塘房镇"
BEFORE = ("自来水发黄", "楼盘烂尾业主维权", "征地补偿被指不到位", "大巴坠河致9死", "学校发生踩踏 2死11伤")
AFTER = ("一商场起火致2死", "发生山体滑坡3人被埋", "一煤矿透水8人被困", "一居民楼坍塌4人被埋", "聚餐食物中毒 3人死亡")


@pytest.mark.parametrize("scope", ["云南/昭通/镇雄", "云南/昭通", "all"])
@pytest.mark.parametrize("first", BEFORE)
@pytest.mark.parametrize("second", AFTER)
def test_another_disaster_of_the_town_alarms_whatever_was_told_of_it_before(scope: str, first: str, second: str) -> None:
    detector = JUDGES.detector(Scope.parse(scope))
    changes = fed(detector, SAME_TOWN + first, SAME_TOWN + second, hours=2)
    assert [change.item for change in changes if change.kind is Kind.ALARMED][-1:] == ["1"]


UNLIKE = (
    "柳河镇柳河桥路灯不亮已经半个月",
    "石坪镇大湾村村道塌方，车辆无法通行",
    "青山乡垃圾堆放多日无人清运，气味难闻",
    "城关镇东门小学门口车辆乱停，学生上学不安全",
    "石坪镇卫生院拒收发热病人",
    "城关镇农贸市场有人卖病死猪肉",
    "城关镇工地夜间施工噪声扰民",
)
PRINTED = (
    "市民来电反映，{}。市民对此表示不满，希望相关部门尽快核实处理，并将处理结果回复市民。"
    "（请承办单位在规定时限内联系市民，按程序办理并反馈。）"
)


def ordered(*orders: str, title: str, text: str) -> list[str]:
    """The stories of work orders in order of arrival."""
    detector = JUDGES.detector()
    return [
        detector.feed(
            seen(n, title.format(said[:12]), source="12345", kind="hotline", text=text.format(said)),
            START + timedelta(minutes=n),
        )[0].story
        for n, said in enumerate(orders)
    ]


@pytest.mark.parametrize("text", ["{}", PRINTED], ids=["short", "printed-form"])
@pytest.mark.parametrize("title", ["关于{}的投诉", "群众反映{}等问题", "{}"])
def test_work_orders_that_share_nothing_but_the_form_are_as_many_matters(title: str, text: str) -> None:
    assert len(set(ordered(*UNLIKE, title=title, text=text))) == len(UNLIKE)


@pytest.mark.parametrize("text", ["{}", PRINTED], ids=["short", "printed-form"])
def test_work_orders_of_one_matter_join_whatever_their_form(text: str) -> None:
    same = ("石坪镇大湾村村道塌方，车辆无法通行", "石坪镇大湾村村道塌方没人修，车辆过不去")
    found = ordered(*UNLIKE[:1], *same, title="关于{}的投诉", text=text)
    assert found[1] == found[2] != found[0]


def test_with_a_memory_what_nothing_can_join_any_more_is_dropped_after_it_and_nothing_sooner() -> None:
    detector, forever = JUDGES.detector(), JUDGES.detector()
    detector.memory = timedelta(days=31)
    title = "齐齐哈尔一中学体育馆楼顶坍塌致3人遇难"
    for watch in (detector, forever):
        ((story, *_),) = [watch.feed(seen(1, title), START)]
    for days, kept in ((30, True), (32, False)):
        for watch in (detector, forever):
            watch.feed(seen(2, "今日天气晴"), START + timedelta(days=days))
        assert (story.story in detector.stories) is kept
        assert story.story in forever.stories
    again = detector.feed(seen(3, title), START + timedelta(days=32))
    assert kinds(again)[0] is Kind.OPENED
    assert again[0].story != story.story


def test_a_matter_that_still_takes_items_is_kept_beyond_the_memory() -> None:
    detector = JUDGES.detector()
    detector.memory = timedelta(hours=1)
    (first, *_) = detector.feed(seen(1, "齐齐哈尔一中学体育馆楼顶坍塌致3人遇难"), START)
    (joined, *_) = detector.feed(seen(2, "齐齐哈尔体育馆坍塌搜救现场"), START + timedelta(hours=30))
    assert (joined.kind, joined.story) == (Kind.JOINED, first.story)
    assert detector.stories[first.story].alarmed_at == START
