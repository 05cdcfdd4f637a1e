"""Smart bots on their long connection (documents 101463, 101031, 101027): frames over a WebSocket, strict about who may say what.

Codes 846604 to 846607 are ours to choose within the documented range; the documents name the rules, not the number of each.
Of the window of a click the wall clock decides, of everything else the program's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from bot.emulator import rules
from bot.emulator.bot_media import KINDS, BotMedia
from bot.emulator.card_rules import check_card, pruned
from bot.emulator.corp import SmartBot
from bot.emulator.office import Office, fresh_id
from bot.emulator.refusal import PressRefused, Refusal

PATH = "/openws"
MARKDOWN_BYTES = 20_480
A_MINUTE, AN_HOUR = 30, 1000  # messages of one conversation, replies and pushes together
CLICK_SECONDS, REPLY_MS, STREAM_MS = 5.0, 24 * 3_600_000, 6 * 60_000
NO_REQUEST, TOO_LATE, NOT_SPOKEN, TOO_MANY, STREAM_OVER = 846604, 846605, 846606, 846607, 846608
PUSHED = ("markdown", "template_card", *KINDS)
REPLIED = ("stream", *PUSHED)
WELCOMED = ("text", "template_card")
"""What each of the three ways to speak may carry."""
CARDS = ("text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction")


@dataclass(slots=True, kw_only=True)
class Line:
    """One live connection. `asked`: req_id of callbacks -> (kind, chat, wall time in seconds, program time in ms, task_id)."""

    bot: SmartBot
    socket: web.WebSocketResponse
    asked: dict[str, tuple[str, str, float, int, str]] = field(default_factory=dict)
    streams: dict[str, tuple[str, int, int, bool]] = field(default_factory=dict)  # id -> (req_id, delivery, begun ms, finished)


class SmartBots:
    """All bots of the corp. `lines` holds the one live connection of each."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.lines: dict[str, Line] = {}
        self.pings = 0
        self.subscribed = 0
        media = self._media = BotMedia(office)
        self._acts: dict[str, Callable[[Line, str, dict[str, Any]], dict[str, Any] | None]] = {
            "aibot_upload_media_init": lambda line, req_id, body: media.init(body),
            "aibot_upload_media_chunk": lambda line, req_id, body: media.chunk(body),
            "aibot_upload_media_finish": lambda line, req_id, body: media.finish(body),
            "aibot_send_msg": self._push,
            "aibot_respond_msg": self._reply,
            "aibot_respond_welcome_msg": self._welcome,
            "aibot_respond_update_msg": self._update,
        }

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection from hello to goodbye; without a ping in time it is cut."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        line: Line | None = None
        while not socket.closed:
            try:
                frame = await socket.receive(timeout=self._office.switches.ping_timeout)
            except TimeoutError:
                break
            if frame.type is not WSMsgType.TEXT:
                break
            line = await self._frame(socket, line, frame.data)
        if line is not None and self.lines.get(line.bot.id) is line:
            del self.lines[line.bot.id]
        await socket.close()
        return socket

    async def _frame(self, socket: web.WebSocketResponse, line: Line | None, text: str) -> Line | None:
        try:
            frame = json.loads(text)
            cmd, req_id, body = frame["cmd"], frame["headers"]["req_id"], frame.get("body") or {}
        except (ValueError, KeyError, TypeError):
            await socket.close()
            return line
        fault = self._office.switches.take(cmd)
        if fault is not None and fault.kind == "reset":
            await socket.close()
            return line
        code = fault.code if fault is not None and fault.kind == "errcode" else 0
        answer: dict[str, Any] | None = None
        if not code:
            try:
                line, answer = await self._act(socket, line, cmd, req_id, body)
            except Refusal as refusal:
                code = refusal.errcode
        if fault is None or fault.kind != "lost":
            ack: dict[str, Any] = {"headers": {"req_id": req_id}, "errcode": code, "errmsg": "ok" if not code else "refused"}
            ack |= {"body": answer} if answer else {}
            await socket.send_str(json.dumps(ack, ensure_ascii=False))
        return line

    async def _act(
        self, socket: web.WebSocketResponse, line: Line | None, cmd: str, req_id: str, body: dict[str, Any]
    ) -> tuple[Line, dict[str, Any] | None]:
        if cmd == "aibot_subscribe":
            if line is not None:
                raise Refusal(45009, "subscribed already")
            return await self._subscribe(socket, body), None
        if line is None:
            raise Refusal(853000, "subscribe first")
        if cmd == "ping":
            self.pings += 1
            return line, None
        if cmd not in self._acts:
            raise Refusal(40058, "unknown cmd")
        return line, self._acts[cmd](line, req_id, body)

    async def _subscribe(self, socket: web.WebSocketResponse, body: dict[str, Any]) -> Line:
        bot = next((b for b in self._office.corp.bots if b.id == body.get("bot_id") and b.secret == body.get("secret")), None)
        if bot is None:
            raise Refusal(853000, "bad bot_id or secret")
        old = self.lines.get(bot.id)
        self.lines[bot.id] = line = Line(bot=bot, socket=socket)
        self.subscribed += 1
        if old is not None:
            await self._event(old, {"eventtype": "disconnected_event"}, "", "")
            await old.socket.close()
        return line

    # what the bot says

    def _push(self, line: Line, req_id: str, body: dict[str, Any]) -> None:
        chat = self._chat(str(body.get("chatid", "")))
        if body.get("chat_type") not in (1, 2) or not chat:
            raise Refusal(40058, "chatid or chat_type")
        if not self._office.ledger.row("select 1 from bot_spoke where bot=? and chat=?", line.bot.id, chat):
            raise Refusal(NOT_SPOKEN, "the user has not messaged the bot")
        self._deliver(line, chat, body, PUSHED)

    def _reply(self, line: Line, req_id: str, body: dict[str, Any]) -> None:
        kind, chat, _, at, _ = line.asked.get(req_id, ("", "", 0.0, 0, ""))
        if kind != "message":
            raise Refusal(NO_REQUEST, "no such message")
        if self._office.now() - at > REPLY_MS:
            raise Refusal(TOO_LATE, "24 hours are over")
        if body.get("msgtype") == "stream":
            self._stream(line, req_id, chat, body)
        else:
            self._deliver(line, chat, body, REPLIED)

    def _stream(self, line: Line, req_id: str, chat: str, body: dict[str, Any]) -> None:
        """One message that is written anew until it is finished, within six minutes."""
        said = rules.typed(body, "stream", dict, {})
        ident, finish = rules.typed(said, "id", str, ""), rules.typed(said, "finish", bool, False)
        if not ident:
            raise Refusal(40058, "stream.id")
        now, known = self._office.now(), line.streams.get(ident)
        if known is None:
            line.streams[ident] = (req_id, self._deliver(line, chat, body, REPLIED), now, finish)
            return
        asked, delivery, begun, over = known
        if asked != req_id or over or now - begun > STREAM_MS:
            raise Refusal(STREAM_OVER, "the stream is over")
        _, content = _content(body, REPLIED)
        line.streams[ident] = (asked, delivery, begun, finish)
        sql = "update delivery set content=?, updated_at=? where id=?"
        self._office.ledger.write(sql, json.dumps(content, ensure_ascii=False), now, delivery)
        self._office.changed()

    def _welcome(self, line: Line, req_id: str, body: dict[str, Any]) -> None:
        chat = self._in_time(line, req_id, "enter_chat")[1]
        self._deliver(line, chat, body, WELCOMED)
        del line.asked[req_id]

    def _in_time(self, line: Line, req_id: str, kind: str) -> tuple[str, str, float, int, str]:
        asked = line.asked.get(req_id)
        if asked is None or asked[0] != kind:
            raise Refusal(NO_REQUEST, "no such event")
        if self._office.wall().timestamp() - asked[2] > CLICK_SECONDS:
            raise Refusal(TOO_LATE, "5 seconds are over")
        return asked

    def _update(self, line: Line, req_id: str, body: dict[str, Any]) -> None:
        """The whole card anew, with the same task_id, once a click."""
        asked = self._in_time(line, req_id, "click")
        card = pruned(rules.typed(body, "template_card", dict, {}))
        if card.get("task_id") != asked[4]:
            raise Refusal(42014, "task_id of the clicked card expected")
        check_card(card)
        del line.asked[req_id]
        sql = "update delivery set content=?, updated_at=? where user=? and seq=(select seq from request where task_id=?)"
        user = _thread(asked[1])
        self._office.ledger.write(sql, json.dumps(card, ensure_ascii=False), self._office.now(), user, asked[4])
        self._office.changed()

    def _deliver(self, line: Line, chat: str, body: dict[str, Any], allowed: tuple[str, ...]) -> int:
        msgtype, content = _content(body, allowed)
        if msgtype in KINDS:
            content = {**content, "name": self._media.named(msgtype, str(content.get("media_id", "")))}
        now, user, ledger = self._office.now(), _thread(chat), self._office.ledger
        for limit, span in ((A_MINUTE, 60_000), (AN_HOUR, 3_600_000)):
            sql = "select count(*) n from delivery where user=? and received_at > ?"
            row = ledger.row(sql, user, now - span)
            if row is not None and row["n"] >= limit:
                raise Refusal(TOO_MANY, "conversation above its rate")
        task = content.get("task_id") if msgtype == "template_card" else None
        if task and ledger.row("select 1 from request where task_id=? and repeat_of is null", task):
            raise Refusal(self._office.switches.taken_code, "task_id already used")
        request = {"received_at": now, "msgtype": msgtype, "body": json.dumps(body, ensure_ascii=False), "digest": ""}
        request |= {"msgid": "", "answer": "{}", "content": json.dumps(content, ensure_ascii=False), "can_call": 0}
        request |= {"task_id": task, "target": json.dumps([user])}
        ids = ledger.add(request, [(user, "shown")], None)
        self._office.arrived(ids)
        return ids[0]

    # what members do

    async def say(self, user: str, text: str, group: str = "") -> bool:
        """Write to the bot, alone or in a group; True when a connection was there to hear it."""
        line, chat = self._line(group), self._chat(group or self._id(user))
        sql = "insert into bot_spoke(bot, chat) values(?,?) on conflict do nothing"
        self._office.ledger.write(sql, self._bot(group).id, chat)
        if line is None:
            return False
        body: dict[str, Any] = {"msgtype": "text", "text": {"content": text}}
        return await self._callback(line, "aibot_msg_callback", "message", user, group, body)

    async def enter(self, user: str) -> bool:
        line = self._line("")
        return line is not None and await self._event(line, {"eventtype": "enter_chat"}, user, "", "enter_chat")

    async def press(self, user: str, message_id: int, key: str, selected: dict[str, list[str]] | None = None) -> bool:
        """Press a button of a card of the bot: told once, without a repeat."""
        message = self._office.ledger.message(message_id)
        if message is None or not message.user.startswith("bot:") or message.msgtype != "template_card":
            raise PressRefused("机器人会话里没有这张卡片。")
        if key not in {b["key"] for b in message.content.get("button_list", ())}:
            raise PressRefused("卡片上没有这个按钮。")
        chat = message.user.removeprefix("bot:")
        group = chat if any(chat == g.lower() for b in self._office.corp.bots for g in b.groups) else ""
        items = [{"question_key": q, "option_ids": {"option_id": ids}} for q, ids in (selected or {}).items()]
        click = {"card_type": message.content["card_type"], "event_key": key, "task_id": message.task_id}
        event = {
            "eventtype": "template_card_event",
            "template_card_event": {**click, "selected_items": {"selected_item": items}},
        }
        line = self._line(group)
        return line is not None and await self._event(line, event, user, group, "click", message.task_id)

    def _chat(self, ident: str) -> str:
        """Userids are compared without case, encrypted ids are not."""
        return ident if self._office.switches.bot_userid == "encrypted" else ident.lower()

    def _id(self, user: str) -> str:
        """The id of a member as the bot is told it."""
        if self._office.switches.bot_userid == "encrypted" and user:
            return self._office.open_userid(user)
        member = self._office.member(user)
        return member.userid if member else user

    def _bot(self, group: str) -> SmartBot:
        bots = [b for b in self._office.corp.bots if not group or group in b.groups]
        if not bots:
            raise PressRefused("没有这个机器人，或它不在这个群里。")
        return bots[0]

    def _line(self, group: str) -> Line | None:
        return self.lines.get(self._bot(group).id)

    async def _event(self, line: Line, event: dict[str, Any], user: str, group: str, kind: str = "", task: str = "") -> bool:
        body = {"msgtype": "event", "event": event, "create_time": self._office.now() // 1000}
        return await self._callback(line, "aibot_event_callback", kind, user, group, body, task)

    async def _callback(
        self, line: Line, cmd: str, kind: str, user: str, group: str, body: dict[str, Any], task: str = ""
    ) -> bool:
        req_id = fresh_id("req-")
        if kind:
            chat = self._chat(group or self._id(user))
            line.asked[req_id] = (kind, chat, self._office.wall().timestamp(), self._office.now(), task)
        who = {"chattype": "group" if group else "single", "from": {"userid": self._id(user)}}
        head = {"msgid": fresh_id("bm-"), "aibotid": line.bot.id, **({"chatid": group} if group else {}), **who}
        frame = json.dumps({"cmd": cmd, "headers": {"req_id": req_id}, "body": {**head, **body}}, ensure_ascii=False)
        copies = {"drop": 0, "duplicate": 2}.get(self._office.switches.callbacks, 1)
        try:
            for _ in range(copies):
                await line.socket.send_str(frame)
        except (ConnectionError, asyncio.CancelledError):
            return False
        return copies > 0


def _thread(chat: str) -> str:
    return f"bot:{chat.lower()}"


def _content(body: dict[str, Any], allowed: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    msgtype = rules.typed(body, "msgtype", str, "")
    if msgtype not in allowed:
        raise Refusal(40008, "invalid message type")
    content = rules.typed(body, msgtype, dict, {}) if msgtype else {}
    if msgtype == "template_card":
        card = pruned(content)
        if card.get("card_type") not in CARDS:
            raise Refusal(42031, "card_type")
        check_card(card)
        return msgtype, card
    if msgtype in KINDS:
        return msgtype, {"media_id": rules.typed(content, "media_id", str, "")}
    text = rules.typed(content, "content", str, "")
    if not text.strip():
        raise Refusal(44004, "empty content")
    if len(text.encode()) > MARKDOWN_BYTES:
        raise Refusal(45002, "content too long")
    return "text" if msgtype == "text" else "markdown_v2", {"content": text}
