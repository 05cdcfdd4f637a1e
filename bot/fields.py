"""How the rest of a typed line becomes fields of an action: times, units, figures, results. Tolerant; a miss says what is possible."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from bot import labels
from bot.told_time import TIME, read_done
from bot.told_time import read_time as read_time
from bot.unclear import Choice as Choice
from bot.unclear import CommandError as CommandError
from bot.unclear import Unclear as Unclear
from config.schema import Level, Settings

FEW = 6
"""Units that are worth asking about; more are listed instead."""


NEAR, LABEL = 4, 10
"""Categories offered instead of one that does not exist; characters a button takes."""
_EVERYWHERE = frozenset("、事故事件问题突发其他人民群众")
"""Characters of many names, which tell none from another."""
Fields = dict[str, object]

PLANNED = re.compile(r"明天|明日|后天|明早|今晚|拟于|计划|将于|准备")
_URL = re.compile(r"https?://[^\s，。；]+")
_HALF_URL = re.compile(
    r"(?<![\w@./-])(?:(?:h?t+ps?|ftp|file|javascript|data)[:：]|(?:[a-z0-9-]+\.)+(?:cn|com|net|org|gov)(?![\w@.]))", re.I
)
"""Meant as an address, but not one that opens: another scheme, or no scheme at all."""
_MORE_NUMBERS = re.compile(r"(?:[\s、，,和及]*[#＃]?\d{1,6}号?)+")
LEVEL_WORDS = {
    "特别重大": Level.ESPECIALLY_MAJOR,
    "特大": Level.ESPECIALLY_MAJOR,
    "重大": Level.MAJOR,
    "较大": Level.SIGNIFICANT,
    "一般": Level.GENERAL,
}
VERIFY_WORDS = {"部分属实": "partly", "不属实": "false", "不实": "false", "属实": "true", "无法核实": "unverifiable"}
EXCLUDE_WORDS = {"非本地": "not_local", "旧闻": "old_news", "不属实": "untrue", "重复": "duplicate", "无关": "unrelated"}


def find_unit(text: str, settings: Settings) -> tuple[str, str]:
    """Unit code named in the text (full name, short name or code) and the text without it; CommandError if none fits."""
    best: tuple[int, str, str] | None = None
    for u in settings.organisation.units:
        for name in (u.name, u.short, u.code):
            if name and name in text and (best is None or len(name) > best[0]):
                best = (len(name), u.code, name)
    if best is None:
        names = "、".join(u.short or u.name for u in settings.organisation.units)
        raise CommandError(f"没有找到这个单位。可用的单位：{names}。")
    return best[1], text.replace(best[2], "", 1).strip()


def unit_named(text: str, settings: Settings) -> str:
    """The code alone, empty where the text names none."""
    try:
        return find_unit(text, settings)[0]
    except CommandError:
        return ""


def verify_fields(rest: str, s: Settings, now: datetime) -> Fields:
    for word, result in VERIFY_WORDS.items():
        if word in rest:
            left = rest.replace(word, "", 1).strip()
            try:
                party, left = find_unit(left, s)
            except CommandError:
                party = ""
            return {"result": result, "source": left, **({"party": party} if party else {})}
    said = "请写明核实结果：属实、部分属实、不实或无法核实。例：核实 12 属实 现场民警"
    if not rest.strip():
        raise CommandError(said)
    words = ("属实", "部分属实", "不实", "无法核实")
    raise Unclear(said, "核实结果", [Choice(label=word, rest=f"{word} {rest.strip()}") for word in words])


def grade_fields(rest: str, s: Settings, now: datetime) -> Fields:
    for word, level in LEVEL_WORDS.items():
        if word in rest:
            return {"level": level, "reason": rest.replace(word, "", 1).strip(" ，：") or "人工定级"}
    raise CommandError("请写明等级：特别重大、重大、较大或一般。例：定级 12 重大 指挥部核报遇难11人")


def opinion_fields(rest: str, s: Settings, now: datetime) -> Fields:
    """Level first, then why: a reason may name another level."""
    word = next((w for w in LEVEL_WORDS if rest.startswith(w)), "")
    reason = rest.removeprefix(word).strip(" ，：:、")
    if not word or not reason:
        raise CommandError("请写明等级和理由：特别重大、重大、较大或一般。例：舆情等级 12 较大 中央媒体跟进、帖文转负面")
    return {"level": LEVEL_WORDS[word], "reason": reason}


def likely_units(word: str, settings: Settings) -> list[tuple[str, str]]:
    """Short name and code of the units whose name has these characters in this order: 环保 is in 生态环境保护局."""

    def within(name: str) -> bool:
        rest = iter(name)
        return all(c in rest for c in word)

    return [(u.short or u.name, u.code) for u in settings.organisation.units if within(u.name) or within(u.short)]


def first_unit(text: str, settings: Settings) -> tuple[str, str] | None:
    """Code of the unit named first in the text, and what follows it; the longer name where two begin at one place."""
    named = [(u.code, n) for u in settings.organisation.units for n in (u.name, u.short, u.code) if n and n in text]
    if not named:
        return None
    code, name = min(named, key=lambda found: (text.index(found[1]), -len(found[1])))
    return code, text[text.index(name) + len(name) :]


def meant_unit(word: str, left: str, settings: Settings) -> str:
    """Code of the unit that a shortened name means; Unclear where a few fit, CommandError where none or too many do."""
    found = likely_units(word, settings) if len(word) > 1 else []
    if len(found) == 1:
        return found[0][1]
    if 1 < len(found) <= FEW:
        names = "、".join(name for name, _ in found)
        choices = [Choice(label=name, rest=f"{name} {left}".strip()) for name, _ in found]
        raise Unclear(f"“{word}”可能是：{names}。请写全称。", "单位", choices)
    return find_unit(word, settings)[0]


def assign_fields(rest: str, s: Settings, now: datetime) -> Fields:
    """The unit named first leads, the others support. The first word must name one, shortened or not: no guess from later words."""
    words = re.split(r"[\s、，,；;]+", rest.strip())
    units: list[str] = []
    for n, word in enumerate(words):
        left = word
        while hit := first_unit(left, s):
            units.append(hit[0])
            left = hit[1]
        if not units:
            units.append(meant_unit(word, " ".join(words[n + 1 :]), s))
    return {"unit": units[0], "supporting": tuple(dict.fromkeys(u for u in units[1:] if u != units[0]))}


def ruling_fields(rest: str, s: Settings, now: datetime) -> Fields:
    return assign_fields(rest.replace("牵头", ""), s, now)


def return_fields(rest: str, s: Settings, now: datetime) -> Fields:
    given = zip(re.split(r"[；;]", rest), ("理由", "依据", "建议(?:单位)?"), strict=False)
    parts = [
        re.sub(rf"^{word}[:：]?\s*", "", part.strip()) for part, word in given
    ]  # the word stands before the value when shown
    if not parts[0]:
        raise CommandError("退回要写理由。例：退回 12 不属本局职责；依据三定规定；建议农业农村局")
    reason, basis, suggested = (*parts, "", "")[:3]
    return {"reason": reason, "basis": basis, "suggested": suggested}


WHOLE_TEXT = 60
"""Characters from which what follows a release is its text: a time inside a sentence of it is the event's, not the release's."""


def _time_of_release(left: str, now: datetime) -> tuple[datetime | None, str]:
    m = TIME.search(left)
    if len(left.strip()) < WHOLE_TEXT:
        return read_done(left, now)
    if m is None:
        return None, left
    alone = not left[: m.start()].strip() or left[m.start() - 1].isspace()
    return read_done(left, now) if alone and not left[m.end() : m.end() + 1].strip() else (None, left)


def release_fields(kind: str) -> Callable[[str, Settings, datetime], Fields]:
    def fields(rest: str, s: Settings, now: datetime) -> Fields:
        if PLANNED.search(rest):
            raise CommandError("尚未发布或召开的不能登记，请在实际发布、召开后再登记。")
        m = _URL.search(rest)
        url = m.group(0) if m else ""
        if not url and _HALF_URL.search(rest):
            raise CommandError("网址请写全，以 http:// 或 https:// 开头；没有网址的，写明发布方式（如“县电视台滚动字幕”）。")
        at, left = _time_of_release(rest.replace(url, " ") if url else rest, now)
        out: Fields = {"kind": kind, "url": url, "detail": left.strip()}
        if at is not None:
            out["at"] = at
        for word, name in labels.REGISTER_WORDS.items():
            found = re.search(rf"{word}[:：]?\s*(\S+)", left)
            if found:
                out[name] = found.group(1)
        return out

    return fields


def report_up_fields(rest: str, s: Settings, now: datetime) -> Fields:
    at, left = read_done(rest, now)
    out: Fields = {"detail": left.strip()}
    if at is not None:
        out["at"] = at
    return out


def followup_fields(rest: str, s: Settings, now: datetime) -> Fields:
    """A 续报 says something: an empty one would stop the clock of the first report and tell nobody anything."""
    if not rest.strip():
        raise CommandError("请写续报报了什么、报给谁。例：续报 12 已转移20户56人 报县总值班室王某")
    return report_up_fields(rest, s, now)


def alone(rest: str, s: Settings, now: datetime) -> Fields:
    """An act that needs no more than its number: a further number would be a second matter, passed over in silence."""
    if _MORE_NUMBERS.fullmatch(rest):
        raise CommandError("一条消息只办一件事，这条都没有办。请一件一件地发。")
    return {}


def note_fields(kind: str) -> Callable[[str, Settings, datetime], Fields]:
    def fields(rest: str, s: Settings, now: datetime) -> Fields:
        return {"note": kind, "text": rest}

    return fields


def late_note_fields(rest: str, s: Settings, now: datetime) -> Fields:
    at, left = read_time(rest, now)
    out: Fields = {"note": "late_entry", "text": left}
    if at is not None:
        out["happened_at"] = at
    return out


def gate_fields(gate: str) -> Callable[[str, Settings, datetime], Fields]:
    def fields(rest: str, s: Settings, now: datetime) -> Fields:
        at, left = read_time(rest, now)
        return {"gate": gate, "name": left.strip(), **({"at": at} if at else {})}

    return fields


def start_fields(rest: str, s: Settings, now: datetime) -> Fields:
    at, left = read_time(rest, now)
    if at is None:
        raise CommandError("请写明事发时间。例：起算 12 02:10 应急局接警记录")
    return {"instant": "occurred_at", "value": at, "evidence": left.strip()}


def exclude_fields(rest: str, s: Settings, now: datetime) -> Fields:
    for word, reason in EXCLUDE_WORDS.items():
        if word in rest:
            return {"reason": reason}
    raise CommandError("请写明排除原因：非本地、旧闻、不属实、重复或无关。例：排除 12 非本地")


def reason_fields(rest: str, s: Settings, now: datetime) -> Fields:
    return {"reason": rest}


def url_fields(rest: str, s: Settings, now: datetime) -> Fields:
    m = _URL.search(rest)
    return {"url": m.group(0) if m else rest.strip()}


def sign_fields(rest: str, s: Settings, now: datetime) -> Fields:
    return {"who": rest.strip()}


def merge_fields(rest: str, s: Settings, now: datetime) -> Fields:
    m = re.search(r"\d+", rest)
    if m is None:
        raise CommandError("请写并入哪一件。例：并案 13 12（把13号并入12号）")
    return {"into": m.group(0)}


def split_fields(rest: str, s: Settings, now: datetime) -> Fields:
    """Words of titles or ids of items, parted by spaces or commas."""
    words = [w for w in re.split(r"[\s,，、;；]+", rest) if w]
    if not words:
        raise CommandError("请写把哪些信息拆出去。例：拆分 12 火灾（标题里有“火灾”的信息另立一件）")
    return {"items": words}


def category_fields(rest: str, s: Settings, now: datetime) -> Fields:
    for code, c in s.categories.items():
        if c.name in rest or rest.strip() == code:
            return {"category": code}
    said = "没有这个类别。可用：" + "、".join(c.name for c in s.categories.values()) + "。"
    if near := likely_categories(rest, s):
        raise Unclear(said, "类别", [Choice(label=name, rest=name) for name in near])
    raise CommandError(said)


def likely_categories(said: str, s: Settings) -> list[str]:
    """Names of categories with most of these characters, best first: 食物中毒 has one of 食品安全事故. Empty where none has any."""
    found = {c.name: len(set(said) & set(c.name) - _EVERYWHERE) for c in s.categories.values()}
    return sorted((n for n in found if found[n] and len(n) <= LABEL), key=lambda n: (-found[n], len(n)))[:NEAR]
