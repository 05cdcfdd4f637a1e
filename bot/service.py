"""The running service: one object that owns the store, the sessions and the loops. `bot.app` builds it, `demo` drives it.

poll    every due source: fetch -> parse -> store new items -> join -> incidents        (bot.intake)
index   what was stored since -> full-text index; search reads the rest itself           (bot.store.search)
watch   the same without waiting: each source a task of its own
pump    stored callbacks -> actions; due steps -> messages; messages -> WeCom           (bot.inbox, bot.tick)
audit   what should have been due, derived again, against the rows                      (bot.audit)
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime

from bot import inbox, tick
from bot.audit import Audit, Auditor
from bot.desk import Desk
from bot.intake import Intake

log = logging.getLogger(__name__)

PASSES = 200


@dataclass(slots=True, kw_only=True)
class Service:
    """Desk and intake with their locks. Every loop may be called at any time; each runs once at a time."""

    desk: Desk
    intake: Intake
    pumping: asyncio.Lock
    polling: asyncio.Lock
    beat: datetime | None = None
    audited: Audit | None = None
    auditor: Auditor | None = None

    async def pump(self) -> int:
        """Work, tick and deliver until nothing is due; returns how many things were done."""
        if self.pumping.locked():
            return 0
        async with self.pumping:
            done = 0
            for _ in range(PASSES):
                step = await inbox.work(self.desk) + await tick.tick(self.desk) + await tick.deliver(self.desk)
                done += step
                if not step:
                    break
            self.beat = self.desk.now()
            return done

    async def poll(self) -> dict[str, object]:
        """Ask every source that is due, store, judge, join."""
        if self.polling.locked():
            return {}
        async with self.polling:
            report = await self.intake.poll_due()
            await self.index()
            return report

    async def index(self) -> int:
        """Take what was stored since into the full-text index, by pieces between which others write; how many items."""
        done = 0
        while taken := await self.desk.store.index_items():
            done += taken
        return done

    async def watch(self) -> None:
        """Start what is due and return; the sources answer in their own time."""
        await self.intake.watch_due()

    async def audit(self) -> Audit:
        """One pass of the auditor; it remembers what it found in order."""
        self.auditor = self.auditor or Auditor(desk=self.desk)
        try:
            self.audited = await self.auditor.run()
        except Exception:
            self.audited = None  # what cannot be audited is not well: the heartbeat stops at once
            raise
        return self.audited
