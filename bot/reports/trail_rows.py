"""The paper trail: figures of casualties, releases, gates, orders, verifications, people, all traced to events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from bot import labels
from bot.reports.chronicle import LATE_AFTER, happened
from bot.reports.clock_rows import evidence_seqs
from bot.reports.names import Names
from bot.reports.rows import CheckRow, GateRow, OldRumourRow, PersonRow, ReleaseRow, StageRow, TollRow, TurnRow, UpwardRow
from bot.store.port import StoredEvent
from config.vocabulary import UPWARD
from playbooks.fold import RELEASES
from playbooks.incident import Evidence, Incident
from playbooks.rumours import OLD, old_rumour

PUBLIC = RELEASES | {"brief_info"}


def toll_rows(events: Sequence[StoredEvent], names: Names) -> tuple[TollRow, ...]:
    """How the figures moved: one row a stated number."""
    out = []
    for e in events:
        f = e.data.get("figure")
        if e.kind == "figure" and isinstance(f, Mapping):
            out.append(
                TollRow(
                    at=e.at,
                    metric=labels.METRICS.get(str(f.get("metric")), str(f.get("metric"))),
                    value=int(str(f.get("value"))),
                    standing=labels.STANDINGS.get(str(f.get("standing")), labels.UNKNOWN),
                    source=names.source(str(f.get("source", ""))),
                    seq=e.seq,
                )
            )
    return tuple(out)


def release_rows(incident: Incident, events: Sequence[StoredEvent], names: Names) -> tuple[ReleaseRow, ...]:
    seqs = evidence_seqs(events)
    released = sorted((e for e in incident.evidence if e.kind in PUBLIC), key=lambda e: (e.at, e.id))
    return tuple(
        ReleaseRow(
            at=e.at,
            recorded_at=e.recorded_at,
            kind=labels.EVIDENCE_KINDS.get(e.kind, e.kind),
            url=e.url,
            fields=tuple((label, code not in e.missing) for code, label in labels.REGISTER_FIELDS.items()),
            detail=names.scrub(register_text(e)),
            seq=seqs.get(e.id),
            late=e.recorded_at - e.at > LATE_AFTER,
        )
        for e in released
    )


def register_text(evidence: Evidence) -> str:
    """The register fields as given, with Chinese names."""
    text = evidence.detail
    for code, label in labels.REGISTER_FIELDS.items():
        text = text.replace(f"{code}=", f"{label}：")
    return text


def max_silence(releases: Sequence[ReleaseRow]) -> timedelta | None:
    """Longest time between two releases; None with fewer than two."""
    times = [r.at for r in releases]
    return max((b - a for a, b in pairwise(times)), default=None)


def upward_rows(incident: Incident, events: Sequence[StoredEvent], names: Names) -> tuple[UpwardRow, ...]:
    seqs = evidence_seqs(events)
    return tuple(
        UpwardRow(
            at=e.at,
            recorded_at=e.recorded_at,
            detail=names.scrub(f"书面：{e.detail}" if e.kind == "upward_written" else e.detail),
            who=names.person(e.by),
            seq=seqs.get(e.id),
        )
        for e in incident.evidence
        if e.kind in UPWARD
    )


def gate_rows(incident: Incident, events: Sequence[StoredEvent]) -> tuple[GateRow, ...]:
    """The four gates in order; the wait counts from the latest earlier step (签收 or another gate)."""
    seqs = {str(e.data.get("gate")): e.seq for e in events if e.kind == "attested"}
    passed = {a.gate: a.at for a in incident.attestations}
    turn = incident.assignment
    known = [t for t in (turn.signed_at if turn else None, *passed.values()) if t is not None]
    out = []
    for gate, label in labels.GATES.items():
        at = passed.get(gate)
        before = [t for t in known if at is not None and t < at]
        wait = at - max(before) if at is not None and before else None
        out.append(GateRow(gate=label, at=at, wait=wait, seq=seqs.get(gate)))
    return tuple(out)


def turn_rows(incident: Incident, events: Sequence[StoredEvent], names: Names) -> tuple[TurnRow, ...]:
    ruled = {e.at for e in events if e.kind == "arbitrated"}
    out = []
    for a in incident.assignments:
        end = a.returned_at or a.signed_at
        first = min((t for t in (a.signed_at, a.returned_at) if t), default=None)
        out.append(
            TurnRow(
                unit=names.unit(a.unit),
                ruled=a.at in ruled,
                at=a.at,
                signed_at=a.signed_at,
                returned_at=a.returned_at,
                waited=(first or end) - a.at if end and first else None,
                reason=names.scrub(a.reason),
                basis=names.scrub(a.basis),
                suggested=names.scrub(a.suggested),
            )
        )
    return tuple(out)


def check_rows(events: Sequence[StoredEvent], names: Names) -> tuple[CheckRow, ...]:
    """核实: who found what, in order, including those a later 情况有变 put aside."""
    out = []
    for e in events:
        if e.kind == "verified":
            party = names.unit(str(e.data["party"])) if e.data.get("party") else names.person(e.actor)
            result = labels.VERIFY_RESULTS.get(str(e.data.get("result")), labels.UNKNOWN)
            source = names.scrub(str(e.data.get("source", "")))
            out.append(CheckRow(at=e.at, what=party, result=result, source=source, seq=e.seq))
    return tuple(out)


def referral_rows(events: Sequence[StoredEvent], names: Names) -> tuple[CheckRow, ...]:
    out = []
    for e in events:
        if e.kind == "noted" and e.data.get("note") == "referral":
            text = names.scrub(str(e.data.get("text", "")))
            out.append(CheckRow(at=happened(e), what="移送线索", result=text, source=names.person(e.actor), seq=e.seq))
    return tuple(out)


def stage_rows(incident: Incident, events: Sequence[StoredEvent]) -> tuple[StageRow, ...]:
    """The way to the first release, step by step: each from the step before it, in the order things happened."""
    release = min((e.at for e in incident.evidence if e.kind in RELEASES), default=None)
    gates = {a.gate: a.at for a in incident.attestations}
    marks = (
        ("收到", _first(events, "acknowledged")),
        ("首次核实", _first(events, "verified")),
        ("交办", _first(events, "assigned")),
        ("签收", _first(events, "signed")),
        ("会签", gates.get("countersign")),
        ("保密审查", gates.get("secrecy")),
        ("审定", gates.get("approval")),
        ("首次公开回应", release),
    )
    out: list[StageRow] = []
    before, last = "发出提醒", incident.alarmed_at
    passed = sorted(((at, name) for name, at in marks if at is not None), key=lambda x: x[0])
    for at, name in passed:
        if last is None or at < last:
            continue
        out.append(StageRow(name=f"{before}至{name}", begin=last, end=at))
        before, last = name, at
    return tuple(out)


def _first(events: Iterable[StoredEvent], kind: str) -> datetime | None:
    return next((e.at for e in events if e.kind == kind), None)


def people_rows(events: Sequence[StoredEvent], names: Names) -> tuple[PersonRow, ...]:
    """The restricted annex: who acted, with the vouchers of what each did."""
    acts: dict[str, list[int]] = {}
    for e in events:
        if e.actor_kind == "officer":
            acts.setdefault(e.actor, []).append(e.seq)
    out = []
    for userid, seqs in acts.items():
        officer = names.settings.organisation.officer(userid)
        roles = "、".join(labels.ROLES.get(r, r) for r in officer.roles) if officer else ""
        fallback = next((e.actor_name for e in events if e.actor == userid and e.actor_name), labels.UNKNOWN)
        out.append(
            PersonRow(
                name=officer.name if officer else fallback,
                unit=names.unit(officer.unit) if officer else labels.UNKNOWN,
                title=officer.title if officer else labels.UNKNOWN,
                roles=roles or labels.UNKNOWN,
                vouchers=tuple(seqs),
            )
        )
    return tuple(out)


def old_rumour_row(incident: Incident, events: Sequence[StoredEvent], names: Names) -> OldRumourRow | None:
    """The newest recognition of an old rumour and the event that records it."""
    known = old_rumour(incident)
    told = [e for e in events if e.kind == "noted" and e.data.get("note") == OLD]
    if known is None or not told:
        return None
    return OldRumourRow(at=told[-1].at, on=known.on, title=names.scrub(known.title), url=known.url, seq=told[-1].seq)
