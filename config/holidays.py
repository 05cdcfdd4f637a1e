"""The table of holidays and moved working days: one entry a year, an installation's entry replaces the shipped one whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from config.tables import Table, TableError, misshapen, read_table

DEFAULT = Path(__file__).parent / "default"
NAME = "holidays.toml"
SHAPE = {"year": [{"year": int, "off": [object], "work": [object], "source": str}]}
REMIND_FROM = (11, 1)
"""Month and day from which a missing table of the next year is told: the State Council announces it about then."""


class HolidayError(TableError):
    """The table cannot be used; one sentence a mistake with file, line and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """Days off (weekends they cover included) and weekends worked in one year, with their source."""

    off: frozenset[date]
    work: frozenset[date]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holidays:
    """Every year that is known."""

    years: Mapping[int, Year] = field(default_factory=dict)


def load_holidays(*folders: Path) -> Holidays:
    """Tables of the folders, later ones replacing earlier ones year by year; HolidayError with every mistake."""
    years: dict[int, Year] = {}
    problems: list[str] = []
    for folder in folders or (DEFAULT,):
        path = folder / NAME
        if path.is_file():
            table = read_table(path, HolidayError)
            problems += misshapen(table, SHAPE)
            for n, entry in enumerate(table.data.get("year", ())):
                years |= _year(table, n, entry, problems)
    if problems:
        raise HolidayError("\n".join(problems))
    return Holidays(years=years)


@cache
def shipped() -> Holidays:
    """The table that comes with the product."""
    return load_holidays(DEFAULT)


def unknown_year(today: date, table: Holidays) -> int | None:
    """The year whose table must be entered now: this one, or from 1 November the next; None when all is known."""
    if today.year not in table.years:
        return today.year
    late = (today.month, today.day) >= REMIND_FROM
    return today.year + 1 if late and today.year + 1 not in table.years else None


def _year(table: Table, n: int, entry: Mapping[str, Any], problems: list[str]) -> dict[int, Year]:
    missing = [key for key in ("year", "off", "work") if key not in entry]
    if missing:
        problems.append(f"{table.at('year', n)}：第{n + 1}个 year 缺少 {'、'.join(missing)}，请对照自带的同名文件补写。")
        return {}
    number = entry["year"]
    off, work = (_days(table, n, number, key, entry[key], problems) for key in ("off", "work"))
    for key, wrong, why in (
        ("work", [d for d in work if d.weekday() < 5], "本来就是工作日，不用写进 work，请删去"),
        ("off", sorted(off & work), "同时写进了 off 和 work，请留一个"),
    ):
        if wrong:
            problems.append(f"{table.at('year', n, key)}：{number}年的{wrong[0].isoformat()}{why}。")
    return {number: Year(off=off, work=work, source=entry.get("source", ""))}


def _days(table: Table, n: int, year: int, key: str, values: Sequence[object], problems: list[str]) -> frozenset[date]:
    days = set()
    for text in values:
        try:
            day = date.fromisoformat(str(text))
        except ValueError:
            problems.append(f"{table.at('year', n, key)}：{year}年的日期“{text}”写法不对，请写成 {year}-10-01 的样子。")
            continue
        if day.year != year:
            problems.append(f"{table.at('year', n, key)}：{day.isoformat()}不是{year}年的日子，请改正。")
        days.add(day)
    return frozenset(days)
