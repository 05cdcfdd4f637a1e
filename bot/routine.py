"""What the desk does by the clock and not by a matter: 到岗 cards at shift start, briefs at their hours. Looked at every minute.

Each part keeps in the store what it has done, so that a restart neither repeats nor forgets; one that fails stops no other.
"""

from __future__ import annotations

from datetime import datetime

from bot import briefs, shift_start
from bot.jobs import guarded
from bot.rota_desk import load_covers
from bot.service import Service

FAILED = "“{name}”没有完成（{error}），一分钟后再做；反复出现的请查看日志。"


def next_look(service: Service) -> datetime | None:
    """The next instant at which a part has its hour, for a clock that jumps; what the quiet hours held comes with a later look."""
    desk = service.desk
    hours = (shift_start.next_look(desk), briefs.next_slot(desk.settings.bot.brief_at, desk.now()))
    return min((at for at in hours if at is not None), default=None)


async def routine(service: Service) -> None:
    """One look; what goes wrong becomes a problem until it ends well again."""
    desk = service.desk
    if desk.settings.bot.database_url:
        await load_covers(desk)  # another process may have recorded who is really there
    parts = (
        ("到岗提醒", shift_start.look(desk)),
        ("简报", briefs.send_due(desk, service.intake.knowledge.judges.policy)),
    )
    for name, part in parts:
        await guarded(desk, name, part, FAILED)
