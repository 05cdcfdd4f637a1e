"""Signed pushes of vendors and hotlines: POST /ingest/{source}.

    X-Yqbot-Timestamp: seconds since 1970      X-Yqbot-Signature: hex HMAC-SHA256 of "<timestamp>." + body under the source's key

size -> window -> signature -> not seen before -> read under the mapping -> stored -> joined. Each try must be signed anew.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from typing import Final

from aiohttp import web

from bot.clock import wall
from bot.fieldmaps import fields_for
from bot.intake import Intake
from bot.store.port import PollCounts
from config.schema import Settings, Source
from monitors.charset import content_type, decode
from monitors.item import Item, ItemKind, items
from monitors.kinds import pushed

log = logging.getLogger(__name__)

LIMIT: Final = 4 * 1024 * 1024
WINDOW_SECONDS: Final = 300
MILLISECONDS: Final = 13
"""Digits of a time in milliseconds, which many senders take for granted."""


class Refused(Exception):
    """The push is not taken: an HTTP status and a sentence for whoever operates the sender."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature a sender must give."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def ingest_routes(intake: Intake) -> list[web.RouteDef]:
    """The one route; answers JSON with counts, or an error in Chinese."""

    async def post(request: web.Request) -> web.StreamResponse:
        try:
            counts, skipped = await _take(intake, request)
        except Refused as e:
            log.warning("ingest_refused", extra={"source": request.match_info["source"], "status": e.status})
            return web.json_response({"error": e.text}, status=e.status, dumps=_dumps)
        body = {"new": counts.new, "updated": counts.updated, "duplicates": counts.duplicates, "skipped": skipped}
        return web.json_response(body, dumps=_dumps)

    return [web.post("/ingest/{source}", post)]


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


async def _take(intake: Intake, request: web.Request) -> tuple[PollCounts, int]:
    desk = intake.desk
    body = await _body(request)
    source = next((s for s in desk.settings.sources if s.id == request.match_info["source"] and s.enabled), None)
    secret = desk.settings.ingest_secrets.get(source.id, "") if source else ""
    stamp, given = request.headers.get("X-Yqbot-Timestamp", ""), request.headers.get("X-Yqbot-Signature", "").lower()
    genuine = hmac.compare_digest(sign(secret or "none", stamp, body), given) if given.isascii() else False
    if source is None or not secret or not genuine:
        raise Refused(401, "来源不存在或签名不对，请核对来源代码、密钥和签名办法。")
    if stamp.isdigit() and len(stamp) == MILLISECONDS:
        raise Refused(401, "时间戳须为10位的秒数，收到的是13位的毫秒数，请除以1000取整后重新签名。")
    if not stamp.isdigit() or abs(wall().timestamp() - int(stamp)) > WINDOW_SECONDS:
        raise Refused(401, f"时间戳超出{WINDOW_SECONDS // 60}分钟，请校准发送方时钟后重新签名。")
    found, skipped = _read(desk.settings, source, body, request, intake)
    if not await desk.store.take_slot(f"ingest:{source.id}", given, desk.owner, desk.now()):
        raise Refused(409, "这一次推送已经收到过，重发须使用新的时间戳重新签名。")
    counts = await intake.pushed(source, found)
    return counts, skipped


async def _body(request: web.Request) -> bytes:
    """The body up to the limit, whatever length was announced."""
    if (request.content_length or 0) > LIMIT:
        raise Refused(413, f"内容超过{LIMIT >> 20}MB，请分批推送。")
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LIMIT:
            raise Refused(413, f"内容超过{LIMIT >> 20}MB，请分批推送。")
    return bytes(body)


def _read(
    settings: Settings, source: Source, body: bytes, request: web.Request, intake: Intake
) -> tuple[tuple[Item, ...], int]:
    now = intake.desk.now()
    hotline = source.kind != "vendor"
    text = decode(body, content_type({k.lower(): v for k, v in request.headers.items()})).text
    document = pushed.read(text, fields_for(settings, source.kind, source.mapping), now, hotline=hotline)
    codes = {p.code: p.count for p in document.problems}
    if "not_a_feed" in codes:
        raise Refused(400, "内容不是JSON列表，也没有找到列表所在的字段，请核对 vendors.toml 中的 rows。")
    if "too_many_entries" in codes:
        raise Refused(413, f"一批{codes['too_many_entries']}条，超过{pushed.MAX_ROWS}条，请分批推送。")
    found = items(document, source.id, now, ItemKind.HOTLINE if hotline else ItemKind.VENDOR)
    return found, codes.get("rows_unreadable", 0)
