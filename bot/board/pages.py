"""Handlers of the board: gather from the store, hand to a pure view, draw. `?part=live` gives only the part that changes."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from aiohttp import web

from bot import labels
from bot.board import detail, overview, sources
from bot.board.access import HEADERS, SAID, Visitor, refuse, said, say
from bot.board.deps import BoardDeps
from bot.board.forms import BY_CODE, command, offered
from bot.board.render import html
from bot.board.stream import Hub, stream
from bot.clock import wall
from bot.engine_health import engine_health
from bot.engine_words import engine_lines
from bot.evidence import KINDS as FILE_KINDS
from bot.evidence import size
from bot.giving import withheld
from bot.health import KINDS as SOURCE_TROUBLES
from bot.merging import all_that_came
from bot.opinion import opinion_of
from bot.reports import NoIncident, gather, render
from playbooks.incident import Incident
from playbooks.lifecycle import permitted

STATIC = {"board.css": "text/css", "board.js": "text/javascript", "icon.svg": "image/svg+xml"}
REPORT_TYPES = {
    "md": "text/markdown",
    "html": "text/html",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
PROBLEM_KINDS = {
    **SOURCE_TROUBLES,
    "clock": "时钟",
    "wecom": "企业微信",
    "step": "提醒",
    "recipient": "接收人",
    "audit": "自查",
    "parse": "解析",
    "job": "定时任务",
    "callback": "回调",
    "message": "消息",
    "outage": "停机",
    "heartbeat": "心跳",
    "calendar": "节假日",
    "settings": "本单位清单",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The pages over one set of dependencies."""

    deps: BoardDeps
    hub: Hub

    def draw(self, request: web.Request, who: Visitor, name: str, **values: object) -> web.Response:
        """A whole page, or its living part."""
        clock = self.deps.clock
        org = self.deps.settings.organisation
        common = {
            "now": clock.now(),
            "speed": clock.speed,
            "who": who,
            "organisation": org.name,
            "page": name,
            "labels": labels,
            "said": said(request),
        }
        if request.query.get("part") == "live":
            return web.Response(text=html(f"_{name}.html", **common, **values), content_type="text/html")
        answer = web.Response(text=html(f"{name}.html", **common, **values), content_type="text/html")
        if SAID in request.cookies:
            answer.del_cookie(SAID, path="/")
        return answer

    async def overview(self, request: web.Request, who: Visitor) -> web.StreamResponse:
        now = self.deps.clock.now()
        incidents = await self.deps.store.incidents(open_only=True, alarmed_only=True)
        views = overview.rows(incidents, self.deps.settings, now)
        return self.draw(request, who, "overview", rows=views, summary=overview.summary(incidents, views))

    async def leads(self, request: web.Request, who: Visitor) -> web.StreamResponse:
        """Matters listed for reading only: nobody was disturbed."""
        found = [i for i in await self.deps.store.incidents(open_only=True) if i.alarmed_at is None]
        return self._list(request, who, "leads", found)

    async def closed(self, request: web.Request, who: Visitor) -> web.StreamResponse:
        found = [i for i in await self.deps.store.incidents(open_only=False, limit=500) if not i.open]
        return self._list(request, who, "closed", found)

    def _list(self, request: web.Request, who: Visitor, name: str, found: list[Incident]) -> web.Response:
        now = self.deps.clock.now()
        newest = sorted(found, key=lambda i: i.opened_at, reverse=True)
        views = [overview.row(i, self.deps.settings, now) for i in newest]
        return self.draw(request, who, name, rows=views)

    async def sources(self, request: web.Request, who: Visitor) -> web.StreamResponse:
        states = await self.deps.store.source_states()
        rows = sources.lines(self.deps.settings.sources, states, self.deps.clock.now())
        return self.draw(request, who, "sources", rows=rows)

    async def problems(self, request: web.Request, who: Visitor) -> web.StreamResponse:
        rows = sorted(
            await self.deps.store.problems(open_only=False), key=lambda p: (p.resolved_at is not None, -p.last_at.timestamp())
        )
        engine = engine_lines(await engine_health(self.deps.store, self.deps.clock.now(), wall()))
        return self.draw(request, who, "problems", rows=rows[:200], kinds=PROBLEM_KINDS, engine=engine)

    async def incident(self, request: web.Request, who: Visitor) -> web.StreamResponse:
        number = _number(request)
        store, settings, now = self.deps.store, self.deps.settings, self.deps.clock.now()
        found = await store.incident(number)
        if found is None:
            return refuse(self.deps, f"没有{number}号事件，请回总览核对编号。", status=404)
        events = await store.events(f"incident:{number}")
        sent, steps = await store.messages_of(number), await store.steps_of(number)
        came = await all_that_came(store, found)
        view = detail.page(found, events, sent, steps, settings, now, await store.tries_of(number), came)
        actor = self.deps.actor_of(who.officer.userid)
        may = permitted(found, actor) if actor is not None and who.edits else ()
        forms = offered(may, found)
        units = [(u.code, u.short or u.name) for u in settings.organisation.units]
        hidden = await withheld(store, found, who.officer.unit)
        kept = {"files": [] if hidden else await store.attachments_of(number), "kinds": FILE_KINDS, "size": size}
        opinion = await opinion_of(store, found, settings, now, self.deps.data)
        return self.draw(
            request, who, "incident", view=view, forms=forms, units=units, **kept, opinion=opinion, members=found.members
        )

    async def act(self, request: web.Request, who: Visitor) -> web.StreamResponse:
        """A form: one chat command in the officer's name; its reply is shown on the page again."""
        number = _number(request)
        post = await request.post()
        given = {k: " ".join(v for v in post.getall(k) if isinstance(v, str)) for k in post}
        form = BY_CODE.get(given.get("form", ""))
        if form is None:
            return refuse(self.deps, "没有这个操作，请返回重新打开页面。", status=400)
        word, rest = command(form, given, self.deps.settings)
        reply = await self.deps.act(who.officer.userid, word, number, {"text": rest})
        page = f"/incident/{number}/original" if form.code == "unmask" else f"/incident/{number}"
        answer = web.Response(status=303, headers={"Location": page})
        say(answer, reply)
        return answer

    async def report(self, request: web.Request, who: Visitor) -> web.StreamResponse:
        """The review of a matter, drawn now from the same records as `yqbot report`."""
        number, kind = _number(request), request.match_info["kind"]
        try:
            figures = await gather(self.deps.store, self.deps.settings, number, self.deps.clock.now(), self.deps.data)
        except NoIncident as e:
            return refuse(self.deps, str(e), status=404)
        answer = web.Response(body=render(figures, kind), content_type=REPORT_TYPES[kind])
        if kind == "html":
            answer.charset = "utf-8"
            answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        else:
            answer.headers["Content-Disposition"] = f'attachment; filename="review-{number}.{kind}"'
        return answer

    async def events(self, request: web.Request, who: Visitor) -> web.StreamResponse:
        return await stream(self.hub, request, HEADERS)


async def static(request: web.Request) -> web.StreamResponse:
    """Own style, script and icon; nothing from elsewhere."""
    name = request.match_info["name"]
    if name not in STATIC:
        raise web.HTTPNotFound
    body = files("bot.board").joinpath("static", name).read_bytes()
    headers = {**HEADERS, "Cache-Control": "no-cache"}
    return web.Response(body=body, content_type=STATIC[name], charset="utf-8", headers=headers)


def _number(request: web.Request) -> int:
    return int(request.match_info["number"])
