"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), as sites and RSSHub write it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitors.charset import unscramble
from monitors.dates import read_date
from monitors.item import MAX_ENTRIES, ParsedDocument, ParsedEntry
from monitors.links import web_link
from monitors.loose_json import text_of
from monitors.mend import Problem
from monitors.plain import plain, plain_line


def is_feed(value: Any) -> bool:
    """Whether a JSON value says that it is a JSON Feed, or is shaped like one."""
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        return False
    if "jsonfeed.org" in text_of(value.get("version")) or "home_page_url" in value or "feed_url" in value:
        return True
    first = value["items"][0] if value["items"] else None
    return isinstance(first, dict) and any(key in first for key in ("content_html", "content_text", "date_published"))


def read(value: Any, base: str, now: datetime, problems: tuple[Problem, ...]) -> ParsedDocument:
    """Entries of a JSON Feed; anything that is none gives no entries and a problem. Never raises."""
    if not is_feed(value):
        return ParsedDocument(format="json", problems=(*problems, Problem(code="not_a_feed")))
    rows = [row for row in value["items"] if isinstance(row, dict)]
    lost = len(value["items"]) - len(rows)
    if lost:
        problems = (*problems, Problem(code="entries_unreadable", count=lost))
    if len(rows) > MAX_ENTRIES:
        problems = (*problems, Problem(code="too_many_entries", count=len(rows) - MAX_ENTRIES))
    base = base or text_of(value.get("home_page_url"))
    return ParsedDocument(
        format="jsonfeed",
        title=plain_line(text_of(value.get("title"))),
        entries=tuple(_entry(row, base, now) for row in rows[:MAX_ENTRIES]),
        problems=problems,
    )


def _entry(row: Mapping[str, Any], base: str, now: datetime) -> ParsedEntry:
    raws = [raw for key in ("date_published", "date_modified") if (raw := text_of(row.get(key)).strip())]
    dated = [(raw, value) for raw in raws if (value := read_date(raw, now))]
    bodies = [plain(text_of(row.get(key))) for key in ("content_text", "content_html", "summary")]
    return ParsedEntry(
        id=text_of(row.get("id")).strip()[:500],
        title=unscramble(plain_line(text_of(row.get("title")))),
        url=web_link(text_of(row.get("url")) or text_of(row.get("external_url")), base),
        published=dated[0][1] if dated else None,
        summary=unscramble(max(bodies, key=len)),
        raw_date=dated[0][0] if dated else (raws[0][:120] if raws else ""),
        author=_author(row),
    )


def _author(row: Mapping[str, Any]) -> str:
    authors = row.get("authors")
    first = authors[0] if isinstance(authors, list) and authors else row.get("author")
    return plain_line(text_of(first.get("name")) if isinstance(first, dict) else text_of(first), 100)
