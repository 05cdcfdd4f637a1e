"""The six classes: golden cases, several at once, and what must never happen."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from config.wording import load_wording
from playbooks.disposition import Disposition, DispositionJudge, Strand
from playbooks.letter import LetterJudge

ROOT = Path(__file__).parents[2]
DEFAULT = ROOT / "config" / "default"
JUDGE = DispositionJudge(load_wording(DEFAULT / "dispositions.toml"))
LETTERS = LetterJudge(load_wording(DEFAULT / "letters.toml"))
CASES = tomllib.loads((ROOT / "tests/data/cases/disposition/classes.toml").read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_golden_disposition(case: dict[str, Any]) -> None:
    letter = LETTERS.judge(case["title"]) if case.get("letter") else None
    said = JUDGE.judge(
        Strand(
            title=case["title"],
            letter=letter,
            label=case.get("label", ""),
            category=case.get("category", ""),
            rumor_like=case.get("rumor_like", False),
        )
    )
    assert (said.first or "") == case["expected"], (case["why"], said)
    assert said.verify_first is case.get("verify", said.verify_first)


def test_several_classes_hold_for_one_text() -> None:
    said = JUDGE.judge(Strand(title="举报工地拖欠工资，停水停电没人管", label="N"))
    assert [proposal.disposition for proposal in said.proposals] == [Disposition.MAJOR_PROBLEM, Disposition.HARDSHIP]


def test_rumour_like_style_alone_never_makes_false_information() -> None:
    for label in ("E", "N", "O"):
        said = JUDGE.judge(Strand(title="听说群里都在转发", label=label, rumor_like=True))
        assert Disposition.FALSE_INFO not in [proposal.disposition for proposal in said.proposals]
        assert said.verify_first


def test_style_without_words_still_asks_for_verification() -> None:
    said = JUDGE.judge(Strand(title="今晚一定要看", label="O", rumor_like=True))
    assert said.reasons == ("写法像未经证实的传言，先查证再定性",)


def test_wrong_opinion_is_never_called_false_information() -> None:
    said = JUDGE.judge(Strand(title="补贴都是作秀，肯定有猫腻", label="O"))
    assert [proposal.disposition for proposal in said.proposals] == [Disposition.MISTAKEN]


def test_asking_letter_also_counts_as_not_knowing() -> None:
    said = JUDGE.judge(Strand(title="请问补贴标准", letter=LETTERS.judge("请问补贴标准")))
    assert [proposal.disposition for proposal in said.proposals] == [Disposition.HARDSHIP, Disposition.UNAWARE]


def test_reasons_cite_word_place_and_clause() -> None:
    said = JUDGE.judge(Strand(title="建议修桥", label="O"))
    assert "“建议”（dispositions.toml:" in said.reasons[0]
    assert "第十四条" in said.reasons[-1]
    assert "由人认定" in said.reasons[-1]
