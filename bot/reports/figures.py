"""Events to figures of a review: pure. Every number is read from the incident's own events, state and messages, nothing else.

figures(incident, events, messages, settings, now=...) -> ReviewFigures      every format prints these and no others
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from bot import labels
from bot.reports.chronicle import Teller, reason_text, split
from bot.reports.clock_rows import clock_rows, since, start_rows
from bot.reports.names import Names, print_office
from bot.reports.rows import ChainRow, OutageRow, ReviewFigures, Sent, Spread
from bot.reports.trail_rows import (
    PUBLIC,
    check_rows,
    gate_rows,
    max_silence,
    old_rumour_row,
    people_rows,
    referral_rows,
    register_text,
    release_rows,
    stage_rows,
    toll_rows,
    turn_rows,
    upward_rows,
)
from bot.store.port import MessageRow, Problem, StoredEvent
from config.schema import Settings
from playbooks.fold import RELEASES
from playbooks.hearsay import by_hearsay
from playbooks.incident import Incident

HOUR = timedelta(hours=1)
WINDOW = timedelta(hours=24)
ABOVE = frozenset({"unit_head", "deputy_in_charge", "principal", "arbiter"})
"""Roles whose steps count as 提级提醒."""


def spread(incident: Incident, names: Names) -> Spread:
    """Items by source and hour; before and after the first public response, one day each way."""
    times = sorted(m.at for m in incident.members)
    sources = Counter(names.source(m.source) for m in incident.members)
    hours = Counter(t.replace(minute=0, second=0, microsecond=0) for t in times)
    released = min((e.at for e in incident.evidence if e.kind in RELEASES), default=None)
    before = len([t for t in times if released - WINDOW <= t < released]) if released else None
    after = len([t for t in times if released <= t < released + WINDOW]) if released else None
    return Spread(
        total=len(times),
        by_source=tuple(sorted(sources.items(), key=lambda x: (-x[1], x[0]))),
        by_hour=tuple(sorted(hours.items())),
        first_at=times[0] if times else None,
        peak=max(hours.items(), key=lambda x: (x[1], -x[0].timestamp())) if hours else None,
        before=before,
        after=after,
    )


def sent(incident: Incident, events: Sequence[StoredEvent], messages: Sequence[MessageRow]) -> Sent:
    """Counts of reminders; a message stands for each of its steps' roles. Replies and redrawn cards are none."""
    messages = [m for m in messages if m.kind not in ("reply", "update")]
    ack = next((e.at for e in events if e.kind == "acknowledged"), None)
    seen = [(m.seen_at - m.sent_at).total_seconds() for m in messages if m.seen_at and m.sent_at]
    repeats = {str(e.data.get("message")) for e in events if e.kind == "notified" and e.data.get("repeat")}
    late = [m for m in messages if m.sent_at and m.sent_at - m.due_at > timedelta(minutes=2)]
    kinds = Counter(labels.CARDS.get(m.kind, "其他") for m in messages)
    return Sent(
        recorded=bool(messages),
        total=len(messages),
        delivered=sum(1 for m in messages if m.sent_at),
        failed=sum(1 for m in messages if m.state == "failed"),
        repeated=len(repeats),
        late=len(late),
        escalations=sum(1 for m in messages if _roles(m) & ABOVE),
        by_kind=tuple(sorted(kinds.items(), key=lambda x: (-x[1], x[0]))),
        t_ack=ack - incident.alarmed_at if ack and incident.alarmed_at else None,
        median_seen=timedelta(seconds=median(seen)) if seen else None,
    )


def _roles(message: MessageRow) -> set[str]:
    """Roles of the steps a message carries; the key is number:clock:code:role:instant."""
    return {parts[-2] for parts in (key.split(":") for key in message.steps) if len(parts) >= 5}


def chain(events: Sequence[StoredEvent], anchor: str) -> ChainRow:
    """Whether numbers run on and each record names the one before it (`yqbot verify` also recomputes the digests)."""
    whole = all(b.seq == a.seq + 1 and b.prev == a.hash for a, b in pairwise(events))
    return ChainRow(
        length=len(events), last_hash=events[-1].hash if events else "", whole=whole and bool(events), anchor=anchor
    )


