"""One polite, bounded GET of a source. The only file of the core with input and output; it reads no clock.

    host slot -> slot -> GET (validators) -> redirects, address checked as dialled -> capped read -> inflate -> result

The address guard sits in the socket factory: it sees the address really dialled, after DNS, for literals, rebinding and
each redirect alike. Waiting for a slot does not count against a source's time.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from hashlib import sha1
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from monitors.addresses import Address, is_public, read_address
from monitors.http_headers import conditional, location, max_age, readable, refusal, retry_after, validator
from monitors.inflate import Inflater

USER_AGENT: Final = "yqbot (feed reader of a public duty desk)"
_ACCEPT: Final = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/json;q=0.9, application/xml;q=0.9, */*;q=0.5"
)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_LOGIN: Final = re.compile(r"(?:/|\.|^)(?:login|signin|passport|sso|cas|auth)(?:[/.?_-]|$)", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one fetch. Bytes beyond them are left on the wire and the result is marked `truncated`.

    An internal host takes more at once, without `spacing` between its requests: one RSSHub in the own network serves
    hundreds of sources. `suspects`: slots of those that failed last time, which so never take them from the others.
    """

    wire_bytes: int = 4 * 1024 * 1024
    inflated_bytes: int = 8 * 1024 * 1024
    redirects: int = 3
    total: timedelta = timedelta(seconds=20)
    connect: timedelta = timedelta(seconds=10)
    idle: timedelta = timedelta(seconds=10)
    per_host: int = 2
    per_internal_host: int = 50
    spacing: timedelta = timedelta(milliseconds=250)
    concurrent: int = 100
    suspects: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """`internal` sources may live at private addresses. `headers` are sent to the source's own host only.

    `suspect`: it failed last time and may well hang again.
    """

    source_id: str
    url: str
    etag: str = ""
    last_modified: str = ""
    internal: bool = False
    suspect: bool = False
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """`headers` have lower-case names. `moved_to`: set where every redirect was permanent. `max_age`: how long fresh."""

    source_id: str
    status: int
    not_modified: bool = False
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""
    last_modified: str = ""
    final_url: str = ""
    moved_to: str = ""
    retry_after: timedelta | None = None
    max_age: timedelta | None = None
    truncated: bool = False

    @property
    def digest(self) -> str:
        """Of the body: equal to the last one means that nothing needs to be parsed."""
        return sha1(self.body, usedforsecurity=False).hexdigest()


