"""The only reading of the system clock. The program takes a `Clock`; tests, demo and replay give it one they move.

Legal time, meters and card codes use `now()` (virtual in the demo); leases, HTTP timeouts and signature windows use `wall()`
(design.md §6, "two clocks of the program").
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


def wall() -> datetime:
    """System time, aware, UTC."""
    return datetime.now(UTC)


def milliseconds(at: datetime) -> datetime:
    """The instant as records keep it: cut to milliseconds, so that a stored time equals the one it came from."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class Clock(Protocol):
    """Program time. `speed` is virtual seconds a real second: 1 for the real clock, 0 for one that only jumps."""

    @property
    def speed(self) -> float: ...
    def now(self) -> datetime: ...


class SystemClock:
    """Program time is system time."""

    speed = 1.0

    def now(self) -> datetime:
        return milliseconds(wall())


class VirtualClock:
    """Time that starts where it is told, runs `speed` times as fast (0 = stands still) and can be moved forward."""

    def __init__(self, start: datetime, speed: float = 0.0) -> None:
        self.speed = speed
        self._base = milliseconds(start)
        self._mark = time.monotonic()

    def now(self) -> datetime:
        if not self.speed:
            return self._base
        return milliseconds(self._base + timedelta(seconds=(time.monotonic() - self._mark) * self.speed))

    def advance_to(self, at: datetime) -> None:
        """Jump forward; an instant already past leaves the clock alone."""
        if at > self.now():
            self._base = milliseconds(
                at + timedelta(microseconds=999)
            )  # up: a due instant must be reached, not missed by a hair
            self._mark = time.monotonic()
