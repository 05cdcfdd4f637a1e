"""Short ways to say what a test needs: incidents as the events that made them, real settings, times of one night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from bot.configuration import DEMO, settings_of
from config.schema import Level, Settings
from playbooks.deadlines import settle
from playbooks.fields import Action
from playbooks.fold import evolve, opened
from playbooks.incident import Actor, ActorKind, Event, Figure, Incident, Instant
from playbooks.ladder import BEIJING
from playbooks.lifecycle import decide
from playbooks.record import dump

OFFICER = Actor(id="wangjianguo", name="王建国", roles=("duty_officer",), unit="zfb")
LEADER = Actor(id="lixiaoming", name="李晓明", roles=("duty_leader",), unit="zfb")
PRESS = Actor(id="chenjing", name="陈静", roles=("press_office",), unit="xcb")
HEAD = Actor(id="zhaoming", name="赵明", roles=("unit_head", "unit_liaison"), unit="zrzyj")
OTHER_HEAD = Actor(id="qianwei", name="钱伟", roles=("unit_head",), unit="jtj")
ARBITER = Actor(id="sunli", name="孙立", roles=("arbiter",), unit="zfb")
PRINCIPAL = Actor(id="zhouzhang", name="周章", roles=("principal",), unit="zfb")
FEED = Actor(id="feed", name="监测", kind=ActorKind.FEED)


@cache
def settings(profile: str = "national-default") -> Settings:
    """The shipped rules with the demo's organisation, under a profile."""
    base = settings_of(DEMO, {})
    return replace(base, bot=replace(base.bot, profile=profile))


def at(text: str, day: int = 22) -> datetime:
    """A Beijing time of November 2026, for example ``02:24``."""
    hour, minute = (int(x) for x in text.split(":"))
    return datetime(2026, 11, day, hour, minute, tzinfo=BEIJING)


def event(kind: str, when: datetime, actor: Actor = FEED, **data: object) -> Event:
    return Event(kind=kind, at=when, actor=actor, data={k: dump(v) for k, v in data.items()})


def apply(incident: Incident, events: Sequence[Event], rules: Settings, now: datetime) -> Incident:
    """State after events and the clock corrections they cause."""
    for e in events:
        incident = evolve(incident, e)
    for e in settle(incident, rules, now):
        incident = evolve(incident, e)
    return incident


def landslide(now: datetime, rules: Settings | None = None, *, number: int = 12, **data: object) -> Incident:
    """A landslide found by a monitor at `now`, alarmed at once, nothing known yet."""
    rules = rules or settings()
    found = Instant(value=now, source="system")
    first = event(
        "opened",
        now,
        title="大湾村滑坡",
        label="E",
        category="geo_damage",
        place={"county": "鹿溪县", "detail": "石坪镇大湾村"},
        starts={"detected_at": found},
        **data,
    )
    return apply(opened(number, first), [event("alarmed", now, reason="immediate")], rules, now)


def figure(metric: str, value: int, when: datetime, standing: str = "net") -> Event:
    return event("figure", when, figure=Figure(metric=metric, value=value, standing=standing, source="x", at=when))


def graded(level: Level, when: datetime) -> Event:
    return event("graded", when, LEADER, level=level.code, reasons=["指挥部定级"])


def act(incident: Incident, code: str, by: Actor, now: datetime, rules: Settings | None = None, **fields: object) -> Incident:
    """State after a permitted action; raises ActionNotAllowed."""
    rules = rules or settings()
    events = decide(incident, Action(code=code, by=by, now=now, fields=fields), rules)
    return apply(incident, events, rules, now)


def hours(n: float) -> timedelta:
    return timedelta(hours=n)
