"""Opening what WeCom delivers: size, DOCTYPE, signature, time, key, receiver, and only then the XML.

The only import of wechatpy. Facts: documents 90238, 90930, 90968 (crypto), 90239, 90240 (messages and events).
"""

import base64
import hashlib
import hmac
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.parsers.expat import ExpatError

from wechatpy.exceptions import WeChatException
from wechatpy.work.crypto import WeChatCrypto
from wechatpy.work.parser import parse_message

BODY_CAP = 64 * 1024  # bytes; a real delivery is a few KB
WINDOW = timedelta(minutes=5)
_ENCRYPT = re.compile(rb"<Encrypt>(?:<!\[CDATA\[)?([A-Za-z0-9+/=\s]{1,65536})(?:\]\]>)?</Encrypt>")
# What an officer typed stands in CDATA and may contain anything; outside of it a declaration is an attack.
_CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_CDATA_BYTES = re.compile(_CDATA.pattern.encode(), re.DOTALL)
_CARD_EVENTS = {"template_card_event": "card", "template_card_menu_event": "menu"}


class CallbackRefused(Exception):
    """A delivery that is not from WeCom, or not readable. `status` is the HTTP status, `reason` an English word for the log.

    `off`: of a genuine one out of time, the seconds by which our clock is ahead of it.
    """

    def __init__(self, status: int, reason: str, off: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.off = off


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackMessage:
    """One thing an officer did. `kind`: text, card, menu, event (see `event`), or media.

    `media_kind`: image, voice, video, file, location, link. `created_at` is WeCom's second (aware, UTC). `dedupe_key` is equal for a repeated delivery and only then.
    """

    kind: str
    user: str
    content: str = ""
    event: str = ""
    event_key: str = ""
    task_id: str = ""
    card_type: str = ""
    response_code: str = ""
    selected: Mapping[str, tuple[str, ...]]
    created_at: datetime
    agent_id: int
    msg_id: str = ""
    media_id: str = ""
    media_kind: str = ""
    dedupe_key: str


class CallbackCrypto:
    """The callback secrets of one app. `aes_key` is the 43-character EncodingAESKey, `corpid` the only receiver accepted."""

    def __init__(self, token: str, aes_key: str, corpid: str) -> None:
        if not re.fullmatch(r"[A-Za-z0-9]{43}", aes_key):
            raise ValueError("回调的 EncodingAESKey 须为43位字母数字，请从企业微信管理后台重新复制。")
        if not re.fullmatch(r"[A-Za-z0-9]{1,32}", token):
            raise ValueError("回调的 Token 须为不超过32位的字母数字，请从企业微信管理后台重新复制。")
        self._token = token
        self._crypto = WeChatCrypto(token, aes_key, corpid)

    def check_url(self, query: Mapping[str, str], now: datetime) -> bytes:
        """Return the bytes to answer the console's URL check with, exactly. `now` is the wall clock."""
        echo = query.get("echostr", "")
        self._verify(query, echo, now)
        return self._decrypt(query, echo).encode()

    def open(self, query: Mapping[str, str], body: bytes, now: datetime) -> CallbackMessage:
        """Return the message of one delivery or raise CallbackRefused. `now` is the wall clock; nothing else is trusted."""
        if len(body) > BODY_CAP:
            raise CallbackRefused(413, "body too large")
        if b"<!" in _CDATA_BYTES.sub(b"", body):
            raise CallbackRefused(400, "doctype refused")
        found = _ENCRYPT.findall(body)
        if len(found) != 1:
            raise CallbackRefused(400, "no single Encrypt")
        sealed = b"".join(found[0].split()).decode("ascii")
        self._verify(query, sealed, now)
        return read(self._decrypt(query, sealed))

    def _verify(self, query: Mapping[str, str], sealed: str, now: datetime) -> None:
        given = query.get("msg_signature", "")
        parts = sorted((self._token, query.get("timestamp", ""), query.get("nonce", ""), sealed))
        ours = hashlib.sha1("".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
        if not sealed or not hmac.compare_digest(ours.encode(), given.encode("utf-8", "surrogatepass")):
            raise CallbackRefused(403, "wrong signature")
        stamp = query.get("timestamp", "")
        off = now.timestamp() - int(stamp) if re.fullmatch(r"[0-9]{1,12}", stamp) else None
        if off is None or abs(off) > WINDOW.total_seconds():
            raise CallbackRefused(403, "stale timestamp", off)

    def _decrypt(self, query: Mapping[str, str], sealed: str) -> str:
        try:
            plain = self._crypto.check_signature(query["msg_signature"], query["timestamp"], query["nonce"], sealed)
        except WeChatException as error:
            raise CallbackRefused(403, "wrong receiver") from error
        except (ValueError, IndexError, struct.error, KeyError) as error:
            raise CallbackRefused(400, "cannot decrypt") from error
        return str(plain)

    def seal(self, plain: str, nonce: str, timestamp: int) -> str:
        """Return the encrypted passive reply."""
        return str(self._crypto.encrypt_message(plain, nonce, str(timestamp)))


def read(plain: str) -> CallbackMessage:
    """Return the message of decrypted XML; correctly signed nonsense raises CallbackRefused as well."""
    if "<!" in _CDATA.sub("", plain):
        raise CallbackRefused(400, "doctype refused")
    try:
        fields = _fields(plain)
        created = datetime.fromtimestamp(int(_text(fields, "CreateTime")), UTC)
        agent = int(_text(fields, "AgentID") or 0)
    except (ExpatError, ValueError, OverflowError, OSError, KeyError, TypeError, AttributeError) as error:
        raise CallbackRefused(400, "malformed message") from error
    event = _text(fields, "Event").lower()
    msgtype = _text(fields, "MsgType").lower()
    user = _text(fields, "FromUserName")
    if not user:
        raise CallbackRefused(400, "no sender")
    selected = _selected(fields.get("SelectedItems"))
    return CallbackMessage(
        kind=_CARD_EVENTS.get(event, "event") if msgtype == "event" else "text" if msgtype == "text" else "media",
        user=user.lower(),
        content=_text(fields, "Content"),
        event=event,
        event_key=_text(fields, "EventKey"),
        task_id=_text(fields, "TaskId"),
        card_type=_text(fields, "CardType"),
        response_code=_text(fields, "ResponseCode"),
        selected=selected,
        created_at=created,
        agent_id=agent,
        msg_id=_text(fields, "MsgId"),
        media_id=_text(fields, "MediaId"),
        media_kind=msgtype if msgtype not in ("event", "text") else "",
        dedupe_key=_dedupe_key(fields, agent, selected),
    )


def _fields(plain: str) -> Mapping[str, Any]:
    # wechatpy's classes know neither card events nor string MsgId; the dictionary under them has every tag.
    fields: Mapping[str, Any] = parse_message(plain)._data
    return fields


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _many(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _selected(items: object) -> Mapping[str, tuple[str, ...]]:
    """One choice arrives as a tag, several as a list of tags."""
    chosen: dict[str, tuple[str, ...]] = {}
    for item in _many(items.get("SelectedItem") if isinstance(items, dict) else None):
        if isinstance(item, dict) and isinstance(item.get("QuestionKey"), str):
            options = item.get("OptionIds")
            ids = _many(options.get("OptionId") if isinstance(options, dict) else None)
            chosen[item["QuestionKey"]] = tuple(str(ident) for ident in ids if ident is not None)
    return chosen


def _dedupe_key(fields: Mapping[str, Any], agent: int, selected: Mapping[str, tuple[str, ...]]) -> str:
    if _text(fields, "MsgId"):
        return f"m:{agent}:{_text(fields, 'MsgId')}"
    names = ("FromUserName", "CreateTime", "Event", "EventKey", "TaskId")
    parts = [agent, *(_text(fields, name) for name in names), sorted(selected.items())]
    digest = hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).digest()
    return "e:" + base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
