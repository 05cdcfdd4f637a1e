"""The watcher watched: derive again, with the pure ladder, what should have been due, and compare it with the rows.

Anything that should have fired and has no row, or whose row is still unsent after two minutes, is put back in the queue and
told as a problem (design.md §3.10). One damaged incident hides no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.desk import Desk, NotFound, change
from bot.engine_health import LAST_AUDIT, LastAudit, write_audit
from bot.store.port import Change
from playbooks import ladder
from playbooks.deadlines import settle
from playbooks.incident import Incident

log = logging.getLogger(__name__)

LATE = timedelta(minutes=2)
TRIES = 3
SLICE = 25
IN_TURN = 500
"""Incidents in order and with nothing due that one pass looks at all the same: ten thousand are through in twenty minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Result of one pass: matters looked at, steps that had no row, steps unsent for too long, matters that cannot be read."""

    at: datetime
    incidents: int
    missing: tuple[str, ...]
    stalled: tuple[str, ...]
    broken: tuple[int, ...] = ()

    @property
    def clean(self) -> bool:
        return not self.missing and not self.stalled and not self.broken


@dataclass(slots=True, kw_only=True)
class _Found:
    missing: list[str] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    well: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Seen:
    """An incident was in order at this version, and nothing of it changes by time alone before `until`."""

    version: int
    until: datetime
    turn: int


@dataclass(slots=True, kw_only=True)
class Auditor:
    """The passes of one process. What did not change and has nothing due is looked at in turn, the rest every time."""

    desk: Desk
    seen: dict[int, _Seen] = field(default_factory=dict)
    turn: int = 0

    async def run(self) -> Audit:
        """One pass over the open incidents that alarmed, a slice of them in memory at a time."""
        desk, now, found = self.desk, self.desk.now(), _Found()
        heads = await desk.store.open_heads()
        self.turn += 1
        numbers = self._chosen(heads, now)
        for begin in range(0, len(numbers), SLICE):
            await self._slice(numbers[begin : begin + SLICE], now, found)
        stalled = await desk.store.waiting_steps(now - LATE - timedelta(milliseconds=1))
        await desk.store.requeue(stalled)
        result = Audit(
            at=now,
            incidents=len(heads),
            missing=tuple(found.missing),
            stalled=tuple(stalled),
            broken=tuple(found.broken),
        )
        await _tell(desk, result, found.well)
        return result

    def _chosen(self, heads: Sequence[tuple[int, int]], now: datetime) -> list[int]:
        """Changed, due or never seen ones, and of the others those whose turn was longest ago."""
        self.seen = {n: self.seen[n] for n, _ in heads if n in self.seen}
        must: list[int] = []
        may: list[int] = []
        for number, version in heads:
            seen = self.seen.get(number)
            calm = seen is not None and seen.version == version and seen.until > now
            (may if calm else must).append(number)
        may.sort(key=lambda n: self.seen[n].turn)
        return must + may[:IN_TURN]

    async def _slice(self, numbers: Sequence[int], now: datetime, found: _Found) -> None:
        living = await self.desk.store.living_steps(numbers)
        incidents = await self.desk.store.incidents_of(numbers, keep=False)
        for number in numbers:
            await asyncio.sleep(0)
            try:
                await self._one(number, incidents.get(number), living[number], now, found)
            except Exception as e:  # flow guard: an incident that cannot be read must not hide the others
                log.exception("audit_failed", extra={"incident": number})
                found.broken.append(number)
                detail = f"{number}号事件不能核对（{type(e).__name__}：{e}），请运行 yqbot verify 查明，必要时用备份恢复。"
                await self.desk.store.report_problem("audit", str(number), detail, now)
            else:
                found.well.add(str(number))

    async def _one(self, number: int, incident: Incident | None, living: set[str], now: datetime, found: _Found) -> None:
        """Compare one incident with its rows; what is missing is written again."""
        self.seen.pop(number, None)
        settings = self.desk.settings
        wanted = ladder.steps(incident, settings) if incident is not None else ()
        lost = incident is None or any(s.key not in living for s in wanted)
        if lost:
            found.missing += await _repaired(self.desk, number)
        if incident is None or settle(incident, settings, now):
            with contextlib.suppress(NotFound):
                await change(self.desk, number, lambda i: ())
            return
        if lost:
            return
        ends = (c.due_at + timedelta(milliseconds=1) for c in incident.clocks if c.running)
        later = min((at for at in (*(s.fire_at for s in wanted), *ends) if at > now), default=datetime.max.replace(tzinfo=UTC))
        self.seen[number] = _Seen(incident.version, later, self.turn)


async def audit(desk: Desk) -> Audit:
    """One pass over everything, without memory of earlier ones."""
    return await Auditor(desk=desk).run()


async def _repaired(desk: Desk, number: int) -> list[str]:
    """Keys that had no living row and have one now; an incident that changes under our hands is looked at again."""
    for _ in range(TRIES):
        current = await desk.store.incident(number)
        if current is None:
            return []
        alive = {r.key for r in await desk.store.steps_of(number) if r.state != "cancelled"}
        wanted = ladder.steps(current, desk.settings)
        lost = [s.key for s in wanted if s.key not in alive]
        if not lost:
            return []
        if await desk.store.commit(Change(incident=current, base_version=current.version, events=(), steps=wanted)):
            return lost
    return []


async def _tell(desk: Desk, result: Audit, well: set[str]) -> None:
    for p in await desk.store.problems():
        if p.kind == "audit" and p.subject in well:
            await desk.store.resolve_problem("audit", p.subject, result.at)
    missing = f"有{len(result.missing)}个到点步骤缺少记录，已补入队列。" if result.missing else ""
    stalled = f"有{len(result.stalled)}个步骤到点2分钟仍未送达，请检查企业微信连接。" if result.stalled else ""
    for subject, detail in (("missing", missing), ("stalled", stalled)):
        if detail:
            await desk.store.report_problem("audit", subject, detail, result.at)
        else:
            await desk.store.resolve_problem("audit", subject, result.at)
    last = LastAudit(
        at=result.at,
        incidents=result.incidents,
        missing=len(result.missing),
        stalled=len(result.stalled),
        broken=len(result.broken),
    )
    await desk.store.set_meta(LAST_AUDIT, write_audit(last))
