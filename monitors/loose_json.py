"""JSON as feeds really send it: control characters, a mark in front, a wrapper around, a tail cut off."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from monitors.mend import Problem

_DECODER: Final = json.JSONDecoder(strict=False)
_WRAPPER: Final = re.compile(r"^\s*[\w.$]{1,60}\s*\(")
_LIST: Final = re.compile(r'"(?:items|data|list|entries|item|result)"\s*:\s*\[')
_OBJECT: Final = re.compile(r"[\s,]*(?=\{)")


def loads(text: str) -> tuple[Any, tuple[Problem, ...]]:
    """The value of `text`, or of the objects of its first list that are whole where the rest is damaged; None if nothing is."""
    text = text.strip().lstrip("\ufeff")
    text = _WRAPPER.sub("", text).rstrip(");") if not text.startswith(("{", "[")) else text
    try:
        value, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return _whole_objects(text)
    return value, ((Problem(code="trailing_junk"),) if text[end:].strip() else ())


def _whole_objects(text: str) -> tuple[Any, tuple[Problem, ...]]:
    match = _LIST.search(text)
    position = match.end() if match else 1 if text.startswith("[") else len(text)
    found: list[Any] = []
    while (start := _OBJECT.match(text, position)) is not None:
        try:
            value, position = _DECODER.raw_decode(text, start.end())
        except (ValueError, RecursionError):
            break
        found.append(value)
    if not found:
        return None, (Problem(code="unreadable"),)
    version = re.search(r'"version"\s*:\s*"([^"]{0,60})"', text[:2000])
    return {"version": version[1] if version else "", "items": found}, (Problem(code="cut_tail"),)


def text_of(value: Any) -> str:
    """A string or number as text; "" for anything else, however deep."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
