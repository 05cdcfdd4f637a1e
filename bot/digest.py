"""The daily line (零报告): it also shows that the watcher lives (practice.md §1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.desk import Desk
from bot.health import ALIVE, overdue, troubles
from bot.labels import beijing
from bot.outbox import reply_message
from bot.rota_desk import check_gaps
from bot.store.port import SourceState
from config.schema import Settings

OWED = ("public", "service")
"""Tracks of what the public or a person is owed."""


async def daily(desk: Desk) -> None:
    """Queue the zero-report line to the duty officer and the duty leader of the moment, unless it is switched off."""
    if desk.settings.bot.zero_report_at:
        now, on = desk.now(), desk.duty()
        text = await zero_report(desk, now)
        for user in dict.fromkeys(u for u in (on.duty_officer, on.duty_leader) if u):
            message = reply_message(desk, user, text, f"daily-{now:%Y%m%d}")
            await desk.store.settle_steps({}, [message], now)
    await tell_gaps(desk)


async def zero_report(desk: Desk, now: datetime) -> str:
    """``截至08:00：来源12个，全部正常；24小时内无新立案，在办1件，无超时。``"""
    incidents = [i for i in await desk.store.incidents(open_only=True, alarmed_only=True) if not i.drill]
    newest = await desk.store.incidents(open_only=False, alarmed_only=True)  # what was settled meanwhile came in all the same
    new = sum(1 for i in newest if not i.drill and now - i.opened_at < timedelta(hours=24))
    late = sum(1 for i in incidents if any(c.state.value == "overdue" and c.track in OWED for c in i.clocks))
    opened = f"新立案{new}件" if new else "无新立案"
    overdue = f"超时{late}件" if late else "无超时"
    sources = await sources_line(desk, now)
    return f"截至{beijing(now, now)}：{sources}；24小时内{opened}，在办{len(incidents)}件，{overdue}。"


async def sources_line(desk: Desk, now: datetime) -> str:
    """``来源12个，全部正常``."""
    return health_of(desk.settings, await desk.store.source_states(), now)


def health_of(settings: Settings, states: Mapping[str, SourceState], now: datetime) -> str:
    """The same from what was read: those that bring nothing, and those that were never heard of, are named."""
    used = [s for s in settings.sources if s.enabled]
    tried = [(s, states[s.id]) for s in used if s.id in states and states[s.id].last_try_at]
    bad = [s.name for s, state in tried if overdue(s, state, now) or any(t.kind not in ALIVE for t in troubles(s, state, now))]
    known = {s.id for s, _ in tried}
    parts = [
        _named(bad, "异常"),
        _named([s.name for s in used if s.id not in known and s.url], "尚未轮询"),
        _named([s.name for s in used if s.id not in known and not s.url], "尚未推送"),
    ]
    return f"来源{len(used)}个，{'，'.join(p for p in parts if p) or '全部正常'}"


def _named(names: list[str], what: str) -> str:
    return f"{len(names)}个{what}（{'、'.join(names[:3])}{'等' if len(names) > 3 else ''}）" if names else ""


async def tell_gaps(desk: Desk) -> None:
    """Days ahead: the administrators are told where nobody stands in the rota."""
    lines = await check_gaps(desk)
    if not lines:
        return
    now = desk.now()
    text = f"值班表有空档：{'；'.join(lines)}。请补排班，否则届时提醒无人接收。"
    for officer in desk.settings.organisation.administrators:
        await desk.store.settle_steps({}, [reply_message(desk, officer.userid, text, f"gap-{now:%Y%m%d}")], now)
