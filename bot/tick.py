"""Due steps become messages, messages are sent, what happened is recorded. Queue -> send -> mark (design.md §3.3).

tick:    claim due steps -> settle the incident -> re-check with the ladder -> keep the newest of each clock and role
         -> find the people -> one request a person -> queue (bot.due)
deliver: claim queued messages -> re-check what certainly never left (bot.refresh) -> send -> mark sent | retry later |
         unknown (repeat byte for byte) | failed (told)
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.channels import ways
from bot.channels.sending import BESIDE, SPAM, failed_beside, held, meanwhile, neutral, not_working, transmit, working
from bot.channels.updates import update_refused
from bot.compose import RELAY_WORD, message, relay_id
from bot.desk import Desk
from bot.due import queue_due
from bot.metering import HOUR
from bot.outage import recovered
from bot.outbox import queue
from bot.refresh import refreshed
from bot.store.port import MessageRow, StepRow
from bot.wecom.client import SendResult
from bot.wecom.errors import Kind, OutcomeUnknown, SendError
from playbooks import ladder
from playbooks.incident import SYSTEM, Event

log = logging.getLogger(__name__)

STEP_BATCH = 500
ROUNDS, SIDE_BY_SIDE = 3, 2
"""Full batches queued before the most urgent messages are sent: a flood must not wait for WeCom."""
MESSAGE_BATCH = 20
PEOPLE = 6
"""People sent to side by side, each in order; while WeCom is out of order one tries alone."""
RETRY = (5, 15, 60, 300)  # seconds of program time between tries of a refused message
GIVE_UP = timedelta(hours=24)


async def tick(desk: Desk) -> int:
    """Turn every due step into queued messages; returns how many steps were claimed. One bad incident stops no other."""
    rows = await _claim(desk)
    if len(rows) < STEP_BATCH:
        await queue_due(desk, rows)
        return len(rows)
    return sum(await asyncio.gather(_drain(desk, rows), *(_drain(desk, ()) for _ in range(SIDE_BY_SIDE - 1))))


async def _claim(desk: Desk) -> list[StepRow]:
    wall, lease = desk.lease()
    return await desk.store.claim_steps(desk.now(), wall, desk.owner, lease, STEP_BATCH)


async def _drain(desk: Desk, rows: Sequence[StepRow]) -> int:
    """A flood: some full batches, so that one is judged while the database writes another."""
    count = 0
    for _ in range(ROUNDS):
        rows = rows or await _claim(desk)
        await queue_due(desk, rows)
        count += len(rows)
        if len(rows) < STEP_BATCH:
            break
        rows = ()
    return count


async def deliver(desk: Desk) -> int:
    """Send what is queued; returns how many messages were claimed."""
    if desk.wecom is None:
        return 0
    now = desk.now()
    wall, lease = desk.lease()
    rows = await desk.store.claim_messages(now, wall, desk.owner, lease, MESSAGE_BATCH)
    if rows and (desk.settings.bot.database_url or not desk.meters.known):
        desk.meters.learn(await desk.store.sent_since(now - HOUR))
    people: dict[str, list[MessageRow]] = {}
    for row in rows:
        people.setdefault(row.recipient, []).append(row)
    # a headless story jumps from instant to instant and must be the same each time: there, one after the other
    limit = asyncio.Semaphore(PEOPLE if desk.breaker.since is None and desk.clock.speed else 1)

    async def to_one(mine: Sequence[MessageRow]) -> bool:
        async with limit:
            return any([await _deliver(desk, row) for row in mine])

    if any(await asyncio.gather(*(to_one(mine) for mine in people.values()))):
        await recovered(desk, desk.now())
    return len(rows)


async def _deliver(desk: Desk, row: MessageRow) -> bool:
    """Send one message, unless its steps were met meanwhile; what fails here stops no other message. True: WeCom took it."""
    try:
        ready = await refreshed(desk, row)
        if ready is not None and not ready.request:
            raise RuntimeError("a message without words must not leave")
        return ready is not None and not await held(desk, ready) and await _send(desk, ready)
    except Exception as e:  # flow guard: one broken message must not stop the others; its lease gives it back
        log.exception("message_failed", extra={"queued": row.id})
        await desk.store.report_problem("message", row.id, f"{type(e).__name__}: {e}", desk.now())
        return False


async def _send(desk: Desk, row: MessageRow) -> bool:
    repeat = row.attempts > 1
    try:
        result = await transmit(desk, row, repeat=repeat)
    except (OutcomeUnknown, SendError) as e:
        await _not_sent(desk, row, e)
        return False
    await _sent(desk, row, result, repeat)
    return row.kind not in BESIDE


async def _not_sent(desk: Desk, row: MessageRow, e: OutcomeUnknown | SendError) -> None:
    if row.kind in BESIDE:
        await failed_beside(desk, row, e)
        return
    await not_working(desk, e)
    if desk.breaker.since is not None:
        await meanwhile(desk, row)
    if isinstance(e, OutcomeUnknown):
        await desk.store.mark_failed(row.id, desk.owner, desk.now(), state="unknown", retry_at=desk.now(), detail=str(e))
        await desk.store.report_problem("wecom", "send", f"企业微信未应答，消息将原样重发：{e}", desk.now())
    else:
        await _refused(desk, row, e)


async def _sent(desk: Desk, row: MessageRow, result: SendResult, repeat: bool) -> None:
    now = desk.now()
    event = None
    if row.incident is not None and row.steps:
        data = {"message": row.id, "recipient": row.recipient, "steps": list(row.steps), "kind": row.kind, "repeat": repeat}
        event = Event(kind="notified", at=now, actor=SYSTEM, data=data)
    detail = "already_there" if result.already_there else ""
    code = result.response_code or ""
    await desk.store.mark_sent(row.id, desk.owner, now, msgid=result.msgid, response_code=code, detail=detail, event=event)
    if row.kind in BESIDE:
        await desk.store.resolve_problem("channel", row.kind, now)
        return
    await working(desk)
    if result.invalid or result.unlicensed:
        text = f"{row.recipient}不在应用可见范围或没有许可，收不到提醒，请在企业微信后台核对。"
        await desk.store.report_problem("recipient", row.recipient, text, now)


async def _refused(desk: Desk, row: MessageRow, e: SendError) -> None:
    now = desk.now()
    if row.kind == "update":
        await update_refused(desk, row, e)
        return
    wait = e.retry_after or RETRY[min(row.attempts, len(RETRY)) - 1 if row.attempts else 0]
    final = (e.permanent and e.kind in (Kind.DATA, Kind.HANDLE)) or now - row.created_at > GIVE_UP
    await desk.store.mark_failed(
        row.id,
        desk.owner,
        now,
        state="failed" if final else "pending",
        retry_at=None if final else now + timedelta(seconds=wait),
        detail=str(e),
    )
    if e.code in SPAM:
        await desk.store.report_problem("wecom", "content", f"{e}。已改发不含内容的卡片。", now)
        if await neutral(desk, row):
            return
    else:
        await desk.store.report_problem("wecom", "send", str(e), now)
    if final and row.incident is not None:
        await _fallback(desk, row, now)


async def _fallback(desk: Desk, row: MessageRow, now: datetime) -> None:
    """A person who cannot be reached: the same steps go to the duty leader, then the deputy, with a word why."""
    on = desk.duty()
    incident = await desk.store.incident(row.incident) if row.incident is not None else None
    if incident is None:
        return
    await queue(desk, *ways.instead(desk, incident, row))
    for other in (on.duty_leader, on.deputy_duty, on.duty_officer):
        if other and other.lower() != row.recipient.lower():
            steps = ladder.among(incident, desk.settings, row.steps)
            if not steps:
                return
            user = other.lower()
            sent = message(desk, incident, user, steps, (RELAY_WORD,), on, relay_id(incident.number, user, steps))
            await desk.store.settle_steps({}, [sent], now)
            return
