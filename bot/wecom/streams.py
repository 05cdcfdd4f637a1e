"""Answers that begin at once and end with the result: one message, written anew (document 101463, msgtype stream).

A line typed to the bot gets 正在办理 as soon as it is stored; its answer takes the place of that. A stream ends within six minutes, so
what takes longer ends it with a word and comes as a message of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.wecom.errors import Kind, OutcomeUnknown, SendError

AT_ONCE: Final = "正在办理……"
LATER: Final = "办理还需要一点时间，结果另发给您。"
PATIENCE: Final = 240.0  # seconds; documents say six minutes in one place and ten in another

Ask = Callable[[str, object, str], Awaitable[Mapping[str, Any]]]


@dataclass(slots=True, kw_only=True)
class _Stream:
    req_id: str
    id: str = field(default_factory=lambda: secrets.token_hex(12))
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    late: asyncio.TimerHandle | None = None

    def frame(self, words: str, *, finish: bool) -> dict[str, object]:
        return {"msgtype": "stream", "stream": {"id": self.id, "finish": finish, "content": words}}


class Streams:
    """Open streams by the key of the message they answer. `ask` speaks on the connection."""

    def __init__(self, ask: Ask, patience: float = PATIENCE) -> None:
        self._ask = ask
        self._patience = patience
        self._open: dict[str, _Stream] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def expect(self, key: str, req_id: str) -> bool:
        """A line was heard; True when this is its first delivery. Before it is stored, so that no answer overtakes it."""
        if key in self._open:
            return False
        self._open[key] = _Stream(req_id=req_id)
        return True

    def forget(self, key: str) -> None:
        """The line was known, or could not be stored: nothing will end its stream."""
        self._drop(key)

    def clear(self) -> None:
        """The connection is gone, and with it what was begun there."""
        for key in list(self._open):
            self._drop(key)

    async def begin(self, key: str) -> None:
        """Say at once that the line has arrived. A courtesy: what goes wrong here concerns nobody."""
        stream = self._open.get(key)
        if stream is None:
            return
        loop = asyncio.get_running_loop()
        async with stream.lock:
            if self._open.get(key) is not stream:
                return
            stream.late = loop.call_later(self._patience, self._end_late, key)
            with contextlib.suppress(SendError, OutcomeUnknown):
                await self._ask("aibot_respond_msg", stream.frame(AT_ONCE, finish=False), stream.req_id)

    async def finish(self, key: str, words: str) -> bool:
        """Put the answer in the place of the beginning; False where there is none to take, so that it must be sent by itself.

        SendError where it is to be tried again, OutcomeUnknown without an answer.
        """
        stream = self._open.get(key)
        if stream is None:
            return False
        async with stream.lock:
            try:
                await self._ask("aibot_respond_msg", stream.frame(words, finish=True), stream.req_id)
            except SendError as error:
                if error.kind is Kind.RETRY:
                    raise
                self._drop(key)
                return False
        self._drop(key)
        return True

    def _end_late(self, key: str) -> None:
        async def end() -> None:
            with contextlib.suppress(SendError, OutcomeUnknown):
                await self.finish(key, LATER)

        task = asyncio.get_running_loop().create_task(end())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _drop(self, key: str) -> None:
        stream = self._open.pop(key, None)
        if stream is not None and stream.late is not None:
            stream.late.cancel()
