"""Chat commands: one table that also prints the help. Words are short Chinese; parsing is tolerant; numbers instead of ids.

Each row says how the rest of the line becomes fields of one action of `playbooks.lifecycle` (bot.fields). Commands that only
read, and those of the rota, are answered in `bot.reading` and `bot.rota_desk`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot import duty_fields, fields, headcount
from bot.fields import CommandError as CommandError
from bot.fields import Fields
from bot.typed import COUNTED_ON, han_number, tidy
from config.schema import Settings


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


COMMANDS: tuple[Command, ...] = (
    Command(words=("报",), usage="报 大湾村滑坡 4人被埋 12345转", help="立即立案并提醒"),
    Command(words=("查询", "查寻", "查讯", "查"), usage="查询 [词]", help="在办事件和最近时限；带词则搜索"),
    Command(words=("详情",), usage="详情 12", help="一件事的现状和可办的事"),
    Command(words=("收到",), usage="收到 12", help="确认已看到", action="acknowledge", fields=fields.alone),
    Command(words=("核实",), usage="核实 12 属实 来源", help="登记核实结果", action="verify", fields=fields.verify_fields),
    Command(
        words=("已报带班", "报带班", "已电话报带班"),
        usage="已报带班 12",
        help="已电话报告带班领导",
        action="tell_leader",
        fields=fields.alone,
    ),
    Command(
        words=("认定", "认定应回应", "应回应"),
        usage="认定 12 理由",
        help="认定应回应",
        action="recognise",
        fields=fields.reason_fields,
    ),
    Command(
        words=("不公开回应", "不公开"),
        usage="不公开回应 12 理由",
        help="线下办理，签认",
        action="not_public",
        fields=fields.reason_fields,
    ),
    Command(
        words=("定级", "建议等级"),
        usage="定级 12 重大 理由",
        help="定级；值班员为建议等级",
        action="grade",
        fields=fields.grade_fields,
    ),
    Command(
        words=("舆情等级",),
        usage="舆情等级 12 较大 理由",
        help="认定舆情等级；值班员为建议",
        action="grade_opinion",
        fields=fields.opinion_fields,
    ),
    Command(
        words=("数字",), usage="数字 12 遇难4 失联7 指挥部", help="登记人数", action="figure", fields=headcount.figures_fields
    ),
    Command(words=("起算",), usage="起算 12 02:10 依据", help="更正事发时间", action="start", fields=fields.start_fields),
    Command(
        words=("交办", "转派"), usage="交办 12 自然资源局", help="交办承办单位", action="assign", fields=fields.assign_fields
    ),
    Command(
        words=("签收", "代签收"), usage="签收 12 [代签：姓名 电话]", help="签收交办", action="sign", fields=fields.sign_fields
    ),
    Command(
        words=("退回",), usage="退回 12 理由；依据；建议单位", help="退回一次", action="return", fields=fields.return_fields
    ),
    Command(
        words=("裁定",), usage="裁定 12 自然资源局牵头", help="指定牵头单位", action="arbitrate", fields=fields.ruling_fields
    ),
    Command(
        words=("已发布", "发布", "登记发布", "权威信息已发"),
        usage="已发布 12 网址 [时间] [审核:姓名 发布人:姓名 渠道:名称 单位:名称]",
        help="登记权威信息",
        action="release",
        fields=fields.release_fields("authoritative_info"),
    ),
    Command(
        words=("简要信息",),
        usage="简要信息 12 网址",
        help="登记简要信息（不停权威信息时限）",
        action="release",
        fields=fields.release_fields("brief_info"),
    ),
    Command(
        words=("发布会", "已开发布会", "发布会已开"),
        usage="发布会 12 09:30 地点",
        help="登记已召开的新闻发布会",
        action="release",
        fields=fields.release_fields("press_conference"),
    ),
    Command(
        words=("回应", "已回应", "回应已发"),
        usage="回应 12 网址或方式",
        help="登记网上回应",
        action="release",
        fields=fields.release_fields("online_reply"),
    ),
    Command(
        words=("滚动发布",),
        usage="滚动发布 12 网址",
        help="登记持续发布",
        action="release",
        fields=fields.release_fields("rolling_release"),
    ),
    Command(
        words=("上级已发",), usage="上级已发 12 网址", help="上级统一发布", action="superior_release", fields=fields.url_fields
    ),
    Command(
        words=("其他形式",), usage="其他形式 12 依据", help="以其他形式发布", action="other_form", fields=fields.reason_fields
    ),
    Command(
        words=("报送", "已报送", "已报总值班室", "已报总值班"),
        usage="报送 12 [时间] 接报人",
        help="首报",
        action="report_up",
        fields=fields.report_up_fields,
    ),
    Command(
        words=("书面报送", "书面已报"),
        usage="书面报送 12 [时间] 文号或接收人",
        help="书面报告，与电话首报各有时限的",
        action="report_written",
        fields=fields.report_up_fields,
    ),
    Command(words=("续报", "续报已报"), usage="续报 12 内容", help="续报", action="report_up", fields=fields.followup_fields),
    Command(
        words=("登记事项",),
        usage="登记事项 12 信访 11-20 文号",
        help="登记收到信访、依申请公开、热线的日期，按天计时",
        action="enter_duty",
        fields=duty_fields.entered,
    ),
    Command(
        words=("办理登记",),
        usage="办理登记 12 信访告知 11-25 文号",
        help="登记告知、受理、办结、答复",
        action="fulfil",
        fields=duty_fields.fulfilled,
    ),
    Command(words=("延期",), usage="延期 12 理由", help="批准延期一次", action="extend", fields=duty_fields.clock_and_reason),
    Command(
        words=("移交", "移送"),
        usage="移送 12 公安网安 内容",
        help="移送线索",
        action="note",
        fields=fields.note_fields("referral"),
    ),
    Command(
        words=("口径",),
        usage="口径 12 [内容]",
        help="查看或登记现行口径",
        action="note",
        fields=fields.note_fields("talking_points"),
    ),
    Command(words=("会商",), usage="会商 12 主持人", help="登记会商", action="attest", fields=fields.gate_fields("consult")),
    Command(
        words=("会签", "会签已办"),
        usage="会签 12 姓名",
        help="登记会签",
        action="attest",
        fields=fields.gate_fields("countersign"),
    ),
    Command(
        words=("保密审查", "保密审查已办"),
        usage="保密审查 12 姓名",
        help="登记保密审查",
        action="attest",
        fields=fields.gate_fields("secrecy"),
    ),
    Command(
        words=("审定", "审定已办"),
        usage="审定 12 姓名",
        help="登记审定",
        action="attest",
        fields=fields.gate_fields("approval"),
    ),
    Command(words=("排除",), usage="排除 12 非本地", help="排除（附原因）", action="exclude", fields=fields.exclude_fields),
    Command(words=("同意排除",), usage="同意排除 12", help="带班确认排除", action="confirm_exclude", fields=fields.alone),
    Command(words=("同意",), usage="同意 12", help="复核一项更正", action="second", fields=lambda r, s, n: {"agreed": True}),
    Command(
        words=("不同意",),
        usage="不同意 12",
        help="不同意一项更正",
        action="second",
        fields=lambda r, s, n: {"agreed": False},
    ),
    Command(
        words=("说明", "说明原因"),
        usage="说明 12 [时限] 原因和预计时间",
        help="说明逾期原因",
        action="explain",
        fields=duty_fields.clock_and_reason,
    ),
    Command(
        words=("免除",),
        usage="免除 12 [时限] 理由",
        help="免除时限（主要负责人）",
        action="waive",
        fields=duty_fields.clock_and_reason,
    ),
    Command(words=("情况有变",), usage="情况有变 12 说明", help="推翻先前结论", action="change", fields=fields.reason_fields),
    Command(words=("归类",), usage="归类 12 地质灾害", help="更正类别", action="classify", fields=fields.category_fields),
    Command(words=("办结", "销号"), usage="办结 12", help="转入平息观察", action="close", fields=fields.reason_fields),
    Command(words=("归档",), usage="归档 12", help="归档（欠项会阻止）", action="archive", fields=fields.alone),
    Command(words=("重开", "复燃"), usage="重开 12", help="重新处置", action="reopen", fields=fields.reason_fields),
    Command(
        words=("拆分",),
        usage="拆分 12 标题里的词",
        help="拆出另一件事，机器不再并回",
        action="split",
        fields=fields.split_fields,
    ),
    Command(words=("并案",), usage="并案 13 12", help="把13号并入12号", action="merge", fields=fields.merge_fields),
    Command(
        words=("补录", "补记"),
        usage="补录 12 03:20 内容",
        help="补记，保留实际时间",
        action="note",
        fields=fields.late_note_fields,
    ),
    Command(
        words=("原文",), usage="原文 12 理由", help="查看遮盖前的工单原文，留痕", action="unmask", fields=fields.reason_fields
    ),
    Command(
        words=("清除原文",), usage="清除原文 12 理由", help="清除另存的原文和附件", action="erase", fields=fields.reason_fields
    ),
    Command(words=("附件",), usage="附件 12", help="把刚发来的图片、语音、视频附到事件；没有刚发来的，就把该件附件发给您"),
    Command(words=("登录码",), usage="登录码", help="在电脑上登录总览用的一次性登录码"),
    Command(words=("撤回",), usage="撤回 12 原因", help="撤回一天内发出的消息，另发现状卡片"),
    Command(words=("卡在", "现在卡在谁"), usage="卡在 12", help="现在卡在谁、多久"),
    Command(words=("底稿",), usage="底稿 12", help="首报、续报底稿，只用核定内容"),
    Command(words=("体检", "出稿体检"), usage="体检 12 稿子全文", help="发布前查数字、姓名、用语、时间、缺项，不留存稿子"),
    Command(words=("报告", "评估报告"), usage="报告 12", help="把评估报告作为文件发给您"),
    Command(words=("台账",), usage="台账 [本月|2026-11]", help="把当月处置台账作为文件发给您"),
    Command(words=("值班",), usage="值班 [明天]", help="谁在值班"),
    Command(words=("到岗",), usage="到岗", help="登记本班到岗"),
    Command(words=("换班", "替班"), usage="换班 姓名 [明天]", help="请同事代班，对方同意才生效"),
    Command(words=("交接", "交接班"), usage="交接", help="向交接双方发交接卡，双方签认"),
    Command(words=("履职单", "我的履职单"), usage="履职单", help="本班我做了什么、何时"),
    Command(
        words=("演练",), usage="演练 开始 情景｜演练 中止｜演练 报告", help="用真流程演练，消息有标记；演练报告作为文件发给您"
    ),
    Command(words=("顶班",), usage="顶班", help="由我顶替本班值班员"),
    Command(words=("帮助", "?", "？"), usage="帮助", help="看现在能办什么"),
)
BY_WORD: Mapping[str, Command] = {w: c for c in COMMANDS for w in c.words}
WORDS = sorted(BY_WORD, key=len, reverse=True)


UNNUMBERED = frozenset({"报", "台账", "登录码", "值班", "换班"})
"""Commands about no matter: digits after them are people, a month or a day."""
BEYOND = 9_999_999
"""Stands for a number longer than any matter has."""
_NO_NUMBER = re.compile(r"[#＃]?(?:[-－—]\s*\d+|\d{7,10}|\d{12,})号?(?=\s|$)")
"""A sign or too many digits; eleven are a telephone number."""
_ONLY_NUMBER = re.compile(r"[\s，,：:]*[#＃]?\d{1,6}号?[\s。]*")
_NUMBER = re.compile(rf"[#＃]?(\d{{1,6}})(?!\d*号[{COUNTED_ON}])号?(?![\d:：点时人名个户辆日月年天岁层栋])\s*")
"""Not the count of something: 3人获救, 1号楼, 3月."""


def parse(line: str) -> Asked | None:
    """The command at the start of a line, its number (before or after the word) and the rest; None if there is no command."""
    text = tidy(line).lstrip("/／").strip()
    before = _number(text, marked=True)
    if before and _word(text[before[1] :]):
        text = text[before[1] :]
    else:
        before = None
    word = _word(text)
    if word is None:
        return None
    if word == "报告" and text[len(word) :].strip() and not _ONLY_NUMBER.fullmatch(text[len(word) :]):
        word, text = "报", "报" + text[len(word) :]  # 报告大湾村滑坡 tells of something, 报告 12 asks for the paper
    command = BY_WORD[word]
    rest = text[len(word) :].lstrip(" ，,：:　\t\r\n")
    if command.words[0] in UNNUMBERED:
        return Asked(command=command, number=None, rest=rest)
    if before is None and (odd := _NO_NUMBER.match(rest)):  # never the only open matter in place of a mistyped one
        return Asked(command=command, number=0 if "-" in odd[0] else BEYOND, rest=rest[odd.end() :])
    found = before or _number(rest)
    left = rest if before or found is None else rest[found[1] :]
    return Asked(command=command, number=found[0] if found else None, rest=left)


def _number(text: str, *, marked: bool = False) -> tuple[int, int] | None:
    """The number of a matter at the start of a text and where it ends; one in words before the command only with 号."""
    m = _NUMBER.match(text)
    return (int(m[1]), m.end()) if m else han_number(text, marked=marked)


def _word(text: str) -> str | None:
    return next((w for w in WORDS if text.startswith(w)), None)


FREE_TEXT = frozenset({"报", "体检", "口径", "续报", "移送", "补录", "底稿"})
"""Commands whose text may run over lines and may quote anything."""


def second_of(line: str, asked: Asked) -> str:
    """A further command on a later line of the same message, "" where there is none: it would be swallowed in silence."""
    if asked.command.words[0] in FREE_TEXT:
        return ""
    later = (part.strip() for part in line.strip().splitlines()[1:])
    found = ((part, parse(part)) for part in later)
    return next((part for part, other in found if other is not None and other.command.action and other.number is not None), "")
