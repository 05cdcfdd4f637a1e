"""Subscription lists: the feeds in use written as OPML, and the feeds of somebody else's OPML as configuration."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

from bot.clock import milliseconds, wall
from config.schema import Source
from monitors.addresses import is_public
from monitors.item import digest
from monitors.kinds import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """`toml`: blocks for sources.toml; `known`: feeds that are configured already; `unusable`: names without a web address."""

    toml: str
    count: int
    known: int
    unusable: str


def opml_of(sources: Sequence[Source]) -> str:
    """A subscription list of these feeds."""
    rows = "".join(
        f"    <outline type={quoteattr('rss')} text={quoteattr(s.name)} title={quoteattr(s.name)}"
        f"{f' category={quoteattr(s.tags[0])}' if s.tags else ''} xmlUrl={quoteattr(s.url)}/>\n"
        for s in sources
    )
    head = '<?xml version="1.0" encoding="utf-8"?>\n<opml version="2.0">\n  <head><title>监测来源</title></head>\n'
    return f"{head}  <body>\n{rows}  </body>\n</opml>\n"


def subscriptions(body: bytes, configured: Collection[str] = ()) -> Subscriptions:
    """`[[source]]` blocks, switched off until somebody has looked at them; addresses in `configured` are left out."""
    document = KINDS["opml"](body, {}, "", milliseconds(wall()))
    fresh = [entry for entry in document.entries if entry.url not in configured]
    blocks = []
    for entry in fresh:
        name, url = (json.dumps(text, ensure_ascii=False) for text in (entry.title or entry.url, entry.url))
        block = f'[[source]]\nid = "opml-{digest("opml", entry.url)[:10]}"\nname = {name}\nkind = "feed"\nurl = {url}\n'
        block += f"tags = [{json.dumps(entry.author, ensure_ascii=False)}]\n" if entry.author else ""
        block += "internal = true\n" if _private(entry.url) else ""
        blocks.append(f"{block}enabled = false\n")
    return Subscriptions(
        toml="\n".join(blocks),
        count=len(fresh),
        known=len(document.entries) - len(fresh),
        unusable=next((p.detail for p in document.problems if p.code == "addresses_unusable"), ""),
    )


def _private(url: str) -> bool:
    """Whether the address itself says that it lies in one's own network: without `internal` it would be refused."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or not is_public(ipaddress.ip_address(host))
    except ValueError:
        return False
