"""The ledger of a month (台账): one row for each matter opened in it, and one for each limit, as an Excel workbook.

Rows are pure and hold what a cell shows; times are Beijing times without a zone, because a spreadsheet knows none. Drills are no
matters. Words of feeds are written as text, never as formulas.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import xlsxwriter

from bot import labels, texts
from bot.labels import BEIJING
from bot.reports.clock_rows import verdict
from bot.reports.names import Names
from bot.store.port import Store
from config.schema import Settings
from playbooks.incident import Clock, Incident, Status

TRACKS = ("public", "service")
ALL = 1_000_000
_MONTH = re.compile(r"(?:(\d{4})[-－/年.]?)?(\d{1,2})月?")
Cell = str | int | datetime | None


class NoMonth(Exception):
    """No month is meant, or one that has not begun; the message is one Chinese sentence that says how to write it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Head and width in characters."""

    head: str
    width: int


MATTERS = (
    Column(head="编号", width=6),
    Column(head="名称", width=34),
    Column(head="类别", width=12),
    Column(head="等级", width=11),
    Column(head="地点", width=20),
    Column(head="发现", width=16),
    Column(head="立案", width=16),
    Column(head="主责单位", width=16),
    Column(head="时限与完成", width=46),
    Column(head="是否按时", width=12),
    Column(head="结局", width=22),
)
LIMITS = (
    Column(head="编号", width=6),
    Column(head="名称", width=34),
    Column(head="时限", width=22),
    Column(head="起算", width=16),
    Column(head="应于", width=16),
    Column(head="实际", width=16),
    Column(head="结论", width=18),
    Column(head="说明", width=30),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """A month, its rows, and how many matters of it are left out because they may not travel as a file."""

    unit: str
    month: datetime
    made_at: datetime
    matters: tuple[tuple[Cell, ...], ...]
    limits: tuple[tuple[Cell, ...], ...]
    withheld: int

    @property
    def name(self) -> str:
        """File name: 舆情处置台账2026年11月.xlsx."""
        return f"舆情处置台账{self.title}.xlsx"

    @property
    def title(self) -> str:
        return f"{self.month.year}年{self.month.month}月"


def month_of(text: str, now: datetime) -> datetime:
    """First instant of the month meant: 本月 (or nothing), 上月, 2026-11, 2026年11月, 11月 (the latest that has begun).

    Raises NoMonth on anything else and on a month that has not begun.
    """
    here = now.astimezone(BEIJING).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    said = text.strip().rstrip("。")
    if said in ("", "本月", "这个月"):
        return here
    if said in ("上月", "上个月"):
        return (here - timedelta(days=1)).replace(day=1)
    m = _MONTH.fullmatch(said)
    if m is None or not 1 <= int(m.group(2)) <= 12:
        raise NoMonth(f"“{said}”不是月份。请写成 本月、上月 或 2026-11。")
    month = int(m.group(2))
    year = int(m.group(1)) if m.group(1) else here.year - (month > here.month)
    if (year, month) > (here.year, here.month) or year < 2000:
        raise NoMonth(f"{year}年{month}月没有记录。请写成 本月、上月 或 2026-11。")
    return here.replace(year=year, month=month)


def ledger(
    incidents: Sequence[Incident], settings: Settings, month: datetime, now: datetime, *, leaves: bool = False
) -> Ledger:
    """The ledger of `month`; `leaves` the building: matters of thin categories are only counted."""
    begin = month.astimezone(BEIJING)
    end = (begin + timedelta(days=32)).replace(day=1)
    found = sorted((i for i in incidents if begin <= i.opened_at < end and not i.drill), key=lambda i: i.number)
    shown = [i for i in found if not (leaves and i.category in settings.bot.thin_categories)]
    names = Names(settings=settings)
    return Ledger(
        unit=settings.organisation.name,
        month=begin,
        made_at=now,
        matters=tuple(_matter(i, names, now) for i in shown),
        limits=tuple(_limit(i, c, names) for i in shown for c in _clocks(i)),
        withheld=len(found) - len(shown),
    )


async def ledger_of(store: Store, settings: Settings, month: datetime, now: datetime, *, leaves: bool = False) -> Ledger:
    """The ledger of `month` from the store: what alarmed, whatever became of it."""
    return ledger(await store.incidents(open_only=False, alarmed_only=True, limit=ALL), settings, month, now, leaves=leaves)


def _matter(i: Incident, names: Names, now: datetime) -> tuple[Cell, ...]:
    detected = i.starts.get("detected_at")
    return (
        i.number,
        _subject(i, names),
        names.settings.category(i.category).name,
        texts.level_said(i, names.settings),
        names.scrub(i.place.text) or labels.UNKNOWN,
        _local(detected.value) if detected else None,
        _local(i.opened_at),
        names.unit(i.primary_unit) if i.primary_unit else "未交办",
        "\n".join(_done(c, now) for c in _clocks(i)) or "没有对外时限",
        on_time(i),
        ending(i),
    )


def _limit(i: Incident, c: Clock, names: Names) -> tuple[Cell, ...]:
    actual = _local(c.satisfied_at) if c.satisfied_at else None
    said = names.scrub(c.explanation)
    return i.number, _subject(i, names), _name(c), _local(c.start_at), _local(c.due_at), actual, verdict(c)[0], said


def _subject(i: Incident, names: Names) -> str:
    return names.scrub(i.title)


def _clocks(i: Incident) -> list[Clock]:
    """What the public or a person was owed, and truly was: what only an upgrade would have brought is left out."""
    return sorted((c for c in i.clocks if c.track in TRACKS and not c.latent), key=lambda c: (c.due_at, c.id))


def _name(c: Clock) -> str:
    return c.name if c.cycle <= 1 else f"{c.name}（第{c.cycle}次）"


def _done(c: Clock, now: datetime) -> str:
    done = f"，{labels.beijing(c.satisfied_at, now)}办理" if c.satisfied_at else ""
    return f"{_name(c)}：{labels.beijing(c.due_at, now)}前{done}，{verdict(c)[0]}"


def on_time(i: Incident) -> str:
    """按时, 超时 with how many, or what is neither; the desk's own intervals between two releases do not count (practice.md §4)."""
    written = [c for c in _clocks(i) if c.start_kind != "last_release_at"]
    known = [v for v in (verdict(c)[1] for c in written) if v is not None]
    late = known.count(False)
    if late:
        return f"超时{late}项"
    if any(c.running for c in written):
        return "未到期"
    return "按时" if known else "不适用"


