"""What hostile sources cost: memory over idle and time, over real HTTP, each source beside a healthy one. One JSON line each.

python tests/bench/hostile_bench.py
"""

from __future__ import annotations

import asyncio
import gzip
import json
import resource
import sys
import tempfile
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from bot.app import serving
from bot.clock import VirtualClock
from bot.configuration import DEMO, settings_of
from bot.parsing import Parsing
from bot.polling import ask_all
from config.schema import Source
from monitors.fetch import Fetcher, FetchError, FetchRequest
from monitors.item import items

NOW = datetime(2026, 3, 3, tzinfo=UTC)
GOOD = "<rss><channel>" + "<item><title>青石县通报</title></item>" * 20 + "</channel></rss>"
OPEN = b"<rss version='2.0'><channel>"


def zeros(mib: int) -> bytes:
    """A gzip stream of `mib` MiB of blanks, made without holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([packer.compress(b" " * (1 << 20)) for _ in range(mib)]) + packer.flush()


def bodies() -> dict[str, tuple[bytes, str]]:
    """Name -> body and Content-Encoding."""
    flood = OPEN + b"<item/>" * 1_000_000
    full = OPEN + "".join(f"<item><title>标题{n}</title></item>" for n in range(60_000)).encode()
    return {
        "healthy": (GOOD.encode(), ""),
        "gzip bomb 1 GiB": (zeros(1024), "gzip"),
        "gzip bomb of items": (gzip.compress(flood), "gzip"),
        "1 M empty items": (flood, ""),
        "60,000 items": (full, ""),
        "1 M other tags": (OPEN + b"<a/>" * 1_000_000, ""),
        "deep nesting": (OPEN + b"<a>" * 1_000_000, ""),
        "one huge text": (OPEN + b"<item><title>" + b"x" * 4_000_000, ""),
        "billion laughs": (b"<!DOCTYPE r [" + b"".join(_laughs()) + b"]><rss><item><title>&l9;</title></item></rss>", ""),
        "author of 60,000 letters": (b"<rss><x><![CDATA[<item >]]></x><author>" + b"a" * 60_000 + b"</author></rss>", ""),
        "deep json": (b'{"items":[' + b'{"a":' * 500_000, ""),
    }


def _laughs() -> list[bytes]:
    return [b'<!ENTITY l0 "lol">'] + [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">'.encode() for n in range(1, 10)]


def application() -> web.Application:
    made = bodies()

    async def body(request: web.Request) -> web.Response:
        data, encoding = made[request.query["name"]]
        return web.Response(body=data, headers={"Content-Encoding": encoding} if encoding else {})

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):
            while True:
                await response.write(b"<item><title>x</title></item>" * 1_000)
        return response

    async def redirect(_: web.Request) -> web.Response:
        raise web.HTTPFound("http://169.254.169.254/")

    app = web.Application()
    app.add_routes([web.get("/body", body), web.get("/endless", endless), web.get("/redirect", redirect)])
    return app


def peak_mib() -> float:
    """Peak resident memory of this process, in MiB, since the last reset."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def reset_peak() -> float:
    Path("/proc/self/clear_refs").write_text("5")
    return peak_mib()


async def one(fetcher: Fetcher, parsing: Parsing, url: str, name: str) -> str:
    try:
        result = await fetcher.fetch(FetchRequest(source_id=name, url=url, internal="redirect" not in url))
    except FetchError as error:
        return error.reason
    document = await parsing.parse("feed", result.body, result.headers, result.final_url, NOW)
    found = items(document, name, NOW)
    return f"{len(found)} items, {'cut, ' if result.truncated else ''}" + ",".join(
        problem.code for problem in document.problems
    )


async def beside(fetcher: Fetcher, parsing: Parsing, healthy: str) -> AsyncIterator[float]:
    """Seconds each poll of the healthy source takes, until closed."""
    while True:
        began = time.perf_counter()
        assert (await one(fetcher, parsing, healthy, "healthy")).startswith("1 items")
        yield time.perf_counter() - began
        await asyncio.sleep(0.02)


