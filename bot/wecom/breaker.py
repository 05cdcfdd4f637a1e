"""When WeCom does not work at all, stop knocking with every message: one probe at a time, further and further apart.

    closed --(FAILURES in a row)--> open until `probe_at` --> one probe: works -> closed, fails -> open for twice as long

Pure; the caller says what happened and when. A refusal that concerns one message (its words, its person) is no failure of WeCom.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.wecom.errors import Kind, OutcomeUnknown, SendError

FAILURES = 5
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=1)
PROBE_TIME = timedelta(seconds=30)
"""How long a probe may be under way before another message may try in its place."""


def tells_of_wecom(error: SendError | OutcomeUnknown) -> bool:
    """Whether this failure says that WeCom, the way to it or our account is out of order."""
    return isinstance(error, OutcomeUnknown) or error.kind in (Kind.RETRY, Kind.FATAL, Kind.TOKEN)


@dataclass(slots=True)
class Breaker:
    """The state of one app's connection. `since`: when it opened, None while it is closed."""

    failures: int = 0
    since: datetime | None = None
    probe_at: datetime | None = None
    pause: timedelta = FIRST_PAUSE

    def wait(self, now: datetime) -> timedelta:
        """Zero: try (and if the breaker is open, this is the probe); else how long to keep the message back."""
        if self.since is None or self.probe_at is None:
            return timedelta()
        if now >= self.probe_at:
            self.probe_at = now + PROBE_TIME
            return timedelta()
        return self.probe_at - now

    def failed(self, now: datetime) -> bool:
        """One more failure; True when it opened the breaker, which is worth telling."""
        self.failures += 1
        if self.failures < FAILURES:
            return False
        opened = self.since is None
        if opened:
            self.since, self.pause = now, FIRST_PAUSE
        else:
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
        self.probe_at = now + self.pause
        return opened

    def worked(self) -> datetime | None:
        """WeCom answered; returns since when the breaker had been open."""
        since, self.failures, self.since, self.probe_at, self.pause = self.since, 0, None, None, FIRST_PAUSE
        return since
