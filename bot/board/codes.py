"""Local sign-in with the account of the roster and a one-time code: for the first set-up, and when WeCom is down.

A code has eight digits, lives ten minutes and works once, for one account. Five wrong ones close the account's codes for a quarter
of an hour. Who may give one: the officer to himself (`登录码` in WeCom), an administrator on /access; on record, without the code.
"""

from __future__ import annotations

import json
import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from aiohttp import web

from bot.board.access import LASTS, Handler, Plain, Visitor, refuse, say, welcomed
from bot.board.deps import BoardDeps
from bot.clock import wall
from bot.store.port import Store
from config.schema import Officer
from playbooks.incident import Actor, Event

if TYPE_CHECKING:
    from bot.board.pages import Board

LIFE: Final = timedelta(minutes=10)
TRIES: Final = 5
CLOSED_FOR: Final = timedelta(minutes=15)
WRONG: Final = "账号或登录码不对，或登录码已用过、已过期。请重新索取登录码。"
SHUT: Final = "输错次数过多，这个账号15分钟内不能用登录码，请稍后重新索取，或用企业微信登录。"


async def issue(store: Store, officer: Officer, by: Actor, now: datetime) -> str:
    """A new code for the account, as it is read out: ``1234 5678``. `now`: program time, for the record."""
    code = f"{secrets.randbelow(10**8):08d}"
    await store.add_login(_token(officer.userid, code), officer.userid, wall() + LIFE)
    await store.append_system([Event(kind="login_code", at=now, actor=by, data={"of": officer.userid})])
    return f"{code[:4]} {code[4:]}"


def _token(userid: str, code: str) -> str:
    return f"code:{userid.lower()}:{code}"


def enter(deps: BoardDeps) -> Plain:
    """POST /login: account and code become a session."""

    async def take(request: web.Request) -> web.StreamResponse:
        post = await request.post()
        account, code = (str(post.get(name, "")).strip() for name in ("account", "code"))
        officer = deps.settings.organisation.officer(account) if account else None
        if officer is None or not officer.board:
            return refuse(deps, WRONG)
        now, session = wall(), secrets.token_urlsafe(32)
        if await _wrong_tries(deps.store, officer.userid, now) >= TRIES:
            return refuse(deps, SHUT)
        digits = re.sub(r"\D", "", code)
        userid = await deps.store.use_login(_token(officer.userid, digits), session, now, now + LASTS)
        if userid is None:
            await _note_wrong(deps.store, officer.userid, now)
            return refuse(deps, WRONG)
        await deps.store.set_meta(_kept(officer.userid), "")
        return welcomed(deps, request, session, "/")

    return take


def _kept(userid: str) -> str:
    return f"login-wrong:{userid.lower()}"


async def _wrong_tries(store: Store, userid: str, now: datetime) -> int:
    """Wrong codes of this account within the last quarter of an hour."""
    found = json.loads(await store.meta(_kept(userid)) or "[]")
    return sum(1 for at in found if now - datetime.fromisoformat(at) < CLOSED_FOR)


async def _note_wrong(store: Store, userid: str, now: datetime) -> None:
    found = json.loads(await store.meta(_kept(userid)) or "[]")
    await store.set_meta(_kept(userid), json.dumps([*found[-TRIES:], now.isoformat()]))


def page(board: Board) -> Handler:
    """GET /access: who may enter the board, for administrators."""

    async def show(request: web.Request, who: Visitor) -> web.StreamResponse:
        if who.officer.board != "admin":
            return refuse(board.deps, "登录码由系统管理员发放。您自己的，请在企业微信里回：登录码", status=403)
        allowed = [o for o in board.deps.settings.organisation.officers if o.board]
        return board.draw(request, who, "access", officers=allowed)

    return show


def give(board: Board) -> Handler:
    """POST /access: a code for one officer, shown once to the administrator, who passes it on by telephone."""

    async def run(request: web.Request, who: Visitor) -> web.StreamResponse:
        deps = board.deps
        officer = deps.settings.organisation.officer(str((await request.post()).get("account", "")))
        if who.officer.board != "admin" or officer is None or not officer.board:
            return refuse(deps, "登录码由系统管理员发给名册中有总览权限的人。", status=403)
        by = Actor(id=who.officer.userid, name=who.officer.name)
        code = await issue(deps.store, officer, by, deps.clock.now())
        answer = web.Response(status=303, headers={"Location": "/access"})
        say(
            answer, f"{officer.name}（账号 {officer.userid}）的登录码：{code}，10分钟内有效，用一次。请电话告知本人，不要转发。"
        )
        return answer

    return run
