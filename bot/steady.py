"""Program time of a running service: the machine's uptime decides, not a wall clock that somebody turns.

It starts from the wall clock and goes on with the time since boot, which also runs while the machine sleeps. Small corrections
(network time) are followed; a step of the wall clock is reported and not followed until the service is started again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from bot import clock as system

FOLLOWED: Final = 2.0
"""Seconds of difference that network time may correct at once."""
BUILT: Final = datetime(2025, 1, 1, tzinfo=UTC)
LATEST: Final = BUILT + timedelta(days=3653)


class ClockWrong(Exception):
    """The system clock cannot be right; the text says what to do."""


def boot() -> float:
    """Seconds since the machine was started, its sleep included; without such a clock, the monotonic one."""
    found = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if found is None else time.clock_gettime(found)


def check(wall: datetime) -> None:
    """Refuse a clock before this program was written or ten years after: every deadline would be wrong."""
    if BUILT <= wall <= LATEST:
        return
    raise ClockWrong(f"系统时间为{wall:%Y年%m月%d日}，明显不对，时限会全部算错，值班台没有启动。请校准系统时间后再启动。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one comparison found, in seconds. `off`: wall clock minus program time; `slept`: the machine stood still."""

    off: float
    stepped: float = 0.0
    slept: float = 0.0


class SteadyClock:
    """Program time that a stepped wall clock does not move."""

    speed = 1.0

    def __init__(
        self,
        wall: Callable[[], datetime] = system.wall,
        boot: Callable[[], float] = boot,
        running: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._boot, self._running = wall, boot, running
        self._base, self._mark = wall(), boot()
        self._last = (self._mark, running())
        self._off = 0.0

    def now(self) -> datetime:
        return system.milliseconds(self._base + timedelta(seconds=self._boot() - self._mark))

    def wall(self) -> datetime:
        """Real time for leases: steps of the wall clock neither free nor freeze what is held."""
        return self.now()

    def look(self) -> Look:
        """Compare the clocks; call it every second."""
        up, ran = self._boot(), self._running()
        slept = (up - self._last[0]) - (ran - self._last[1])
        self._last = (up, ran)
        off = (self._wall() - self._base).total_seconds() - (up - self._mark)
        stepped = off - self._off
        self._off = off
        if abs(off) <= FOLLOWED:
            self._base += timedelta(seconds=off)
            self._off = 0.0
        return Look(
            off=off,
            stepped=stepped if abs(stepped) > FOLLOWED else 0.0,
            slept=slept if slept > FOLLOWED else 0.0,
        )
