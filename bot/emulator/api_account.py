"""Tokens, sign-in, media, group webhook, callback addresses (documents 91039, 91335, 91023, 90253, 99110)."""

import json
import re
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import BodyPartReader, web

from bot.emulator import rules
from bot.emulator.card_rules import NOTICES, check_card, pruned
from bot.emulator.office import MEDIA_LIFE_MS, Office, fresh_id
from bot.emulator.refusal import Refusal

BAN_MS = 3_600_000
SIGN_IN_MS = 300_000
SIZES = {"file": 20 << 20, "image": 10 << 20, "voice": 2 << 20, "video": 10 << 20}  # bytes
WEBHOOK_TYPES = ("text", "markdown", "markdown_v2", "news", "template_card")


def gettoken(office: Office, corpid: str, secret: str) -> dict[str, Any]:
    """Return a token; many wrong secrets ban the caller for an hour."""
    now, switches = office.now(), office.switches
    if not corpid:
        raise Refusal(41002, "corpid missing")
    if not secret:
        raise Refusal(41004, "corpsecret missing")
    if now < office.banned_until:
        raise Refusal(45009, "api freq out of limit")
    if corpid != office.corp.corpid:
        raise Refusal(40013, "invalid corpid")
    if secret != office.corp.secret:
        office.wrong_secrets = [at for at in office.wrong_secrets if at > now - BAN_MS] + [now]
        if len(office.wrong_secrets) >= switches.wrong_secret_limit:
            office.banned_until = now + BAN_MS
        raise Refusal(40001, "invalid credential")
    sql = "select * from token where expires_at > ? and revoked=0 order by issued_at desc limit 1"
    valid = None if switches.rotate_token else office.ledger.row(sql, now)
    if valid is not None:
        return _token(valid["value"], (valid["expires_at"] - now) // 1000)
    value = fresh_id("tk-")
    expires = now + switches.token_lifetime * 1000
    office.ledger.write("insert into token(value, issued_at, expires_at) values(?,?,?)", value, now, expires)
    return _token(value, switches.token_lifetime)


def _token(value: str, seconds: int) -> dict[str, Any]:
    return {"errcode": 0, "errmsg": "ok", "access_token": value, "expires_in": seconds}


def check_token(office: Office, token: str) -> None:
    """Refuse a call without a valid token."""
    if not token:
        raise Refusal(41001, "access_token missing")
    row = office.ledger.row("select * from token where value=?", token)
    if row is None or row["revoked"]:
        raise Refusal(40014, "invalid access_token")
    if office.now() >= row["expires_at"]:
        raise Refusal(office.switches.expired_code, "access_token expired")


async def upload(office: Office, request: web.Request) -> dict[str, Any]:
    """Keep a temporary file under the name exactly as sent."""
    kind = request.query.get("type", "")
    if kind not in SIZES:
        raise Refusal(40004, "invalid media type")
    part = await _media_part(request)
    disposition = part.headers.get("Content-Disposition", "")
    if "filename*" in disposition:
        raise Refusal(44001, "empty media data")
    name = re.search(r'filename="([^"]*)"', disposition)
    if name is None or not name[1]:
        raise Refusal(41005, "media data missing")
    content = bytes(await part.read())
    if not 5 < len(content) <= SIZES[kind]:
        raise Refusal(45001 if len(content) > 5 else 40006, "media size out of range")
    media_id, now = fresh_id("media-"), office.now()
    sql = "insert into media(media_id, kind, name, body, created_at) values(?,?,?,?,?)"
    office.ledger.write(sql, media_id, kind, name[1], content, now)
    return {"errcode": 0, "errmsg": "", "type": kind, "media_id": media_id, "created_at": str(now // 1000)}


async def _media_part(request: web.Request) -> BodyPartReader:
    if not request.content_type.startswith("multipart/"):
        raise Refusal(41005, "media data missing")
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and 'name="media"' in part.headers.get("Content-Disposition", ""):
            return part
    raise Refusal(41005, "media data missing")


def media(office: Office, media_id: str) -> tuple[str, bytes]:
    """Return (name, content) of a file that has not expired."""
    row = office.ledger.row("select * from media where media_id=?", media_id)
    if row is None or office.now() - row["created_at"] > MEDIA_LIFE_MS:
        raise Refusal(40007, "invalid media_id")
    return row["name"], row["body"]


def authorize(office: Office, query: Any, user: str, *, web_login: bool) -> str:
    """Check a sign-in request of `user` and return the address to go back to, with code and state."""
    userid = check_authorize(office, query, user, web_login=web_login)
    code = fresh_id("code-")
    office.ledger.write("insert into sign_in(code, userid, issued_at) values(?,?,?)", code, userid, office.now())
    back = query["redirect_uri"]
    return f"{back}{'&' if '?' in back else '?'}{urlencode({'code': code, 'state': query.get('state', '')})}"


def check_authorize(office: Office, query: Any, user: str, *, web_login: bool) -> str:
    """Refuse a wrong sign-in request; return the member's userid."""
    wanted = {} if web_login else {"response_type": "code", "scope": "snsapi_base"}
    if query.get("appid") != office.corp.corpid:
        raise Refusal(40013, "invalid appid")
    if any(query.get(name) != value for name, value in wanted.items()):
        raise Refusal(40058, "response_type or scope wrong")
    if web_login and (query.get("login_type") != "CorpApp" or query.get("agentid") != str(office.corp.agentid)):
        raise Refusal(40056, "login_type or agentid wrong")
    state, back = query.get("state", ""), query.get("redirect_uri", "")
    if not re.fullmatch(r"[A-Za-z0-9]{0,128}", state):
        raise Refusal(84025, "state must be letters and digits")
    domain = office.corp.trusted_domain
    if not re.match(r"https?://", back) or (domain and domain not in (urlsplit(back).netloc, urlsplit(back).hostname)):
        raise Refusal(50001, "redirect_uri does not match the trusted domain")
    member = office.member(user)
    if member is None or (web_login and not member.visible):
        raise Refusal(-31040 if member else 60111, "member not in range")
    return member.userid


def getuserinfo(office: Office, code: str) -> dict[str, Any]:
    """Turn a sign-in code into a userid, once, within five minutes."""
    row = office.ledger.row("select * from sign_in where code=?", code)
    if row is None:
        raise Refusal(40029, "invalid code")
    if row["spent_at"] is not None:
        raise Refusal(42022, "code already used")
    if office.now() - row["issued_at"] > SIGN_IN_MS:
        raise Refusal(42003, "code expired")
    office.ledger.write("update sign_in set spent_at=? where code=?", office.now(), code)
    if office.member(row["userid"]) is None:  # someone outside the corp
        return {"errcode": 0, "errmsg": "ok", "openid": row["userid"]}
    return {"errcode": 0, "errmsg": "ok", "userid": row["userid"].lower()}


def webhook(office: Office, key: str, raw: bytes) -> dict[str, Any]:
    """Deliver to a group; a webhook takes 20 messages a minute and no interactive card."""
    if key not in {hook.key for hook in office.corp.webhooks}:
        raise Refusal(93000, "invalid webhook url")
    if not raw.strip():
        raise Refusal(93017, "empty body")
    body = rules.parse(raw)
    msgtype = rules.typed(body, "msgtype", str, "")
    if msgtype not in WEBHOOK_TYPES:
        raise Refusal(40008, "invalid message type")
    content = pruned(rules.typed(body, msgtype, dict, {}))
    _webhook_content(msgtype, content)
    now, user = office.now(), f"group:{key}"
    recent = office.ledger.row("select count(*) n from delivery where user=? and received_at > ?", user, now - 60_000)
    if recent is not None and recent["n"] >= office.switches.webhook_per_minute:
        raise Refusal(45009, "api freq out of limit")
    request = {"received_at": now, "msgtype": msgtype, "body": raw.decode(), "digest": "", "msgid": "", "answer": "{}"}
    request |= {"content": json.dumps(content, ensure_ascii=False), "can_call": 0, "target": json.dumps([user])}
    office.arrived(office.ledger.add(request, [(user, "shown")], None))
    return {"errcode": 0, "errmsg": "ok"}


def _webhook_content(msgtype: str, content: dict[str, Any]) -> None:
    if msgtype == "template_card":
        if content.get("card_type") not in NOTICES or content.get("action_menu") or content.get("task_id"):
            raise Refusal(42031, "webhook takes notice cards without menu and task_id only")
        check_card(content)
        return
    text = rules.typed(content, "content", str, "")
    if msgtype != "news" and not text:
        raise Refusal(44004, "empty content")
    if len(text.encode()) > (2048 if msgtype == "text" else 4096):
        raise Refusal(45002, "content too long")
