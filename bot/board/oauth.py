"""/oauth/wecom: sign-in to the board with WeCom, inside the app by OAuth, on a desktop by the QR page (documents 91022, 98151).

visit -> state cookie -> WeCom -> back with code and state -> getuserinfo -> session cookie. A code is asked for once; the state
binds the answer to this browser. One-time links stay as the way in for the first set-up and when WeCom is down.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import quote, unquote, urlencode

from aiohttp import web

from bot.board.access import COOKIE, LASTS, WECOM, Plain, dressed, refuse
from bot.board.deps import BoardDeps
from bot.clock import wall
from bot.wecom.errors import WeComError

STATE = "yqbot_state"
PATH = WECOM
STATE_SECONDS = 600
INSIDE = ("wxwork", "micromessenger")  # words of the User-Agent inside the WeCom client

UserOf = Callable[[str], Awaitable[str]]


def oauth_routes(deps: BoardDeps, user_of: UserOf) -> list[web.RouteDef]:
    """`user_of` turns a sign-in code into a userid (WeComClient.getuserinfo)."""
    return [web.get(PATH, _handler(deps, user_of))]


def _handler(deps: BoardDeps, user_of: UserOf) -> Plain:
    async def run(request: web.Request) -> web.StreamResponse:
        if "code" not in request.query:
            return dressed(_leave(deps, request))
        return await _arrive(deps, user_of, request)

    return run


def local_path(given: str) -> str:
    """Where to go afterwards: a page of ours or the overview, never another site."""
    inside = given.startswith("/") and not given.startswith(("//", "/\\")) and "\n" not in given and "\r" not in given
    return given if inside else "/"


def _leave(deps: BoardDeps, request: web.Request) -> web.Response:
    state = secrets.token_hex(16)  # letters and digits only, at most 128 bytes
    target = local_path(request.query.get("next", "/"))
    answer = web.Response(status=302, headers={"Location": _address(deps, request, state)})
    safe = request.secure or deps.settings.bot.public_url.startswith("https://")
    answer.set_cookie(
        STATE, f"{state}.{quote(target, safe='')}", max_age=STATE_SECONDS, httponly=True, samesite="Lax", secure=safe, path=PATH
    )
    return answer


def _address(deps: BoardDeps, request: web.Request, state: str) -> str:
    w = deps.settings.wecom
    back = f"{deps.settings.bot.public_url.rstrip('/')}{PATH}"
    agent = request.headers.get("User-Agent", "").lower()
    if any(word in agent for word in INSIDE):
        query = {"appid": w.corpid, "redirect_uri": back, "response_type": "code", "scope": "snsapi_base", "state": state}
        return f"{w.oauth_url}/connect/oauth2/authorize?{urlencode({**query, 'agentid': w.agentid})}#wechat_redirect"
    query = {"login_type": "CorpApp", "appid": w.corpid, "agentid": str(w.agentid), "redirect_uri": back, "state": state}
    return f"{w.login_url}/wwlogin/sso/login?{urlencode(query)}"


async def _arrive(deps: BoardDeps, user_of: UserOf, request: web.Request) -> web.StreamResponse:
    state, _, target = request.cookies.get(STATE, "").partition(".")
    if not state or not hmac.compare_digest(state.encode(), request.query.get("state", "").encode()):
        return refuse(deps, "登录请求已过期或不是从本机发起，请重新打开总览登录。", status=403)
    try:
        userid = await user_of(request.query["code"])
    except WeComError as error:
        return refuse(deps, f"企业微信登录没有成功：{error}。请重试，或向值班台索取一次性登录链接。")
    officer = deps.settings.organisation.officer(userid)
    if officer is None or not officer.board:
        return refuse(deps, "您没有总览权限，请联系系统管理员在名册中开通。", status=403)
    return dressed(await _welcome(deps, request, officer.userid, local_path(unquote(target))))


async def _welcome(deps: BoardDeps, request: web.Request, userid: str, target: str) -> web.Response:
    """A session like that of a one-time link, spent at once."""
    token, session, now = secrets.token_urlsafe(24), secrets.token_urlsafe(32), wall()
    await deps.store.add_login(token, userid, now + timedelta(minutes=1))
    await deps.store.use_login(token, session, now, now + LASTS)
    answer = web.Response(status=303, headers={"Location": target})
    safe = request.secure or deps.settings.bot.public_url.startswith("https://")
    answer.set_cookie(COOKIE, session, max_age=int(LASTS.total_seconds()), httponly=True, samesite="Lax", secure=safe, path="/")
    answer.del_cookie(STATE, path=PATH)
    return answer
