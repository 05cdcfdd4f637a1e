"""The board (总览): every open matter with live countdowns, one page a matter, behind a one-time link.

browser -> guarded page -> store -> pure view -> Jinja2          the page counts down by itself from absolute times
/events -> Hub polls events_since -> "something changed" -> the page fetches its living part again
form    -> CSRF, role -> one chat command -> the same lifecycle as chat -> reply on the page
"""

from __future__ import annotations

from aiohttp import web

from bot.board import codes, files, originals, periods, quality, rota, search, source_page
from bot.board.access import editing, guarded, sign_in, sign_out
from bot.board.deps import BoardDeps
from bot.board.mishaps import mishaps
from bot.board.pages import Board, static
from bot.board.stream import Hub

__all__ = ["BoardDeps", "board_routes", "setup_board"]


def board_routes(deps: BoardDeps, hub: Hub) -> list[web.RouteDef]:
    """Every address of the board."""
    board = Board(deps=deps, hub=hub)
    one = r"/incident/{number:\d{1,6}}"
    return [
        web.get("/", guarded(deps, board.overview)),
        web.get("/leads", guarded(deps, board.leads)),
        web.get("/closed", guarded(deps, board.closed)),
        web.get("/sources", guarded(deps, board.sources)),
        web.get("/search", guarded(deps, search.page(board))),
        web.get("/source/{id}", guarded(deps, source_page.page(board))),
        web.get("/rota", guarded(deps, rota.page(board))),
        web.get("/ledger/{month}.xlsx", guarded(deps, rota.ledger(board))),
        web.get("/problems", guarded(deps, board.problems)),
        web.get("/period/{kind:brief|weekly|monthly|annual}/{when}.{format:html|docx}", guarded(deps, periods.paper(board))),
        web.get("/quality", guarded(deps, quality.page(board))),
        web.get(one, guarded(deps, board.incident)),
        web.post(f"{one}/act", editing(deps, board.act)),
        web.get(f"{one}/file/{{id}}", guarded(deps, files.serve(board))),
        web.get("/report", guarded(deps, files.form(board))),
        web.post("/report", guarded(deps, files.take(board))),
        web.get(f"{one}/original", guarded(deps, originals.page(board))),
        web.get(f"{one}/review.{{kind:md|html|docx}}", guarded(deps, board.report)),
        web.get("/events", guarded(deps, board.events)),
        web.get("/login", sign_in(deps)),
        web.post("/login", codes.enter(deps)),
        web.get("/access", guarded(deps, codes.page(board))),
        web.post("/access", editing(deps, codes.give(board))),
        web.post("/logout", guarded(deps, sign_out(deps))),
        web.get("/static/{name}", static),
    ]


def setup_board(app: web.Application, deps: BoardDeps) -> None:
    """Put the board on an application."""
    hub = Hub(deps)
    app.middlewares.append(mishaps(deps))
    app.add_routes(board_routes(deps, hub))
    app.on_shutdown.append(hub.close)
