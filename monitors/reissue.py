"""Entries that come back under another guid: feeds that give a new one at every poll (sessions, timestamps), or changed all of them once.

Issue 4 names an item by its guid, else its link, else title and day. Whoever does not know a guid asks here whether the rest
names an item it has. Two entries that stand side by side in one document stay two: each stored item answers for one entry
only, and for none where it stands in the document under its own guid. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from monitors.dates import BEIJING
from monitors.item import Item, bare
from monitors.links import bare_url

FEW: Final = 3
"""Entries below which a document shows nothing about how its source makes guids."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept of an item, as far as it can be told by it."""

    id: str
    title: str
    url: str
    published: datetime | None
    fingerprint: str


Fits = Callable[[Item, Stored], bool]


def recognised(unknown: Iterable[Item], stored: Iterable[Stored], total: int) -> dict[str, str]:
    """Which of `stored` each unknown item is, as item id -> stored id; what is missing there is new.

    `stored` are items of the same source that are not in the document under their own id; `total` entries it has. Link and
    title together tell an item. Title and day do so too, and a link alone (an edited headline), only where half of the
    document came back that way: then its guids mean nothing.
    """
    waiting, by_title = list(unknown), _by_title(stored)
    found: dict[str, str] = {}
    _pair(waiting, by_title, lambda u, s: _link(u, s) and u.fingerprint == s.fingerprint, found)
    _pair(waiting, by_title, lambda u, s: _link(u, s) and _near(u, s), found)
    again = dict(found)
    _tell(waiting, by_title, lambda one: (one.published, one.fingerprint), again)
    if total < FEW:
        return again if len(again) == total else found
    _tell(waiting, by_title, lambda one: (_day(one.published), one.fingerprint), again)
    _tell(waiting, by_title, lambda one: _day(one.published), again)
    if 2 * len(again) < total:
        return found
    _edited(waiting, by_title, again)
    return again


def _by_title(stored: Iterable[Stored]) -> dict[str, list[Stored]]:
    out: dict[str, list[Stored]] = {}
    for row in stored:
        out.setdefault(bare(row.title), []).append(row)
    return out


def _pair(waiting: Sequence[Item], by_title: Mapping[str, Sequence[Stored]], fits: Fits, found: dict[str, str]) -> None:
    """Give each item that has none yet the first stored one of its title that fits and is free."""
    taken = set(found.values())
    for item in waiting:
        if item.id in found:
            continue
        rows = by_title.get(bare(item.title), ())
        row = next((r for r in rows if r.id not in taken and fits(item, r)), None)
        if row is not None:
            found[item.id] = row.id
            taken.add(row.id)


def _tell(
    waiting: Sequence[Item],
    by_title: Mapping[str, Sequence[Stored]],
    mark: Callable[[Item | Stored], Hashable],
    found: dict[str, str],
) -> None:
    """The same by title and `mark`; where the source has told more of them than it shows now, its links do mean something."""
    taken = set(found.values())
    same: dict[tuple[str, Hashable], list[str]] = {}
    for item in waiting:
        title = bare(item.title)
        if item.id not in found and title in by_title:
            same.setdefault((title, mark(item)), []).append(item.id)
    for title in {key[0] for key in same}:
        free: dict[tuple[str, Hashable], list[str]] = {}
        for row in by_title[title]:
            if row.id not in taken:
                free.setdefault((title, mark(row)), []).append(row.id)
        for key, rows in free.items():
            if len(rows) <= len(items := same.get(key, ())):
                found.update(zip(items, rows, strict=False))


def _edited(waiting: Sequence[Item], by_title: Mapping[str, Sequence[Stored]], found: dict[str, str]) -> None:
    """Headlines that were edited: what remains on either side and has a link that nothing else there has."""
    taken = set(found.values())
    left = {i.id: bare_url(i.url) for i in waiting if i.id not in found}
    free = [(row.id, bare_url(row.url)) for rows in by_title.values() for row in rows if row.id not in taken] if left else []
    items, rows = Counter(left.values()), Counter(link for _, link in free)
    by_link = {link: ident for ident, link in free if link and rows[link] == 1}
    found.update({ident: by_link[link] for ident, link in left.items() if items[link] == 1 and link in by_link})


def _link(item: Item, row: Stored) -> bool:
    return item.url != "" and (item.url == row.url or bare_url(item.url) == bare_url(row.url))


def _near(item: Item, row: Stored) -> bool:
    """Not of two days: the page of a daily notice keeps link and title and says something else each day."""
    return item.published is None or row.published is None or _day(item.published) == _day(row.published)


def _day(at: datetime | None) -> date | None:
    return at.astimezone(BEIJING).date() if at is not None else None
