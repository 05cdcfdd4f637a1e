"""What the gate calls silent is ordinary wherever it lies, so the detector need not look for its place or its figures."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from bot.judging import judges_of
from monitors.detect import Seen
from monitors.lexicon import Matcher, fold, fold_all
from monitors.toll import toll
from tests.builders import at

JUDGES = judges_of(None, {})
GATE = JUDGES.gate
FILL = ("今天", "3人", "多人", "5.6级", "无人员伤亡", "县里", "，", "。", "有人", "12345", "昨晚", "怎么样", "来了")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lies:
    """A place as the gate sees it."""

    province: str | None = None
    city: str | None = None
    county: str | None = None
    foreign: bool = False
    country: str = ""
    evidence: tuple[str, ...] = ()


PLACES = (
    None,
    Lies(),
    Lies(foreign=True),
    Lies(province="甲省"),
    Lies(province="甲省", city="乙市", evidence=("乙市",)),
    Lies(province="甲省", city="乙市", county="鹿溪县", evidence=("今天",)),
)


def passages(count: int) -> list[tuple[str, str]]:
    """Words of the lexicon and filling at random, with and without a body."""
    rng = random.Random(7)
    words = [w.text for group in GATE.lexicon.groups.values() for w in group.words]

    def some(most: int) -> str:
        return "".join(rng.choice(words if rng.random() < 0.3 else FILL) for _ in range(rng.randint(1, most)))

    return [(some(5), some(12) if rng.random() < 0.5 else "") for _ in range(count)]


def test_a_silent_text_has_no_verdict_at_any_place() -> None:
    silent = 0
    for title, text in passages(3000):
        if GATE.silent(title, text):
            silent += 1
            for place in PLACES:
                verdict = GATE.judge(title, text, region=place)
                assert (verdict.label, verdict.score_en, verdict.groups) == ("O", 0.0, frozenset()), (title, text, place)
    assert 300 < silent < 2700, "the sample must hold both kinds"


def test_what_is_silent_is_looked_at_no_further_and_what_an_officer_says_always_is() -> None:
    detector = JUDGES.detector()
    title = "新电影今日上映"
    assert GATE.silent(title)
    assert detector.feed(Seen(id="a", source="web", title=title), at("09:00")) == ()
    assert detector.feed(Seen(id="b", source="officer", title=title, kind="officer"), at("09:00")) != ()


def test_a_repost_of_a_known_title_joins_even_where_its_words_are_silent() -> None:
    detector = JUDGES.detector()
    title = "大湾村那边说是山动了"
    assert GATE.silent(title)
    first = detector.feed(Seen(id="a", source="officer", title=title, kind="officer"), at("09:00"))
    again = detector.feed(Seen(id="b", source="web", title=title), at("09:05"))
    assert again
    assert again[0].story == first[0].story


def test_groups_present_are_those_of_the_words_found_masks_respected() -> None:
    matcher = Matcher(GATE.lexicon)
    hidden = 0
    for title, text in [*passages(2000), ("爆炸头造型走红", ""), ("燃气爆炸头条", "")]:
        folded = fold(f"{title}。{text}")
        words = {hit.word.group for hit in matcher.find(folded)}
        assert matcher.present(folded) == sum(matcher.bits[name] for name in words), folded
        hidden += not words
    assert hidden, "the sample must hold texts without a word"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        *((f"致3人{word}", "@deaths") for word in ("死", "亡", "遇难", "丧生", "罹难", "遇害")),
        *((text, "@deaths") for text in ("遇难3人", "死亡3例", "公布死亡人数：3人", "公布遇难人数：3人")),
        *((f"致3人{word}", "@injured") for word in ("伤", "送医", "入院", "住院", "中毒")),
        ("伤亡人数升至3人", "@injured"),
        *((f"3人{word}", "@missing") for word in ("失联", "失踪", "被困", "被埋", "下落不明", "被压", "被卷", "被冲")),
    ],
)
def test_a_counted_toll_is_read_by_every_word(said: str, name: str) -> None:
    assert name in toll(fold(f"云溪市一客车侧翻{said}"), None)


def test_a_title_is_silent_beside_a_text_exactly_where_neither_of_them_could_say_anything() -> None:
    """Both are looked at in one pass; a word the text bars for itself may still count in the title alone."""
    alone = barred = 0
    for title, text in passages(4000):
        both = GATE.judge(title, text).groups | GATE.judge(title).groups
        if GATE.silent(title, text):
            assert GATE.silent(title), (title, text)
            assert not both
            alone += 1
        barred += not GATE.silent(title) and not GATE.judge(f"{title}。{text}").groups
    assert alone > 500
    assert barred, "the sample must hold titles whose text bars what they say"


@pytest.mark.parametrize(
    "word", ["死", "亡", "遇难", "伤", "失联", "失踪", "被困", "被埋", "送医", "中毒", "不适", "相撞", "落水"]
)
def test_many_people_harmed_count_as_a_toll_by_every_word(word: str) -> None:
    title = f"云溪市一客车侧翻多人{word}"
    assert "@toll" in toll(fold(title), None)


@pytest.mark.parametrize("word", ["伤亡", "死亡", "受伤", "被困", "遇难"])
def test_nobody_hurt_is_read_by_every_word(word: str) -> None:
    assert "@none_hurt" in toll(fold(f"云溪市一仓库起火暂无人员{word}"), None)


def test_words_folded_together_are_what_each_is_alone() -> None:
    words = [w.text for group in GATE.lexicon.groups.values() for w in group.words]
    odd = [
        "12万",
        "万",
        "3",
        "5人",
        "三人",
        "二",
        "人死",
        "1.5级",
        " 致 3 人 ",
        "",
        "１２余",
        "A股",
        "12",
        "万多",
        "Ａ股",
        "ﬁ",
        "几十人",
    ]
    assert fold_all([*words, *odd]) == [fold(word) for word in (*words, *odd)]
    assert fold_all(["a\0b", "3人"]) == [fold("a\0b"), "0人"], "a word may hold any character"
