"""The rota from a workbook: one row a shift, names as people write them, out as TOML for organisation.toml.

Columns by their headings, in any order: 日期, 班次, 开始, 结束, 值班员, 副班, 带班. Every mistake is told with its row; nothing is
guessed: an unknown or ambiguous name is an error, not the nearest officer.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from config.schema import Organisation

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "date": ("日期", "值班日期"),
    "name": ("班次", "班别"),
    "start": ("开始", "开始时间", "起"),
    "end": ("结束", "结束时间", "止"),
    "duty_officer": ("值班员", "值班人员", "主班"),
    "deputy_duty": ("副班", "副班员"),
    "duty_leader": ("带班", "带班领导"),
}
NEEDED = ("date", "start", "end", "duty_officer", "duty_leader")
PEOPLE = ("duty_officer", "deputy_duty", "duty_leader")
ROWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """What was read: TOML blocks, how many, and every mistake as a sentence with its row."""

    toml: str
    count: int
    problems: tuple[str, ...]


def read_rota(body: bytes, org: Organisation) -> Rota:
    """Read the first sheet that has the headings."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True)
        sheets = [[list(r) for r in sheet.iter_rows(values_only=True, max_row=ROWS)] for sheet in book.worksheets]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError):
        return Rota(toml="", count=0, problems=("不是能读的 XLSX 文件，请在表格软件里另存为 XLSX。",))
    for rows in sheets:
        for n, row in enumerate(rows[:10]):
            columns = _columns(row)
            if all(key in columns for key in NEEDED):
                return _read(rows[n + 1 :], n + 2, columns, org)
    wanted = "、".join(HEADINGS[k][0] for k in NEEDED)
    return Rota(toml="", count=0, problems=(f"没有找到表头，表头须有：{wanted}。",))


def _columns(row: list[object]) -> dict[str, int]:
    names = {word: key for key, words in HEADINGS.items() for word in words}
    return {names[text]: n for n, cell in enumerate(row) if (text := str(cell or "").strip()) in names}


def _read(rows: list[list[object]], first: int, columns: dict[str, int], org: Organisation) -> Rota:
    blocks: list[str] = []
    problems: list[str] = []
    for n, row in enumerate(rows, first):
        cells = {key: row[at] if at < len(row) else None for key, at in columns.items()}
        if not any(c not in (None, "") for c in cells.values()):
            continue
        wrong: list[str] = []
        block = _block(cells, org, wrong)
        problems += [f"第{n}行：{w}" for w in wrong]
        if not wrong:
            blocks.append(block)
    return Rota(toml="\n\n".join(blocks), count=len(blocks), problems=tuple(problems))


def _block(cells: dict[str, object], org: Organisation, wrong: list[str]) -> str:
    day, start, end = _day(cells["date"]), _clock(cells["start"]), _clock(cells["end"])
    for what, value in (("日期", day), ("开始", start), ("结束", end)):
        if not value:
            wrong.append(f"{what}读不出来，日期请写 2026-11-22，时间请写 08:00。")
    lines = [
        "[[shift]]",
        f"name = {json.dumps(str(cells.get('name') or '值班').strip(), ensure_ascii=False)}",
        f'date = "{day}"',
        f'start = "{start}"',
        f'end = "{end}"',
    ]
    for role in PEOPLE:
        name = str(cells.get(role) or "").strip()
        if name or role in NEEDED:
            lines.append(f'{role} = "{_person(name, org, wrong)}"')
    return "\n".join(lines)


def _person(name: str, org: Organisation, wrong: list[str]) -> str:
    found = [o.userid for o in org.officers if name and (o.name == name or o.userid.lower() == name.lower())]
    if len(found) != 1:
        why = "没有写人" if not name else f"名册里有{len(found)}个“{name}”" if found else f"名册里没有“{name}”"
        wrong.append(f"{why}，请写名册中的姓名或账号。")
        return ""
    return found[0]


def _day(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    text = str(cell or "").strip().replace("/", "-").replace("年", "-").replace("月", "-").rstrip("日")
    try:
        year, month, day = (int(p) for p in text.split("-"))
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _clock(cell: object) -> str:
    if isinstance(cell, (datetime, time)):
        return f"{cell.hour:02}:{cell.minute:02}"
    if isinstance(cell, float) and 0 <= cell < 1:
        minutes = round(cell * 1440)
        return f"{minutes // 60:02}:{minutes % 60:02}"
    hour, mark, minute = str(cell or "").strip().replace("：", ":").partition(":")
    good = mark and hour.isdigit() and minute[:2].isdigit() and int(hour) < 24 and int(minute[:2]) < 60
    return f"{int(hour):02}:{int(minute[:2]):02}" if good else ""
