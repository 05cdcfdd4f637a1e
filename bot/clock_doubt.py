"""Genuine deliveries whose time does not fit ours: the machine's clock is wrong, and every button would be dead without a word.

A replayed delivery has one old time; a wrong clock is off by the same for every delivery. So two that differ and agree are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot import outage
from bot.desk import Desk
from bot.watch import span

AGREE: Final = 120.0
"""Seconds within which two deliveries say the same of our clock."""
KIND, KEY = "clock", "wecom"


@dataclass(slots=True)
class ClockDoubt:
    """What the last refused delivery said of our clock, and whether people were told."""

    off: float = 0.0
    seen: str = ""
    told: bool = False

    async def apart(self, desk: Desk, off: float, signature: str) -> None:
        """A genuine delivery was refused for its time; `off`: seconds by which our clock is ahead of it."""
        again = bool(self.seen) and self.seen != signature and abs(off - self.off) <= AGREE
        self.off, self.seen = off, signature
        if not again or self.told:
            return
        way = "快" if off > 0 else "慢"
        detail = (
            f"本机时钟比企业微信{way}{span(round(off / 60) * 60)}，点的按钮、打的字都被当作过期拒收。"
            "请立即校准系统时间并重启值班台；校准前要办的事请到总览办理。"
        )
        await desk.store.report_problem(KIND, KEY, detail, desk.now())
        await outage.tell(desk, detail, f"clock-wecom-{desk.now():%Y%m%d%H}")
        desk.wake()
        self.told = True

    async def fits(self, desk: Desk) -> None:
        """A delivery was in time."""
        if self.told:
            await desk.store.resolve_problem(KIND, KEY, desk.now())
        self.off, self.seen, self.told = 0.0, "", False
