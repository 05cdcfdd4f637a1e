"""Plain text out of the HTML that feeds carry: what is judged, stored and shown is never markup. All scans are linear."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

MAX_TEXT: Final = 20_000
"""Characters kept of one body; a longer article adds nothing to a judgement."""
MAX_TITLE: Final = 500

_BLOCK: Final = re.compile(
    r"</?(?:p|br|div|li|ul|ol|tr|table|h[1-6]|section|article|blockquote|hr|dd|dt|figure|figcaption)\b[^<>]*>", re.I
)
_CELL: Final = re.compile(r"</?t[dh]\b[^<>]*>", re.I)
_TAG: Final = re.compile(r"<(?:/?[a-zA-Z][^<>]*|!--[^<>]*--|![a-zA-Z\[][^<>]*|\?[^<>]*)>")
_STILL_MARKUP: Final = re.compile(
    r"</?(?:p|br|div|a|img|span|strong|b|i|em|font|h[1-6]|ul|ol|li|table|tr|td|figure|iframe|video|section|blockquote|script|style)\b[^<>]*>"
    r"|&(?:[a-zA-Z]{2,8}|#x?[0-9a-fA-F]{2,6});",
    re.I,
)
_INVISIBLE: Final = {0x200B: None, 0xFEFF: None}
_HIDDEN: Final = ("script", "style", "noscript", "template")
_HIDDEN_TAG: Final = re.compile("<(?:" + "|".join(_HIDDEN) + ")", re.I)


def plain(html: str, limit: int = MAX_TEXT) -> str:
    """The readable text of `html`: no tags, no scripts, entities resolved (twice where a feed escaped twice), lines kept."""
    text = html[: limit * 20]
    if "<" in text or "&" in text:
        text = _unmarked(text)
        if ("<" in text or "&" in text) and _STILL_MARKUP.search(text):
            text = _unmarked(text)
    text = text.translate(_INVISIBLE) if "\u200b" in text or "\ufeff" in text else text
    if "\n" not in text:
        return " ".join(text.split())[:limit].rstrip()
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)[:limit].rstrip()


def plain_line(html: str, limit: int = MAX_TITLE) -> str:
    """`plain` on one line: a title."""
    if "<" not in html and "&" not in html:
        return " ".join(html[: limit * 4].split())[:limit].rstrip()
    return " ".join(plain(html, limit * 4).split())[:limit].rstrip()


def _unmarked(text: str) -> str:
    if "<" in text:
        if _HIDDEN_TAG.search(text):
            for name in _HIDDEN:
                text = _without(text, name)
        text = _BLOCK.sub("\n", text)
        text = _CELL.sub(" ", text) if "<t" in text or "<T" in text else text
        text = _TAG.sub("", text) if "<" in text else text
    return unescape(text) if "&" in text else text


def _without(text: str, name: str) -> str:
    """`text` without the elements `name` and all they hold; an unclosed one hides the rest, as in a browser."""
    low = text.lower()
    if len(low) != len(text):  # a few letters change length when lowered; then only the tags go
        return text
    pieces, position = [], 0
    while (start := low.find(f"<{name}", position)) >= 0:
        pieces.append(text[position:start])
        end = low.find(f"</{name}", start)
        close = low.find(">", end) if end >= 0 else -1
        if close < 0:
            return "".join(pieces)
        position = close + 1
    pieces.append(text[position:])
    return "".join(pieces)
