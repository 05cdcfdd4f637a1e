"""Beijing times as people write and say them: 02:10, 23点半, 昨天10点, 今天凌晨两点十分, 22日8时05分, 11-22 04:35.

A word that moves the time (昨天, 下午, 半) is read or the whole is: a half-read time would start a statutory clock at the wrong hour.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final

from bot.unclear import CommandError
from monitors.numerals import value
from playbooks.ladder import BEIJING

_HAN: Final = "[零〇一二两三四五六七八九十]{1,3}"
_DAY_WORD: Final = r"大前天|前天|前日|前晚|昨天|昨日|昨晚|昨夜|今天|今日|今早|今晨|今晚|今夜"
_PART: Final = r"凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚间|夜里|夜间|深夜|午夜|半夜"
_NO_POINT: Final = r"(?![要意建措原希]|限|间|候|常)"
"""三点要求 and 时限 are no times."""
TIME: Final = re.compile(
    r"(?:(?:(?P<year>\d{4})[-年/])?(?P<month>\d{1,2})[-月/](?P<day>\d{1,2})[日号]?\s*|(?P<only>\d{1,2})[日号]\s*)?"
    rf"(?:(?P<word>{_DAY_WORD})的?\s*)?(?:(?P<part>{_PART})\s*)?"
    rf"(?:(?<!\d)(?P<h>\d{{1,2}})(?:[:：](?P<m>\d{{2}})(?!\d)|[点时]{_NO_POINT}(?P<m2>\d{{1,2}}(?!\d)|[一三]刻|{_HAN}|半)?)"
    rf"|(?P<han>{_HAN})[点时](?:(?P<m3>\d{{1,2}}(?!\d)|[一三]刻|{_HAN}|半)|整|钟|(?=\s|[，,。；]|$)))分?"
)
_AFTERNOON: Final = frozenset({"下午", "傍晚", "晚上", "晚间"})
_NIGHT: Final = frozenset({"夜里", "夜间", "深夜", "午夜", "半夜"})
_BACK: Final = {"大前": 3, "前": 2, "昨": 1, "今": 0}


def read_time(text: str, now: datetime) -> tuple[datetime | None, str]:
    """A Beijing time in the text (time alone = its latest past occurrence) and the text without it."""
    m = TIME.search(text)
    if m is None:
        return None, text
    local = now.astimezone(BEIJING)
    try:
        at = _at(m, local)
    except ValueError:
        raise CommandError(f"时间“{m.group(0).strip()}”写得不对，请写成 04:35 或 11-22 04:35。") from None
    return at.astimezone(now.tzinfo), (text[: m.start()] + text[m.end() :]).strip()


_DAY_ALONE: Final = re.compile(r"(大前天|前天|前日|前晚|昨天|昨日|昨晚|昨夜|今早|今晨)(?!\s*的?会)")


def read_done(text: str, now: datetime) -> tuple[datetime | None, str]:
    """`read_time` for what is over (a release, a conference, a report): a plan never becomes an act of yesterday.

    An hour without a day that lies nearer ahead than behind, and a day without an hour, are asked back.
    """
    at, left = read_time(text, now)
    m = TIME.search(text)
    if at is not None and m is not None:
        local, said = now.astimezone(BEIJING), m.group(0).strip()
        named = m["month"] or m["only"] or m["word"]
        if not named and now - at > timedelta(hours=12) and at.astimezone(BEIJING).date() < local.date():
            raise CommandError(f"今天{said}还没到，没有登记：没办的事不能先登记。是昨天的，请写“昨天{said}”。")
    elif alone := _DAY_ALONE.search(text):
        raise CommandError(f"“{alone[1]}”几点？没有登记，请写明时间，例：{alone[1]}10:00")
    return at, left


def _at(m: re.Match[str], local: datetime) -> datetime:
    word = m["word"] or ""
    hour, days = _hour(_number(m["h"] or m["han"]), m["part"] or ("晚上" if word[-1:] in ("晚", "夜") else ""))
    if hour < 6 and word in ("昨晚", "昨夜", "前晚") and days == 0:
        days = 1  # 昨晚2点 is two in the morning of the next day
    clock = local.replace(hour=hour, minute=_minute(m["m"] or m["m2"] or m["m3"] or ""), second=0, microsecond=0)
    day = _day(m, local)
    if day is not None:
        return clock.replace(year=day.year, month=day.month, day=day.day) + timedelta(days=days)
    at = clock + timedelta(days=days)
    return at - timedelta(days=1) if at > local + timedelta(minutes=10) else at


def _day(m: re.Match[str], local: datetime) -> date | None:
    """The day that is named, if one is."""
    if m["month"]:
        return date(int(m["year"] or local.year), int(m["month"]), int(m["day"]))
    if m["only"]:
        day = local.date().replace(day=1) if int(m["only"]) > local.day else local.date()
        month = day - timedelta(days=1) if int(m["only"]) > local.day else day
        return month.replace(day=int(m["only"]))
    back = next((n for begin, n in _BACK.items() if (m["word"] or "").startswith(begin)), None)
    return None if back is None else local.date() - timedelta(days=back)


def _hour(hour: int, part: str) -> tuple[int, int]:
    """Hour of 24 and days to add: 下午3点, 夜里11点, 晚上12点."""
    if hour == 12 and part in (_AFTERNOON | _NIGHT) - {"下午", "傍晚"}:
        return 0, 1
    if part == "凌晨" and hour == 12:
        return 0, 0
    late = (part in _AFTERNOON and hour < 12) or (part in _NIGHT and 6 <= hour < 12) or (part == "中午" and hour < 6)
    if late and not (part in ("晚上", "晚间") and hour < 5):
        return hour + 12, 0
    if hour > 23:
        raise ValueError(hour)
    return hour, 0


def _minute(words: str) -> int:
    if words == "半":
        return 30
    if words.endswith("刻"):
        return 15 * _number(words[0])
    return _number(words) if words else 0


def _number(words: str) -> int:
    if words.isdecimal():
        return int(words)
    if re.fullmatch("[零〇][一二三四五六七八九]", words):
        words = words[1:]
    found = value(words)
    if found is None:
        raise ValueError(words)
    return found.value
