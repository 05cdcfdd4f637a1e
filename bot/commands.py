"""Chat commands: one table that also prints the help. Words are short Chinese; parsing is tolerant; numbers instead of ids.

Each row says how the rest of the line becomes fields of one action of `playbooks.lifecycle`. Commands that only read are
answered in `bot.inbox`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import labels
from config.schema import Level, Settings
from playbooks.ladder import BEIJING


class CommandError(Exception):
    """The line cannot be understood; the message says what is possible."""


Fields = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A parsed line: the table row, the incident number if given, and the rest."""

    command: Command
    number: int | None
    rest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`action` is empty for commands that only read; `fields` turns the rest of the line into action fields."""

    words: tuple[str, ...]
    usage: str
    help: str
    action: str = ""
    fields: Callable[[str, Settings, datetime], Fields] = lambda rest, s, now: {}


_TIME = re.compile(r"(?:(?:(\d{4})[-年/])?(\d{1,2})[-月/](\d{1,2})日?\s*)?(\d{1,2})[:：点](\d{2})?分?")
_URL = re.compile(r"https?://[^\s，。；]+")
_FIGURE = re.compile(r"(遇难|死亡|失联|失踪|被困|受伤|伤|中毒|转移)\s*(\d+)\s*[人名]?")
METRIC_WORDS = {
    "遇难": "deaths",
    "死亡": "deaths",
    "失联": "missing",
    "失踪": "missing",
    "被困": "trapped",
    "受伤": "injured",
    "伤": "injured",
    "中毒": "poisoned",
    "转移": "evacuated",
}
LEVEL_WORDS = {
    "特别重大": Level.ESPECIALLY_MAJOR,
    "特大": Level.ESPECIALLY_MAJOR,
    "重大": Level.MAJOR,
    "较大": Level.SIGNIFICANT,
    "一般": Level.GENERAL,
}
VERIFY_WORDS = {"部分属实": "partly", "不属实": "false", "不实": "false", "属实": "true", "无法核实": "unverifiable"}
EXCLUDE_WORDS = {"非本地": "not_local", "旧闻": "old_news", "不属实": "untrue", "重复": "duplicate", "无关": "unrelated"}


def read_time(text: str, now: datetime) -> tuple[datetime | None, str]:
    """A Beijing time in the text (time alone = its latest past occurrence) and the text without it."""
    m = _TIME.search(text)
    if m is None:
        return None, text
    local = now.astimezone(BEIJING)
    year, month, day, hour, minute = (int(x) if x else None for x in m.groups())
    try:
        at = local.replace(hour=hour or 0, minute=minute or 0, second=0, microsecond=0)
        if month and day:
            at = at.replace(year=year or local.year, month=month, day=day)
        elif at > local + timedelta(minutes=10):
            at -= timedelta(days=1)
    except ValueError:
        raise CommandError(f"时间“{m.group(0)}”写得不对，请写成 04:35 或 11-22 04:35。") from None
    return at.astimezone(now.tzinfo), (text[: m.start()] + text[m.end() :]).strip()


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


def _verify(rest: str, s: Settings, now: datetime) -> Fields:
    for word, result in VERIFY_WORDS.items():
        if word in rest:
            left = rest.replace(word, "", 1).strip()
            try:
                party, left = find_unit(left, s)
            except CommandError:
                party = ""
            return {"result": result, "source": left, **({"party": party} if party else {})}
    raise CommandError("请写明核实结果：属实、部分属实、不实或无法核实。例：核实 12 属实 现场民警")


def _grade(rest: str, s: Settings, now: datetime) -> Fields:
    for word, level in LEVEL_WORDS.items():
        if word in rest:
            return {"level": level, "reason": rest.replace(word, "", 1).strip(" ，：") or "人工定级"}
    raise CommandError("请写明等级：特别重大、重大、较大或一般。例：定级 12 重大 指挥部核报遇难11人")


def _assign(rest: str, s: Settings, now: datetime) -> Fields:
    unit, left = find_unit(rest, s)
    supporting: list[str] = []
    while left:
        try:
            other, left = find_unit(left, s)
        except CommandError:
            break
        supporting.append(other)
    return {"unit": unit, "supporting": tuple(supporting)}


def _ruling(rest: str, s: Settings, now: datetime) -> Fields:
    return _assign(rest.replace("牵头", ""), s, now)


def _return(rest: str, s: Settings, now: datetime) -> Fields:
    parts = [p.strip() for p in re.split(r"[；;]", rest)]
    if not parts or not parts[0]:
        raise CommandError("退回要写理由。例：退回 12 不属本局职责；依据三定规定；建议农业农村局")
    return {"reason": parts[0], "basis": parts[1] if len(parts) > 1 else "", "suggested": parts[2] if len(parts) > 2 else ""}


def _release(kind: str) -> Callable[[str, Settings, datetime], Fields]:
    def fields(rest: str, s: Settings, now: datetime) -> Fields:
        m = _URL.search(rest)
        url = m.group(0) if m else ""
        at, left = read_time(rest.replace(url, " ") if url else rest, now)
        out: Fields = {"kind": kind, "url": url, "detail": left.strip()}
        if at is not None:
            out["at"] = at
        for word, name in labels.REGISTER_WORDS.items():
            found = re.search(rf"{word}[:：]?\s*(\S+)", left)
            if found:
                out[name] = found.group(1)
        return out

    return fields


def _report_up(rest: str, s: Settings, now: datetime) -> Fields:
    at, left = read_time(rest, now)
    out: Fields = {"detail": left.strip()}
    if at is not None:
        out["at"] = at
    return out


def _note(kind: str) -> Callable[[str, Settings, datetime], Fields]:
    def fields(rest: str, s: Settings, now: datetime) -> Fields:
        return {"note": kind, "text": rest}

    return fields


def _late_note(rest: str, s: Settings, now: datetime) -> Fields:
    at, left = read_time(rest, now)
    out: Fields = {"note": "late_entry", "text": left}
    if at is not None:
        out["happened_at"] = at
    return out


def _gate(gate: str) -> Callable[[str, Settings, datetime], Fields]:
    def fields(rest: str, s: Settings, now: datetime) -> Fields:
        at, left = read_time(rest, now)
        return {"gate": gate, "name": left.strip(), **({"at": at} if at else {})}

    return fields


def _figures(rest: str, s: Settings, now: datetime) -> Fields:
    found = {METRIC_WORDS[m.group(1)]: int(m.group(2)) for m in _FIGURE.finditer(rest)}
    if not found:
        raise CommandError("请写人数。例：数字 12 遇难4 失联7 指挥部")
    command = s.organisation.command
    unit = s.organisation.unit(command)
    names = ("指挥部", "核定", unit.name if unit else "指挥部", (unit.short if unit else "") or "指挥部")
    source = command if command and any(n in rest for n in names) else ""
    return {"figures": found, "source": source, "span": rest}


def _start(rest: str, s: Settings, now: datetime) -> Fields:
    at, left = read_time(rest, now)
    if at is None:
        raise CommandError("请写明事发时间。例：起算 12 02:10 应急局接警记录")
    return {"instant": "occurred_at", "value": at, "evidence": left.strip()}


def _exclude(rest: str, s: Settings, now: datetime) -> Fields:
    for word, reason in EXCLUDE_WORDS.items():
        if word in rest:
            return {"reason": reason}
    raise CommandError("请写明排除原因：非本地、旧闻、不属实、重复或无关。例：排除 12 非本地")


def _reason(rest: str, s: Settings, now: datetime) -> Fields:
    return {"reason": rest}


def _url(rest: str, s: Settings, now: datetime) -> Fields:
    m = _URL.search(rest)
    return {"url": m.group(0) if m else rest.strip()}


def _sign(rest: str, s: Settings, now: datetime) -> Fields:
    return {"who": rest.strip()}


def _merge(rest: str, s: Settings, now: datetime) -> Fields:
    m = re.search(r"\d+", rest)
    if m is None:
        raise CommandError("请写并入哪一件。例：并案 13 12（把13号并入12号）")
    return {"into": m.group(0)}


def _category(rest: str, s: Settings, now: datetime) -> Fields:
    for code, c in s.categories.items():
        if c.name in rest or rest.strip() == code:
            return {"category": code}
    raise CommandError("没有这个类别。可用：" + "、".join(c.name for c in s.categories.values()) + "。")


COMMANDS: tuple[Command, ...] = (
    Command(words=("报",), usage="报 大湾村滑坡 4人被埋 12345转", help="立即立案并提醒"),
    Command(words=("查询", "查"), usage="查询 [词]", help="在办事件和最近时限；带词则搜索"),
    Command(words=("详情",), usage="详情 12", help="一件事的现状和可办的事"),
    Command(words=("收到",), usage="收到 12", help="确认已看到", action="acknowledge"),
    Command(words=("核实",), usage="核实 12 属实 来源", help="登记核实结果", action="verify", fields=_verify),
    Command(words=("已报带班", "报带班"), usage="已报带班 12", help="已电话报告带班领导", action="tell_leader"),
    Command(words=("认定",), usage="认定 12 理由", help="认定应回应", action="recognise", fields=_reason),
    Command(words=("不公开回应",), usage="不公开回应 12 理由", help="线下办理，签认", action="not_public", fields=_reason),
    Command(words=("定级",), usage="定级 12 重大 理由", help="定级；值班员为建议等级", action="grade", fields=_grade),
    Command(words=("数字",), usage="数字 12 遇难4 失联7 指挥部", help="登记人数", action="figure", fields=_figures),
    Command(words=("起算",), usage="起算 12 02:10 依据", help="更正事发时间", action="start", fields=_start),
    Command(words=("交办", "转派"), usage="交办 12 自然资源局", help="交办承办单位", action="assign", fields=_assign),
    Command(words=("签收", "代签收"), usage="签收 12 [代签：姓名 电话]", help="签收交办", action="sign", fields=_sign),
    Command(words=("退回",), usage="退回 12 理由；依据；建议单位", help="退回一次", action="return", fields=_return),
    Command(words=("裁定",), usage="裁定 12 自然资源局牵头", help="指定牵头单位", action="arbitrate", fields=_ruling),
    Command(
        words=("已发布", "发布", "登记发布"),
        usage="已发布 12 网址 [时间] [审核:姓名 发布人:姓名 渠道:名称 单位:名称]",
        help="登记权威信息",
        action="release",
        fields=_release("authoritative_info"),
    ),
    Command(
        words=("简要信息",),
        usage="简要信息 12 网址",
        help="登记简要信息（不停权威信息时限）",
        action="release",
        fields=_release("brief_info"),
    ),
    Command(
        words=("发布会", "已开发布会"),
        usage="发布会 12 09:30 地点",
        help="登记已召开的新闻发布会",
        action="release",
        fields=_release("press_conference"),
    ),
    Command(
        words=("回应", "已回应"),
        usage="回应 12 网址或方式",
        help="登记网上回应",
        action="release",
        fields=_release("online_reply"),
    ),
    Command(
        words=("滚动发布",),
        usage="滚动发布 12 网址",
        help="登记持续发布",
        action="release",
        fields=_release("rolling_release"),
    ),
    Command(words=("上级已发",), usage="上级已发 12 网址", help="上级统一发布", action="superior_release", fields=_url),
    Command(words=("其他形式",), usage="其他形式 12 依据", help="以其他形式发布", action="other_form", fields=_reason),
    Command(words=("报送", "已报送"), usage="报送 12 [时间] 接报人", help="首报", action="report_up", fields=_report_up),
    Command(words=("续报",), usage="续报 12 内容", help="续报", action="report_up", fields=_report_up),
    Command(words=("移交", "移送"), usage="移送 12 公安网安 内容", help="移送线索", action="note", fields=_note("referral")),
    Command(words=("口径",), usage="口径 12 [内容]", help="查看或登记现行口径", action="note", fields=_note("talking_points")),
    Command(words=("会商",), usage="会商 12 主持人", help="登记会商", action="attest", fields=_gate("consult")),
    Command(words=("会签",), usage="会签 12 姓名", help="登记会签", action="attest", fields=_gate("countersign")),
    Command(words=("保密审查",), usage="保密审查 12 姓名", help="登记保密审查", action="attest", fields=_gate("secrecy")),
    Command(words=("审定",), usage="审定 12 姓名", help="登记审定", action="attest", fields=_gate("approval")),
    Command(words=("排除",), usage="排除 12 非本地", help="排除（附原因）", action="exclude", fields=_exclude),
    Command(words=("同意排除",), usage="同意排除 12", help="带班确认排除", action="confirm_exclude"),
    Command(words=("同意",), usage="同意 12", help="复核一项更正", action="second", fields=lambda r, s, n: {"agreed": True}),
    Command(
        words=("不同意",),
        usage="不同意 12",
        help="不同意一项更正",
        action="second",
        fields=lambda r, s, n: {"agreed": False},
    ),
    Command(words=("说明",), usage="说明 12 原因和预计时间", help="说明逾期原因", action="explain", fields=_reason),
    Command(words=("免除",), usage="免除 12 理由", help="免除时限（主要负责人）", action="waive", fields=_reason),
    Command(words=("情况有变",), usage="情况有变 12 说明", help="推翻先前结论", action="change", fields=_reason),
    Command(words=("归类",), usage="归类 12 地质灾害", help="更正类别", action="classify", fields=_category),
    Command(words=("办结", "销号"), usage="办结 12", help="转入平息观察", action="close", fields=_reason),
    Command(words=("归档",), usage="归档 12", help="归档（欠项会阻止）", action="archive"),
    Command(words=("重开", "复燃"), usage="重开 12", help="重新处置", action="reopen", fields=_reason),
    Command(words=("并案",), usage="并案 13 12", help="把13号并入12号", action="merge", fields=_merge),
    Command(words=("补录", "补记"), usage="补录 12 03:20 内容", help="补记，保留实际时间", action="note", fields=_late_note),
    Command(words=("值班",), usage="值班 [明天]", help="谁在值班"),
    Command(words=("顶班",), usage="顶班", help="由我顶替本班值班员"),
    Command(words=("帮助", "?", "？"), usage="帮助", help="看现在能办什么"),
)
BY_WORD: Mapping[str, Command] = {w: c for c in COMMANDS for w in c.words}


def parse(line: str) -> Asked | None:
    """The command at the start of a line, its number and the rest; None if the line starts with no command word."""
    text = line.strip()
    word = next((w for w in sorted(BY_WORD, key=len, reverse=True) if text.startswith(w)), None)
    if word is None:
        return None
    command = BY_WORD[word]
    rest = text[len(word) :].strip()
    if not command.action and word == "报":
        return Asked(command=command, number=None, rest=rest)
    m = re.match(r"[#＃]?(\d{1,6})号?(?![\d:：])\s*", rest)
    number = int(m.group(1)) if m else None
    return Asked(command=command, number=number, rest=rest[m.end() :] if m else rest)


def help_lines(codes: tuple[str, ...]) -> list[str]:
    """Usage of the commands a person may use now; `codes` are the permitted actions."""
    return [f"{c.usage} — {c.help}" for c in COMMANDS if not c.action or c.action in codes]
