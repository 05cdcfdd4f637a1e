"""One matter as a page: clocks with every source, figures in three columns, orders, register, gates, timeline, messages. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import labels
from bot.board.overview import Row, clock_mark, row, tone
from bot.reports.chronicle import Line, Teller, evidence_text, why_text
from bot.reports.clock_rows import verdict
from bot.reports.names import Names
from bot.reports.rows import GateRow, ReleaseRow, TurnRow, UpwardRow
from bot.reports.trail_rows import gate_rows, release_rows, turn_rows, upward_rows
from bot.store.kept import Try
from bot.store.port import MessageRow, StepRow, StoredEvent
from config.schema import Playbook, Settings
from playbooks import merged
from playbooks.guide import suited
from playbooks.incident import Clock, ClockState, Incident, Member

ITEMS_SHOWN = 100
STEPS_SHOWN = 12
TONES = {ClockState.MET: "done", ClockState.MET_LATE: "late"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockLine:
    """One clock, running or settled. `bases` pairs each written source with its own due time."""

    name: str
    duty: str
    track: str
    bases: tuple[tuple[str, datetime], ...]
    start_name: str
    start_at: datetime
    evidence: str
    claimed: bool
    due_at: datetime
    running: bool
    tone: str
    mark: str
    state: str
    why: str
    satisfied_at: datetime | None
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLine:
    """One message to one person."""

    at: datetime
    person: str
    kind: str
    state: str
    seen_at: datetime | None
    failed: bool
    error: str
    way: str = "企业微信"
    tries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """Reminders still to come at one instant for one duty; `role` names everyone they go to."""

    at: datetime
    role: str
    kind: str
    clock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    at: datetime
    source: str
    title: str
    url: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything the incident page shows."""

    row: Row
    clocks: tuple[ClockLine, ...]
    figures: tuple[tuple[str, tuple[str, str, str]], ...]
    turns: tuple[TurnRow, ...]
    arbitrated: bool
    releases: tuple[ReleaseRow, ...]
    upward: tuple[UpwardRow, ...]
    gates: tuple[GateRow, ...]
    talking_points: str
    timeline: tuple[Line, ...]
    items: tuple[ItemLine, ...]
    messages: tuple[MessageLine, ...]
    coming: tuple[StepLine, ...]
    playbooks: tuple[Playbook, ...]
    pending: tuple[str, ...]
    exclusion: str
    total: int
    came: tuple[int, ...] = ()
    higher: tuple[str, ...] = ()
    merged_into: int | None = None


def clock_lines(incident: Incident, names: Names, now: datetime) -> tuple[ClockLine, ...]:
    """Running first by what ends next, then the latent, the settled and the superseded."""

    def rank(c: Clock) -> tuple[bool, bool, bool, datetime]:
        return (c.state is ClockState.SUPERSEDED, not c.running, c.latent, c.due_at)

    return tuple(_clock_line(incident, c, names, now) for c in sorted(incident.clocks, key=rank))


def _clock_line(incident: Incident, c: Clock, names: Names, now: datetime) -> ClockLine:
    start = incident.starts.get(c.start_kind)
    word, _ = verdict(c)
    profiles = names.settings.profiles
    return ClockLine(
        name=c.name if c.cycle <= 1 else f"{c.name}（第{c.cycle}次）",
        duty=c.duty,
        track=labels.TRACKS.get(c.track, c.track),
        bases=tuple(
            (f"{b.text}（{profiles[b.profile].name if b.profile in profiles else b.profile}）", b.due_at) for b in c.basis
        ),
        start_name=labels.STARTS.get(c.start_kind, c.start_kind),
        start_at=c.start_at,
        evidence=evidence_text(incident, names, start.evidence) if start else "",
        claimed=bool(start and c.start_kind == "occurred_at" and not start.confirmed_by),
        due_at=c.due_at,
        running=c.running,
        tone=tone(c, now) if c.running else TONES.get(c.state, "gone"),
        mark=clock_mark(c) if c.running else "",
        state=labels.CLOCK_STATES[c.state.value] if c.running else word.partition("（")[0],
        why="" if c.running else word.partition("（")[2].rstrip("）"),
        satisfied_at=c.satisfied_at,
        explanation=c.explanation,
    )


def figure_rows(incident: Incident, names: Names) -> tuple[tuple[str, tuple[str, str, str]], ...]:
    """Metric by 网传 / 接报 / 核定: newest number of each with its source and time; unknown stays 不详."""
    known = [m for m in labels.METRICS if any(f.metric == m for f in incident.figures)]
    known += [f.metric for f in incident.figures if f.metric not in labels.METRICS and f.metric not in known]

    def cell(metric: str, standing: str) -> str:
        f = incident.latest(metric, standing)
        return f"{f.value}（{names.source(f.source)} {labels.stamp(f.at)}）" if f else labels.UNKNOWN

    return tuple(
        (labels.METRICS.get(m, m), (cell(m, "net"), cell(m, "reported"), cell(m, "confirmed"))) for m in dict.fromkeys(known)
    )


