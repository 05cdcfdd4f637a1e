"""Small values for store tests: an invented city, its incidents and messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.store import SqlStore
from bot.store.port import Change, Joined, MessageRow
from monitors.item import Item
from playbooks.fold import evolve, opened
from playbooks.incident import SYSTEM, Actor, Event, Incident
from playbooks.ladder import PlannedStep, step_key

T0 = datetime(2026, 3, 2, 1, 30, 0, 250_000, tzinfo=UTC)
OFFICER = Actor(id="zhangsan", name="张三", roles=("duty_officer",), unit="zbs")


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


def item(key: str, title: str = "云岭市大湾村发生山体滑坡", *, at: datetime = T0, **more: object) -> Item:
    base = Item(id=key, source="news", title=title, text="", seen_at=at, fingerprint=f"f-{key}")
    return replace(base, **more)  # type: ignore[arg-type]


def event(kind: str, at: datetime = T0, by: Actor = OFFICER, **data: object) -> Event:
    return Event(kind=kind, at=at, actor=by, data=data)


def opening(title: str = "大湾村滑坡", at: datetime = T0) -> Event:
    return event("opened", at, SYSTEM, title=title, category="geo_damage", reasons=["规则一"])


def step(number: int, code: str, at: datetime, role: str = "duty_officer", *, priority: int = 5) -> PlannedStep:
    return PlannedStep(
        key=step_key(number, "c1", code, role, at),
        clock_id="c1",
        clock_code="first_release",
        code=code,
        role=role,
        card="countdown",
        due_at=at,
        fire_at=at,
        priority=priority,
    )


async def open_one(
    store: SqlStore, steps: Sequence[PlannedStep] | None = None, number: int = 1, joined: tuple[Joined, ...] = ()
) -> Incident:
    """Open an incident and return it as stored."""
    first = opening()
    incident = opened(number, first)
    wanted = None if steps is None else tuple(steps)
    assert await store.commit(Change(incident=incident, base_version=0, events=(first,), steps=wanted, joined=joined))
    return incident


def changed(
    incident: Incident, *events: Event, steps: Sequence[PlannedStep] | None = None, joined: tuple[Joined, ...] = ()
) -> Change:
    """The change that these events make."""
    after = incident
    for e in events:
        after = evolve(after, e)
    wanted = None if steps is None else tuple(steps)
    return Change(incident=after, base_version=incident.version, events=events, steps=wanted, joined=joined)


def message(key: str, *steps: str, at: datetime = T0, incident: int | None = 1, **more: object) -> MessageRow:
    base = MessageRow(
        id=key,
        incident=incident,
        recipient="zhangsan",
        kind="countdown",
        task_id=key,
        request=f'{{"touser":"zhangsan","text":"{key}，还剩2小时"}}'.encode(),
        text="还剩2小时",
        created_at=at,
        due_at=at,
        steps=steps,
    )
    return replace(base, **more)  # type: ignore[arg-type]
