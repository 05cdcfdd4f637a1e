"""Rumour-likeness: only ever 查证; golden cases and figures on shared data."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from config.wording import load_wording
from monitors.linear import train_logistic
from monitors.rumor import RUMOR_HASHING, RumorScorer
from tests.bench import nlp_adapters_letters as bench

ROOT = Path(__file__).parents[2]
WORDING = load_wording(ROOT / "config" / "default" / "rumor.toml")
SCORER = RumorScorer(WORDING)
CASES = tomllib.loads((ROOT / "tests/data/cases/rumor/posts.toml").read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_golden_post(case: dict[str, Any]) -> None:
    said = SCORER.score(case["text"])
    assert said.advice == ("查证" if case["check"] else ""), (case["why"], said)


def test_repeating_one_mark_cannot_raise_the_score_without_end() -> None:
    two, many = SCORER.score("转发 扩散").score, SCORER.score("转发 扩散 请转 求转 速转 帮转 转告 群发").score
    assert many == two


def test_marks_are_shown_with_their_place() -> None:
    assert SCORER.score("听说要停水").marks[0].startswith("听说（rumor.toml:")


def test_trained_model_gives_advice_and_nothing_more() -> None:
    texts = [f"甲乙丙{n}" for n in range(30)] + [f"丁戊己{n}" for n in range(30)]
    model = train_logistic([SCORER.slots(text) for text in texts], [n < 30 for n in range(60)], RUMOR_HASHING)
    scorer = RumorScorer(WORDING, model)
    assert (scorer.score("甲乙丙").label, scorer.score("甲乙丙").advice) == ("rumor", "查证")
    assert (scorer.score("丁戊己").label, scorer.score("丁戊己").advice) == ("non-rumor", "")


@pytest.mark.skipif(not (bench.shared() / "data").is_dir(), reason="没有共享数据目录（YQBOT_SHARED）")
def test_model_trained_on_four_fifths_judges_the_rest_of_shared_posts() -> None:
    assert bench.measure("rumor", bench.rumor_cv, fold=0)["AUC"] >= 0.94
