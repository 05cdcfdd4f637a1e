"""Passive replies as document 90241 has them: unsealed, checked, and done to the phone of who clicked only."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

from bot.emulator import rules
from bot.emulator.card_rules import CALLING, LISTS, check_card
from bot.emulator.office import Office, fresh_id
from bot.emulator.refusal import Refusal
from bot.emulator.sealing import signature, unseal

LISTED = {*LISTS, "option_list", "action_list"}
NUMBERS = {"type", "style", "desc_color", "mode"}
FLAGS = {"disable", "is_checked"}
SNAKE = {"KeyName": "keyname", "UserId": "userid", "AppId": "appid", "PagePath": "pagepath", "CheckBox": "checkbox"}
NAME_LENGTH = 10
_BUTTONS = {"update_button", "update_template_card"}


class Passive:
    """Applies replies; `refused` keeps why one was not, for tests and the control address."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.refused: list[str] = []

    def apply(self, reply: str, event: str) -> None:
        """Do what the reply to `event` (plain XML) says, if the switch says that WeCom honours it."""
        if not reply.strip() or self._office.switches.passive != "honour":
            return
        try:
            self._act(self._opened(reply), ElementTree.fromstring(event))
        except (Refusal, ValueError, ElementTree.ParseError) as error:
            self.refused.append(str(error))

    def _opened(self, reply: str) -> ElementTree.Element:
        outer, corp = {node.tag: node.text or "" for node in ElementTree.fromstring(reply)}, self._office.corp
        sealed = outer.get("Encrypt", "")
        if outer.get("MsgSignature") != signature(corp.token, outer.get("TimeStamp", ""), outer.get("Nonce", ""), sealed):
            raise ValueError("wrong signature")
        return ElementTree.fromstring(unseal(corp.aes_key, corp.corpid, sealed))

    def _act(self, inner: ElementTree.Element, cause: ElementTree.Element) -> None:
        user, kind = cause.findtext("FromUserName", ""), inner.findtext("MsgType", "")
        if (
            inner.findtext("ToUserName", "").lower() != user.lower()
            or inner.findtext("FromUserName") != self._office.corp.corpid
        ):
            raise ValueError("wrong names")
        if kind == "text":
            self._text(user, inner.findtext("Content", ""))
            return
        event = cause.findtext("Event", "")
        if kind not in _BUTTONS or not event.startswith("template_card_"):
            raise ValueError("reply does not fit the event")
        seq, original = self._card(cause.findtext("TaskId", ""))
        if kind == "update_button":
            name = inner.findtext("Button/ReplaceName", "")
            if not name or original.get("card_type") not in CALLING:
                raise ValueError("no ReplaceName, or a card without buttons")
            self._change(seq, user, None, name)
            return
        found = inner.find("TemplateCard")
        card = _snake(found) if found is not None else {}
        check_card(card, sending=False)
        self._change(seq, user, card, str(card.get("replace_text", "")))

    def _card(self, task_id: str) -> tuple[int, dict[str, Any]]:
        row = self._office.ledger.row("select seq, content from request where task_id=? and repeat_of is null", task_id)
        if row is None:
            raise ValueError("unknown task")
        return row["seq"], json.loads(row["content"])

    def _change(self, seq: int, user: str, card: dict[str, Any] | None, grey: str) -> None:
        sql = "update delivery set content=coalesce(?, content), grey=?, updated_at=? where user=? and state='shown' and seq=?"
        content = None if card is None else json.dumps(card, ensure_ascii=False)
        self._office.ledger.write(sql, content, grey, self._office.now(), user.lower(), seq)
        self._office.changed()

    def _text(self, user: str, text: str) -> None:
        """A text in answer to a message or event; it is no message of the send interface and spends no meter."""
        if not text.strip():
            raise ValueError("empty text")
        content = json.dumps({"content": rules.cut(text, rules.TEXT_BYTES)}, ensure_ascii=False)
        request = {"received_at": self._office.now(), "msgtype": "text", "body": content, "digest": "", "msgid": fresh_id("m-")}
        request |= {"answer": "{}", "content": content, "can_call": 0, "target": json.dumps([user.lower()])}
        self._office.arrived(self._office.ledger.add(request, [(user.lower(), "shown")], None))


def _snake(node: ElementTree.Element) -> dict[str, Any]:
    """The card of a TemplateCard: PascalCase to the names of the send interface, repeated siblings to lists."""
    card: dict[str, Any] = {}
    for child in node:
        name = SNAKE.get(child.tag) or "".join(f"_{c.lower()}" if c.isupper() else c for c in child.tag).lstrip("_")
        value: Any = _snake(child) if len(child) else _value(name, child.text or "")
        if name in LISTED:
            card.setdefault(name, []).append(value)
        elif name in card:
            raise ValueError(f"{child.tag} twice")
        else:
            card[name] = value
    return card


def _value(name: str, text: str) -> Any:
    if name in NUMBERS and text.isdecimal():
        return int(text)
    if name in FLAGS:
        return text == "true"
    return float(text) if name == "aspect_ratio" else text
