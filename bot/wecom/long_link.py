"""The smart bot's long connection, for installations without a public address: what officers press and type comes in, answers go out.

Facts: documents 101463 (connection), 101031, 101027 (cards). One live connection a bot: who was displaced stays away, or two processes
would fight. Every answer to us carries the req_id of what we said; without one in time the outcome is unknown.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any, Final

import aiohttp

from bot.wecom import bot_media
from bot.wecom.cards import dumps
from bot.wecom.errors import Kind, OutcomeUnknown, SendError
from bot.wecom.link_frames import CODE, REPLY_TO, SINGLE, entered, read, task_of
from bot.wecom.streams import PATIENCE, Streams

log = logging.getLogger(__name__)

HEARTBEAT: Final = 30.0  # seconds (document 101463)
TIMEOUT: Final = 10.0
PAUSES: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before the next try to connect; the last one for ever."""
ABOVE_RATE: Final = 846607  # 30 a minute or 1000 an hour in one conversation
LOST: Final = "智能机器人没有连接，连上后再发"


class Displaced(Exception):
    """Another process has taken the bot's one connection."""


class LongLink:
    """One bot. `run` keeps the connection, `send` speaks; use both from one event loop.

    `accept` stores a message before it returns, as for the callback address. `told` hears of trouble in one Chinese sentence, and of
    its end as an empty one. `chat_of` gives the id under which a person talks to the bot, where that is not the userid. `greeting`
    gives the words for somebody who opens the conversation; WeCom takes them for five seconds.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        bot_id: str,
        secret: str,
        accept: Callable[[Any], Awaitable[bool]],
        clock: Callable[[], datetime],
        told: Callable[[str], Awaitable[None]],
        *,
        chat_of: Callable[[str], Awaitable[str]] | None = None,
        greeting: Callable[[str], Awaitable[str]] | None = None,
        patience: float = PATIENCE,
        heartbeat: float = HEARTBEAT,
        timeout: float = TIMEOUT,
        pauses: tuple[float, ...] = PAUSES,
    ) -> None:
        self._session = session
        self._url = url
        self._login = {"bot_id": bot_id, "secret": secret}
        self._accept = accept
        self._clock = clock
        self._told = told
        self._chat_of = chat_of
        self._greeting = greeting
        self._streams = Streams(self._ask, patience)
        self._heartbeat = heartbeat
        self._timeout = timeout
        self._pauses = pauses
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._waiting: dict[str, asyncio.Future[tuple[int, Mapping[str, Any]]]] = {}
        self._working: set[asyncio.Task[None]] = set()
        self.live = asyncio.Event()

    async def run(self) -> None:
        """Connect, subscribe, listen; again after every break, except after Displaced or a refused login, which are told."""
        tries = 0
        while True:
            try:
                await self._once()
                tries = 0
            except Displaced:
                await self._told("智能机器人已由另一个程序连接，本程序不再重连。请确认只有一个值班台在用这个机器人。")
                return
            except SendError as error:
                if error.permanent:
                    await self._told(f"智能机器人不能登录：{error}。请核对编号和密钥后重启值班台。")
                    return
                await self._told(f"智能机器人没有连上：{error}，正在重试。")
            except OutcomeUnknown as error:
                await self._told(f"智能机器人没有连上：{error}，正在重试。")
            await asyncio.sleep(self._pauses[min(tries, len(self._pauses) - 1)])
            tries += 1

    async def _once(self) -> None:
        """One connection from subscribing to its end."""
        try:
            async with self._session.ws_connect(self._url, timeout=aiohttp.ClientWSTimeout(ws_close=2.0)) as socket:
                self._socket = socket
                listening = asyncio.create_task(self._listen(socket))
                beating: asyncio.Task[None] | None = None
                try:
                    await self._ask("aibot_subscribe", self._login)
                    self.live.set()
                    await self._told("")
                    beating = asyncio.create_task(self._beat(socket))
                    await listening
                finally:
                    self._down(listening, beating)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise SendError(0, Kind.RETRY, "连接不上智能机器人服务，请检查网络和地址") from error

    def _down(self, *tasks: asyncio.Task[None] | None) -> None:
        self.live.clear()
        self._socket = None
        for task in tasks:
            if task is not None:
                task.cancel()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(OutcomeUnknown("智能机器人的连接断开，结果待查"))
        self._waiting.clear()
        self._streams.clear()

    async def _beat(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """A ping in time keeps the connection; one that is not answered ends it."""
        while True:
            await asyncio.sleep(self._heartbeat)
            try:
                await self._ask("ping", None)
            except (OutcomeUnknown, SendError):
                await socket.close()
                return

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            with contextlib.suppress(ValueError):
                frame = json.loads(message.data)
                if isinstance(frame, dict):
                    self._heard(frame)

    def _heard(self, frame: dict[str, Any]) -> None:
        headers = frame.get("headers")
        req_id = str(headers.get("req_id", "")) if isinstance(headers, dict) else ""
        if "cmd" not in frame:
            waiting = self._waiting.pop(req_id, None)
            code = frame.get("errcode", 0)
            if waiting is not None and not waiting.done():
                said = frame.get("body")
                waiting.set_result((code if isinstance(code, int) else 0, said if isinstance(said, dict) else {}))
            return
        body = frame.get("body")
        event = body.get("event") if isinstance(body, dict) else None
        if isinstance(event, dict) and event.get("eventtype") == "disconnected_event":
            raise Displaced
        if self._greeting is not None and (who := entered(frame)):
            self._start(self._greet(self._greeting, who, req_id))
            return
        message = read(frame, self._clock())
        if message is not None:
            self._start(self._keep(message, req_id))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _greet(self, greeting: Callable[[str], Awaitable[str]], who: str, req_id: str) -> None:
        """Words for who opens the conversation. A courtesy: WeCom takes them for five seconds and once."""
        try:
            words = await greeting(who)
            await self._ask("aibot_respond_welcome_msg", {"msgtype": "text", "text": {"content": words}}, req_id)
        except (SendError, OutcomeUnknown) as error:
            log.info("greeting_not_taken", extra={"reason": str(error)})
        except Exception:  # flow guard: no greeting is worth the connection
            log.exception("greeting_failed")

    async def _keep(self, message: Any, req_id: str) -> None:
        """Nothing is delivered twice here, so what could not be stored is told at once. A typed line is answered at once, too."""
        key = message.dedupe_key
        first = message.kind == "text" and self._streams.expect(key, req_id)
        try:
            fresh = await self._accept(message)
            log.info("bot_message", extra={"kind": message.kind, "fresh": fresh})
            if first and fresh:
                await self._streams.begin(key)
            elif first:
                self._streams.forget(key)
        except Exception:  # not stored, whatever the cause: the officer must know that it did not arrive
            self._streams.forget(key)
            log.exception("bot_message_not_stored", extra={"kind": message.kind})
            await self._told("智能机器人收到的一条消息没有存下，请值班人员重发，并请管理员查看日志。")

    async def _ask(self, cmd: str, body: object, req_id: str = "") -> Mapping[str, Any]:
        """Say one thing, wait for its answer, return what stands in it; SendError with the errcode, OutcomeUnknown without one."""
        socket = self._socket
        if socket is None or socket.closed:
            raise SendError(0, Kind.RETRY, LOST)
        req_id = req_id or secrets.token_hex(12)
        waiting: asyncio.Future[tuple[int, Mapping[str, Any]]] = asyncio.get_running_loop().create_future()
        self._waiting[req_id] = waiting
        frame = {"cmd": cmd, "headers": {"req_id": req_id}} | ({} if body is None else {"body": body})
        try:
            await socket.send_str(dumps(frame).decode())
            code, answer = await asyncio.wait_for(waiting, self._timeout)
        except (TimeoutError, ConnectionError) as error:
            raise OutcomeUnknown("智能机器人没有应答，结果待查") from error
        finally:
            self._waiting.pop(req_id, None)
        if code == ABOVE_RATE:
            raise SendError(code, Kind.RETRY, "与智能机器人的会话过于频繁，稍候再发", retry_after=60.0)
        if code:
            raise SendError.from_code(code)
        return answer

    async def upload(self, name: str, content: bytes) -> str:
        """Bring a file to the bot; its media_id is for this bot's messages only."""
        return await bot_media.upload(self._ask, name, content)

    async def send(self, body: bytes) -> None:
        """Speak the frozen `body`: a message to a chat, or the new state of a pressed card, which too late becomes a new card."""
        said = json.loads(body)
        req_id = str(said.pop(CODE, ""))
        asked = str(said.pop(REPLY_TO, ""))
        if not self.live.is_set():
            raise SendError(0, Kind.RETRY, LOST)
        if asked and await self._streams.finish(asked, str(said["markdown"]["content"])):
            return
        if not req_id:
            if self._chat_of is not None and said.get("chat_type") == SINGLE:
                said["chatid"] = await self._chat_of(str(said["chatid"]))
            await self._ask("aibot_send_msg", said)
            return
        chat = said.pop("chat")
        try:
            await self._ask("aibot_respond_update_msg", said, req_id)
        except SendError as error:
            if error.kind is not Kind.HANDLE:
                raise
            card = said["template_card"]
            await self._ask("aibot_send_msg", {**chat, "msgtype": "template_card", "template_card": task_of(card, req_id)})
