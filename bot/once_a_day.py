"""What runs once a day: the zero-report line, the holiday table, the terms of what is kept. One that fails stops no other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot import calendar_care, retention
from bot.channels import addresses
from bot.desk import Desk
from bot.digest import daily
from bot.jobs import guarded

Job = Callable[[Desk], Awaitable[object]]
JOBS: tuple[tuple[str, Job], ...] = (
    ("零报告", daily),
    ("节假日", calendar_care.care),
    ("到期清理", retention.tidy),
    ("回调来源地址", addresses.refresh),
)
FAILED = "每日任务“{name}”没有完成（{error}），明天会再做；反复出现的请查看日志。"


async def once_a_day(desk: Desk, jobs: tuple[tuple[str, Job], ...] = JOBS) -> None:
    """Every job in turn; one that fails becomes a problem until it ends well again."""
    for name, job in jobs:
        await guarded(desk, name, job(desk), FAILED)