async def watched(work: Callable[[], object], fetcher: Fetcher, parsing: Parsing, healthy: str) -> float:
    """The slowest healthy poll while `work` runs."""
    worst = 0.0
    task = asyncio.ensure_future(work())  # type: ignore[arg-type]
    async for seconds in beside(fetcher, parsing, healthy):
        worst = max(worst, seconds)
        if task.done():
            break
    return worst


async def main() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, __file__, "serve", stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        await attack(int(await process.stdout.readline()))
    finally:
        process.terminate()
        await process.wait()


async def attack(port: int) -> None:
    async with Fetcher(allow=lambda address: str(address) == "127.0.0.1") as fetcher:
        parsing = Parsing()
        base = f"http://127.0.0.1:{port}"
        healthy = f"http://localhost:{port}/body?name=healthy"
        urls = {name: f"{base}/body?name={name}" for name in bodies()} | {
            name: f"{base}/{name}" for name in ("endless", "redirect")
        }
        for name, url in urls.items():
            outcome: list[str] = []

            async def work(url: str = url, name: str = name, outcome: list[str] = outcome) -> None:
                outcome.append(await one(fetcher, parsing, url, name))

            idle, began = reset_peak(), time.perf_counter()
            worst = await watched(work, fetcher, parsing, healthy)
            growth, seconds = peak_mib() - idle, time.perf_counter() - began
            figures = {"growth_mib": round(growth, 1), "wall_s": round(seconds, 2), "healthy_worst_s": round(worst, 3)}
            print(json.dumps({"bench": "hostile", "case": name, **figures, "outcome": outcome[0]}), flush=True)
        parsing.close()
        child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(json.dumps({"bench": "hostile", "case": "children", "peak_rss_mib": round(child, 1)}))
    await whole(port, list(urls.values()))


async def whole(port: int, hostile: list[str]) -> None:
    """All of them at once in the open service, beside ten healthy sources that are asked again and again meanwhile."""
    healthy = [f"http://127.0.0.1:{port}/body?name=healthy&n={n}" for n in range(10)]
    sources = tuple(
        Source(id=f"s{n}", name=f"s{n}", kind="feed", url=url, internal="redirect" not in url, interval=300)
        for n, url in enumerate([*healthy, *hostile[1:]])
    )
    settings = replace(settings_of(DEMO, {}), sources=sources)
    with tempfile.TemporaryDirectory() as folder:
        async with serving(settings, Path(folder), VirtualClock(NOW)) as running:
            poller = running.service.intake.poller
            well, ill = sources[: len(healthy)], list(sources[len(healthy) :])
            idle, began, worst = reset_peak(), time.perf_counter(), 0.0
            task = asyncio.ensure_future(ask_all(poller, ill))
            while not task.done():
                for source in well:
                    asked = time.perf_counter()
                    await poller.ask(source)
                    worst = max(worst, time.perf_counter() - asked)
                await asyncio.sleep(0.02)
            await running.service.intake.join()
            growth, seconds = peak_mib() - idle, time.perf_counter() - began
            states = await running.service.desk.store.source_states()
    figures = {"growth_mib": round(growth, 1), "wall_s": round(seconds, 2), "healthy_worst_s": round(worst, 3)}
    failed = [s.id for s in well if states[s.id].failures]
    told = sum(1 for s in ill if states[s.id].failures or states[s.id].damage or states[s.id].last_success_at)
    row = {"case": "whole service", **figures, "healthy_failed": failed, "hostile": len(ill), "hostile_recorded": told}
    print(json.dumps({"bench": "hostile", **row}), flush=True)


async def serve() -> None:
    runner = web.AppRunner(application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.sleep(300)


if __name__ == "__main__":
    asyncio.run(serve() if sys.argv[1:] == ["serve"] else main())
