"""The access token of one app: fetched once for all who wait, renewed early, replaced only by who saw it fail."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.wecom.errors import SendError

RENEW_EARLY = timedelta(seconds=300)
PAUSE_AFTER_FATAL = timedelta(seconds=60)  # many wrong secrets get our address banned for an hour (document 91039)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """`value` as WeCom gave it; `renew_at` on the program's clock."""

    value: str
    renew_at: datetime


class TokenKeeper:
    """Holds the token of one (corp, app). `fetch` asks WeCom and returns (token, lifetime in seconds)."""

    def __init__(self, fetch: Callable[[], Awaitable[tuple[str, int]]], clock: Callable[[], datetime]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._token: Token | None = None
        self._flight: asyncio.Task[str] | None = None
        self._refused: tuple[SendError, datetime] | None = None

    async def get(self) -> str:
        """Return a token that is not about to expire; all who wait share one fetch and its failure."""
        if self._token is not None and self._clock() < self._token.renew_at:
            return self._token.value
        if self._refused is not None and self._clock() < self._refused[1]:
            raise self._refused[0]
        if self._flight is None:
            self._flight = asyncio.create_task(self._renew())
            self._flight.add_done_callback(self._landed)
        return await asyncio.shield(self._flight)

    async def replace(self, failed: str) -> str:
        """Return another token than `failed`; a token that someone already replaced is not fetched again."""
        if self._token is not None and self._token.value == failed:
            self._token = None
        return await self.get()

    async def _renew(self) -> str:
        try:
            value, lifetime = await self._fetch()
        except SendError as error:
            if error.permanent:
                self._refused = (error, self._clock() + PAUSE_AFTER_FATAL)
            raise
        self._refused = None
        early = min(RENEW_EARLY, timedelta(seconds=lifetime) / 2)
        self._token = Token(value=value, renew_at=self._clock() + timedelta(seconds=lifetime) - early)
        return value

    def _landed(self, flight: "asyncio.Task[str]") -> None:
        self._flight = None
        if not flight.cancelled():
            flight.exception()  # looked at, so that a failure nobody waited for is not reported as forgotten
