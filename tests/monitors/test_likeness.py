"""Weights of words and grams: rare ones, numbers and titles speak, words of form hardly do."""

from __future__ import annotations

import pytest

from monitors.likeness import (
    LETTER_GRAMS,
    LETTER_READ,
    LetterWeights,
    TitleWeights,
    dot,
    grams,
    person_marks,
    storms,
    tolls,
    words,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("石坪路", {"石坪", "坪路", "石坪路"}),
        ("805路改道", {"805路", "改道"}),
        ("A7县城", {"A7县"}),
        ("7.9级", {"7.9级"}),
        ("…", set()),
    ],
    ids=["runs", "line", "district", "decimal", "nothing"],
)
def test_grams_are_pieces_of_runs_and_whole_numbers(text: str, expected: set[str]) -> None:
    assert set(grams(text)) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("大湾村滑坡致6名学生溺亡", {"6dead"}),
        ("事故已致2人失联13人送医", {"2lost", "13hurt"}),
        ("江北发生5.1级地震", {"5.1级"}),
        ("青山水库大坝裂缝", set()),
    ],
    ids=["dead", "two_kinds", "magnitude", "none"],
)
def test_tolls_are_read_in_one_spelling(title: str, expected: set[str]) -> None:
    assert tolls(title) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("4岁男童拔牙身亡", {"4old"}),
        ("18岁毕业生失联5天", {"18old", "5天gone"}),
        ("老人走失已3日", {"3日gone"}),
        ("7岁以下儿童免费接种", set()),
        ("3.5岁幼童走失", set()),
        ("男童走失", set()),
    ],
    ids=["age", "age_and_days", "days", "rule", "fraction", "none"],
)
def test_an_age_and_how_long_somebody_is_missing_tell_a_person_apart(title: str, expected: set[str]) -> None:
    assert person_marks(title) == expected


def test_a_named_typhoon_is_recognised() -> None:
    assert storms("台风青鹭登陆江北") == storms("江北台风「青鹭」致积水") == {"台风青鹭"}
    assert storms("江北台风来袭 台风影响江南") == set()
    assert storms("江北防御台风") == set()


def test_a_word_seen_often_weighs_less_than_a_rare_one() -> None:
    weights = TitleWeights({})
    for _ in range(50):
        weights.learn({"滑坡": 1.0})
    vector = weights.vector({"滑坡": 1.0, "大湾村": 1.0}, ())
    assert vector["滑坡"] < vector["大湾村"]


def test_dull_words_and_places_weigh_less() -> None:
    vector = TitleWeights({"通报": 0.35}).vector({"通报": 1.0, "江北省": 1.0, "溃坝": 1.0}, ("江北",))
    assert vector["通报"] < vector["江北省"] < vector["溃坝"]


def test_characters_of_form_weigh_less_and_numbers_more_in_a_letter() -> None:
    vector = LetterWeights(()).vector({"油烟": 1.0, "805路": 1.0, "我们": 1.0})
    assert vector["我们"] < vector["油烟"] < vector["805路"]


def test_phrases_of_form_are_not_read() -> None:
    counts = LetterWeights(["相关部门", "部门"]).read("相关部门查处油烟", "油烟扰民请相关部门查处")
    assert "油烟" in counts
    assert not [gram for gram in counts if "门" in gram]


def test_a_letter_of_nothing_but_form_stands_for_itself() -> None:
    weights = LetterWeights(["尊敬的领导", "谢谢"])
    assert weights.read("谢谢", "尊敬的领导") == {"谢谢尊敬的领导": 1.0}


def test_the_title_of_a_letter_counts_more_than_its_text() -> None:
    counts = LetterWeights(()).read("油烟", "油烟，路灯")
    assert counts["油烟"] > counts["路灯"]


def test_a_very_long_letter_is_bounded() -> None:
    weights, text = LetterWeights(()), "".join(chr(0x4E00 + number) for number in range(3000))
    counts = weights.read("题", text)
    assert len(counts) <= 2 * LETTER_READ
    assert len(weights.vector(counts)) == LETTER_GRAMS


def test_vectors_have_length_one_and_the_product_is_symmetric() -> None:
    weights = TitleWeights({})
    one, two = weights.vector(words("大湾村山体滑坡致3人遇难"), ()), weights.vector(words("大湾村滑坡"), ())
    assert dot(one, one) == pytest.approx(1.0)
    assert dot(one, two) == pytest.approx(dot(two, one))
    assert 0.0 < dot(one, two) < 1.0


def test_a_title_without_words_stands_for_itself() -> None:
    assert words("!") == {"!": 1.0}
