"""Word families of a lexicon group: a few lists whose every combination is a word.

    families = [["老虎|野猪|棕熊", "|突然", "伤人|袭击"]]     老虎伤人, 老虎突然伤人, 老虎袭击, 野猪伤人 ...

A family says what kind of thing is meant, so that the case nobody has seen yet is known too; an empty alternative makes a part
optional. A family is one entry for whoever edits or measures the lexicon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product, repeat
from math import prod

MOST = 3000
"""Words one family may make: beyond it the lists say too little together to be one meaning."""

_FAMILY = re.compile(r"\[[^\[\]]+\]")


class FamilyError(ValueError):
    """A family is written wrongly; the message is the Chinese rest of a sentence that names file and group."""


def expand(family: object) -> Iterator[str]:
    """Every word of a family, first alternatives first. Raises `FamilyError` at once."""
    if not isinstance(family, list) or len(family) < 2 or not all(isinstance(part, str) and part for part in family):
        raise FamilyError('应为两段以上的列表，每段写 "甲|乙"')
    parts = [part.split("|") for part in family]
    if all("" in part for part in parts):
        raise FamilyError("至少要有一段不可省略")
    if (count := prod(len(part) for part in parts)) > MOST:
        raise FamilyError(f"合成 {count} 个词，最多 {MOST} 个，请拆成几行")
    return map("".join, product(*parts))


def lines_of(lines: Sequence[str], start: int) -> Iterator[int]:
    """Line of every family from the group's id line to the next table header, then `start` for ever."""
    inside = False
    for number, line in enumerate(lines[start:], start + 1):
        if not inside and line.startswith("["):
            break
        if inside := inside or line.startswith("families"):
            yield from (number for _ in _FAMILY.findall(line))
            if line.startswith("]"):
                break
    yield from repeat(start)
