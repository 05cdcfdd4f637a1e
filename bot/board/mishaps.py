"""What goes wrong under a page, told to the person at the browser as a page: wrong address, too large, out of order.

Only browsers get pages: other callers (callback, ingest, probes) keep the plain answers their protocols ask for.
"""

from __future__ import annotations

import logging
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.board.access import refuse
from bot.board.deps import BoardDeps
from bot.store.engine import StoreError

log = logging.getLogger(__name__)

SENTENCES: Final = {
    400: "提交的内容不完整，请返回重新打开页面后再提交。",
    404: "没有这个页面，请核对网址，或回总览查找。",
    405: "这个网址不能直接打开，请从页面上的按钮进入。",
    413: "提交的内容过大，请精简文字；文件请用“报情况”上传。",
}
BROKEN: Final = "页面出错，已记入日志；时限和提醒不受影响。请稍后重试，反复出现的请联系系统管理员。"
OUTSIDE: Final = ("/wecom/", "/ingest/", "/healthz", "/readyz", "/metrics")


def mishaps(deps: BoardDeps) -> Middleware:
    """Middleware of an application that carries the board."""

    @web.middleware
    async def told(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(OUTSIDE) or "text/html" not in request.headers.get("Accept", ""):
            return await handler(request)
        try:
            return await handler(request)
        except web.HTTPException as e:
            if e.status not in SENTENCES:
                raise
            return refuse(deps, SENTENCES[e.status], status=e.status)
        except StoreError as e:
            log.warning("board_store_failed", extra={"path": request.path, "error": str(e)})
            return refuse(deps, str(e), status=503)
        except Exception:  # web guard: a page that fails says so to the person and stops nothing else
            log.exception("board_page_failed", extra={"path": request.path})
            return refuse(deps, BROKEN, status=500)

    return told
