"""日报、周报、月报、年报: the figures of a stretch of time, folded from the matters' states, beside those of the stretch before it. Pure.

A matter counts where it was opened, a limit where it fell due, a release where it was made. Drills are no matters. Totals reconcile:
whatever cannot be told apart (未定级, 未交办) has a row of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from bot import labels, texts
from bot.labels import BEIJING
from bot.reports.clock_rows import verdict
from bot.reports.ledger import NoMonth, ending, month_of
from bot.reports.names import Names
from config.schema import Settings
from playbooks.fold import RELEASES
from playbooks.incident import Clock, Incident, Status

TRACKS = ("public", "service")
CONFERENCES = frozenset({"press_conference", "press_briefing", "media_briefing"})
UPWARD = frozenset({"upward_reported", "upward_written", "upward_report"})
WHEN = {"brief": "日报", "weekly": "周报", "monthly": "月报", "annual": "年报"}


class NoPeriod(Exception):
    """No such day or year, or one that has not begun; the message is one Chinese sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From `begin` to before `end`, and what it is called: 2026年11月, 2026年11月16日至22日."""

    kind: str
    begin: datetime
    end: datetime
    title: str

    @property
    def before(self) -> Stretch:
        """The stretch of the same kind that ends where this one begins."""
        return stretch(self.kind, (self.begin - timedelta(days=1)).date())


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Limits that fell due: how many, kept, missed, and what is neither (升级时已届满, 上级统一发布 ...)."""

    name: str
    due: int
    on_time: int
    late: int

    @property
    def other(self) -> int:
        return self.due - self.on_time - self.late

    @property
    def rate(self) -> str:
        judged = self.on_time + self.late
        return f"{self.on_time / judged:.0%}" if judged else labels.NO_DATA


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """One stretch in numbers. Spans are medians, None = 无数据."""

    opened: int
    emergencies: int
    closed: int
    excluded: int
    merged: int
    limits: Kept
    releases: int
    conferences: int
    upward: int
    alarm: timedelta | None
    acknowledged: timedelta | None
    released: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFigures:
    """Everything the paper says. Numbers are None where the stretch ended before the desk began; `months` only for a year."""

    stretch: Stretch
    generated_at: datetime
    organisation: str
    report_to: str
    now: Numbers | None
    before: Numbers | None
    by_level: tuple[tuple[str, int], ...]
    by_category: tuple[tuple[str, int], ...]
    by_unit: tuple[tuple[str, int], ...]
    clauses: tuple[Kept, ...]
    units: tuple[Kept, ...]
    forms: tuple[tuple[str, int], ...]
    missed: tuple[tuple[str, ...], ...]
    matters: tuple[tuple[str, ...], ...]
    running: tuple[tuple[str, ...], ...]
    months: tuple[tuple[str, Numbers | None], ...]
    sources: str


def meant(kind: str, text: str, now: datetime) -> Stretch:
    """The stretch a person meant: a day, a day of the week, a month or a year; the present one for nothing. Raises NoPeriod."""
    today = now.astimezone(BEIJING).date()
    try:
        if kind == "monthly":
            day = month_of(text, now).date()
        elif kind == "annual":
            day = date(int(text.rstrip("年")), 1, 1) if text else today
        else:
            day = date.fromisoformat(text) if text else today
    except (NoMonth, ValueError) as e:
        wanted = {"monthly": "2026-11", "annual": "2026"}.get(kind, "2026-11-22")
        raise NoPeriod(f"“{text}”写法不对，请写成 {wanted} 的样子。") from e
    if day > today:
        raise NoPeriod(f"{text}还没有到，没有记录，请改写已经开始的日期。")
    return stretch(kind, day)


def stretch(kind: str, day: date) -> Stretch:
    """The stretch of a kind that holds `day`; a week runs from Monday to Sunday."""
    if kind == "annual":
        first, last = date(day.year, 1, 1), date(day.year + 1, 1, 1)
        title = f"{day.year}年"
    elif kind == "monthly":
        first = day.replace(day=1)
        last = (first + timedelta(days=32)).replace(day=1)
        title = f"{day.year}年{day.month}月"
    elif kind == "weekly":
        first = day - timedelta(days=day.weekday())
        last = first + timedelta(days=7)
        sunday = last - timedelta(days=1)
        title = f"{first.year}年{first.month}月{first.day}日至{sunday.month}月{sunday.day}日"
    else:
        first, last = day, day + timedelta(days=1)
        title = f"{day.year}年{day.month}月{day.day}日"
    begin, end = (datetime(d.year, d.month, d.day, tzinfo=BEIJING) for d in (first, last))
    return Stretch(kind=kind, begin=begin, end=end, title=title)


def figures(
    incidents: Sequence[Incident],
    settings: Settings,
    span: Stretch,
    now: datetime,
    begun: datetime | None = None,
    sources: str = "",
) -> PeriodFigures:
    """Figures of `span` as the records stand at `now`; `begun`: since when the desk keeps records."""
    first = min((i.opened_at for i in incidents), default=begun or now)
    begun = min(begun or now, first)
    matters = sorted((i for i in incidents if not i.drill), key=lambda i: i.number)
    names = Names(settings=settings)
    opened = _opened(matters, span)
    due = _due(matters, span, now)
    org = settings.organisation
    return PeriodFigures(
        stretch=span,
        generated_at=now,
        organisation=org.name,
        report_to=org.report_to,
        now=numbers(matters, span, now, begun),
        before=numbers(matters, span.before, now, begun),
        by_level=_count(texts.level_name(i.level) for i in opened),
        by_category=_count(settings.category(i.category).name for i in opened),
        by_unit=_count(_unit(i, names) for i in opened),
        clauses=_kept((c.name, c) for _, c in due),
        units=_kept((_unit(i, names), c) for i, c in due),
        forms=_count(
            labels.EVIDENCE_KINDS.get(e.kind, e.kind)
            for i in matters
            for e in i.evidence
            if span.begin <= e.at < span.end and e.kind in RELEASES
        ),
        missed=tuple(_missed(i, c, names) for i, c in due if verdict(c)[1] is not True),
        matters=tuple(_matter(i, names) for i in opened),
        running=tuple(_running(i, names, now) for i in matters if i.open and i.opened_at < span.end),
        months=_months(matters, span, now, begun),
        sources=sources,
    )


