"""The callback address: verify, hand over to be stored, answer an empty 200. No business logic before the answer."""

import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from bot.wecom.crypto import BODY_CAP, CallbackCrypto, CallbackMessage, CallbackRefused

log = logging.getLogger(__name__)
PATH = "/wecom/callback"

Accept = Callable[[CallbackMessage], Awaitable[bool]]


Reply = Callable[[CallbackMessage], Awaitable[str]]


async def nothing(message: CallbackMessage) -> str:
    """No passive reply: an empty 200, the true state over the active interface."""
    return ""


Apart = Callable[[float, str], Awaitable[None]]


async def unheard(off: float, signature: str) -> None:
    """Nobody asks what a genuine delivery out of time says of our clock."""


def routes(
    crypto: CallbackCrypto,
    accept: Accept,
    wall: Callable[[], datetime],
    path: str = PATH,
    reply: Reply = nothing,
    apart: Apart = unheard,
) -> list[web.RouteDef]:
    """Return the GET check and the POST delivery.

    `accept` stores the message before it returns; False means it was there already. `wall` is real time as far as it can be
    trusted (never a virtual clock): the age of a signature is judged by it. `reply` gives the plain XML of a passive reply, empty
    for none; one that fails costs nothing but itself. `apart` hears of a genuine delivery that is out of time (`CallbackRefused.off`).
    """

    async def check(request: web.Request) -> web.Response:
        try:
            plain = crypto.check_url(request.query, wall())
        except CallbackRefused as refused:
            return _refuse(request, refused)
        return web.Response(body=plain, content_type="text/plain")

    async def deliver(request: web.Request) -> web.Response:
        try:
            message = crypto.open(request.query, await _capped(request), wall())
        except CallbackRefused as refused:
            if refused.off is not None:
                with contextlib.suppress(Exception):  # a warning about the clock must not change the answer
                    await apart(refused.off, request.query.get("msg_signature", ""))
            return _refuse(request, refused)
        try:
            fresh = await accept(message)
        except Exception:  # not stored, whatever the cause: WeCom must deliver it again
            log.exception("callback_not_stored", extra={"kind": message.kind})
            return web.Response(status=503)
        log.info("callback", extra={"kind": message.kind, "fresh": fresh})
        return await _answer(crypto, message, reply, wall())

    return [web.get(path, check, allow_head=False), web.post(path, deliver)]


async def _answer(crypto: CallbackCrypto, message: CallbackMessage, reply: Reply, now: datetime) -> web.Response:
    try:
        plain = await reply(message)
    except Exception:  # the delivery is stored; a mere courtesy must not make WeCom repeat it
        log.exception("passive_reply_failed", extra={"kind": message.kind})
        plain = ""
    if not plain:
        return web.Response()
    sealed = crypto.seal(plain, secrets.token_hex(8), int(now.timestamp()))
    return web.Response(text=sealed, content_type="application/xml")


async def _capped(request: web.Request) -> bytes:
    """Read at most one byte more than the cap; `open` refuses what exceeds it."""
    body = bytearray()
    while len(body) <= BODY_CAP:
        piece = await request.content.read(BODY_CAP + 1 - len(body))
        if not piece:
            break
        body += piece
    return bytes(body)


def _refuse(request: web.Request, refused: CallbackRefused) -> web.Response:
    log.warning("callback_refused", extra={"reason": refused.reason, "status": refused.status, "remote": request.remote})
    return web.Response(status=refused.status)
