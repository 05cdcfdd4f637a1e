"""What was not clear is asked back with buttons: one press instead of typing it all again.

The button carries the completed line; a press works it as if it had been typed, once, under the key of the press.
"""

from __future__ import annotations

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


async def back(desk: Desk, user: str, asked: Asked, e: Unclear, key: str) -> str:
    """Queue the card with the choices; an empty answer. The plain sentence where buttons cannot be had."""
    lines = [(c.label[:10], line(asked, c)) for c in e.choices[:BUTTONS]]
    kept_nowhere = not asked.command.action and bool(asked.rest)  # 体检: the draft must not stay in a button
    if key.startswith(link_frames.KEY) or kept_nowhere or not lines or any(len(said.encode()) > LONGEST for _, said in lines):
        return str(e)
    more = f"没有列出的，请回：{asked.command.usage}" if len(e.choices) > BUTTONS else ""
    card = button_card(
        title=f"请选{e.what}",
        desc=f"您回的是“{asked.command.words[0]}”",
        sub=f"点一下就办，不用重打。{more}",
        buttons=[Button(text=label, key=f"{SAY}|{said}", style=1) for label, said in lines],
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
