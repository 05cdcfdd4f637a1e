"""The list of open matters as the press office reads it: worst first, clocks with absolute ends, where each is stuck. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import labels
from bot.reports.chronicle import reason_text
from bot.reports.names import Names
from bot.texts import short
from config.schema import Settings
from playbooks.hearsay import by_hearsay
from playbooks.incident import Clock, ClockState, Incident
from playbooks.rumours import OldRumour, likely_same, old_rumour, untrue
from playbooks.stuck import stuck

SOON = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockView:
    """One running clock. `tone`: overdue | soon | latent | calm."""

    name: str
    track: str
    due_at: datetime
    tone: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    number: int
    subject: str
    title: str
    level: str
    level_name: str
    suggested: str
    place: str
    unit: str
    status: str
    verified: bool
    drill: bool
    alarmed_at: datetime | None
    opened_at: datetime
    clocks: tuple[ClockView, ...]
    stuck: str
    stuck_since: datetime
    emergency: bool
    toll: str
    items: int
    category: str
    reasons: tuple[str, ...]
    untrue: bool
    old_rumour: OldRumour | None
    likely_same: tuple[int, ...]

    @property
    def overdue(self) -> bool:
        return any(c.tone == "overdue" and c.track == "public" for c in self.clocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The strip above the list."""

    open: int
    overdue: int
    soon: int
    unread: int
    drills: int = 0


def verified(incident: Incident) -> bool:
    return any(v.result in ("true", "partly") for v in incident.verifications)


def tone(clock: Clock, now: datetime) -> str:
    if clock.latent:
        return "latent"
    if clock.state is ClockState.OVERDUE or now > clock.due_at:
        return "overdue"
    return "soon" if clock.due_at - now <= SOON else "calm"


def clock_mark(clock: Clock) -> str:
    if clock.latent:
        return "若升级"
    if clock.by_regrade:
        return "提级时已届满"
    if clock.explained_by:
        return "已说明原因"
    return "待认定" if clock.provisional else ""


def running(incident: Incident, now: datetime) -> tuple[ClockView, ...]:
    """What ends next first, the latent ones last."""
    found = sorted((c for c in incident.clocks if c.running), key=lambda c: (c.latent, c.due_at, c.id))
    return tuple(ClockView(name=c.name, track=c.track, due_at=c.due_at, tone=tone(c, now), mark=clock_mark(c)) for c in found)


def toll(incident: Incident) -> str:
    """Confirmed figures; before there are any, what is said, marked as hearsay."""
    for standing, word in (("confirmed", "核定"), ("reported", "接报"), ("net", "网传")):
        parts = []
        for metric in ("deaths", "missing", "trapped", "injured", "poisoned"):
            figure = incident.latest(metric, standing)
            if figure is not None and figure.value > 0:
                parts.append(f"{labels.METRICS[metric]}{figure.value}人")
        if parts:
            return word + "、".join(parts)
    return ""


def stuck_words(incident: Incident, names: Names) -> tuple[str, datetime]:
    """With whom and what the matter waits, and since when; an empty string when it does not."""
    at = stuck(incident)
    if at.code == "none" or not incident.open or incident.alarmed_at is None:
        return "", at.since
    who = labels.STUCK_WHO.get(at.who) or names.unit(at.who)
    return f"{who} {labels.STUCK[at.code]}", at.since


def _suggested(incident: Incident, settings: Settings) -> str:
    """Said beside a grade that nobody has given yet; empty beside one that somebody has."""
    if incident.level is None or incident.confirmed is not None:
        return ""
    return "据网传建议" if by_hearsay(incident, settings) else "建议"


def row(incident: Incident, settings: Settings, now: datetime) -> Row:
    names = Names(settings=settings, open_names=True)
    waiting, since = stuck_words(incident, names)
    level = incident.level.code if incident.level else "unknown"
    back = {turn.unit for turn in incident.assignments if turn.returned_at is not None}
    unit = incident.primary_unit or ("" if incident.suggested_unit in back else incident.suggested_unit)
    return Row(
        number=incident.number,
        subject=short(incident, settings),
        title=incident.title,
        level=level,
        level_name=labels.LEVELS[level],
        suggested=_suggested(incident, settings),
        place=incident.place.text or labels.UNKNOWN,
        unit=(names.unit(unit) + ("" if incident.primary_unit else "（建议）")) if unit else "待交办",
        status=labels.STATUS[incident.status.value],
        verified=verified(incident),
        drill=incident.drill,
        alarmed_at=incident.alarmed_at,
        opened_at=incident.opened_at,
        clocks=running(incident, now),
        stuck=waiting,
        stuck_since=since,
        emergency=incident.label == "E",
        toll=toll(incident),
        items=len(incident.members),
        category=settings.category(incident.category).name,
        reasons=tuple(dict.fromkeys(reason_text(r) for r in incident.reasons)),
        untrue=untrue(incident),
        old_rumour=old_rumour(incident),
        likely_same=likely_same(incident),
    )


def rows(incidents: Sequence[Incident], settings: Settings, now: datetime) -> tuple[Row, ...]:
    """Overdue first, then by grade, then by what ends next."""

    def rank(pair: tuple[Incident, Row]) -> tuple[bool, int, float, int]:
        incident, view = pair
        due = min((c.due_at.timestamp() for c in view.clocks if c.track == "public" and c.tone != "latent"), default=9e12)
        return (not view.overdue, int(incident.level or 5), due, -incident.number)

    pairs = sorted(((i, row(i, settings, now)) for i in incidents), key=rank)
    return tuple(view for _, view in pairs)


def summary(incidents: Sequence[Incident], views: Sequence[Row]) -> Summary:
    """The counters above the list; drills are in the list, marked, and in no figure."""
    real = [v for v in views if not v.drill]
    return Summary(
        open=len(real),
        overdue=sum(1 for v in real if v.overdue),
        soon=sum(1 for v in real if any(c.tone == "soon" and c.track == "public" for c in v.clocks)),
        unread=sum(1 for i in incidents if not i.drill and i.alarmed_at and not i.acknowledgements and not i.verifications),
        drills=len(views) - len(real),
    )
