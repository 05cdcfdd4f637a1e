"""Files on their way to officers: uploaded once while WeCom keeps them (three days), again where it no longer does."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bot.wecom.cards import file_request
from bot.wecom.client import SendResult, WeComClient
from bot.wecom.errors import Kind, SendError

KEPT: Final = timedelta(days=3) - timedelta(hours=6)
"""How long a media_id is trusted: WeCom's three days less the time a queued message may wait."""
SMALLEST, LARGEST = 6, 20 << 20  # bytes
EXPIRED: Final = frozenset({40007, 40145})


@dataclass(slots=True)
class Uploads:
    """media_ids by name and content, for one app. Two who send the same file at once upload it once."""

    client: WeComClient
    clock: Callable[[], datetime]
    _known: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def media_id(self, name: str, content: bytes) -> str:
        """The id of this file under this name; SendError where the size is not allowed or WeCom refuses."""
        if not SMALLEST <= len(content) <= LARGEST:
            raise SendError(0, Kind.DATA, f"文件“{name}”有{len(content)}字节，企业微信只收6字节至20MB的文件，请在总览下载")
        key = _key(name, content)
        async with self._lock:
            now = self.clock()
            self._known = {k: v for k, v in self._known.items() if now - v[1] < KEPT}
            if key not in self._known:
                self._known[key] = (await self.client.upload(name, content), now)
            return self._known[key][0]

    def forget(self, name: str, content: bytes) -> None:
        self._known.pop(_key(name, content), None)

    async def send_file(self, user: str, name: str, content: bytes, *, mark: str = "") -> SendResult:
        """Send a file to one officer under a Chinese name; an id WeCom has dropped is replaced once."""
        for last in (False, True):
            media_id = await self.media_id(name, content)
            try:
                return await self.client.send(file_request(user, self.client.agentid, media_id, mark=mark))
            except SendError as error:
                if error.code not in EXPIRED or last:
                    raise
                self.forget(name, content)
        raise AssertionError("unreachable")


def _key(name: str, content: bytes) -> str:
    return hashlib.sha256(name.encode() + b"\0" + content).hexdigest()
