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
from monitors.mend import Problem
from monitors.plain import plain_line

_OUTLINE: Final = re.compile(r"""<outline\s((?:[^"'<>]++|"[^"<]{0,4000}+"|'[^'<]{0,4000}+')*+)(/?)>?|</outline\s*>""", re.I)
_ATTRIBUTE: Final = re.compile(r"""([A-Za-z]{1,20})\s*=\s*(?:"([^"<]*)"|'([^'<]*)')""")
_TITLE: Final = re.compile(r"<title>([^<]{0,300})", re.I)
_FEED_SCHEME: Final = re.compile(r"^\s*feed:(?://)?(?=https?:|[^/])", re.I)
DEEP: Final = 20
SHOWN: Final = 10


def parse(body: bytes, headers: Mapping[str, str], base: str, now: datetime) -> ParsedDocument:
    """Outlines as entries, each address once: `id` and `url` the feed's address, `title` its name, `author` its group, `summary` its page.

    Problem `addresses_unusable`: outlines whose address is no web address, with their names.
    """
    decoded = decode(body, content_type(headers))
    entries: dict[str, ParsedEntry] = {}
    groups: list[str] = []
    unusable: list[str] = []
    for match in _OUTLINE.finditer(decoded.text):
        if match[1] is None:
            del groups[-1:]
            continue
        fields = {name.lower(): unescape(double or single) for name, double, single in _ATTRIBUTE.findall(match[1])}
        title = plain_line(fields.get("title") or fields.get("text") or "")
        stated = fields.get("xmlurl", "").strip()
        address = web_link(_scheme(stated), "")
        if address.lower().startswith(("http://", "https://")):
            group = plain_line(fields.get("category", "").strip("/")) or next((g for g in reversed(groups) if g), "")
            page = plain_line(fields.get("htmlurl", ""))
            entries.setdefault(address, ParsedEntry(id=address, title=title, url=address, summary=page, author=group))
        elif stated:
            unusable.append(title or stated[:60])
        if not match[2] and not match[1].rstrip().endswith("/") and len(groups) < DEEP:
            groups.append("" if stated else title)
    heading = _TITLE.search(decoded.text[:5000])
    lost = (Problem(code="addresses_unusable", count=len(unusable), detail="、".join(unusable[:SHOWN])),) if unusable else ()
    return ParsedDocument(
        format="opml",
        title=plain_line(heading[1]) if heading else "",
        entries=tuple(entries.values()),
        problems=(*decoded.problems, *lost),
    )


def _scheme(address: str) -> str:
    """feed://a.example/rss and feed:https://… as the web address that is meant."""
    bare = _FEED_SCHEME.sub("", address)
    return bare if bare == address or bare.lower().startswith(("http://", "https://")) else f"http://{bare}"
