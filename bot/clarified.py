"""Earlier clarifications: those of our own record and those an installation lists, read again at most every ten minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.desk import Desk
from config.clarified import Clarification, ClarifiedError, load_clarified
from playbooks.rumours import clarification

FRESH = timedelta(minutes=10)
LOOKED_AT = 2000  # matters of the record, the newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarified:
    """What was known at `at`."""

    at: datetime
    found: tuple[Clarification, ...]


async def known_clarifications(desk: Desk, last: Clarified | None) -> Clarified:
    """`last` while it is fresh, else read again; a mistake in the list is told as a problem."""
    now = desk.now()
    if last is not None and now - last.at < FRESH:
        return last
    listed: tuple[Clarification, ...] = ()
    try:
        listed = load_clarified(*(Path(f) / "clarified.toml" for f in desk.settings.folders))
        await desk.store.resolve_problem("settings", "clarified.toml", now)
    except ClarifiedError as e:  # a list that cannot be read never stops the joining
        await desk.store.report_problem("settings", "clarified.toml", str(e), now)
    own = (clarification(i) for i in await desk.store.verified_incidents(LOOKED_AT))
    return Clarified(at=now, found=(*listed, *(c for c in own if c is not None)))
