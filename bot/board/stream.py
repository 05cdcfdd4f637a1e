"""Server-sent events: one poller a process looks for new events and tells every open page; the page fetches what changed.

Nothing is sent when nothing changes except the program's time, so that a page's countdown follows a virtual clock that jumps.
A reader that cannot keep up is dropped: its browser reconnects and fetches afresh.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging

from aiohttp import web

from bot.board.deps import BoardDeps
from bot.board.render import millis

log = logging.getLogger(__name__)

QUEUE = 16
EVERY = 1.0
BEAT = 10.0
BATCH = 500


class Hub:
    """Open pages and the poller that serves them."""

    def __init__(self, deps: BoardDeps) -> None:
        self._deps = deps
        self._clients: set[asyncio.Queue[str | None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._last: int | None = None
        self.known = asyncio.Event()
        """Set once the end of the log is known: what is written from then on is told."""

    def message(self, kind: str, numbers: list[int]) -> str:
        clock = self._deps.clock
        data = {"id": self._last or 0, "numbers": numbers, "now": millis(clock.now()), "speed": clock.speed}
        return f"event: {kind}\ndata: {json.dumps(data)}\n\n"

    def join(self) -> asyncio.Queue[str | None]:
        queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE)
        self._clients.add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch(), name="board-events")
        return queue

    def leave(self, queue: asyncio.Queue[str | None]) -> None:
        self._clients.discard(queue)

    def publish(self, message: str) -> None:
        for queue in tuple(self._clients):
            try:
                queue.put_nowait(message)
            except asyncio.QueueFull:
                self._clients.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)

    async def _watch(self) -> None:
        """Poll while somebody looks."""
        while self._clients:
            try:
                numbers = await self._fresh()
                if numbers is not None:
                    self.publish(self.message("change", numbers))
            except Exception:  # flow guard: a locked database must not end the stream for good; the next round tries again
                log.exception("board_events_failed")
            await asyncio.sleep(EVERY)

    async def _fresh(self) -> list[int] | None:
        """Numbers of incidents with new events; None when nothing is new. The first call only finds the end."""
        first, numbers, found = self._last is None, set[int](), False
        while True:
            rows = await self._deps.store.events_since(self._last or 0, BATCH)
            for row_id, event in rows:
                self._last, found = row_id, True
                name = event.chain.rpartition(":")[2]
                if name.isdigit():
                    numbers.add(int(name))
            if len(rows) < BATCH:
                break
        self._last = self._last or 0
        self.known.set()
        return sorted(numbers) if found and not first else None

    async def close(self, app: web.Application) -> None:
        """End every stream, so that a stopping server does not wait for browsers."""
        for queue in tuple(self._clients):
            with contextlib.suppress(asyncio.QueueFull):
                queue.put_nowait(None)
        self._clients.clear()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task


async def stream(hub: Hub, request: web.Request, headers: dict[str, str]) -> web.StreamResponse:
    """One page's stream until either side goes."""
    response = web.StreamResponse(headers={**headers, "Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    queue = hub.join()
    try:
        await hub.known.wait()  # the page reads afresh when the stream opens: nothing may fall between the two
        await response.prepare(request)
        await response.write(hub.message("time", []).encode())
        while True:
            try:
                async with asyncio.timeout(BEAT):
                    message = await queue.get()
            except TimeoutError:
                message = hub.message("time", [])
            if message is None:
                break
            await response.write(message.encode())
    except (ConnectionResetError, TimeoutError):
        pass
    finally:
        hub.leave(queue)
    return response
