"""The phone page: pick an officer, see the cards, press, choose, type. Templates with autoescape, no outside resource."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web
from jinja2 import ChainableUndefined, Environment, FileSystemLoader

from bot.emulator import api_account, render
from bot.emulator.api_appchat import CHAT
from bot.emulator.control import answer, given
from bot.emulator.ledger import PhoneMessage, instant
from bot.emulator.refusal import PressRefused, Refusal

if TYPE_CHECKING:
    from bot.emulator.server import Emulator

HERE = Path(__file__).parent
LONGEST = 100  # lines of a conversation a page shows, the newest
PAUSE = timedelta(minutes=5)  # a time line stands between messages further apart than this
TICK = 1.0  # seconds between clock updates of an open page
SAFE = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_MARKS = re.compile(r"<[^>]*>|\*\*|^[>#]+ ?", re.MULTILINE)
STYLES = {1: "main", 2: "second", 3: "plain", 4: "danger"}


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Add the page, its data and the two sign-in addresses."""
    page = Phone(emulator)
    router = app.router
    router.add_get("/", page.index)
    router.add_get("/phone/contacts", page.contacts)
    router.add_get("/phone/thread/{user}", page.thread)
    router.add_get("/phone/events", page.events)
    router.add_get("/phone/media/{media_id}", page.media)
    router.add_post("/phone/press", page.press)
    router.add_post("/phone/say", page.say)
    router.add_post("/phone/file", page.file)
    router.add_get("/connect/oauth2/authorize", page.sign_in)
    router.add_get("/wwlogin/sso/login", page.sign_in)
    router.add_static("/static/", HERE / "static")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        text=render.text, markdown=render.markdown, clip=render.clip, hm=render.clock_time, day=render.day, size=render.size
    )
    return environment


