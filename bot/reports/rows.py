"""Figures of a review as frozen values. None means nothing was recorded, which every format prints as 无数据, never as 0.

`seq` is the voucher: the number of the event in the incident's chain the figure comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.opinion import OpinionView
from bot.reports.chronicle import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRow:
    """One of the five start instants (domain.md §8.2)."""

    name: str
    at: datetime | None
    source: str
    evidence: str
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """One instant measured from 事发, 发现 and 认定, side by side, so that late detection is never hidden."""

    occurred: timedelta | None
    detected: timedelta | None
    recognised: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """One obligation. `margin` is due minus actual: negative = late. `verdict` is Chinese; `on_time` None = no verdict."""

    name: str
    duty: str
    track: str
    bases: tuple[tuple[str, datetime], ...]
    start_name: str
    start_at: datetime
    start_evidence: str
    start_confirmed: bool
    due_at: datetime
    actual_at: datetime | None
    margin: timedelta | None
    verdict: str
    on_time: bool | None
    seq: int | None
    since: Since
    explanation: str = ""
    by_regrade: bool = False
    repeating: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UpwardRow:
    at: datetime
    recorded_at: datetime
    detail: str
    who: str
    seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TollRow:
    at: datetime
    metric: str
    value: int
    standing: str
    source: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRow:
    """A register entry; `fields` pairs each of the six mandatory fields (杭州 五(三)) with whether it was given."""

    at: datetime
    recorded_at: datetime
    kind: str
    url: str
    fields: tuple[tuple[str, bool], ...]
    detail: str
    seq: int | None
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRow:
    """会商、会签、保密审查、审定: `at` None = 缺. `wait` counts from the step before."""

    gate: str
    at: datetime | None
    wait: timedelta | None
    seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRow:
    """One turn of the order. `waited` is the time to 签收 or 退回; None = still open."""

    unit: str
    ruled: bool
    at: datetime
    signed_at: datetime | None
    returned_at: datetime | None
    waited: timedelta | None
    reason: str
    basis: str
    suggested: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """A verification, or the referral of a rumour."""

    at: datetime
    what: str
    result: str
    source: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    """From one step of the work to the next."""

    name: str
    begin: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What our sources saw. Counts reconcile: sources and hours both add up to `total`."""

    total: int
    by_source: tuple[tuple[str, int], ...]
    by_hour: tuple[tuple[datetime, int], ...]
    first_at: datetime | None
    peak: tuple[datetime, int] | None
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Messages about the matter; `recorded` False = no message rows were at hand."""

    recorded: bool
    total: int
    delivered: int
    failed: int
    repeated: int
    late: int
    escalations: int
    by_kind: tuple[tuple[str, int], ...]
    t_ack: timedelta | None
    median_seen: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRow:
    """State of the record itself. `whole` = numbers run without a gap and every record names the one before it."""

    length: int
    last_hash: str
    whole: bool
    anchor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    name: str
    unit: str
    title: str
    roles: str
    vouchers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageRow:
    """A fault of the tool itself."""

    kind: str
    detail: str
    first_at: datetime
    last_at: datetime
    count: int
    resolved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OldRumourRow:
    """旧谣新传: the earlier clarification the machine recognised, when it said so, and its record."""

    at: datetime
    on: date
    title: str
    url: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HigherRow:
    """A figure of a matter that came in, above ours."""

    number: int
    metric: str
    standing: str
    theirs: str
    ours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """`into`: where this matter went. `items`: (time, source, title, mark) of what came in, `total` of them."""

    into: int | None
    total: int
    items: tuple[tuple[datetime, str, str, str], ...]
    higher: tuple[HigherRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFigures:
    """Everything a review says, before any wording of a format."""

    number: int
    subject: str
    title: str
    organisation: str
    drill: bool
    generated_at: datetime
    status: str
    level: str
    level_confirmed: bool
    level_hearsay: bool
    levels: tuple[tuple[datetime, str, bool, str], ...]
    category: str
    place: str
    opened_at: datetime
    closed_at: datetime | None
    unit: str
    starts: tuple[StartRow, ...]
    first_release: Since
    conference: Since
    detection: timedelta | None
    stages: tuple[StageRow, ...]
    handling: tuple[Line, ...]
    opinion: tuple[Line, ...]
    clocks: tuple[ClockRow, ...]
    upward_clocks: tuple[ClockRow, ...]
    internal_clocks: tuple[ClockRow, ...]
    service_clocks: tuple[ClockRow, ...]
    upward: tuple[UpwardRow, ...]
    toll: tuple[TollRow, ...]
    releases: tuple[ReleaseRow, ...]
    max_silence: timedelta | None
    gates: tuple[GateRow, ...]
    turns: tuple[TurnRow, ...]
    checks: tuple[CheckRow, ...]
    referrals: tuple[CheckRow, ...]
    rumour: bool
    spread: Spread
    sent: Sent
    relapses: int
    chain: ChainRow
    outages: tuple[OutageRow, ...]
    people: tuple[PersonRow, ...]
    attested_by: tuple[tuple[str, str], ...]
    publishers: tuple[tuple[str, str], ...]
    opinion_grade: OpinionView | None = None
    old_rumour: OldRumourRow | None = None
    merged: Merged | None = None
    report_to: str = ""
    copy_to: str = ""
    print_office: str = ""
