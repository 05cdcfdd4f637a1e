"""A line that begins with no command: share text, a word misheard by dictation, "好的", a report without 报. Asked, never guessed.

Nothing an officer sends in the night may end in "没有看懂" when it says that something has happened.
"""

from __future__ import annotations

import re

from bot.asking import Question, offer
from bot.commands import parse
from bot.desk import Desk
from bot.meant import WELCOME, deed, thanks
from bot.officer_report import officer_report
from bot.replies import ordered
from bot.typed import has_seen, heard, tidy, without_stickers
from bot.useful import useful
from monitors.mask import mask
from monitors.share import read_share
from playbooks.incident import Actor, Incident

REPORT = 8
"""Characters from which words without a command may tell of something that happened."""
NOTED = 4
_WORD_AND_NUMBER = re.compile(r"[\u4e00-\u9fff]{1,6}\s*[#＃]?\d{1,6}号?(?=\s|$)")
"""An attempt at a command, not a report: 驳回 6 不属实."""
QUOTED = 12
WORDS = "、".join(("报", "查询", "详情", "收到", "核实", "交办", "已发布", "值班", "帮助"))


async def answer(desk: Desk, actor: Actor, line: str, key: str) -> str:
    """The answer, "" where a card asks."""
    if read_share(line) is not None:  # pasted from a short-video app: a report
        return await officer_report(desk, actor, line, key)
    said = heard(line) or deed(line)
    if said and parse(said) is not None:
        return await _misheard(desk, actor, said, key)
    if thanks(line):
        return WELCOME
    if has_seen(line):
        return await _seen(desk, actor, key)
    said = without_stickers(tidy(line))
    if len(said) >= REPORT and not _WORD_AND_NUMBER.match(said):
        return await _told(desk, actor, said, key)
    quoted = f"“{mask(said)[:QUOTED]}”" if said else ""
    return f"没有看懂{quoted}。可以回：{WORDS}。例：报 大湾村滑坡 4人被埋 12345转"


async def _misheard(desk: Desk, actor: Actor, meant: str, key: str) -> str:
    shown = meant if len(meant) <= QUOTED else f"{meant[:QUOTED]}…"
    ask = Question(
        title="请确认要办什么",
        desc=f"您是不是要：{shown}",
        sub="对的点一下就办，不用重打；不对的请重发。",
        plain=f"没有看懂。您是不是要“{shown}”？是的请照这样重发。",
    )
    return await offer(desk, actor.id, ask, [("是，照办", meant)], key)


async def _seen(desk: Desk, actor: Actor, key: str) -> str:
    """好的: whose alarm waits for this person's 收到."""
    waiting = [i for i in await _open(desk) if "acknowledge" in useful(i, actor)]
    if not waiting:
        return "好的。现在没有等您点“收到”的事件，看在办事件请回：查询"
    lines = [(f"收到 {i.number}号", f"收到 {i.number}") for i in waiting]
    ask = Question(
        title="要登记“收到”吗",
        desc="登记了，系统就不再催点“收到”",
        sub="点一下就登记。",
        plain=f"要登记“收到”，请回：{lines[0][1]}",
    )
    return await offer(desk, actor.id, ask, lines, key)


async def _told(desk: Desk, actor: Actor, said: str, key: str) -> str:
    """Words that may be a report, or a note to an open matter."""
    plain = "这条没有写要办什么，还没有立案。要立案提醒，请在前面加“报”字重发；要记到已有事件，请回：补录 编号 内容"
    if mask(said) != said:  # personal details stay in no button
        return plain
    notable = [i for i in await _open(desk) if "note" in useful(i, actor)][:NOTED]
    ask = Question(
        title="这条要立案提醒吗",
        desc="没有写要办什么，还没有立案",
        sub=f"“{said[:40]}{'…' if len(said) > 40 else ''}”点“立案提醒”照原文立案；是已有事件的进展，点“补录”。",
        plain=plain,
    )
    lines = [("立案提醒", f"报 {said}"), *((f"补录到{i.number}号", f"补录 {i.number} {said}") for i in notable)]
    return await offer(desk, actor.id, ask, lines, key)


async def _open(desk: Desk) -> list[Incident]:
    return ordered(await desk.store.incidents(open_only=True, alarmed_only=True))
