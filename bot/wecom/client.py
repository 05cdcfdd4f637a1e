"""Our WeCom client on aiohttp: exact bytes out, one meaning in. It keeps no queue and never decides whether to repeat.

Facts: wecom documents 90236 (send), 94888 (update), 94867 (recall), 90253 (media), 91039 (token), 91023 (sign-in).
"""

import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.wecom.errors import CODES, Kind, OutcomeUnknown, SendError
from bot.wecom.media import MOST, Downloaded, TooLarge, file_name, sniffed
from bot.wecom.token import TokenKeeper

TIMEOUT = 10.0  # seconds for one request, connection included
TOKEN_CODES = frozenset(code for code, (kind, _) in CODES.items() if kind is Kind.TOKEN)
# The errcode of a task_id already used is not documented; only a *repeat* of a legal request may read this one so.
TASK_TAKEN = frozenset(range(42014, 42021))

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What WeCom said about one message. `invalid` and `unlicensed` did not get it (lower-case userids)."""

    msgid: str
    response_code: str | None
    invalid: tuple[str, ...] = ()
    invalid_parties: tuple[str, ...] = ()
    invalid_tags: tuple[str, ...] = ()
    unlicensed: tuple[str, ...] = ()
    errcode: int = 0
    already_there: bool = False  # the refusal of a repeat proved that the first try had arrived


def _names(value: object) -> tuple[str, ...]:
    parts = value.split("|") if isinstance(value, str) else value if isinstance(value, list) else ()
    return tuple(str(part).lower() for part in parts if str(part))


def _parse(raw: bytes) -> Answer:
    try:
        answer = json.loads(raw)
    except ValueError as error:
        raise OutcomeUnknown("企业微信的回答不完整，结果待查") from error
    if not isinstance(answer, dict):
        raise OutcomeUnknown("企业微信的回答不合格式，结果待查")
    return answer


def _errcode(answer: Answer) -> int:
    code = answer.get("errcode", 0)  # some successful calls omit it (document 90664)
    return code if isinstance(code, int) else 0


class WeComClient:
    """One self-built app of one corp. Raises SendError (no effect) or OutcomeUnknown (repeat the same bytes)."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        corpid: str,
        secret: str,
        agentid: int,
        clock: Callable[[], datetime],
        *,
        timeout: float = TIMEOUT,
    ) -> None:
        self._session = session
        self._base = base_url.rstrip("/")
        self._corpid = corpid
        self._secret = secret
        self.agentid = agentid
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._token = TokenKeeper(self._fetch_token, clock)

    async def send(self, body: bytes, *, repeat: bool = False) -> SendResult:
        """POST the frozen request `body` to message/send. `repeat`: the same bytes went out before, outcome unknown."""
        try:
            answer = await self.call("message/send", body=body)
        except SendError as error:
            if repeat and error.code in TASK_TAKEN:
                return SendResult(msgid="", response_code=None, errcode=error.code, already_there=True)
            raise
        return SendResult(
            msgid=str(answer.get("msgid") or ""),
            response_code=str(answer["response_code"]) if answer.get("response_code") else None,
            invalid=_names(answer.get("invaliduser")),
            invalid_parties=_names(answer.get("invalidparty")),
            invalid_tags=_names(answer.get("invalidtag")),
            unlicensed=_names(answer.get("unlicenseduser")),
        )

    async def update_card(self, body: bytes) -> tuple[str, ...]:
        """POST the frozen update; return the userids whose card was not changed. Spends the response_code."""
        return _names((await self.call("message/update_template_card", body=body)).get("invaliduser"))

    async def recall(self, msgid: str) -> None:
        """Take back a message of this app, within 24 hours."""
        await self.call("message/recall", body=json.dumps({"msgid": msgid}).encode())

    async def upload(self, name: str, content: bytes, kind: str = "file") -> str:
        """Upload a temporary file (5 B to 20 MB) and return its media_id, valid for three days."""
        form = aiohttp.FormData(quote_fields=False)  # the default would percent-encode a Chinese file name
        clean = re.sub(r'["\r\n]', "_", name)
        form.add_field("media", io.BytesIO(content), filename=clean, content_type="application/octet-stream")
        packed = form()
        raw = await _bytes_of(packed)
        answer = await self.call("media/upload", body=raw, query={"type": kind}, content_type=packed.content_type)
        return str(answer.get("media_id", ""))

    async def download(self, media_id: str, *, most: int = MOST) -> Downloaded:
        """Fetch a file a member sent. SendError where it is gone (40007) or refused, TooLarge above `most` bytes."""
        token = await self._token_or_error()
        for last in (False, True):
            got = await self._media(token, media_id, most)
            if isinstance(got, Downloaded):
                return got
            if _errcode(got) in TOKEN_CODES and not last:
                token = await self._token_or_error(failed=token)
                continue
            raise SendError.from_code(_errcode(got))
        raise AssertionError("unreachable")

    async def _media(self, token: str, media_id: str, most: int) -> Downloaded | Answer:
        url = f"{self._base}/cgi-bin/media/get?{urlencode({'access_token': token, 'media_id': media_id})}"
        try:
            async with self._session.get(url, timeout=self._timeout) as response:
                if response.status != 200:
                    raise SendError(0, Kind.RETRY, f"企业微信没有给出文件（HTTP {response.status}）")
                body = bytearray()
                async for piece in response.content.iter_any():
                    body += piece
                    if len(body) > most:
                        raise TooLarge
                disposition, kind = response.headers.get("Content-Disposition", ""), response.content_type
        except (aiohttp.ClientError, TimeoutError, OSError) as error:  # fetching again has no effect there
            raise SendError(0, Kind.RETRY, "从企业微信取文件时中断") from error
        if not disposition and ("json" in kind or body[:1] == b"{"):
            return _parse(bytes(body))
        return Downloaded(name=file_name(disposition), media_type=sniffed(bytes(body)), body=bytes(body))

    async def getuserinfo(self, code: str) -> str:
        """Turn a sign-in code into the member's userid; someone outside the corp is refused."""
        answer = await self.call("auth/getuserinfo", query={"code": code})
        userid = answer.get("userid")
        if not userid:
            raise SendError(0, Kind.HANDLE, "登录人不是本单位成员，不能进入")
        return str(userid)

    async def getcallbackip(self) -> tuple[str, ...]:
        """Return the address ranges from which WeCom delivers callbacks; refresh daily."""
        return tuple(str(ip) for ip in (await self.call("getcallbackip")).get("ip_list", ()))

    async def webhook(self, key: str, body: bytes) -> None:
        """POST to a group webhook; needs no token, at most 20 messages a minute."""
        answer = await self._request("webhook/send", {"key": key}, body, "application/json")
        if _errcode(answer):
            raise SendError.from_code(_errcode(answer))

    async def check(self) -> None:
        """Fetch a token; raises as any call does. For the doctor."""
        await self._token.get()

    async def call(
        self,
        path: str,
        *,
        body: bytes | None = None,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """One call with a token, repeated once with a new one where the token was refused. POST where there is a body."""
        token = await self._token_or_error()
        answer = await self._request(path, {"access_token": token, **(query or {})}, body, content_type)
        if _errcode(answer) in TOKEN_CODES:
            token = await self._token_or_error(failed=token)
            answer = await self._request(path, {"access_token": token, **(query or {})}, body, content_type)
        code = _errcode(answer)
        if code in TOKEN_CODES:
            raise SendError(code, Kind.FATAL, "访问凭证重新获取后仍被拒绝，请核对应用密钥")
        if code:
            raise SendError.from_code(code)
        return answer

    async def _token_or_error(self, *, failed: str | None = None) -> str:
        try:
            return await (self._token.get() if failed is None else self._token.replace(failed))
        except OutcomeUnknown as error:  # a lost answer to gettoken has no effect worth repeating byte for byte
            raise SendError(0, Kind.RETRY, "取访问凭证时没有得到回答，稍候重试") from error

    async def _fetch_token(self) -> tuple[str, int]:
        answer = await self._request("gettoken", {"corpid": self._corpid, "corpsecret": self._secret}, None, "")
        code = _errcode(answer)
        if code:
            raise SendError.from_code(code, on_token=True)
        return str(answer["access_token"]), int(answer.get("expires_in", 7200))

    async def _request(self, path: str, query: Mapping[str, str], body: bytes | None, content_type: str) -> Answer:
        url = f"{self._base}/cgi-bin/{path}?{urlencode(query)}"
        headers = {"Content-Type": content_type} if body is not None else {}
        method, data = ("GET", None) if body is None else ("POST", io.BytesIO(body))  # a stream, since files may be large
        try:
            async with self._session.request(method, url, data=data, headers=headers, timeout=self._timeout) as response:
                raw = await response.read()
                status = response.status
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise SendError(0, Kind.RETRY, "连接不上企业微信，请检查网络和地址") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise OutcomeUnknown("请求已发出，没有收到企业微信的回答，结果待查") from error
        if status >= 500:
            raise OutcomeUnknown(f"企业微信服务异常（HTTP {status}），结果待查")
        if status != 200:
            raise SendError(0, Kind.FATAL, f"企业微信地址不正确或被网关拦截（HTTP {status}），请检查配置")
        return _parse(raw)


async def _bytes_of(payload: Any) -> bytes:
    """Return the encoded multipart body, so that a repeat after a token change sends the same bytes."""
    return bytes(await payload.as_bytes())
