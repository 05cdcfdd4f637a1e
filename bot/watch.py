"""The loop outside the scheduler: every second it compares the clocks, keeps the sign of life, and works itself if nobody does.

APScheduler counts with the wall clock: set back three hours, its jobs are silent for three hours (storage.md §1). So a step makes
this loop arm the jobs anew, and a pump that has not run for five seconds is run from here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot import outage
from bot.mute import Mute
from bot.pulse import Pulse
from bot.service import Service
from bot.steady import SteadyClock
from bot.store import StoreError

log = logging.getLogger(__name__)

TOLD = 30.0
"""Seconds of step or sleep from which people are told; smaller ones are logged."""
SKEW = timedelta(seconds=2)
IDLE = timedelta(seconds=5)
MINUTE = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Watch:
    """Clock care of one running service. `rearm` sets up the scheduler's jobs again."""

    service: Service
    clock: SteadyClock
    pulse: Pulse
    rearm: Callable[[], None]
    kept: datetime | None = None
    minute: datetime | None = None
    mute: Mute = field(default_factory=Mute)

    async def run(self) -> None:
        """For ever; what goes wrong in one look is logged and the next one comes."""
        while True:
            await asyncio.sleep(1.0)
            await self.guarded()

    async def guarded(self) -> None:
        """One look that nothing stops; a desk that cannot write says so past the database (`bot.mute`)."""
        desk = self.service.desk
        try:
            await self.look()
            await self.mute.well(desk)
        except StoreError as e:
            log.warning("watch_cannot_write", extra={"error": str(e)})
            with contextlib.suppress(Exception):  # flow guard: nothing more can be done than to go on looking
                await self.mute.failed(desk, str(e))
        except Exception:  # flow guard: the watch must outlive whatever it watches
            log.exception("watch_failed")

    async def look(self) -> None:
        """One second's care."""
        seen = self.clock.look()
        now = self.service.desk.now()
        if seen.stepped:
            await self._stepped(seen.stepped, seen.off, now)
        if seen.slept:
            await self._slept(seen.slept, now)
        if self.service.beat is None or now - self.service.beat > IDLE:
            await self.service.pump()
        self.kept = await outage.beat(self.service.desk, self.kept)
        if self.minute is None or now - self.minute >= MINUTE:
            self.minute = now
            self.pulse.beat(self.service)
            await self._skew()

    async def _stepped(self, by: float, off: float, now: datetime) -> None:
        log.warning("clock_stepped", extra={"seconds": round(by, 1), "off": round(off, 1)})
        self.rearm()
        store = self.service.desk.store
        if abs(off) < TOLD:
            await store.resolve_problem("clock", "step", now)
            return
        way = "快" if off > 0 else "慢"
        detail = (
            f"系统时钟被拨动，现比实际{way}{span(off)}。值班台仍按原来的时间计时，到点步骤不受影响；"
            "请校准系统时间。确认新时间正确的，重启值班台后按新时间计时。"
        )
        await store.report_problem("clock", "step", detail, now)
        await outage.tell(self.service.desk, detail, f"clock-step-{now.isoformat()}")

    async def _slept(self, seconds: float, now: datetime) -> None:
        log.warning("machine_slept", extra={"seconds": round(seconds, 1)})
        self.rearm()
        if seconds >= TOLD:
            await outage.stopped(self.service.desk, now - timedelta(seconds=seconds), now)

    async def _skew(self) -> None:
        """Our clock against the database server's."""
        desk = self.service.desk
        server = await desk.store.server_time()
        now = desk.now()
        if server is None:
            return
        if abs(server - now) <= SKEW:
            await desk.store.resolve_problem("clock", "database", now)
            return
        way = "快" if now > server else "慢"
        detail = (
            f"本机时钟比数据库服务器{way}{span((now - server).total_seconds())}，时限会算错，请让两台机器用同一个时间源校时。"
        )
        await desk.store.report_problem("clock", "database", detail, now)


def span(seconds: float) -> str:
    """``3小时``, ``45秒``: a length of time in words."""
    left = abs(round(seconds))
    for size, word in ((365 * 86400, "年"), (86400, "天"), (3600, "小时"), (60, "分钟")):
        if left >= size:
            return f"{left // size}{word}"
    return f"{left}秒"
