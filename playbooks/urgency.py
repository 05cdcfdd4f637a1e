"""What makes a matter urgent: somebody hurt or missing, a grade of the two gravest, grave consequences nobody has refuted (practice.md §2.2)."""

from __future__ import annotations

from datetime import datetime

from config.schema import Level
from playbooks.incident import Incident

GRAVEST = (Level.ESPECIALLY_MAJOR, Level.MAJOR)
HURT = ("deaths", "injured", "missing", "trapped", "poisoned")


def figures_of(incident: Incident, *standings: str) -> dict[str, float | None]:
    """Newest value of each metric, of the given standings or of any."""
    out: dict[str, float | None] = {}
    for f in incident.figures:
        if not standings or f.standing in standings:
            out[f.metric] = float(f.value)
    return out


def casualties(incident: Incident) -> bool:
    """Somebody is stated dead, hurt, missing or trapped."""
    known = figures_of(incident)
    return any((known.get(m) or 0) > 0 for m in HURT)


def refuted(incident: Incident) -> bool:
    """Two named parties say it is not so, and nobody says it is (practice.md §2.15)."""
    said = [v.result for v in incident.verifications]
    return said.count("false") >= 2 and not {"true", "partly"} & set(said)


def urgent_since(incident: Incident) -> datetime | None:
    """When what makes the matter urgent was first known to the desk, never before it alarmed.

    What is owed because of a toll is counted from the toll: a matter that rang quietly and learns of it hours later has its whole limit.
    """
    if incident.alarmed_at is None:
        return None
    known = [f.at for f in incident.figures if f.metric in HURT and f.value > 0]
    known += [a.at for a in incident.assessments if a.confirmed and a.level in GRAVEST]
    if incident.high_consequence and not refuted(incident):
        known.append(incident.alarmed_at)
    return max(incident.alarmed_at, min(known, default=incident.alarmed_at))
