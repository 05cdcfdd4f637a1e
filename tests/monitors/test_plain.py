"""What is stored and shown is text, never markup."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.plain import MAX_TEXT, MAX_TITLE, plain, plain_line


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>第一段</p><p>第二段</p>", "第一段\n第二段"),
        ("大<b>湾</b>村", "大湾村"),
        ("水&nbsp;&amp;&nbsp;电", "水 & 电"),
        ("&lt;p&gt;双重转义&lt;/p&gt;", "双重转义"),
        ("前<script>alert('x')</script>后", "前后"),
        ("前<SCRIPT src=a>x", "前"),
        ("前<style>p{}</style><!-- 注 -->后", "前后"),
        ("<img src=x onerror=alert(1)>图", "图"),
        ("3 < 5 且 7 > 2", "3 < 5 且 7 > 2"),
        ("　　缩进　文字\t末", "缩进 文字 末"),
        ("", ""),
    ],
)
def test_html_becomes_what_a_person_reads(html: str, text: str) -> None:
    assert plain(html) == text


def test_a_title_is_one_line() -> None:
    assert plain_line("  甲<br/>乙\n丙  ") == "甲 乙 丙"


def test_length_is_bounded() -> None:
    assert len(plain("字" * 100_000)) == MAX_TEXT
    assert len(plain_line("字" * 100_000)) == MAX_TITLE


@pytest.mark.parametrize("piece", ["<a ", "<", "<script>", "<!--", "&amp;", "&lt;p&gt;", "<p>", "<style", "&"])
def test_repetition_stays_linear(piece: str) -> None:
    began = time.process_time()
    plain(piece * (2_000_000 // len(piece)))
    assert time.process_time() - began < 3


@given(st.text(max_size=200))
def test_no_script_survives(text: str) -> None:
    assert "<script" not in plain(f"<script>{text}</script>{text}<script>").lower() or "<script" in text.lower()


def test_markup_escaped_three_times_is_no_text_either() -> None:
    assert plain("&amp;amp;lt;b&amp;amp;gt;滑坡&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;") == "&lt;b&gt;滑坡"
