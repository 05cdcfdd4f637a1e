"""How the engine stands, for the board, the doctor and /metrics: lateness of the last hour, what waits, leases, the last audit.

Read from the database alone, so any process with the store can ask, also one that does not run the loops.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from bot.store.port import EngineFigures, Store
from playbooks.record import iso

LAST_AUDIT = "audit.last"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAudit:
    """What the newest pass of the auditor found (`bot.audit`): counts."""

    at: datetime
    incidents: int
    missing: int
    stalled: int
    broken: int

    @property
    def clean(self) -> bool:
        return not self.missing and not self.stalled and not self.broken


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineHealth:
    """`figures` at the instant `at`; `audit` None when no audit has ended yet."""

    at: datetime
    figures: EngineFigures
    audit: LastAudit | None

    @property
    def oldest_wait(self) -> float:
        """Seconds the oldest due step has been waiting to leave; 0 when none waits."""
        oldest = self.figures.oldest_unsent
        return 0.0 if oldest is None else max(0.0, (self.at - oldest).total_seconds())


async def engine_health(store: Store, now: datetime, wall: datetime) -> EngineHealth:
    """The figures at this instant. `now` is program time (desk.now()), `wall` judges leases (desk.lease()[0])."""
    figures = await store.engine_figures(now, wall)
    return EngineHealth(at=now, figures=figures, audit=read_audit(await store.meta(LAST_AUDIT)))


def read_audit(text: str | None) -> LastAudit | None:
    """The record of the last audit; None when there is none."""
    if not text:
        return None
    found = json.loads(text)
    return LastAudit(at=datetime.fromisoformat(found.pop("at")), **found)


def write_audit(last: LastAudit) -> str:
    """The text that `read_audit` reads."""
    return json.dumps(
        {
            "at": iso(last.at),
            "incidents": last.incidents,
            "missing": last.missing,
            "stalled": last.stalled,
            "broken": last.broken,
        }
    )
