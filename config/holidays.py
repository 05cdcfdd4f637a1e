"""The table of holidays and moved working days: one entry a year, an installation's entry replaces the shipped one whole."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

DEFAULT = Path(__file__).parent / "default"
NAME = "holidays.toml"
REMIND_FROM = (11, 1)
"""Month and day from which a missing table of the next year is told: the State Council announces it about then."""


class HolidayError(ValueError):
    """The table cannot be used; the text names file, year and what to do."""


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
    """Tables of the folders, later ones replacing earlier ones year by year; HolidayError on a mistake."""
    years: dict[int, Year] = {}
    for folder in folders or (DEFAULT,):
        path = folder / NAME
        if path.is_file():
            years |= _read(path)
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


def _read(path: Path) -> dict[int, Year]:
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("year", [])
        return dict(_year(path, entry) for entry in entries)
    except tomllib.TOMLDecodeError as e:
        line = re.search(r"line (\d+)", str(e))
        where = f"第{line[1]}行" if line else "末尾"
        raise HolidayError(f"{path.name}（{where}）写法不对，请检查引号、等号、方括号是否成对、是否用了半角。") from e
    except (KeyError, TypeError) as e:
        raise HolidayError(f"{path.name}写法不对（{e}），请对照自带的 holidays.toml 改正。") from e


def _year(path: Path, entry: Mapping[str, object]) -> tuple[int, Year]:
    number = int(str(entry["year"]))
    off, work = _days(path, number, entry["off"]), _days(path, number, entry["work"])
    if wrong := [d for d in work if d.weekday() < 5]:
        raise HolidayError(f"{path.name}的{number}年：{wrong[0].isoformat()}本来就是工作日，不用写进 work。")
    if both := off & work:
        raise HolidayError(f"{path.name}的{number}年：{min(both).isoformat()}同时写进了 off 和 work，请留一个。")
    return number, Year(off=off, work=work, source=str(entry.get("source", "")))


def _days(path: Path, year: int, values: object) -> frozenset[date]:
    days = set()
    for text in values if isinstance(values, list) else [values]:
        try:
            day = date.fromisoformat(str(text))
        except ValueError as e:
            raise HolidayError(f"{path.name}的{year}年：日期“{text}”写法不对，请写成 {year}-10-01 的样子。") from e
        if day.year != year:
            raise HolidayError(f"{path.name}的{year}年：{day.isoformat()}不是这一年的日子。")
        days.add(day)
    return frozenset(days)
