"""The channels an installation has configured, made ready for the desk, and the one process that keeps the smart bot's connection."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta

import aiohttp

from bot import clock as system
from bot import inbox
from bot.channels.gateway import Gateway
from bot.channels.mail import Mail
from bot.desk import Desk
from bot.store import StoreError
from bot.wecom.client import WeComClient
from bot.wecom.contacts import plain_userid
from bot.wecom.crypto import CallbackMessage
from bot.wecom.errors import WeComError
from bot.wecom.link_frames import sender_of
from bot.wecom.long_link import LongLink
from bot.wecom.uploads import Uploads

LEASE, LOOK = timedelta(seconds=60), 15.0
NAME = "smart-bot"
WHOSE, CHAT = "bot-user:", "bot-chat:"  # encrypted id -> userid, and back


def set_up(desk: Desk, session: aiohttp.ClientSession) -> LongLink | None:
    """Give the desk every sender its settings name; returns the smart bot's connection, not yet open."""
    w = desk.settings.wecom
    if w.corpid and w.secret:
        desk.wecom = WeComClient(session, w.base_url, w.corpid, w.secret, w.agentid, desk.clock.now)
        desk.uploads = Uploads(desk.wecom, desk.clock.now)
    if w.gateway_url:
        desk.gateway = Gateway(session, w.gateway_url)
    if desk.settings.mail.host:
        desk.mail = Mail(desk.settings.mail)
    if not (w.bot_id and w.bot_secret):
        return None

    async def accept(message: CallbackMessage) -> bool:
        return await inbox.accept(desk, await named(desk, message))

    async def chat_of(userid: str) -> str:
        return await desk.store.meta(CHAT + userid.lower()) or userid

    async def told(text: str) -> None:
        now = desk.now()
        await (
            desk.store.report_problem("channel", NAME, text, now) if text else desk.store.resolve_problem("channel", NAME, now)
        )

    async def greeting(raw: str) -> str:
        return await greeted(desk, raw)

    link = LongLink(
        session, w.bot_url, w.bot_id, w.bot_secret, accept, desk.clock.now, told, chat_of=chat_of, greeting=greeting
    )
    desk.link = link
    return link


async def greeted(desk: Desk, raw: str) -> str:
    """Words for who opens the conversation with the bot: what he can do here, and that he must say something before it may write."""
    org = desk.settings.organisation
    userid = await desk.store.meta(WHOSE + raw) or raw
    officer = org.officer(userid)
    if officer is None:
        return f"这里是{org.short}舆情值班台，请回一句话（如：帮助）登记，此后提醒才能发到这里。"
    waiting = len(await desk.store.incidents(open_only=True, alarmed_only=True))
    state = f"在办{waiting}件，回“查询”看。" if waiting else "目前没有在办事件。"
    return f"{officer.name}您好，这里是{org.short}舆情值班台。{state}请先回一句话（如：帮助），此后提醒才能发到这里。"


async def named(desk: Desk, message: CallbackMessage) -> CallbackMessage:
    """The message under the sender's userid. Bots may be given encrypted ids; which is whose is remembered, to be able to write there."""
    raw = sender_of(message)
    if not raw or desk.wecom is None or desk.settings.organisation.officer(message.user) is not None:
        return message
    userid = await desk.store.meta(WHOSE + raw) or ""
    if not userid:
        with contextlib.suppress(WeComError):  # a stranger, or WeCom out of order: answered as a stranger
            userid = await plain_userid(desk.wecom, raw)
        if not userid:
            return message
        await desk.store.set_meta(WHOSE + raw, userid)
        await desk.store.set_meta(CHAT + userid, raw)
    return replace(message, user=userid)


async def keep_link(desk: Desk, link: LongLink) -> None:
    """Of several processes one holds the lease and connects; the next takes over when it is gone. Ends with the connection's own end."""
    running: asyncio.Task[None] | None = None
    try:
        while True:
            wall = system.wall()
            try:
                mine = await desk.store.hold_lease(NAME, desk.owner, wall, wall + LEASE)
            except StoreError:  # told elsewhere; without the lease somebody else may connect
                mine = False
            if mine and running is None:
                running = asyncio.create_task(link.run())
            elif not mine and running is not None:
                running.cancel()
                running = None
            if running is not None and running.done():  # displaced, or the login was refused: told, and not tried again
                await running
                return
            await asyncio.sleep(LOOK)
    finally:
        if running is not None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