def message_lines(messages: Sequence[MessageRow], names: Names, tries: Sequence[Try] = ()) -> tuple[MessageLine, ...]:
    """Newest first, each with what was tried when the first try did not do."""
    tried: dict[str, list[str]] = {}
    for t in tries:
        answer = f"：{t.detail}" if t.detail and t.outcome != "sent" else ""
        tried.setdefault(t.message, []).append(f"{labels.stamp(t.at)} {labels.TRIED.get(t.outcome, t.outcome)}{answer}")
    tried = {ident: lines for ident, lines in tried.items() if len(lines) > 1 or "送达" not in lines[0]}
    ordered = sorted(messages, key=lambda m: m.sent_at or m.created_at, reverse=True)
    return tuple(
        MessageLine(
            at=m.sent_at or m.created_at,
            person=names.person(m.recipient),
            kind=labels.CARDS.get(m.kind, m.kind),
            state=labels.MESSAGE_STATES.get(m.state, m.state),
            seen_at=m.seen_at,
            failed=m.state in ("failed", "unknown"),
            error=m.error,
            way=labels.WAYS.get(m.kind, "企业微信"),
            tries=tuple(tried.get(m.id, ())),
        )
        for m in ordered
    )


def coming_steps(steps: Sequence[StepRow], incident: Incident) -> tuple[StepLine, ...]:
    """Reminders still pending, the next first."""
    clocks: Mapping[str, str] = {c.id: c.name for c in incident.clocks}
    pending = sorted((s for s in steps if s.state == "pending"), key=lambda s: (s.fire_at, s.key))
    together: dict[tuple[datetime, str, str], dict[str, None]] = {}
    for s in pending:
        what = (s.fire_at, labels.CARDS.get(s.card, s.card), clocks.get(s.clock_id, "即时通知"))
        together.setdefault(what, {})[labels.ROLES.get(s.role, s.role)] = None
    lines = [StepLine(at=at, role="、".join(roles), kind=kind, clock=clock) for (at, kind, clock), roles in together.items()]
    return tuple(lines[:STEPS_SHOWN])


def item_lines(members: Sequence[Member], names: Names, came: Sequence[Incident] = ()) -> tuple[ItemLine, ...]:
    """Own items and those of the matters put into this one, which bear that mark; the newest first."""
    own = [(m, why_text(m.why)) for m in members]
    theirs = [(m, merged.why(i.number)) for i in came for m in i.members]
    newest = sorted((*own, *theirs), key=lambda x: x[0].at, reverse=True)[:ITEMS_SHOWN]
    return tuple(ItemLine(at=m.at, source=names.source(m.source), title=m.title, url=m.url, why=reason) for m, reason in newest)


def higher_lines(incident: Incident, came: Sequence[Incident]) -> tuple[str, ...]:
    """Figures of matters put into this one that exceed its own, side by side."""
    return tuple(
        f"并入的{h.number}号{labels.STANDINGS.get(h.theirs.standing, h.theirs.standing)}"
        f"{labels.METRICS.get(h.theirs.metric, h.theirs.metric)}{h.theirs.value}，本件{h.ours.value if h.ours else labels.UNKNOWN}"
        for i in came
        for h in merged.higher(incident, i)
    )


def _pending(incident: Incident, names: Names) -> tuple[str, ...]:
    return tuple(
        f"{names.person(p.by)}提请{labels.EVENT_KINDS.get(p.kind, '更正')}，待第二人复核（{labels.stamp(p.at)}）"
        for p in incident.proposals
    )


def page(
    incident: Incident,
    events: Sequence[StoredEvent],
    messages: Sequence[MessageRow],
    steps: Sequence[StepRow],
    settings: Settings,
    now: datetime,
    tries: Sequence[Try] = (),
    came: Sequence[Incident] = (),
) -> Page:
    """The page of one matter at `now`."""
    names = Names(settings=settings, open_names=True)
    points = [n.text for n in incident.notes if n.kind == "talking_points"]
    reason = incident.exclusion.get("reason", "")
    return Page(
        row=row(incident, settings, now),
        clocks=clock_lines(incident, names, now),
        figures=figure_rows(incident, names),
        turns=turn_rows(incident, events, names),
        arbitrated=bool(incident.arbitrated_by),
        releases=release_rows(incident, events, names),
        upward=upward_rows(incident, events, names),
        gates=gate_rows(incident, events),
        talking_points=points[-1] if points else "",
        timeline=tuple(reversed(Teller(incident=incident, names=names).lines(events))),
        items=item_lines(incident.members, names, came),
        total=len(incident.members) + sum(len(i.members) for i in came),
        came=tuple(i.number for i in came),
        higher=higher_lines(incident, came),
        merged_into=incident.merged_into,
        messages=message_lines(messages, names, tries),
        coming=coming_steps(steps, incident) if incident.alarmed_at else (),
        playbooks=suited(settings, incident.category, incident.level),
        pending=_pending(incident, names),
        exclusion=labels.EXCLUSION_REASONS.get(reason, reason) if incident.exclusion and incident.open else "",
    )
