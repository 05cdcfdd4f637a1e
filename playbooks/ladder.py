"""The ladder: which step of which clock reaches which role, and when. The ONLY place that decides what alarms whom and when.

Pure: the same incident and settings give the same steps, whatever the hour. The store keeps them as rows; the audit derives
them again and compares (design.md §2). Every time is absolute; jitter is derived from the key and only ever earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One rung of one clock for one role. `due_at` is nominal, `fire_at` the jittered or brought-forward instant."""

    key: str
    clock_id: str
    clock_code: str
    code: str
    role: str
    card: str
    due_at: datetime
    fire_at: datetime
    priority: int = 5
