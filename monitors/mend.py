"""Characters of a feed made into XML that a strict parser accepts; what was wrong is counted.

One broken character never costs the document. Declarations of document types and entities are cut out and never
resolved. All scans are linear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.entities import html5
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One kind of damage found: a stable code, how often, and a detail for people who look."""

    code: str
    count: int = 1
    detail: str = ""


_XML_FIVE: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
_REFERENCE: Final = re.compile(r"&(?:#(x[0-9a-fA-F]{1,8}|[0-9]{1,8});|([A-Za-z][A-Za-z0-9]{1,31});)?")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PAIR: Final = re.compile(r"&#(?:x(d[89ab][0-9a-f]{2})|(5[56][0-9]{3}));&#(?:x(d[c-f][0-9a-f]{2})|(5[67][0-9]{3}));", re.I)
_VOID: Final = re.compile(r"<(/?)(br|hr|img|input|wbr|area|embed|param|col)(?=[\s/>])[^<>]*>", re.I)
"""Elements of HTML that never end: written as XML writes them, so that they do not swallow what follows. Of them no attribute is used."""
_OPEN_TITLE: Final = re.compile(
    r"(<title(?:\s[^<>]*)?>[^<]*)(?=<(?:link|description|guid|pubdate|item|summary|id)[\s/>])", re.I
)
_CDATA: Final = "<![CDATA["
_PARENT: Final = re.compile(r"<([\w:.-]{1,60})(?:\s[^<>]*)?>\s*")
_HTML: Final = "a b body div em font html i li ol p pre script section span strong style table td tr u ul"
_MARKUP: Final = frozenset(_HTML.split())
_TORN_END: Final = re.compile(r"(?:\]\]|\]>|\])\s*$")
_BARE_LESS: Final = re.compile(r"<(?![A-Za-z_/!?:\u0080-\uffff])")


def strip_prolog(text: str) -> tuple[str, tuple[Problem, ...]]:
    """`text` from its root element on: no XML declaration, no document type (whatever it declares is never resolved)."""
    position, problems = 0, []
    start = text.find("<")
    if start < 0:
        return "", ()
    if text[:start].strip("\ufeff \t\r\n"):
        problems.append(Problem(code="leading_junk"))
    position = start
    while position < len(text):
        if text.startswith("<?", position):
            end = text.find("?>", position)
            step = 2
        elif text.startswith("<!--", position):
            end = text.find("-->", position)
            step = 3
        elif text[position : position + 9].upper() == "<!DOCTYPE":
            end, step = _doctype_end(text, position), 1
            if "<!ENTITY" in text[position:end]:
                problems.append(Problem(code="entities_declared"))
        else:
            break
        if end < 0:
            break
        position = end + step
        while position < len(text) and text[position].isspace():
            position += 1
    return text[position:], tuple(problems)


def _doctype_end(text: str, start: int) -> int:
    """Index of the `>` that ends a document type, past its internal subset and quoted strings; -1 if it never ends."""
    position, quote, inside = start + 9, "", False
    for token in re.finditer(r"[\[\]\"'>]", text[position:]):
        char = token[0]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == "[":
            inside = True
        elif char == "]":
            inside = False
        elif not inside:
            return position + token.start()
    return -1


def mend_xml(text: str) -> tuple[str, tuple[Problem, ...]]:
    """XML text (without prolog) with control characters gone, entities and bare `&` and `<` written properly, CDATA closed."""
    text, controls = _CONTROL.subn("", text)
    counts = {"entity": 0, "ampersand": 0}
    pieces: list[str] = []
    position, end = 0, 0
    while (start := text.find(_CDATA, position)) >= 0:
        pieces.append(_mend_markup(text[position:start], counts))
        inner = start + len(_CDATA)
        if 0 <= end < inner:  # else the end already found is still ahead, or there is none
            end = text.find("]]>", inner)
        section, position = _section(text, start, end, counts)
        pieces.append(section)
    pieces.append(_mend_markup(_without_half_tag(text[position:], counts), counts))
    if controls:
        counts["control_characters"] = controls
    return "".join(pieces), tuple(Problem(code=code, count=count) for code, count in counts.items() if count)


