"""Fitting a Chinese sentence into a card field without losing a number, a place or a deadline."""

import re
from collections.abc import Iterable

ELLIPSIS = "…"
# Numbers with their units (times, dates, tolls, money, ordinals) and names of places, kept whole.
_NUMBER = (
    r"(?:\d{1,2}月\d{1,2}日)?\d{1,2}[:：]\d{2}(?:前|起|止)?|第?\d+(?:[.,]\d+)?(?:小时|分钟|万元|亿元|[一-龥%％])?(?:前|内)?"
)
_PLACE = r"[一-龥]{1,6}?(?:自治区|自治州|省|市|县|区|镇|乡|村|街道|社区|水库|小区)"
_SENTENCE = re.compile(r"[^。；！？\n]*[。；！？\n]?")
_CLAUSE = re.compile(r"[^，。；！？\n]*[，。；！？\n]?")
_ASIDE = re.compile(r"（[^（）]*）")


def shorten(text: str, limit: int, keep: Iterable[str] = ()) -> str:
    """Return `text` in at most `limit` characters.

    First asides, whole sentences, then clauses without a protected part go, last ones first, then free words; the numbers, places
    and deadlines (and every string of `keep`) stay whole. Where these alone do not fit, the last of them go, whole.
    """
    protected = re.compile("|".join([*(re.escape(word) for word in keep if word), _NUMBER, _PLACE]))
    text = text.strip()
    if len(text) > limit:
        text = _ASIDE.sub(lambda m: m[0] if protected.search(m[0]) else "", text)
    if len(text) > limit:
        text = _without(_CLAUSE, _without(_SENTENCE, text, limit, protected), limit, protected)
    return text if len(text) <= limit else _squeeze(text, limit, protected)


def _without(unit: re.Pattern[str], text: str, limit: int, protected: re.Pattern[str]) -> str:
    clauses = [clause for clause in unit.findall(text) if clause]
    for index in range(len(clauses) - 1, 0, -1):
        if sum(map(len, clauses)) <= limit:
            break
        if not protected.search(clauses[index]):
            del clauses[index]
    return "".join(clauses).rstrip("，；")


def _squeeze(text: str, limit: int, protected: re.Pattern[str]) -> str:
    parts = _parts(text, protected)
    room = limit - len(ELLIPSIS)
    for index in range(len(parts) - 1, -1, -1):
        excess = sum(len(part) for part, _ in parts) - room
        part, fixed = parts[index]
        if excess > 0 and not fixed:
            parts[index] = (part[: max(0, len(part) - excess)], False)
    while parts and sum(len(part) for part, _ in parts) > room:
        parts.pop()
    return "".join(part for part, _ in parts).rstrip("，；、") + ELLIPSIS if limit > 0 else ""


def _parts(text: str, protected: re.Pattern[str]) -> list[tuple[str, bool]]:
    parts: list[tuple[str, bool]] = []
    at = 0
    for match in protected.finditer(text):
        parts += [(text[at : match.start()], False), (match[0], True)]
        at = match.end()
    return [*parts, (text[at:], False)]
