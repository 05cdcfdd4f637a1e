"""Work orders of hotlines and mailboxes (12345, 12336) as CSV, XLSX or a saved web page: columns found by their headings, personal details covered.

A row that cannot be read is reported by its line and never costs the others. Reading the same file twice gives the same
identities, so an import may be repeated; an order whose handling went on is a new version of the same item.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from monitors.charset import content_type, decode
from monitors.dates import BEIJING, read_date
from monitors.item import MAX_ENTRIES, ParsedDocument, ParsedEntry
from monitors.mask import mask_known, mask_name
from monitors.mend import Problem
from monitors.plain import plain, plain_line

from . import delimited, webtable, workbook
from .delimited import Line
from .fields import FIELDS, Fields, bare_heading, positions

HEADING_WITHIN: Final = 10
"""Exports put a title and a date above their headings."""
HANDLING: Final = (("unit", "承办单位"), ("state", "办理状态"), ("finished", "办结时间"), ("satisfied", "满意度"))
COVERED_WHOLE: Final = ("person", "phone", "paper", "home")
"""Columns that never reach an item."""
UNUSED: Final = frozenset({"category", "url", "author", "hot"})
"""Columns that are known and mean nothing to an order here."""
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

OLD_WORKBOOK: Final = b"\xd0\xcf\x11\xe0"
"""How an XLS of before 2007 begins."""
SERIAL_ZERO: Final = datetime(1899, 12, 30, tzinfo=BEIJING)
"""Day 0 of the numbers spreadsheets keep dates as (the 1900 system, ECMA-376-1 18.17.4.1)."""
_SERIAL = re.compile(r"[345]\d{4}(?:\.\d+)?")
_COMPACT = re.compile(r"(20\d\d)(\d\d)(\d\d)\s*(\d\d)(\d\d)(\d\d)?")

_KEPT_AS_TEXT = re.compile(r"""="([^"]*)"|'(\d[\s\S]*)""")

_NUMBER_LOST: Final = re.compile(r"\d(?:\.\d+)?E\+?\d{1,3}", re.I)
"""A long number that a spreadsheet has rounded: nobody's number any more."""
_CLOCK: Final = re.compile(r"(?:[01]?\d|2[0-3])\s*(?:[:：时点]\s*[0-5]?\d?\s*分?)(?:[:：][0-5]?\d)?秒?")
_APART: Final = re.compile(
    r"(?:合|总|小|共|累)\s*计(?:$|[\s:：\d（(])|本页小计|共\s*\d+\s*[件条]"
    r"|(?:填\s*表|制\s*表|审\s*核|复\s*核|统计|填报|报送|导出|打印)(?:人|单位|部门|时间|日期)?\s*[:：]|(?:备注|说明|注)\s*[:：]"
)
"""How lines begin that stand below a table and are no orders."""


@dataclass(slots=True)
class Tally:
    """Lines that gave no order, and orders whose number is lost."""

    bad: list[int] = field(default_factory=list)
    apart: list[int] = field(default_factory=list)
    lost: int = 0
    over: int = 0
    undated: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """What a preview shows: the sheet, field -> heading found, and the headings that mean nothing here."""

    sheet: str = ""
    known: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()


def parse(body: bytes, headers: Mapping[str, str], base: str, now: datetime) -> ParsedDocument:
    """Work orders of a file with the usual headings. Never raises."""
    return read(body, headers, FIELDS, now)


def read(body: bytes, headers: Mapping[str, str], fields: Fields, now: datetime, limit: int = MAX_ENTRIES) -> ParsedDocument:
    """Work orders of a CSV, XLSX or saved web page under `fields`; problems name the lines that could not be read. Never raises.

    Problems of a table: `rows_unreadable`, `rows_apart` (totals, signatures, headings once more), `numbers_lost` (rounded by a
    spreadsheet), `dates_unreadable`, `sheets_left` (like the one that was read), `sheet_missing`, `columns_missing`, `too_many_entries`.
    """
    if body.startswith(OLD_WORKBOOK):
        return ParsedDocument(format="hotline", problems=(Problem(code="unreadable"),))
    tally = Tally()
    rows, problems, _ = _lines(body, headers, tally.bad, fields)
    none = any(p.code in ("sheet_missing", "unreadable", "too_large") for p in problems)
    document = ParsedDocument(format="hotline") if none else _orders(rows, fields, now, limit, tally)
    return replace(document, problems=(*problems, *document.problems))


def headings(body: bytes, headers: Mapping[str, str], fields: Fields) -> Headings:
    """What the columns of a body were taken for. Empty where no heading line is found."""
    rows, _, sheet = _lines(body, headers, [], fields)
    where, line, _ = _heading(rows, fields)
    if where is None:
        return Headings(sheet=sheet)
    where = {name: position for name, position in where.items() if name not in UNUSED}
    used = {*where.values(), *_times(line, where, fields)}
    return Headings(
        sheet=sheet,
        known={name: line[position] for name, position in where.items()},
        unused=tuple(bare_heading(cell) for n, cell in enumerate(line) if cell and n not in used),
    )


def _lines(
    body: bytes, headers: Mapping[str, str], bad: list[int], fields: Fields
) -> tuple[Iterator[Line], tuple[Problem, ...], str]:
    """Numbered rows of either format and the sheet they are of; lines that cannot be read go to `bad` as they are met."""
    if body[:4] == b"PK\x03\x04":
        table = workbook.rows(body, lambda row: _worth(row, fields), HEADING_WITHIN, fields.sheet)
        return iter(table.rows), table.problems, table.sheet
    if body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        found, problems = webtable.rows(body, content_type(headers))
        return iter(found), problems, ""
    decoded = decode(body, content_type(headers))
    text = decoded.text.replace("\x00", "").lstrip("\ufeff")
    return delimited.rows(text, lambda row: _worth(row, fields), bad), decoded.problems, ""


