"""What a drill practised, against its targets: pure. Figures of a drill's own report; nothing of them enters any statistics.

The targets are the limits of the clauses that ran, and for what no clause limits the numbers of `drill.toml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import labels
from bot.reports.chronicle import Line, Teller, split
from bot.reports.clock_rows import evidence_seqs
from bot.reports.figures import chain
from bot.reports.names import Names
from bot.reports.rows import ChainRow, GateRow, PersonRow, ReleaseRow
from bot.reports.trail_rows import gate_rows, people_rows, release_rows
from bot.store.port import MessageRow, StoredEvent
from config.schema import Settings
from playbooks.incident import Clock, Incident

FICTION = "（虚构）"
FIRST_CARDS = ("first", "first_quiet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Practised:
    """One part of the work. `due` None: no target; `done` None: it was not done. `end`: when the drill was over, or now."""

    name: str
    begun: datetime
    due: datetime | None
    done: datetime | None
    end: datetime
    seq: int | None = None

    @property
    def took(self) -> timedelta | None:
        return self.done - self.begun if self.done else None

    @property
    def kept(self) -> bool | None:
        """Whether the target was kept; None without a target, or where the drill was over before it."""
        if self.due is None or (self.done is None and self.end < self.due):
            return None
        return self.done is not None and self.done <= self.due


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One person who was reminded: what reached him and what he did."""

    who: str
    reminders: int
    arrived: int
    first_at: datetime | None
    touched_at: datetime | None
    acknowledged_at: datetime | None
    acted_at: datetime | None

    @property
    def waited(self) -> timedelta | None:
        """From the first reminder on the phone to the first sign of life."""
        signs = [
            t for t in (self.touched_at, self.acknowledged_at, self.acted_at) if t and self.first_at and t >= self.first_at
        ]
        return min(signs) - self.first_at if signs and self.first_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillFigures:
    """Everything the report of a drill says, before any wording of a format."""

    number: int
    story: str
    organisation: str
    category: str
    level: str
    begun_by: str
    begun_at: datetime
    ended_at: datetime | None
    generated_at: datetime
    parts: tuple[Practised, ...]
    answers: tuple[Answer, ...]
    gates: tuple[GateRow, ...]
    releases: tuple[ReleaseRow, ...]
    returned: int
    lines: tuple[Line, ...]
    people: tuple[PersonRow, ...]
    chain: ChainRow


def practised(
    incident: Incident,
    events: Sequence[StoredEvent],
    messages: Sequence[MessageRow],
    settings: Settings,
    targets: Mapping[str, float],
    *,
    now: datetime,
    anchor: str = "",
) -> DrillFigures:
    """Figures of one drill as its records stand at `now`. `targets`: the settings of `drill.toml`."""
    names = Names(settings=settings)
    handling, opinion = split(Teller(incident=incident, names=names).lines(events))
    app = [m for m in messages if m.steps]
    return DrillFigures(
        number=incident.number,
        story=names.scrub(incident.title.removeprefix(FICTION)),
        organisation=settings.organisation.name,
        category=settings.category(incident.category).name,
        level=labels.LEVELS[incident.level.code if incident.level else "unknown"],
        begun_by=names.person(events[0].actor) if events else labels.UNKNOWN,
        begun_at=incident.opened_at,
        ended_at=over(incident, events),
        generated_at=now,
        parts=tuple(_parts(incident, events, app, targets, now)),
        answers=_answers(events, app, names),
        gates=gate_rows(incident, events),
        releases=release_rows(incident, events, names),
        returned=sum(1 for t in incident.assignments if t.returned_at),
        lines=tuple(sorted((*handling, *opinion), key=lambda x: (x.at, x.seq))),
        people=people_rows(events, names),
        chain=chain(events, anchor),
    )


def over(incident: Incident, events: Sequence[StoredEvent]) -> datetime | None:
    """When the drill ended: 演练 中止, or like any matter."""
    stopped = next((e.at for e in events if e.kind == "excluded"), None)
    return stopped if stopped and not incident.open else incident.closed_at


