"""RSS 0.9x-2.0, RDF, Atom 0.3 and 1.0, CDF, news sitemaps, and the lists of portals.

Strict lxml first; only where that fails or looks wrong the text is mended and read again, recovering what can be; what
then still looks wrong is marked `suspect` for `tolerant.parse_tolerant` (feedparser), which a caller that must stay responsive
runs in a process it can kill (feedparser holds quadratic expressions). Entities are never resolved, nothing is fetched.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from lxml import etree

from monitors.charset import Decoded, content_type, decode, unscrambled
from monitors.dates import read_date
from monitors.elements import (
    Fields,
    Names,
    adopt_namespace,
    entry_elements,
    fields_of,
    first_text,
    inner_text,
    raw_text,
    short_name,
)
from monitors.item import MAX_ENTRIES, ParsedDocument, ParsedEntry, parsed_entry
from monitors.links import web_link
from monitors.mend import Problem, close_html, mend_xml, strip_prolog
from monitors.plain import plain, plain_line

from . import datastore

_ENTRY_START: Final = re.compile(r"<(?:item|entry)[\s/>]")
_SECTION: Final = re.compile(r"<!\[CDATA\[.*?\]\]>", re.S)
_CUT: Final = frozenset({"truncated", "too_many_entries"})
"""Cut by us: that such a document has no end is no damage."""
_MAX_TAGS: Final = 200_000
_LOOKS_LIKE_ENTRY: Final = re.compile(r"<(?:[\w.-]{1,20}:)?(?:item|entry)[\s>]", re.I)
_TITLE: Final = ("title", "news:title", "dc:title")
_TEXTS: Final = (
    "content:encoded",
    "content",
    "description",
    "summary",
    "dc:description",
    "fulltext",
    "body",
    "text",
    "tagline",
    "abstract",
)
_DATES: Final = (
    "pubdate",
    "published",
    "issued",
    "dc:date",
    "news:publication_date",
    "created",
    "date",
    "updated",
    "modified",
    "lastmod",
    "dc:issued",
    "dc:created",
    "dc:modified",
)
_AUTHORS: Final = ("author", "dc:creator", "dc:author", "creator", "managingeditor", "source")
_IDS: Final = ("guid", "id")


def parse(body: bytes, headers: Mapping[str, str], base: str, now: datetime) -> ParsedDocument:
    """The document as far as it can be read; damage is in `problems`. Never raises."""
    decoded = decode(body, content_type(headers))
    text, declared = strip_prolog(unscrambled(decoded, body))
    problems = [*decoded.problems, *declared]
    if not text:
        return ParsedDocument(problems=(*problems, Problem(code="not_a_feed" if decoded.text.strip() else "empty")))
    if _is_html(text):
        return ParsedDocument(format="html", title=_html_title(text), problems=(*problems, Problem(code="html_page")))
    text, flood = _without_flood(text)
    root = None if flood else _strict(_octets(text, body, decoded))
    document = _document(root, base, now, ()) if root is not None else None
    if document is None or _wrong(document, text):
        document = _mended(text, base, now, flood or ((Problem(code="not_well_formed"),) if root is None else ()))
    return _with(document, problems)


def _octets(text: str, body: bytes, decoded: Decoded) -> bytes:
    """`text` in UTF-8: where the body is that already, the end of it, which is at hand."""
    if decoded.encoding == "utf-8" and not decoded.problems and body[:3] != BOM_UTF8 and decoded.text.endswith(text):
        return body[len(decoded.text[: len(decoded.text) - len(text)].encode()) :]
    return text.encode("utf-8", "replace")


def _without_flood(text: str) -> tuple[str, tuple[Problem, ...]]:
    """`text` cut off where one entry too many begins, or far too many tags: a million tags shall not become a million elements."""
    if len(text) <= _MAX_TAGS:
        return text, ()
    if (tags := text.count("<")) > _MAX_TAGS:
        return text[: len(text) * _MAX_TAGS // tags], (Problem(code="truncated"),)
    if max(text.count("<item"), text.count("<entry")) <= MAX_ENTRIES:
        return text, ()
    places = [match.start() for match in _ENTRY_START.finditer(text)]
    if len(places) <= MAX_ENTRIES:
        return text, ()
    return text[: places[MAX_ENTRIES]], (Problem(code="too_many_entries", count=len(places) - MAX_ENTRIES),)


def _with(document: ParsedDocument, problems: list[Problem]) -> ParsedDocument:
    if not problems:
        return document
    return ParsedDocument(
        format=document.format,
        title=document.title,
        entries=document.entries,
        problems=(*problems, *document.problems),
        suspect=document.suspect,
    )


def _parser(recover: bool) -> etree.XMLParser:
    """`encoding` overrides any prolog; nothing external is loaded and no entity resolved."""
    return etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _strict(octets: bytes) -> Any:
    try:
        return etree.fromstring(octets, _parser(False))
    except (etree.XMLSyntaxError, ValueError):
        return None


def _recovered(octets: bytes) -> Any:
    """Whatever of a broken tree can be read, strictly if it is whole; None if nothing."""
    if (root := _strict(octets)) is not None:
        return root
    try:
        return etree.fromstring(octets, _parser(True))
    except (etree.XMLSyntaxError, ValueError):
        return None


def _mended(text: str, base: str, now: datetime, problems: tuple[Problem, ...]) -> ParsedDocument:
    clean, damage = mend_xml(text)
    root = _strict(clean.encode("utf-8", "replace"))
    cut, recovered = any(problem.code in _CUT for problem in problems), root is None
    if root is None:
        root = _recovered(close_html(clean).encode("utf-8", "replace"))
        damage = damage if cut else (*damage, Problem(code="recovered"))
    if root is None:
        suspect = bool(_LOOKS_LIKE_ENTRY.search(clean))
        return ParsedDocument(problems=(*problems, *damage, Problem(code="unreadable")), suspect=suspect)
    document = _document(root, base, now, (*problems, *damage))
    lost = recovered and not cut and _entry_tags(clean) > len(document.entries)
    return _suspect(document) if lost or _wrong(document, clean) else document


def _entry_tags(clean: str) -> int:
    """How many entries the tags of a document announce; CDATA of mended text is always closed."""
    return len(_ENTRY_START.findall(_SECTION.sub("", clean)))


def _suspect(document: ParsedDocument) -> ParsedDocument:
    return ParsedDocument(
        format=document.format, title=document.title, entries=document.entries, problems=document.problems, suspect=True
    )


def _wrong(document: ParsedDocument, text: str) -> bool:
    """No entries although there are tags of entries, or titles with lost characters."""
    if not document.entries:
        return _LOOKS_LIKE_ENTRY.search(text) is not None
    return any("\ufffd" in entry.title for entry in document.entries) and "\ufffd" not in text


def _is_html(text: str) -> bool:
    return text[:5].lower() == "<html" or text[:6].lower() in ("<head>", "<body>", "<body ")


def _html_title(text: str) -> str:
    match = re.search(r"<title[^>]{0,200}>([^<]{0,500})", text[:20_000], re.I)
    return plain_line(match[1]) if match else ""


def _document(root: Any, base: str, now: datetime, problems: tuple[Problem, ...]) -> ParsedDocument:
    names: Names = {}
    kind = short_name(root.tag, names)
    if kind == "urlset":
        return _sitemap(root, now, problems, names)
    if kind == "datastore":
        return datastore.read(root, base, now, problems)
    if kind == "sitemapindex":
        return ParsedDocument(format="sitemapindex", problems=(*problems, Problem(code="sitemap_index")))
    base = _based(root, base)
    found = list(entry_elements(root, names))
    if len(found) > MAX_ENTRIES:
        problems = (*problems, Problem(code="too_many_entries", count=len(found) - MAX_ENTRIES))
    if found:
        adopt_namespace(found[0], names)
    form = _format(root, short_name(root.tag, names))
    if form == "unknown" and not found:
        problems = (*problems, Problem(code="not_a_feed"))
    head = _head(root, names)
    base = base or _link(fields_of(head, names), "") if head is not None else base
    return ParsedDocument(
        format=form,
        title=first_text(fields_of(head, names), _TITLE) if head is not None else "",
        entries=tuple(_entry(element, base, now, names) for element in found[:MAX_ENTRIES]),
        problems=problems,
    )


def _based(element: Any, base: str) -> str:
    """The base of links under `element`: its xml:base, itself relative to that above it."""
    own = element.get("{http://www.w3.org/XML/1998/namespace}base")
    return web_link(own, base) if own else base


def _head(root: Any, names: Names) -> Any:
    """The element that describes the whole document."""
    if short_name(root.tag, names) in ("feed", "channel"):
        return root
    return next((child for child in root if short_name(child.tag, names).rpartition(":")[2] == "channel"), None)


def _format(root: Any, kind: str) -> str:
    """feedparser's names for the formats, so that both readings agree."""
    if kind == "rss":
        version = (root.get("version") or "").strip()
        return {"2.0": "rss20", "0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094", "0.90": "rss090"}.get(
            version, "rss20" if version.startswith("2") else "rss"
        )
    if kind == "feed":
        space = root.tag.lower()
        return (
            "atom10"
            if "2005/atom" in space
            else "atom03"
            if "purl.org/atom" in space or root.get("version") == "0.3"
            else "atom"
        )
    if kind.endswith("rdf"):
        spaces = " ".join(uri for uri in root.nsmap.values() if uri)
        return "rss090" if "netscape.com" in spaces else "rss10" if "purl.org" in spaces else "rdf"
    return {"channel": "cdf" if root.tag == "CHANNEL" else "rss", "opml": "opml", "html": "html"}.get(kind, "unknown")


