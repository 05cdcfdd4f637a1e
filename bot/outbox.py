"""Messages that answer or ask one person: replies, cards of the desk, updates of a pressed card. Queued, never sent from here."""

from __future__ import annotations

import hashlib

from bot.desk import Desk
from bot.store.port import MessageRow
from bot.wecom import link_frames
from bot.wecom.cards import Card, card_request, dumps, file_request, text_request, update_request

BOT = "bot"  # the smart bot's long connection
REPLY, UPDATE = 3, 1  # priorities: after alarms and statutory countdowns, before reminders and digests
BRIEF, DIGEST = "brief", 5  # kind and priority of what may wait: morning and evening briefs


def digest(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:24]


def reply_message(desk: Desk, user: str, text: str, key: str) -> MessageRow:
    """A text reply; its id follows from the callback, so a repeated working sends it once."""
    ident = "re-" + digest(key, user)
    if key.startswith(link_frames.KEY):  # asked over the smart bot: answered there
        return row(desk, ident, user, BOT, link_frames.reply_request(key, text), text, REPLY)
    request = text_request(user, desk.settings.wecom.agentid, text, mark=ident)
    return row(desk, ident, user, "reply", request, text, REPLY)


def card_message(desk: Desk, user: str, card: Card, key: str) -> MessageRow:
    """A card of the desk itself (handover, swap): its task id follows from `key` and the person."""
    ident = "dk-" + digest(key, user)
    card = {**card, "task_id": ident} if "button_list" in card else card
    request = card_request(user, desk.settings.wecom.agentid, card)
    return row(desk, ident, user, "desk", request, dumps(card).decode(), REPLY, task_id=ident)


def file_message(desk: Desk, user: str, media_id: str, name: str, key: str, incident: int | None) -> MessageRow:
    """An uploaded file; its id follows from `key` and the person."""
    ident = "fi-" + digest(key, user)
    request = file_request(user, desk.settings.wecom.agentid, media_id, mark=ident)
    return row(desk, ident, user, "file", request, f"［文件］{name}", REPLY, incident=incident)


def bot_file_message(desk: Desk, user: str, media_id: str, name: str, key: str, incident: int | None) -> MessageRow:
    """A file that was uploaded to the smart bot, into the officer's conversation with it."""
    body = {"chatid": user, "chat_type": link_frames.SINGLE, "msgtype": "file", "file": {"media_id": media_id}}
    return row(desk, "bf-" + digest(key, user), user, BOT, dumps(body), f"［文件］{name}", REPLY, incident=incident)


def update_message(desk: Desk, user: str, code: str, card: Card, key: str, incident: int | None) -> MessageRow:
    """The replacement of a pressed card for the person who pressed it."""
    if code.startswith(link_frames.BOT_CODE):
        request = link_frames.update_request(code, card)
        return row(desk, "up-" + digest(key), user, BOT, request, dumps(card).decode(), UPDATE, incident=incident)
    request = update_request([user.lower()], desk.settings.wecom.agentid, code, card)
    return row(desk, "up-" + digest(key), user, "update", request, dumps(card).decode(), UPDATE, incident=incident)


def row(
    desk: Desk,
    ident: str,
    user: str,
    kind: str,
    request: bytes,
    text: str,
    priority: int,
    *,
    task_id: str = "",
    incident: int | None = None,
) -> MessageRow:
    """A message to queue, due now; `priority` as in `bot.metering`."""
    now = desk.now()
    return MessageRow(
        id=ident,
        incident=incident,
        recipient=user.lower(),
        kind=kind,
        task_id=task_id,
        request=request,
        text=text,
        created_at=now,
        due_at=now,
        priority=priority,
    )


async def say(desk: Desk, user: str, text: str, key: str) -> None:
    """Queue a text to one person; an empty text says nothing."""
    if text:
        await desk.store.settle_steps({}, [reply_message(desk, user, text, key)], desk.now())


async def queue(desk: Desk, *rows: MessageRow) -> None:
    """Queue rows; one whose id exists was queued before and stays as it is."""
    if rows:
        await desk.store.settle_steps({}, rows, desk.now())
