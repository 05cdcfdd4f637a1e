"""Broken XML becomes XML that a strict parser accepts, and nothing that was readable is lost."""

from __future__ import annotations

import time
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.mend import close_html, mend_xml, strip_prolog


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
        ("<t>洪水&#55357;&#56832;快跑&#xD83D;&#xDE31;</t>", "洪水😀快跑😱"),
        ("<t><![CDATA[a[b[0]]>1 后文]]></t>", "a[b[0]]>1 后文"),
        ("<t><![CDATA[<![CDATA[嵌套]]>]]></t>", "嵌套"),
        ("<t><![CDATA[缺尾]]</t>", "缺尾"),
        ("<t><![CDATA[缺尾</t>", "缺尾"),
        ("<t>a<![CDATA[b & c]]>d<![CDATA[e]]]]><![CDATA[>f]]></t>", "ab & cde]]>f"),
    ],
    ids=[
        "ampersand",
        "entity",
        "unknown",
        "proper",
        "references",
        "control",
        "less",
        "numbers",
        "c1",
        "cdata",
        "outside",
        "halves",
        "early end",
        "nested",
        "torn end",
        "no end",
        "split",
    ],
)
def test_damage_is_mended_and_the_text_kept(broken: str, text: str) -> None:
    assert ElementTree.fromstring(mend_xml(broken)[0]).text == text


def test_a_section_without_end_does_not_swallow_the_next() -> None:
    text = mend_xml("<i><t><![CDATA[甲]]</t><l>1</l></i><i><t><![CDATA[乙]]></t><l>2</l></i>")[0]
    root = ElementTree.fromstring(f"<r>{text}</r>")
    assert [(item.findtext("t"), item.findtext("l")) for item in root] == [("甲", "1"), ("乙", "2")]


def test_elements_of_html_that_never_end_do_not_swallow_what_follows() -> None:
    root = ElementTree.fromstring(close_html("<i><t>一<br>二<BR/>三</br><img src='a.jpg'><hr /></t><l>1</l></i>"))
    assert "".join(root.find("t").itertext()) == "一二三"
    assert root.findtext("l") == "1"


def test_a_title_without_end_ends_where_the_next_field_begins() -> None:
    root = ElementTree.fromstring(close_html("<item><title>丙<link>http://a.example/3</link></item>"))
    assert (root.findtext("title"), root.findtext("link")) == ("丙", "http://a.example/3")


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
    "piece",
    [
        "<![CDATA[",
        "<t><![CDATA[</t>",
        "<t><![CDATA[]]></t>",
        "<t><![CDATA[]]>]]></t",
        "<br ",
        "<title>",
        "&#55357;",
        "&",
        "<",
        "<!DOCTYPE [",
        "<!--",
        "]]>",
        "&#x",
        "<?xml ",
    ],
    ids=lambda piece: piece.strip("<!["),
)
def test_repetition_stays_linear(piece: str) -> None:
    text = piece * (2_000_000 // len(piece))
    began = time.process_time()
    close_html(mend_xml(strip_prolog("<t>" + text)[0])[0])
    strip_prolog(text)
    assert time.process_time() - began < 5


@given(st.text(max_size=200))
def test_any_text_inside_an_element_can_be_read_afterwards(text: str) -> None:
    clean = text.replace("<", "").replace("]]>", "")
    root = ElementTree.fromstring(mend_xml(f"<t>{clean}</t>")[0])
    assert root.tag == "t"
