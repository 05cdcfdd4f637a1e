"""App messages over the smart bot, for an installation that has no callback address and therefore no buttons in the app (43012).

The card goes into the officer's chat with the bot, where its buttons work. Who has never spoken to the bot cannot be written to there
and gets the same words as a plain app message, with a word how to get buttons.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from bot.channels.gateway import Sender
from bot.store.port import MessageRow
from bot.wecom.cards import dumps, text_request
from bot.wecom.client import TASK_TAKEN, SendResult, WeComClient
from bot.wecom.errors import SendError
from config.schema import WeComSettings

NOT_SPOKEN: Final = frozenset({846604, 846606, 846625})
HOW: Final = "要用按钮办理，请先在企业微信里对值班机器人说一句话。"
ONLY: Final = ("text", "style", "key")
"""What a button of the bot may have."""


def instead_of_app(settings: WeComSettings, link: Sender | None) -> bool:
    """Whether cards must go over the bot: there is one, and no callback the app could press to."""
    return link is not None and not (settings.token and settings.aes_key)


async def send(link: Sender, app: WeComClient, row: MessageRow, *, repeat: bool) -> SendResult:
    """Send a card over the bot, everything else over the app. SendError and OutcomeUnknown as of either."""
    body = json.loads(row.request)
    card = body.get("template_card")
    if body.get("msgtype") != "template_card" or not isinstance(card, Mapping):
        return await app.send(row.request, repeat=repeat)
    try:
        await link.send(
            dumps({"chatid": body["touser"], "chat_type": 1, "msgtype": "template_card", "template_card": fit(card)})
        )
    except SendError as error:
        if repeat and error.code in TASK_TAKEN:
            return SendResult(msgid="", response_code=None, errcode=error.code, already_there=True)
        if error.code not in NOT_SPOKEN:
            raise
        return await app.send(text_request(body["touser"], app.agentid, as_text(card), mark=row.id), repeat=repeat)
    return SendResult(msgid="", response_code=None)


def fit(card: Mapping[str, Any]) -> dict[str, Any]:
    """The card with what a bot's card may have: no menu, buttons that call back."""
    out = {key: value for key, value in card.items() if key != "action_menu"}
    if "button_list" in out:
        out["button_list"] = [{k: b[k] for k in ONLY if k in b} for b in out["button_list"] if b.get("key")]
    return out


def as_text(card: Mapping[str, Any]) -> str:
    """The words of a card, one a line."""
    title = card.get("main_title") or {}
    lines = [title.get("title", ""), title.get("desc", ""), card.get("sub_title_text", "")]
    lines += [f"{row.get('keyname', '')}：{row.get('value', '')}" for row in card.get("horizontal_content_list", ())]
    return "\n".join([line for line in lines if line] + [HOW])
