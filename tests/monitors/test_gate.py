"""The gate against its golden cases, and what a verdict promises."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.judging import gate_of
from monitors.lexicon import fold

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted((ROOT / "tests" / "data" / "cases" / "gate").glob("*.toml"))
ALL: list[dict[str, Any]] = [case for path in CASES for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]]
GATE = gate_of(ROOT / "config" / "default" / "lexicon")


@dataclass(frozen=True)
class Somewhere:
    province: str = ""
    city: str = ""
    county: str = ""
    foreign: bool = False
    country: str = ""
    evidence: tuple[str, ...] = ()


def judged(case: dict[str, Any]) -> Any:
    return GATE.judge(case["title"], region=Somewhere(province=case.get("place", ""), foreign=case.get("foreign", False)))


@pytest.mark.parametrize("case", ALL, ids=lambda case: case["id"])
def test_titles_are_judged_as_the_case_file_says(case: dict[str, Any]) -> None:
    verdict = judged(case)
    for key in ("label", "category", "alarm"):
        if key in case:
            assert getattr(verdict, key) == case[key], f"{case['why']}：{verdict.hits} {verdict.excluded_by}"


def test_every_hit_names_the_file_and_the_line_of_its_word() -> None:
    verdict = GATE.judge("某小区发生火灾致2人死亡")
    words = [hit for hit in verdict.hits if hit.word]
    assert words
    for hit in words:
        lines = (ROOT / "config" / "default" / "lexicon" / hit.file).read_text(encoding="utf-8").splitlines()
        assert f'"{hit.word}"' in lines[hit.line - 1]


def test_a_word_of_a_family_points_to_the_line_of_its_family() -> None:
    verdict = GATE.judge("景区骆驼突然攻击游客致2人受伤")
    hit = next(hit for hit in verdict.hits if hit.word == "骆驼突然攻击")
    line = (ROOT / "config" / "default" / "lexicon" / hit.file).read_text(encoding="utf-8").splitlines()[hit.line - 1]
    assert all(part in line for part in ("骆驼", "突然", "攻击"))


def test_the_body_can_raise_a_title_that_says_nothing() -> None:
    plain = GATE.judge("记者来到现场")
    told = GATE.judge("记者来到现场", "12日凌晨，某县一化工厂发生爆炸，造成3人死亡、11人受伤。")
    assert plain.label == "O"
    assert told.label == "E"


def test_stated_figures_replace_the_reading_of_numbers() -> None:
    title = "一辆客车侧翻现场画面"
    assert GATE.judge(title, figures={"deaths": 7}).score_e > GATE.judge(title, figures={}).score_e


def test_a_plant_is_of_high_consequence_without_any_toll() -> None:
    assert GATE.judge("化工厂突发大火浓烟滚滚").high_consequence


def test_refuted_texts_are_marked_rumour_like() -> None:
    assert GATE.judge("警方辟谣大桥垮塌").rumor_like
    assert not GATE.judge("大桥垮塌致2人遇难").rumor_like


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("致３人死亡", "致0人死亡"),
        ("三名工人", "0名工人"),
        ("20多人被困", "0人被困"),
        ("5.8级 地震", "0级地震"),
        ("一死两伤", "0死0伤"),
    ],
    ids=["full_width", "han", "about", "decimal", "short_form"],
)
def test_numbers_are_folded_before_words_are_compared(text: str, folded: str) -> None:
    assert fold(text) == folded
