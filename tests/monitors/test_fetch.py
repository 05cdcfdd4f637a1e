"""The fetcher against a real server on loopback that plays every trick of a hostile or broken source."""

from __future__ import annotations

import asyncio
import gzip
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address

import pytest

from monitors.addresses import Address
from monitors.fetch import Fetcher, FetchError, FetchRequest, Limits

BODY = "<rss version='2.0'><channel><title>青石县发布</title></channel></rss>".encode()
LIMITS = Limits(
    wire_bytes=200_000,
    inflated_bytes=400_000,
    total=timedelta(seconds=1.5),
    connect=timedelta(seconds=1),
    idle=timedelta(seconds=0.5),
    spacing=timedelta(0),
)

Answer = Callable[[asyncio.StreamWriter, dict[str, str]], "asyncio.Future[None] | None"]


class Server:
    """Answers each path by a coroutine `(writer, headers)` of `routes`; remembers the requests it saw."""

    def __init__(self) -> None:
        self.routes: dict[str, object] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.port = 0
        self.open = 0
        self.most_open = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                path = line.split()[1].decode()
                headers = {}
                while (field := await reader.readline()) not in (b"\r\n", b""):
                    name, _, value = field.decode().partition(":")
                    headers[name.lower()] = value.strip()
                self.seen.append((path, headers))
                self.open += 1
                self.most_open = max(self.most_open, self.open)
                try:
                    await self.routes[path](writer, headers)  # type: ignore[operator]
                finally:
                    self.open -= 1
                if writer.is_closing():
                    return
        except (ConnectionError, TimeoutError):
            pass
        finally:
            writer.close()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


