"""What fingers, voice typing and other keyboards make of a command, put into the form the table of commands has (pure).

Full-width letters and addresses, traditional characters, numbers in words; and the words that dictation hears in place of a command.
"""

from __future__ import annotations

import re
from typing import Final

from bot.simplified import simplified
from monitors.numerals import value

_UNSEEN: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufe0f\ufeff]")
_WIDE: Final = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_WIDE_ALL: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_ADDRESS: Final = re.compile(r"https?\s?[:：]\s?[/／]{2}[\x21-\x7e\uff01-\uff5e]+", re.I)
_AFTER_ADDRESS: Final = "，。；、！？）"
_STICKER: Final = re.compile(r"\[[\u4e00-\u9fff]{1,4}\]|[\U0001f000-\U0001faff\u2600-\u27bf\u2b50]")

HEARD: Final = {
    "核实": "和实 核时 合实 核石 何实 核是 禾实 核事",
    "详情": "祥情 详请 详晴 相情 想请",
    "查询": "察询 茶询",
    "已报带班": "以报带班 一报带班 已报代班 以报代班 已抱带班",
    "收到": "收道 受到 手到",
    "签收": "千收 签受 签手 牵收",
    "交办": "交半 交伴 脚办 叫办",
    "定级": "定极 定及 订级 顶级 定集",
    "数字": "数子 书字",
    "已发布": "以发布 一发布 已发部 已法布",
    "发布会": "发部会 法布会",
    "回应": "回映",
    "报送": "抱送 爆送",
    "续报": "续抱 序报",
    "报": "抱 暴 爆",
    "排除": "排出 排处",
    "会签": "汇签 会千",
    "审定": "审订 深定",
    "裁定": "才定 彩定 材定",
    "退回": "推回 退会",
    "办结": "办洁 办杰 半结",
    "口径": "口经 口劲 口镜",
    "底稿": "底搞 低稿",
    "值班": "直班 只班 执班",
    "到岗": "到刚 到钢 倒岗",
    "顶班": "定班 顶斑",
    "换班": "换斑 唤班",
    "补录": "补路 不录 补鹿",
    "起算": "起酸 启算",
    "认定": "任定 认订",
    "情况有变": "情况有便 情况又变",
    "帮助": "帮住 帮主",
}
"""Command -> what dictation writes for it; each is asked about before it is worked."""
_HEARD: Final = {wrong: right for right, wrongs in HEARD.items() for wrong in wrongs.split()}
_LONGEST_HEARD: Final = max(map(len, _HEARD))
_ANSWERS = "好 好的 好滴 好嘞 是 明白 知道 知道了 知悉 已知悉 了解 已阅 阅 嗯 嗯嗯 行 可以 ok okay 收悉 看到了 已看到"
SEEN: Final = frozenset(_ANSWERS.split(" "))
"""What people answer who have read."""

COUNTED_ON: Final = "楼线院厂井桥店库门坝段"
"""3号楼, 2号线: the number of a thing, not of a matter."""
_HAN: Final = "[零〇一二两三四五六七八九十百]{1,6}"
_FIRST_WORDS: Final = "属实|不属实|不实|部分属实|无法核实|遇难|死亡|失联|失踪|被困|受伤|中毒|特别重大|特大|重大|较大"
_HAN_NUMBER: Final = re.compile(rf"[#＃第]?({_HAN})(?:号(?![{COUNTED_ON}])\s*|(?=[\s，,。:：]|$|{_FIRST_WORDS})\s*)")


def tidy(line: str) -> str:
    """The line in the characters the commands are written in; what it says stays."""
    text = _UNSEEN.sub("", line).replace("\u00a0", " ").translate(_WIDE)
    return _ADDRESS.sub(_narrow, simplified(text)).strip()


def _narrow(match: re.Match[str]) -> str:
    """An address typed in wide characters; punctuation of the sentence behind it is not its own."""
    found = match[0]
    body = found.rstrip(_AFTER_ADDRESS)
    scheme, _, rest = body.translate(_WIDE_ALL).replace(" ", "").partition("://")
    return f"{scheme.lower()}://{rest}{found[len(body) :]}"


def without_stickers(text: str) -> str:
    """The words without emoji and WeCom's [微笑]."""
    return re.sub(r"\s{2,}", " ", _STICKER.sub(" ", text)).strip()


def han_number(text: str, *, marked: bool = False) -> tuple[int, int] | None:
    """A number in words at the start of a text, and where it ends: 十二号, 一 属实. `marked`: only one with 号."""
    m = _HAN_NUMBER.match(text)
    if m is None or (marked and "号" not in m[0]):
        return None
    found = value(m[1])
    return (found.value, m.end()) if found is not None else None


def heard(line: str) -> str:
    """The line with the command that dictation misheard, "" where none was."""
    text = tidy(line)
    for length in range(min(_LONGEST_HEARD, len(text)), 0, -1):
        right = _HEARD.get(text[:length])
        rest = text[length:]
        if right and (length > 1 or rest[:1].isspace()):
            return right + rest
    return ""


def has_seen(line: str) -> bool:
    """The line only says that somebody has read: 好的, OK, 👍."""
    words = re.sub(r"[\s。，,.!！~～]+", "", _STICKER.sub("", line)).lower()
    return words in SEEN or (not words and bool(_STICKER.search(line)))
