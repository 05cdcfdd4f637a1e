"""JSON as feeds really send it: control characters, a mark in front, a wrapper around, JavaScript's spelling, a tail cut off."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from monitors.mend import Problem

LISTS: Final = (
    *("items", "data", "list", "item", "result", "hotList", "realtime", "entries", "rows", "records", "results", "articles"),
    *("docs", "news", "newsList", "articleList", "infoList", "dataList", "cards", "content", "word_list"),
)
"""Keys under which interfaces keep their list of entries."""
_DECODER: Final = json.JSONDecoder(strict=False)
_WRAPPER: Final = re.compile(
    r"(?:\s|;|/\*[^*]{0,200}\*/)*"
    r"(?:\)\]\}'?,?|while\s*\(1\);?|for\s*\(;;\);?"
    r"|(?:typeof\s[^&(){}]{1,80}&&\s*)?(?:(?:var|let|const)\s+)?[\w.$]{1,80}\s*[(=]\s*)\s*(?=[\[{])"
)
"""A call, an assignment, or a guard against being run, before the value."""
_LIST: Final = re.compile(rf"""["']?\b(?:{"|".join(LISTS)})["']?\s*:\s*\[""")
_OBJECT: Final = re.compile(r"[\s,]*(?=\{)")
_NEXT_OBJECT: Final = re.compile(r"\}\s*,\s*(?=\{)")
_BROKEN_OBJECTS: Final = 100
"""Broken entries after which the rest of a list is given up: each may cost a look at all that follows."""
_HALF_PAIR: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\.", re.S
)
_SCRIPT_TOKEN: Final = re.compile(
    r"""(?P<double>"(?:[^"\\]|\\.)*+"?)|(?P<single>'(?:[^'\\]|\\.)*+'?)|(?P<comment>/\*(?:[^*]|\*(?!/))*+(?:\*/)?|//[^\n]*+)"""
    r"""|(?P<comma>,(?=\s*+[}\]]))|(?P<name>[A-Za-z_$][\w$]*+)""",
    re.S,
)
_ESCAPE: Final = re.compile(r"""\\(?:x([0-9a-fA-F]{2})|(u[0-9a-fA-F]{4}|["\\/bfnrt])|(.))""", re.S)


def wrapped(head: str) -> bool:
    """Whether a document that begins with `head` is JSON in the wrapper of a script."""
    return _WRAPPER.match(head) is not None


def loads(text: str) -> tuple[Any, tuple[Problem, ...]]:
    """The value of `text`, or of the objects of its first list that are whole where the rest is damaged; None if nothing is."""
    text = text.strip().lstrip("\ufeff")
    if "\\ud" in text or "\\uD" in text:
        text = _HALF_PAIR.sub(lambda m: m[0] if len(m[0]) != 6 else "\\ufffd", text)
    wrapper = _WRAPPER.match(text) if not text.startswith(("{", "[")) else None
    text = text[wrapper.end() :] if wrapper else text
    try:
        value, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return _loose(text)
    rest = text[end:].strip(" \t\r\n);") if wrapper else text[end:].strip()
    return value, ((Problem(code="trailing_junk"),) if rest else ())


def _loose(text: str) -> tuple[Any, tuple[Problem, ...]]:
    """Damaged text read as JavaScript would write it, else the objects of its list one by one."""
    proper = _SCRIPT_TOKEN.sub(_proper, text)
    try:
        return _DECODER.raw_decode(proper)[0], (Problem(code="json_mended"),)
    except (ValueError, RecursionError):
        value, problems = _whole_objects(text)
    return (value, problems) if value is not None else _whole_objects(proper)


def _proper(match: re.Match[str]) -> str:
    """One token of JavaScript as JSON writes it."""
    token = match[0]
    if match.lastgroup in ("comment", "comma"):
        return ""
    if match.lastgroup == "name":
        if match.string[match.end() : match.end() + 20].lstrip().startswith(":"):
            return f'"{token}"'
        return "null" if token in ("undefined", "NaN", "Infinity") else token
    if match.lastgroup == "single":
        token = '"' + token[1:].removesuffix("'").replace("\\'", "'").replace('"', '\\"') + '"'
    return _ESCAPE.sub(_proper_escape, token)


def _proper_escape(match: re.Match[str]) -> str:
    if match[1]:
        return "\\u00" + match[1]
    return match[0] if match[2] else match[3]


def _whole_objects(text: str) -> tuple[Any, tuple[Problem, ...]]:
    match = _LIST.search(text)
    position = match.end() if match else 1 if text.startswith("[") else len(text)
    found: list[Any] = []
    broken = 0
    while (start := _OBJECT.match(text, position)) is not None:
        try:
            value, position = _DECODER.raw_decode(text, start.end())
        except (ValueError, RecursionError):
            after = _NEXT_OBJECT.search(text, start.end())
            broken += 1
            if after is None or broken > _BROKEN_OBJECTS:
                break
            position = after.end()
            continue
        found.append(value)
    if not found:
        return None, (Problem(code="unreadable"),)
    version = re.search(r'"version"\s*:\s*"([^"]{0,60})"', text[:2000])
    return {"version": version[1] if version else "", "items": found}, _losses(text, position, broken)


def _losses(text: str, position: int, broken: int) -> tuple[Problem, ...]:
    """A list that ends with its bracket lost the entries that were broken; one that does not lost its tail, and the last with it."""
    whole = text[position : position + 200].lstrip(" \t\r\n,").startswith("]")
    lost = broken if whole else broken - 1
    problems = (Problem(code="entries_unreadable", count=lost),) if lost > 0 else ()
    return problems if whole else (*problems, Problem(code="cut_tail"))


def text_of(value: Any) -> str:
    """A string or number as text; "" for anything else, however deep."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
