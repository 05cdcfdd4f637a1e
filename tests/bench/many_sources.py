"""`yqbot run` as a process against many simulated sources of mixed health; what the store says of each against what it really is.

    python tests/bench/many_sources.py [--sources 500] [--seconds 900] [--interval 30]

One JSON line: figures of the service, and every source whose line on the source page is not true. Exit 1 when there is any.
The server is in a process of its own; hosts are loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from bot.board.sources import SourceLine, lines
from bot.clock import wall
from bot.configuration import DEMO, settings_of
from bot.store import open_store

WELL: Final = ("feed", "cached", "slow", "gzipped", "hiccup")
TRUTH: Final[Mapping[str, str]] = {
    "missing": "网址不存在（404）",
    "closed": "来源已关闭（410）",
    "broken": "对方服务器出错（500）",
    "page": "内容读不出",
    "refused": "连接不上",
    "bomb": "内容读不出",
}
"""What the page must say of each kind of sick source; the others must be well."""
KINDS: Final = (*WELL, *WELL, *TRUTH)


def kind_of(number: int) -> str:
    return KINDS[number % len(KINDS)]


def feed(number: int, version: int) -> bytes:
    rows = "".join(
        f"<item><guid>{number}-{n}</guid><title>云溪市第{number}号来源第{n}条消息</title><link>http://s{number}.example/{n}</link></item>"
        for n in range(version, version + 10)
    )
    return f"<rss version='2.0'><channel><title>来源{number}</title>{rows}</channel></rss>".encode()


async def serve() -> None:
    """Child process: the sources."""
    asked: Counter[int] = Counter()
    bomb = gzip.compress(b" " * (64 << 20))

    async def answer(request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        kind = kind_of(number)
        asked[number] += 1
        status = {"missing": 404, "closed": 410, "broken": 500, "hiccup": 503 if asked[number] % 4 == 2 else 200}.get(kind, 200)
        if status != 200:
            return web.Response(status=status)
        if kind == "page":
            return web.Response(text="<html><body><h1>云溪市</h1><p>欢迎访问</p></body></html>", content_type="text/html")
        if kind == "bomb":
            return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})
        if kind == "cached":
            tag = '"1"'
            if request.headers.get("If-None-Match") == tag:
                return web.Response(status=304, headers={"ETag": tag})
            return web.Response(body=feed(number, 0), headers={"ETag": tag})
        if kind == "slow":
            await asyncio.sleep(3)
        body = feed(number, asked[number])
        if kind == "gzipped":
            return web.Response(body=gzip.compress(body), headers={"Content-Encoding": "gzip"})
        return web.Response(body=body)

    app = web.Application()
    app.router.add_get("/{number}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


@contextlib.contextmanager
def child(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, text=True, **options) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def written(folder: Path, port: int, count: int, interval: int) -> Path:
    """Configuration of an installation with these sources; a refused one points at a port nobody listens on."""
    shutil.copytree(DEMO, folder)
    text = "".join(
        f'[[source]]\nid = "many-{n}"\nname = "来源{n}"\nkind = "feed"\ninterval_seconds = {interval}\ninternal = true\n'
        f'url = "http://127.0.0.1:{1 if kind_of(n) == "refused" else port}/{n}"\n'
        for n in range(count)
    )
    (folder / "sources.toml").write_text(text, encoding="utf-8")
    return folder


def untrue(number: int, line: SourceLine) -> str:
    """What is wrong with a line of the source page, empty when it tells the truth."""
    kind = kind_of(number)
    if line.state == "尚未轮询":
        return f"{kind}：尚未轮询"
    if kind in TRUTH:
        told = line.tone == "bad" and line.error.startswith(TRUTH[kind])
        return "" if told else f"{kind}：{line.state} {line.error}"
    if kind == "hiccup" and line.state.startswith("上一次没有取到"):
        return ""
    return "" if line.tone == "ok" and line.items else f"{kind}：{line.state} {line.error}"


async def looked(config: Path, data: Path) -> dict[str, Any]:
    """The lines of the source page, from the store the service left."""
    settings = settings_of(config, {})
    store = await open_store("", data, readonly=True)
    try:
        asked = [s for s in settings.sources if s.id.startswith("many-")]
        found = lines(asked, await store.source_states(), wall())
        problems = await store.problems()
    finally:
        await store.close()
    wrong = {line.id: text for line in found if (text := untrue(int(line.id.removeprefix("many-")), line))}
    return {
        "sources": len(found),
        "untrue": wrong,
        "items": sum(line.items or 0 for line in found),
        "problems": len([p for p in problems if p.resolved_at is None]),
    }


def used(pid: int) -> tuple[float, float]:
    """CPU seconds and peak resident MiB of a living process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    peak = next(row for row in Path(f"/proc/{pid}/status").read_text().splitlines() if row.startswith("VmHWM"))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(peak.split()[1]) / 1024


def started(log: Path, limit: float = 300.0) -> float:
    """When the service began to serve (monotonic seconds): what it takes to load is no part of the run."""
    end = time.monotonic() + limit
    while "/login?token=" not in log.read_text(encoding="utf-8"):
        assert time.monotonic() < end, log.read_text(encoding="utf-8")
        time.sleep(0.1)
    return time.monotonic()


def run(folder: Path, count: int, seconds: float, interval: int, patience: float = 0.0) -> dict[str, Any]:
    """Figures of one run of so many seconds of service; the sources stay up until it has stopped.

    `patience`: seconds a busy machine may take longer until everything has been asked often enough to be told.
    """
    with child([sys.executable, "-m", "tests.bench.many_sources", "--child"], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        config = written(folder / "config", int(server.stdout.readline()), count, interval)
        env = {k: v for k, v in os.environ.items() if not k.startswith("YQBOT_")}
        env |= {"YQBOT_CONFIG": str(config), "YQBOT_DATA": str(folder / "data"), "YQBOT_LISTEN": "127.0.0.1:0"}
        with (
            (folder / "log").open("w") as log,
            child([sys.executable, "-m", "bot", "run"], env=env, stdout=log, stderr=log) as bot,
        ):
            begun = started(folder / "log")
            time.sleep(seconds)
            while time.monotonic() < begun + seconds + patience and asyncio.run(looked(config, folder / "data"))["untrue"]:
                time.sleep(2)
            lasted = time.monotonic() - begun
            cpu, mib = used(bot.pid)
            bot.send_signal(signal.SIGTERM)
            code = bot.wait(120)
        broken = (folder / "log").read_text(encoding="utf-8").count("Traceback")
        found = asyncio.run(looked(config, folder / "data"))
    return {
        "seconds": round(lasted),
        "exit": code,
        "tracebacks": broken,
        "cpu_s": round(cpu, 1),
        "peak_rss_mib": round(mib),
        **found,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=900.0)
    parser.add_argument("--interval", type=int, default=30)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        asyncio.run(serve())
        return 0
    with tempfile.TemporaryDirectory() as folder:
        figures = run(Path(folder), args.sources, args.seconds, args.interval)
    print(json.dumps({"bench": "many sources", **figures}, ensure_ascii=False))
    return 1 if figures["untrue"] or figures["exit"] or figures["tracebacks"] else 0


if __name__ == "__main__":
    sys.exit(main())
