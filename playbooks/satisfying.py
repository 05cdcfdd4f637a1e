"""What meets a clock: the evidence on record, and what an action proves by itself (received, verified, signed, ruled)."""

from __future__ import annotations

from datetime import datetime

from playbooks.incident import Clock, Evidence, Incident


def facts(incident: Incident) -> tuple[Evidence, ...]:
    """Evidence of every kind a clock may name, derived ones included (acknowledged, signed, verified ...)."""
    derived: list[Evidence] = []

    def add(kind: str, at: datetime, by: str) -> None:
        derived.append(Evidence(id=f"{kind}-{len(derived) + 1}", kind=kind, at=at, recorded_at=at, by=by))

    for who, at in incident.acknowledgements.items():
        add("acknowledged", at, who)
    for v in incident.verifications:
        add("verified", v.at, v.by)
    for n, a in enumerate(incident.assignments, 1):
        if a.signed_at:
            add(f"signed@{n}", a.signed_at, a.signed_by)
        if a.returned_at:
            add(f"returned@{n}", a.returned_at, a.returned_by)
        if incident.arbitrated_by and a.by == incident.arbitrated_by:
            add("arbitrated", a.at, a.by)
    return (*derived, *incident.evidence)


def _matches(clock: Clock, kind: str) -> bool:
    if clock.code == "sign":
        return kind in {f"{k}@{clock.cycle}" for k in clock.met_by}
    return kind in clock.met_by


def satisfied(clock: Clock, incident: Incident) -> Evidence | None:
    """The piece of evidence that completes the clock: the n-th earliest of a kind it accepts, never before its start."""
    repeating = clock.start_kind == "last_release_at"
    fit = sorted((e for e in facts(incident) if _matches(clock, e.kind)), key=lambda e: e.at)
    fit = [e for e in fit if (e.at > clock.start_at if repeating else True)]
    if clock.code == "verify" and any(v.result == "true" for v in incident.verifications):
        return fit[0] if fit else None
    return fit[clock.needs - 1] if len(fit) >= clock.needs else None
