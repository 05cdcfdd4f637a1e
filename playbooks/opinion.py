"""舆情等级: a suggestion with every input shown (domain.md §4), and the grade a person gives, higher or lower, saying why. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from config.opinion import OpinionPolicy
from config.schema import Level, Settings
from playbooks.actions import GRADERS
from playbooks.fields import Action, Refused, event_of, needed
from playbooks.incident import Assessment, Event, Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionInputs:
    """What is known; None = unknown, which never counts. `negative_share` 0..1, `growth` a ratio, `media` a level's name."""

    media: str = ""
    platforms: int = 0
    growth: float | None = None
    negative_share: float | None = None
    offline: tuple[str, ...] = ()
    period: str = ""
    emergency: Level | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One input: its value as a person reads it, and the points it gave."""

    input: str
    value: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionVerdict:
    """`level` is the suggestion; `floor`: the linked emergency set it, not the points."""

    level: Level
    points: int
    counted: tuple[Counted, ...]
    floor: bool


def assess_opinion(x: OpinionInputs, policy: OpinionPolicy) -> OpinionVerdict:
    """Points of every input against the table, the grade they reach, and the floor of the linked emergency."""
    share = None if x.negative_share is None else x.negative_share * 100
    counted = (
        Counted(input="media", value=x.media, points=_media(x.media, policy)),
        Counted(input="platforms", value=f"{x.platforms}个", points=_points("platforms", x.platforms, policy)),
        Counted(
            input="growth", value="" if x.growth is None else f"{x.growth:g}倍", points=_points("growth", x.growth, policy)
        ),
        Counted(
            input="negative_share",
            value="" if share is None else f"{share:.0f}%",
            points=_points("negative_share", share, policy),
        ),
        Counted(
            input="offline_risk",
            value="、".join(x.offline) or "未见",
            points=_points("offline_risk", int(bool(x.offline)), policy),
        ),
        Counted(
            input="sensitive_period", value=x.period or "不在", points=_points("sensitive_period", int(bool(x.period)), policy)
        ),
    )
    points = sum(c.points for c in counted)
    reached = next((code for least, code in policy.levels if points >= least), "general")
    level = Level.of(reached)
    floor = policy.floor_by_emergency and x.emergency is not None and x.emergency < level
    return OpinionVerdict(level=x.emergency if floor and x.emergency else level, points=points, counted=counted, floor=floor)


def _points(name: str, value: float | None, policy: OpinionPolicy) -> int:
    if value is None:
        return 0
    return max((points for line, points in policy.lines.get(name, ()) if value >= int(line)), default=0)


def _media(level: str, policy: OpinionPolicy) -> int:
    return dict(policy.lines.get("media", ())).get(level, 0)


def grade_opinion(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """认定 by those who may grade; from anybody else it is a suggestion, as with 定级 (practice.md §1)."""
    level = a.fields.get("level")
    if not isinstance(level, Level):
        raise Refused("missing_field", field="level")
    reason = needed(a, "reason")
    kind = "opinion_graded" if set(GRADERS) & set(a.by.roles) else "opinion_suggested"
    before = given(i)
    if kind == "opinion_graded" and before is not None and before.confirmed and before.level == level:
        return ()
    return (event_of(a, kind, level=level.code, reasons=[reason]),)


def given(i: Incident) -> Assessment | None:
    """The grade in force that people gave: the newest 认定, else their newest suggestion."""
    newest = tuple(reversed(i.opinion_grades))
    return next((g for g in newest if g.confirmed), newest[0] if newest else None)
