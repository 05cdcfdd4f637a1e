"""Numbers of people in what an officer types or publishes: 遇难4 失联7, 3人受伤, 遇难四人失联七人. All of them, or a question back.

A number belongs to the word before it where both orders are possible: 遇难4人失联7人 is four dead and seven missing, not seven dead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from bot.fields import CommandError, Fields
from config.schema import Settings
from monitors.numerals import value as count_of

METRIC_WORDS: Final = {
    "遇难": "deaths",
    "死亡": "deaths",
    "失联": "missing",
    "失踪": "missing",
    "冲走": "missing",
    "卷走": "missing",
    "被困": "trapped",
    "被埋": "trapped",
    "掩埋": "trapped",
    "受伤": "injured",
    "重伤": "injured",
    "轻伤": "injured",
    "伤": "injured",
    "死": "deaths",
    "中毒": "poisoned",
    "转移": "evacuated",
}
NAMED: Final = "遇难、失联、被困、受伤、重伤、轻伤、中毒、转移"
ADDED_UP: Final = frozenset({"重伤", "轻伤"})
"""Words of which each is a part of one figure."""
MOST_PEOPLE, MOST_MOVED = 9_999, 9_999_999
"""Above these a figure is a slip of the finger."""
_WORD = "|".join(METRIC_WORDS)
_WHOLE_WORD = "|".join(w for w in METRIC_WORDS if len(w) > 1)
_PERSONS = r"[人名](?:员|人员|群众)?"
_BETWEEN = r"(?:人数|人员|者)?\s*(?:[为是有共达：:=＝]|(?:上?升|增加?|累计)[至到为])?\s*"
_AFTER = rf"(?P<count>\d++)\s*{_PERSONS}\s*被?(?P<of>{_WHOLE_WORD})"
_HAS_OWN_WORD = rf"\s*{_PERSONS}\s*被?(?:{_WHOLE_WORD})"
_READINGS = (
    re.compile(
        rf"(?P<word>{_WORD}){_BETWEEN}(?P<number>\d++)(?!{_HAS_OWN_WORD})(?:\s*{_PERSONS})?+"
        rf"|(?P<near>{_WORD})(?P<close>\d++)(?:\s*{_PERSONS})?+|{_AFTER}"
    ),
    re.compile(rf"(?P<word>{_WORD}){_BETWEEN}(?P<number>\d++)(?:\s*{_PERSONS})?+|{_AFTER}"),
)
"""Word before number wherever it can be, but not across a blank where the number has a word of its own; then also there."""
_UNREAD = re.compile(
    rf"(?:{_WHOLE_WORD})(?!人数[：:]?(?:待核|不详|不明|未知)|者|情况|人员|[：:]?待核|[：:]?不详)|[死伤](?=若干|多人|数人|几人|[约近]?\d)"
)
_SHORT: Final = {"死": "死亡", "亡": "死亡", "伤": "受伤"}
_NUMBER_FIRST = re.compile(r"(\d++)([死伤亡])(?![亡伤者情])")
_LETTER_FIRST = re.compile(r"[死伤亡联困踪毒埋难]\s*\d")
_HAN = "[零〇一二两三四五六七八九十百千万]+"
_HAN_COUNT = re.compile(
    rf"(?<={'|'.join(w for w in METRIC_WORDS if len(w) == 2)}){_HAN}(?=[\s，,、；;。]|$)|{_HAN}(?=[人名]|[死伤亡](?![亡伤者情]))|(?<=[死伤]){_HAN}(?=[死伤\s，,、；;。]|$)"
)


class Found(NamedTuple):
    """One figure as it stands in a text."""

    word: str
    value: int


def _arabic(match: re.Match[str]) -> str:
    number = count_of(match[0])
    return str(number.value) if number is not None else match[0]


def _figures(pattern: re.Pattern[str], text: str) -> Iterator[Found]:
    for m in pattern.finditer(text):
        groups = m.groupdict()
        word = groups["word"] or groups.get("near") or groups["of"]
        yield Found(word, int(groups["number"] or groups.get("close") or groups["count"]))


def _in_words(text: str) -> str:
    """``2死3伤`` as 死亡2 受伤3, where the numbers stand first; 死2伤3 is read as it is."""
    first, other = _NUMBER_FIRST.search(text), _LETTER_FIRST.search(text)
    if first is None or (other is not None and other.start() < first.start()):
        return text
    return _NUMBER_FIRST.sub(lambda m: f" {_SHORT[m[2]]}{m[1]} ", text)


def _read(text: str) -> tuple[tuple[Found, ...], str]:
    """The figures and what of the text is left without them, by the reading that leaves fewest words without a number."""
    text = _in_words(_HAN_COUNT.sub(_arabic, text))
    readings = [(tuple(_figures(p, text)), p.sub(" ", text)) for p in _READINGS]
    return min(readings, key=lambda r: len(_UNREAD.findall(r[1])))


def _totals(found: tuple[Found, ...]) -> dict[str, int]:
    parts: dict[str, dict[str, int]] = {}
    for f in found:
        parts.setdefault(METRIC_WORDS[f.word], {})[f.word] = f.value
    return {metric: _total(words) for metric, words in parts.items()}


def _total(words: dict[str, int]) -> int:
    """A sum of its parts where no whole is named."""
    whole = [n for word, n in words.items() if word not in ADDED_UP]
    return whole[-1] if whole else sum(words.values())


def stated(text: str) -> dict[str, int]:
    """Numbers of people in either order: 遇难4, 3人受伤."""
    return _totals(_read(text)[0])


def _whole_figures(text: str) -> dict[str, int]:
    """Every figure an officer registers, or none of them: a number that was dropped in silence would grade the matter wrongly."""
    found, left = _read(text)
    if found and (unread := _UNREAD.search(left)):
        raise CommandError(f"“{unread[0]}”的人数没有看懂，都没有登记。请用数字写。例：数字 12 遇难4 失联7 指挥部")
    totals = _totals(found)
    twice = next((f for f in found if f.word not in ADDED_UP and totals[METRIC_WORDS[f.word]] != f.value), None)
    if twice is not None:
        raise CommandError(f"“{twice.word}”写了两个不同的人数，都没有登记。请核对后重发。例：数字 12 遇难4 失联7 指挥部")
    if too_many := [n for metric, n in totals.items() if n > (MOST_MOVED if metric == "evacuated" else MOST_PEOPLE)]:
        raise CommandError(f"人数{too_many[0]}过大，没有登记。请核对后重发。")
    return totals


def figures_fields(rest: str, s: Settings, now: datetime) -> Fields:
    found = _whole_figures(rest)
    if not found:
        raise CommandError(f"请写人数，可以写：{NAMED}。例：数字 12 遇难4 失联7 指挥部")
    command = s.organisation.command
    unit = s.organisation.unit(command)
    names = ("指挥部", "核定", unit.name if unit else "指挥部", (unit.short if unit else "") or "指挥部")
    source = command if command and any(n in rest for n in names) else ""
    return {"figures": found, "source": source, "span": rest}
