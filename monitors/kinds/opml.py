"""OPML subscription lists: each outline with an address is an entry. Read for import, never polled into items."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from html import unescape
from typing import Final

from monitors.charset import content_type, decode
from monitors.item import ParsedDocument, ParsedEntry
from monitors.links import web_link
from monitors.plain import plain_line

_OUTLINE: Final = re.compile(r"<outline\s([^<>]{0,4000})>?", re.I)
_ATTRIBUTE: Final = re.compile(r"""([A-Za-z]{1,20})\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')""")
_TITLE: Final = re.compile(r"<title>([^<]{0,300})", re.I)


def parse(body: bytes, headers: Mapping[str, str], base: str, now: datetime) -> ParsedDocument:
    """Outlines as entries: `id` and `url` the feed's address, `title` its name, `summary` the page it belongs to."""
    decoded = decode(body, content_type(headers))
    entries = []
    for match in _OUTLINE.finditer(decoded.text):
        fields = {name.lower(): unescape(double or single) for name, double, single in _ATTRIBUTE.findall(match[1])}
        address = web_link(fields.get("xmlurl", ""), "")
        if address.lower().startswith(("http://", "https://")):
            title = plain_line(fields.get("title") or fields.get("text") or "")
            entries.append(ParsedEntry(id=address, title=title, url=address, summary=plain_line(fields.get("htmlurl", ""))))
    heading = _TITLE.search(decoded.text[:5000])
    return ParsedDocument(
        format="opml", title=plain_line(heading[1]) if heading else "", entries=tuple(entries), problems=decoded.problems
    )