def close_html(text: str) -> str:
    """Mended XML with HTML's endless elements and titles without end closed: where the tags themselves do not add up."""
    text = _VOID.sub(lambda tag: "" if tag[1] else f"<{tag[2]}/>", text)
    return _OPEN_TITLE.sub(r"\1</title>", text)


def _section(text: str, start: int, end: int, counts: dict[str, int]) -> tuple[str, int]:
    """The CDATA section at `start` as it was meant, and where the text after it begins; `end`: its next `]]>`, -1 if none.

    One that its writer forgot to close ends with its element; one that holds `]]>` or another section ends at the last
    `]]>` before its element does.
    """
    inner = start + len(_CDATA)
    parent = _PARENT.match(text, text.rfind("<", max(start - 500, 0), start), start)
    named = parent and parent.end() == start and parent[1].lower() not in _MARKUP
    if parent and named:
        close = f"</{parent[1]}"
        if (stop := text.find(close, inner, end if end >= 0 else len(text))) >= 0:
            return _closed(_TORN_END.sub("", text[inner:stop])), stop
        if end >= 0 and not text.startswith(close, end + 3):  # else it ends where its element does, as nearly all do
            following = text.find(_CDATA, end)
            after = text.find(close, end, following if following >= 0 else len(text))
            end = max(end, text.rfind("]]>", end, after)) if after >= 0 else end
    if end < 0:
        counts["cut_tail"] = 1
        return _closed(text[inner:]), len(text)
    return _closed(text[inner:end]), end + 3


def _closed(content: str) -> str:
    """`content` as one proper section, without the marks of sections that begin where it begins."""
    first, last = 0, len(content)
    while content.startswith(_CDATA, first):
        first += len(_CDATA)
        last -= 3 if content.endswith("]]>", first, last) else 0
    return _CDATA + content[first:last].replace("]]>", "]]]]><![CDATA[>") + "]]>"


def joined_pairs(text: str) -> str:
    """References to the two halves of a character beyond 16 bits (&#55357;&#56832;), as some writers make them, as that character."""

    def joined(match: re.Match[str]) -> str:
        high = int(match[1], 16) if match[1] else int(match[2])
        low = int(match[3], 16) if match[3] else int(match[4])
        whole = 0xD800 <= high < 0xDC00 <= low < 0xE000
        return chr(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00) if whole else match[0]

    return _PAIR.sub(joined, text)


def _without_half_tag(text: str, counts: dict[str, int]) -> str:
    """The last piece of a document without a tag that was cut in the middle."""
    start = text.rfind("<")
    if start < 0 or ">" in text[start:] or not re.match(r"<[A-Za-z_/!?]", text[start:]):
        return text
    counts["cut_tail"] = 1
    return text[:start]


def _mend_markup(text: str, counts: dict[str, int]) -> str:
    def written(match: re.Match[str]) -> str:
        number, name = match[1], match[2]
        if number is not None:
            return _character(int(number[1:], 16) if number[0] == "x" else int(number))
        if name in _XML_FIVE:
            return match[0]
        if name is not None and (value := html5.get(name + ";")):
            counts["entity"] += 1
            return value.replace("&", "&amp;").replace("<", "&lt;")
        counts["ampersand"] += 1
        return "&amp;" + match[0][1:]

    if "&" in text:
        text = _REFERENCE.sub(written, joined_pairs(text) if "&#" in text else text)
    return _BARE_LESS.sub("&lt;", text)


def _character(code: int) -> str:
    """What a numeric reference stands for; nothing for what XML forbids (Windows' C1 range read as Windows-1252)."""
    if 0x80 <= code <= 0x9F:
        return bytes((code,)).decode("cp1252", "ignore")
    if code in (0x26, 0x3C, 0x3E):
        return {0x26: "&amp;", 0x3C: "&lt;", 0x3E: "&gt;"}[code]
    if code > 0x10FFFF or (code < 0x20 and code not in (9, 10, 13)) or 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF):
        return ""
    return chr(code)
