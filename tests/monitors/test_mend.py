"""Broken XML becomes XML that a strict parser accepts, and nothing that was readable is lost."""

from __future__ import annotations

import time
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.mend import mend_xml, strip_prolog


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        ("<t>水 & 电</t>", "水 & 电"),
        ("<t>a&nbsp;b&hellip;</t>", "a\u00a0b…"),
        ("<t>a&unknown;b</t>", "a&unknown;b"),
        ("<t>a&amp;b&lt;c&gt;</t>", "a&b<c>"),
        ("<t>a&#x8;b&#0;c</t>", "abc"),
        ("<t>a\x08b</t>", "ab"),
        ("<t>3 < 5</t>", "3 < 5"),
        ("<t>&#38;&#60;</t>", "&<"),
        ("<t>&#150;</t>", "–"),
        ("<t><![CDATA[a & b &nbsp; <br>]]></t>", "a & b &nbsp; <br>"),
        ("<t>&#xD800;&#x110000;x</t>", "x"),
    ],
    ids=["ampersand", "entity", "unknown", "proper", "references", "control", "less", "numbers", "c1", "cdata", "outside"],
)
def test_damage_is_mended_and_the_text_kept(broken: str, text: str) -> None:
    assert ElementTree.fromstring(mend_xml(broken)[0]).text == text


def test_damage_is_counted() -> None:
    problems = {problem.code: problem.count for problem in mend_xml("<t>a & b & c &nbsp; \x01</t>")[1]}
    assert problems == {"ampersand": 2, "entity": 1, "control_characters": 1}


def test_proper_xml_is_left_alone() -> None:
    text = "<t a='1'>a &amp; b<![CDATA[<x> & y]]></t>"
    assert mend_xml(text) == (text, ())


def test_a_cdata_section_cut_off_is_closed() -> None:
    text, problems = mend_xml("<t><![CDATA[half")
    assert text.endswith("half]]>")
    assert [problem.code for problem in problems] == ["cut_tail"]


@pytest.mark.parametrize(
    "prolog",
    [
        "\n\ufeff  ",
        '<?xml version="1.0" encoding="gb2312"?>\n',
        "<!-- note --><?xml version='1.0'?><?xml-stylesheet href='a'?>",
        '<!DOCTYPE rss PUBLIC "-//N//DTD RSS 0.91//EN" "http://x/rss.dtd">',
        '<!DOCTYPE t [<!ENTITY a "b>c"><!ENTITY x SYSTEM "file:///etc/passwd">]>',
        "junk before ",
    ],
)
def test_everything_before_the_root_is_cut(prolog: str) -> None:
    assert strip_prolog(prolog + "<t>a</t>")[0] == "<t>a</t>"


@pytest.mark.parametrize("tail", ["<![CD", "<item", "</t", "<a href='x"])
def test_a_tag_cut_in_the_middle_is_dropped(tail: str) -> None:
    text, problems = mend_xml("<t>a" + tail)
    assert text == "<t>a"
    assert [problem.code for problem in problems] == ["cut_tail"]


def test_declared_entities_are_reported_and_never_resolved() -> None:
    text, problems = strip_prolog('<!DOCTYPE t [<!ENTITY a "LOL"><!ENTITY b "&a;&a;">]><t>&b;</t>')
    assert [problem.code for problem in problems] == ["entities_declared"]
    assert ElementTree.fromstring(mend_xml(text)[0]).text == "&b;"


@pytest.mark.parametrize(
    "piece", ["<![CDATA[", "&", "<", "<!DOCTYPE [", "<!--", "]]>", "&#x", "<?xml "], ids=lambda piece: piece.strip("<![")
)
def test_repetition_stays_linear(piece: str) -> None:
    text = piece * (2_000_000 // len(piece))
    began = time.process_time()
    mend_xml(strip_prolog("<t>" + text)[0])
    strip_prolog(text)
    assert time.process_time() - began < 5


@given(st.text(max_size=200))
def test_any_text_inside_an_element_can_be_read_afterwards(text: str) -> None:
    clean = text.replace("<", "").replace("]]>", "")
    root = ElementTree.fromstring(mend_xml(f"<t>{clean}</t>")[0])
    assert root.tag == "t"
