"""Rows a vendor or a hotline pushes as JSON, under the fields of its mapping. A row that says nothing is counted, never fatal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from monitors.dates import read_date
from monitors.item import ParsedDocument, ParsedEntry
from monitors.loose_json import loads, text_of
from monitors.mend import Problem
from monitors.plain import plain, plain_line

from .fields import Fields
from .hotline import order
from .hotlist import heat

MAX_ROWS: Final = 2_000


def read(text: str, fields: Fields, now: datetime, *, hotline: bool = False) -> ParsedDocument:
    """Entries of a pushed batch; `hotline` rows are work orders, their persons covered. Never raises.

    Problems: `not_a_feed` (no list of rows), `too_many_entries` (nothing is taken: the sender must split), `rows_unreadable`.
    """
    value, problems = loads(text)
    rows = _rows(value, fields)
    if rows is None:
        return ParsedDocument(format="pushed", problems=(*problems, Problem(code="not_a_feed")))
    if len(rows) > MAX_ROWS:
        return ParsedDocument(format="pushed", problems=(*problems, Problem(code="too_many_entries", count=len(rows))))
    entries: list[ParsedEntry] = []
    bad: list[str] = []
    for number, row in enumerate(rows, start=1):
        entry = _entry(row, fields, now, hotline) if isinstance(row, dict) else None
        if entry is None:
            bad.append(str(number))
        else:
            entries.append(entry)
    lost = (Problem(code="rows_unreadable", count=len(bad), detail="、".join(bad[:20])),) if bad else ()
    return ParsedDocument(format="pushed", entries=tuple(entries), problems=(*problems, *lost))


def _rows(value: Any, fields: Fields) -> list[Any] | None:
    if isinstance(value, list):
        return value
    found = next((rows for path in fields.rows if isinstance(rows := _at(value, path), list)), None)
    return found if found is not None or not isinstance(value, dict) else [value]


def _at(value: Any, path: str) -> Any:
    """The value under a key, or under keys joined by points; None where the way ends."""
    if isinstance(value, dict) and path in value:
        return value[path]
    for key in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _entry(row: Mapping[str, Any], fields: Fields, now: datetime, hotline: bool) -> ParsedEntry | None:
    def cell(field: str) -> str:
        names: tuple[str, ...] = getattr(fields, field)
        return next((text for name in names if (text := text_of(_at(row, name)).strip())), "")

    if hotline:
        return order(cell, now)
    title, text = plain_line(cell("title")), plain(cell("text"))
    if not title and not text:
        return None
    link = "".join(cell("url").split())[:2_000]
    return ParsedEntry(
        id=cell("number")[:500],
        title=title or text[:80],
        url=link if link.lower().startswith(("http://", "https://")) else "",
        published=read_date(cell("received"), now),
        summary="" if text == title else text,
        hot=heat(cell("hot")),
        raw_date=cell("received")[:120],
        author=plain_line(cell("author"), 100),
    )
