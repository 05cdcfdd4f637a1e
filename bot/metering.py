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
GRAVE, ALARM, ANSWER = (
    -1,
    2,
    3,
)  # priorities: level 1-2 is below zero, alarms and statutory steps to 2, replies, everything else
LIMITS = (
    (GRAVE, (Meter(count=28, window=MINUTE), Meter(count=900, window=HOUR))),
    (ALARM, (Meter(count=18, window=MINUTE), Meter(count=300, window=HOUR))),
    (ANSWER, (Meter(count=15, window=MINUTE), Meter(count=250, window=HOUR))),
)
"""Who asks much leaves room for the alarm or the countdown that comes meanwhile."""
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


@dataclass(frozen=True, slots=True)
class Promise:
    """The slot a waiting message was sent back with."""

    at: datetime
    priority: int


@dataclass(slots=True)
class Meters:
    """Send times of the last hour, by person. Updates of cards already sent are no messages and do not count.

    What waits is promised a slot of its own, so that a hundred waiting messages do not all come back for each slot that frees.
    """

    known: bool = False  # whether the store was asked since the start
    _sent: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    _promised: dict[str, dict[str, Promise]] = field(default_factory=lambda: defaultdict(dict))

    def wait(self, row: MessageRow, now: datetime) -> timedelta:
        """Zero: send now. Otherwise until the first slot behind those that wait and are as urgent or more."""
        if row.kind in UNCOUNTED:
            return timedelta()
        name = meter_of(row.recipient, row.kind)
        recent = self._sent[name] = [at for at in self._sent[name] if at > now - HOUR]
        waiting = self._promised[name]
        ahead = [p.at for p in waiting.values() if p.at > now and p.priority <= row.priority]
        if waiting.pop(row.id, None):
            ahead = []  # it had its place in the queue
        first = max(ahead, default=now)
        pause = first - now + wait([*recent, *ahead], first, limits(row))
        if pause:
            waiting[row.id] = Promise(now + pause, row.priority)
        return pause

    def learn(self, left: Iterable[Left]) -> None:
        """Take what the store knows of the last hour in the place of our own notes: other processes and the time before a restart."""
        self._sent = defaultdict(list)
        for one in left:
            self._note(one.recipient, one.kind, one.at)
        self.known = True

    def note(self, row: MessageRow, now: datetime) -> None:
        """A message left (or may have left)."""
        self._note(row.recipient, row.kind, now)
        waiting = self._promised[meter_of(row.recipient, row.kind)]
        for key in [key for key, promise in waiting.items() if promise.at < now - HOUR]:
            del waiting[key]  # met or withdrawn while it waited

    def _note(self, recipient: str, kind: str, at: datetime) -> None:
        if kind not in UNCOUNTED:
            self._sent[meter_of(recipient, kind)].append(at)