def head(status: str = "200 OK", length: int | None = None, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def plain(body: bytes = BODY, status: str = "200 OK", **headers: str) -> object:
    async def answer(writer: asyncio.StreamWriter, _: dict[str, str]) -> None:
        writer.write(head(status, len(body), **headers) + body)
        await writer.drain()

    return answer


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as running:
        yield running


def only_first_loopback(address: Address) -> bool:
    return address == ip_address("127.0.0.1")


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(LIMITS, allow=only_first_loopback) as running:
        yield running


async def failure(fetcher: Fetcher, url: str, **more: object) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(FetchRequest(source_id="s", url=url, **more))  # type: ignore[arg-type]
    return caught.value


async def test_an_answer_carries_body_and_validators(server: Server, fetcher: Fetcher) -> None:
    server.routes["/a"] = plain(ETag='"v1"', Last_Modified="Mon, 02 Mar 2026 00:00:00 GMT", Cache_Control="max-age=90")
    result = await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/a")))
    assert (result.status, result.body, result.etag) == (200, BODY, '"v1"')
    assert result.last_modified == "Mon, 02 Mar 2026 00:00:00 GMT"
    assert result.max_age == timedelta(seconds=90)
    assert not result.truncated
    assert result.moved_to == ""


async def test_validators_are_sent_and_304_keeps_them(server: Server, fetcher: Fetcher) -> None:
    server.routes["/a"] = plain(b"", "304 Not Modified")
    request = FetchRequest(source_id="s", url=server.url("/a"), etag='"v1"', last_modified="Mon, 02 Mar 2026 00:00:00 GMT")
    result = await fetcher.fetch(request)
    assert result.not_modified
    assert (result.etag, result.last_modified) == (request.etag, request.last_modified)
    headers = server.seen[0][1]
    assert headers["if-none-match"] == '"v1"'
    assert headers["if-modified-since"] == request.last_modified


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", zlib.compress(BODY)[2:-4]),
        ("identity", BODY),
    ],
    ids=["gzip", "zlib", "raw deflate", "identity"],
)
async def test_compressed_bodies_are_inflated(server: Server, fetcher: Fetcher, encoding: str, packed: bytes) -> None:
    server.routes["/a"] = plain(packed, Content_Encoding=encoding)
    assert (await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/a")))).body == BODY


async def test_a_gzip_bomb_costs_no_more_than_the_cap(server: Server, fetcher: Fetcher) -> None:
    server.routes["/bomb"] = plain(gzip.compress(b"<rss>" + bytes(50_000_000), 9), Content_Encoding="gzip")
    result = await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/bomb")))
    assert result.truncated
    assert len(result.body) == LIMITS.inflated_bytes


async def test_an_endless_body_is_cut_at_the_cap(server: Server, fetcher: Fetcher) -> None:
    async def endless(writer: asyncio.StreamWriter, _: dict[str, str]) -> None:
        writer.write(head())
        while True:
            writer.write(b"<item/>" * 5_000)
            await writer.drain()

    server.routes["/endless"] = endless
    result = await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/endless")))
    assert result.truncated
    assert LIMITS.wire_bytes <= len(result.body) <= LIMITS.inflated_bytes


async def test_a_body_shorter_than_promised_is_kept(server: Server, fetcher: Fetcher) -> None:
    async def short(writer: asyncio.StreamWriter, _: dict[str, str]) -> None:
        writer.write(head(length=len(BODY) + 500) + BODY)
        await writer.drain()
        writer.close()

    server.routes["/short"] = short
    result = await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/short")))
    assert (result.body, result.truncated) == (BODY, True)


async def test_a_cut_gzip_stream_keeps_what_came(server: Server, fetcher: Fetcher) -> None:
    body = b"".join(f"<item>{number * 7919}</item>".encode() for number in range(5_000))
    packed = gzip.compress(body)
    server.routes["/cut"] = plain(packed[: len(packed) // 2], Content_Encoding="gzip")
    result = await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/cut")))
    assert result.truncated
    assert len(result.body) > 1_000
    assert body.startswith(result.body)


async def test_a_slow_drip_ends_at_the_time_limit_and_keeps_what_came(server: Server, fetcher: Fetcher) -> None:
    async def drip(writer: asyncio.StreamWriter, _: dict[str, str]) -> None:
        writer.write(head())
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.1)

    server.routes["/drip"] = drip
    async with asyncio.timeout(60):
        result = await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/drip")))
    assert result.truncated
    assert set(result.body) == {ord("x")}


async def test_a_body_that_never_begins_is_given_up(server: Server, fetcher: Fetcher) -> None:
    async def nothing(writer: asyncio.StreamWriter, _: dict[str, str]) -> None:
        writer.write(head(length=500))
        await asyncio.sleep(5)

    server.routes["/nothing"] = nothing
    assert (await failure(fetcher, server.url("/nothing"))).reason == "timeout"


async def test_a_part_leaves_no_validator_that_would_hold_back_the_rest(server: Server, fetcher: Fetcher) -> None:
    async def half(writer: asyncio.StreamWriter, _: dict[str, str]) -> None:
        writer.write(head(length=2 * len(BODY), ETag='"1"', Last_Modified="Mon, 02 Mar 2026 00:00:00 GMT") + BODY)
        writer.close()

    server.routes["/half"] = half
    result = await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/half")))
    assert (result.body, result.truncated) == (BODY, True)
    assert (result.etag, result.last_modified) == ("", "")


async def test_not_modified_without_having_anything_is_no_answer(server: Server, fetcher: Fetcher) -> None:
    server.routes["/a"] = plain(b"", "304 Not Modified")
    error = await failure(fetcher, server.url("/a"))
    assert (error.reason, error.status) == ("bad_status", 304)


@pytest.mark.parametrize(
    "etag", ['"标记"'.encode("gbk"), '"标记"'.encode(), b'"' + b"x" * 600 + b'"'], ids=["gbk", "utf-8", "long"]
)
async def test_a_validator_that_cannot_be_sent_back_is_not_kept(server: Server, fetcher: Fetcher, etag: bytes) -> None:
    async def answer(writer: asyncio.StreamWriter, _: dict[str, str]) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nETag: " + etag + b"\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY)

    server.routes["/a"] = answer
    result = await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/a")))
    assert (result.body, result.etag) == (BODY, "")
    assert "".join(result.headers.values()).encode(), "what is stored of the headers is text"


async def test_a_server_that_never_answers_is_given_up(server: Server, fetcher: Fetcher) -> None:
    async def silent(writer: asyncio.StreamWriter, _: dict[str, str]) -> None:
        await asyncio.sleep(5)

    server.routes["/silent"] = silent
    error = await failure(fetcher, server.url("/silent"))
    assert (error.reason, error.permanent) == ("timeout", False)


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2:{port}/a",
        "http://169.254.169.254/latest/",
        "http://[::ffff:10.0.0.1]/",
        "http://[::1]:{port}/a",
        "http://0.0.0.0:{port}/a",
    ],
)
async def test_a_redirect_to_a_private_address_is_refused(server: Server, fetcher: Fetcher, target: str) -> None:
    server.routes["/a"] = plain()
    server.routes["/r"] = plain(b"", "302 Found", Location=target.format(port=server.port))
    error = await failure(fetcher, server.url("/r"))
    assert (error.reason, error.permanent) == ("address_refused", False)
    assert [path for path, _ in server.seen] == ["/r"]


