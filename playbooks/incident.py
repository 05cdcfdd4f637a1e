"""One matter as a frozen value: what the events of its chain say when folded (`playbooks.fold`).

Nothing here decides. Times are aware UTC datetimes. Text from people is kept as they gave it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from config.period import Period
from config.schema import Level


class Status(StrEnum):
    """States of domain.md §9."""

    DETECTED = "detected"
    VERIFYING = "verifying"
    ASSESSING = "assessing"
    ASSIGNED = "assigned"
    RESPONDING = "responding"
    SUSTAINING = "sustaining"
    OBSERVING = "observing"
    EVALUATING = "evaluating"
    ARCHIVED = "archived"
    DISMISSED = "dismissed"
    MERGED = "merged"
    TRANSFERRED = "transferred"


CLOSED = frozenset({Status.ARCHIVED, Status.DISMISSED, Status.MERGED, Status.TRANSFERRED})
ENDED = CLOSED | {Status.OBSERVING, Status.EVALUATING}


class ActorKind(StrEnum):
    OFFICER = "officer"
    SYSTEM = "system"
    FEED = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did it: a userid with the roles held at that moment, or the system."""

    id: str
    name: str
    kind: ActorKind = ActorKind.OFFICER
    roles: tuple[str, ...] = ()
    unit: str = ""


