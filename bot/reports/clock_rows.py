"""The table of clocks: what was due from when, what was done when, and the verdict, from frozen clocks and their evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot import labels
from bot.reports.chronicle import evidence_text
from bot.reports.names import Names
from bot.reports.rows import ClockRow, Since, StartRow
from bot.store.port import StoredEvent
from config.schema import Settings
from playbooks.incident import Clock, ClockState, Incident

CLAIMED = frozenset({"occurred_at", "first_public_at", "reported_at"})
"""Starts that rest on what somebody said; the others are our own records."""

START_NAMES = ("occurred_at", "first_public_at", "detected_at", "reported_at", "recognised_at")


def since(incident: Incident, at: datetime | None) -> Since:
    """`at` measured from the three instants a review shows side by side (practice.md §2.1)."""

    def from_(name: str) -> timedelta | None:
        start = incident.starts.get(name)
        return at - start.value if at is not None and start is not None else None

    return Since(occurred=from_("occurred_at"), detected=from_("detected_at"), recognised=from_("recognised_at"))


def start_rows(incident: Incident, names: Names) -> tuple[StartRow, ...]:
    out = []
    for code in START_NAMES:
        found = incident.starts.get(code)
        source = (labels.START_SOURCES.get(found.source) or names.source(found.source)) if found else ""
        out.append(
            StartRow(
                name=labels.STARTS[code],
                at=found.value if found else None,
                source=source,
                evidence=evidence_text(incident, names, found.evidence) if found else "",
                confirmed=bool(found and (found.confirmed_by or code not in CLAIMED)),
            )
        )
    return tuple(out)


def evidence_seqs(events: Sequence[StoredEvent]) -> Mapping[str, int]:
    """Evidence id -> voucher: the event that registered it, or the proposal that did once it was seconded."""
    out: dict[str, int] = {}
    for event in events:
        for holder in (event.data, event.data.get("data")):
            evidence = holder.get("evidence") if isinstance(holder, Mapping) else None
            if isinstance(evidence, Mapping) and evidence.get("id"):
                out[str(evidence["id"])] = event.seq
    return out


def settled_seqs(events: Sequence[StoredEvent]) -> Mapping[str, int]:
    """Clock id -> the last event that settled it."""
    kinds = ("clock_met", "clock_overdue", "outcome", "waived", "clock_superseded")
    return {str(e.data.get("id")): e.seq for e in events if e.kind in kinds}


def verdict(clock: Clock) -> tuple[str, bool | None]:
    """Chinese verdict and whether it counts as on time; None where it is neither (practice.md §4)."""
    if clock.state is ClockState.MET:
        return "按时", True
    if clock.state in (ClockState.MET_LATE, ClockState.OVERDUE):
        if clock.by_regrade:
            return "升级时已届满", None
        return ("超时", False) if clock.state is ClockState.MET_LATE else ("超时，尚未办理", False)
    if clock.state is ClockState.WAIVED:
        return "免除", None
    if clock.state is ClockState.OTHER_OUTCOME:
        return labels.OUTCOMES.get(clock.outcome, "另有结论"), None
    if clock.state is ClockState.SUPERSEDED and clock.start_kind == "last_release_at":
        return "不再提醒", None
    if clock.state is ClockState.SUPERSEDED:
        return f"不再适用（{labels.OUTCOMES.get(clock.outcome, '已被替代')}）", None
    return ("预置，未触发" if clock.latent else "未到期"), None


def _clause_texts(clock: Clock, settings: Settings) -> tuple[tuple[str, datetime], ...]:
    """Each written source with its own due time, the binding one first."""
    out = []
    for basis in clock.basis:
        profile = settings.profiles.get(basis.profile)
        out.append((f"{basis.text}（{profile.name if profile else basis.profile}）", basis.due_at))
    return tuple(out)


def clock_rows(incident: Incident, events: Sequence[StoredEvent], names: Names, track: str) -> tuple[ClockRow, ...]:
    """Clocks of one track in order of their due times."""
    evidence, settled = evidence_seqs(events), settled_seqs(events)
    chosen = sorted((c for c in incident.clocks if c.track == track), key=lambda c: (c.due_at, c.id))
    return tuple(_row(incident, c, names, evidence, settled) for c in chosen)


def _row(incident: Incident, c: Clock, names: Names, evidence: Mapping[str, int], settled: Mapping[str, int]) -> ClockRow:
    start = incident.starts.get(c.start_kind)
    word, on_time = verdict(c)
    return ClockRow(
        name=c.name if c.cycle <= 1 else f"{c.name}（第{c.cycle}次）",
        duty=c.duty,
        track=c.track,
        bases=_clause_texts(c, names.settings),
        start_name=labels.STARTS.get(c.start_kind, c.start_kind),
        start_at=c.start_at,
        start_evidence=evidence_text(incident, names, start.evidence) if start else "",
        start_confirmed=c.start_kind not in CLAIMED or start is None or bool(start.confirmed_by),
        due_at=c.due_at,
        actual_at=c.satisfied_at,
        margin=c.due_at - c.satisfied_at if c.satisfied_at else None,
        verdict=word,
        on_time=on_time,
        seq=evidence.get(c.satisfied_by) or settled.get(c.id),
        since=since(incident, c.satisfied_at),
        explanation=names.scrub(c.explanation),
        by_regrade=c.by_regrade,
        repeating=c.start_kind == "last_release_at",
    )
