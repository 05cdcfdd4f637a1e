"""Texts of messages as safe HTML: everything is escaped first, then the few allowed marks of WeCom are put back."""

import re
from datetime import datetime, timedelta, timezone

from markupsafe import Markup, escape

BEIJING = timezone(timedelta(hours=8))
WEEKDAYS = "一二三四五六日"
_ANCHOR = re.compile(r"&lt;a href=&#34;(https?://[^\s&]+(?:&amp;[^\s&]+)*)&#34;&gt;(.*?)&lt;/a&gt;")
_BARE = re.compile(r"(?<![\"\w/])https?://[A-Za-z0-9\-._~:/?#@!$*+,;=%]+(?:&amp;[A-Za-z0-9\-._~:/?#@!$*+,;=%]+)*")
_LINK = re.compile(r"\[([^\]\n]+)\]\((https?://[^\s)]+)\)")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_CODE = re.compile(r"`([^`\n]+)`")
_FONT = re.compile(r"&lt;font color=&#34;(info|comment|warning)&#34;&gt;(.*?)&lt;/font&gt;")
_OPEN = '<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>'


def text(value: str) -> Markup:
    """A text message: `<a href>` and bare addresses become links, line breaks stay."""
    safe = str(escape(value))
    if "&lt;a href" in safe:
        return Markup(_ANCHOR.sub(lambda m: _OPEN.format(m[1], m[2]), safe))
    return Markup(_BARE.sub(lambda m: _OPEN.format(m[0], m[0]), safe))


def markdown(value: str) -> Markup:
    """The subset app messages know: headings, bold, links, inline code, quotes, three font colours."""
    return Markup("".join(_line(line) for line in str(escape(value)).split("\n")))


def _line(line: str) -> str:
    heading = re.match(r"(#{1,6}) (.*)", line)
    quote = re.match(r"&gt; ?(.*)", line)
    body = heading[2] if heading else quote[1] if quote else line
    body = _LINK.sub(lambda m: _OPEN.format(m[2], m[1]), body)
    body = _BOLD.sub(r"<strong>\1</strong>", _CODE.sub(r"<code>\1</code>", body))
    body = _FONT.sub(r'<span class="font-\1">\2</span>', body)
    if heading:
        return f'<p class="md-h">{body}</p>'
    return f'<p class="md-quote">{body}</p>' if quote else f"<p>{body or '&nbsp;'}</p>"


def clip(value: object, limit: int) -> str:
    """Cut as the phone does: what exceeds the recommended number of characters is not seen."""
    words = "" if value is None else str(value)
    return words if len(words) <= limit else words[: limit - 1] + "…"


def clock_time(at: datetime) -> str:
    return at.astimezone(BEIJING).strftime("%H:%M")


def day(at: datetime) -> str:
    """“11月22日 周六”."""
    local = at.astimezone(BEIJING)
    return f"{local.month}月{local.day}日 周{WEEKDAYS[local.weekday()]}"


def size(count: int) -> str:
    """A file size as people read it."""
    if count < 1024:
        return f"{count}字节"
    return f"{count / 1024:.0f}KB" if count < 1 << 20 else f"{count / (1 << 20):.1f}MB"
