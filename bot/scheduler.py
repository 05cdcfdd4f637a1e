"""APScheduler as a metronome: a handful of fixed jobs wake the loops; deadlines are rows, never jobs.

Its default misfire grace of one second drops late runs, so it is switched off here; a job that raises or is missed becomes a
problem an administrator is told about.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from bot.evidence import fetch_wanted
from bot.routine import routine
from bot.service import Service
from bot.sooner import Sooner
from config.daytime import minutes_of

log = logging.getLogger(__name__)


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler ships no types
    """A beat that never catches up: set years ahead, the library's own interval would list every missed second (#1066)."""

    def __init__(self, **span: float) -> None:
        self.span = timedelta(**span)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The next beat after `now`, in step with the one before when that was just now."""
        after = now + self.span if previous is None else previous + self.span
        return after if now < after <= now + self.span else now + self.span


def until_stopped(work: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[None]]:
    """The job; cut short by a stop of the service it has not failed, and APScheduler would log it as an error."""

    @functools.wraps(work)
    async def job(*args: object) -> None:
        try:
            await work(*args)
        except asyncio.CancelledError:
            log.info("job_stopped", extra={"job": getattr(work, "__qualname__", repr(work))})

    return job


def arm(scheduler: AsyncIOScheduler, service: Service, daily: Callable[[], Awaitable[None]]) -> None:
    """Set up the jobs, or set them up anew after a step of the clock."""
    jobs = ((Sooner(service=service).pump, Every(seconds=1), "pump"), (service.watch, Every(seconds=1), "poll"))
    for job, trigger, name in (*jobs, (service.index, Every(seconds=1), "index"), (service.audit, Every(minutes=1), "audit")):
        scheduler.add_job(until_stopped(job), trigger, id=name, replace_existing=True)
    scheduler.add_job(until_stopped(fetch_wanted), Every(seconds=20), args=[service.desk], id="files", replace_existing=True)
    scheduler.add_job(until_stopped(routine), Every(minutes=1), args=[service], id="routine", replace_existing=True)
    hour, minute = divmod(minutes_of(service.desk.settings.bot.zero_report_at or "08:00"), 60)
    scheduler.add_job(until_stopped(daily), "cron", hour=hour, minute=minute, id="daily", replace_existing=True)


def build_scheduler(service: Service, daily: Callable[[], Awaitable[None]]) -> AsyncIOScheduler:
    """Jobs: pump, poll and index each second (sources carry their own due times), files each 20 s, audit each minute, daily at the hour of the zero report."""
    scheduler = AsyncIOScheduler(
        timezone="Asia/Shanghai", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    arm(scheduler, service, daily)

    def failed(event: object) -> None:
        job = getattr(event, "job_id", "")
        error = getattr(event, "exception", None)
        log.error("job_failed", extra={"job": job, "error": repr(error)})
        detail = f"定时任务“{job}”出错或错过：{error or '错过'}。请查看日志；服务会继续尝试。"
        report = service.desk.store.report_problem("job", job, detail, service.desk.now())
        task = asyncio.ensure_future(report)
        task.add_done_callback(lambda t: t.exception())

    scheduler.add_listener(failed, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
    return scheduler


def wake_on_change(service: Service) -> Callable[[], None]:
    """A change of any incident pumps at once instead of at the next second."""
    running: set[asyncio.Task[int]] = set()

    def ended(task: asyncio.Task[int]) -> None:
        running.discard(task)
        if not task.cancelled():
            task.exception()  # the beat of the next second meets the same error and tells it

    def wake() -> None:
        task = asyncio.get_running_loop().create_task(service.pump())
        running.add(task)
        task.add_done_callback(ended)

    return wake
