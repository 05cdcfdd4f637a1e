"""Group chats of the app (documents 90244, 90245, 98913, 90248). The response of a send has no msgid; there are no cards."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from bot.emulator import rules
from bot.emulator.ledger import day_start
from bot.emulator.office import Office, fresh_id
from bot.emulator.refusal import Refusal

CHATID = re.compile(r"[0-9A-Za-z]{1,32}")
NAME, FEWEST, MOST = 50, 2, 2000
CHATS_A_DAY, CHANGES_AN_HOUR = 1000, 1000
A_MINUTE, A_DAY = 200, 10_000  # messages of app chats a member sees
TYPES = ("text", "markdown", "textcard", "news", *rules.MEDIA)
CHAT = "chat:"


def _allowed(office: Office) -> None:
    if not office.corp.root_visible:
        raise Refusal(48002, "visible range must be the root department")


def _members(office: Office, users: list[Any], code: int = 86216) -> list[str]:
    if not all(isinstance(u, str) for u in users):
        raise Refusal(40063, rules.WARNING + "user list of strings expected")
    known = [office.member(user) for user in users]
    if not all(known):
        raise Refusal(code, "not a member of this corp")
    return list(dict.fromkeys(m.userid.lower() for m in known if m))


def _name(body: dict[str, Any]) -> str:
    name = str(rules.typed(body, "name", str, ""))
    if len(name) > NAME:
        raise Refusal(86003, "chat name too long")
    return name


def _counted(users: list[str]) -> list[str]:
    if not FEWEST <= len(users) <= MOST:
        raise Refusal(86005, "2 to 2000 members")
    return users


def _chat(office: Office, chatid: str) -> dict[str, Any]:
    row = office.ledger.row("select * from chat where chatid=?", chatid)
    if row is None:
        raise Refusal(40050, "chatid not found")
    if row["agentid"] != office.corp.agentid:
        raise Refusal(86008, "chat was not created by this app")
    return {**dict(row), "members": json.loads(row["members"])}


def create(office: Office, raw: bytes) -> dict[str, Any]:
    """Open a chat; without an owner one of its members is made so."""
    _allowed(office)
    body = rules.parse(raw)
    chatid = str(rules.typed(body, "chatid", str, "")) or re.sub(r"\W|_", "", fresh_id("wr"))[:32]
    if not CHATID.fullmatch(chatid):
        raise Refusal(86001, "chatid: at most 32 letters and digits")
    name = _name(body)
    users = _counted(_members(office, rules.typed(body, "userlist", list, [])))
    owner = _owner(office, body, users) or users[0]
    if office.ledger.row("select 1 from chat where chatid=?", chatid):
        raise Refusal(86215, "chatid exists")
    today = office.ledger.row("select count(*) n from chat where created_at >= ?", day_start(office.now()))
    if today is not None and today["n"] >= CHATS_A_DAY:
        raise Refusal(45009, "1000 chats a day")
    sql = "insert into chat(chatid, agentid, name, owner, members, created_at) values(?,?,?,?,?,?)"
    office.ledger.write(sql, chatid, office.corp.agentid, name, owner, json.dumps(users), office.now())
    return {"errcode": 0, "errmsg": "ok", "chatid": chatid}


def _owner(office: Office, body: dict[str, Any], users: list[str]) -> str:
    owner = str(rules.typed(body, "owner", str, ""))
    if owner and owner.lower() not in users:
        raise Refusal(86004, "owner must be a member of the chat")
    return owner.lower()


def update(office: Office, raw: bytes) -> dict[str, Any]:
    """Change name, owner and members."""
    _allowed(office)
    body = rules.parse(raw)
    chat = _chat(office, rules.typed(body, "chatid", str, ""))
    more, fewer = (_members(office, rules.typed(body, key, list, [])) for key in ("add_user_list", "del_user_list"))
    users = _counted([u for u in dict.fromkeys([*chat["members"], *more]) if u not in fewer])
    owner = _owner(office, body, users) or (chat["owner"] if chat["owner"] in users else users[0])
    name = _name(body) or chat["name"]
    since = office.now() - 3_600_000
    recent = office.ledger.row("select count(*) n from chat_change where at > ?", since)
    if recent is not None and recent["n"] >= CHANGES_AN_HOUR:
        raise Refusal(45009, "1000 changes an hour")
    office.ledger.write("insert into chat_change(at) values(?)", office.now())
    sql = "update chat set name=?, owner=?, members=? where chatid=?"
    office.ledger.write(sql, name, owner, json.dumps(users), chat["chatid"])
    return {"errcode": 0, "errmsg": "ok"}


def get(office: Office, query: Mapping[str, str]) -> dict[str, Any]:
    _allowed(office)
    chat = _chat(office, query.get("chatid", ""))
    info = {"chatid": chat["chatid"], "name": chat["name"], "owner": chat["owner"], "userlist": chat["members"]}
    return {"errcode": 0, "errmsg": "ok", "chat_info": info}


def send(office: Office, raw: bytes) -> dict[str, Any]:
    """Deliver to a chat; what exceeds a member's meter is dropped without a word."""
    _allowed(office)
    body = rules.parse(raw)
    chat = _chat(office, rules.typed(body, "chatid", str, ""))
    if rules.typed(body, "msgtype", str, "") not in TYPES:
        raise Refusal(40008, "invalid message type")
    msgtype, content = rules.content(body)
    if msgtype in rules.MEDIA:
        office.known_media(content["media_id"])
    if msgtype == "textcard":  # bytes here, where message/send counts characters
        content["title"] = rules.cut(content["title"], rules.TITLE_BYTES)
        content["description"] = rules.cut(content["description"], rules.DESC_BYTES)
    state = "shown" if _within(office, chat["members"]) else "dropped"
    user = CHAT + chat["chatid"]
    request = {"received_at": office.now(), "msgtype": msgtype, "body": raw.decode(), "digest": "", "msgid": "", "answer": "{}"}
    request |= {"content": json.dumps(content, ensure_ascii=False), "can_call": 0, "target": json.dumps([user])}
    office.arrived(office.ledger.add(request, [(user, state)], None))
    return {"errcode": 0, "errmsg": "ok"}


def _within(office: Office, members: list[str]) -> bool:
    """Whether the busiest member has room; members of several chats count all of them."""
    chats = office.ledger.rows("select chatid, members from chat")
    now = office.now()
    for limit, since in ((A_MINUTE, now - 60_000), (A_DAY, day_start(now))):
        sql = (
            "select user, count(*) n from delivery where user like 'chat:%' and state='shown' and received_at > ? group by user"
        )
        counts = {row["user"]: row["n"] for row in office.ledger.rows(sql, since)}
        for member in members:
            if sum(counts.get(CHAT + c["chatid"], 0) for c in chats if member in json.loads(c["members"])) >= limit:
                return False
    return True
