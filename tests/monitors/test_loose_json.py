"""JSON as feeds really send it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from monitors.loose_json import loads, text_of, wrapped


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ('{"a": 1}', {"a": 1}, []),
        ("\ufeff[1]", [1], []),
        ('cb({"a": 1});', {"a": 1}, []),
        ('{"a": "x\ny"}', {"a": "x\ny"}, []),
        ('{"a": 1} <!-- cached -->', {"a": 1}, ["trailing_junk"]),
        ('{"items": [{"a": 1}, {"a": 2}, {"a"', {"version": "", "items": [{"a": 1}, {"a": 2}]}, ["cut_tail"]),
        ('[{"a": 1}, {"b', {"version": "", "items": [{"a": 1}]}, ["cut_tail"]),
        ('{"x": ', None, ["unreadable"]),
        ("", None, ["unreadable"]),
        ("[" * 100_000, None, ["unreadable"]),
    ],
    ids=["plain", "mark", "wrapped", "control", "junk", "cut object", "cut list", "nothing whole", "empty", "deep"],
)
def test_what_is_whole_is_read(text: str, value: Any, codes: list[str]) -> None:
    found, problems = loads(text)
    assert found == value
    assert [problem.code for problem in problems] == codes


@pytest.mark.parametrize(("value", "text"), [("a", "a"), (1, "1"), (1.5, "1.5"), (True, ""), (None, ""), ([1], ""), ({}, "")])
def test_only_words_and_numbers_are_text(value: Any, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    "text",
    [
        'cb({"a": "乙"});',
        '/**/ typeof cb === \'function\' && cb({"a": "乙"});',
        'var list = {"a": "乙"};',
        'window.list={"a": "乙"}',
        ')]}\',\n{"a": "乙"}',
        'while(1);{"a": "乙"}',
    ],
)
def test_a_wrapper_of_a_script_is_taken_off(text: str) -> None:
    assert wrapped(text)
    assert loads(text) == ({"a": "乙"}, ())


@pytest.mark.parametrize("text", ["服务器维护中，预计10点恢复", "<rss>", "Warning: foo() in bar", "[公告]"])
def test_other_text_is_in_no_wrapper(text: str) -> None:
    assert not wrapped(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2,], "b": 3,}', {"a": [1, 2], "b": 3}),
        ("{'a': '他说\\'好\\'与\"是\"'}", {"a": "他说'好'与\"是\""}),
        ('{a: "甲", $b_1 : true, c: undefined}', {"a": "甲", "$b_1": True, "c": None}),
        (r'{"a": "坏转义\x41\。与\u4e2d\n"}', {"a": "坏转义A。与中\n"}),
        ('{"a": 1, /* 旧 "b": 2, */ "c": "http://c.example/,]" // 行尾\n}', {"a": 1, "c": "http://c.example/,]"}),
    ],
    ids=["commas", "single quotes", "names", "escapes", "comments"],
)
def test_what_javascript_allows_is_read_and_told(text: str, value: Any) -> None:
    found, problems = loads(text)
    assert found == value
    assert [problem.code for problem in problems] == ["json_mended"]


def test_half_a_pair_of_surrogates_is_a_lost_character_and_a_whole_pair_is_one() -> None:
    value, _ = loads(r'["好\ud83d\ude00", "半\ud83d", "半\uDE00尾", "\\ud83d"]')
    assert value == ["好😀", "半\ufffd", "半\ufffd尾", "\\ud83d"]


def test_an_entry_broken_by_a_quote_costs_only_itself() -> None:
    value, problems = loads('{"items": [{"t": "甲"}, {"t": "他说"好"了"}, {"t": "丙"}]}')
    assert [row["t"] for row in value["items"]] == ["甲", "丙"]
    assert [(problem.code, problem.count) for problem in problems] == [("entries_unreadable", 1)]


def test_broken_entries_and_a_cut_tail_are_told_apart() -> None:
    value, problems = loads('{"data": [{"t": 1}, {"t": "a"b"}, {"t": 3}, {"t": "断')
    assert [row["t"] for row in value["items"]] == [1, 3]
    assert [(problem.code, problem.count) for problem in problems] == [("entries_unreadable", 1), ("cut_tail", 1)]


@pytest.mark.parametrize(
    "piece", ['"', "'", "/*", "//", ",", "a", '{"a":"', "},{", "\\", "[", "{a:", "\\ud83d", "/**/", " ", ",  "]
)
def test_repetition_stays_linear(piece: str) -> None:
    text = '{"items": [' + piece * (1_000_000 // len(piece))
    began = time.process_time()
    loads(text)
    loads(piece * (1_000_000 // len(piece)))
    assert time.process_time() - began < 5
