"""Between two beats of the metronome: a step due in less than a second is not kept waiting for the next one.

Only a hint: the beat of every second finds whatever a timer missed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from bot.service import Service

BEAT: Final = 1.0
"""Seconds between two beats; what is due later is theirs."""
GAP: Final = 0.1
"""Shortest wait: steps that fall due one after the other are taken together."""


@dataclass(slots=True, kw_only=True)
class Sooner:
    """Pumps, and once more at the instant the next row falls due when that comes before the next beat."""

    service: Service
    timer: asyncio.TimerHandle | None = None
    running: set[asyncio.Task[int]] = field(default_factory=set)

    async def pump(self) -> int:
        """Work until nothing is due, then set the timer; returns how many things were done."""
        done = await self.service.pump()
        due = await self.service.desk.store.next_fire()
        left = BEAT if due is None else (due - self.service.desk.now()).total_seconds()
        if 0 < left < BEAT:
            if self.timer is not None:
                self.timer.cancel()
            self.timer = asyncio.get_running_loop().call_later(max(left, GAP), self._go)
        return done

    def _go(self) -> None:
        task = asyncio.get_running_loop().create_task(self.pump())
        self.running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[int]) -> None:
        self.running.discard(task)
        if not task.cancelled():
            task.exception()  # the beat of the next second meets the same error and tells it