class Phone:
    """The handlers of the page."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._office = emulator.office
        self._ledger = emulator.ledger_file
        self._pages = _environment()

    def _html(self, template: str, status: int = 200, **values: Any) -> web.Response:
        text = self._pages.get_template(template).render(**values)
        return web.Response(text=text, content_type="text/html", status=status, headers=SAFE)

    async def index(self, request: web.Request) -> web.Response:
        user = request.query.get("user", "")
        people = self._people()
        person = next((p for p in people if p["id"] == user.lower()), None)
        if user and person is None:
            raise web.HTTPFound("/")
        shown = person or max(people, key=lambda p: (p["unread"] > 0 and not p["group"], not p["group"]), default=None)
        return self._html(
            "phone.html",
            now=self._office.clock(),
            corp=self._office.corp,
            people=people,
            home=person is None,  # a phone shows the contacts, a wide screen the first unread conversation beside them
            person=shown,
            thread=self._thread(shown["id"], seen=person is not None) if shown else [],
            links=self._emulator.links,
            styles=STYLES,
        )

    async def contacts(self, request: web.Request) -> web.Response:
        chosen = self._person(request.query.get("user", ""))
        return self._html("contacts.html", people=self._people(), person=chosen)

    async def thread(self, request: web.Request) -> web.Response:
        person = self._person(request.match_info["user"])
        if person is None:
            raise web.HTTPNotFound(text="通讯录里没有这个人。")
        return self._html(
            "thread.html", thread=self._thread(person["id"]), corp=self._office.corp, person=person, styles=STYLES
        )

    def _people(self) -> list[dict[str, Any]]:
        """Everyone in the contacts, then the groups, each with the last message and the number of unread ones."""
        people = [
            {"id": m.userid.lower(), "name": m.name, "about": " · ".join(filter(None, (m.unit, m.title))), "group": False}
            for m in self._office.corp.members
        ]
        groups = [{"id": f"group:{h.key}", "name": h.name, "about": "群机器人", "group": True} for h in self._emulator.groups()]
        for chat in self._ledger.rows("select * from chat order by created_at"):
            names = "、".join(self._office.name_of(user) for user in json.loads(chat["members"]))
            groups.append({"id": CHAT + chat["chatid"], "name": chat["name"] or "群聊", "about": names, "group": True})
        sql = "select distinct user from delivery where user like 'bot:%' and state='shown' order by user"
        for spoken in self._ledger.rows(sql):
            name = self._office.name_of(spoken["user"].removeprefix("bot:"))
            groups.append({"id": spoken["user"], "name": f"智能机器人·{name}", "about": "长连接会话", "group": True})
        seen = {row["user"]: row["delivery"] for row in self._ledger.rows("select * from seen")}
        for person in (*people, *groups):
            sql = "select count(*) n from delivery where user=? and state='shown' and id>?"
            row = self._ledger.row(sql, person["id"], seen.get(person["id"], 0))
            last = self._last(str(person["id"]))
            person |= {
                "unread": row["n"] if row else 0,
                "last": _gist(last) if last else "",
                "at": last.at if last else None,
                "urgent": bool(last and last.content.get("source", {}).get("desc_color") == 2),
            }
        return people + groups

    def _last(self, user: str) -> PhoneMessage | None:
        row = self._ledger.row("select max(id) id from delivery where user=? and state='shown'", user)
        return self._ledger.message(row["id"]) if row and row["id"] else None

    def _person(self, user: str) -> dict[str, Any] | None:
        return next((person for person in self._people() if person["id"] == user.lower()), None)

    def _thread(self, user: str, *, seen: bool = True) -> list[dict[str, Any]]:
        """The conversation, oldest first, with a time line after each pause; reading it clears the unread mark."""
        messages = self._ledger.messages(user)
        if messages and seen:
            sql = "insert into seen(user, delivery) values(?,?) on conflict(user) do update set delivery=excluded.delivery"
            self._ledger.write(sql, user, messages[-1].id)
        lines = [self._incoming(message) for message in messages]
        said = self._ledger.rows("select * from said where user=?", user)
        lines += [{"side": "mine", "at": instant(row["at"]), "order": row["id"], "words": row["text"]} for row in said]
        lines.sort(key=lambda line: (line["at"], line["side"] == "theirs", line["order"]))
        lines = lines[-LONGEST:]
        previous: datetime | None = None
        for line in lines:
            line["pause"] = previous is None or line["at"] - previous > PAUSE
            line["new_day"] = previous is None or render.day(previous) != render.day(line["at"])
            previous = line["at"]
        return lines

    def _incoming(self, message: PhoneMessage) -> dict[str, Any]:
        line: dict[str, Any] = {"side": "theirs", "at": message.at, "order": message.id, "message": message}
        if message.msgtype in ("file", "image", "voice", "video"):
            sql = "select name, length(body) n from media where media_id=?"
            row = self._ledger.row(sql, message.content.get("media_id", ""))
            line |= {"file_name": row["name"] if row else "文件已失效", "file_size": row["n"] if row else 0}
        return line

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: `tick` with the program's time every second, `change` when something is to be seen."""
        response = web.StreamResponse(headers={**SAFE, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        changed = asyncio.Event()
        self._office.watchers.add(changed)
        try:
            while not self._office.closing:
                now = self._office.clock()
                await response.write(f"event: tick\ndata: {render.clock_time(now)}|{render.day(now)}\n\n".encode())
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), TICK)
                    changed.clear()
                    await response.write(b"event: change\ndata: 1\n\n")
        except ConnectionResetError:
            pass  # the page was closed
        finally:
            self._office.watchers.discard(changed)
        return response

    async def media(self, request: web.Request) -> web.Response:
        try:
            name, body = api_account.media(self._office, request.match_info["media_id"])
        except Refusal as refusal:
            raise web.HTTPNotFound(text="文件已过期，请让发送方重新发送。") from refusal
        headers = SAFE | {"Content-Disposition": web_attachment(name)}
        return web.Response(body=body, content_type="application/octet-stream", headers=headers)

    async def press(self, request: web.Request) -> web.Response:
        body = await given(request)
        try:
            selected = {str(k): [str(i) for i in ids] for k, ids in dict(body.get("selected") or {}).items()}
            ident = self._emulator.note_press(str(body["user"]), int(body["message"]), str(body["key"]), selected)
        except PressRefused as refused:
            return answer({"error": str(refused)}, 409)
        except (KeyError, TypeError, ValueError):
            return answer({"error": "没有看懂这次点击，请刷新页面再试。"}, 400)
        return await self._outcome(ident)

    async def say(self, request: web.Request) -> web.Response:
        body = await given(request)
        words = str(body.get("text", "")).strip()[:2000]
        if not words:
            return answer({"error": "请先输入内容。"}, 400)
        try:
            ident = self._emulator.note_text(str(body.get("user", "")), words)
        except PressRefused as refused:
            return answer({"error": str(refused)}, 409)
        return await self._outcome(ident)

    async def file(self, request: web.Request) -> web.Response:
        """A picked file, as raw bytes: no other web page can send that type without asking first."""
        if request.content_type != "application/octet-stream":
            raise web.HTTPUnsupportedMediaType(text="请用 application/octet-stream 提交。")
        user, name, kind = (request.query.get(key, "") for key in ("user", "name", "kind"))
        try:
            ident = self._emulator.note_file(user, kind, name[:120], await request.read())
        except PressRefused as refused:
            return answer({"error": str(refused)}, 409)
        return await self._outcome(ident)

    async def _outcome(self, ident: int) -> web.Response:
        arrived = await asyncio.shield(self._emulator.courier.start(ident))
        return answer(
            {"arrived": arrived} if arrived else {"error": "没有送达，值班系统暂时没有应答。"}, 200 if arrived else 502
        )

    async def sign_in(self, request: web.Request) -> web.Response:
        """Both sign-in addresses: choose who you are, then go back to the board."""
        web_login = request.path.startswith("/wwlogin")
        user = request.query.get("as_user", "")
        try:
            if user:
                raise web.HTTPFound(api_account.authorize(self._office, request.query, user, web_login=web_login))
            first = self._office.corp.members[0].userid if self._office.corp.members else ""
            api_account.check_authorize(self._office, request.query, first, web_login=web_login)
        except Refusal as refusal:
            return self._html("sign_in.html", 400, refusal=refusal, corp=self._office.corp, query={}, members=())
        members = [member for member in self._office.corp.members if member.visible or not web_login]
        return self._html("sign_in.html", refusal=None, corp=self._office.corp, query=dict(request.query), members=members)


def _gist(message: PhoneMessage) -> str:
    """The line a contact list shows of a message."""
    if message.recalled:
        return "撤回了一条消息"
    content = message.content
    if message.msgtype == "template_card":
        return str(content.get("main_title", {}).get("title") or content.get("sub_title_text", ""))
    if message.msgtype in ("text", "markdown", "markdown_v2"):
        return _MARKS.sub("", str(content.get("content", ""))).replace("\n", " ")
    if message.msgtype == "textcard":
        return str(content.get("title", ""))
    return "［文件］" if message.msgtype == "file" else "［消息］"


def web_attachment(name: str) -> str:
    """The header that saves a file under its Chinese name."""
    return f"attachment; filename*=UTF-8''{_percent(name)}"


def _percent(name: str) -> str:
    return "".join(chr(b) if chr(b).isalnum() and b < 128 else f"%{b:02X}" for b in name.encode())
