"""Shortening never cuts a number, a place or a deadline."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wecom.shorten import shorten

LONG = "指挥部03:50初核：遇难4人、失联7人（合计已及重大线）。县已定较大，5小时时限按就高预置。原因、责任未查清，不写。现卡在：自然资源局会签，已等18分钟。"


def test_what_fits_stays_as_it_is():
    assert shorten(LONG, len(LONG)) == LONG


def test_an_aside_without_facts_goes_first():
    assert shorten(LONG, len(LONG) - 1) == LONG.replace("（合计已及重大线）", "")


def test_then_whole_sentences_without_facts():
    short = shorten(LONG, 66)
    assert len(short) <= 66
    assert "现卡在：自然资源局会签，已等18分钟" in short
    for fact in ("03:50", "4人", "7人", "5小时", "18分钟"):
        assert fact in short
    assert "责任未查清" not in short


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("石坪镇大湾村发生较大规模的山体滑坡险情，首发须在07:10前完成", 22, ["07:10前"]),
        ("截至11月22日16:30，转移群众1200人，安置点设在县第一中学操场", 24, ["11月22日16:30", "1200人"]),
        ("经核实确认有关情况属实正在进一步调查处理之中，请于16:30前指定牵头单位", 20, ["16:30前"]),
        ("涉及资金约350万元的征地补偿款长期没有发放到位引起群众强烈不满", 20, ["350万元"]),
    ],
)
def test_numbers_and_deadlines_stay_whole(text, limit, kept):
    short = shorten(text, limit)
    assert len(short) <= limit
    for fact in kept:
        assert fact in short


def test_named_words_are_kept():
    short = shorten("关于大湾村滑坡险情网上有多种说法目前正在逐一核实之中", 12, keep=("大湾村滑坡",))
    assert "大湾村滑坡" in short
    assert len(short) <= 12


def test_where_only_facts_are_left_the_last_go_whole():
    short = shorten("11:10前 12:20前 13:30前 14:40前", 14)
    assert len(short) <= 14
    assert re.findall(r"\d+:\d+前?", short) == ["11:10前", "12:20前"]


@given(st.text(alphabet="遇难人前，。（）石坪镇0123456789:失联…", max_size=80), st.integers(min_value=1, max_value=60))
def test_the_limit_always_holds(text, limit):
    assert len(shorten(text, limit)) <= limit


@given(st.lists(st.integers(min_value=100, max_value=99999), min_size=1, max_size=6), st.integers(min_value=8, max_value=60))
def test_no_number_is_ever_cut(numbers, limit):
    text = "，".join(f"甲方已经统计出来的数字是{number}人" for number in numbers)
    found = re.findall(r"\d+", shorten(text, limit))
    assert set(found) <= {str(number) for number in numbers}
