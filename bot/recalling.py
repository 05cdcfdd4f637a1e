"""撤回: what was wrongly sent about a matter is taken off the phones, within 24 hours (document 94867), and a correction follows.

Only messages of the app can be taken back; a group robot, e-mail or SMS cannot. Nothing is undone by it: steps that were sent stay
sent, clocks run on, the record says who took what back and why. Everybody who lost a card gets one with the present state.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot import living
from bot.cards import living_card
from bot.channels.sending import BESIDE
from bot.desk import Desk, act
from bot.outbox import card_message, queue
from bot.refusals import of_others
from bot.store.port import MessageRow
from bot.wecom.errors import OutcomeUnknown, SendError
from playbooks.incident import Actor, Incident

MAY = {"duty_officer", "duty_leader", "press_office", "admin"}
LIFE = timedelta(hours=24)
NOTE = "recalled"
NOBODY = "撤回由值班员、带班领导或新闻办办理。发现消息有误，请立即电话告知值班室。"
NO_REASON = "请写明撤回的原因。例：撤回 {n} 标题里带了个人信息"
HEADLINE = "先前消息已撤回，以本卡为准。"


async def recall(desk: Desk, actor: Actor, number: int, reason: str, key: str) -> str:
    """Take back every app message about matter `number` of the last day; worked again it takes back what is left."""
    if not MAY & set(actor.roles):
        return await of_others(desk, actor, "recall", NOBODY, key)
    if not reason.strip():
        return NO_REASON.format(n=number)
    out = [row for row in await desk.store.messages_of(number) if _reachable(desk, row)]
    out = [row for row in out if await desk.store.meta(_mark(row)) is None]
    if not out:
        return f"{number}号近24小时没有可以撤回的消息。更早的、群机器人和邮件短信发出的不能撤回，请电话更正。"
    incident, _ = await act(desk, number, "note", actor, {"note": NOTE, "text": f"{reason.strip()}（{len(out)}条）"}, key)
    back, left = [], []
    for row in out:
        why = await _taken_back(desk, row)
        (left.append(why) if why else back.append(row))
    await _correct(desk, incident, back, key)
    people = len({row.recipient for row in back})
    said = f"{number}号已撤回{len(back)}条，{people}人另收到现状卡片。" if back else f"{number}号的消息没有撤回。"
    said += f"有{len(left)}条没有撤回：{left[0]}。请电话更正。" if left else ""
    return said + "群机器人、邮件、短信发出的不能撤回。时限照常，原因已记录。"


def _reachable(desk: Desk, row: MessageRow) -> bool:
    """Sent by the app less than a day ago, and known by its id."""
    return row.kind not in BESIDE and bool(row.msgid) and row.sent_at is not None and desk.now() - row.sent_at <= LIFE


def _mark(row: MessageRow) -> str:
    return f"recalled:{row.id}"


async def _taken_back(desk: Desk, row: MessageRow) -> str:
    """Empty, or why not."""
    if desk.wecom is None:
        return "没有配置企业微信"
    try:
        await desk.wecom.recall(row.msgid)
    except (SendError, OutcomeUnknown) as e:
        return str(e)
    await desk.store.set_meta(_mark(row), desk.now().isoformat())
    return ""


async def _correct(desk: Desk, incident: Incident, back: list[MessageRow], key: str) -> None:
    """A card with the present state in the place of what was taken back, of those who had a card of the matter."""
    for user in dict.fromkeys(row.recipient for row in back if row.task_id):
        card = living_card(incident, living.context(desk, user, incident), HEADLINE)
        await queue(desk, replace(card_message(desk, user, card, f"back-{key}"), incident=incident.number))
