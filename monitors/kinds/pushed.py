"""Rows a vendor or a hotline pushes as JSON, under the fields of its mapping. A row that says nothing is counted, never fatal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from monitors.dates import read_date
from monitors.item import ParsedDocument, ParsedEntry
from monitors.loose_json import loads, text_of
from monitors.mend import Problem
from monitors.plain import plain, plain_line

from .fields import Fields, positions
from .hotline import order
from .hotlist import heat

MAX_ROWS: Final = 2_000
DEEP: Final = 4
"""Levels of an answer in which a list of rows is looked for."""
NAMED: Final = 20


def read(text: str, fields: Fields, now: datetime, *, hotline: bool = False) -> ParsedDocument:
    """Entries of a pushed batch; `hotline` rows are work orders, their persons covered. Never raises.

    Problems: `not_a_feed` (no list of rows), `too_many_entries` (nothing is taken: the sender must split), `rows_unreadable`,
    `keys_unknown` (no row at all says anything under the names of the mapping; `detail`: the names it came with).
    """
    value, problems = _lines(text) or loads(text)
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
    lost = [Problem(code="rows_unreadable", count=len(bad), detail="、".join(bad[:NAMED]))] if bad else []
    if rows and not entries:
        keys = dict.fromkeys(str(key)[:40] for row in rows if isinstance(row, dict) for key in row)
        lost.append(Problem(code="keys_unknown", count=len(rows), detail="、".join(list(keys)[:NAMED])))
    return ParsedDocument(format="pushed", entries=tuple(entries), problems=(*problems, *lost))


def _lines(text: str) -> tuple[list[Any], tuple[Problem, ...]] | None:
    """Rows sent as one object a line; None where the text is anything else."""
    lines = [line for line in text.strip().lstrip("\ufeff").splitlines() if line.strip()]
    if len(lines) < 2 or not all(line.lstrip().startswith("{") and line.rstrip().endswith("}") for line in lines):
        return None
    found: list[Any] = []
    for line in lines:
        try:
            found.append(json.loads(line, strict=False))
        except (ValueError, RecursionError):
            found.append(None)  # counted and named by its number like any row that cannot be read
    return found, ()


def _rows(value: Any, fields: Fields) -> list[Any] | None:
    """The list of rows: where the mapping says, else the longest list of objects; a single object with words is a row itself."""
    if isinstance(value, list):
        return value
    found = next((rows for path in fields.rows if isinstance(rows := _at(value, path), list)), None)
    if found is not None or not isinstance(value, dict):
        return found
    said = any(text_of(_at(value, name)).strip() for name in (*fields.title, *fields.text))
    return [value] if said else max(_lists(value, DEEP), key=len, default=[value])


def _lists(value: Mapping[str, Any], deep: int) -> Iterator[list[Any]]:
    for inner in value.values():
        if isinstance(inner, list) and any(isinstance(row, dict) for row in inner):
            yield inner
        elif isinstance(inner, dict) and deep > 1:
            yield from _lists(inner, deep - 1)


def _at(value: Any, path: str) -> Any:
    """The value under a key, or under keys joined by points; None where the way ends."""
    if isinstance(value, dict) and path in value:
        return value[path]
    for key in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


@lru_cache(maxsize=64)
def _known(keys: tuple[str, ...], fields: Fields) -> dict[str, int]:
    """Field -> place of the key of a work order, as in the heading of a table; the rows of a batch have the same keys."""
    return positions(keys, fields)


def _entry(row: Mapping[str, Any], fields: Fields, now: datetime, hotline: bool) -> ParsedEntry | None:
    keys = tuple(str(key) for key in row)
    known = _known(keys, fields) if hotline else {}

    def cell(field: str) -> str:
        names: tuple[str, ...] = getattr(fields, field)
        listed = next((text for name in names if (text := text_of(_at(row, name)).strip())), "")
        return listed or (text_of(row.get(keys[known[field]])).strip() if field in known else "")

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