async def test_private_addresses_are_refused_unless_the_source_is_internal(server: Server) -> None:
    server.routes["/a"] = plain()
    async with Fetcher(LIMITS) as fetcher:
        for host in ("127.0.0.1", "localhost"):
            assert (await failure(fetcher, f"http://{host}:{server.port}/a")).reason == "address_refused"
        result = await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/a"), internal=True))
    assert result.body == BODY


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "javascript:alert(1)", "http://[::1", "http://x.example:99999/"]
)
async def test_only_web_addresses_are_followed(server: Server, fetcher: Fetcher, location: str) -> None:
    server.routes["/r"] = plain(b"", "302 Found", Location=location)
    error = await failure(fetcher, server.url("/r"))
    assert (error.reason, error.permanent) == ("bad_redirect", False)


async def test_a_redirect_loop_ends(server: Server, fetcher: Fetcher) -> None:
    server.routes["/r"] = plain(b"", "302 Found", Location="/r")
    assert (await failure(fetcher, server.url("/r"))).reason == "too_many_redirects"
    assert len(server.seen) == LIMITS.redirects + 1


@pytest.mark.parametrize(("status", "learnt"), [("301 Moved", True), ("308 Permanent Redirect", True), ("302 Found", False)])
async def test_only_permanent_redirects_are_learnt(server: Server, fetcher: Fetcher, status: str, learnt: bool) -> None:
    server.routes["/a"] = plain()
    server.routes["/r"] = plain(b"", status, Location="/a")
    result = await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/r")))
    assert result.final_url == server.url("/a")
    assert result.moved_to == (server.url("/a") if learnt else "")


async def test_own_headers_do_not_follow_to_another_host(server: Server, fetcher: Fetcher) -> None:
    async with serving() as other:
        other.routes["/a"] = plain()
        server.routes["/r"] = plain(b"", "302 Found", Location=other.url("/a"))
        await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/r"), headers=(("Authorization", "Bearer x"),)))
        assert server.seen[0][1]["authorization"] == "Bearer x"
        assert "authorization" not in other.seen[0][1]


@pytest.mark.parametrize(
    ("status", "reason", "permanent"),
    [
        ("410 Gone", "gone", True),
        ("404 Not Found", "not_found", False),
        ("403 Forbidden", "refused", False),
        ("401 Unauthorized", "needs_login", False),
        ("500 Internal Server Error", "server_error", False),
        ("412 Precondition Failed", "challenge", False),
        ("418 Teapot", "challenge", False),
        ("521 x", "challenge", False),
        ("406 Not Acceptable", "bad_status", False),
    ],
)
async def test_a_status_says_whether_repeating_helps(
    server: Server, fetcher: Fetcher, status: str, reason: str, permanent: bool
) -> None:
    server.routes["/a"] = plain(b"", status)
    error = await failure(fetcher, server.url("/a"))
    assert (error.reason, error.permanent, error.source_id) == (reason, permanent, "s")


async def test_retry_after_is_passed_on(server: Server, fetcher: Fetcher) -> None:
    server.routes["/a"] = plain(b"", "429 Too Many Requests", Retry_After="120")
    assert (await failure(fetcher, server.url("/a"))).retry_after == timedelta(minutes=2)


async def test_a_login_page_is_not_a_feed(server: Server, fetcher: Fetcher) -> None:
    server.routes["/login"] = plain(b"<html>")
    server.routes["/a"] = plain(b"", "302 Found", Location="/login?next=/a")
    server.routes["/login?next=/a"] = plain(b"<html>")
    assert (await failure(fetcher, server.url("/a"))).reason == "login_page"


async def test_unknown_compression_is_refused(server: Server, fetcher: Fetcher) -> None:
    server.routes["/a"] = plain(b"\x0b\x02\x80??\x03", Content_Encoding="br")
    assert (await failure(fetcher, server.url("/a"))).reason == "unknown_encoding"


async def test_a_dead_port_is_a_connection_error(server: Server, fetcher: Fetcher) -> None:
    async with serving() as gone:
        url = gone.url("/a")
    assert (await failure(fetcher, url)).reason == "connection"


async def test_endless_headers_are_an_error_not_a_hang(server: Server, fetcher: Fetcher) -> None:
    async def headers(writer: asyncio.StreamWriter, _: dict[str, str]) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(20_000):
            writer.write(f"X-{number}: {'y' * 100}\r\n".encode())
            await writer.drain()

    server.routes["/h"] = headers
    assert (await failure(fetcher, server.url("/h"))).reason == "bad_answer"


async def test_a_server_that_hangs_up_is_told_from_one_that_is_not_there(server: Server, fetcher: Fetcher) -> None:
    async def hang_up(writer: asyncio.StreamWriter, _: dict[str, str]) -> None:
        writer.close()

    server.routes["/h"] = hang_up
    assert (await failure(fetcher, server.url("/h"))).reason == "disconnected"


