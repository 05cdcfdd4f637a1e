"""Search over everything stored, open or closed: any Chinese word of one character or more, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from bot.board import overview
from bot.board.access import Handler, Visitor
from bot.reports.names import Names

if TYPE_CHECKING:
    from bot.board.pages import Board

MOST: Final = 100
MATTERS: Final = 20


def page(board: Board) -> Handler:
    """The handler of `/search?q=`."""

    async def show(request: web.Request, who: Visitor) -> web.StreamResponse:
        words = " ".join(request.query.get("q", "").split())[:60]
        deps = board.deps
        found = await deps.store.search(words, MOST) if words else []
        names = Names(settings=deps.settings, open_names=True)
        numbers = list(dict.fromkeys(r.incident for r in found if r.incident is not None))
        known = [await deps.store.incident(n) for n in numbers[:MATTERS]]
        matters = [overview.row(i, deps.settings, deps.clock.now()) for i in known if i is not None]
        items = [
            {"at": r.item.seen_at, "source": names.source(r.item.source), "title": r.item.title, "number": r.incident}
            for r in found
        ]
        return board.draw(request, who, "search", words=words, matters=matters, found=items, most=MOST)

    return show
