"""Rows of a table that a system saved as a web page or as XML under the name of a workbook (.xls): what many hotlines export (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from monitors.charset import decode
from monitors.mend import Problem

from .delimited import Line

LARGEST: Final = 16 * 1024 * 1024
"""Bytes; a tree takes many times as much memory as its page."""
MAX_SPAN: Final = 200
_ROWS: Final = frozenset({"tr", "row", "ss:row"})
_CELLS: Final = frozenset({"td", "th", "cell", "ss:cell"})


def rows(body: bytes, content_type: str = "") -> tuple[list[Line], tuple[Problem, ...]]:
    """Filled rows, numbered from 1, a cell over several columns or rows repeated in each. Never raises."""
    if len(body) > LARGEST:
        return [], (Problem(code="too_large"),)
    decoded = decode(body, content_type)
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        tree = etree.fromstring(decoded.text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return [], (Problem(code="unreadable"),)
    found = list(_filled(tree)) if tree is not None else []
    return found, () if found else (Problem(code="unreadable"),)


def _filled(tree: Any) -> Iterator[Line]:
    hanging: dict[int, tuple[int, str]] = {}
    number = 0
    for element in tree.iter():
        if _name(element) in _ROWS:
            number += 1
            row = _row(element, hanging)
            if any(row):
                yield number, row


def _row(element: Any, hanging: dict[int, tuple[int, str]]) -> list[str]:
    """The cells of one row; `hanging` holds those of earlier rows that reach into it: column -> (rows left, text)."""
    row: list[str] = []

    def hung() -> None:
        while (held := hanging.get(len(row))) is not None:
            left, text = held
            if left > 1:
                hanging[len(row)] = (left - 1, text)
            else:
                del hanging[len(row)]
            row.append(text)

    for cell in element:
        if _name(cell) not in _CELLS:
            continue
        hung()
        place = _count(cell, "ss:index", 0)  # XML leaves empty cells out and says where the next one stands
        row.extend([""] * (min(place, MAX_SPAN) - 1 - len(row)))
        text = "\n".join(" ".join(part.split()) for part in cell.itertext() if part.strip())
        wide = _count(cell, "colspan", 1)
        down = _count(cell, "rowspan", 1)
        for _ in range(min(wide, MAX_SPAN)):
            if down > 1:
                hanging[len(row)] = (down - 1, text)
            row.append(text)
    hung()
    return row


def _name(element: Any) -> str:
    return element.tag.lower() if isinstance(element.tag, str) else ""


def _count(cell: Any, name: str, default: int) -> int:
    said = str(cell.get(name, "")).strip()
    return int(said) if said.isascii() and said.isdigit() and 0 < len(said) < 6 else default
