"""Lists as the content managers of many Chinese government portals hand them to their own pages: <datastore> of <record>.

Each record is a scrap of HTML, a line of the list as it is shown: a link, often with its title cut short, and a date.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from lxml import etree

from monitors.dates import read_date
from monitors.item import MAX_ENTRIES, ParsedDocument, ParsedEntry
from monitors.links import web_link
from monitors.mend import Problem
from monitors.plain import plain_line

_LONGEST: Final = 20_000
"""Characters looked at of one record; a line of a list has some hundred."""


def read(root: Any, base: str, now: datetime, problems: tuple[Problem, ...]) -> ParsedDocument:
    """Entries of the records under `root`; a record without a titled link is counted as unreadable."""
    records = list(root.iter("{*}record"))
    found = [_entry(record, base, now) for record in records[:MAX_ENTRIES]]
    entries = tuple(entry for entry in found if entry is not None)
    if lost := len(found) - len(entries):
        problems = (*problems, Problem(code="entries_unreadable", count=lost))
    if len(records) > MAX_ENTRIES:
        problems = (*problems, Problem(code="too_many_entries", count=len(records) - MAX_ENTRIES))
    return ParsedDocument(format="datastore", entries=entries, problems=problems)


def _entry(record: Any, base: str, now: datetime) -> ParsedEntry | None:
    line = _line(record)
    if line is None:
        return None
    for link in line.iter("a"):
        shown = plain_line("".join(link.itertext()))
        whole = plain_line(link.get("title") or "")
        title = whole if len(whole) > len(shown) or shown.endswith(("…", "...")) else shown
        address = web_link(link.get("href") or "", base)
        if title and address:
            raw, published = _date(line, link, now)
            return ParsedEntry(id=address, title=title, url=address, published=published, raw_date=raw)
    return None


def _line(record: Any) -> Any:
    """The HTML of a record as a tree, None where there is none; unescaped markup is a tree already."""
    if len(record):
        return record
    scrap = (record.text or "")[:_LONGEST].strip()
    try:
        return etree.fromstring(f"<div>{scrap}</div>", etree.HTMLParser(no_network=True)) if scrap else None
    except (etree.XMLSyntaxError, ValueError):
        return None


def _date(line: Any, link: Any, now: datetime) -> tuple[str, datetime | None]:
    """The first text outside the link that is a date."""
    inside = set(link.iter())
    for element in line.iter(etree.Element):
        texts = (
            None if element in inside else element.text,
            element.tail if element is link or element not in inside else None,
        )
        for text in texts:
            if text and (published := read_date(text, now)):
                return text.strip(), published
    return "", None
