"""Dates as Chinese sites write them, read into aware UTC instants, or refused.

A date that names no zone is Beijing time, and so is `CST`: the sources of a Chinese duty desk mean China Standard Time.
A date in the future, an absurdly old one or one that cannot be read with certainty is None: the feed's own words stay in
`published_raw` as evidence, and no legal clock ever starts from them (design.md §6). No clock is read here.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

BEIJING: Final = timezone(timedelta(hours=8))
FUTURE_TOLERANCE: Final = timedelta(minutes=10)
"""Clocks of servers differ; a date further ahead than this is not a time of publication."""
OLDEST: Final = datetime(1995, 1, 1, tzinfo=UTC)
"""Before the first feed formats and after every kind of zero (1970, 1900, 0001)."""

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january", "一月"),
            ("feb", "february", "二月"),
            ("mar", "march", "三月"),
            ("apr", "april", "四月"),
            ("may", "五月"),
            ("jun", "june", "六月"),
            ("jul", "july", "七月"),
            ("aug", "august", "八月"),
            ("sep", "sept", "september", "九月"),
            ("oct", "october", "十月"),
            ("nov", "november", "十一月"),
            ("dec", "december", "十二月"),
        ),
        start=1,
    )
    for name in names
}
_ZONES: Final = {
    **dict.fromkeys(("z", "ut", "utc", "gmt", "wet"), 0),
    **dict.fromkeys(("cst", "bjt", "prc", "hkt", "sgt", "ctt", "asia/shanghai"), 8),
    **dict.fromkeys(("jst", "kst"), 9),
    **dict.fromkeys(("cet", "bst", "met"), 1),
    **dict.fromkeys(("cest", "eet"), 2),
    **dict.fromkeys(("msk", "eest"), 3),
    "edt": -4,
    **dict.fromkeys(("est", "cdt"), -5),
    "mdt": -6,
    **dict.fromkeys(("mst", "pdt"), -7),
    "pst": -8,
}
_DIGITS: Final = {char: str(value) for value, char in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}

_MONTH: Final = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_RFC_3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?$", re.ASCII
)
_RFC_822: Final = re.compile(
    r"[A-Z][a-z]{2}, (\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d)"
    r" (?:GMT|([+-])(0\d|1[0-4])([0-5]\d))$",
    re.ASCII,
)
_NOISE: Final = re.compile(
    r"\([^()]*\)|北京时间|(?:发布|发表|更新|时间|日期|于)+\s*[::]|\bday\b"
    r"|\b(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\b\.?\s*,?|(?:星期|礼拜|周)[一二三四五六日天]\s*,?",
    re.I,
)
_NUMERAL_DATE: Final = re.compile(
    r"(?:[〇零○一二三四五六七八九]{4}年)?[十一二三四五六七八九]{1,3}月[十一二三四五六七八九]{1,4}日"
)
_TRADITIONAL: Final = str.maketrans("時點鐘號兩個發佈於間週剛來", "时点钟号两个发布于间周刚来")
_ENCLOSED: Final = re.compile(r"^[\[(【〔]([^\[\]()【】〔〕]*)[\])】〕]$")
_LABEL: Final = re.compile(
    r"^(?:(?:发布|发表|更新|编辑|时间|日期|于)\s*+[::]?\s*+)++(?=[\d\[(【今昨前刚半一二两三四五六七八九十])"
)
_CREDITS: Final = re.compile(
    r"\s*(?:(?:更新|发布|发表)$|(?:发布|发表|编辑)于|IP属地|(?:信息|文章|稿件)?来源|来自|作者|(?:责任)?编辑|责编|记者|供稿|浏览|阅读|点击|访问|字号|字体|评论).*$"
)
"""What portals print behind the date on the same line."""
_ABOUT: Final = re.compile(r"(?<=[时点分\d])(?:许|左右)$")
_HALF_PAST: Final = re.compile(r"(?<=点)半")
_BASIC: Final = re.compile(r"^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?!\d)")
_NAMED_ZONE: Final = re.compile(r"(Z|[+-]\d\d:\d\d)?\[([A-Za-z_]+(?:/[A-Za-z_]+)*)\]$")
_DATE_FORMS: Final = tuple(
    re.compile(form, re.I)
    for form in (
        r"^\s*(?P<year>\d{4})\s*(?P<sep>[-/.年])\s*(?P<m>\d{1,2})\s*(?:(?P=sep)|月)\s*(?P<d>\d{1,2})(?:\s*[日号]|(?!\d))",
        r"^\s*(?P<year>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?=\s+\d{1,2}:)",
        r"^\s*(?P<d>\d{1,2})(?:st|nd|rd|th)?[\s/,-]*" + _MONTH + r"[\s/,-]*(?P<year>\d{4}|\d{2})(?!\d)[,:]?",
        r"^\s*" + _MONTH + r"\s*(?P<d>\d{1,2})(?:st|nd|rd|th)?\s*,?\s+(?P<year>\d{4})(?![\d:])",
        r"^\s*" + _MONTH + r"\s+(?P<d>\d{1,2})\s+(?=\d{1,2}:)(?=.*\s(?P<year>\d{4})\s*$)",
        r"^\s*(?P<m>\d{1,2})月(?P<d>\d{1,2})(?:日|号)",
        r"^\s*(?P<m>\d{1,2})-(?P<d>\d{1,2})(?=\s+\d{1,2}:\d\d|\s*$)",
        r"^\s*(?P<m>\d{1,2})/(?P<d>\d{1,2})(?=\s+\d{1,2}:\d\d)",
        r"^\s*(?P<d>\d{1,2})\s+(?P<m>\d{1,2})月\s+(?P<year>\d{4})(?!\d)",
        r"^\s*(?P<word>今天|今日|昨天|昨日|前天|前日)",
    )
)
_YEAR_LAST: Final = _DATE_FORMS[4]
_TIME: Final = re.compile(
    r"^[\sT,]*(?P<half>上午|下午|凌晨|早上|早晨|清晨|中午|傍晚|晚上|晚间|夜间|晚|早)?\s*"
    r"(?P<hour>\d{1,2})\s*(?:[:时点]|(?=\s*[ap]\.?m))\s*(?P<minute>\d{1,2})?\s*(?:分|(?::(?P<second>\d{1,2})))?"
    r"(?:(?<=分)\s*(?P<cnsecond>\d{1,2})?)?\s*秒?(?:[.,:](?P<fraction>\d{1,9}))?\s*(?P<ampm>[ap]\.?m\.?)?",
    re.I,
)
_OFFSET: Final = re.compile(
    r"^(?:utc|gmt|z)?\s*(?P<sign>[+-])(?P<h>\d{1,2})(?::?(?P<m>\d{2}))?(?:\s+(?:[a-z]{2,5}|[+-]\d{4}))?(?:\s+m=[+-][\d.]+)?$",
    re.I,
)
_RELATIVE: Final = re.compile(
    r"^(?P<n>\d{1,4}|半|[一二两三四五六七八九十])?\s*(?P<unit>秒钟?|分钟?|个?小时|天|日)(?:之|以)?前$"
)
_AGO: Final = re.compile(r"^(?P<n>\d{1,4}|an?)\s+(?P<unit>second|sec|minute|min|hour|hr|day)s?\s+ago$", re.I)
_UNITS: Final = {"秒": 1, "分": 60, "个": 3600, "小": 3600, "s": 1, "m": 60, "h": 3600}


def read_date(raw: str, seen_at: datetime) -> datetime | None:
    """The instant `raw` states, as aware UTC, or None where it is missing, unreadable, future or absurdly old.

    `seen_at` (aware) anchors relative forms (3分钟前, 昨天 08:00), forms without a year, and the test for the future.
    """
    text = raw.strip() if raw and len(raw) <= 120 else ""
    if not text:
        return None
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    try:
        value = _standard(text) or _epoch(text) or _worded(_tidied(text), seen_at)
        if value is not None and value.tzinfo is not UTC:
            value = value.astimezone(UTC)  # before it is compared: two times of one zone cost a tenth
    except (ValueError, OverflowError):
        return None
    return value if value is not None and OLDEST <= value <= seen_at + FUTURE_TOLERANCE else None


def _standard(text: str) -> datetime | None:
    """The two forms nearly every feed uses, RFC 3339 and RFC 822 with a numeric zone or GMT, read at a tenth of the cost."""
    if match := _RFC_3339.match(text):
        value = datetime.fromisoformat(text)
        return value if value.tzinfo is not None else value.replace(tzinfo=BEIJING)
    match = _RFC_822.match(text)
    if match is None:
        return None
    day, name, year, hour, minute, second, sign, hours, minutes = match.groups()
    midnight = _midnight(day, name, year, sign, hours, minutes)
    return midnight and midnight + timedelta(0, int(hour) * 3600 + int(minute) * 60 + int(second))


@lru_cache(maxsize=1_024)  # the entries of a document are of a few days
def _midnight(day: str, name: str, year: str, sign: str | None, hours: str, minutes: str) -> datetime | None:
    """When a day begins in a numeric zone (no sign: GMT), as UTC. None where the month is none."""
    month = _MONTHS.get(name) or _MONTHS.get(name.lower())
    if month is None:
        return None
    value = datetime(int(year), month, int(day), tzinfo=UTC)
    if not sign:
        return value
    east = timedelta(hours=int(hours), minutes=int(minutes))
    return value + east if sign == "-" else value - east


def _epoch(text: str) -> datetime | None:
    """Seconds, milliseconds or microseconds since 1970, or the compact forms 20260302, 202603020800, 20260302080000."""
    number, _, fraction = text.partition(".")
    if not (number.isascii() and number.isdigit() and (not fraction or fraction.isdigit())):
        return None
    if len(number) in (8, 12, 14) and not fraction and number[:2] in ("19", "20"):
        number = number.ljust(14, "0")
        return datetime(int(number[:4]), *(int(number[i : i + 2]) for i in range(4, 14, 2)), tzinfo=BEIJING)  # type: ignore[arg-type,misc]
    scale = {10: 1, 13: 1000, 16: 1_000_000}.get(len(number))
    return datetime.fromtimestamp(int(number) / scale, UTC) if scale else None


def _tidied(text: str) -> str:
    """`text` without what a page prints around its date: brackets, a label before it, credits and counters behind it."""
    text = _NAMED_ZONE.sub(lambda zone: zone[1] or f" {zone[2]}", _BASIC.sub(r"\1-\2-\3T\4:\5:\6", text))
    if match := _ENCLOSED.match(text):
        text = match[1].strip()
    if text.isascii():
        return text
    text = _CREDITS.sub("", _LABEL.sub("", text.translate(_TRADITIONAL)))
    if match := _ENCLOSED.match(text):
        text = match[1].strip()
    return _HALF_PAST.sub("30分", _ABOUT.sub("", text))


def _worded(text: str, seen_at: datetime) -> datetime | None:
    return _relative(text, seen_at) or _calendar(text, seen_at)


def _relative(text: str, seen_at: datetime) -> datetime | None:
    if text in ("刚刚", "刚才", "just now"):
        return seen_at
    match = _RELATIVE.match(text) or _AGO.match(text)
    if match is None:
        return None
    unit = match["unit"].lower()
    amount = _amount(match["n"])
    if unit in ("天", "日", "day"):
        day = (seen_at - timedelta(days=amount)).astimezone(BEIJING)
        return day.replace(hour=0, minute=0, second=0, microsecond=0)
    return seen_at - timedelta(seconds=amount * _UNITS[unit[0]])


def _amount(text: str | None) -> float:
    if text is None or text.lower() in ("a", "an"):
        return 1
    if text == "半":
        return 0.5
    if text.isdigit():
        return int(text)
    return "一二三四五六七八九十".find(text.replace("两", "二")) + 1


def _calendar(text: str, seen_at: datetime) -> datetime | None:
    """Date, then time of day, then zone; any other rest means the text is not understood."""
    text = _NUMERAL_DATE.sub(lambda match: _from_numerals(match[0]), text)
    text = _NOISE.sub(" ", text).strip(" ,")
    match = next((found for form in _DATE_FORMS if (found := form.match(text))), None)
    if match is None:
        return None
    rest = text[match.end() :]
    if match.re is _YEAR_LAST:
        rest = rest.rstrip()[:-4]
    clock = _TIME.match(rest)
    seconds = 0.0
    if clock is not None:
        rest = rest[clock.end() :]
        seconds = _seconds(clock)
    zone = _zone(rest.strip(" ,"))
    return _instant(match, timedelta(seconds=seconds), zone, seen_at)


def _instant(match: re.Match[str], of_day: timedelta, zone: timezone, seen_at: datetime) -> datetime | None:
    parts = match.groupdict()
    today = seen_at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    if word := parts.get("word"):
        return today - timedelta(days={"昨": 1, "前": 2}.get(word[0], 0)) + of_day
    month = int(parts["m"]) if parts.get("m") else _MONTHS[parts["month"].lower()]
    day = int(parts["d"])
    if parts.get("year") is None:
        value = datetime(today.year, month, day, tzinfo=zone) + of_day
        return value if value <= seen_at + FUTURE_TOLERANCE else value.replace(year=value.year - 1)
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 2000 if year < 70 else 1900
    return datetime(year, month, day, tzinfo=zone) + of_day


def _seconds(clock: re.Match[str]) -> float:
    """Seconds since midnight. ValueError outside 00:00:00-24:00:00 (a leap second is allowed)."""
    hour, minute = int(clock["hour"]), int(clock["minute"] or 0)
    second = int(clock["second"] or clock["cnsecond"] or 0)
    half = (clock["ampm"] or "").lower()[:1] or {"下": "p", "傍": "p", "晚": "p", "夜": "p", "凌": "a", "中": "n"}.get(
        (clock["half"] or "x")[0], ""
    )
    if half == "p" and hour < 12:
        hour += 12
    elif half == "p" and hour == 12 and (clock["half"] or "x")[0] in "晚夜":
        hour = 24
    elif half == "a" and hour == 12:
        hour = 0
    elif half == "n" and hour < 3:
        hour += 12
    total = hour * 3600 + minute * 60 + second
    if hour > 24 or minute > 59 or second > 60 or total > 86400:
        raise ValueError("not a time of day")
    return total + float("0." + (clock["fraction"] or "0")[:6])


def _zone(text: str) -> timezone:
    """The zone a date ends with; nothing = Beijing. ValueError on a name we cannot be sure of."""
    if not text:
        return BEIJING
    if match := _OFFSET.match(text):
        hours, minutes = int(match["h"]), int(match["m"] or 0)
        if hours > 14 or minutes > 59:
            raise ValueError("not a zone")
        offset = timedelta(hours=hours, minutes=minutes)
        return timezone(-offset if match["sign"] == "-" else offset)
    if (hours_east := _ZONES.get(text.lower())) is None:
        raise ValueError("unknown zone")
    return timezone(timedelta(hours=hours_east))


def _from_numerals(text: str) -> str:
    """二〇二六年三月二十二日 -> 2026年3月22日."""
    return "".join(_numeral(part) if part not in "年月日" else part for part in re.split("([年月日])", text) if part)


def _numeral(text: str) -> str:
    if "十" not in text:
        return "".join(_DIGITS[char] for char in text)
    tens, _, ones = text.partition("十")
    return (_DIGITS[tens] if tens else "1") + (_DIGITS[ones] if ones else "0")
