"""Work orders of hotlines and mailboxes (12345, 12336) as CSV or XLSX: columns found by their headings, personal details covered.

A row that cannot be read is reported by its line and never costs the others. Reading the same file twice gives the same
identities, so an import may be repeated; an order whose handling went on is a new version of the same item.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Final, Protocol

from monitors.charset import content_type, decode
from monitors.dates import BEIJING, read_date
from monitors.item import MAX_ENTRIES, ParsedDocument, ParsedEntry
from monitors.mask import mask_known, mask_name
from monitors.mend import Problem
from monitors.plain import plain, plain_line

from . import workbook
from .fields import FIELDS, Fields, positions

HEADING_WITHIN: Final = 10
"""Exports put a title and a date above their headings."""
HANDLING: Final = (("unit", "承办单位"), ("state", "办理状态"), ("finished", "办结时间"), ("satisfied", "满意度"))
COVERED_WHOLE: Final = ("person", "phone", "paper", "home")
"""Columns that never reach an item."""
ORIGINAL_NAMES: Final[Mapping[str, str]] = {
    "title": "标题",
    "text": "内容",
    "place": "地点",
    "person": "姓名",
    "phone": "电话",
    "paper": "证件号",
    "home": "住址",
}
MAX_ROWS: Final = 50_000
"""Orders taken from one file by an import; a polled document keeps the common limit."""

FOREIGN: Final = (b"\xd0\xcf\x11\xe0", b"<")
"""How an old XLS and a page saved under the name of a workbook begin."""
SEPARATORS: Final = ",\t;"
SERIAL_ZERO: Final = datetime(1899, 12, 30, tzinfo=BEIJING)
"""Day 0 of the numbers spreadsheets keep dates as (the 1900 system, ECMA-376-1 18.17.4.1)."""
_SERIAL = re.compile(r"[345]\d{4}(?:\.\d+)?")
_COMPACT = re.compile(r"(20\d\d)(\d\d)(\d\d)\s*(\d\d)(\d\d)(\d\d)?")

_KEPT_AS_TEXT = re.compile(r"""="([^"]*)"|'(\d[\s\S]*)""")

Line = tuple[int, list[str]]


class CsvRows(Protocol):
    """What `csv.reader` returns."""

    line_num: int

    def __next__(self) -> list[str]: ...


def parse(body: bytes, headers: Mapping[str, str], base: str, now: datetime) -> ParsedDocument:
    """Work orders of a file with the usual headings. Never raises."""
    return read(body, headers, FIELDS, now)


def read(body: bytes, headers: Mapping[str, str], fields: Fields, now: datetime, limit: int = MAX_ENTRIES) -> ParsedDocument:
    """Work orders of a CSV or XLSX body under `fields`; problems name the lines that could not be read. Never raises."""
    bad: list[int] = []
    if body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(FOREIGN):
        return ParsedDocument(format="hotline", problems=(Problem(code="unreadable"),))
    rows, problems = _lines(body, headers, bad, fields)
    document = _orders(rows, fields, now, limit, bad)
    return replace(document, problems=(*problems, *document.problems))


def headings(body: bytes, headers: Mapping[str, str], fields: Fields) -> dict[str, str]:
    """Field -> heading found in a body: what a preview shows. Empty where no heading line is found."""
    where, line, _ = _heading(_lines(body, headers, [], fields)[0], fields)
    return {field: line[position] for field, position in (where or {}).items()}


def _lines(
    body: bytes, headers: Mapping[str, str], bad: list[int], fields: Fields
) -> tuple[Iterator[Line], tuple[Problem, ...]]:
    """Numbered rows of either format; lines that CSV itself refuses go to `bad` as they are met."""
    if body[:4] == b"PK\x03\x04":
        table = workbook.rows(body, lambda row: _names_orders(positions(row, fields)), HEADING_WITHIN)
        return iter(table.rows), table.problems
    decoded = decode(body, content_type(headers))
    text = decoded.text.replace("\x00", "").lstrip("\ufeff")
    separator = max(SEPARATORS, key=text[:2000].count)
    return _numbered(csv.reader(io.StringIO(text, newline=""), delimiter=separator), bad), decoded.problems


def _names_orders(where: Mapping[str, int]) -> bool:
    return "title" in where or "text" in where


def _orders(lines: Iterator[Line], fields: Fields, now: datetime, limit: int, bad: list[int]) -> ParsedDocument:
    """The heading, then one entry a row."""
    where, first, lines = _heading(lines, fields)
    if where is None:
        problem = Problem(code="columns_missing", detail="、".join(cell for cell in first if cell)[:200])
        return ParsedDocument(format="hotline", problems=(problem,))
    entries: list[ParsedEntry] = []
    known: dict[tuple[str, str], int] = {}
    over = 0
    for line, row in lines:
        entry = _entry(row, where, now)
        if entry is None:
            bad.append(line)
        elif entry.id and (earlier := known.get((entry.id, entry.title))) is not None:
            entries[earlier] = _one_order(entries[earlier], entry)
        elif len(entries) < limit:
            known[entry.id, entry.title] = len(entries)
            entries.append(entry)
        else:
            over += 1
    return ParsedDocument(format="hotline", entries=tuple(entries), problems=_problems(bad, over))


