"""Who may see the board: one-time link, session cookie, roles from the organisation, CSRF token, security headers.

Nobody sees anything without a session. Sessions live in the store, so every process knows them; the cookie is its only copy.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, unquote

from aiohttp import web

from bot.board.deps import BoardDeps
from bot.board.render import html
from bot.clock import wall
from config.schema import Officer

COOKIE, SAID = "yqbot_session", "yqbot_said"
WECOM = "/oauth/wecom"
LASTS = timedelta(hours=12)
CSP = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
EDITORS = ("editor", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A signed-in officer. `session` is secret and never printed."""

    officer: Officer
    session: str

    @property
    def edits(self) -> bool:
        return self.officer.board in EDITORS

    @property
    def csrf(self) -> str:
        """Token of this session's forms; needs no storage because the session is secret."""
        return hmac.new(self.session.encode(), b"board-form", hashlib.sha256).hexdigest()


Handler = Callable[[web.Request, Visitor], Awaitable[web.StreamResponse]]
Plain = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def visitor(deps: BoardDeps, request: web.Request) -> Visitor | None:
    """The officer of the cookie, if the session is alive and the organisation still lets them in."""
    session = request.cookies.get(COOKIE, "")
    if not session:
        return None
    userid = await deps.store.session_officer(session, wall())
    officer = deps.settings.organisation.officer(userid) if userid else None
    return Visitor(officer=officer, session=session) if officer is not None and officer.board else None


def guarded(deps: BoardDeps, handler: Handler) -> Plain:
    """A page for signed-in officers only; strangers get 401 and one sentence."""

    async def run(request: web.Request) -> web.StreamResponse:
        who = await visitor(deps, request)
        if who is None:
            sentence = (
                "请登录后查看：用企业微信、一次性登录链接，或账号和登录码。登录码在企业微信里回“登录码”索取，或请管理员发放。"
            )
            return refuse(deps, sentence, onward=request.path if request.method == "GET" else "/")
        return dressed(await handler(request, who))

    return run


def editing(deps: BoardDeps, handler: Handler) -> Plain:
    """A form post: an editor with the token of their own session, from our own pages."""

    async def run(request: web.Request, who: Visitor) -> web.StreamResponse:
        given = str((await request.post()).get("csrf", ""))
        if not hmac.compare_digest(given.encode(), who.csrf.encode()):
            return refuse(deps, "页面已过期，请返回重新打开后再提交。", status=403)
        if not who.edits:
            return refuse(deps, "您只有查看权限，办理请联系值班员。", status=403)
        return await handler(request, who)

    return guarded(deps, run)


def dressed(response: web.StreamResponse) -> web.StreamResponse:
    """The response with the headers every page carries, unless it has set its own."""
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    return response


def refuse(deps: BoardDeps, sentence: str, status: int = 401, onward: str = "/") -> web.StreamResponse:
    """A page with one sentence; whoever has to sign in finds the way over WeCom there, and comes to `onward` after it."""
    door = f"{WECOM}?next={quote(onward, safe='/')}" if status == 401 and deps.settings.wecom.corpid else ""
    name = deps.settings.organisation.name
    body = html("message.html", title="舆情值班台", sentence=sentence, organisation=name, door=door, codes=status == 401)
    return dressed(web.Response(text=body, content_type="text/html", status=status))


def sign_in(deps: BoardDeps) -> Plain:
    """/login?token=: spends the one-time link and gives the session cookie."""

    async def login(request: web.Request) -> web.StreamResponse:
        token = request.query.get("token", "")
        session = secrets.token_urlsafe(32)
        now = wall()
        userid = await deps.store.use_login(token, session, now, now + LASTS) if token else None
        if userid is None:
            said = "登录链接无效、已用过或已过期，请向值班台重新索取。" if token else "请登录。"
            return refuse(deps, said)
        officer = deps.settings.organisation.officer(userid)
        if officer is None or not officer.board:
            return refuse(deps, "您没有总览权限，请联系系统管理员在名册中开通。", status=403)
        return welcomed(deps, request, session, "/")

    return login


def welcomed(deps: BoardDeps, request: web.Request, session: str, target: str) -> web.StreamResponse:
    """The way in: the session's cookie, and the page that was wanted."""
    answer = web.Response(status=303, headers={"Location": target})
    safe = request.secure or deps.settings.bot.public_url.startswith("https://")
    answer.set_cookie(COOKIE, session, max_age=int(LASTS.total_seconds()), httponly=True, samesite="Lax", secure=safe, path="/")
    return dressed(answer)


def sign_out(deps: BoardDeps) -> Handler:
    """End the session in the store, so that a copy of the cookie is worth nothing, and forget it on this device."""

    async def leave(request: web.Request, who: Visitor) -> web.StreamResponse:
        await deps.store.end_session(who.session)
        answer = web.Response(status=303, headers={"Location": "/login"})
        answer.del_cookie(COOKIE, path="/")
        return answer

    return leave


def say(answer: web.Response, sentence: str) -> None:
    """Keep one reply for the next page."""
    answer.set_cookie(SAID, quote(sentence[:300]), max_age=60, httponly=True, samesite="Strict", path="/")


def said(request: web.Request) -> str:
    return unquote(request.cookies.get(SAID, ""))
