"""Morning and evening brief (晨报、晚报): what is new, what is open and by when, what smoulders, how the sources are.

A brief wakes nobody: it waits behind every alarm and is held through the quiet hours. At its hour once; missed by more than two
hours it is left out, because the next one tells the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot import texts
from bot.desk import Desk
from bot.digest import sources_line
from bot.health import at_night
from bot.labels import BEIJING, beijing
from bot.outbox import BRIEF, DIGEST, queue, reply_message
from bot.slow_burn import slow_burn_lines
from config.daytime import minutes_of
from config.lexicon import AlarmPolicy
from config.schema import Officer
from playbooks.incident import Clock, Incident

LATEST = "brief.latest"
PATIENCE = timedelta(hours=2)
SHOWN = 8
LIMIT = 2000
"""Bytes of a text; WeCom cuts after 2048."""


def slots(hours: Sequence[str], now: datetime) -> tuple[datetime, datetime] | None:
    """The newest hour of a brief that has come, and the one before it; None where none is configured."""
    today = now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    found = [today + timedelta(days=d, minutes=minutes_of(text)) for text in hours for d in (-2, -1, 0)]
    past = sorted({at for at in found if at <= now})
    return (past[-1], past[-2]) if past else None


def next_slot(hours: Sequence[str], now: datetime) -> datetime | None:
    """The first hour of a brief after `now`; None where none is configured."""
    found = slots(hours, now + timedelta(days=1))
    while found and found[1] > now:
        found = slots(hours, found[1])
    return found[0] if found else None


async def send_due(desk: Desk, policy: AlarmPolicy) -> None:
    """Queue the brief of the hour that has come, unless it went out, came too late or has nothing to say."""
    now = desk.now()
    due = slots(desk.settings.bot.brief_at, now)
    if due is None or at_night(desk, now) or now - due[0] >= PATIENCE:
        return
    slot = f"{due[0].astimezone(BEIJING):%Y%m%d-%H%M}"
    if await desk.store.meta(LATEST) == slot:
        return
    text = await brief(desk, policy, since=due[1])
    if text:
        rows = (reply_message(desk, user, text, f"{BRIEF}-{slot}") for user in readers(desk))
        await queue(desk, *(replace(row, kind=BRIEF, priority=DIGEST) for row in rows))
    await desk.store.set_meta(LATEST, slot)


def readers(desk: Desk) -> tuple[str, ...]:
    """Who is on duty now, and the press office."""
    on = desk.duty()
    press = [o.userid for o in desk.settings.organisation.officers if _of_press(o)]
    return tuple(dict.fromkeys(u for u in (on.duty_officer, on.deputy_duty, on.duty_leader, *press) if u))


def _of_press(officer: Officer) -> bool:
    return "press_office" in officer.roles


async def brief(desk: Desk, policy: AlarmPolicy, since: datetime) -> str:
    """The whole brief; empty where there is nothing that the zero report does not say."""
    now, settings = desk.now(), desk.settings
    known = await desk.store.incidents(open_only=False, alarmed_only=True)
    matters = [i for i in known if not i.drill]
    new = [i for i in matters if i.opened_at >= since]
    running = sorted((i for i in matters if i.open), key=lambda i: (_due(i) or now + timedelta(days=3650), i.number))
    late = [i for i in running if _late(i)]
    burning = await slow_burn_lines(desk.store, settings, policy, now)
    if settings.bot.zero_report_at and not (new or running or burning):
        return ""
    title = "晨报" if now.astimezone(BEIJING).hour < 12 else "晚报"
    lines = [f"【{title}】截至{beijing(now, now)}"]
    lines += _part("已超时", [_line(desk, i) for i in late], len(late))
    lines += _part(f"{beijing(since, now)}以来新立案", [_line(desk, i) for i in new if i not in late], len(new))
    lines += _part("在办", [_line(desk, i) for i in running if i not in late and i not in new], len(running))
    lines += [f"慢热{len(burning)}条：", *burning] if burning else []
    lines.append(f"{await sources_line(desk, now)}。逐件看请回“查询”。")
    return fitted(lines)


def _part(head: str, rows: Sequence[str], count: int) -> list[str]:
    """A heading with the true count, and the lines that no part before it has shown."""
    if not count:
        return [f"{head}：无。"]
    if not rows:
        return [f"{head}{count}件，均已列在上面。"]
    above = "（已列在上面的不重复）" if len(rows) < count else ""
    more = [f"另有{len(rows) - SHOWN}件，请回“查询”。"] if len(rows) > SHOWN else []
    return [f"{head}{count}件{above}：", *rows[:SHOWN], *more]


def _line(desk: Desk, i: Incident) -> str:
    """``12号 石坪镇滑坡 重大：权威信息 07:10前，卡在应急管理局签收，已18分。`` Harmless if leaked: place and kind only."""
    now = desk.now()
    hidden = texts.thin(i, desk.settings)
    name = "专线事项" if hidden else f"{texts.mark(i)}{texts.short(i, desk.settings)}"
    said = f"{i.number}号 {name} {texts.level_name(i.level)}"
    if not i.open:
        return f"{said}：已结。"
    clock = next(iter(_clocks(i)), None)
    due = f"{texts.clock_name(clock)} {texts.due_text(clock, now)}" if clock else "没有在走的对外时限"
    where = "" if hidden else texts.stuck_text(i, desk.settings, now)
    return f"{said}：{due}{f'，卡在{where}' if where else ''}。"


def _clocks(i: Incident) -> list[Clock]:
    found = (c for c in i.clocks if c.running and c.track in ("public", "service"))
    return sorted(found, key=lambda c: (c.latent, c.due_at))


def _due(i: Incident) -> datetime | None:
    return next((c.due_at for c in _clocks(i)), None)


def _late(i: Incident) -> bool:
    return any(c.state.value == "overdue" and not c.latent for c in i.clocks if c.track in ("public", "service"))


def fitted(lines: Sequence[str]) -> str:
    """As many lines as fit, the last always; what is left out is said, never cut inside a line."""
    text = "\n".join(lines)
    kept = list(lines[:-1])
    while len(text.encode()) > LIMIT and kept:
        kept.pop()
        text = "\n".join((*kept, "（内容较多，其余请到总览查看）", lines[-1]))
    return text
