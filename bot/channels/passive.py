"""The passive reply of the callback, where the installation switched it on; otherwise an empty answer (wecom document 90241)."""

from __future__ import annotations

import json

from bot import clock as system
from bot.desk import Desk
from bot.wecom import passive
from bot.wecom.crypto import CallbackMessage


async def passive_reply(desk: Desk, message: CallbackMessage) -> str:
    """Plain XML for a press, empty for everything else. The present state follows over the active interface in any case."""
    w = desk.settings.wecom
    if message.kind != "card" or w.passive_card_reply == "none":
        return ""
    card = None
    if w.passive_card_reply == passive.CARD:
        row = await desk.store.message_by_task(message.task_id)
        card = json.loads(row.request).get("template_card") if row is not None and row.request else None
    return passive.reply(w.passive_card_reply, message, w.corpid, system.wall(), card)
