"""Rows of one sheet of an XLSX body, within bounds: a workbook is a ZIP of XML, and both can be bombs."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from monitors.mend import Problem

INFLATED: Final = 128 * 1024 * 1024
RATIO: Final = 200
MAX_COLUMNS: Final = 200
MAX_LINES: Final = 200_000
HEADINGS: Final = 10
"""Lines in which a heading may stand."""
EXACT: Final = 2**53
"""From here on a spreadsheet does not keep every digit of a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Filled rows with their line from 1, cells as text. `sheet`: which one they are of."""

    rows: tuple[tuple[int, list[str]], ...] = ()
    problems: tuple[Problem, ...] = ()
    sheet: str = ""


def rows(
    body: bytes, wanted: Callable[[Sequence[str]], int] | None = None, within: int = 10, names: Sequence[str] = ()
) -> Table:
    """The rows of one sheet: of those called one of `names` (all of them if empty) the one that is wanted most, the first among equals.

    `wanted`: how well a row names what is looked for, 0 not at all; the first `within` rows of a sheet are asked. Without it, and
    where nothing is wanted, the first sheet that has rows. Never raises: a file that is no workbook gives a problem.
    """
    from openpyxl import load_workbook  # 7 MiB and a tenth of a second that a desk without work orders never needs

    try:
        if problem := _refused(body):
            return Table(problems=(problem,))
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
    except Exception:  # openpyxl raises whatever its parts raise; the file is somebody else's
        return Table(problems=(Problem(code="unreadable"),))
    found: list[tuple[int, list[str]]] = []
    title = ""
    try:
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
        sheets = [sheet for sheet in (shown if not names else book.worksheets) if not names or sheet.title.strip() in names]
        if not sheets:
            return Table(problems=(Problem(code="sheet_missing", detail="、".join(sheet.title for sheet in shown)),))
        chosen, others = _chosen(sheets, wanted, within)
        if chosen is not None:
            title = chosen.title
            found.extend(_lines(chosen, MAX_LINES))
            _spread(found, chosen, body)
        left = (Problem(code="sheets_left", count=len(others), detail="、".join(others)),) if others and not names else ()
    except Exception:  # as above; what was read before the damage is kept
        return Table(rows=tuple(found), problems=(Problem(code="cut_tail"),), sheet=title)
    finally:
        book.close()
    return Table(rows=tuple(found), problems=left if found else (Problem(code="empty"),), sheet=title)


def _chosen(sheets: Sequence[Any], wanted: Callable[[Sequence[str]], int] | None, within: int) -> tuple[Any | None, list[str]]:
    """The sheet to read, and the titles of the others that hold the same kind of table."""
    heads = [(sheet, list(_lines(sheet, within + 1))) for sheet in sheets]
    filled = [(sheet, lines) for sheet, lines in heads if lines]
    worth = {
        sheet.title: max((wanted(row) for _, row in lines[:within]), default=0) if wanted else 0 for sheet, lines in filled
    }
    best = max(worth.values(), default=0)
    chosen = next((sheet for sheet, _ in filled if worth[sheet.title] == best), None)
    alike = [sheet.title for sheet, lines in filled if sheet is not chosen and best and worth[sheet.title] >= max(2, best - 1)]
    return chosen, alike


def _refused(body: bytes) -> Problem | None:
    """Bombs by their stated sizes, and document types by looking."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        infos = archive.infolist()
        if sum(i.file_size for i in infos) > INFLATED or any(i.file_size > RATIO * max(i.compress_size, 1024) for i in infos):
            return Problem(code="too_large")
        for info in infos:
            if info.filename.endswith(".xml"):
                with archive.open(info) as part:
                    if b"<!DOCTYPE" in part.read(4096):
                        return Problem(code="unreadable")
    return None


def _lines(sheet: Any, most: int) -> Iterator[tuple[int, list[str]]]:
    for line, row in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS, max_row=most), start=1):
        cells = [_text(value) for value in row]
        if any(cells):
            yield line, cells


_MERGED: Final = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*["']([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})["']""")
CHUNK: Final = 1 << 20
OVERLAP: Final = 200


def _spread(found: Sequence[tuple[int, list[str]]], sheet: Any, body: bytes) -> None:
    """A cell merged over several rows says the same in each of them: 区县 written once beside ten orders.

    One merged over columns among the first lines is a heading over each: 时间 above 受理 and 办结.
    """
    rows = dict(found)
    for left, top, right, bottom in _merged(sheet, body):
        value = rows[top][left - 1] if top in rows and left <= len(rows[top]) else ""
        if not value:
            continue
        last = right if top <= HEADINGS else left
        for line in range(top, min(bottom, MAX_LINES) + 1):
            cells = rows.get(line, [])
            for column in range(left, min(last, len(cells)) + 1):
                cells[column - 1] = cells[column - 1] or value


def _merged(sheet: Any, body: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Ranges over more than one row, or of a heading; openpyxl keeps none when it reads a sheet row by row."""
    from openpyxl.utils import range_boundaries

    part = str(getattr(sheet, "_worksheet_path", "")).lstrip("/")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        if part not in archive.namelist():
            return
        with archive.open(part) as stream:
            seen, kept = set(), b""
            while chunk := stream.read(CHUNK):
                for match in _MERGED.finditer(kept + chunk):
                    seen.add(match[1])
                kept = (kept + chunk)[-OVERLAP:]
    for ref in sorted(seen):
        left, top, right, bottom = range_boundaries(ref.decode())
        if bottom > top or top <= HEADINGS:
            yield left, top, right, bottom


def _text(value: object) -> str:
    """A cell as a person reads it: whole numbers without a point, dates with seconds; a number cut short stays marked as one."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value)) if abs(value) < EXACT else f"{value:.14E}"
    return str(value).strip()