def _worth(row: Sequence[str], fields: Fields) -> int:
    """How many fields a line names, if it is a heading of orders at all."""
    where = positions([cell.strip() for cell in row], fields)
    return len(where) if _names_orders(where) else 0


def _names_orders(where: Mapping[str, int]) -> bool:
    return "title" in where or "text" in where


def _orders(lines: Iterator[Line], fields: Fields, now: datetime, limit: int, tally: Tally) -> ParsedDocument:
    """The heading, then one entry a row."""
    where, heading, lines = _heading(lines, fields)
    if where is None:
        problem = Problem(code="columns_missing", detail="、".join(cell for cell in heading if cell)[:200])
        return ParsedDocument(format="hotline", problems=(problem,))
    times = _times(heading, where, fields)
    entries: list[ParsedEntry] = []
    known: dict[tuple[str, str], int] = {}
    for line, row in lines:
        if _no_order(row, heading, where):
            tally.apart.append(line)
            continue
        entry = _entry(row, where, times, now)
        if entry is None:
            tally.bad.append(line)
            continue
        if entry.raw_date and entry.published is None:
            tally.undated.append(entry.raw_date)
        if _NUMBER_LOST.fullmatch(entry.id):
            entry, tally.lost = replace(entry, id=""), tally.lost + 1
        if entry.id and (earlier := known.get((entry.id, entry.title))) is not None:
            entries[earlier] = _one_order(entries[earlier], entry)
        elif len(entries) < limit:
            known[entry.id, entry.title] = len(entries)
            entries.append(entry)
        else:
            tally.over += 1
    return ParsedDocument(format="hotline", entries=tuple(entries), problems=_problems(tally))


def _no_order(row: Sequence[str], heading: Sequence[str], where: Mapping[str, int]) -> bool:
    """A total, a signature, a note below the table, or its heading once more on the next page."""
    cells = [cell.strip() for cell in row]
    if cells[: len(heading)] == list(heading):
        return True
    place, first = next(((n, cell) for n, cell in enumerate(cells) if cell), (0, ""))
    number = where.get("number")
    numbered = number is not None and number != place and number < len(cells) and bool(cells[number])
    return not numbered and bool(_APART.match(first))


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


def _problems(tally: Tally) -> tuple[Problem, ...]:
    found = [
        Problem(code=code, count=len(lines), detail="、".join(str(n) for n in sorted(lines)[:20]))
        for code, lines in (("rows_unreadable", tally.bad), ("rows_apart", tally.apart))
        if lines
    ]
    found += [
        Problem(code=code, count=count)
        for code, count in (("numbers_lost", tally.lost), ("too_many_entries", tally.over))
        if count
    ]
    if tally.undated:
        found.append(Problem(code="dates_unreadable", count=len(tally.undated), detail=tally.undated[0][:40]))
    return tuple(found)


def _heading(lines: Iterator[Line], fields: Fields) -> tuple[dict[str, int] | None, list[str], Iterator[Line]]:
    """Columns by the first line that names a title or a text, with that line; else the first line, to be shown. And the rows below.

    A heading may stand in two lines: the lower one counts where both together name more than the upper one alone.
    """
    first: list[str] = []
    above: list[str] = []
    for count, (_, row) in enumerate(lines, start=1):
        cells = [cell.strip() for cell in row]
        first = first or cells
        where = positions(cells, fields)
        if _names_orders(where):
            below = next(lines, None)
            if below is None:
                return where, cells, lines
            lower = [cell.strip() for cell in below[1]]
            more = positions(lower, fields, cells)
            if len(positions(lower, fields)) > 0 and len(more) > len(where):
                return more, [low or high for low, high in zip(lower, cells, strict=False)], lines
            both = positions(cells, fields, above)
            return both if len(both) > len(where) and _is_group(above) else where, cells, chain((below,), lines)
        if count >= HEADING_WITHIN:
            break
        above = cells
    return None, first, lines


def _is_group(above: Sequence[str]) -> bool:
    """Whether the line over a heading names groups of columns: several cells, and no long sentence."""
    return len({cell for cell in above if cell}) > 1


def _times(heading: Sequence[str], where: Mapping[str, int], fields: Fields) -> tuple[int, ...]:
    """Other columns of the time of receipt: some systems keep the day and the hour apart."""
    taken = set(where.values()) - {where.get("received")}
    alone = (n for n, cell in enumerate(heading) if n not in taken and "received" in positions([cell], fields))
    return tuple(n for n in alone if n != where.get("received")) if "received" in where else ()


def _entry(row: Sequence[str], where: Mapping[str, int], times: Sequence[int], now: datetime) -> ParsedEntry | None:
    def at(position: int | None) -> str:
        return _bare(row[position]) if position is not None and position < len(row) else ""

    def cell(name: str) -> str:
        said = at(where.get(name))
        if name == "received" and times:
            return _day_and_hour(said, [at(n) for n in times])
        return said

    return order(cell, now)


def _day_and_hour(said: str, others: Sequence[str]) -> str:
    """One time of a day and an hour that stand in two columns, whichever comes first."""
    cells = [cell.removesuffix(" 00:00:00") for cell in (said, *others) if cell]
    day = next((cell for cell in cells if not _CLOCK.fullmatch(cell)), "")
    hour = next((cell for cell in cells if _CLOCK.fullmatch(cell)), "")
    whole = any(mark in day for mark in ":：时")
    return f"{day} {hour}" if day and hour and not whole else day or said


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
