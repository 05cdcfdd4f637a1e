"""Another way to an officer whom the app message does not reach: group robot, smart bot, e-mail, SMS or voice, in this order.

    refused for good        -> the group is told, and the first personal way is tried; the next one where that fails
    WeCom out of order      -> what is grave takes every way at once, everything else after ten minutes

Each try is a message row of its own beside the app message; all rows of one app message end in the same digest, so that what was tried,
when, and what came back can be read together. Words are neutral: these ways can be overheard or read by others (practice.md §3).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot import outbox
from bot.channels.gateway import gateway_request
from bot.channels.mail import mail_request
from bot.desk import Desk
from bot.labels import beijing
from bot.metering import GRAVE, GROUP
from bot.store.port import MessageRow
from bot.wecom.cards import dumps
from config.schema import Officer
from playbooks.incident import Incident

BOT, MAIL, VOICE = "bot", "mail", "voice"
PERSONAL = (BOT, MAIL, VOICE)
PATIENCE = timedelta(minutes=10)
"""How long a message that is not grave waits for WeCom before other ways are taken."""
NAMES = {GROUP: "群机器人", BOT: "智能机器人", MAIL: "邮件", VOICE: "短信语音网关"}
_PREFIX = {GROUP: "gm", BOT: "bm", MAIL: "mail", VOICE: "call"}


def digest(*parts: str) -> str:
    """What the ids of all ways of one message end in."""
    return outbox.digest(*parts)[:16]


def open_ways(desk: Desk, officer: Officer | None) -> tuple[str, ...]:
    """Personal ways that are set up and lead to this officer, in order."""
    there = {
        BOT: desk.link is not None,
        MAIL: desk.mail is not None and officer is not None and bool(officer.email),
        VOICE: desk.gateway is not None,
    }
    return tuple(way for way in PERSONAL if there[way])


def instead(desk: Desk, incident: Incident, row: MessageRow) -> list[MessageRow]:
    """WeCom will never take this message: the group, and the first personal way."""
    ways = open_ways(desk, desk.settings.organisation.officer(row.recipient))[:1]
    group = (GROUP,) if desk.settings.wecom.webhook else ()
    return [_row(desk, incident, row, way) for way in (*group, *ways)]


def meanwhile(desk: Desk, incident: Incident, row: MessageRow) -> list[MessageRow]:
    """WeCom is out of order and this message waits: every personal way if it is grave, the first one after a while."""
    grave = row.priority <= GRAVE
    if not row.steps or not (grave or desk.now() - row.created_at >= PATIENCE):
        return []
    ways = open_ways(desk, desk.settings.organisation.officer(row.recipient))
    return [_row(desk, incident, row, way) for way in (ways if grave else ways[:1])]


def after(desk: Desk, incident: Incident, row: MessageRow) -> list[MessageRow]:
    """This way failed for good: the next one, for the same app message."""
    head, _, _ = row.id.rpartition("-")
    if row.kind not in PERSONAL or head != _PREFIX[row.kind]:  # an answer over the smart bot is no alert
        return []
    ways = open_ways(desk, desk.settings.organisation.officer(row.recipient))
    later = [way for way in ways if PERSONAL.index(way) > PERSONAL.index(row.kind)]
    return [_made(desk, incident, row.recipient, way, row.id.rpartition("-")[2]) for way in later[:1]]


def _row(desk: Desk, incident: Incident, row: MessageRow, way: str) -> MessageRow:
    return _made(desk, incident, row.recipient, way, digest(row.id, row.recipient))


def _made(desk: Desk, incident: Incident, userid: str, way: str, mark: str, words: str = "") -> MessageRow:
    officer = desk.settings.organisation.officer(userid)
    ident = f"{_PREFIX[way]}-{mark}"
    text = words or _words(desk, incident, officer.name if officer and way == GROUP else "", desk.now())
    request = _REQUESTS[way](desk, ident, userid, officer, text)
    to = GROUP if way == GROUP else userid
    return outbox.row(desk, ident, to, way, request, text, GRAVE, incident=incident.number)


def _words(desk: Desk, incident: Incident, name: str, now: datetime) -> str:
    """Number and time; no place, no toll, no title."""
    head = _head(desk, incident)
    if name:
        return f"{head}有提醒未能送达{name}，请在场同志转告本人尽快查看企业微信，或到值班室。"
    return f"{head}事项{beijing(now, now)}待您处理，请立即打开企业微信查看。打不开的，请电话联系值班室。"


def _head(desk: Desk, incident: Incident) -> str:
    return f"{'演练。' if incident.drill else ''}{desk.settings.organisation.short}舆情值班：{incident.number}号"


def _group(desk: Desk, ident: str, userid: str, officer: Officer | None, text: str) -> bytes:
    return dumps({"msgtype": "text", "text": {"content": text, "mentioned_list": [userid]}})


def _bot(desk: Desk, ident: str, userid: str, officer: Officer | None, text: str) -> bytes:
    return dumps({"chatid": userid, "chat_type": 1, "msgtype": "markdown", "markdown": {"content": text}})


def _mail(desk: Desk, ident: str, userid: str, officer: Officer | None, text: str) -> bytes:
    org = desk.settings.organisation
    to, name = (officer.email, officer.name) if officer else ("", userid)
    drill = "【演练】" if text.startswith("演练") else ""
    return mail_request(ident, f"{org.short}舆情值班", to, name, f"{drill}【舆情值班】有事项待您处理", text, desk.now())


def _voice(desk: Desk, ident: str, userid: str, officer: Officer | None, text: str) -> bytes:
    return gateway_request(ident, officer.phone if officer else "", officer.name if officer else userid, text)


_REQUESTS: dict[str, Callable[[Desk, str, str, Officer | None, str], bytes]] = {
    GROUP: _group,
    BOT: _bot,
    MAIL: _mail,
    VOICE: _voice,
}


def call(desk: Desk, incident: Incident, userid: str, key: str) -> MessageRow:
    """A call or SMS to one officer, beside the app message `key` that nobody acknowledged."""
    now = desk.now()
    words = f"{_head(desk, incident)}紧急事项{beijing(now, now)}仍无人确认，请立即打开企业微信处理。"
    return _made(desk, incident, userid, VOICE, digest(key, userid.lower()), words)


def alarm(desk: Desk, text: str, key: str) -> list[MessageRow]:
    """One letter to every administrator, for what cannot be said over WeCom."""
    now, short, out = desk.now(), desk.settings.organisation.short, []
    for officer in desk.settings.organisation.administrators:
        if officer.email and desk.mail is not None:
            ident = f"mail-{digest(key, officer.userid.lower())}"
            request = mail_request(ident, f"{short}舆情值班", officer.email, officer.name, "【舆情值班】值班台故障", text, now)
            out.append(outbox.row(desk, ident, officer.userid, MAIL, request, text, GRAVE))
    return out
