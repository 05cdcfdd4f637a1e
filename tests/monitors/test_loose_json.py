"""JSON as feeds really send it."""

from __future__ import annotations

from typing import Any

import pytest

from monitors.loose_json import loads, text_of


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
