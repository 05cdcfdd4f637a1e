"""One try on the channel of a message, the meters before it, and the neutral card where WeCom refuses the words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot import texts
from bot.cards import Context, neutral_card
from bot.channels import by_bot, ways
from bot.channels.chats import CHAT
from bot.channels.gateway import Sender
from bot.channels.ways import BOT, MAIL, VOICE
from bot.desk import Desk
from bot.metering import GROUP
from bot.outbox import BRIEF, card_message, queue, reply_message
from bot.store.port import MessageRow
from bot.wecom import chats
from bot.wecom.breaker import FAILURES, tells_of_wecom
from bot.wecom.cards import Button, button_card, card_request
from bot.wecom.client import SendResult
from bot.wecom.errors import Kind, OutcomeUnknown, SendError
from playbooks.ladder import quiet_after
from playbooks.rota import roles_of

SPAM = frozenset({40201, 40204, 85002})  # refused by WeCom's content filter
NEUTRAL = "neutral-"
BESIDE = frozenset({GROUP, VOICE, MAIL, BOT, CHAT})
UNMETERED = frozenset({VOICE, MAIL})  # not WeCom: its meters do not count them
GROUP_PATIENCE = timedelta(minutes=10)
"""How long a group is worth telling that there is something: it shares the fate of WeCom, the personal ways do not."""
TOLD_EVERY = timedelta(minutes=10)
LISTED = 12
"""Numbers of waiting matters a merged card names."""
OWN = frozenset({VOICE, MAIL, BOT})
PLAIN = "有一条回复被企业微信拦截，请在单位打开总览查看，或到值班室办理。"


async def transmit(desk: Desk, row: MessageRow, *, repeat: bool) -> SendResult:
    """Send on the channel of the row; raises SendError or OutcomeUnknown."""
    assert desk.wecom is not None
    if row.kind == "update":
        await desk.wecom.update_card(row.request)
    elif row.kind == GROUP:
        await desk.wecom.webhook(desk.settings.wecom.webhook, row.request)
    elif row.kind == CHAT:
        await chats.say(desk.wecom, row.request)
    elif row.kind in OWN:
        await _own(desk, row)
    elif desk.link is not None and by_bot.instead_of_app(desk.settings.wecom, desk.link):
        return await by_bot.send(desk.link, desk.wecom, row, repeat=repeat)
    else:
        return await desk.wecom.send(row.request, repeat=repeat)
    return SendResult(msgid="", response_code=None)


async def _own(desk: Desk, row: MessageRow) -> None:
    """A way with a sender of its own; one that is no longer set up refuses for good, so that the next is taken."""
    sender: Sender | None = {VOICE: desk.gateway, MAIL: desk.mail, BOT: desk.link}[row.kind]
    if sender is None:
        raise SendError(0, Kind.DATA, "这条通道已不再配置")
    await sender.send(row.request)


async def held(desk: Desk, row: MessageRow) -> bool:
    """Above the meters, or WeCom out of order: the row goes back with the time it may go.

    Above the meters the person is told once that more is coming; while WeCom does not work, what is grave takes other ways.
    """
    if row.kind in UNMETERED:
        return False
    now = desk.now()
    if row.kind == BRIEF and (morning := quiet_after(now, desk.settings)) > now:
        await _back(desk, row, morning - now, "夜间不发，早上再发")
        return True
    pause = desk.meters.wait(row, now)
    if pause:
        await _back(desk, row, pause, "已到每人每分钟上限，排队等候，不丢失")
        if row.kind not in BESIDE:
            await _tell(desk, row.recipient, now)
        return True
    pause = timedelta() if row.kind in BESIDE else desk.breaker.wait(now)
    if pause:
        await _back(desk, row, pause, "企业微信暂不可用，等候试通后发送，不丢失")
        await meanwhile(desk, row)
        return True
    desk.meters.note(row, now)
    return False


async def _back(desk: Desk, row: MessageRow, pause: timedelta, detail: str) -> None:
    now = desk.now()
    at = now + max(pause, timedelta(seconds=1))
    await desk.store.mark_failed(row.id, desk.owner, now, state="pending", retry_at=at, detail=detail)


async def meanwhile(desk: Desk, row: MessageRow) -> None:
    """Other ways for a message that waits for WeCom; asked again it queues nothing twice."""
    if row.incident is None or not row.steps or not ways.open_ways(desk, desk.settings.organisation.officer(row.recipient)):
        return
    incident = await desk.store.incident(row.incident)
    if incident is not None:
        await queue(desk, *ways.meanwhile(desk, incident, row))


async def not_working(desk: Desk, error: SendError | OutcomeUnknown) -> None:
    """Count a failure that says something about WeCom itself; when the breaker opens, the administrators are told by e-mail."""
    now = desk.now()
    if not tells_of_wecom(error) or not desk.breaker.failed(now):
        return
    text = f"企业微信连续{FAILURES}次不通，已改为隔一会儿试一次，其余提醒排队等候、不丢失。最近一次：{error}"
    await desk.store.report_problem("wecom", "breaker", text, now)
    await queue(desk, *ways.alarm(desk, text, f"breaker-{now.isoformat()}"))


async def working(desk: Desk) -> None:
    """WeCom answered: the breaker closes."""
    if desk.breaker.worked() is not None:
        await desk.store.resolve_problem("wecom", "breaker", desk.now())


async def _tell(desk: Desk, user: str, now: datetime) -> None:
    """One card for all that waits, a person and ten minutes; it has the room of the worst matters, so that it arrives."""
    slot = int(now.timestamp() // TOLD_EVERY.total_seconds())
    waiting = await desk.store.waiting_for(user)
    numbers = "、".join(f"{n}号" for n in waiting[:LISTED]) + (f"等{len(waiting)}件" if len(waiting) > LISTED else "")
    card = button_card(
        title=f"【提醒合并】另有{len(waiting)}件在排队" if waiting else "【提醒合并】其余提醒在排队",
        desc="短时间内提醒较多，已先发最紧急的",
        sub=f"{f'排队的：{numbers}。' if waiting else ''}陆续发出，不会丢失。急看请点“逐件看”。",
        buttons=[Button(text="逐件看", key="shift|list|", style=1)],
        task_id="t",
        source=texts.source_line(desk.settings),
    )
    await desk.store.settle_steps({}, [replace(card_message(desk, user, card, f"meter-{slot}"), priority=-1)], now)


async def failed_beside(desk: Desk, row: MessageRow, e: SendError | OutcomeUnknown) -> None:
    """A side channel that fails is tried three times and told, then the next way is taken; the app message goes its own way."""
    now = desk.now()
    enough = now - row.created_at >= GROUP_PATIENCE if row.kind in (GROUP, CHAT) else row.attempts >= 3
    last = enough or (isinstance(e, SendError) and e.permanent)
    again = None if last else now + timedelta(seconds=20)
    state = "failed" if last else "unknown" if isinstance(e, OutcomeUnknown) else "pending"
    await desk.store.mark_failed(row.id, desk.owner, now, state=state, retry_at=again, detail=str(e))
    name = "应用群聊" if row.kind == CHAT else ways.NAMES[row.kind]
    await desk.store.report_problem("channel", row.kind, f"{name}：{e}", now)
    incident = await desk.store.incident(row.incident) if last and row.incident is not None else None
    if incident is not None:
        await queue(desk, *ways.after(desk, incident, row))


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
