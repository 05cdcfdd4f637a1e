"""What message/send checks before anything is delivered; every refusal is an errcode of document 90313.

Pure: takes the raw body, returns the parsed request or raises Refusal.
"""

import json
import re
from typing import Any

from bot.emulator.card_rules import CALLING, check_card, is_url, pruned
from bot.emulator.refusal import Refusal

ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")
TEXT_BYTES, TITLE_BYTES, DESC_BYTES, URL_BYTES = 2048, 128, 512, 2048
DEFAULT_INTERVAL, LONGEST_INTERVAL = 1800, 14400  # seconds
WARNING = "Warning: wrong json format. "
USERID = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
MEDIA = ("image", "file", "voice", "video")
MSGTYPES = ("text", "markdown", "textcard", "news", "template_card", *MEDIA)
# `safe` and the duplicate check exist only for some types (table of document 90236).
SAFE_TYPES = ("text", "image", "file", "video")


def parse(raw: bytes) -> dict[str, Any]:
    """Return the JSON object of a request body, or refuse it as the server does."""
    if not raw.strip():
        raise Refusal(44004, "empty content")
    if ESCAPED.search(raw):
        raise Refusal(40033, "invalid unicode escapes in request")
    try:
        body = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refusal(40063, WARNING + "some parameters are empty") from error
    if not isinstance(body, dict):
        raise Refusal(40063, WARNING + "object expected")
    return body


def typed(body: dict[str, Any], name: str, kind: type, default: Any) -> Any:
    """Return a field of the right JSON type; a wrong one is refused with the server's warning."""
    value = body.get(name, default)
    if value is not default and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
        raise Refusal(40063, WARNING + f"{name} has a wrong type")
    return value


def split_ids(text: str) -> list[str]:
    return [part for part in (piece.strip() for piece in text.split("|")) if part]


def recipients(body: dict[str, Any]) -> tuple[list[str], list[str], list[str]]:
    """Return (users, parties, tags) as named in the request; the server's upper limits apply."""
    users, parties, tags = (split_ids(typed(body, name, str, "")) for name in ("touser", "toparty", "totag"))
    if users == ["@all"]:
        return users, [], []
    if not users and not parties and not tags:
        raise Refusal(82001, "touser, toparty and totag are all empty")
    if len(users) > 1000:
        raise Refusal(40032, "more than 1000 users")
    if len(parties) > 100:
        raise Refusal(82002, "more than 100 parties")
    if len(tags) > 100:
        raise Refusal(82003, "more than 100 tags")
    return users, parties, tags


def duplicate_interval(body: dict[str, Any]) -> int:
    """Return the seconds in which an identical request is dropped; 0 where the check is off."""
    on = typed(body, "enable_duplicate_check", int, 0)
    interval = typed(body, "duplicate_check_interval", int, DEFAULT_INTERVAL)
    if on not in (0, 1) or not 1 <= interval <= LONGEST_INTERVAL:
        raise Refusal(40058, "duplicate check out of range")
    return interval if on else 0


def content(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return (msgtype, content as members see it): what the server cuts is cut, what it refuses is refused."""
    msgtype = typed(body, "msgtype", str, "")
    if msgtype not in MSGTYPES:
        raise Refusal(40008, "invalid message type")
    if typed(body, "safe", int, 0) not in ((0, 1) if msgtype in SAFE_TYPES else (0,)):
        raise Refusal(40058, "safe out of range")
    if typed(body, "enable_id_trans", int, 0) not in (0, 1):
        raise Refusal(40058, "enable_id_trans out of range")
    block = typed(body, msgtype, dict, {})
    if not block:
        raise Refusal(41011, f"missing {msgtype}")
    if msgtype == "template_card":
        card = pruned(block)
        check_card(card)
        return msgtype, card
    return msgtype, _CHECKS[msgtype](block)


def calls_back(card: dict[str, Any]) -> bool:
    """Whether pressing something on the card makes a callback."""
    return card.get("card_type") in CALLING or bool(card.get("action_menu"))


def cut(text: str, limit: int) -> str:
    """Return at most `limit` bytes of UTF-8, never half a character."""
    return text.encode()[:limit].decode(errors="ignore")


def _required(block: dict[str, Any], name: str, code: int) -> str:
    value = typed(block, name, str, "")
    if not value.strip():
        raise Refusal(code, f"missing {name}")
    return str(value)


def _text(block: dict[str, Any]) -> dict[str, Any]:
    return {"content": cut(_required(block, "content", 44004), TEXT_BYTES)}


def _markdown(block: dict[str, Any]) -> dict[str, Any]:
    text = _required(block, "content", 44004)
    if len(text.encode()) > TEXT_BYTES:
        raise Refusal(45002, "markdown too long")
    return {"content": text}


def _textcard(block: dict[str, Any]) -> dict[str, Any]:
    url = _required(block, "url", 41033)
    if not is_url(url) or len(url.encode()) > URL_BYTES:
        raise Refusal(40058, "invalid url")
    button = typed(block, "btntxt", str, "详情")
    if len(button) > 4:
        raise Refusal(40058, "btntxt too long")
    title, desc = _required(block, "title", 41033), _required(block, "description", 41033)
    return {"title": title[:TITLE_BYTES], "description": desc[:DESC_BYTES], "url": url, "btntxt": button}


def _news(block: dict[str, Any]) -> dict[str, Any]:
    articles = typed(block, "articles", list, [])
    if not 1 <= len(articles) <= 8:
        raise Refusal(40058, "1 to 8 articles")
    shown = []
    for article in articles:
        title = cut(_required(article if isinstance(article, dict) else {}, "title", 41033), TITLE_BYTES)
        if not is_url(article.get("url", "")) or len(article["url"].encode()) > URL_BYTES:
            raise Refusal(40058, "invalid url")
        shown.append({**article, "title": title, "description": cut(article.get("description", ""), DESC_BYTES)})
    return {"articles": shown}


def _media(block: dict[str, Any]) -> dict[str, Any]:
    return {**block, "media_id": _required(block, "media_id", 40007)}


_CHECKS = {"text": _text, "markdown": _markdown, "textcard": _textcard, "news": _news} | dict.fromkeys(MEDIA, _media)
