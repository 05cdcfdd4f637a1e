"""Elements of feed vocabularies: short names whatever the namespace, children by name, and the text they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from lxml import etree

from monitors.plain import MAX_TEXT, plain_line

_NAMESPACES: Final = (
    ("purl.org/dc", "dc:"),
    ("purl.org/rss/1.0/modules/content", "content:"),
    ("purl.org/rss", ""),
    ("netscape.com/rdf", ""),
    ("purl.org/net/rss", ""),
    ("backend.userland.com", ""),
    ("blogs.law.harvard.edu", ""),
    ("cyber.law.harvard.edu", ""),
    ("usefulinc.com/rss", ""),
    ("my.netscape.com", ""),
    ("www.w3.org/2005/atom", ""),
    ("purl.org/atom", ""),
    ("sitemaps.org", ""),
    ("google.com/schemas/sitemap/", ""),
    ("google.com/schemas/sitemap-news", "news:"),
    ("w3.org/1999/02/22-rdf-syntax-ns", "rdf:"),
)
_ENTRY_TAGS: Final = frozenset({"item", "entry"})

_HOME: Final = ("home",)
"""Key of `Names` under which the namespace stands that a document uses for its feed vocabulary, where that is none we know."""

Fields = dict[str, list[Any]]
Names = dict[Any, str]
"""Short names of the tags of one document, filled as they are met."""


def short_name(tag: Any, names: Names) -> str:
    """Short lower-case name of a tag: bare for the feed vocabularies, `prefix:name` for known modules, `?:name` for others."""
    if (known := names.get(tag)) is not None:
        return known
    if not isinstance(tag, str):
        name = ""
    elif tag[0] != "{":
        prefix, _, local = tag.lower().rpartition(":")
        name = f"{prefix}:{local}" if prefix in ("dc", "content", "news") else f"?:{local}" if prefix else local
    else:
        space, _, local = tag[1:].partition("}")
        space = space.lower()
        unknown = "" if space == names.get(_HOME) else "?:"
        name = next((prefix for part, prefix in _NAMESPACES if part in space), unknown) + local.lower()
    names[tag] = name
    return name


def entry_elements(root: Any, names: Names) -> Iterator[Any]:
    """Elements named item or entry in any namespace, wherever they stand; in capitals (CDF) only where there is no other."""
    found = False
    for element in root.iter("{*}item", "{*}entry"):
        found = True
        yield element
    if not found:
        for element in root.iter(etree.Element):
            if short_name(element.tag, names).rpartition(":")[2] in _ENTRY_TAGS:
                yield element


def adopt_namespace(entry: Any, names: Names) -> None:
    """Reads the namespace of `entry` as the feed's own where it is none we know: titles and links in it are titles and links."""
    if short_name(entry.tag, names).startswith("?:") and entry.tag[0] == "{":
        names[_HOME] = entry.tag[1:].partition("}")[0].lower()
        for tag in [tag for tag, name in names.items() if name.startswith("?:")]:
            del names[tag]


def fields_of(element: Any, names: Names) -> Fields:
    """The children of an element by short name."""
    fields: Fields = {}
    for child in element:
        tag = child.tag
        try:
            name = names[tag]
        except KeyError:
            name = short_name(tag, names)
        if name in fields:
            fields[name].append(child)
        else:
            fields[name] = [child]
    return fields


def inner_text(element: Any) -> str:
    """Text of an element; markup inside it (XHTML) becomes text with block tags kept for `plain`."""
    if len(element) == 0:
        return element.text or ""
    return _serialised(element)


def _serialised(element: Any) -> str:
    parts = [_escaped(element.text)]
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if node is element:
            continue
        local = node.tag.rpartition("}")[2] if isinstance(node.tag, str) else "x"
        if event == "start":
            parts.append(f"<{local}>{_escaped(node.text)}")
        else:
            parts.append(f"</{local}>{_escaped(node.tail)}")
        if len(parts) > MAX_TEXT:
            break
    return "".join(parts)


def _escaped(text: str | None) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;") if text else ""


def first_text(fields: Fields, wanted: Iterable[str]) -> str:
    """The first of the wanted elements that says something, on one line."""
    for name in wanted:
        for element in fields.get(name, ()):
            if text := readable(element, plain_line):
                return text
    return ""


def readable(element: Any, reader: Callable[[str], str]) -> str:
    """The text of an element as `reader` gives it."""
    raw = raw_text(element)
    return reader(raw) if raw and not raw.isspace() else ""


def raw_text(element: Any) -> str:
    """What `plain` shall read: markup as markup, but `&lt;` of an Atom construct of type text is a sign that stays."""
    if len(element):
        return _serialised(element)
    raw = element.text or ""
    if "<" in raw and element.get("type") == "text":
        return _escaped(raw)
    return raw
