"""Letter type and gravity: golden cases and the figure on shared data."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from config.wording import load_wording
from playbooks.letter import LetterJudge, LetterType
from tests.bench import nlp_adapters_letters as bench

ROOT = Path(__file__).parents[2]
JUDGE = LetterJudge(load_wording(ROOT / "config" / "default" / "letters.toml"))
CASES = tomllib.loads((ROOT / "tests/data/cases/letter/types.toml").read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_golden_letter(case: dict[str, Any]) -> None:
    said = JUDGE.judge(case["title"], case.get("text", ""))
    assert (said.letter_type, said.serious) == (case["expected"], case["serious"]), (case["why"], said)


@pytest.mark.parametrize(
    ("title", "nature"),
    [("建议修桥", "建设性意见"), ("举报干部贪污", "重大问题"), ("请求修路", "实际困难"), ("请问怎么办证", "实际困难")],
)
def test_nature_follows_type_and_gravity(title: str, nature: str) -> None:
    assert JUDGE.judge(title).nature == nature


def test_letter_without_any_sign_is_a_plea_or_accusation_with_a_reason() -> None:
    said = JUDGE.judge("", "")
    assert isinstance(said.letter_type, LetterType)
    assert said.reasons[0]


def test_many_grave_words_in_the_body_make_it_serious() -> None:
    plain = JUDGE.judge("投诉某村", "路灯不亮。")
    grave = JUDGE.judge("投诉某村", "村干部侵吞补偿款，套取资金，勾结黑社会打伤村民。")
    assert (plain.serious, grave.serious) == (False, True)
    assert "“侵吞”" in grave.reasons[1]


@pytest.mark.skipif(not (bench.shared() / "data").is_dir(), reason="没有共享数据目录（YQBOT_SHARED）")
def test_letter_types_on_shared_data() -> None:
    assert bench.measure("nature", bench.nature)["letter_type"]["acc"] >= 0.90
