"""The passive reply to a press: what goes back in the callback's own answer, where an installation wants it (document 90241).

Whether WeCom honours it for buttons is doubtful (its page says both), so it only shows at once that the press arrived; the true state
always follows over the active interface. Pure: XML in the document's names, to be sealed by `crypto`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from bot.wecom.crypto import CallbackMessage

WORDS: Final = "已收到"  # at most ten characters
BUTTON, CARD = "update_button", "update_template_card"
CLICKABLE: Final = frozenset({"button_interaction", "vote_interaction", "multiple_interaction"})
NAMES: Final = {"keyname": "KeyName", "userid": "UserId", "appid": "AppId", "pagepath": "PagePath", "checkbox": "CheckBox"}
LEFT_OUT: Final = frozenset({"task_id", "card_type", "replace_text"})


def reply(mode: str, message: CallbackMessage, corpid: str, now: datetime, card: Mapping[str, Any] | None) -> str:
    """The plain XML for this press, empty where there is none. `card`: as it was sent, needed for `update_template_card`."""
    if message.kind != "card" or message.card_type not in CLICKABLE or mode not in (BUTTON, CARD):
        return ""
    if mode == CARD and card is not None and card.get("card_type") in CLICKABLE:
        parts = "".join(_tags(key, value) for key, value in card.items() if key not in LEFT_OUT)
        kind = _tag("CardType", str(card["card_type"]))
        inner = f"<TemplateCard>{kind}{parts}{_tag('ReplaceText', WORDS)}</TemplateCard>"
    else:
        mode, inner = BUTTON, f"<Button>{_tag('ReplaceName', WORDS)}</Button>"
    head = _tag("ToUserName", message.user) + _tag("FromUserName", corpid)
    return f"<xml>{head}<CreateTime>{int(now.timestamp())}</CreateTime>{_tag('MsgType', mode)}{inner}</xml>"


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _name(key: str) -> str:
    return NAMES.get(key) or "".join(word.capitalize() for word in key.split("_"))


def _tags(key: str, value: Any) -> str:
    """A list becomes sibling tags of the same name."""
    name = _name(key)
    return "".join(f"<{name}>{_inner(one)}</{name}>" for one in (value if isinstance(value, list) else [value]))


def _inner(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(_members(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value))


def _members(value: Mapping[str, Any]) -> Iterator[str]:
    yield from (_tags(str(key), item) for key, item in value.items())