SYSTEM = Actor(id="system", name="系统", kind=ActorKind.SYSTEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. `data` holds JSON values only; `seq` is given by the chain that stores it."""

    kind: str
    at: datetime
    actor: Actor
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """One start instant: its value, where it comes from, and who confirmed it (empty = claimed)."""

    value: datetime
    source: str
    evidence: str = ""
    confirmed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """The five instants of domain.md §8.2 (recognised = 认定应回应)."""

    occurred_at: Instant | None = None
    first_public_at: Instant | None = None
    detected_at: Instant | None = None
    reported_at: Instant | None = None
    recognised_at: Instant | None = None

    def get(self, name: str) -> Instant | None:
        value = getattr(self, name, None)
        return value if isinstance(value, Instant) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    province: str = ""
    city: str = ""
    county: str = ""
    detail: str = ""
    foreign: bool = False

    @property
    def text(self) -> str:
        parts = [self.province, self.city if self.city != self.province else "", self.county, self.detail]
        return "".join(p for p in parts if p)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One stated number. `standing`: net 网传 | reported 接报 | confirmed 核定."""

    metric: str
    value: int
    standing: str
    source: str
    at: datetime
    span: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One judgement of the emergency grade, or of the grade of the opinion."""

    level: Level | None
    at: datetime
    by: str
    confirmed: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """核实: true 属实 | partly 部分属实 | false 不实 | unverifiable 无法核实, by a named person for a party."""

    result: str
    party: str
    by: str
    at: datetime
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One turn of the order: handed to a unit, signed for or returned."""

    unit: str
    by: str
    at: datetime
    supporting: tuple[str, ...] = ()
    signed_by: str = ""
    signed_at: datetime | None = None
    returned_by: str = ""
    returned_at: datetime | None = None
    reason: str = ""
    basis: str = ""
    suggested: str = ""

    @property
    def open(self) -> bool:
        return self.signed_at is None and self.returned_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What may satisfy a clock: a registered release, a conference held, a reply, an upward report ...

    `at` is the stated time, `recorded_at` the entry time; a late entry keeps both (practice.md §2.13).
    """

    id: str
    kind: str
    at: datetime
    recorded_at: datetime
    by: str
    url: str = ""
    detail: str = ""
    missing: tuple[str, ...] = ()
    second: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A gate passed, by name (会商、会签、保密审查、审定)."""

    gate: str
    name: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """One written source of a clock with its own due time; the earliest binds (domain.md §8.1 floor rule).

    `period` is the frozen limit of a source that counts days or months, `extension` what may be granted on top once.
    """

    clause: str
    profile: str
    text: str
    due_at: datetime
    period: Period | None = None
    extension: Period | None = None


class ClockState(StrEnum):
    PENDING = "pending"
    MET = "met"
    MET_LATE = "met_late"
    OVERDUE = "overdue"
    SUPERSEDED = "superseded"
    WAIVED = "waived"
    OTHER_OUTCOME = "other_outcome"


RUNNING = frozenset({ClockState.PENDING, ClockState.OVERDUE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One obligation, frozen when armed: name, limit, citation and settings hash do not follow later edits."""

    id: str
    code: str
    cycle: int
    name: str
    duty: str
    track: str
    ladder: str
    start_kind: str
    start_at: datetime
    limit_minutes: int
    due_at: datetime
    basis: tuple[Basis, ...]
    settings_hash: str
    armed_at: datetime
    met_by: tuple[str, ...] = ()
    needs: int = 1
    state: ClockState = ClockState.PENDING
    provisional: bool = False
    latent: bool = False
    by_regrade: bool = False
    overdue_at: datetime | None = None
    satisfied_by: str = ""
    satisfied_at: datetime | None = None
    outcome: str = ""
    explained_by: str = ""
    explanation: str = ""
    extended_by: str = ""
    quiet_forward: bool = True

    @property
    def running(self) -> bool:
        return self.state in RUNNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A one-off message the ladder must send: first alert, change of grade, order, ruling ... (roles: settings)."""

    id: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An item that belongs to the matter."""

    item_id: str
    source: str
    title: str
    at: datetime
    url: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line of the record that changes no state: 口径, 移送, 补记, 说明."""

    kind: str
    text: str
    by: str
    at: datetime
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A matter with day limits of its own on this incident (`config.vocabulary.DUTIES`); `at` is when it was received."""

    kind: str
    at: datetime
    by: str
    recorded_at: datetime
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change that waits for a second person (design.md §6: later start, backdating that changes a verdict)."""

    id: str
    kind: str
    by: str
    at: datetime
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One 舆情事件."""

    number: int
    title: str
    opened_at: datetime
    version: int = 0
    status: Status = Status.DETECTED
    label: str = "E"
    category: str = "other"
    high_consequence: bool = False
    drill: bool = False
    alarmed_at: datetime | None = None
    alarm_reason: str = ""
    place: Place = Place()
    starts: Starts = Starts()
    figures: tuple[Figure, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    opinion_grades: tuple[Assessment, ...] = ()
    suggested_unit: str = ""
    unit_candidates: tuple[str, ...] = ()
    disposition: str = ""
    verifications: tuple[Verification, ...] = ()
    acknowledgements: Mapping[str, datetime] = field(default_factory=dict)
    leader_told: Mapping[str, datetime] = field(default_factory=dict)
    assignments: tuple[Assignment, ...] = ()
    arbitrated_by: str = ""
    evidence: tuple[Evidence, ...] = ()
    duties: tuple[Duty, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    clocks: tuple[Clock, ...] = ()
    notices: tuple[Notice, ...] = ()
    notes: tuple[Note, ...] = ()
    members: tuple[Member, ...] = ()
    reasons: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    exclusion: Mapping[str, str] = field(default_factory=dict)
    not_public_by: str = ""
    merged_into: int | None = None
    parted: tuple[int, ...] = ()
    closed_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.status not in CLOSED

    @property
    def assignment(self) -> Assignment | None:
        return self.assignments[-1] if self.assignments else None

    def duty(self, kind: str) -> Duty | None:
        return next((d for d in self.duties if d.kind == kind), None)

    @property
    def primary_unit(self) -> str:
        turn = self.assignment
        return turn.unit if turn and turn.returned_at is None else ""

    @property
    def suggested(self) -> Assessment | None:
        return next((a for a in reversed(self.assessments) if not a.confirmed), None)

    @property
    def confirmed(self) -> Assessment | None:
        return next((a for a in reversed(self.assessments) if a.confirmed), None)

    @property
    def level(self) -> Level | None:
        """The confirmed grade, else the worst suggested one."""
        if self.confirmed is not None:
            return self.confirmed.level
        known = [a.level for a in self.assessments if a.level is not None]
        return min(known) if known else None

    def running(self, code: str) -> Clock | None:
        return next((c for c in reversed(self.clocks) if c.code == code and c.running), None)

    def latest(self, metric: str, *standings: str) -> Figure | None:
        """The newest figure of a metric, of the given standings or of any."""
        return next(
            (f for f in reversed(self.figures) if f.metric == metric and (not standings or f.standing in standings)), None
        )
