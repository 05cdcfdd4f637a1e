"""Plain text out of the HTML that feeds carry: what is judged, stored and shown is never markup. All scans are linear."""

from __future__ import annotations

import re
from html import unescape
from typing import Final, cast

from monitors.mend import joined_pairs

MAX_TEXT: Final = 20_000
"""Characters kept of one body; a longer article adds nothing to a judgement."""
MAX_TITLE: Final = 500

_TAGS: Final = re.compile(r"<((?:/?[a-zA-Z]|[!?])[a-zA-Z0-9:]*+)[^<>]*+>")
_BLOCKS: Final = (
    "p br div li ul ol tr table h1 h2 h3 h4 h5 h6 section article blockquote hr dd dt dl figure figcaption header footer aside"
)
_INLINES: Final = "a b i u em strong span font img small sup sub"
_HIDDEN: Final = frozenset({"script", "style", "noscript", "template"})
_GAPS: Final[dict[str | None, str]] = {
    **{mark + name: "\n" for name in _BLOCKS.split() for mark in ("", "/")},
    **{mark + name: " " for name in ("td", "th") for mark in ("", "/")},
    **{mark + name: "" for name in _INLINES.split() for mark in ("", "/")},
}
"""What stands between two texts that a tag parts; tags not listed leave nothing."""
_BLOCK_TAGS: Final = re.compile(rf"</?(?:{_BLOCKS.replace(' ', '|')})(?![a-zA-Z0-9:])[^<>]*+>")
_INLINE_TAGS: Final = re.compile(rf"</?(?:{_INLINES.replace(' ', '|')})(?![a-zA-Z0-9:])[^<>\n]*+>")
"""What nearly all markup is made of. No line break, which may stand for a block that parted a bare `<` from what follows."""
_STILL_MARKUP: Final = re.compile(
    r"</?(?:p|br|div|a|img|span|strong|b|i|em|font|h[1-6]|ul|ol|li|table|tr|td|figure|iframe|video|section|blockquote|script|style)"
    r"\b[^<>]*>|&(?:[a-zA-Z]{2,8}|#x?[0-9a-fA-F]{2,6});",
    re.I,
)
_INVISIBLE: Final = {0x200B: None, 0xFEFF: None}


def plain(html: str, limit: int = MAX_TEXT) -> str:
    """The readable text of `html`: no tags, no scripts, entities resolved (twice where a feed escaped twice), lines kept."""
    text = html[: limit * 20]
    if "<" in text or "&" in text:
        text = _unmarked(text)
        if ("<" in text or "&" in text) and _STILL_MARKUP.search(text):
            text = _unmarked(text)
            if "<" in text and _STILL_MARKUP.search(text):  # what a third escaping hid: tags go, nothing more is resolved
                text = _joined(_TAGS.split(text))
    text = text.translate(_INVISIBLE) if "\u200b" in text or "\ufeff" in text else text
    words = text.split()
    if "\n" not in text:
        shown = " ".join(words)
    else:
        shown = "\n".join(words)
        if len(shown) + 1 - len(words) + text.count("\n") != len(text):  # some line holds blanks of its own
            shown = "\n".join(line for line in (" ".join(line.split()) for line in text.split("\n")) if line)
    return shown if len(shown) <= limit else shown[:limit].rstrip()


def plain_line(html: str, limit: int = MAX_TITLE) -> str:
    """`plain` on one line: a title."""
    if "<" not in html and "&" not in html and "\u200b" not in html and "\ufeff" not in html:
        return " ".join(html[: limit * 4].split())[:limit].rstrip()
    return " ".join(plain(html, limit * 4).split())[:limit].rstrip()


def _unmarked(text: str) -> str:
    if "<" in text:
        usual = _INLINE_TAGS.sub("", _BLOCK_TAGS.sub("\n", text))
        text = usual if "<" not in usual else _joined(_TAGS.split(text))
    if "&" not in text:
        return text
    return unescape(joined_pairs(text) if "&#" in text else text)


def _joined(parts: list[str | None]) -> str:
    """Texts (even places) joined across tags (odd places); what stands inside hidden elements is left out.

    A hidden element that never ends hides the rest, as in a browser.
    """
    gaps = list(map(_GAPS.get, parts[1::2]))
    if None not in gaps:  # nothing hidden, nothing unlisted: nearly every text
        parts[1::2] = gaps
        return "".join(cast(list[str], parts))
    out = [parts[0] or ""]
    hidden = ""
    for place in range(1, len(parts), 2):
        name = parts[place] or ""
        gap = _GAPS.get(name)
        if gap is None:
            name = name.lower()
            gap = _GAPS.get(name, "")
            if name in _HIDDEN:
                hidden = hidden or name
            elif hidden and name == "/" + hidden:
                hidden = ""
        if not hidden:
            out.append(gap)
            out.append(parts[place + 1] or "")
    return "".join(out)
