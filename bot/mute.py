"""A desk that cannot write can queue no message, so nobody would hear that it has gone mute: this one message goes straight to WeCom.

It belongs to no matter, is sent once for each such time, and is the same from every process, so that WeCom drops the second.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot import outage
from bot.desk import Desk
from bot.labels import beijing
from bot.wecom.cards import text_request
from bot.wecom.errors import OutcomeUnknown, SendError

log = logging.getLogger(__name__)

PATIENCE: Final = timedelta(minutes=1)
"""A lock of seconds is nothing to wake anybody for."""


@dataclass(slots=True)
class Mute:
    """Since when this process has not been able to write, and whether people were told."""

    since: datetime | None = None
    told: bool = False

    async def failed(self, desk: Desk, why: str) -> None:
        """Another look that could not write; after a minute of them those who answer for the desk are told."""
        now = desk.now()
        self.since = self.since or now
        if self.told or now - self.since < PATIENCE or desk.wecom is None:
            return
        text = (
            f"值班台写不进数据：{why}提醒发不出、登记不了，时限照走。"
            "请改用电话联系，人工盯住在办事件的时限；恢复后自动补发，点过的按钮、发过的消息半小时内的照办。"
        )
        reached = [await _sent(desk, user, text) for user in outage.people(desk)]
        self.told = any(reached)

    async def well(self, desk: Desk) -> None:
        """A look that could write: the end is told to those who heard of the beginning."""
        since, told = self.since, self.told
        self.since, self.told = None, False
        if told and since is not None:
            now = desk.now()
            text = f"值班台{beijing(now, now)}恢复写入，{beijing(since, now)}起积下的提醒正在补发。请核对在办事件的现状。"
            await outage.tell(desk, text, f"mute-{since.isoformat()}")


async def _sent(desk: Desk, user: str, text: str) -> bool:
    assert desk.wecom is not None
    try:
        await desk.wecom.send(text_request(user, desk.wecom.agentid, text, mark="mute"))
    except (SendError, OutcomeUnknown) as e:
        log.warning("mute_not_told", extra={"user": user, "error": str(e)})
        return False
    return True
