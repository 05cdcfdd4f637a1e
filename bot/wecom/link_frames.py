"""Frames of the long connection as the rest of the desk knows messages, and back (pure). Facts: documents 101463, 101027.

A message keeps where it came from in its key, `b:<chat_type>:<chat>:<msgid>`, so that its answer finds the way back; the code of a
pressed card is `bot:<chat_type>:<chat>:<req_id>:<task_id>`, used like the response code of an app card.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bot.wecom.cards import Card, dumps
from bot.wecom.crypto import CallbackMessage

KEY, CODE, REPLY_TO = "b:", "req_id", "reply_to"
BOT_CODE: Final = "bot:"
SINGLE, GROUP = 1, 2
BYTES: Final = 20_480
WRITTEN: Final = ("text", "voice", "mixed")


def read(frame: Mapping[str, Any], now: datetime) -> CallbackMessage | None:
    """The message of a callback frame; None for what is no message of an officer (entering a chat, feedback) or not readable."""
    body = frame.get("body")
    if not isinstance(body, Mapping) or not isinstance(body.get("from"), Mapping):
        return None
    raw, msgid = str(body["from"].get("userid", "")), str(body.get("msgid", ""))
    user = raw.lower()
    if not user or not msgid:
        return None
    group = body.get("chattype") == "group"
    place = f"{GROUP if group else SINGLE}:{body.get('chatid') if group else raw}"
    event = body.get("event")
    if frame.get("cmd") == "aibot_msg_callback":
        text = _words(body)
        return _message("text", user, f"{KEY}{place}:{msgid}", now, content=text) if text else None
    if isinstance(event, Mapping) and event.get("eventtype") == "template_card_event":
        click = event.get("template_card_event")
        if not isinstance(click, Mapping):
            return None
        headers = frame.get("headers")
        req_id = str(headers.get("req_id", "")) if isinstance(headers, Mapping) else ""
        task = str(click.get("task_id", ""))
        return _message(
            "card",
            user,
            f"{KEY}{place}:{msgid}",
            now,
            event_key=str(click.get("event_key", "")),
            task_id=task,
            card_type=str(click.get("card_type", "")),
            response_code=f"{BOT_CODE}{place}:{req_id}:{task}",
            selected=_selected(click.get("selected_items")),
        )
    return None


def entered(frame: Mapping[str, Any]) -> str:
    """Who opened the conversation with the bot, as the id came; empty for every other frame."""
    body = frame.get("body")
    if frame.get("cmd") != "aibot_event_callback" or not isinstance(body, Mapping):
        return ""
    event, who = body.get("event"), body.get("from")
    opened = isinstance(event, Mapping) and event.get("eventtype") == "enter_chat"
    return str(who.get("userid", "")) if opened and isinstance(who, Mapping) else ""


def sender_of(message: CallbackMessage) -> str:
    """The sender's id exactly as it came, empty in a group. It may be an encrypted one, whose case counts."""
    _, chat_type, chat, _ = message.dedupe_key.split(":", 3)
    return chat if int(chat_type) == SINGLE else ""


def _message(kind: str, user: str, key: str, now: datetime, **more: Any) -> CallbackMessage:
    selected = more.pop("selected", {})
    at = now.astimezone(UTC).replace(microsecond=0)
    return CallbackMessage(kind=kind, user=user, created_at=at, agent_id=0, dedupe_key=key, selected=selected, **more)


def _words(body: Mapping[str, Any]) -> str:
    """What was typed or spoken; in a group the bot's own name stands before it."""
    kind = str(body.get("msgtype", ""))
    block = body.get(kind)
    if kind not in WRITTEN or not isinstance(block, Mapping):
        return ""
    if kind == "mixed":
        items = block.get("msg_item")
        texts = [i.get("text") for i in (items if isinstance(items, list) else ()) if isinstance(i, Mapping)]
        text = " ".join(str(t.get("content", "")) for t in texts if isinstance(t, Mapping))
    else:
        text = str(block.get("content", ""))
    head, _, rest = text.strip().partition(" ")
    return rest.strip() if head.startswith("@") else text.strip()


def _selected(items: object) -> dict[str, tuple[str, ...]]:
    rows = items.get("selected_item") if isinstance(items, Mapping) else None
    found: dict[str, tuple[str, ...]] = {}
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and isinstance(row.get("question_key"), str):
            ids = row.get("option_ids")
            chosen = ids.get("option_id") if isinstance(ids, Mapping) else None
            found[row["question_key"]] = tuple(str(i) for i in (chosen if isinstance(chosen, list) else [chosen]) if i)
    return found


def reply_request(key: str, text: str) -> bytes:
    """Frozen bytes of the answer to the message with this key, into the chat it came from; it ends what was begun at once there."""
    _, chat_type, chat, _ = key.split(":", 3)
    words = text.encode()[:BYTES].decode(errors="ignore")
    place = {"chatid": chat, "chat_type": int(chat_type)}
    return dumps({REPLY_TO: key, **place, "msgtype": "markdown", "markdown": {"content": words}})


def update_request(code: str, card: Card) -> bytes:
    """Frozen bytes that put `card` in the place of the one that was pressed."""
    _, chat_type, chat, req_id, task = code.split(":", 4)
    place = {"chatid": chat, "chat_type": int(chat_type)}
    shown = {**card, "task_id": task}
    return dumps({CODE: req_id, "chat": place, "response_type": "update_template_card", "template_card": shown})


def task_of(card: Card, req_id: str) -> Card:
    """The card under a task id of its own, when it goes out as a new message."""
    return {**card, "task_id": f"bot-{hashlib.sha256(req_id.encode()).hexdigest()[:24]}"}
