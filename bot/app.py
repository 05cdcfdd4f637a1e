"""Wiring: settings, store, sessions and pages become one running service. Nothing happens at import.

`serving` opens everything and closes it again; the `run` command adds the scheduler, the demo its own driver.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
from aiohttp import web

from bot import clock as system
from bot import inbox
from bot.board import BoardDeps, setup_board
from bot.board.oauth import oauth_routes
from bot.board.upload import Upload
from bot.board_report import board_report
from bot.channels.passive import passive_reply
from bot.channels.setup import set_up
from bot.clock import Clock
from bot.clock_doubt import ClockDoubt
from bot.desk import Desk
from bot.ingest import ingest_routes
from bot.intake import build_intake
from bot.orders import board_act
from bot.service import Service
from bot.status import status_routes
from bot.store import open_store
from bot.training import models_in
from bot.wecom.callback import routes as callback_routes
from bot.wecom.crypto import CallbackCrypto, CallbackMessage
from bot.wecom.long_link import LongLink
from config.oserror import why
from config.problem import Told
from config.schema import Settings
from monitors.fetch import Fetcher

log = logging.getLogger(__name__)

LOGIN_HOURS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An open service and its web application."""

    service: Service
    app: web.Application
    link: LongLink | None = None  # the smart bot's connection, for `bot.channels.setup.keep_link`


def trusted_wall(clock: Clock) -> Callable[[], datetime]:
    """Real time for the age of signatures: a running service's own clock, which nobody turns; beside a virtual clock, the system's."""
    steady: Callable[[], datetime] = getattr(clock, "wall", system.wall)
    return steady


def process_name() -> str:
    """Owner name in leases: unique for each start of each process."""
    return f"{socket.gethostname()}-{secrets.token_hex(4)}"


@contextlib.asynccontextmanager
async def serving(
    settings: Settings, data: Path, clock: Clock, *, sources: Mapping[str, str] | None = None
) -> AsyncIterator[Running]:
    """Open the service on a data folder. `sources` replaces address prefixes of sources (the demo's feed server)."""
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise Told(f"数据目录{data.name}建不成（{why(e)}），请检查 --data 或 YQBOT_DATA 的权限和磁盘空间。") from e
    async with contextlib.AsyncExitStack() as stack:
        store = await open_store(settings.bot.database_url, data)
        stack.push_async_callback(store.close)
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        fetcher = await stack.enter_async_context(Fetcher())
        desk = Desk(
            settings=settings, store=store, clock=clock, owner=process_name(), board_url=settings.bot.public_url, data=data
        )
        if not settings.bot.database_url:  # the folder's lock keeps every other process out
            desk.alone_since = system.wall()
        link = set_up(desk, session)
        intake = build_intake(desk, fetcher, sources or {}, models_in(data))
        stack.push_async_callback(intake.close)
        await inbox.load_covers(desk)
        await intake.rebuild()
        service = Service(desk=desk, intake=intake, pumping=asyncio.Lock(), polling=asyncio.Lock())
        yield Running(service=service, app=build_web(service), link=link)


def build_web(service: Service) -> web.Application:
    """Callback, ingest, health and board on one application."""
    desk = service.desk
    app = web.Application(client_max_size=1 << 20)
    w = desk.settings.wecom
    if w.token and w.aes_key:
        doubt = ClockDoubt()

        async def accept(message: CallbackMessage) -> bool:
            new = await inbox.accept(desk, message)
            await doubt.fits(desk)
            return new

        async def apart(off: float, signature: str) -> None:
            await doubt.apart(desk, off, signature)

        async def reply(message: CallbackMessage) -> str:
            return await passive_reply(desk, message)

        crypto = CallbackCrypto(w.token, w.aes_key, w.corpid)
        app.add_routes(callback_routes(crypto, accept, trusted_wall(desk.clock), reply=reply, apart=apart))
    app.add_routes(status_routes(service))
    app.add_routes(ingest_routes(service.intake))

    async def act(userid: str, command: str, number: int, fields: Mapping[str, str]) -> str:
        return await board_act(desk, userid, command, number, fields)

    async def report(userid: str, text: str, files: Sequence[Upload], key: str) -> tuple[int | None, str]:
        return await board_report(desk, userid, text, files, key)

    deps = BoardDeps(
        store=desk.store,
        settings=desk.settings,
        clock=desk.clock,
        act=act,
        actor=desk.actor,
        report=report,
        duty=desk.duty,
        data=desk.data,
    )
    setup_board(app, deps)
    if desk.wecom is not None:
        app.add_routes(oauth_routes(deps, desk.wecom.getuserinfo))
    return app


async def login_link(desk: Desk, userid: str) -> str:
    """A one-time link that signs an officer in on the board."""
    token = secrets.token_urlsafe(24)
    await desk.store.add_login(token, userid, system.wall() + timedelta(hours=LOGIN_HOURS))
    return f"{desk.board_url}/login?token={token}"


async def _bind(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as e:
        why = "已被其他程序占用" if e.errno == errno.EADDRINUSE else "不能监听"
        raise Told(
            f"地址 {host}:{port} {why}，请在 bot.toml 的 listen 或 YQBOT_LISTEN 中改用别的端口，或停止占用它的程序。"
        ) from e


@contextlib.asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve an application; gives the port really used."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await _bind(runner, host, port)
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
