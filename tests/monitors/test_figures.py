import tomllib
from pathlib import Path
from typing import Any

import pytest

from monitors import stated
from monitors.counted import NOTHING, Metric, Standing
from monitors.figures import extract
from monitors.mentions import Mention, mentions

CASES = Path(__file__).parents[1] / "data" / "cases" / "casualties"


def cases() -> list[Any]:
    rows = [
        (file.stem, row)
        for file in sorted(CASES.glob("*.toml"))
        for row in tomllib.loads(file.read_text(encoding="utf-8"))["case"]
    ]
    return [pytest.param(row, id=f"{stem}:{row['title'][:18]}") for stem, row in rows]


@pytest.mark.parametrize("case", cases())
def test_figures_are_read_as_the_case_says(case: dict[str, Any]) -> None:
    found = extract(case["title"], case.get("text", ""))
    stated = {m.value: n for m in Metric if (n := found.number(m)) is not None}
    assert stated == case["expected"], case["why"]
    assert [f.value for f in found.denied] == case.get("denied", []), case["why"]
    assert found.unknown is case.get("unknown", False)


def test_a_figure_quotes_the_words_it_stands_on() -> None:
    title = "云岭滑坡已致至少3人死亡,7人失联"
    found = extract(title)
    assert found.deaths is not None
    assert found.missing is not None
    assert title[found.deaths.start : found.deaths.end] == found.deaths.quote
    assert found.deaths.quote.endswith("3人死亡")
    assert title[found.missing.start : found.missing.end] == "7人失联"
    assert found.deaths.in_title
    assert found.deaths.approx
    assert not found.missing.approx


def test_offsets_of_the_body_count_in_the_whole_body() -> None:
    text = "今晨发生塌方。记者到达现场。目前确认5人被困。"
    found = extract("云岭塌方", text)
    assert found.trapped is not None
    assert not found.trapped.in_title
    assert text[found.trapped.start : found.trapped.end] == found.trapped.quote


@pytest.mark.parametrize(
    ("title", "standing"),
    [
        ("云岭滑坡3人死亡", Standing.STATED),
        ("网传云岭滑坡3人死亡", Standing.CLAIMED),
        ("据初步统计，云岭滑坡3人死亡", Standing.PRELIMINARY),
        ("调查报告公布：云岭滑坡3人死亡", Standing.CONFIRMED),
    ],
)
def test_the_standing_follows_the_words_around_the_figure(title: str, standing: Standing) -> None:
    found = extract(title)
    assert found.deaths is not None
    assert found.deaths.standing is standing


def test_an_increase_alone_is_marked_as_added() -> None:
    found = extract("云岭再有1人野泳溺亡")
    assert found.deaths is not None
    assert found.deaths.added
    assert found.deaths.value == 1


def test_an_update_is_marked() -> None:
    found = extract("云岭洪灾遇难人数升至12人")
    assert found.deaths is not None
    assert found.deaths.update


def test_an_implied_person_is_marked_and_gives_way_to_a_number() -> None:
    implied = extract("云岭一女孩坠楼身亡")
    assert implied.number(Metric.DEATHS) == 1
    assert extract("女孩身亡").deaths is not None
    assert extract("女孩身亡").deaths.implicit  # type: ignore[union-attr]
    assert extract("救女孩3人身亡").number(Metric.DEATHS) == 3


@pytest.mark.parametrize("title", ["", "今晚的月色真好", "云岭高铁开通三周年", "股价大跌百分之三", "\x00\ufffd", "，。！？"])
def test_ordinary_titles_state_nothing(title: str) -> None:
    assert extract(title) == NOTHING


def test_very_long_text_is_read_in_bounded_time() -> None:
    text = "3人因" * 4000 + "死亡。" + "无" * 3000 + "伤亡" + "9" * 3000 + "人死亡"
    assert extract("云岭", text) is not None


@pytest.mark.parametrize(
    ("title", "injured"),
    [
        ("两列车追尾致102人骨折", 102),
        ("515人送医，其中102人骨折", 515),
        ("面包车连撞9人后逃逸", 9),
        ("电动车撞倒2名小学生", 2),
        ("轿车撞飞3人致1死2伤", 2),
        ("货车连撞9辆轿车", None),
        ("一男子5根肋骨骨折", 1),
        ("5根肋骨骨折", None),
    ],
)
def test_broken_bones_and_people_knocked_down_are_hurt(title: str, injured: int | None) -> None:
    assert extract(title).number(Metric.INJURED) == injured


def test_a_sentence_told_again_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def told(sentence: str) -> list[Mention]:
        read.append(sentence)
        return mentions(sentence)

    stated._said.cache_clear()
    monkeypatch.setattr(stated, "mentions", told)
    for title in ("松岭镇厂房起火", "松岭镇厂房火灾通报"):
        assert extract(title, "松岭镇厂房起火致3人死亡。现场已封控。松岭镇厂房起火致3人死亡。").number(Metric.DEATHS) == 3
    assert read == ["松岭镇厂房起火致3人死亡。"]


def test_what_stands_around_a_known_sentence_still_counts() -> None:
    told = "网传松岭镇厂房起火致3人死亡。"
    assert extract("松岭镇厂房起火", told).number(Metric.DEATHS) == 3
    assert extract("松岭镇厂房起火致3人死亡系谣言", told).number(Metric.DEATHS) is None
    assert extract("松岭镇厂房灭火演练", told) == NOTHING
    poisoned = "目前有12人住院。"
    assert extract("松岭镇学生不适", poisoned).number(Metric.POISONED) is None
    assert extract("松岭镇学生食物中毒", poisoned).number(Metric.POISONED) == 12
    assert extract("松岭镇学生不适", poisoned).number(Metric.POISONED) is None
