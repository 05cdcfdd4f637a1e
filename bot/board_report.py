"""A report made on the board: the same way as `报` in chat, with its files kept first."""

from __future__ import annotations

from collections.abc import Sequence

from bot.board.upload import Upload
from bot.desk import Desk
from bot.evidence import attach
from bot.officer_report import officer_item, officer_report
from bot.store.kept import Attachment


async def board_report(desk: Desk, userid: str, text: str, files: Sequence[Upload], key: str) -> tuple[int | None, str]:
    """The matter it became part of and the reply; the same form sent twice changes nothing."""
    actor = desk.actor(userid)
    if actor is None:
        return None, "您不在本单位名册中，不能办理。请联系管理员。"
    said = (text, *(file.name for file in files))
    if any(mark in words for mark in desk.settings.bot.secrecy_marks for words in said):
        return None, "内容带有密级标识，本系统不得处理。本条未留存，请到值班室当面处理。"
    key = f"board:{userid}:{key}"
    for n, file in enumerate(files):
        row = Attachment(
            id=f"{key}:{n}",
            name=file.name or f"附件{n + 1}",
            kind=file.media_type.split("/")[0].replace("audio", "voice").replace("application", "file"),
            by=actor.id,
            at=desk.now(),
            media_type=file.media_type,
        )
        await desk.store.add_attachment(row, file.body)
    reply = await officer_report(desk, actor, text, key)
    number = await desk.store.incident_of(officer_item(key))
    if number is not None:
        await attach(desk, actor, number)
    return number, reply
