"""Signed pushes of vendors and hotlines: POST /ingest/{source}.

    X-Yqbot-Timestamp: seconds since 1970      X-Yqbot-Signature: hex HMAC-SHA256 of "<timestamp>." + body under the source's key

size -> signature -> window -> not seen before -> read under the mapping -> stored -> joined. Each try must be signed anew. A
compressed body is signed as it was before. Whoever runs the sender reads the answers: they say what to change.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from bot.clock import wall
from bot.fieldmaps import fields_for
from bot.intake import Intake
from bot.order_words import losses
from bot.store import StoreError
from bot.store.port import PollCounts
from bot.watch import span
from config.schema import Settings, Source
from monitors.charset import content_type, decode
from monitors.item import Item, ItemKind, items
from monitors.kinds import pushed

log = logging.getLogger(__name__)

LIMIT: Final = 4 * 1024 * 1024
WINDOW_SECONDS: Final = 300
MILLISECONDS: Final = 13
"""Digits of a time in milliseconds, which many senders take for granted."""
AGAIN_AFTER: Final = 30
"""Seconds after which a push that could not be stored may be tried again."""
HEADERS: Final = ("X-Yqbot-Timestamp", "X-Yqbot-Signature")
GZIP: Final = b"\x1f\x8b"
CUT: Final = "内容后半部分残缺，只收下了完整的条目，请核对后重发"
_HEX: Final = re.compile(r"[0-9a-f]{64}")


class Refused(Exception):
    """The push is not taken: an HTTP status and a sentence for whoever operates the sender."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a push said. `skipped` rows said nothing; `lost`: sentences about what could not be read."""

    items: tuple[Item, ...]
    skipped: int
    lost: tuple[str, ...]


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature a sender must give."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def ingest_routes(intake: Intake) -> list[web.RouteDef]:
    """One address; answers JSON with counts, or an error in Chinese."""

    async def post(request: web.Request) -> web.StreamResponse:
        try:
            counts, batch = await _take(intake, request)
        except Refused as e:
            log.warning("ingest_refused", extra={"source": request.match_info["source"], "status": e.status})
            return _error(e.status, e.text)
        except StoreError as e:
            log.warning("ingest_not_stored", extra={"source": request.match_info["source"], "error": str(e)})
            text = f"暂时存不进去，没有收下，请{AGAIN_AFTER}秒后重发。"
            return _error(503, text, {"Retry-After": str(AGAIN_AFTER)})
        except Exception:  # web guard: a sender that hears only "500" cannot know whether to send again
            log.exception("ingest_failed", extra={"source": request.match_info["source"]})
            return _error(500, "处理出错，没有收下，已记入日志；请稍后重发，反复出现的请联系系统管理员。")
        body: dict[str, object] = {"new": counts.new, "updated": counts.updated, "duplicates": counts.duplicates}
        body["skipped"] = batch.skipped
        if batch.lost:
            body["problems"] = list(batch.lost)
        return web.json_response(body, dumps=_dumps)

    async def other(request: web.Request) -> web.StreamResponse:
        return _error(405, "这个地址只收 POST，请改用 POST 推送。", {"Allow": "POST"})

    return [web.post("/ingest/{source}", post), web.route("*", "/ingest/{source}", other)]


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _error(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": text}, status=status, dumps=_dumps, headers=headers)


async def _take(intake: Intake, request: web.Request) -> tuple[PollCounts, Batch]:
    desk = intake.desk
    body = await _body(request)
    source, given = _sender(desk.settings, request, body)
    try:
        batch = _read(desk.settings, source, body, request, intake)
    except Refused as e:
        await intake.poller.noted(source, f"最近一次推送整批退回（{e.text.rstrip('。')}），已告知对方")
        raise
    job = f"ingest:{source.id}"
    if not await desk.store.take_slot(job, given, desk.owner, desk.now()):
        raise Refused(409, "这一次推送已经收到过，重发须使用新的时间戳重新签名。")
    try:
        counts = await intake.pushed(source, batch.items)
    except Exception:
        await desk.store.free_slot(job, given, desk.owner)  # nothing was taken: the next try is the first that counts
        raise
    await intake.poller.noted(source, "；".join(batch.lost), len(batch.lost))
    return counts, batch


def _sender(settings: Settings, request: web.Request, body: bytes) -> tuple[Source, str]:
    """The source that signed, and its signature. Refused for anybody else, and for a time outside the window."""
    stamp, given = (request.headers.get(name, "").strip() for name in HEADERS)
    if missing := [name for name in HEADERS if not request.headers.get(name, "").strip()]:
        raise Refused(401, f"缺少请求头 {'、'.join(missing)}。")
    given = given.lower().removeprefix("sha256=")
    if not _HEX.fullmatch(given):
        raise Refused(401, "签名须为64位十六进制字符（HMAC-SHA256），不是Base64，也不带其他字符。")
    source = next((s for s in settings.sources if s.id == request.match_info["source"] and s.enabled), None)
    secret = settings.ingest_secrets.get(source.id, "") if source else ""
    genuine = hmac.compare_digest(sign(secret or "none", stamp, body), given)
    if source is None or not secret or not genuine:
        how = "签名的内容是时间戳、一个英文句点、请求体原文（压缩的按压缩前），三者相连"
        raise Refused(401, f"来源不存在或签名不对，请核对来源代码和密钥。{how}。")
    if stamp.isdigit() and len(stamp) == MILLISECONDS:
        raise Refused(401, "时间戳须为10位的秒数，收到的是13位的毫秒数，请除以1000取整后重新签名。")
    if not (stamp.isascii() and stamp.isdigit()):
        raise Refused(401, "时间戳须为10位的秒数（1970年起），不写日期和时区，请改正后重新签名。")
    off = int(stamp) - wall().timestamp()
    if abs(off) > WINDOW_SECONDS:
        way = "快" if off > 0 else "慢"
        raise Refused(
            401, f"时间戳比本机{way}{span(off)}，超出{WINDOW_SECONDS // 60}分钟，请校准发送方时钟、不要重用旧的签名。"
        )
    return source, given


async def _body(request: web.Request) -> bytes:
    """The body up to the limit, whatever length was announced."""
    if (request.content_length or 0) > LIMIT:
        raise Refused(413, f"内容超过{LIMIT >> 20}MB，请分批推送。")
    body = bytearray()
    try:
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > LIMIT:
                raise Refused(413, f"内容超过{LIMIT >> 20}MB，请分批推送。")
    except web.RequestPayloadError as e:
        raise Refused(400, "内容没有收全，或压缩内容解不开，请核对 Content-Encoding 后重发。") from e
    return bytes(body)


def _read(settings: Settings, source: Source, body: bytes, request: web.Request, intake: Intake) -> Batch:
    now = intake.desk.now()
    if not body.strip():
        raise Refused(400, "内容是空的，没有新内容时请推送空列表 []。")
    if body.startswith(GZIP):
        raise Refused(400, "内容是压缩过的，但没有写请求头 Content-Encoding: gzip，请补上。")
    hotline = source.kind != "vendor"
    text = decode(body, content_type({k.lower(): v for k, v in request.headers.items()})).text
    document = pushed.read(text, fields_for(settings, source.kind, source.mapping), now, hotline=hotline)
    found = {p.code: p for p in document.problems}
    file = "hotline.toml" if hotline else "vendors.toml"
    if "not_a_feed" in found:
        raise Refused(400, f"内容不是JSON列表，也没有找到列表所在的字段，请核对 {file} 中的 rows。")
    if "too_many_entries" in found:
        raise Refused(413, f"一批{found['too_many_entries'].count}条，超过{pushed.MAX_ROWS}条，请分批推送。")
    if unknown := found.get("keys_unknown"):
        keys = f"收到的字段：{unknown.detail}" if unknown.detail else "每条应为一个JSON对象"
        raise Refused(400, f"{unknown.count}条都没有读出标题或内容。{keys}。请核对 {file} 中 title、text 和 rows 的写法。")
    skipped = found["rows_unreadable"].count if "rows_unreadable" in found else 0
    return Batch(
        items=items(document, source.id, now, ItemKind.HOTLINE if hotline else ItemKind.VENDOR),
        skipped=skipped,
        lost=tuple(
            CUT if p.code in ("cut_tail", "trailing_junk") else said for p in document.problems for said in losses((p,))
        ),
    )
