"""What a title and its text say, read apart and at leisure, is what one careful reading of both gives."""

from __future__ import annotations

import random

import pytest

from bot.judging import judges_of
from monitors import lexicon
from monitors.hearing import TITLES, Hearing
from monitors.lexicon import Matcher, fold
from monitors.toll import toll
from tests.monitors.test_silent import passages

GATE = judges_of(None, {}).gate
MATCHER = Matcher(GATE.lexicon)
PSEUDO = ("@deaths", "@injured", "@missing", "@many", "@none_hurt", "@toll", "@magnitude", "@old_year")
MARKS = MATCHER.bits | {name: 1 << len(MATCHER.bits) + n for n, name in enumerate(PSEUDO)}
ENDS = ("12万", "3.5", "2.", "10,000", "死亡人数", "1994年", "5.6级", "三", "", "3余", "\u0301", "１２", "数十")


def names(marks: int) -> set[str]:
    return {name for name, mark in MARKS.items() if mark & marks}


def both(count: int) -> list[tuple[str, str]]:
    rng = random.Random(11)
    return [(title + rng.choice(ENDS), rng.choice(ENDS) + text) for title, text in passages(count)]


def test_title_and_text_read_apart_are_what_they_are_read_together() -> None:
    hearing = Hearing(MATCHER, MARKS)
    apart = 0
    for title, text in both(3000):
        whole = fold(f"{title}。{text}" if text else title)
        words = {hit.word.group for hit in MATCHER.find(whole)}
        said = hearing.sure(title, text)
        assert names(said.words) == words, (title, text)
        assert names(said.tolls) - {"@magnitude"} == (set(toll(whole, None)) if words else set()), (title, text)
        assert words <= names(hearing.all(title, text).words), "all that may be said holds what is said for sure"
        apart += len(said.readings) > 1
    assert apart > 500


@pytest.mark.parametrize(
    ("title", "text"),
    [("官方通报5人受伤", "死亡人数正在核实"), ("死亡人数正在核实", "事发3小时后救援仍在进行")],
    ids=["in_the_text", "in_the_title"],
)
def test_a_number_of_dead_without_a_figure_counts_beside_a_figure_of_the_other_passage(title: str, text: str) -> None:
    hearing = Hearing(MATCHER, MARKS)
    assert "@deaths" in names(hearing.all(f"云溪市一仓库爆炸 {title}", text).tolls)


def test_a_magnitude_of_the_title_goes_before_that_of_the_text_and_a_year_is_that_of_its_passage() -> None:
    hearing = Hearing(MATCHER, MARKS)
    assert hearing.all("鹿溪县发生5.1级地震", "此前曾发生6.2级地震").magnitude == 5.1
    assert hearing.all("鹿溪县发生地震", "为6.2级地震").magnitude == 6.2
    assert hearing.all("鹿溪县发生0.0级地震", "为6.2级地震").magnitude == 0.0
    assert names(hearing.all("鹿溪县发生地震", "1976年的地震").year) == {"@old_year"}
    assert hearing.all("鹿溪县发生地震", "").year == 0


def test_a_headline_that_differs_in_its_numbers_alone_is_looked_up_once() -> None:
    hearing = Hearing(MATCHER, MARKS)
    for number in range(5):
        hearing.all(f"鹿溪县一工厂爆炸致{number}人受伤", f"第{number}次通报")
    assert hearing.title.cache_info().misses == 1
    assert hearing.title.cache_info().maxsize == TITLES


def test_the_segmenter_is_asked_only_where_something_may_be_met(monkeypatch: pytest.MonkeyPatch) -> None:
    """上海外滩 spells a word of contexts: what it says matters to a rule that may fire, and to nothing else."""

    def refuse(run: str) -> tuple[int, ...]:
        raise AssertionError(run)

    monkeypatch.setattr(lexicon, "_ends", refuse)
    assert GATE.silent("上海外滩今日开放", "上海外滩的小区居民和学校学生都来了")
    with pytest.raises(AssertionError, match="外滩"):
        GATE.silent("上海外滩一小区发生爆炸致3人死亡", "小区居民说的")


def test_what_a_mask_hides_may_be_said_and_is_not() -> None:
    hearing = Hearing(MATCHER, MARKS)
    assert "explosion" in names(hearing.all("爆炸头造型走红", "").words)
    assert "explosion" not in names(hearing.sure("爆炸头造型走红", "").words)


def test_a_text_is_weighed_wherever_it_could_say_more_than_its_title(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = [(title, text) for title, text in both(4000) if text and title]
    quick = [GATE.judge(title, text) for title, text in sample]
    skipped = sum(not GATE._may_exceed(title, text[:200], GATE._read(title, "", 0, None)) for title, text in sample)
    monkeypatch.setattr(type(GATE), "_may_exceed", lambda *_: True)
    assert [GATE.judge(title, text) for title, text in sample] == quick
    assert skipped > 100, "the sample must hold texts that need not be weighed"


def test_a_title_that_is_nothing_to_the_model_needs_no_segmenter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether 上海外滩 frames the title would only matter if the model spoke for it."""
    monkeypatch.setattr(lexicon, "_ends", lambda run: pytest.fail(run))
    assert GATE.silent("上海外滩记者看灯光秀")


def test_a_word_is_certain_where_neither_mask_nor_chance_can_take_it_away() -> None:
    bits = MATCHER.bits
    for title, text in both(1500):
        reading = MATCHER.read(fold(title + text))
        sure = MATCHER.sure(reading, True).marks
        for bit in bits.values():
            assert not MATCHER.certain(reading, bit) or sure & bit, (title, text)
    plain = MATCHER.read(fold("某小区发生火灾"))
    assert MATCHER.certain(plain, bits["fire"])
    assert not MATCHER.certain(MATCHER.read(fold("上海外滩")), -1)
