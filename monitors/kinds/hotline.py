"""Work orders of hotlines and mailboxes (12345, 12336) as CSV: columns found by their headings, personal details covered.

A row that cannot be read is reported by its line and never costs the others. Reading the same file twice gives the same
identities, so an import may be repeated.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from monitors.charset import content_type, decode
from monitors.dates import read_date
from monitors.item import MAX_ENTRIES, ParsedDocument, ParsedEntry
from monitors.mask import mask, mask_name
from monitors.mend import Problem
from monitors.plain import plain, plain_line


class CsvRows(Protocol):
    """What `csv.reader` returns."""

    line_num: int

    def __next__(self) -> list[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Headings that may name each field, the first one present counts."""

    number: tuple[str, ...] = ("工单编号", "工单号", "受理编号", "诉求编号", "编号", "信件编号", "number", "id")
    title: tuple[str, ...] = ("标题", "诉求标题", "工单标题", "主题", "信件标题", "title")
    text: tuple[str, ...] = ("诉求内容", "工单内容", "反映内容", "内容", "描述", "content", "detail")
    received: tuple[str, ...] = ("受理时间", "来电时间", "登记时间", "创建时间", "提交时间", "时间", "日期", "date")
    place: tuple[str, ...] = ("事发地址", "诉求地址", "发生地", "地点", "区县", "所属区域")
    category: tuple[str, ...] = ("诉求类型", "问题分类", "类别", "分类")
    person: tuple[str, ...] = ("姓名", "来电人", "诉求人", "联系人", "市民姓名")


COLUMNS: Final = Columns()


def parse(body: bytes, headers: Mapping[str, str], base: str, now: datetime) -> ParsedDocument:
    """Work orders of a CSV with one heading line and the usual headings. Never raises."""
    decoded = decode(body, content_type(headers))
    document = read(decoded.text, COLUMNS, now)
    if not decoded.problems:
        return document
    return ParsedDocument(format=document.format, entries=document.entries, problems=(*decoded.problems, *document.problems))


def read(text: str, columns: Columns, now: datetime) -> ParsedDocument:
    """Work orders of CSV `text` under `columns`; problems name the lines that could not be read."""
    text = text.replace("\x00", "")
    dialect = "excel-tab" if text[:2000].count("\t") > text[:2000].count(",") else "excel"
    rows = csv.reader(io.StringIO(text, newline=""), dialect=dialect)
    try:
        heading = [cell.strip().lstrip("\ufeff") for cell in next(rows, [])]
    except csv.Error:
        heading = []
    where = _positions(heading, columns)
    if "title" not in where and "text" not in where:
        return ParsedDocument(format="hotline", problems=(Problem(code="columns_missing", detail="、".join(heading)[:200]),))
    entries: list[ParsedEntry] = []
    bad: list[str] = []
    for line, row in _numbered(rows, bad):
        entry = _entry(row, where, now)
        if entry is None:
            bad.append(str(line))
        elif len(entries) < MAX_ENTRIES:
            entries.append(entry)
    problems = (Problem(code="rows_unreadable", count=len(bad), detail="、".join(bad[:20])),) if bad else ()
    return ParsedDocument(format="hotline", entries=tuple(entries), problems=problems)


def _positions(heading: Sequence[str], columns: Columns) -> dict[str, int]:
    where: dict[str, int] = {}
    for field in ("number", "title", "text", "received", "place", "category", "person"):
        names = getattr(columns, field)
        position = next((heading.index(name) for name in names if name in heading), None)
        if position is not None:
            where[field] = position
    return where


def _numbered(rows: CsvRows, bad: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line they begin on; one that CSV itself refuses is noted and passed over. Empty lines are no rows."""
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            bad.append(str(line))
            continue
        if any(cell.strip() for cell in row):
            yield line, row


def _entry(row: list[str], where: Mapping[str, int], now: datetime) -> ParsedEntry | None:
    def cell(field: str) -> str:
        position = where.get(field)
        return row[position].strip() if position is not None and position < len(row) else ""

    person = cell("person")
    title, text = plain_line(cell("title")), plain(cell("text"))
    if person and len(person) >= 2:
        title, text = (part.replace(person, mask_name(person)) for part in (title, text))
    title, text = mask(title), mask(text)
    if not title and not text:
        return None
    place = cell("place")
    return ParsedEntry(
        id=cell("number"),
        title=title or text[:60],
        published=read_date(cell("received"), now),
        summary="\n".join(part for part in (text, f"地点：{mask(place)}" if place else "") if part),
        raw_date=cell("received")[:120],
        author=mask_name(person),
    )
