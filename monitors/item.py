"""Items: what one source said, once, with an identity that survives edits, and the document they came in.

Identity is guid, else link, else title and day (issue 4). A guid shared by different entries of one document identifies
none of them, so those fall back. Nothing here reads a clock: `seen_at` is given.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha1
from typing import Any, Final

from monitors.dates import BEIJING
from monitors.links import bare_url
from monitors.mend import Problem

MAX_ENTRIES: Final = 2_000
"""Entries taken from one document; a longer one is cut and says so."""


class ItemKind(StrEnum):
    FEED = "feed"
    HOTLIST = "hotlist"
    HOTLINE = "hotline"
    OFFICER = "officer"
    VENDOR = "vendor"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedEntry:
    """One entry as the document says it. `id` is the guid as written, "" if none; `published` aware UTC or None."""

    id: str = ""
    title: str = ""
    url: str = ""
    published: datetime | None = None
    summary: str = ""
    rank: int | None = None
    hot: float | None = None
    raw_date: str = ""
    author: str = ""
    original: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDocument:
    """`suspect`: the strict and the mended reading both look wrong; worth the tolerant parser in a killable process.

    `stale`: a hot list that says it is a cached copy.
    """

    format: str = "unknown"
    title: str = ""
    entries: tuple[ParsedEntry, ...] = ()
    problems: tuple[Problem, ...] = ()
    suspect: bool = False
    stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """`published` is what the source said, `seen_at` is ours; `rank` counts from 1, `hot` in the list's own unit.

    Same `id` with another `fingerprint` is a new version of the same item. `alias` is the identity by title and day of
    an item without a guid: a store that finds it knows an item whose link changes on every fetch. "" if there is none.
    `original`: JSON of what was covered, on its way into the store, which keeps it apart and never gives it back here.
    """

    id: str
    source: str
    title: str
    url: str = ""
    text: str = ""
    published: datetime | None = None
    published_raw: str = ""
    seen_at: datetime
    rank: int | None = None
    hot: float | None = None
    author: str = ""
    kind: ItemKind = ItemKind.FEED
    fingerprint: str = ""
    alias: str = ""
    original: str = ""


def items(document: ParsedDocument, source_id: str, seen_at: datetime, kind: ItemKind = ItemKind.FEED) -> tuple[Item, ...]:
    """The entries of `document` as items of `source_id`, each identity once, in document order."""
    if document.format == "opml":
        return ()
    found: dict[str, Item] = {}
    for entry, key in zip(document.entries, identities(document.entries), strict=True):
        item_id = digest(source_id, key)
        if (entry.title or entry.summary) and item_id not in found:
            found[item_id] = _item(entry, item_id, source_id, seen_at, kind)
    return tuple(found.values())


class _Entry:
    """A `ParsedEntry` while its fields are set; it has the same slots and becomes one.

    A frozen dataclass sets each field by a call of its own, which costs four times as much, for every entry of every poll.
    """

    __slots__ = tuple(ParsedEntry.__dataclass_fields__)


class BareItem:
    """The same of an `Item`, for whoever makes many."""

    __slots__ = tuple(Item.__dataclass_fields__)


def parsed_entry(
    ident: str, title: str, url: str, published: datetime | None, summary: str, raw_date: str, author: str
) -> ParsedEntry:
    """An entry of a feed: `ParsedEntry(...)` for less."""
    made: Any = _Entry()
    made.id = ident
    made.title = title
    made.url = url
    made.published = published
    made.summary = summary
    made.rank = made.hot = None
    made.raw_date = raw_date
    made.author = author
    made.original = ""
    made.__class__ = ParsedEntry
    done: ParsedEntry = made
    return done


def _item(entry: ParsedEntry, item_id: str, source_id: str, seen_at: datetime, kind: ItemKind) -> Item:
    made: Any = BareItem()
    made.id = item_id
    made.source = source_id
    made.title = entry.title or entry.summary[:80]
    made.url = entry.url
    made.text = entry.summary
    made.published = entry.published
    made.published_raw = entry.raw_date
    made.seen_at = seen_at
    made.rank = entry.rank
    made.hot = entry.hot
    made.author = entry.author
    made.kind = kind
    made.fingerprint = fingerprint(entry.title, entry.summary)
    made.alias = "" if entry.id or not entry.title else digest(source_id, _by_title(entry))
    made.original = entry.original
    made.__class__ = Item
    done: Item = made
    return done


def identities(entries: Iterable[ParsedEntry]) -> tuple[str, ...]:
    """One key an entry: what stays the same when the document is fetched again, moved about or edited."""
    entries = tuple(entries)
    plain_guids = tuple(entry.id for entry in entries)
    if all(plain_guids) and len(set(plain_guids)) == len(plain_guids):
        return plain_guids
    guids = _telling((entry.id, (bare_url(entry.url), bare(entry.title))) for entry in entries)
    links = _telling((bare_url(entry.url), bare(entry.title)) for entry in entries)
    return tuple(_identity(entry, guids, links) for entry in entries)


def _telling(pairs: Iterable[tuple[str, object]]) -> frozenset[str]:
    """The keys that stand for one thing only."""
    things = Counter(key for key, _ in set(pairs) if key)
    return frozenset(key for key, count in things.items() if count == 1)


def _identity(entry: ParsedEntry, guids: frozenset[str], links: frozenset[str]) -> str:
    if entry.id in guids:
        return entry.id
    link = bare_url(entry.url)
    if link in links:
        return link
    return _by_title(entry) if entry.title else f"text|{bare(entry.summary)}"


def _by_title(entry: ParsedEntry) -> str:
    day = entry.published.astimezone(BEIJING).date().isoformat() if entry.published else ""
    return f"title|{bare(entry.title)}|{day}"


_NOT_BARE: Final = re.compile(r"[\W_]+")


def bare(text: str) -> str:
    """Letters and digits only, lower case: what remains equal when punctuation and spacing are edited."""
    return _NOT_BARE.sub("", text).lower()


def fingerprint(title: str, text: str) -> str:
    """Hex digest of what the item says, blanks and the title's punctuation apart; equal means not edited."""
    return sha1(f"{bare(title)}\n{''.join(text.split())}".encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def digest(source_id: str, key: str) -> str:
    """The stable id of an item: 40 hex digits of source and key."""
    return sha1(f"{source_id}|{key}".encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
