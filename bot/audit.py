"""The watcher watched: derive again, with the pure ladder, what should have been due, and compare it with the rows.

Anything that should have fired and has no row, or whose row is still unsent after two minutes, is put back in the queue and
told as a problem (design.md §3.10). One damaged incident hides no other.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.desk import Desk, NotFound, change
from bot.engine_health import LAST_AUDIT, LastAudit, write_audit
from bot.store.port import Change
from playbooks import ladder

log = logging.getLogger(__name__)

LATE = timedelta(minutes=2)
ON_THE_WAY = frozenset({"pending", "sending", "unknown"})
TRIES = 3


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
    stalled: list[str] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)


async def audit(desk: Desk) -> Audit:
    """One pass over the open incidents that alarmed."""
    now = desk.now()
    found = _Found()
    numbers = await desk.store.open_numbers()
    for number in numbers:
        try:
            await _one(desk, number, now, found)
        except Exception as e:  # flow guard: an incident that cannot be read must not hide the others
            log.exception("audit_failed", extra={"incident": number})
            found.broken.append(number)
            detail = f"{number}号事件不能核对（{type(e).__name__}：{e}），请运行 yqbot verify 查明，必要时用备份恢复。"
            await desk.store.report_problem("audit", str(number), detail, now)
        else:
            await desk.store.resolve_problem("audit", str(number), now)
    await desk.store.requeue(found.stalled)
    result = Audit(
        at=now,
        incidents=len(numbers),
        missing=tuple(found.missing),
        stalled=tuple(found.stalled),
        broken=tuple(found.broken),
    )
    await _tell(desk, result)
    counts = (len(result.missing), len(result.stalled), len(result.broken))
    last = LastAudit(at=now, incidents=result.incidents, missing=counts[0], stalled=counts[1], broken=counts[2])
    await desk.store.set_meta(LAST_AUDIT, write_audit(last))
    return result


async def _one(desk: Desk, number: int, now: datetime, found: _Found) -> None:
    """Compare one incident with its rows; what is missing is written again."""
    try:
        await change(desk, number, lambda i: ())
    except NotFound:
        return
    found.missing += await _repaired(desk, number)
    rows = await desk.store.steps_of(number)
    found.stalled += [r.key for r in rows if r.state in ON_THE_WAY and r.fire_at + LATE < now]


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


async def _tell(desk: Desk, result: Audit) -> None:
    if result.missing:
        detail = f"有{len(result.missing)}个到点步骤缺少记录，已补入队列。"
        await desk.store.report_problem("audit", "missing", detail, result.at)
    else:
        await desk.store.resolve_problem("audit", "missing", result.at)
    if result.stalled:
        detail = f"有{len(result.stalled)}个步骤到点2分钟仍未送达，请检查企业微信连接。"
        await desk.store.report_problem("audit", "stalled", detail, result.at)
    else:
        await desk.store.resolve_problem("audit", "stalled", result.at)
