"""What is stored and shown is text, never markup."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.plain import _TAGS, MAX_TEXT, MAX_TITLE, _joined, _unmarked, plain, plain_line


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


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p>甲</p><p>乙<a href='/n'>全文</a></p>", "甲\n乙全文"),
        ("甲 a<b 与<p>乙", "甲 a<b 与\n乙"),
        ("甲<b\n>乙</b>", "甲乙"),
        ("<p-x>甲<pre>乙<P>丙", "甲乙\n丙"),
        ("<p>甲<script>if (a < 1) {}</script>乙", "甲乙"),
        ("<table><tr><td>甲</td><td>乙</td></tr></table>", "甲 乙"),
        ("<div>甲\u3000乙<br/> 丙\t</div>\n\n丁", "甲 乙\n丙\n丁"),
        ("<p>\n</p>", ""),
    ],
    ids=["usual", "bare sign", "tag over two lines", "names that begin alike", "hidden", "cells", "blanks", "nothing"],
)
def test_usual_and_unusual_markup_read_by_one_rule(html: str, shown: str) -> None:
    assert plain(html) == shown


SIGNS = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<br/>", "<b>", "</b>", "<b", "<", ">", "<td>", "<script>", "</script>", "甲", " ", "\n", "\u3000"]
    ),
    max_size=12,
)


@given(SIGNS)
def test_the_short_way_through_usual_markup_ends_where_the_long_one_does(signs: list[str]) -> None:
    html = "".join(signs)
    assert _unmarked(html) == _joined(list(_TAGS.split(html)))
