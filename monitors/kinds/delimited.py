"""Rows of a table in text: which separator it has, and quotation marks that somebody typed and nobody closed (pure)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

SEPARATORS: Final = ",\t;|"
WITHIN: Final = 10
"""Lines that may hold the heading."""
STRAYS: Final = 1_000
"""Quotation marks put right in one file; more are no slips."""

Line = tuple[int, list[str]]


def rows(text: str, known: Callable[[Sequence[str]], int], bad: list[int]) -> Iterator[Line]:
    """Rows with the line they begin on, empty ones left out; lines that cannot be read go to `bad`.

    `known`: how many fields a heading names, by which the separator is found.
    """
    first, _, rest = text.partition("\n")
    directive = first.strip().strip('"').lower()
    if directive.startswith("sep=") and len(directive) <= len("sep=") + 1:
        return _rows(rest, (first.strip().strip('"')[4:] or "\t"), bad, 2)
    return _rows(text, _separator(text, known), bad, 1)


def _separator(text: str, known: Callable[[Sequence[str]], int]) -> str:
    """The one under which a line names most fields; where none does, the commonest."""
    head = text[:20_000]

    def worth(separator: str) -> tuple[int, int]:
        lines = (row for _, row in islice(_rows(head, separator, [], 1), WITHIN))
        return max((known(row) for row in lines), default=0), head[:2000].count(separator)

    return max(SEPARATORS, key=worth)


class _Source:
    """Lines on their way to the reader, those of the present record remembered, so that they can be read again another way."""

    def __init__(self, text: str) -> None:
        self.lines: Iterator[str] = io.StringIO(text, newline="")
        self.waiting: list[str] = []
        self.taken: list[str] = []

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> str:
        line = self.waiting.pop() if self.waiting else next(self.lines)
        self.taken.append(line)
        return line

    def back(self) -> None:
        """All lines of the record but the first will come again."""
        self.waiting.extend(reversed(self.taken[1:]))


def _rows(text: str, separator: str, bad: list[int], number: int) -> Iterator[Line]:
    source = _Source(text)
    reader = csv.reader(source, delimiter=separator)
    strays = 0
    while True:
        source.taken.clear()
        try:
            row, broken = next(reader), False
        except StopIteration:
            return
        except csv.Error:
            row, broken = [], True
        if len(source.taken) > 1 and strays < STRAYS and (broken or _stray(source.taken, separator)):
            strays += 1
            source.back()
            row, broken = _plain(source.taken[0], separator), False
            reader, taken = csv.reader(source, delimiter=separator), 1
        else:
            taken = len(source.taken)
        if broken:
            bad.append(number)
        elif any(cell.strip() for cell in row):
            yield number, row
        number += taken


def _stray(lines: Sequence[str], separator: str) -> bool:
    """Whether a quotation mark that only opens has made one record of several: it is never closed, or by one that opens a cell."""
    try:
        for _ in csv.reader(lines, delimiter=separator, strict=True):
            pass
    except csv.Error:
        return True
    return False


def _plain(line: str, separator: str) -> list[str]:
    """A line cut at its separators, whatever marks stand in it."""
    return [cell.strip().strip('"') for cell in line.rstrip("\r\n").split(separator)]
