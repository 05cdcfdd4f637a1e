"""Kinds of sources: one small file each, one table. A parser takes bytes and gives a document; it never raises."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from html import unescape
from typing import Final

from monitors.charset import content_type, decode
from monitors.item import ParsedDocument
from monitors.loose_json import loads, wrapped
from monitors.mend import Problem

from . import feed, hotline, hotlist, jsonfeed, opml, tolerant

Parser = Callable[[bytes, Mapping[str, str], str, datetime], ParsedDocument]

_BLANK: Final = b"\xef\xbb\xbf \t\r\n"
_SHOWN: Final = re.compile(r"<body[^<>]{0,200}>\s*<pre[^<>]{0,300}>\s*(?=[\[{]|&lt;[?!rfRF])", re.I)
_NOTICES: Final = re.compile(rb"(?:\s*+<br\s*+/?>|\s*+<b>[^<]{0,300}</b>[^<{\[]{0,300}+)++\s*+(?=[\[{<])", re.I)
"""What a script prints about itself before the document it was asked for."""
TOLERANT_INLINE: Final = 256 * 1024
"""Bytes up to which `parse_fully` runs the tolerant parser in this process."""


def parse(body: bytes, headers: Mapping[str, str], base: str, now: datetime) -> ParsedDocument:
    """Any feed document, told by its first characters. `suspect` documents deserve `tolerant.parse_tolerant` elsewhere."""
    head = body[:4096]
    if head[:2] in (BOM_UTF16_LE, BOM_UTF16_BE):
        head = head.decode("utf-16", "ignore").encode()
    head = head.lstrip(_BLANK)
    if head[:2] == b"<b" and (notices := _NOTICES.match(head)) and (start := body.find(notices[0])) >= 0:
        document = _told(body[start + notices.end() :], head[notices.end() :], headers, base, now)
        return replace(document, problems=(Problem(code="leading_junk"), *document.problems))
    return _told(body, head, headers, base, now)


def _told(body: bytes, head: bytes, headers: Mapping[str, str], base: str, now: datetime) -> ParsedDocument:
    """The document that `head`, its beginning without blanks, is the beginning of."""
    if head[:1] in (b"{", b"[") or (head[:1] != b"<" and wrapped(head[:500].decode("latin-1"))):
        return _json(body, headers, base, now)
    if b"<pre" in head and (shown := _rendered(body, headers)) is not None:
        return _json(shown, {}, base, now) if shown[:1] in (b"{", b"[") else feed.parse(shown, {}, base, now)
    if b"<opml" in head[:2000].lower():
        return opml.parse(body, headers, base, now)
    return feed.parse(body, headers, base, now)


def _rendered(body: bytes, headers: Mapping[str, str]) -> bytes | None:
    """The document that a browser shows in a page of its own making, as proxies that drive a browser hand it on; else None."""
    page = decode(body, content_type(headers)).text
    shown = _SHOWN.search(page[:4096])
    return unescape(page[shown.end() :].partition("</pre>")[0]).encode("utf-8", "replace") if shown else None


def parse_fully(body: bytes, headers: Mapping[str, str], base: str, now: datetime) -> ParsedDocument:
    """`parse`, and where that looks wrong the tolerant parser at once, up to a size it can do no harm with."""
    document = parse(body, headers, base, now)
    if document.suspect and len(body) <= TOLERANT_INLINE:
        return better(document, tolerant.parse_tolerant(body, headers, base, now))
    return document


def better(strict: ParsedDocument, loose: ParsedDocument) -> ParsedDocument:
    """The reading with more entries, with the problems of both."""
    best = loose if len(loose.entries) > len(strict.entries) else strict
    return replace(best, problems=(*strict.problems, *loose.problems), suspect=False)


def _json(body: bytes, headers: Mapping[str, str], base: str, now: datetime) -> ParsedDocument:
    decoded = decode(body, content_type(headers))
    value, problems = loads(decoded.text)
    problems = (*decoded.problems, *problems)
    if jsonfeed.is_feed(value):
        return jsonfeed.read(value, base, now, problems)
    return hotlist.read(value, base, now, problems)


def _ranked(body: bytes, headers: Mapping[str, str], base: str, now: datetime) -> ParsedDocument:
    """A hot list in any shape; one published as a feed is ranked by its order."""
    document = parse(body, headers, base, now)
    entries = tuple(
        entry if entry.rank else replace(entry, rank=position) for position, entry in enumerate(document.entries, start=1)
    )
    return replace(document, entries=entries)


KINDS: Final[Mapping[str, Parser]] = {"feed": parse, "hotlist": _ranked, "hotline": hotline.parse, "opml": opml.parse}
