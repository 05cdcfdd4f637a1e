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


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Filled rows with their line from 1, cells as text."""

    rows: tuple[tuple[int, list[str]], ...] = ()
    problems: tuple[Problem, ...] = ()


def rows(body: bytes, wanted: Callable[[Sequence[str]], bool] | None = None, within: int = 10) -> Table:
    """The first sheet with a wanted row among its first `within`, else the first that has rows: covers come before tables.

    Never raises: a file that is no workbook gives a problem.
    """
    from openpyxl import load_workbook  # 7 MiB and a tenth of a second that a desk without work orders never needs

    try:
        if problem := _refused(body):
            return Table(problems=(problem,))
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
    except Exception:  # openpyxl raises whatever its parts raise; the file is somebody else's
        return Table(problems=(Problem(code="unreadable"),))
    first: list[tuple[int, list[str]]] = []
    found: list[tuple[int, list[str]]] = []
    try:
        for sheet in book.worksheets:
            found = []
            found.extend(_lines(sheet))
            _fill_down(found, sheet, body)
            if (wanted is None and found) or (wanted is not None and any(wanted(row) for _, row in found[:within])):
                return Table(rows=tuple(found))
            first = first or found
    except Exception:  # as above; what was read before the damage is kept
        return Table(rows=tuple(first or found), problems=(Problem(code="cut_tail"),))
    finally:
        book.close()
    return Table(rows=tuple(first), problems=() if first else (Problem(code="empty"),))


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


def _lines(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    for line, row in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS, max_row=MAX_LINES), start=1):
        cells = [_text(value) for value in row]
        if any(cells):
            yield line, cells


_MERGED: Final = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*["']([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})["']""")
CHUNK: Final = 1 << 20
OVERLAP: Final = 200


def _fill_down(found: Sequence[tuple[int, list[str]]], sheet: Any, body: bytes) -> None:
    """A cell merged over several rows says the same in each of them: 区县 written once beside ten orders."""
    rows = dict(found)
    for left, top, _, bottom in _merged(sheet, body):
        value = rows[top][left - 1] if top in rows and left <= len(rows[top]) else ""
        for line in range(top + 1, min(bottom, MAX_LINES) + 1) if value else ():
            cells = rows.get(line)
            if cells is not None and left <= len(cells):
                cells[left - 1] = cells[left - 1] or value


def _merged(sheet: Any, body: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Ranges over more than one row; openpyxl keeps none when it reads a sheet row by row."""
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
        if bottom > top:
            yield left, top, right, bottom


def _text(value: object) -> str:
    """A cell as a person reads it: whole numbers without a point, dates with seconds."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
