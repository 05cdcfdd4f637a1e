"""Deliveries that could not be stored: kept in memory and stored as soon as the database takes them again.

WeCom tries a delivery for some fifteen seconds; a disk that is full or a file another program locks may last longer. What an officer
pressed or typed meanwhile is not lost as long as this process lives; what waited too long to be worked unseen is told to him.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

MOST: Final = 500
STALE: Final = timedelta(minutes=30)
"""After this the matter may have moved on: the sender decides again."""

NOT_WORKED: Final = "值班台在{at}写不进数据库，您当时发的消息或点的按钮没有办理。请回“查询”看现状，还要办的请重发。"

Body = Mapping[str, object]


@dataclass(slots=True)
class Held:
    """Deliveries of this process that wait for the database, by their dedupe key, oldest first."""

    rows: dict[str, tuple[datetime, Body]] = field(default_factory=dict)

    def keep(self, key: str, at: datetime, body: Body) -> None:
        """Keep one; delivered again it keeps its first time. Beyond the limit nothing more is kept."""
        if len(self.rows) < MOST:
            self.rows.setdefault(key, (at, body))
