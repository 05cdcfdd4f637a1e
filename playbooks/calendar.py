"""Counting days: working days and civil periods (domain.md §8.5).

Civil rule (民法典 §§201, 203): the first day is not counted; a last day that is no working day moves to the next one; the period
ends at midnight of its last day. A year whose holidays are not known is refused, never guessed.
"""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta, timezone

from config.holidays import Holidays, unknown_year

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")


class YearUnknown(LookupError):
    """A day of a year without holiday data; the text says what to do."""

    def __init__(self, year: int) -> None:
        super().__init__(f"没有{year}年的节假日数据，不能计算工作日，请把国务院通知中的安排补入 holidays.toml。")
        self.year = year


def is_working(day: date, table: Holidays) -> bool:
    """Whether offices work on this day. Raises YearUnknown."""
    year = table.years.get(day.year)
    if year is None:
        raise YearUnknown(day.year)
    return day in year.work or (day.weekday() < 5 and day not in year.off)


def working_days_after(start: date, count: int, table: Holidays) -> date:
    """Last day of a period of `count` (>= 1) working days; the day it starts on is not counted. Raises YearUnknown."""
    if count < 1:
        raise ValueError(f"a period has at least one day, not {count}")
    day = start
    while count:
        day += timedelta(days=1)
        count -= is_working(day, table)
    return day


def days_after(start: date, count: int, table: Holidays) -> date:
    """Last day of a period of `count` calendar days, moved to the next working day. Raises YearUnknown."""
    return moved(start + timedelta(days=count), table)


def months_after(start: date, count: int, table: Holidays) -> date:
    """Last day of a period of months: the same day of the month, else its last day (民法典 §202), moved to a working day."""
    index = start.year * 12 + start.month - 1 + count
    year, month = index // 12, index % 12 + 1
    return moved(date(year, month, min(start.day, calendar.monthrange(year, month)[1])), table)


def moved(day: date, table: Holidays) -> date:
    """The day itself, or the next working day. Raises YearUnknown."""
    while not is_working(day, table):
        day += timedelta(days=1)
    return day


def ends_at(day: date) -> datetime:
    """The instant a period with this last day ends: midnight in Beijing."""
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING) + timedelta(days=1)


def day_of(at: datetime) -> date:
    """Beijing calendar day of an instant."""
    return at.astimezone(BEIJING).date()


def missing_year(now: datetime, table: Holidays) -> int | None:
    """The year whose table must be entered now: this one, or from 1 November the next."""
    return unknown_year(day_of(now), table)
