"""Tone of posts: golden cases, negation and stress, a trained model, figures on shared data."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from config.wording import load_wording
from monitors.linear import train_logistic
from monitors.sentiment import SENTIMENT_HASHING, SentimentScorer
from tests.bench import nlp_adapters_letters as bench

ROOT = Path(__file__).parents[2]
WORDING = load_wording(ROOT / "config" / "default" / "sentiment.toml")
SCORER = SentimentScorer(WORDING)
CASES = tomllib.loads((ROOT / "tests/data/cases/sentiment/posts.toml").read_text(encoding="utf-8"))["case"]
needs_shared = pytest.mark.skipif(not (bench.shared() / "data").is_dir(), reason="没有共享数据目录（YQBOT_SHARED）")


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_golden_post(case: dict[str, str]) -> None:
    said = SCORER.score(case["text"])
    assert said.label == case["expected"], (case["why"], said)


def test_negation_turns_and_stress_strengthens() -> None:
    assert SCORER.score("不开心").score > SCORER.score("开心").score
    assert SCORER.score("不害怕").score < SCORER.score("害怕").score
    assert SCORER.score("太害怕").score > SCORER.score("害怕").score


def test_hits_name_word_and_place() -> None:
    hits = SCORER.score("好害怕").hits
    assert hits[0].startswith("害怕（负面，sentiment.toml:") or hits[0].startswith("好怕")


@pytest.mark.parametrize("text", ["", " ", "\n", "abc", "😀" * 5000, "不" * 3])
def test_any_text_gets_a_probability(text: str) -> None:
    assert 0.0 <= SCORER.score(text).score <= 1.0


def test_trained_model_decides_against_the_words() -> None:
    texts = ["甲乙丙" + str(n) for n in range(30)] + ["丁戊己" + str(n) for n in range(30)]
    model = train_logistic([SCORER.slots(text) for text in texts], [n < 30 for n in range(60)], SENTIMENT_HASHING)
    scorer = SentimentScorer(WORDING, model)
    assert scorer.score("甲乙丙").label == "negative"
    assert scorer.score("丁戊己").label == "other"


@needs_shared
def test_shipped_words_on_shared_posts() -> None:
    figures = bench.measure("sentiment", bench.sentiment)["all"]
    assert figures["F1"] >= 0.70
    assert figures["AUC"] >= 0.78


@needs_shared
def test_model_trained_on_four_fifths_judges_the_rest_of_shared_posts() -> None:
    figures = bench.measure("sentiment", bench.sentiment_cv, fold=0)["all"]
    assert figures["F1"] >= 0.80
    assert figures["AUC"] >= 0.90