def numbers(matters: Sequence[Incident], span: Stretch, now: datetime, begun: datetime) -> Numbers | None:
    """One stretch in numbers; None, not nought, where it ended before there were records."""
    if span.end <= begun:
        return None
    opened = _opened(matters, span)
    evidence = [e for i in matters for e in i.evidence if span.begin <= e.at < span.end]
    return Numbers(
        opened=len(opened),
        emergencies=sum(i.label == "E" for i in opened),
        closed=sum(bool(i.closed_at and span.begin <= i.closed_at < span.end) for i in matters),
        excluded=sum(i.status is Status.DISMISSED for i in opened),
        merged=sum(i.status is Status.MERGED for i in opened),
        limits=_kept_of("", [c for _, c in _due(matters, span, now)]),
        releases=sum(e.kind in RELEASES for e in evidence),
        conferences=sum(e.kind in CONFERENCES for e in evidence),
        upward=sum(e.kind in UPWARD for e in evidence),
        alarm=_median(i.alarmed_at - i.opened_at for i in opened if i.alarmed_at),
        acknowledged=_median(
            min(i.acknowledgements.values()) - i.alarmed_at for i in opened if i.alarmed_at and i.acknowledgements
        ),
        released=_median(t for i in opened if (t := _first_release(i)) is not None),
    )


def _opened(matters: Iterable[Incident], span: Stretch) -> list[Incident]:
    return [i for i in matters if span.begin <= i.opened_at < span.end]


def _due(matters: Iterable[Incident], span: Stretch, now: datetime) -> list[tuple[Incident, Clock]]:
    """What the public or a person was owed within the stretch; the desk's own intervals between two releases do not count."""
    found = [
        (i, c)
        for i in matters
        for c in i.clocks
        if c.track in TRACKS and not c.latent and c.start_kind != "last_release_at" and span.begin <= c.due_at < span.end
    ]
    settled = [(i, c) for i, c in found if not c.running or c.due_at <= now]
    return sorted(settled, key=lambda pair: (pair[1].due_at, pair[0].number))


def _count(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda p: (-p[1], p[0])))


def _kept(named: Iterable[tuple[str, Clock]]) -> tuple[Kept, ...]:
    rows: dict[str, list[Clock]] = {}
    for name, clock in named:
        rows.setdefault(name, []).append(clock)
    return tuple(sorted((_kept_of(name, clocks) for name, clocks in rows.items()), key=lambda k: (-k.late, -k.due, k.name)))


def _kept_of(name: str, clocks: Sequence[Clock]) -> Kept:
    said = [verdict(c)[1] for c in clocks]
    return Kept(name=name, due=len(said), on_time=said.count(True), late=said.count(False))


def _median(spans: Iterable[timedelta]) -> timedelta | None:
    found = [s.total_seconds() for s in spans if s >= timedelta(0)]
    return timedelta(seconds=median(found)) if found else None


def _first_release(i: Incident) -> timedelta | None:
    """From discovery to the first public response."""
    start, first = i.starts.get("detected_at"), min((e.at for e in i.evidence if e.kind in RELEASES), default=None)
    return first - start.value if start and first and first >= start.value else None


def _unit(i: Incident, names: Names) -> str:
    return names.unit(i.primary_unit) if i.primary_unit else "未交办"


def _name(i: Incident, names: Names) -> str:
    """Matters of thin categories are named by their number alone: a periodic paper goes from hand to hand."""
    thin = i.category in names.settings.bot.thin_categories
    return "专线事项" if thin else names.scrub(i.title)


def _missed(i: Incident, c: Clock, names: Names) -> tuple[str, ...]:
    actual = labels.stamp(c.satisfied_at) if c.satisfied_at else "未登记"
    said = "—" if i.category in names.settings.bot.thin_categories else names.scrub(c.explanation) or "—"
    return f"{i.number}号", _name(i, names), c.name, labels.stamp(c.due_at), actual, verdict(c)[0], said


def _matter(i: Incident, names: Names) -> tuple[str, ...]:
    level = texts.level_said(i, names.settings)
    return f"{i.number}号", _name(i, names), names.settings.category(i.category).name, level, _unit(i, names), ending(i)


def _running(i: Incident, names: Names, now: datetime) -> tuple[str, ...]:
    clocks = sorted((c for c in i.clocks if c.running and c.track in TRACKS), key=lambda c: (c.latent, c.due_at))
    due = f"{clocks[0].name}，{texts.due_text(clocks[0], now)}" if clocks else "没有在走的对外时限"
    stuck = texts.stuck_text(i, names.settings, now) or "—"
    return f"{i.number}号", _name(i, names), texts.level_name(i.level), labels.STATUS[i.status.value], due, stuck


def _months(
    matters: Sequence[Incident], span: Stretch, now: datetime, begun: datetime
) -> tuple[tuple[str, Numbers | None], ...]:
    if span.kind != "annual":
        return ()
    months = (stretch("monthly", date(span.begin.year, m, 1)) for m in range(1, 13))
    return tuple((f"{s.begin.month}月", numbers(matters, s, now, begun)) for s in months if s.begin <= now)
