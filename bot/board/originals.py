"""The page with what was covered: only for ten minutes after its reader gave a reason, and never for a unit of the matter."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from aiohttp import web

from bot.board.access import Handler, Visitor, refuse
from bot.store.port import StoredEvent
from playbooks.privacy import UNMASKED, involved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.board.pages import Board

SHOWN_FOR: Final = timedelta(minutes=10)


def page(board: Board) -> Handler:
    """The handler of `/incident/{number}/original`."""

    async def show(request: web.Request, who: Visitor) -> web.StreamResponse:
        deps, number = board.deps, int(request.match_info["number"])
        incident = await deps.store.incident(number)
        if incident is None:
            return refuse(deps, f"没有{number}号事件，请回总览核对编号。", status=404)
        if who.officer.unit and who.officer.unit in involved(incident):
            return refuse(deps, "本件涉及您所在的单位，反映人的信息不得提供给被反映单位。", status=403)
        given = granted(await deps.store.events(f"incident:{number}"), who.officer.userid, deps.clock.now())
        if given is None:
            return refuse(deps, f"请先在{number}号的“办理”中登记查看理由，登记后10分钟内可看。", status=403)
        rows = await deps.store.originals_of(number)
        return board.draw(request, who, "original", number=number, rows=rows, until=given + SHOWN_FOR)

    return show


def granted(events: Sequence[StoredEvent], userid: str, now: datetime) -> datetime | None:
    """When this officer last gave a reason, if that still holds."""
    mine = (e for e in reversed(events) if e.kind == "noted" and e.data.get("note") == UNMASKED)
    last = next((e.at for e in mine if e.actor.lower() == userid.lower()), None)
    return last if last is not None and now - last <= SHOWN_FOR else None
