"""日报、周报、月报、年报 as pages and Word files, drawn now from the same records as `yqbot report`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web

from bot.board.access import Handler, Visitor, refuse
from bot.labels import BEIJING
from bot.reports import drawn
from bot.reports.period import WHEN, NoPeriod, Stretch, meant, stretch
from bot.reports.periodic import periodic

if TYPE_CHECKING:
    from bot.board.pages import Board

TYPES = {"html": "text/html", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}
PAGE_ONLY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One paper to open: 日报 2026年11月22日, and what stands in its address."""

    name: str
    title: str
    kind: str
    when: str


def offers(now: datetime) -> tuple[Offer, ...]:
    """This and the last day, week, month and year."""
    today = now.astimezone(BEIJING).date()
    found: list[Stretch] = []
    for kind in WHEN:
        here = stretch(kind, today)
        found += [here, here.before]
    return tuple(Offer(name=WHEN[s.kind], title=s.title, kind=s.kind, when=_written(s)) for s in found)


def _written(s: Stretch) -> str:
    """As `meant` reads it back."""
    first = s.begin.astimezone(BEIJING)
    return f"{first:%Y}" if s.kind == "annual" else f"{first:%Y-%m}" if s.kind == "monthly" else f"{first:%Y-%m-%d}"


def paper(board: Board) -> Handler:
    """The handler of `/period/{kind}/{when}.{format}`."""

    async def send(request: web.Request, who: Visitor) -> web.StreamResponse:
        deps, kind, form = board.deps, request.match_info["kind"], request.match_info["format"]
        now = deps.clock.now()
        try:
            span = meant(kind, request.match_info["when"], now)
        except NoPeriod as e:
            return refuse(deps, str(e), status=404)
        body = drawn(await periodic(deps.store, deps.settings, span, now), form)
        answer = web.Response(body=body, content_type=TYPES[form])
        if form == "html":
            answer.charset = "utf-8"
            answer.headers["Content-Security-Policy"] = PAGE_ONLY
        else:
            name = quote(f"政务舆情{WHEN[kind]}（{span.title}）.docx")
            answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        return answer

    return send
