"""Numbers as Chinese reports write them: `三`, `1.2万`, `40余`, `上百`, `十几`, `近8000`.

`NUMBER` is the pattern of a number for use inside larger patterns; `value` gives what it says.
Words that only say "many" (`数百`, `几十`, `多`) have no value: unknown is None, never a guess.
"""

import re
from dataclasses import dataclass

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2, "仨": 3}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10_000, "亿": 100_000_000}
_HAN_DIGIT = "零〇一二两三四五六七八九"

_ARABIC = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_VAGUE = r"[数几好][十百千万亿]+"
_HAN = rf"[{_HAN_DIGIT}十百千万亿]+"
_TAIL = r"[余多几来]?[万亿]?[余多几来]?"
NUMBER = rf"(?:(?:{_ARABIC})[十百千]?{_TAIL}|{_VAGUE}[余多]?|{_HAN}{_TAIL})"
"""Pattern of one number without its hedge (`近`, `超`) and without its measure word; no groups."""

HEDGE = (
    r"(?:至少|最少|起码|不少于|不下于|不低于|超过|超|逾|将近|接近|(?<![附最临邻])近|大约|约有|约|大概|突破|多达|高达|"
    r"[上过](?=[百千万]))"
)
_PARTS = re.compile(
    rf"(?P<arabic>{_ARABIC})?(?P<han>[{_HAN_DIGIT}十百千万亿]*)(?P<more>[余多几来]?)(?P<large>[万亿]?)[余多几来]?$"
)
_LONGEST = 16  # characters: anything longer is a serial number, not a count


@dataclass(frozen=True, slots=True)
class Number:
    """What a number says: `value` as an integer, `approx` when the words around it say "about" or "more than"."""

    value: int
    approx: bool


def value(words: str, hedge: str = "") -> Number | None:
    """Return the number in `words` (a whole match of `NUMBER`); None when it is vague (`数百`) or not a number.

    `20多` is 20, `近百` is 100, `十几` is 10 and `至少35` is 35, each marked `approx`.
    """
    match = _PARTS.match(words)
    if not words or words[0] in "数几好" or match is None or len(words) > _LONGEST:
        return None
    base = _base(match["arabic"], match["han"])
    if base is None:
        return None
    total = round(base * _LARGE.get(match["large"], 1))
    return Number(total, bool(hedge) or bool(match["more"]) or words[-1] in "余多几来" or words in ("百", "千", "万"))


def _base(arabic: str | None, han: str) -> float | None:
    if arabic is None:
        return _han_value(han)
    number = float(arabic.replace(",", ""))
    for unit in han:
        factor = _SMALL.get(unit) or _LARGE.get(unit)
        if factor is None:
            return None
        number *= factor
    return number


def _han_value(words: str) -> int | None:
    """Return the value of a number in Han characters; digits in a row (`二四五`) read as written; None when empty."""
    if not words:
        return None
    if not any(c in _SMALL or c in _LARGE for c in words):
        return int("".join(str(_DIGITS[c]) for c in words))
    total = section = digit = 0
    for char in words:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _SMALL:
            section += (digit or 1) * _SMALL[char]
            digit = 0
        else:
            total = (total + section + digit or 1) * _LARGE[char]
            section = digit = 0
    return total + section + digit
