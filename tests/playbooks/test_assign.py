"""Unit routing: golden cases, candidates, reasons, models, and the figures on shared data."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from config.routing import RoutedUnit, Routing, load_routing
from monitors.linear import train_bayes
from playbooks.assign import ROUTER_HASHING, Matter, Reader, Router, letter_of, unit_for
from tests.bench import nlp_adapters_letters as bench

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "config" / "default" / "routing"
CASES = ROOT / "tests" / "data" / "cases" / "unit"
needs_shared = pytest.mark.skipif(not (bench.shared() / "data").is_dir(), reason="没有共享数据目录（YQBOT_SHARED）")


def cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        found += [pytest.param(data["table"], case, id=f"{path.stem}:{case['id']}") for case in data["case"]]
    return found


@pytest.mark.parametrize(("table", "case"), cases())
def test_golden_case_goes_to_the_expected_unit(table: str, case: dict[str, Any]) -> None:
    matter = Matter(title=case["title"], text=case.get("text", ""), category=case.get("category", ""))
    said = unit_for(matter, load_routing(table, TABLES))
    assert said.code == case["expected"], (case["why"], said)
    assert case.get("among", said.code) in said.ranked


@pytest.fixture(scope="module")
def county() -> Routing:
    return load_routing("county", TABLES)


def test_three_to_five_candidates_without_repetition(county: Routing) -> None:
    for title in ("你们好", "拖欠农民工工资", "水库边的养猪场污染农田，村干部不管，路也压坏了，学校停课，医院难进"):
        ranked = unit_for(Matter(title=title), county).ranked
        assert 3 <= len(ranked) <= 5
        assert len(set(ranked)) == len(ranked)


def test_reason_names_word_file_and_line(county: Routing) -> None:
    said = unit_for(Matter(title="学校食堂涨价"), county)
    line = next(reason for reason in said.reasons if "“学校”" in reason)
    number = int(line.rsplit(":", 1)[1].rstrip("）"))
    assert '"学校"' in (TABLES / "functions.toml").read_text(encoding="utf-8").splitlines()[number - 1]


def test_title_outweighs_the_body(county: Routing) -> None:
    said = unit_for(Matter(title="出租车拒载", text="当时我在医院门口等车"), county)
    assert said.code == "jtj"
    assert "wjj" in said.ranked


def test_category_lead_beats_words_and_cites_its_source(county: Routing) -> None:
    said = unit_for(Matter(title="学校旁边山坡垮塌", category="geo_threat"), county)
    assert said.code == "zrzyj"
    assert "牵头" in said.reasons[0]
    assert "政务公开要点" in said.reasons[0]
    assert said.supports == ("yjj",)


def test_function_category_leads_where_no_unit_names_it(county: Routing) -> None:
    said = unit_for(Matter(title="一起事情", category="petition"), county)
    assert said.code == "xfj"


def test_territory_unit_becomes_a_candidate(county: Routing) -> None:
    town = RoutedUnit(code="dwz", name="大湾镇人民政府", territory="大湾镇")
    own = county.with_units((*county.units, town))
    by_text = unit_for(Matter(title="大湾镇水渠塌了"), own)
    by_place = unit_for(Matter(title="水渠塌了", region=("云山县", "大湾镇")), own)
    assert by_text.ranked[:2] == ("slj", "dwz")
    assert by_place.ranked[:2] == ("slj", "dwz")
    assert unit_for(Matter(title="水渠塌了"), own).ranked[0] == "slj"


def test_sure_only_with_a_clear_lead(county: Routing) -> None:
    assert unit_for(Matter(title="出租车不打表"), county).sure
    assert not unit_for(Matter(title="医院里的学生"), county).sure


def test_own_units_keep_the_tables_functions_and_drop_what_they_lack(county: Routing) -> None:
    own = county.with_units((RoutedUnit(code="jyj", name="云山县教育体育局"), RoutedUnit(code="zfb", name="县府办")))
    said = unit_for(Matter(title="学校乱收学费"), own)
    assert (said.code, said.name) == ("jyj", "云山县教育体育局")
    assert own.default == "zfb"
    assert own.supervisor == ""


def test_no_default_and_no_sign_gives_no_unit() -> None:
    bare = Routing(code="x", name="空表", functions=(), units=(RoutedUnit(code="a", name="甲"),))
    said = unit_for(Matter(title="你好"), bare)
    assert (said.code, said.name) == ("", "")
    assert "人工" in said.reasons[0]


def test_same_matter_gives_the_same_answer_every_time(county: Routing) -> None:
    router, matter = Router(county), Matter(title="工厂污水直排农田", text="村民投诉无门" * 40)
    assert router.assign(matter) == router.assign(matter) == Router(county).assign(matter)


def _history(county: Routing) -> tuple[Router, Router]:
    """A router trained on labels the table does not know, and one on labels it knows."""
    reader = Reader(county.functions)
    titles = {
        "一科": ["路灯不亮", "井盖丢了", "路面塌陷", "下水道堵了"],
        "二科": ["学费太贵", "老师打人", "校车超载", "食堂太差"],
    }
    rows = [(title, label) for label, own in titles.items() for title in own for _ in range(3)]
    letters = [letter_of(reader, title, "") for title, _ in rows]
    foreign = train_bayes(letters, [label for _, label in rows], ROUTER_HASHING)
    known = train_bayes(letters, [{"一科": "住建局", "二科": "jyj"}[label] for _, label in rows], ROUTER_HASHING)
    return Router(county, foreign), Router(county, known)


def test_trained_labels_are_the_unit_codes(county: Routing) -> None:
    router, _ = _history(county)
    said = router.assign(Matter(title="幼儿园老师体罚学生"))
    assert said.ranked == ("二科", "一科")
    assert "以往办件（12件）" in said.reasons[0]


def test_words_still_speak_for_a_label_that_is_a_unit_of_the_table(county: Routing) -> None:
    _, router = _history(county)
    said = router.assign(Matter(title="物业费"))
    assert said.code == "住建局"
    assert any("“物业费”" in reason for reason in said.reasons)


def test_test_organisation_is_built_from_shipped_functions_only() -> None:
    routing = load_routing("seven-departments", TABLES, ROOT / "tests" / "data" / "routing")
    assert len(routing.units) == 7
    assert not any(unit.words for unit in routing.units)


@needs_shared
def test_shipped_words_route_citizen_messages() -> None:
    figures = bench.measure("unit", bench.unit)
    assert figures["acc"] >= 0.86
    assert figures["top3"] >= 0.98


@needs_shared
def test_three_hundred_past_orders_of_unknown_units_are_enough() -> None:
    figures = bench.measure("unit", bench.unit_300)
    assert figures["acc"] >= 0.84
    assert figures["top3"] >= 0.98


@needs_shared
def test_whole_history_cross_validated() -> None:
    figures = bench.measure("unit", bench.unit_cv)
    assert figures["acc"] >= 0.86
    assert figures["top3"] >= 0.98


def test_a_letter_goes_to_whom_it_turns_and_not_where_a_word_of_disaster_points(county: Routing) -> None:
    text = "物业说怕着火，一直不给装。去年楼上着过一次火，烧黑了半层。请住建局牵头开个协调会，别再推来推去了，等了大半年还没有结果。"
    headline = unit_for(Matter(title="小区加装充电桩难", text=text, category="building_fire"), county)
    letter = unit_for(Matter(title="小区加装充电桩难", text=text, category="building_fire", letter=True), county)
    assert (headline.code, letter.code) == ("yjj", "zjj")
    assert any("来信请" in reason for reason in letter.reasons)
