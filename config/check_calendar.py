"""The holiday table against today: a year that days are counted in must be known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from config.findings import warning
from config.holidays import unknown_year
from config.problem import Problem
from config.schema import Settings

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
ADVICE = "请把国务院办公厅关于该年节假日安排的通知写进本单位配置目录的 holidays.toml（写法见自带的同名文件）。"


def problems(settings: Settings, now: datetime) -> Iterator[Problem]:
    if not any(c.period for c in settings.clauses):
        return
    today = now.astimezone(BEIJING).date()
    year = unknown_year(today, settings.holidays)
    if year is None:
        return
    if year == today.year:
        text = f"没有今年（{year}年）的节假日数据，按天计算的时限算不出。"
        yield warning(settings, "Y601", "holidays", text, ADVICE)
    else:
        text = f"没有{year}年的节假日数据，跨年的按天时限将算不出。"
        yield warning(settings, "Y602", "holidays", text, ADVICE)
