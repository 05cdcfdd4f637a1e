"""Working days and civil periods, counted by hand on the calendars of 2024 to 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import chinese_calendar
import pytest

from config.holidays import HolidayError, Holidays, load_holidays, shipped
from playbooks.calendar import (
    YearUnknown,
    day_of,
    days_after,
    ends_at,
    is_working,
    missing_year,
    months_after,
    working_days_after,
)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("2026-10-01", False),
        ("2026-10-08", True),
        ("2026-10-10", True),  # a Saturday worked for the long holiday
        ("2026-10-11", False),
        ("2026-11-25", True),
        ("2025-02-03", False),
        ("2024-05-11", True),
    ],
)
def test_a_day_is_worked_or_not(text: str, works: bool) -> None:
    assert is_working(day(text), shipped()) is works


def test_every_day_of_the_shipped_years_agrees_with_the_announcements() -> None:
    first, last = date(2024, 1, 1).toordinal(), date(2026, 12, 31).toordinal()
    days = [date.fromordinal(n) for n in range(first, last + 1)]
    assert [d for d in days if is_working(d, shipped()) != chinese_calendar.is_workday(d)] == []


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-11-23", 1, "2026-11-24"),  # the first day is not counted
        ("2026-11-20", 1, "2026-11-23"),  # Friday to Monday
        ("2026-09-30", 1, "2026-10-08"),  # over the national holiday
        ("2026-09-30", 3, "2026-10-10"),  # the moved Saturday counts
        ("2025-01-20", 20, "2025-02-21"),  # twenty working days over 春节
    ],
)
def test_working_days(start: str, count: int, end: str) -> None:
    assert working_days_after(day(start), count, shipped()) == day(end)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-11-02", 15, "2026-11-17"),
        ("2026-11-06", 15, "2026-11-23"),  # the fifteenth day is a Saturday
        ("2026-09-16", 15, "2026-10-08"),  # the last day is 国庆节
    ],
)
def test_a_last_day_off_moves_to_the_next_working_day(start: str, count: int, end: str) -> None:
    assert days_after(day(start), count, shipped()) == day(end)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [("2026-01-31", 1, "2026-02-28"), ("2025-11-30", 3, "2026-02-28"), ("2026-03-10", 3, "2026-06-10")],
)
def test_months_end_on_the_same_day_or_the_last_one(start: str, count: int, end: str) -> None:
    assert months_after(day(start), count, shipped()) == day(end)


def test_a_period_ends_at_midnight_in_beijing() -> None:
    assert ends_at(day("2026-11-24")) == datetime(2026, 11, 24, 16, tzinfo=UTC)
    assert day_of(datetime(2026, 11, 24, 16, tzinfo=UTC)) == day("2026-11-25")


def test_a_year_without_data_is_refused_not_guessed() -> None:
    with pytest.raises(YearUnknown, match=r"没有2027年的节假日数据.*holidays\.toml"):
        working_days_after(day("2026-12-30"), 5, shipped())
    with pytest.raises(YearUnknown):
        days_after(day("2026-12-20"), 30, shipped())
    with pytest.raises(ValueError, match="at least one day"):
        working_days_after(day("2026-11-02"), 0, shipped())


@pytest.mark.parametrize(
    ("now", "year"),
    [
        (datetime(2026, 10, 31, 15, 59, tzinfo=UTC), None),
        (datetime(2026, 10, 31, 16, 0, tzinfo=UTC), 2027),
        (datetime(2025, 12, 1, tzinfo=UTC), None),
        (datetime(2027, 1, 5, tzinfo=UTC), 2027),
    ],
)
def test_the_missing_table_is_told_from_the_first_of_november(now: datetime, year: int | None) -> None:
    assert missing_year(now, shipped()) == year


def test_an_installation_replaces_a_year_whole(tmp_path: Path) -> None:
    (tmp_path / "holidays.toml").write_text(
        '[[year]]\nyear = 2027\nsource = "通知"\noff = ["2027-01-01"]\nwork = ["2027-01-03"]\n'
    )
    table = load_holidays(Path("config/default"), tmp_path)
    assert set(table.years) == {2024, 2025, 2026, 2027}
    assert not is_working(day("2027-01-01"), table)
    assert is_working(day("2027-01-03"), table)
    assert load_holidays(tmp_path / "none") == Holidays()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[year]]\nyear = 2027\noff = ["2027-13-01"]\nwork = []', "写法不对，请写成"),
        ('[[year]]\nyear = 2027\noff = ["2026-01-01"]\nwork = []', "不是2027年"),
        ('[[year]]\nyear = 2027\noff = []\nwork = ["2027-01-04"]', "本来就是工作日"),
        ('[[year]]\nyear = 2027\noff = ["2027-01-03"]\nwork = ["2027-01-03"]', "同时写进"),
        ("[[year]]\nyear = 2027\n", "holidays.toml:1：第1个 year 缺少 off、work"),
        ("year = [", "holidays.toml：不是正确的 TOML（末尾"),
    ],
    ids=["date", "year", "weekday", "both", "missing", "toml"],
)
def test_a_mistake_in_the_table_says_where_and_what(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "holidays.toml").write_text(text, encoding="utf-8")
    with pytest.raises(HolidayError, match=says):
        load_holidays(tmp_path)
