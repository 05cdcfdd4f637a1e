"""Whether a suggested grade rests on nothing but what the net says: no figure that somebody reported or confirmed reaches it.

Pure. The machine suggests from hearsay too, for the clocks; whoever reads the suggestion must see what it rests on (practice.md §2.4-5).
"""

from __future__ import annotations

from config.schema import Settings
from playbooks.incident import Incident
from playbooks.severity import MISSING_LIKE, grade
from playbooks.triage import COUNTED, FEED

TOLD = ("reported", "confirmed")


def by_hearsay(i: Incident, settings: Settings) -> bool:
    """True where the present grade is the monitors' suggestion and the figures without hearsay give a lower one or none."""
    level = i.level
    if level is None or i.confirmed is not None:
        return False
    if any(a.level == level and a.by != FEED.id for a in i.assessments):
        return False
    told = {m: i.latest(m, *TOLD) for m in COUNTED}
    found = grade(
        settings.category(i.category),
        {m: f.value if f else None for m, f in told.items()},
        settings.thresholds,
        adding=MISSING_LIKE,
    )
    return found.level is None or found.level > level
