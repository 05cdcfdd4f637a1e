"""What was not clear is asked back with buttons: one press instead of typing it all again.

The button carries the completed line; a press works it as if it had been typed, once, under the key of the press.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot import texts
from bot.commands import Asked
from bot.desk import Desk
from bot.fields import Choice, Unclear
from bot.outbox import card_message, queue
from bot.wecom import link_frames
from bot.wecom.cards import Button, Card, button_card, text_notice

SAY = "say"
LONGEST = 600
"""Bytes of a line that still fits a button's key (1024) with room to spare."""
BUTTONS = 6
FITS = 110
"""Characters of an answer that fits the card; a longer one follows as a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Words of a card that asks; `plain` says the same without buttons."""

    title: str
    desc: str
    sub: str
    plain: str


async def back(desk: Desk, user: str, asked: Asked, e: Unclear, key: str) -> str:
    """Queue the card with the choices; an empty answer. The plain sentence where buttons cannot be had."""
    lines = [(c.label, line(asked, c)) for c in e.choices]
    if not asked.command.action and asked.rest:  # 体检: the draft must not stay in a button
        return str(e)
    more = f"没有列出的，请回：{asked.command.usage}" if len(e.choices) > BUTTONS else ""
    words = Question(
        title=f"请选{e.what}", desc=f"您回的是“{asked.command.words[0]}”", sub=f"点一下就办，不用重打。{more}", plain=str(e)
    )
    return await offer(desk, user, words, lines, key)


async def offer(desk: Desk, user: str, ask: Question, lines: Sequence[tuple[str, str]], key: str) -> str:
    """Queue a card whose buttons (label, line) work a line as if typed; `ask.plain` where buttons cannot be had, else ""."""
    shown = lines[:BUTTONS]
    if key.startswith(link_frames.KEY) or not shown or any(len(said.encode()) > LONGEST for _, said in shown):
        return ask.plain
    card = button_card(
        title=ask.title,
        desc=ask.desc,
        sub=ask.sub,
        buttons=[Button(text=label[:10], key=f"{SAY}|{said}", style=1) for label, said in shown],
        task_id="t",
        source=texts.source_line(desk.settings),
    )
    await queue(desk, card_message(desk, user, card, key))
    return ""


def line(asked: Asked, choice: Choice) -> str:
    """The line as it should have been typed."""
    number = choice.number if choice.number is not None else asked.number
    rest = asked.rest if choice.rest is None else choice.rest
    return " ".join(str(part) for part in (asked.command.words[0], number, rest) if part not in (None, ""))


def answered(desk: Desk, said: str, answer: str) -> Card:
    """What takes the place of the question."""
    short = answer if len(answer) <= FITS else "已按您点的办理，详见下一条。"
    return text_notice(title=f"已选：{said}"[:26], sub=short, url=f"{desk.board_url}/", source=texts.source_line(desk.settings))
