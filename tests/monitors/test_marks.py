from importlib import import_module
from typing import Any

import pytest

from monitors.marks import _BEGINNINGS, _TOKEN, Kind, marks


def words(sentence: str) -> list[str]:
    return [sentence[m.start : m.end] for m in marks(sentence)]


@pytest.mark.parametrize(
    "sentence",
    [
        "3人次",
        "第5例",
        "死死拽住",
        "死亡之组",
        "九死一生",
        "获死刑",
        "41岁",
        "两个月",
        "7人制",
        "110民警",
        "2024学生",
        "高三女生",
        "人均3万",
        "7.1级",
    ],
)
def test_what_only_looks_like_a_mark_is_left_out(sentence: str) -> None:
    assert [w for w in words(sentence) if w not in ("女生",)] == []


def test_marks_come_in_order_with_their_kind() -> None:
    found = marks("致3人死亡,2人被刑拘")
    assert [m.kind for m in found] == [Kind.QUANTITY, Kind.WORD, Kind.QUANTITY, Kind.OTHER]
    assert [m.value for m in found if m.kind is Kind.QUANTITY] == [3, 2]


def test_a_vague_quantity_is_a_mark_without_a_value() -> None:
    assert [m.value for m in marks("多人受伤") if m.kind is Kind.QUANTITY] == [None]


@pytest.mark.parametrize(
    ("sentence", "total"),
    [("3男1女", 4), ("兄弟俩", 2), ("一对夫妻", 2), ("一家五口", 5), ("姐妹仨", 3), ("现场发现2具遗体", 2)],
)
def test_people_are_counted_in_any_wording(sentence: str, total: int) -> None:
    assert [m.value for m in marks(sentence) if m.kind is Kind.QUANTITY] == [total]


def test_bodies_that_are_only_spoken_of_do_not_count() -> None:
    assert marks("5具遗体火化") == []


def beginnings(items: Any) -> tuple[set[str], bool]:
    """What a parsed pattern may begin with, and whether it may be empty."""
    found: set[str] = set()
    for kind, what in ((str(kind), what) for kind, what in items):
        if kind in ("ASSERT", "ASSERT_NOT", "AT"):
            continue
        if kind == "LITERAL":
            return found | {chr(what)}, False
        if kind == "IN":
            found |= {chr(one) for name, one in what if str(name) == "LITERAL"} | {
                "3" for name, _ in what if str(name) == "CATEGORY"
            }
            assert all(str(name) in ("LITERAL", "CATEGORY") for name, _ in what), "a class of another kind: read it too"
            return found, False
        parts = what[3:] if kind == "SUBPATTERN" else what[1] if kind == "BRANCH" else what[2:]
        read = [beginnings(part) for part in parts]
        found = found.union(*(letters for letters, _ in read))
        if not any(empty for _, empty in read) and not (kind.endswith("REPEAT") and what[0] == 0):
            return found, False
    return found, True


def test_every_mark_begins_with_one_of_the_beginnings() -> None:
    head = rf"(?=[\d{_BEGINNINGS}])"
    assert _TOKEN.pattern.startswith(head)
    letters, empty = beginnings(import_module("re._parser").parse(_TOKEN.pattern.removeprefix(head)))
    assert not empty
    assert letters == {*_BEGINNINGS, "3"}
