"""What a short line in everyday words is after, as the command that does it (pure): 谁值班, 1号怎么样了, 打过电话给带班了.

A question is answered, it changes nothing; a deed is only asked about. Longer lines are reports and never read this way.
"""

from __future__ import annotations

import re
from typing import Final

from bot.headcount import stated
from bot.typed import han_number, tidy, without_stickers

LONGEST: Final = 20
TAIL: Final = 4
"""Characters after a question that may still be its own; more tell of something: 怎么回事，大湾村山塌了."""
_ENDS: Final = " 。，,.!！?？~～啊呢吗呀吧"
_NUMBER: Final = re.compile(r"[#＃]?(\d{1,6})号?(?:事件|这件|那件|件)?")
_STATE: Final = re.compile(
    r"(?:这件|那件|现在|目前|事情|到底)*(?:怎么样|咋样|怎么回事|什么情况|啥情况|情况如何|进展|到哪一?步|办得如何|办完没)"
)
QUESTIONS: Final = (
    (re.compile(r"(?:今天|今晚|现在|晚上)*(?:是?谁|哪位|哪个)(?:在)?值班|值班(?:员|人|领导)?是谁"), "值班"),
    (re.compile(r"(?:现在|还)*(?:卡在?|等)(?:着)?(?:谁|哪)|谁还?没(?:签|办|收|回)"), "卡在"),
    (re.compile(r"最急|(?:还有|有|剩|在办)(?:几|多少|哪些?)件|哪件"), "查询"),
    (re.compile(r"(?:在哪|哪里|哪儿|怎么|如何).{0,3}(?:看|找|打开).{0,2}(?:原文|原帖|链接|视频)|原[文帖]在哪"), "详情"),
    (re.compile(r"怎么(?:用|弄|操作|回复?)$|能(?:干|办|做)(?:什么|啥)"), "帮助"),
)
"""What asks for something to read, and the command that shows it."""
_TOLD: Final = re.compile(
    r"(?:打|通|去)?过?电话.{0,4}(?:带班|领导)|(?:报告?|告诉|通知|跟)(?:了|过)?(?:给)?带班|带班.{0,3}(?:知道|报过|已报|说过|同意)"
)
_NOT_YET: Final = re.compile("没|未|不|要|准备|马上|打算|吗|谁")
_ONLY_FIGURES: Final = re.compile(r"(?:[一-龥]{1,4}?[为是:：]?\d+[人名]?|\d+[人名][一-龥]{1,4}|指挥部|[\s、，,和])+")
_THANKS: Final = re.compile(r"(?:好的?)?(?:谢谢|多谢|感谢|辛苦|麻烦)(?:了|您|你|大家|各位)*")
WELCOME: Final = "不客气。有新情况直接发来。"


def question(line: str) -> str:
    """The reading command that answers the line; empty where it asks nothing this desk can show."""
    text = _short(line)
    if not text:
        return ""
    number, rest = _number(text)
    for pattern, command in ((_STATE, "详情"), *QUESTIONS):
        found = pattern.match(rest)
        if found is not None and len(rest) - found.end() <= TAIL:
            return f"{command} {number}".strip()
    return ""


def deed(line: str) -> str:
    """The command for what the line says has been done, to be asked about; empty where none is meant."""
    text = _short(line)
    number, rest = _number(text)
    if rest and _TOLD.search(rest) and not _NOT_YET.search(rest):
        return f"已报带班 {number}".strip()
    if rest and _ONLY_FIGURES.fullmatch(rest) and stated(rest):
        return f"数字 {number} {rest}".replace("  ", " ")
    return ""


def thanks(line: str) -> bool:
    return _THANKS.fullmatch(_short(line)) is not None


def _short(line: str) -> str:
    text = without_stickers(tidy(line)).strip(_ENDS)
    return text if len(text) <= LONGEST else ""


def _number(text: str) -> tuple[str, str]:
    """The number of a matter before the words, and the words."""
    found = _NUMBER.match(text)
    if found is not None and (text[found.end() :][:1] or "0") not in "人名户0123456789":
        return found[1], text[found.end() :].lstrip(_ENDS)
    said = han_number(text, marked=True)
    return (str(said[0]), text[said[1] :].lstrip(_ENDS)) if said else ("", text)