def _one_order(first: ParsedEntry, more: ParsedEntry) -> ParsedEntry:
    """An order that stands in several rows, one for each unit or each addition: nothing of any row is dropped."""
    said = first.summary.split("\n")
    fresh = [line for line in more.summary.split("\n") if line and line not in said]
    covered = {**json.loads(more.original or "{}"), **json.loads(first.original or "{}")}
    for name, value in json.loads(more.original or "{}").items():
        if value not in covered[name]:
            covered[name] = f"{covered[name]}；{value}"
    return replace(
        first,
        published=first.published or more.published,
        summary="\n".join((*said, *fresh)).strip(),
        original=original(covered),
    )


def _problems(bad: Sequence[int], over: int) -> tuple[Problem, ...]:
    found = []
    if bad:
        found.append(Problem(code="rows_unreadable", count=len(bad), detail="、".join(str(n) for n in sorted(bad)[:20])))
    if over:
        found.append(Problem(code="too_many_entries", count=over))
    return tuple(found)


def _heading(lines: Iterator[Line], fields: Fields) -> tuple[dict[str, int] | None, list[str], Iterator[Line]]:
    """Columns by the first line that names a title or a text, with that line; else the first line, to be shown. And the rows below.

    Of a heading in two lines the lower one counts where it names more.
    """
    first: list[str] = []
    for count, (_, row) in enumerate(lines, start=1):
        cells = [cell.strip() for cell in row]
        first = first or cells
        where = positions(cells, fields)
        if _names_orders(where):
            below = next(lines, None)
            if below is None:
                return where, cells, lines
            lower = [cell.strip() for cell in below[1]]
            more = positions(lower, fields)
            if len(more) > len(where):
                return more, lower, lines
            return where, cells, chain((below,), lines)
        if count >= HEADING_WITHIN:
            break
    return None, first, lines


def _numbered(rows: CsvRows, bad: list[int]) -> Iterator[Line]:
    """Rows with the line they begin on; one that CSV itself refuses is noted and passed over. Empty lines are no rows."""
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            bad.append(line)
            continue
        if any(cell.strip() for cell in row):
            yield line, row


def _entry(row: Sequence[str], where: Mapping[str, int], now: datetime) -> ParsedEntry | None:
    def cell(field: str) -> str:
        position = where.get(field)
        return _bare(row[position]) if position is not None and position < len(row) else ""

    return order(cell, now)


def _bare(cell: str) -> str:
    """The cell without what keeps a spreadsheet from turning it into a number: ="1001", '1001."""
    text = cell.strip()
    if kept := _KEPT_AS_TEXT.fullmatch(text):
        return (kept[1] if kept[1] is not None else kept[2]).strip()
    return text


def order(cell: Callable[[str], str], now: datetime) -> ParsedEntry | None:
    """One work order from its cells, the complainant covered; None where nothing is said. What was covered is its `original`."""
    person = cell("person")
    raw_title, raw_text, raw_place = plain_line(cell("title")), plain(cell("text")), plain_line(cell("place"))
    title, text, place = (mask_known(part, person) for part in (raw_title, raw_text, raw_place))
    if not title and not text:
        return None
    lines = [text, f"地点：{place}" if place else ""]
    lines += [f"{name}：{mask_known(plain_line(value), person)}" for field, name in HANDLING if (value := cell(field))]
    shown = {"title": title, "text": text, "place": place}
    raw = {"title": raw_title, "text": raw_text, "place": raw_place, **{f: plain_line(cell(f)) for f in COVERED_WHOLE}}
    return ParsedEntry(
        id=unicodedata.normalize("NFKC", cell("number")),
        title=title or text[:60],
        published=received(cell("received"), now),
        summary="\n".join(line for line in lines if line),
        raw_date=cell("received")[:120],
        author=mask_name(person),
        original=original({ORIGINAL_NAMES[f]: v for f, v in raw.items() if v and v != shown.get(f)}),
    )


def received(text: str, now: datetime) -> datetime | None:
    """When an order came in, as exports write it; a bare number is a date a spreadsheet has lost the form of."""
    text = unicodedata.normalize("NFKC", text)
    if _SERIAL.fullmatch(text):
        return SERIAL_ZERO + timedelta(seconds=round(float(text) * 86_400))
    if digits := _COMPACT.fullmatch(text):
        year, month, day, hour, minute, second = digits.groups(default="00")
        return read_date(f"{year}-{month}-{day} {hour}:{minute}:{second}", now)
    return read_date(text, now)


def original(covered: Mapping[str, str]) -> str:
    """What was covered as JSON text, field name in Chinese -> as it came; "" where nothing was."""
    return json.dumps(covered, ensure_ascii=False, sort_keys=True) if covered else ""