def _entry(element: Any, base: str, now: datetime, names: Names) -> ParsedEntry:
    fields = fields_of(element, names)
    if attributes := element.keys():
        base = _based(element, base)
    title, body = first_text(fields, _TITLE), _body(fields)
    raw, published = _published(element, fields, now)
    guid = _guid(element, fields)
    url = _link(fields, base)
    if attributes:
        title = title or plain_line(_attribute(element, ("title",)))
        url = url or web_link(_attribute(element, ("href", "url", "link")), base)
    if not url and (attributes or "id" in fields) and guid.startswith(("http://", "https://")):
        url = web_link(guid, "")
    return parsed_entry(guid, title, url, published, body or _body_of_module(element), raw, _author(fields))


def _attribute(element: Any, wanted: tuple[str, ...]) -> str:
    """The first of the wanted attributes, in small letters, that says something."""
    said = {name.lower(): value for name, value in element.items()}
    return next((text for name in wanted if (text := said.get(name, "").strip())), "")


def _guid(element: Any, fields: Fields) -> str:
    for name in _IDS:
        for found in fields.get(name, ()):
            if text := inner_text(found).strip():
                return text[:500]
    return (element.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about") or "").strip()[:500]


def _body(fields: Fields) -> str:
    """The longest of the texts an entry offers."""
    found = [raw_text(element) for name in _TEXTS if name in fields for element in fields[name]]
    if not found:
        return ""
    if text := plain(max(found, key=len)):
        return text
    return next((text for raw in sorted(found, key=len, reverse=True) if (text := plain(raw))), "")


def _body_of_module(element: Any) -> str:
    """What a module (media, itunes) says where the entry itself says nothing."""
    found = element.iter("{*}description", "{*}summary", "{*}fullitem")
    return next((text for part in found if (text := plain(inner_text(part)))), "")


def _author(fields: Fields) -> str:
    for name in _AUTHORS:
        for element in fields.get(name, ()):
            named = next(element.iterchildren("{*}name"), None) if len(element) else None
            if text := _person((named.text or "") if named is not None else inner_text(element)[:500]):
                return text
    return ""


@lru_cache(maxsize=256)  # the same few names stand under all entries of a document
def _person(text: str) -> str:
    return plain_line(text, 100)


def _published(element: Any, fields: Fields, now: datetime) -> tuple[str, datetime | None]:
    """The first date that can be read, in order of trust; else the first that was written, unread."""
    first = ""
    for name in _DATES:
        for found in fields.get(name, ()):
            if (raw := inner_text(found).strip()) and (value := read_date(raw, now)):
                return raw, value
            first = first or raw
    if element.keys():
        raw = _attribute(element, ("lastmod", "pubdate", "date", "time"))
        if value := read_date(raw, now):
            return raw, value
        first = first or raw
    return first[:120], None


def _link(fields: Fields, base: str) -> str:
    """The page of an entry: `alternate` before others, never `self`, an enclosure or a picture; else a permalink guid."""
    best, best_rank = "", 9
    links = fields.get("link", [])
    if len(links) == 1:
        only = links[0]
        href = only.get("href")
        usual = href is None or (only.get("rel") in (None, "alternate") and only.get("type") in (None, "text/html"))
        if usual and (said := (only.text or "") if href is None else href.strip()) and (address := web_link(said, base)):
            return address
    for link in (*links, *fields.get("url", ()), *fields.get("?:link", ())):
        href = (link.get("href") or link.text or "").strip()
        relation = (link.get("rel") or "alternate").lower()
        rank = {"alternate": 0, "related": 3, "via": 3}.get(relation, 8)
        if rank == 0 and "html" not in (link.get("type") or "text/html"):
            rank = 1
        if href and rank < min(best_rank, 8) and (address := web_link(href, base)):
            best, best_rank = address, rank
    if best:
        return best
    for link in links:  # <link/>http://…, as a writer of HTML leaves it
        if (after := (link.tail or "").strip()).startswith(("http://", "https://")):
            return web_link(after.split()[0], "")
    guid = next((found for found in fields.get("guid", ()) if (found.get("isPermaLink") or "true").lower() != "false"), None)
    return web_link(guid.text or "", "") if guid is not None else ""


def _sitemap(root: Any, now: datetime, problems: tuple[Problem, ...], names: Names) -> ParsedDocument:
    entries: list[ParsedEntry] = []
    for element in root:
        if short_name(element.tag, names) != "url" or len(entries) >= MAX_ENTRIES:
            continue
        fields = fields_of(element, names)
        for news in fields.get("news:news", ()):
            fields |= fields_of(news, names)
        address = web_link(first_text(fields, ("loc",)), "")
        raw, published = _published(element, fields, now)
        entries.append(
            ParsedEntry(
                id=address, title=first_text(fields, ("news:title", "title")), url=address, published=published, raw_date=raw
            )
        )
    return ParsedDocument(format="sitemap", entries=tuple(entries), problems=problems)
