"""The ledger of outages: when the desk or its channel was down, which steps were late, who was told.

Each is a record of the `system` chain and a problem that is already over, so that the review of every incident it touched prints it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.desk import Desk
from bot.inbox import reply_message
from bot.labels import beijing
from bot.store.port import Problem
from playbooks.incident import SYSTEM, Event
from playbooks.record import iso

LONG = timedelta(minutes=10)
GAP = timedelta(minutes=2)
BEAT = "service.beat"
BEAT_EVERY = timedelta(seconds=30)
LISTED = 20


async def recovered(desk: Desk, now: datetime) -> None:
    """WeCom answers: close the problem, and after a long silence record it and say so."""
    found = next((p for p in await desk.store.problems() if (p.kind, p.subject) == ("wecom", "send")), None)
    if found is None:
        return
    await desk.store.resolve_problem("wecom", "send", now)
    if now - found.first_at >= LONG:
        await _record_wecom(desk, found, now)


async def _record_wecom(desk: Desk, found: Problem, now: datetime) -> None:
    data: dict[str, object] = {"what": "wecom", "from": iso(found.first_at), "to": iso(now)}
    await desk.store.append_system([Event(kind="outage", at=now, actor=SYSTEM, data=data)])
    span = f"{beijing(found.first_at, now)}至{beijing(now, now)}"
    text = f"企业微信自{span}不通，期间的提醒没有送达，现已合并补发，已过的步骤登记为停机期间已过。请核对在办事项，并电话报告负责人。"
    await tell(desk, text, f"outage-wecom-{iso(found.first_at)}")


def people(desk: Desk) -> list[str]:
    """Those who answer for the desk: duty officer, duty leader, administrators, leaders who opted in."""
    on, org = desk.duty(), desk.settings.organisation
    heads = [o.userid for o in org.officers if o.board == "admin" or ("principal" in o.roles and o.direct_push)]
    return list(dict.fromkeys(u.lower() for u in (on.duty_officer, on.duty_leader, *heads) if u))


async def tell(desk: Desk, text: str, key: str) -> None:
    """One text to those who answer for the desk."""
    rows = [reply_message(desk, user, text, key) for user in people(desk)]
    await desk.store.settle_steps({}, rows, desk.now())


async def beat(desk: Desk, last: datetime | None) -> datetime | None:
    """Keep the sign of life in the database; returns when it was last kept."""
    now = desk.now()
    if last is not None and timedelta(0) <= now - last < BEAT_EVERY:
        return last
    await desk.store.set_meta(BEAT, iso(now))
    return now


async def started(desk: Desk) -> None:
    """At start: a gap since the last sign of life is an outage; steps that fell due in it are named."""
    now = desk.now()
    last = await desk.store.meta(BEAT)
    if last is None:
        await desk.store.set_meta(BEAT, iso(now))
        return
    begin = datetime.fromisoformat(last)
    if now - begin > GAP:
        await stopped(desk, begin, now)
    elif begin - now > GAP:
        detail = "系统时间比上次运行时还早，时钟可能被往回拨过。请校准系统时间后重启值班台。"
        await desk.store.report_problem("clock", "back", detail, now)
        await tell(desk, detail, f"clock-back-{iso(now)}")
    else:
        await desk.store.resolve_problem("clock", "back", now)
    await desk.store.set_meta(BEAT, iso(now))


async def stopped(desk: Desk, begin: datetime, now: datetime) -> None:
    """Nothing ran from `begin` to `now`: record it, tell, and name the steps that fell due meanwhile."""
    late = await desk.store.waiting_steps(now, begin)
    data: dict[str, object] = {
        "what": "service",
        "from": iso(begin),
        "to": iso(now),
        "steps": late[:LISTED],
        "count": len(late),
    }
    await desk.store.append_system([Event(kind="outage", at=now, actor=SYSTEM, data=data)])
    span = f"{beijing(begin, now)}至{beijing(now, now)}"
    detail = f"值班台自{span}停止运行，期间到点{len(late)}步" + ("，恢复后已补发最新的一步。" if late else "。")
    await desk.store.report_problem("outage", iso(begin), detail, begin)
    await desk.store.resolve_problem("outage", iso(begin), now)
    await tell(desk, f"{detail}请核对在办事项。", f"outage-service-{iso(begin)}")