class FetchError(Exception):
    """A source could not be fetched. `permanent`: repeating soon is pointless. `reason` is a stable code."""

    def __init__(
        self,
        source_id: str,
        reason: str,
        *,
        permanent: bool = False,
        detail: str = "",
        status: int = 0,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(f"{source_id}: {reason}" + (f" ({detail})" if detail else ""))
        self.source_id = source_id
        self.reason = reason
        self.permanent = permanent
        self.detail = detail
        self.status = status
        self.retry_after = retry_after


class AddressRefusedError(OSError):
    """address_refused"""


class Fetcher:
    """Sessions, slots and limits shared by all sources; use as an async context. `allow` decides which addresses are public."""

    def __init__(self, limits: Limits | None = None, allow: Callable[[Address], bool] = is_public) -> None:
        self.limits = limits or Limits()
        self._allow = allow
        self._slots = asyncio.Semaphore(self.limits.concurrent)
        self._ward = asyncio.Semaphore(self.limits.suspects)
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._waiting: Counter[str] = Counter()
        self._sessions: dict[tuple[bool, bool], aiohttp.ClientSession] = {}
        self._free_at: dict[str, float] = {}
        self._resolvers: list[_Resolver] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
        for resolver in self._resolvers:
            await resolver.close()
        self._resolvers.clear()

    def at_once(self, internal: bool) -> int:
        """How many requests one host gets at the same time."""
        return self.limits.per_internal_host if internal else self.limits.per_host

    async def fetch(self, request: FetchRequest) -> FetchResult:
        """The answer of the source, at most `limits.total` after its slot was free. FetchError on anything but 200 and 304."""
        async with self._slot(host_of(request.url), self.at_once(request.internal), suspect=request.suspect):
            if not request.internal:
                await self._space(host_of(request.url))
            try:
                async with asyncio.timeout(self.limits.total.total_seconds()) as limit:
                    return await self._follow(request, limit)
            except TimeoutError as error:
                raise FetchError(request.source_id, "timeout") from error
            except aiohttp.ClientError as error:
                raise _network_error(request, error) from error
            except (ValueError, UnicodeError) as error:
                raise FetchError(request.source_id, "bad_url", permanent=True, detail=str(error)[:200]) from error

    @asynccontextmanager
    async def _slot(self, host: str, at_once: int, *, suspect: bool) -> AsyncIterator[None]:
        """First the host's slot, then a common one: a slow host never holds common slots for those who wait for it.

        Suspects wait for one another first, so that they hold no host's slot meanwhile.
        """
        gate = self._hosts.setdefault(host, asyncio.Semaphore(at_once))
        self._waiting[host] += 1
        try:
            first, then = (self._ward, gate) if suspect else (gate, self._slots)
            async with first, then:
                yield
        finally:
            self._waiting[host] -= 1
            if not self._waiting[host]:
                del self._waiting[host]
                del self._hosts[host]

    async def _space(self, host: str) -> None:
        """Wait until this host's last request is `spacing` ago, by the loop's own monotonic time."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._free_at.get(host, now))
        if len(self._free_at) > 10_000:
            self._free_at = {h: t for h, t in self._free_at.items() if t > now}
        self._free_at[host] = at + self.limits.spacing.total_seconds()
        if at > now:
            await asyncio.sleep(at - now)

    def _session(self, internal: bool, suspect: bool) -> aiohttp.ClientSession:
        if (internal, suspect) not in self._sessions:
            self._resolvers.append(_Resolver(self.limits.suspects if suspect else self.limits.concurrent))
            connector = aiohttp.TCPConnector(
                limit=0,
                resolver=self._resolvers[-1],
                socket_factory=_plain_socket if internal else self._guarded_socket,
                keepalive_timeout=15,
                ttl_dns_cache=60,
            )
            timeout = aiohttp.ClientTimeout(
                total=None, sock_connect=self.limits.connect.total_seconds(), sock_read=self.limits.idle.total_seconds()
            )
            self._sessions[internal, suspect] = aiohttp.ClientSession(
                connector=connector,
                timeout=timeout,
                auto_decompress=False,
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": USER_AGENT, "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"},
            )
        return self._sessions[internal, suspect]

    def _guarded_socket(self, info: Any) -> socket.socket:
        address = read_address(info[4][0])
        if not self._allow(address):
            raise AddressRefusedError(f"address_refused: {address}")
        return _plain_socket(info)

    async def _follow(self, request: FetchRequest, limit: asyncio.Timeout) -> FetchResult:
        url, permanent = request.url, True
        cookies: dict[str, dict[str, str]] = {}
        for _ in range(self.limits.redirects + 1):
            _check_scheme(request, url)
            headers = _request_headers(request, url, cookies.get(host_of(url)))
            async with self._session(request.internal, request.suspect).get(
                url, headers=headers, allow_redirects=False
            ) as response:
                if response.status not in _REDIRECTS or "Location" not in response.headers:
                    return await self._result(request, response, url, permanent, limit)
                permanent = permanent and response.status in (301, 308)
                if response.cookies:  # a wall that lets through who brings its cookie along; kept for this fetch only
                    mine = cookies.setdefault(host_of(url), {})
                    mine.update({name: morsel.coded_value for name, morsel in response.cookies.items()})
                url = _next(request, url, response.headers["Location"])
        raise FetchError(request.source_id, "too_many_redirects", detail=url[:200])

    async def _result(
        self, request: FetchRequest, response: aiohttp.ClientResponse, url: str, permanent: bool, limit: asyncio.Timeout
    ) -> FetchResult:
        headers = {name.lower(): readable(value) for name, value in response.headers.items()}
        wait = retry_after(headers)
        redirected = url != request.url
        etag = last_modified = ""
        if response.status == 304 and (request.etag or request.last_modified):
            body, truncated, etag, last_modified = b"", False, request.etag, request.last_modified
        elif response.status == 200:
            if redirected and _LOGIN.search(urlsplit(url).path + "." + (urlsplit(url).hostname or "")):
                raise FetchError(request.source_id, "login_page", detail=url[:200], status=200)
            body, truncated = await self._read(request, response, limit)
        else:
            raise _status_error(request.source_id, response.status, wait)
        if not truncated:  # of a part no validator is kept: "not modified" would then hold back the rest for good
            etag = validator(headers.get("etag", etag))
            last_modified = validator(headers.get("last-modified", last_modified))
        return FetchResult(
            source_id=request.source_id,
            status=response.status,
            not_modified=response.status == 304,
            body=body,
            headers=headers,
            etag=etag,
            last_modified=last_modified,
            final_url=url,
            moved_to=url if redirected and permanent else "",
            retry_after=wait,
            max_age=max_age(headers),
            truncated=truncated,
        )

    async def _read(
        self, request: FetchRequest, response: aiohttp.ClientResponse, limit: asyncio.Timeout
    ) -> tuple[bytes, bool]:
        """The body, inflated, up to both caps. One that breaks off or is too slow keeps what came and counts as truncated."""
        inflater = Inflater(response.headers.get("Content-Encoding", ""), self.limits.inflated_bytes)
        until = limit.when()
        limit.reschedule(None)  # from here on the end of time cuts the body and no longer throws it away
        wire, whole = 0, False
        try:
            async with asyncio.timeout_at(until):
                async for chunk in response.content.iter_chunked(65_536):
                    wire += len(chunk)
                    inflater.feed(chunk)
                    if wire > self.limits.wire_bytes or inflater.full or inflater.unknown:
                        break
                else:
                    whole = True
            inflater.finish()
        except TimeoutError:
            whole = _broken(request, inflater, "timeout")
        except (aiohttp.ClientError, zlib.error):
            whole = _broken(request, inflater, "broken_body")
        if inflater.unknown:
            raise FetchError(request.source_id, "unknown_encoding", detail=inflater.unknown[:50])
        if not whole:
            response.close()
        return inflater.value(), not whole or inflater.unfinished


def _broken(request: FetchRequest, inflater: Inflater, reason: str) -> bool:
    """False, for a body that is not whole; FetchError where nothing of it can be read."""
    with contextlib.suppress(zlib.error):
        inflater.finish()
    if not inflater.size:
        raise FetchError(request.source_id, reason) from None
    return False


class _Resolver(AbstractResolver):
    """Names are looked up in threads of their own, one for each slot: dead name servers hold up no other source, and nothing else."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="names")

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        look_up = partial(socket.getaddrinfo, host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            ResolveResult(hostname=host, host=str(at[0]), port=int(at[1]), family=kind, proto=proto, flags=flags)
            for kind, _, proto, _, at in found
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def host_of(url: str) -> str:
    """Whose slots a request takes: host and port. ValueError on an address that is none."""
    return urlsplit(url).netloc.lower()


def _plain_socket(info: Any) -> socket.socket:
    made = socket.socket(*info[:3])
    made.setblocking(False)
    return made


def _next(request: FetchRequest, url: str, raw: str) -> str:
    try:
        return urljoin(url, location(raw))
    except ValueError as error:
        raise FetchError(request.source_id, "bad_redirect", detail=readable(raw)[:200]) from error


def _check_scheme(request: FetchRequest, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        own = url == request.url
        raise FetchError(request.source_id, "bad_url" if own else "bad_redirect", permanent=own, detail=url[:200])


def _request_headers(request: FetchRequest, url: str, cookies: Mapping[str, str] | None) -> dict[str, str]:
    """Validators, and the source's own headers as long as the host is its own."""
    headers = conditional(request.etag, request.last_modified, cookies or {})
    if urlsplit(url).netloc == urlsplit(request.url).netloc:
        headers.update(request.headers)
    return headers


def _status_error(source_id: str, status: int, wait: timedelta | None) -> FetchError:
    return FetchError(source_id, refusal(status), permanent=status == 410, detail=str(status), status=status, retry_after=wait)


def _network_error(request: FetchRequest, error: aiohttp.ClientError) -> FetchError:
    source_id, text = request.source_id, readable(str(error))
    if isinstance(getattr(error, "os_error", None), AddressRefusedError) or "address_refused" in text:
        # not permanent: a poisoned or captive name resolver also points inside, and passes
        return FetchError(source_id, "address_refused", detail=text[-100:])
    if isinstance(error, aiohttp.InvalidURL):
        own = str(error.url) == request.url
        return FetchError(source_id, "bad_url" if own else "bad_redirect", permanent=own, detail=text[:200])
    reason = next((code for kind, code in _NETWORK if isinstance(error, kind)), "connection")
    return FetchError(source_id, reason, detail=(text or type(error).__name__)[:200])


_NETWORK: Final[tuple[tuple[type[aiohttp.ClientError], str], ...]] = (
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ClientSSLError, "tls"),
    (aiohttp.ClientConnectorError, "connection"),
    (aiohttp.ServerDisconnectedError, "disconnected"),
    (aiohttp.ClientOSError, "disconnected"),
    (aiohttp.ClientResponseError, "bad_answer"),
)
