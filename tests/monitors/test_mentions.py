import random
import re

import pytest

from monitors import marks as words
from monitors.counted import Metric
from monitors.marks import marks
from monitors.mentions import casualty_in, mentions

D, H, M = Metric.DEATHS, Metric.INJURED, Metric.MISSING


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("3死2伤", [(D, 3), (H, 2)]),
        ("死亡3人受伤2人", [(D, 3), (H, 2)]),
        ("3人死亡2人受伤1人失联", [(D, 3), (H, 2), (M, 1)]),
        ("失联已有10人遇难", [(D, 10)]),
        ("打死两人", [(D, 2)]),
        ("两男子打死一人", [(D, 1)]),
        ("5名工人在井下作业时遇难", [(D, 5)]),
        ("5名工人下班", []),
        ("3人报警称有人遇难", []),
        ("多人遇难", [(D, None)]),
    ],
)
def test_a_number_belongs_to_the_word_it_is_said_of(sentence: str, expected: list[tuple[Metric, int | None]]) -> None:
    assert [(m.metric, m.value) for m in mentions(sentence)] == expected


def test_the_words_before_a_number_mark_parts_additions_and_updates() -> None:
    part, added, update = (mentions(s)[0] for s in ("其中2人死亡", "再有1人死亡", "死亡人数升至9人"))
    assert (part.part, added.added, update.update) == (True, True, True)
    assert not mentions("2人死亡")[0].part


def test_no_sentence_with_a_casualty_word_is_passed_over() -> None:
    patterns = [
        value if isinstance(value, str) else value.pattern
        for value in vars(words).values()
        if isinstance(value, str | re.Pattern)
    ]
    parts = sorted({part for pattern in patterns for part in re.findall("[㐀-鿿]+", pattern)})
    rng = random.Random(5)
    sentences = [f"{before}{part}{after}" for part in parts for before in ("", "3人", "发现2具") for after in ("", "医院")]
    sentences += ["".join(rng.choices(parts, k=3)) for _ in range(4000)]
    told = [sentence for sentence in sentences if any(mark.metric for mark in marks(sentence))]
    assert len(told) > 600
    assert [sentence for sentence in told if not casualty_in(sentence)] == []
    assert not casualty_in("3名工人下班")