async def test_a_wall_that_wants_its_cookie_back_gets_it_for_this_fetch_and_host_only(server: Server, fetcher: Fetcher) -> None:
    async def wall(writer: asyncio.StreamWriter, headers: dict[str, str]) -> None:
        told = headers.get("cookie", "")
        answer = (
            plain(told.encode()) if told else plain(b"", "302 Found", Location="/wall", Set_Cookie="seen=1; Path=/; HttpOnly")
        )
        await answer(writer, headers)  # type: ignore[operator]

    server.routes["/wall"] = wall
    async with serving() as other:
        other.routes["/a"] = plain()
        server.routes["/away"] = plain(b"", "302 Found", Location=other.url("/a"), Set_Cookie="seen=1")
        await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/away")))
        assert "cookie" not in other.seen[0][1]
    for _ in range(2):
        result = await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/wall")))
        assert result.body == b"seen=1"
    assert ["cookie" in headers for path, headers in server.seen if path == "/wall"] == [False, True, False, True]


async def test_a_redirect_written_in_gbk_is_followed_and_can_be_stored(server: Server, fetcher: Fetcher) -> None:
    async def answer(writer: asyncio.StreamWriter, _: dict[str, str]) -> None:
        location = "/新闻.xml".encode("gbk")
        writer.write(b"HTTP/1.1 301 Moved\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")

    server.routes["/r"] = answer
    server.routes["/%D0%C2%CE%C5.xml"] = plain()
    result = await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/r")))
    assert result.body == BODY
    assert result.moved_to == server.url("/%D0%C2%CE%C5.xml")


async def test_one_host_gets_few_requests_at_once_and_waiting_costs_no_time_limit(server: Server) -> None:
    async def slow(writer: asyncio.StreamWriter, _: dict[str, str]) -> None:
        await asyncio.sleep(0.6)
        writer.write(head(length=len(BODY)) + BODY)
        await writer.drain()

    server.routes["/slow"] = slow
    limits = replace(LIMITS, per_host=2, total=timedelta(seconds=2.9), idle=timedelta(seconds=2.9))
    async with Fetcher(limits, allow=only_first_loopback) as fetcher:
        requests = [fetcher.fetch(FetchRequest(source_id=str(n), url=server.url("/slow"))) for n in range(10)]
        results = await asyncio.gather(*requests)
    assert len(results) == 10
    assert server.most_open == 2


async def test_requests_to_one_public_host_are_spaced_and_those_to_an_internal_one_are_not(server: Server) -> None:
    server.routes["/a"] = plain()
    for internal, spacing in ((False, 0.1), (True, 3600.0)):
        async with Fetcher(replace(LIMITS, spacing=timedelta(seconds=spacing)), allow=only_first_loopback) as fetcher:
            began = time.perf_counter()
            asked = (fetcher.fetch(FetchRequest(source_id=str(n), url=server.url("/a"), internal=internal)) for n in range(4))
            async with asyncio.timeout(60):
                await asyncio.gather(*asked)
            assert internal or time.perf_counter() - began >= 0.3


PATIENT = replace(LIMITS, concurrent=4, total=timedelta(minutes=5), idle=timedelta(minutes=5))
"""No limit of time ends a request here, however long the machine stands still."""


async def test_a_slow_source_does_not_delay_another(server: Server) -> None:
    async def never(writer: asyncio.StreamWriter, _: dict[str, str]) -> None:
        await asyncio.sleep(3600)

    server.routes["/never"] = never
    async with serving() as other, Fetcher(PATIENT, allow=only_first_loopback) as fetcher:
        other.routes["/a"] = plain()
        stuck = [asyncio.create_task(failure(fetcher, server.url("/never"))) for _ in range(20)]
        await asyncio.sleep(0.05)
        await fetcher.fetch(FetchRequest(source_id="s", url=other.url("/a")))
        assert not any(task.done() for task in stuck), "the others still wait for their answer"
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)


async def test_a_cookie_in_no_known_encoding_is_left_behind(server: Server, fetcher: Fetcher) -> None:
    async def wall(writer: asyncio.StreamWriter, headers: dict[str, str]) -> None:
        if "cookie" in headers:
            writer.write(head(length=len(BODY)) + BODY)
            return
        cookies = b"Set-Cookie: name=" + "访客".encode("gbk") + b"\r\nSet-Cookie: seen=1\r\n"
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /wall\r\n" + cookies + b"Content-Length: 0\r\n\r\n")

    server.routes["/wall"] = wall
    result = await fetcher.fetch(FetchRequest(source_id="s", url=server.url("/wall")))
    assert result.body == BODY
    assert server.seen[-1][1]["cookie"] == "seen=1"
