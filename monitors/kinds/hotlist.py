"""Hot lists: newsnow's answer, plain lists of {title, url, hot}, and the many wrappers around such lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from monitors.dates import BEIJING, read_date
from monitors.item import MAX_ENTRIES, ParsedDocument, ParsedEntry
from monitors.links import web_link
from monitors.loose_json import LISTS, text_of
from monitors.mend import Problem
from monitors.plain import plain, plain_line

_TITLES: Final = ("title", "name", "word", "query", "keyword", "note", "content", "desc")
_LINKS: Final = ("url", "link", "mobileurl", "mobilurl", "href", "shareurl")
_HEATS: Final = ("hot", "hotvalue", "heat", "score", "num", "rawhot", "hotscore", "views", "detailtext", "热度")
_BODIES: Final = ("desc", "description", "summary", "excerpt", "content", "abstract", "intro", "digest", "brief", "text")
_DATES: Final = (
    *("published", "pubdate", "publishtime", "pubtime", "publishdate", "docrelpubtime", "releasetime", "displaytime"),
    *("ptime", "focusdate", "date", "time", "timestamp", "ctime", "createdat", "createtime", "createdate", "addtime"),
)
"""Keys in small letters without `_`, as `_keyed` writes them."""
_HEAT: Final = re.compile(r"(\d+(?:[.,]\d+)*)\s*(万|亿|千|[wWkK])?")
_SCALE: Final = {"千": 1e3, "k": 1e3, "万": 1e4, "w": 1e4, "亿": 1e8}


def read(value: Any, base: str, now: datetime, problems: tuple[Problem, ...] = ()) -> ParsedDocument:
    """Entries in the order of the list, `rank` from 1, `hot` as a number in the list's own unit. Never raises.

    A list whose entries are dated and have no heat is news in JSON, not a hot list: its order ranks nothing.
    """
    rows = _rows(value)
    if rows is None:
        rows = _unnamed_rows(value)
    if rows is None:
        return ParsedDocument(format="json", problems=(*problems, Problem(code="not_a_feed")))
    entries = _ranked(tuple(_entries(rows, base, now)))
    stale = isinstance(value, dict) and (text_of(value.get("status")) == "cache" or value.get("fromCache") is True)
    if lost := min(len(rows), MAX_ENTRIES) - len(entries):
        problems = (*problems, Problem(code="entries_unreadable", count=lost))
    if len(rows) > MAX_ENTRIES:
        problems = (*problems, Problem(code="too_many_entries", count=len(rows) - MAX_ENTRIES))
    if stale:
        problems = (*problems, Problem(code="stale_cache", detail=_updated(value, now)))
    title = plain_line(text_of(value.get("title") or value.get("name") or value.get("id"))) if isinstance(value, dict) else ""
    return ParsedDocument(format="hotlist", title=title, entries=entries, problems=problems, stale=stale)


def _updated(value: Mapping[str, Any], now: datetime) -> str:
    """When the list says it was fetched, as people here read it."""
    moment = read_date(text_of(value.get("updatedTime") or value.get("updateTime")), now)
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M}" if moment else ""


def _rows(value: Any, depth: int = 0) -> list[Any] | None:
    """The first list of titled objects within three levels of wrapping or of cards; an empty list of items counts."""
    if isinstance(value, list):
        if not value or any(isinstance(row, dict) and _first(_whole(row), _TITLES) for row in value[:MAX_ENTRIES]):
            return value  # of the rows that would be taken
        return next((found for card in value[:10] if isinstance(card, dict) and (found := _rows(card, depth + 1))), None)
    if not isinstance(value, dict) or depth > 3:
        return None
    for key in LISTS:
        if (found := _rows(value.get(key), depth + 1)) is not None:
            return found
    return None


def _unnamed_rows(value: Any, depth: int = 0) -> list[Any] | None:
    """A list under a key that says nothing (a channel's code): three objects or more, each with a title and a link or heat."""
    if not isinstance(value, dict) or depth > 3:
        return None
    for inner in value.values():
        if isinstance(inner, list) and len(inner) >= 3 and all(map(_tells, inner)):
            return inner
        if (found := _unnamed_rows(inner, depth + 1)) is not None:
            return found
    return None


def _tells(row: Any) -> bool:
    if not isinstance(row, dict):
        return False
    keyed = _keyed(row)
    return bool(_first(keyed, _TITLES) and (_first(keyed, _LINKS) or _first(keyed, _HEATS)))


def _whole(row: Mapping[str, Any]) -> dict[str, Any]:
    """`row` as `_keyed` writes it; where its title stands in an object within, with what that object says."""
    keyed = _keyed(row)
    if _first(keyed, _TITLES):
        return keyed
    inner = (_keyed(value) for value in row.values() if isinstance(value, dict))
    return {**keyed, **next((found for found in inner if _first(found, ("title", "word"))), {})}


def _ranked(found: tuple[tuple[int, ParsedEntry], ...]) -> tuple[ParsedEntry, ...]:
    """Entries with their place as rank where they state none, unless the list is no ranking."""
    if any(entry.published for _, entry in found) and not any(entry.rank or entry.hot for _, entry in found):
        return tuple(entry for _, entry in found)
    return tuple(entry if entry.rank else replace(entry, rank=place) for place, entry in found)


def _entries(rows: list[Any], base: str, now: datetime) -> Iterator[tuple[int, ParsedEntry]]:
    wholes = [(place, _whole(row)) for place, row in enumerate(rows[:MAX_ENTRIES], start=1) if isinstance(row, dict)]
    first = 0 if any(_stated_rank(row) == 0 for _, row in wholes) else 1
    for place, row in wholes:
        if title := plain_line(_first(row, _TITLES)):
            yield place, _entry(row, title, base, now, first)


def _stated_rank(row: Mapping[str, Any]) -> int | None:
    """The place a `_keyed` row says it has, counted as its list counts: from 1 or from 0."""
    text = text_of(row.get("rank")) or text_of(row.get("index"))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None


def _keyed(row: Mapping[str, Any]) -> dict[str, Any]:
    """`row` with its keys in small letters without `_`: TITLE, pub_date and pubDate are one. Of two spellings the first that says something."""
    keyed: dict[str, Any] = {}
    for key, value in row.items():
        name = key.lower().replace("_", "")
        if not keyed.get(name):
            keyed[name] = value
    return keyed


def _entry(row: Mapping[str, Any], title: str, base: str, now: datetime, first: int) -> ParsedEntry:
    """An entry of a `_keyed` row; `first`: the rank its list gives the first place."""
    extra = _keyed(row["extra"]) if isinstance(row.get("extra"), dict) else {}
    rank = _stated_rank(row)
    raw = _first(row, _DATES) or _first(extra, _DATES)
    link = web_link(_first(row, _LINKS), base)
    body = plain(_first(row, _BODIES) or text_of(extra.get("hover")))
    return ParsedEntry(
        id=text_of(row.get("id") or row.get("guid"))[:500],
        title=title,
        url=link if link.lower().startswith(("http://", "https://")) else "",
        published=read_date(raw, now),
        summary="" if body == title else body,
        rank=rank + 1 - first if rank is not None else None,
        hot=heat(_first(row, _HEATS) or text_of(extra.get("info"))),
        raw_date=raw[:120],
        author=plain_line(text_of(row.get("author")), 100),
    )


def _first(row: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next((text for key in keys if (text := text_of(row.get(key)).strip())), "")


def heat(text: str) -> float | None:
    """The number a list states for heat: 123万热度 -> 1230000.0; None if it states none."""
    match = _HEAT.search(text)
    if match is None or len(match[1]) > 20:
        return None
    digits = match[1].replace(",", "")
    if digits.count(".") > 1:
        return None
    return float(digits) * _SCALE.get((match[2] or "").lower(), 1)
