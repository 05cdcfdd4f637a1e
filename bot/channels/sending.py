"""One try on the channel of a message, the meters before it, and the neutral card where WeCom refuses the words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.cards import Context, neutral_card
from bot.channels.beside import VOICE
from bot.desk import Desk
from bot.metering import GROUP
from bot.outbox import reply_message
from bot.store.port import MessageRow
from bot.wecom.cards import card_request
from bot.wecom.client import SendResult
from bot.wecom.errors import OutcomeUnknown, SendError
from playbooks.rota import roles_of

SPAM = frozenset({40201, 40204, 85002})  # refused by WeCom's content filter
NEUTRAL = "neutral-"
BESIDE = frozenset({GROUP, VOICE})
TOLD_EVERY = timedelta(minutes=10)
PLAIN = "有一条回复被企业微信拦截，请在单位打开总览查看，或到值班室办理。"


async def transmit(desk: Desk, row: MessageRow, *, repeat: bool) -> SendResult:
    """Send on the channel of the row; raises SendError or OutcomeUnknown."""
    assert desk.wecom is not None
    if row.kind == "update":
        await desk.wecom.update_card(row.request)
    elif row.kind == GROUP:
        await desk.wecom.webhook(desk.settings.wecom.webhook, row.request)
    elif row.kind == VOICE:
        assert desk.gateway is not None
        await desk.gateway.send(row.request)
    else:
        return await desk.wecom.send(row.request, repeat=repeat)
    return SendResult(msgid="", response_code=None)


async def held(desk: Desk, row: MessageRow) -> bool:
    """Above the meters: the row goes back with the time it may go; the person is told once that more is coming."""
    now = desk.now()
    pause = desk.meters.wait(row, now)
    if not pause:
        desk.meters.note(row, now)
        return False
    at = now + max(pause, timedelta(seconds=1))
    detail = "已到每人每分钟上限，排队等候，不丢失"
    await desk.store.mark_failed(row.id, desk.owner, now, state="pending", retry_at=at, detail=detail)
    if row.kind not in BESIDE:
        await _tell(desk, row.recipient, now)
    return True


async def _tell(desk: Desk, user: str, now: datetime) -> None:
    """One line a person and ten minutes; it has the room of the worst matters, so that it arrives."""
    slot = int(now.timestamp() // TOLD_EVERY.total_seconds())
    text = "短时间内提醒较多，已先发最紧急的，其余正在排队，不会丢失。全部在办请回“查询”。"
    line = reply_message(desk, user, text, f"meter-{slot}")
    await desk.store.settle_steps({}, [replace(line, priority=-1)], now)


async def failed_beside(desk: Desk, row: MessageRow, e: SendError | OutcomeUnknown) -> None:
    """A side channel that fails is tried three times and told; the app message goes its own way."""
    now = desk.now()
    last = row.attempts >= 3 or (isinstance(e, SendError) and e.permanent)
    again = None if last else now + timedelta(seconds=20)
    state = "failed" if last else "unknown" if isinstance(e, OutcomeUnknown) else "pending"
    await desk.store.mark_failed(row.id, desk.owner, now, state=state, retry_at=again, detail=str(e))
    name = "群机器人" if row.kind == GROUP else "短信语音网关"
    await desk.store.report_problem("channel", row.kind, f"{name}：{e}", now)


async def neutral(desk: Desk, row: MessageRow) -> bool:
    """After a content refusal: number, grade and time with a link, for the same steps; False when that was refused too."""
    if row.id.startswith(NEUTRAL):
        return False
    if row.incident is None:
        if row.kind == "reply" and row.text != PLAIN:
            await desk.store.settle_steps({}, [reply_message(desk, row.recipient, PLAIN, NEUTRAL + row.id)], desk.now())
        return True
    incident = await desk.store.incident(row.incident)
    officer = desk.settings.organisation.officer(row.recipient)
    if incident is None or officer is None:
        return False
    on = desk.duty()
    ctx = Context(
        settings=desk.settings,
        now=desk.now(),
        duty=on,
        userid=officer.userid,
        roles=roles_of(desk.settings.organisation, officer, on),
        unit=officer.unit,
        board_url=f"{desk.board_url}/incident/{incident.number}",
    )
    ident = (NEUTRAL + row.id)[:128]
    card = neutral_card(incident, ctx, ident)
    request = card_request(officer.userid, desk.settings.wecom.agentid, card)
    fresh = replace(row, id=ident, task_id=ident, request=request, text=str(card["main_title"]), state="pending", attempts=0)
    await desk.store.settle_steps({}, [replace(fresh, created_at=desk.now(), due_at=desk.now())], desk.now())
    return True
