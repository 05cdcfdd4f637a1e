"""The callback address: verify, hand over to be stored, answer an empty 200. No business logic before the answer."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from bot.wecom.crypto import BODY_CAP, CallbackCrypto, CallbackMessage, CallbackRefused

log = logging.getLogger(__name__)
PATH = "/wecom/callback"

Accept = Callable[[CallbackMessage], Awaitable[bool]]


def routes(crypto: CallbackCrypto, accept: Accept, wall: Callable[[], datetime], path: str = PATH) -> list[web.RouteDef]:
    """Return the GET check and the POST delivery.

    `accept` stores the message before it returns; False means it was there already. `wall` is the wall clock, because the
    age of a signature
    has nothing to do with the clock of the program.
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
            return _refuse(request, refused)
        try:
            fresh = await accept(message)
        except Exception:  # not stored, whatever the cause: WeCom must deliver it again
            log.exception("callback_not_stored", extra={"kind": message.kind})
            return web.Response(status=503)
        log.info("callback", extra={"kind": message.kind, "fresh": fresh})
        return web.Response()

    return [web.get(path, check, allow_head=False), web.post(path, deliver)]


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
