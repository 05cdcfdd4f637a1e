"""Who is on duty now and in the coming week, with telephones; and the month's ledger as a file. Views and handlers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from aiohttp import web

from bot.board.access import Handler, Visitor, refuse
from bot.board.periods import offers
from bot.labels import BEIJING
from bot.reports.ledger import NoMonth, ledger_of, month_of, workbook
from config.roster import gaps, spans
from config.schema import Organisation
from playbooks.rota import Duty, duty

if TYPE_CHECKING:
    from bot.board.pages import Board

DAYS: Final = 7
POSTS: Final = (("值班员", "duty_officer"), ("副班", "deputy_duty"), ("带班领导", "duty_leader"))
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOBODY: Final = "无人"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody at a post; `planned` names who stands there by the rota where another does now."""

    post: str
    name: str
    title: str
    phone: str
    planned: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaPage:
    """`shifts`: begin, end, name, the three posts; `holes`: stretches of the week nobody covers."""

    on: Duty
    people: tuple[Person, ...]
    shifts: tuple[tuple[datetime, datetime, str, tuple[str, ...]], ...]
    holes: tuple[tuple[datetime, datetime], ...]


def view(org: Organisation, on: Duty, now: datetime) -> RotaPage:
    """The page at `now`; `on` knows covers and swaps, the rota does not."""
    planned = duty(org, now)
    people = tuple(_person(org, post, getattr(on, key), getattr(planned, key)) for post, key in POSTS)
    coming = tuple(
        (s.begin, s.end, s.shift.name, tuple(_name(org, getattr(s.shift, key)) for _, key in POSTS))
        for s in spans(org.shifts, now, DAYS)
    )
    return RotaPage(on=on, people=people, shifts=coming, holes=gaps(org.shifts, now, DAYS))


def _person(org: Organisation, post: str, userid: str, planned: str) -> Person:
    officer = org.officer(userid)
    if officer is None:
        return Person(post=post, name=NOBODY, title="", phone="")
    instead = _name(org, planned) if planned.lower() != userid.lower() else ""
    return Person(post=post, name=officer.name, title=officer.title, phone=officer.phone, planned=instead)


def _name(org: Organisation, userid: str) -> str:
    officer = org.officer(userid)
    return officer.name if officer else NOBODY


def page(board: Board) -> Handler:
    """The handler of `/rota`."""

    async def show(request: web.Request, who: Visitor) -> web.StreamResponse:
        deps = board.deps
        org, now = deps.settings.organisation, deps.clock.now()
        on = deps.duty() if deps.duty is not None else duty(org, now)
        local = now.astimezone(BEIJING)
        months = [f"{local:%Y-%m}", f"{local.replace(day=1) - timedelta(days=1):%Y-%m}"]
        return board.draw(request, who, "rota", view=view(org, on, now), months=months, papers=offers(now))

    return show


def ledger(board: Board) -> Handler:
    """The handler of `/ledger/{month}.xlsx`."""

    async def send(request: web.Request, who: Visitor) -> web.StreamResponse:
        deps = board.deps
        now = deps.clock.now()
        try:
            month = month_of(request.match_info["month"], now)
        except NoMonth as e:
            return refuse(deps, str(e), status=404)
        name = quote(f"处置台账{month:%Y年%m月}.xlsx")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return web.Response(
            body=workbook(await ledger_of(deps.store, deps.settings, month, now)), content_type=XLSX, headers=headers
        )

    return send
