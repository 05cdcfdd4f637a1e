"""feedparser's reading of a feed that the strict and the mended reading could not make sense of.

Slow, and quadratic on hostile input: a caller that must stay responsive runs it in a process it can kill.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import feedparser

from monitors.charset import content_type, decode, unscramble
from monitors.dates import read_date
from monitors.item import MAX_ENTRIES, ParsedDocument, ParsedEntry
from monitors.links import web_link
from monitors.mend import Problem, mend_xml, strip_prolog
from monitors.plain import plain, plain_line

_TORN_NAMESPACE: Final = re.compile(r"""\sxmlns(?::[\w.-]+)?\s*=\s*(?:"[^"<]*\s[^"<]*"|'[^'<]*\s[^'<]*')""")
"""A name with blanks is no namespace; the SAX reader beneath cuts names at any of Unicode's and raises ValueError at the next element."""


def parse_tolerant(body: bytes, headers: Mapping[str, str], base: str, now: datetime) -> ParsedDocument:
    """The entries feedparser finds in the mended document; none, and a problem that says so, where it gives up with an error."""
    text, declared = strip_prolog(decode(body, content_type(headers)).text)
    clean = _TORN_NAMESPACE.sub("", mend_xml(text)[0]).encode("utf-8", "replace")
    try:
        found = feedparser.parse(
            b'<?xml version="1.0" encoding="utf-8"?>\n' + clean,
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": base},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as e:  # another's parser on hostile bytes: what the strict reading kept must not be lost with it
        return ParsedDocument(problems=(*declared, Problem(code="tolerant_failed", detail=type(e).__name__)))
    entries = tuple(_from_feedparser(entry, base, now) for entry in found.entries[:MAX_ENTRIES])
    return ParsedDocument(
        format=str(found.get("version") or "unknown"),
        title=plain_line(str(found.feed.get("title", ""))),
        entries=entries,
        problems=(*declared, Problem(code="tolerant")),
    )


def _from_feedparser(entry: Mapping[str, Any], base: str, now: datetime) -> ParsedEntry:
    bodies = [str(part.get("value", "")) for part in entry.get("content", ())] + [str(entry.get("summary", ""))]
    said = (
        entry[name] for name in ("published", "updated", "created") if name in entry
    )  # asked first: an absent one is mapped
    raw = str(next(filter(None, said), ""))
    return ParsedEntry(
        id=str(entry.get("id", "")).strip(),
        title=unscramble(plain_line(str(entry.get("title", "")))),
        url=web_link(str(entry.get("link", "")), base),
        published=read_date(raw, now),
        summary=plain(max(bodies, key=len)),
        raw_date=raw,
        author=plain_line(str(entry.get("author", "")), 100),
    )