def ending(i: Incident) -> str:
    """How it ended, or where it stands."""
    if i.status is Status.MERGED:
        return f"已并入{i.merged_into}号"
    if i.status is Status.DISMISSED:
        reason = i.exclusion.get("reason", "")
        return f"已排除：{labels.EXCLUSION_REASONS.get(reason, reason) or labels.UNKNOWN}"
    word = labels.STATUS[i.status.value]
    if i.not_public_by:
        word += "，线下办理、不公开回应"
    return word if i.closed_at or not i.open else f"在办：{word}"


def _local(at: datetime) -> datetime:
    return at.astimezone(BEIJING).replace(tzinfo=None, second=0, microsecond=0)


def workbook(found: Ledger) -> bytes:
    """The ledger as XLSX, ready to print: heads repeat, A4 across, filters on."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"title": f"舆情处置台账（{found.title}）", "company": found.unit, "created": _local(found.made_at)})
    left = f"另有专线事项{found.withheld}件不在本表，请在总览查看。" if found.withheld else ""
    note = f"{found.unit}　截至{labels.full(found.made_at)}　{len(found.matters)}件，不含演练。{left}内部使用，不要转发。"
    _sheet(book, "台账", f"舆情处置台账（{found.title}）", note, MATTERS, found.matters)
    _sheet(book, "时限明细", f"时限履行明细（{found.title}）", note, LIMITS, found.limits)
    book.close()
    return out.getvalue()


def _sheet(
    book: xlsxwriter.Workbook, name: str, title: str, note: str, columns: Sequence[Column], rows: Sequence[tuple[Cell, ...]]
) -> None:
    base = {"font_name": "宋体", "font_size": 10, "valign": "top", "text_wrap": True, "border": 1}
    text, head = book.add_format(base), book.add_format({**base, "bold": True, "bg_color": "#E8EDF2"})
    time = book.add_format({**base, "num_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet(name)
    sheet.write_string(0, 0, title, book.add_format({"font_name": "宋体", "font_size": 16, "bold": True}))
    sheet.write_string(1, 0, note, book.add_format({"font_name": "宋体", "font_size": 10}))
    for x, column in enumerate(columns):
        sheet.set_column(x, x, column.width)
        sheet.write_string(2, x, column.head, head)
    for y, row in enumerate(rows, 3):
        for x, cell in enumerate(row):
            _write(sheet, y, x, cell, time if isinstance(cell, datetime) else text)
    sheet.autofilter(2, 0, 2 + len(rows), len(columns) - 1)
    sheet.freeze_panes(3, 2)
    sheet.repeat_rows(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _write(sheet: xlsxwriter.worksheet.Worksheet, y: int, x: int, cell: Cell, style: xlsxwriter.format.Format) -> None:
    if isinstance(cell, datetime):
        sheet.write_datetime(y, x, cell, style)
    elif isinstance(cell, int):
        sheet.write_number(y, x, cell, style)
    else:
        sheet.write_string(y, x, cell or "", style)
