"""What was learned from labelled titles: it may list what no rule has words for, and nothing more."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from config.lexicon import load_lexicon
from monitors.gate import Gate
from monitors.hunch import HUNCH_HASHING, LEAST_CHARS, Hunch, slots
from monitors.lexicon import fold
from monitors.linear import LogisticModel, careful_threshold, train_logistic

DEFAULT = Path(__file__).resolve().parents[2] / "config" / "default"
MATTERS = (
    "村口的石板走一步晃三晃",
    "窗口说材料不全让我再跑一趟",
    "井里打上来的水一股怪味",
    "孩子的课桌还是三条腿",
    "老人领钱要爬到四楼",
    "路口的灯一到夜里就不亮了",
)
ORDINARY = (
    "新书签售会周末举行",
    "三招教你挑西瓜",
    "城市夜景航拍",
    "球队换了新教头",
    "猫咪学会开门",
    "新歌首播反响热烈",
)
UNKNOWN = "桥头的石板走一步晃三晃"


def model() -> LogisticModel:
    titles = [*MATTERS, *ORDINARY] * 4
    learned = train_logistic([slots(t) for t in titles], [t in MATTERS for t in titles], HUNCH_HASHING, epochs=8, rate=0.6)
    return LogisticModel(
        hashing=learned.hashing, weights=learned.weights, scale=learned.scale, bias=learned.bias, threshold=0.6
    )


@pytest.fixture(scope="module")
def gates() -> tuple[Gate, Gate]:
    lexicon = load_lexicon(DEFAULT / "lexicon")
    return Gate(lexicon), Gate(lexicon, Hunch(model()))


def abroad(foreign: bool) -> SimpleNamespace:
    return SimpleNamespace(province="", city="", county="", foreign=foreign, evidence=())


def test_a_title_without_words_of_the_lexicon_is_listed_and_no_more(gates: tuple[Gate, Gate]) -> None:
    plain, learned = gates
    assert plain.judge(UNKNOWN).label == "O"
    assert plain.silent(UNKNOWN)
    verdict = learned.judge(UNKNOWN)
    assert (verdict.label, verdict.alarm, verdict.score_e, verdict.high_consequence) == ("N", "list", 0.0, False)
    assert verdict.score_en == 0.5
    assert not learned.silent(UNKNOWN)
    assert [hit.rule for hit in verdict.hits] == ["learned"]
    assert all(piece in UNKNOWN for piece in verdict.hits[0].word.split("、")), "the reason quotes the title"


def test_what_a_rule_says_stands(gates: tuple[Gate, Gate]) -> None:
    plain, learned = gates
    for title in ("石坪县一工厂爆炸致3死", "桥头的石板一步晃三晃 一男子坠桥身亡", "应急演练模拟化工厂爆炸致5人被困"):
        assert learned.judge(title) == plain.judge(title)


@pytest.mark.parametrize(
    ("title", "why"),
    [
        ("电影里的石板走一步晃三晃", "a film frames it"),
        ("石板晃三晃"[: LEAST_CHARS - 1], "too short to tell"),
        ("三招教你挑西瓜", "an ordinary title"),
    ],
)
def test_what_is_not_listed(gates: tuple[Gate, Gate], title: str, why: str) -> None:
    learned = gates[1]
    assert learned.silent(title), why
    assert learned.judge(title).label == "O", why


def test_nothing_abroad_is_listed_by_its_sound(gates: tuple[Gate, Gate]) -> None:
    assert gates[1].judge(UNKNOWN, region=abroad(False)).label == "N"
    assert gates[1].judge(UNKNOWN, region=abroad(True)).label == "O"


def test_telling_pieces_stand_in_the_title_and_not_in_one_another() -> None:
    pieces = Hunch(model()).telling(fold(UNKNOWN))
    assert 0 < len(pieces) <= 3
    assert not any(a != b and a in b for a in pieces for b in pieces)


def test_the_threshold_lets_three_ordinary_titles_in_two_hundred_through() -> None:
    scores = [index / 1000 for index in range(1000)]
    threshold, f1 = careful_threshold([*scores, 0.995, 0.999], [False] * 1000 + [True, True])
    assert sum(score >= threshold for score in scores) == 15
    assert f1 is not None
    assert careful_threshold([0.1, 0.2, 0.9], [False, False, True]) == (0.5, 1.0), "never below even odds"
    assert careful_threshold([], []) == (0.5, None)
