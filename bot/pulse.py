"""Signs of life to the outside: a GET to an address of the installation, and systemd's watchdog.

The GET stops when anything due is unsent or cannot be checked: whoever waits for it raises the alarm. The watchdog stops only
when the loops themselves stand still: a restart helps then, and would not help against a broken line.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp

from bot.desk import Desk
from bot.service import Service

log = logging.getLogger(__name__)

STALE = timedelta(minutes=2)
TIMEOUT = aiohttp.ClientTimeout(total=10)


def alive(service: Service) -> bool:
    """The loops run: something was pumped and something was audited lately."""
    now = service.desk.now()
    audited = service.audited
    return service.beat is not None and now - service.beat < STALE and (audited is None or now - audited.at < 2 * STALE)


def healthy(service: Service) -> bool:
    """Alive, and an audit of the last two minutes found everything due sent."""
    audited = service.audited
    return alive(service) and audited is not None and audited.clean and service.desk.now() - audited.at < STALE


def notify(words: str, env: Mapping[str, str] | None = None) -> bool:
    """Say `words` to systemd; False when it does not listen."""
    address = (os.environ if env is None else env).get("NOTIFY_SOCKET", "")
    if not address:
        return False
    target = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(words.encode(), target)
    except OSError as e:
        log.warning("notify_failed", extra={"error": str(e)})
        return False
    return True


@dataclass(slots=True, kw_only=True)
class Pulse:
    """Beats of one process. `url` empty: no GET is made."""

    desk: Desk
    url: str
    failures: int = 0
    task: asyncio.Task[None] | None = field(default=None)

    def beat(self, service: Service) -> None:
        """One beat; the GET runs by itself so that a slow address delays nothing."""
        if alive(service):
            notify("WATCHDOG=1")
        if self.url and healthy(service) and (self.task is None or self.task.done()):
            self.task = asyncio.get_running_loop().create_task(self.call())

    async def call(self) -> None:
        """GET the address; three failures in a row are a problem."""
        try:
            async with aiohttp.ClientSession(timeout=TIMEOUT) as session, session.get(self.url) as answer:
                answer.raise_for_status()
        except (aiohttp.ClientError, TimeoutError, OSError) as e:
            self.failures += 1
            if self.failures >= 3:
                detail = f"心跳地址连续{self.failures}次没有应答（{type(e).__name__}），请检查 heartbeat_url 和外网。"
                await self.desk.store.report_problem("heartbeat", "url", detail, self.desk.now())
            return
        self.failures = 0
        await self.desk.store.resolve_problem("heartbeat", "url", self.desk.now())
