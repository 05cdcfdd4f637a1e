"""Meters shared by all processes through the store: how long a message must wait so that no member gets more than WeCom lets through.

What exceeds WeCom's meters is dropped without a word (document 90312), so ours are lower. The worst matters have room that
nothing else may use; digests wait first. A message that waits stays in its row and comes back by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.store.kept import Left
from bot.store.port import MessageRow
from bot.wecom.meters import WEBHOOK, Meter, wait

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
GRAVE, ALARM = -1, 2  # priorities: level 1-2 is below zero, alarms and replies up to 2, everything else above
LIMITS = (
    (GRAVE, (Meter(count=28, window=MINUTE), Meter(count=900, window=HOUR))),
    (ALARM, (Meter(count=18, window=MINUTE), Meter(count=300, window=HOUR))),
)
REST = (Meter(count=12, window=MINUTE), Meter(count=200, window=HOUR))
GROUP = "group"
UNCOUNTED = frozenset({"update", "voice", "mail"})
"""Kinds that are no message of WeCom, or only change one that is there."""


def meter_of(recipient: str, kind: str) -> str:
    """Whose meter it is: a smart bot's conversation is not the app's."""
    return f"bot:{recipient}" if kind == "bot" else recipient


def limits(row: MessageRow) -> tuple[Meter, ...]:
    """The meters that apply to a message, by its priority; groups have their own."""
    if row.kind == GROUP:
        return WEBHOOK
    return next((meters for priority, meters in LIMITS if row.priority <= priority), REST)


@dataclass(slots=True)
class Meters:
    """Send times of the last hour, by person. Updates of cards already sent are no messages and do not count."""

    known: bool = False  # whether the store was asked since the start
    _sent: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def wait(self, row: MessageRow, now: datetime) -> timedelta:
        """Zero: send now."""
        if row.kind in UNCOUNTED:
            return timedelta()
        name = meter_of(row.recipient, row.kind)
        recent = [at for at in self._sent[name] if at > now - HOUR]
        self._sent[name] = recent
        return wait(recent, now, limits(row))

    def learn(self, left: Iterable[Left]) -> None:
        """Take what the store knows of the last hour in the place of our own notes: other processes and the time before a restart."""
        self._sent = defaultdict(list)
        for one in left:
            self._note(one.recipient, one.kind, one.at)
        self.known = True

    def note(self, row: MessageRow, now: datetime) -> None:
        """A message left (or may have left)."""
        self._note(row.recipient, row.kind, now)

    def _note(self, recipient: str, kind: str, at: datetime) -> None:
        if kind not in UNCOUNTED:
            self._sent[meter_of(recipient, kind)].append(at)
