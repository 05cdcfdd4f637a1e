"""The watcher watched: derive again, with the pure ladder, what should have been due, and compare it with the rows.

Anything that should have fired and has no row, or whose row is still unsent after two minutes, is put back in the queue and
told as a problem (design.md §3.10).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.desk import Desk, change
from bot.store.port import Change
from playbooks import ladder

LATE = timedelta(minutes=2)
ON_THE_WAY = frozenset({"pending", "sending", "unknown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Result of one pass: incidents looked at, steps that had no row, steps unsent for too long."""

    at: datetime
    incidents: int
    missing: tuple[str, ...]
    stalled: tuple[str, ...]

    @property
    def clean(self) -> bool:
        return not self.missing and not self.stalled


async def audit(desk: Desk) -> Audit:
    """One pass over the open incidents that alarmed."""
    now = desk.now()
    missing: list[str] = []
    stalled: list[str] = []
    incidents = await desk.store.incidents(open_only=True, alarmed_only=True)
    for incident in incidents:
        await change(desk, incident.number, lambda i: ())
        current = await desk.store.incident(incident.number)
        if current is None:
            continue
        rows = {r.key: r for r in await desk.store.steps_of(incident.number)}
        wanted = ladder.steps(current, desk.settings)
        lost = [s.key for s in wanted if s.key not in rows]
        if lost:
            missing += lost
            repaired = Change(incident=current, base_version=current.version, events=(), steps=wanted)
            await desk.store.commit(repaired)
        stalled += [r.key for r in rows.values() if r.state in ON_THE_WAY and r.fire_at + LATE < now]
    result = Audit(at=now, incidents=len(incidents), missing=tuple(missing), stalled=tuple(stalled))
    await _tell(desk, result)
    return result


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