def _parts(
    i: Incident, events: Sequence[StoredEvent], messages: Sequence[MessageRow], targets: Mapping[str, float], now: datetime
) -> Iterator[Practised]:
    """The work in the order in which it is to be done."""
    begun, end = i.alarmed_at or i.opened_at, over(i, events) or now
    seqs = evidence_seqs(events)

    def part(name: str, kind: str, minutes: str = "", clock: str = "", since: datetime | None = None) -> Practised:
        first = next((e for e in events if e.kind == kind), None)
        limit = next((c for c in i.clocks if c.code == clock), None)
        start = since or begun
        due = limit.due_at if limit else start + timedelta(minutes=targets[minutes]) if minutes in targets else None
        done = first.at if first else None
        return Practised(name=name, begun=start, due=due, done=done, end=end, seq=first.seq if first else None)

    yield _arrival(messages, begun, end, targets.get("arrive_seconds"))
    yield part("点“收到”", "acknowledged", clock="acknowledge")
    yield part("电话报告带班领导", "leader_told", "tell_minutes")
    for c in _of_track(i, "upward"):
        yield _clock_part(c, seqs, end)
    yield part("核实", "verified", clock="verify")
    if i.label == "E":
        yield part("定级", "graded", "grade_minutes")
    yield part("交办", "assigned", "assign_minutes")
    if i.assignments:
        yield part("签收", "signed", clock="sign", since=i.assignments[0].at)
    for c in _of_track(i, "public"):
        yield _clock_part(c, seqs, end)


def _arrival(messages: Sequence[MessageRow], begun: datetime, end: datetime, seconds: float | None) -> Practised:
    """Until the first reminder stood on the phone of everybody it was for."""
    first = [m for m in messages if any(step.split(":")[2] in FIRST_CARDS for step in m.steps)]
    sent = [m.sent_at for m in first if m.sent_at]
    done = max(sent) if sent and len(sent) == len(first) else None
    due = begun + timedelta(seconds=seconds) if seconds is not None else None
    return Practised(name="首次提醒送到手机", begun=begun, due=due, done=done, end=end)


def _of_track(i: Incident, track: str) -> list[Clock]:
    """Clocks that ran to the public or upward: no repeats, none that never came into force."""
    shown = (c for c in i.clocks if c.track == track and c.start_kind != "last_release_at" and not c.latent)
    gone = ("regrade", "no_longer_due")
    return sorted((c for c in shown if c.outcome not in gone), key=lambda c: (c.due_at, c.id))


def _clock_part(c: Clock, seqs: Mapping[str, int], end: datetime) -> Practised:
    return Practised(name=c.name, begun=c.start_at, due=c.due_at, done=c.satisfied_at, end=end, seq=seqs.get(c.satisfied_by))


def _answers(events: Sequence[StoredEvent], messages: Sequence[MessageRow], names: Names) -> tuple[Answer, ...]:
    """Who was reminded, in the order of the first reminder. What began the drill answers nothing."""
    out = []
    begun = next((e.seq for e in events if e.kind == "alarmed"), 0)
    for user in dict.fromkeys(m.recipient for m in sorted(messages, key=lambda m: (m.created_at, m.id))):
        mine = [m for m in messages if m.recipient == user]
        acts = [e for e in events if e.actor.lower() == user and e.seq > begun]
        out.append(
            Answer(
                who=names.person(user),
                reminders=len(mine),
                arrived=sum(1 for m in mine if m.sent_at),
                first_at=min((m.sent_at for m in mine if m.sent_at), default=None),
                touched_at=min((m.seen_at for m in mine if m.seen_at), default=None),
                acknowledged_at=next((e.at for e in acts if e.kind == "acknowledged"), None),
                acted_at=next((e.at for e in acts if e.kind not in ("acknowledged", "excluded")), None),
            )
        )
    return tuple(out)
