import random
import tomllib
from pathlib import Path
from typing import Any

import pytest

from config.gazetteer import load_gazetteer
from monitors.region import Locator, Region
from monitors.text import normalise

CASES = Path(__file__).parents[1] / "data" / "cases" / "region"
LEVELS = ("province", "city", "county", "town")


@pytest.fixture(scope="module")
def locator() -> Locator:
    return Locator(load_gazetteer())


def cases() -> list[Any]:
    rows = [row for file in sorted(CASES.glob("*.toml")) for row in tomllib.loads(file.read_text(encoding="utf-8"))["case"]]
    return [pytest.param(row, id=f"{row['title'][:16]}:{row['why'][:10]}") for row in rows]


def stated(region: Region) -> dict[str, Any]:
    found: dict[str, Any] = {level: name for level in LEVELS if (name := getattr(region, level))}
    return found | ({"foreign": True} if region.foreign else {})


@pytest.mark.parametrize("case", cases())
def test_the_place_is_read_as_the_case_says(locator: Locator, case: dict[str, Any]) -> None:
    local = locator.of_code(case["local"]) if "local" in case else None
    assert stated(locator.locate(case["title"], case.get("text", ""), local)) == case["expected"], case["why"]


def test_the_matched_words_are_the_evidence(locator: Locator) -> None:
    found = locator.locate("四川甘孜州泸定县发生落石")
    assert found.evidence == ("四川", "甘孜州", "泸定县")
    assert found.code == "513322"


def test_a_default_place_has_no_evidence(locator: Locator) -> None:
    local = locator.of_code("350100")
    assert locator.locate("小区停电", local=local).evidence == ()


def test_words_of_the_own_county_count_without_its_kind(locator: Locator) -> None:
    local = locator.of_code("370700")
    assert local is not None
    assert locator.locate("青州一商铺起火", local=local).county == "青州"


def test_villages_of_the_installation_are_found(tmp_path: Path) -> None:
    extra = tmp_path / "places.toml"
    extra.write_text('[[place]]\nname = "大湾村"\nin = "533324"\naliases = ["大湾小学"]\n', encoding="utf-8")
    locator = Locator(load_gazetteer(extra))
    found = locator.locate("大湾村滑坡 4人被埋")
    assert (found.county, found.town, found.code) == ("贡山", "大湾村", "533324")
    assert locator.locate("云南贡山大湾小学停课").town == "大湾小学"


def test_an_unknown_code_gives_no_region(locator: Locator) -> None:
    assert locator.of_code("999999") is None


@pytest.mark.parametrize("title", ["", "。。。", "\x00", "市区县", "路" * 5000])
def test_odd_input_gives_no_place(locator: Locator, title: str) -> None:
    assert locator.locate(title) == Region()


@pytest.mark.parametrize(
    ("title", "country"),
    [
        ("曼谷一座在建高楼倒塌", "泰国"),
        ("堪察加东岸远海发生强震", "俄罗斯"),
        ("俄远海强震后港口被淹", "俄罗斯"),
        ("俄媒称一架客机坠毁", "俄罗斯"),
        ("得州洪水已致多人遇难", "美国"),
        ("印尼一渡轮倾覆", "印度尼西亚"),
        ("缅北园区多人被解救", "缅甸"),
        ("中国游客在普吉岛溺亡", "泰国"),
        ("特朗普称将加征关税", ""),
        ("红海一货轮遇袭", ""),
    ],
)
def test_a_place_abroad_gives_its_country_where_one_is_meant(locator: Locator, title: str, country: str) -> None:
    found = locator.locate(title)
    assert (found.foreign, found.country, found.province) == (True, country, "")


@pytest.mark.parametrize(
    "title",
    [
        "万象城一扶梯逆行多人受伤",
        "6岁女童吃瑞士卷后过敏",
        "多个养殖场发生非洲猪瘟疫情",
        "法国梧桐飞絮引投诉",
        "沿海地面出现大坑",
        "落水原因正在调查",
        "古寺塔林被游客刻字",
        "华南特大暴雨",
    ],
)
def test_names_of_goods_animals_and_shops_are_no_place_abroad(locator: Locator, title: str) -> None:
    assert not locator.locate(title).foreign


def test_short_forms_of_countries_are_looked_for_wherever_one_may_stand(locator: Locator) -> None:
    """The quick look before the full pattern passes everything that pattern finds."""
    rng, found = random.Random(11), 0
    parts = (
        "美",
        "俄",
        "日",
        "，",
        "、",
        "对",
        "在",
        "赴",
        "外长",
        "地震",
        "坠机",
        "两国",
        "边境",
        "消防",
        "我市",
        "今天",
        " ",
    )
    for _ in range(4000):
        passage = normalise("".join(rng.choice(parts) for _ in range(rng.randint(1, 7))))
        if locator._initial.search(passage):
            found += 1
            assert locator._sign.search(passage), passage
    assert found > 300


def test_a_place_told_of_again_is_known(locator: Locator) -> None:
    first, again = locator.locate("河南郑州一小区停水"), locator.locate("河南郑州一学校停课")
    assert first == again
    assert locator.locate("郑州市一小区停水").evidence == ("郑州市",)
    assert locator.locate("", "郑州市一小区停水") is locator.locate("郑州市一小区停水")
