"""The daily line (零报告): it also shows that the watcher lives (practice.md §1)."""

from __future__ import annotations

from bot.desk import Desk
from bot.labels import beijing
from bot.outbox import reply_message
from bot.rota_desk import administrators, check_gaps


async def daily(desk: Desk) -> None:
    """Queue the zero-report line to the duty officer and the duty leader of the moment."""
    now, on = desk.now(), desk.duty()
    states = await desk.store.source_states()
    failing = sum(1 for s in states.values() if s.failures >= 3)
    incidents = [i for i in await desk.store.incidents(open_only=True, alarmed_only=True) if not i.drill]
    late = sum(1 for i in incidents if any(c.state.value == "overdue" and c.track == "public" for c in i.clocks))
    sources = f"{len(states) - failing}源正常" + (f"、{failing}源异常" if failing else "")
    text = f"截至{beijing(now, now)}：{sources}，在办{len(incidents)}件，" + (f"超时{late}件。" if late else "无超时。")
    for user in dict.fromkeys(u for u in (on.duty_officer, on.duty_leader) if u):
        message = reply_message(desk, user, text, f"daily-{now:%Y%m%d}")
        await desk.store.settle_steps({}, [message], now)
    await tell_gaps(desk)


async def tell_gaps(desk: Desk) -> None:
    """Days ahead: the administrators are told where nobody stands in the rota."""
    lines = await check_gaps(desk)
    if not lines:
        return
    now = desk.now()
    text = f"值班表有空档：{'；'.join(lines)}。请补排班，否则届时提醒无人接收。"
    for officer in administrators(desk):
        await desk.store.settle_steps({}, [reply_message(desk, officer.userid, text, f"gap-{now:%Y%m%d}")], now)