def outages(problems: Sequence[Problem], incident: Incident, now: datetime) -> tuple[OutageRow, ...]:
    """Faults of the tool that overlap the life of the matter."""
    end = incident.closed_at or now
    return tuple(
        OutageRow(
            kind=p.kind,
            detail=p.detail,
            first_at=p.first_at,
            last_at=p.resolved_at if p.kind == "outage" and p.resolved_at else p.last_at,
            count=p.count,
            resolved=p.resolved_at is not None,
        )
        for p in problems
        if p.first_at <= end and (p.resolved_at or p.last_at) >= incident.opened_at
    )


def _levels(incident: Incident) -> tuple[tuple[datetime, str, bool, str], ...]:
    return tuple(
        (
            a.at,
            labels.LEVELS[a.level.code if a.level else "unknown"],
            a.confirmed,
            "；".join(reason_text(r) for r in a.reasons),
        )
        for a in incident.assessments
    )


def _earliest(incident: Incident, kinds: frozenset[str]) -> datetime | None:
    return min((e.at for e in incident.evidence if e.kind in kinds), default=None)


def _detection(incident: Incident) -> timedelta | None:
    first, found = incident.starts.first_public_at, incident.starts.detected_at
    return found.value - first.value if first and found else None


def _publishers(incident: Incident) -> tuple[tuple[str, str], ...]:
    """The register as entered, names included: annex only."""
    return tuple(
        (f"{labels.EVIDENCE_KINDS.get(e.kind, e.kind)} {labels.stamp(e.at)}", register_text(e))
        for e in incident.evidence
        if e.kind in PUBLIC and e.detail
    )


def _overview(incident: Incident, names: Names) -> Mapping[str, object]:
    level = incident.level
    settings, place = names.settings, incident.place
    category = settings.category(incident.category)
    return {
        "number": incident.number,
        "subject": f"{place.detail or place.county or place.city or settings.organisation.short}{category.neutral}",
        "title": names.scrub(incident.title),
        "organisation": settings.organisation.name,
        "report_to": settings.organisation.report_to,
        "copy_to": settings.organisation.copy_to,
        "print_office": print_office(settings.organisation),
        "drill": incident.drill,
        "status": labels.STATUS[incident.status.value],
        "level": labels.LEVELS[level.code if level else "unknown"],
        "level_confirmed": incident.confirmed is not None,
        "level_hearsay": by_hearsay(incident, settings),
        "levels": _levels(incident),
        "category": category.name,
        "place": place.text,
        "opened_at": incident.opened_at,
        "closed_at": incident.closed_at,
        "unit": names.unit(incident.primary_unit) if incident.primary_unit else "",
    }


def figures(
    incident: Incident,
    events: Sequence[StoredEvent],
    messages: Sequence[MessageRow],
    settings: Settings,
    *,
    now: datetime,
    problems: Sequence[Problem] = (),
    anchor: str = "",
) -> ReviewFigures:
    """Figures of one matter as its records stand at `now`."""
    names = Names(settings=settings)
    handling, opinion = split(Teller(incident=incident, names=names).lines(events))
    releases = release_rows(incident, events, names)
    return ReviewFigures(
        **_overview(incident, names),  # type: ignore[arg-type]
        generated_at=now,
        starts=start_rows(incident, names),
        first_release=since(incident, _earliest(incident, RELEASES)),
        conference=since(incident, _earliest(incident, frozenset({"press_conference"}))),
        detection=_detection(incident),
        stages=stage_rows(incident, events),
        handling=handling,
        opinion=opinion,
        clocks=clock_rows(incident, events, names, "public"),
        upward_clocks=clock_rows(incident, events, names, "upward"),
        internal_clocks=clock_rows(incident, events, names, "internal"),
        service_clocks=clock_rows(incident, events, names, "service"),
        upward=upward_rows(incident, events, names),
        toll=toll_rows(events, names),
        releases=releases,
        max_silence=max_silence(releases),
        gates=gate_rows(incident, events),
        turns=turn_rows(incident, events, names),
        checks=check_rows(events, names),
        referrals=referral_rows(events, names),
        rumour=incident.disposition == "false_info" or any(v.result == "false" for v in incident.verifications),
        spread=spread(incident, names),
        sent=sent(incident, events, messages),
        relapses=sum(1 for e in events if e.kind in ("reopened", "changed")),
        chain=chain(events, anchor),
        outages=outages(problems, incident, now),
        people=people_rows(events, names),
        attested_by=tuple((labels.GATES.get(a.gate, a.gate), a.name) for a in incident.attestations),
        publishers=_publishers(incident),
        old_rumour=old_rumour_row(incident, events, names),
    )
