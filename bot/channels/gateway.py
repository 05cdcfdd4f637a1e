"""Generic SMS or voice gateway: one JSON POST a message; what a site's own gateway expects is translated outside.

Request: {"id", "phone", "name", "text", "voice"}. Any 2xx answer is taken as accepted; 4xx as refused for good; the rest is
unknown and sent again with the same id, which the gateway should treat as one message.
"""

from __future__ import annotations

import json
from typing import Protocol, runtime_checkable

import aiohttp

from bot.wecom.errors import Kind, OutcomeUnknown, SendError

TIMEOUT = 10.0


@runtime_checkable
class Carrier(Protocol):
    """A channel that also takes files (the smart bot); the id is for that channel's messages only."""

    async def upload(self, name: str, content: bytes) -> str: ...


class Sender(Protocol):
    async def send(self, body: bytes) -> None: ...


class Gateway:
    """The gateway at one address. Raises SendError (refused, no effect) or OutcomeUnknown (repeat the same bytes)."""

    def __init__(self, session: aiohttp.ClientSession, url: str, timeout: float = TIMEOUT) -> None:
        self._session = session
        self._url = url
        self._timeout = aiohttp.ClientTimeout(total=timeout)

    async def send(self, body: bytes) -> None:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            async with self._session.post(self._url, data=body, headers=headers, timeout=self._timeout) as response:
                await response.read()
                status = response.status
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise SendError(0, Kind.RETRY, "连接不上短信语音网关，请检查网络和地址") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise OutcomeUnknown("短信语音网关没有应答，结果待查") from error
        if 400 <= status < 500:
            raise SendError(status, Kind.DATA, "短信语音网关拒绝了这条消息，请核对号码和网关设置")
        if not 200 <= status < 300:
            raise OutcomeUnknown(f"短信语音网关异常（HTTP {status}），结果待查")


def gateway_request(ident: str, phone: str, name: str, text: str) -> bytes:
    """Frozen bytes of one call; the text carries number and time, no place and no toll."""
    body = {"id": ident, "phone": phone, "name": name, "text": text, "voice": True}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
