"""A server on loopback that plays sources: each path answers as it was told, and remembers who asked with what."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from aiohttp import web

from bot.app import Running, serving
from bot.clock import VirtualClock
from bot.desk import Desk
from bot.health import Watch
from bot.parsing import Parsing
from bot.polling import Poller, ask_all
from bot.store import open_store
from config.schema import Settings, Source
from monitors.fetch import Fetcher
from tests.builders import settings

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def rss(*entries: tuple[str, str], date: str = "") -> str:
    """A feed of (guid, title)."""
    when = f"<pubDate>{date}</pubDate>" if date else ""
    rows = "".join(
        f"<item><guid>{g}</guid><title>{t}</title><link>http://x.example/{g}</link>{when}</item>" for g, t in entries
    )
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>t</title>{rows}</channel></rss>'


@dataclass(slots=True)
class Sources:
    """The server: `answers` by path, `seen` requests in order."""

    base: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    seen: list[web.Request] = field(default_factory=list)

    def says(self, path: str, text: str, status: int = 200, **headers: str) -> None:
        """Answer `path` with a text; an ETag in the headers is honoured."""
        named = {k.replace("_", "-"): v for k, v in headers.items()}

        async def answer(request: web.Request) -> web.StreamResponse:
            if named.get("ETag") and request.headers.get("If-None-Match") == named["ETag"]:
                return web.Response(status=304, headers=named)
            return web.Response(text=text, status=status, content_type="application/rss+xml", headers=named)

        self.answers[path] = answer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        if request.path in self.answers:
            return await self.answers[request.path](request)
        return web.Response(status=404)

    def asked(self, path: str) -> int:
        return sum(1 for r in self.seen if r.path == path)


@asynccontextmanager
async def sources_server() -> AsyncIterator[Sources]:
    made = Sources()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()


def source(server: Sources, ident: str, path: str = "", **more: object) -> Source:
    base = Source(
        id=ident, name=f"来源{ident}", kind="feed", url=server.base + (path or f"/{ident}"), internal=True, local=True
    )
    return replace(base, **more)  # type: ignore[arg-type]


def with_sources(*sources: Source) -> Settings:
    """The demo's organisation with these sources instead of its own."""
    return replace(settings(), sources=sources)


@asynccontextmanager
async def desk_of(data: Path, clock: VirtualClock, *sources: Source) -> AsyncIterator[Running]:
    """A service on a data folder, as `yqbot run` opens it, under a clock the test moves."""
    async with serving(with_sources(*sources), data, clock) as running:
        yield running


@asynccontextmanager
async def poller_of(data: Path, clock: VirtualClock, *sources: Source, database_url: str = "") -> AsyncIterator[Poller]:
    """Polling alone, without judging and joining."""
    async with AsyncExitStack() as stack:
        store = await open_store(database_url, data)
        stack.push_async_callback(store.close)
        fetcher = await stack.enter_async_context(Fetcher())
        desk = Desk(settings=with_sources(*sources), store=store, clock=clock, owner="test")
        parsing = Parsing()
        stack.callback(parsing.close)
        poller = Poller(desk=desk, fetcher=fetcher, parsing=parsing, prefixes={}, watch=Watch(desk=desk))
        await poller.load()
        yield poller


async def ask(poller: Poller, clock: VirtualClock) -> datetime:
    """Move to the next due poll and ask."""
    at = poller.next_at()
    assert at is not None
    clock.advance_to(at)
    await ask_all(poller, poller.due(clock.now()))
    return clock.now()


async def problems(desk: Desk) -> dict[str, str]:
    """Open problems, kind -> sentence."""
    return {p.kind: p.detail for p in await desk.store.problems()}
