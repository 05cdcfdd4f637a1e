"""Ingest figures beside the peer (`reader`), one JSON line a figure; CPU seconds of the client process, server in another.

    python tests/bench/ingest_bench.py [--feeds 200] [--items 100] [--many 5000] [--peer PYTHON] [--maker FILE.py]

`--peer` (or YQBOT_PEER_PYTHON) is an interpreter that has `reader` installed; without one its line says why it is missing.
All hosts are loopback. Feeds are synthetic, seeded, Chinese, about invented places: half RSS, half Atom, a tenth GB18030.
`--maker` takes the documents of another generator: a Python file with `make_feed(feed, items) -> bytes`.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web

PLACES = ("青石县", "云溪市", "临江县", "白塬区", "松岭镇", "大湾村", "柳河街道", "石桥乡")
SUBJECTS = ("小学食堂", "自来水公司", "征地补偿", "山体边坡", "地铁工地", "化工园区", "医院窗口", "客运车站")
EVENTS = ("被指管理不善", "发生险情", "引发群众投诉", "开展专项检查", "发布情况说明", "恢复正常运行")
FILL = "当地有关部门已赶赴现场核实处置，相关情况正在进一步调查之中，后续进展将及时向社会公布。" * 3
AUTHOR = "本报记者"
START = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)


def entry(feed: int, number: int) -> dict[str, Any]:
    rng = random.Random(feed * 100_003 + number)
    place, subject, event = (rng.choice(words) for words in (PLACES, SUBJECTS, EVENTS))
    line = f"{place}{subject}{event}"
    parts = (
        f"<p>{line}。{FILL[: rng.randint(20, len(FILL))]}<a href='/n/{number}'>全文</a></p>" for _ in range(rng.randint(2, 6))
    )
    return {
        "id": f"urn:bench:{feed}:{number}",
        "title": f"{line}（{feed}之{number}）",
        "link": f"http://news{feed}.example/a/{number}.html",
        "when": START + timedelta(minutes=number * 7 + feed),
        "author": AUTHOR,
        "category": subject,
        "summary": line,
        "content": "".join(parts),
    }


def document(feed: int, items: int, extra: int = 0) -> bytes:
    charset = "GB18030" if feed % 10 == 9 else "utf-8"
    rows = [entry(feed, number) for number in reversed(range(items + extra))]
    head = f'<?xml version="1.0" encoding="{charset}"?>\n'
    text = head + (_rss(feed, rows) if feed % 2 == 0 else _atom(feed, rows))
    return text.encode(charset)


def _rss(feed: int, rows: Sequence[Mapping[str, Any]]) -> str:
    body = "".join(
        f"<item><title>{escape(r['title'])}</title><link>{r['link']}</link><guid isPermaLink='false'>{r['id']}</guid>"
        f"<pubDate>{format_datetime(r['when'])}</pubDate><dc:creator>{r['author']}</dc:creator>"
        f"<category>{r['category']}</category><description>{r['summary']}</description>"
        f"<content:encoded><![CDATA[{r['content']}]]></content:encoded></item>\n"
        for r in rows
    )
    spaces = "xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:dc='http://purl.org/dc/elements/1.1/'"
    about = f"<title>频道{feed}</title><link>http://news{feed}.example/</link><description>合成</description>"
    return f"<rss version='2.0' {spaces}><channel>{about}{body}</channel></rss>"


def _atom(feed: int, rows: Sequence[Mapping[str, Any]]) -> str:
    body = "".join(
        f"<entry><title>{escape(r['title'])}</title><id>{r['id']}</id><link href='{r['link']}'/>"
        f"<published>{r['when'].isoformat()}</published><updated>{r['when'].isoformat()}</updated>"
        f"<author><name>{r['author']}</name></author><category term='{r['category']}'/><summary>{r['summary']}</summary>"
        f"<content type='html'>{escape(r['content'])}</content></entry>\n"
        for r in rows
    )
    about = f"<title>频道{feed}</title><id>urn:bench:{feed}</id><link href='http://news{feed}.example/'/>"
    return f"<feed xmlns='http://www.w3.org/2005/Atom'>{about}{body}</feed>"


def maker(file: str) -> Callable[[int, int], bytes]:
    """What makes the documents: `make_feed` of another file, or `document`."""
    if not file:
        return document
    spec = importlib.util.spec_from_file_location("other_documents", file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"--maker: {file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: Callable[[int, int], bytes] = module.make_feed
    return made


async def serve(args: argparse.Namespace) -> None:
    """Child process: feeds with validators; `/feed/{n}` wraps round, so that many addresses need few documents."""
    make = maker(args.maker)
    made = [make(number, args.items) for number in range(min(args.feeds, 200))]

    async def feed(request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        if args.delay:
            await asyncio.sleep(args.delay)
        tag = f'"{number}-1"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        kind = "application/rss+xml" if number % 2 == 0 else "application/atom+xml"
        return web.Response(body=made[number % len(made)], headers={"Content-Type": kind, "ETag": tag})

    app = web.Application()
    app.router.add_get("/feed/{number}", feed)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


@contextmanager
def server(feeds: int, items: int, delay: float = 0.0, maker: str = "") -> Iterator[int]:
    command = [
        sys.executable,
        __file__,
        "--child",
        "serve",
        "--feeds",
        str(feeds),
        "--items",
        str(items),
        "--delay",
        str(delay),
        "--maker",
        maker,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def measured(began: tuple[float, float], **figures: Any) -> dict[str, Any]:
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall_s": round(wall, 3), "cpu_s": round(cpu, 3), "peak_rss_mib": round(mib, 1), **figures}


async def ours(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Child process: one round of new items, one round of 304, through fetch, parse, identity and, with a store, into it."""
    from bot.garbage import settle_memory
    from bot.store.port import SourceState
    from monitors.fetch import Fetcher, FetchRequest, FetchResult
    from monitors.item import items
    from monitors.kinds import parse

    seen = START + timedelta(days=60)
    tags: dict[int, FetchResult] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = await _store(Path(folder)) if args.store else None

        async def one(fetcher: Fetcher, number: int) -> int:
            old = tags.get(number)
            request = FetchRequest(
                source_id=f"s{number}",
                url=f"http://127.0.0.1:{args.port}/feed/{number}",
                etag=old.etag if old else "",
                internal=True,
            )
            result = await fetcher.fetch(request)
            if result.not_modified:
                return 0
            tags[number] = FetchResult(source_id=result.source_id, status=200, etag=result.etag)
            found = items(parse(result.body, result.headers, result.final_url, seen), request.source_id, seen)
            if store is not None:
                state = SourceState(source_id=request.source_id, etag=result.etag)
                return int((await store.save_poll(state, found, patient=True)).new)  # as the poller does in a round of many
            return len(found)

        rounds = []
        settle_memory()  # as `yqbot run` does before its first round
        async with Fetcher() as fetcher:
            for name in ("new", "304"):
                began = time.perf_counter(), time.process_time()
                counts = await asyncio.gather(*(one(fetcher, number) for number in range(args.feeds)))
                rounds.append(measured(began, round=name, items=sum(counts)))
        if store is not None:
            await store.close()
    return rounds


async def whole(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Child process: the service's own rounds: fetch, parse, identity, store with full-text index, judge, join."""
    from dataclasses import replace

    from bot.app import serving
    from bot.clock import VirtualClock
    from bot.configuration import DEMO, settings_of
    from bot.garbage import settle_memory
    from config.schema import Source

    base = f"http://127.0.0.1:{args.port}/feed/"
    sources = tuple(
        Source(id=f"s{n}", name=f"s{n}", kind="feed", url=f"{base}{n}", internal=True, interval=300) for n in range(args.feeds)
    )
    settings = replace(settings_of(DEMO, {}), sources=sources)
    clock = VirtualClock(START + timedelta(days=60))
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        async with serving(settings, Path(args.data or folder), clock) as running:
            settle_memory()  # as `yqbot run` does before its first round
            for name in ("new", "304"):
                clock.advance_to(clock.now() + timedelta(hours=2))
                began = time.perf_counter(), time.process_time()
                report = await running.service.poll()
                rounds.append(measured(began, round=name, items=report["new_items"], joined=report["joined"]))
    return rounds


async def _store(folder: Path) -> Any:
    from bot.store import open_store

    return await open_store("", folder)


def parse_only(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Child process: parsing and identity alone, documents in memory."""
    from monitors.item import items
    from monitors.kinds import parse

    make = maker(args.maker)
    made = [make(number, args.items) for number in range(min(args.feeds, 40))]
    seen = START + timedelta(days=60)
    best = 0.0
    for _ in range(3):
        began = time.process_time()
        count = sum(len(items(parse(body, {}, "", seen), f"s{number}", seen)) for number, body in enumerate(made))
        best = max(best, count / (time.process_time() - began))
    return [{"round": "parse", "items_per_cpu_s": round(best)}]


PEER = """
import sys, time, json, tempfile, os
from reader import make_reader
port, feeds = int(sys.argv[1]), int(sys.argv[2])
with tempfile.TemporaryDirectory() as folder:
    reader = make_reader(os.path.join(folder, "r.sqlite"))
    for number in range(feeds):
        reader.add_feed(f"http://127.0.0.1:{port}/feed/{number}")
    rounds = []
    for name in ("new", "304"):
        wall, cpu = time.perf_counter(), time.process_time()
        new = sum(r.updated_feed.new for r in reader.update_feeds_iter(workers=1, scheduled=False) if r.updated_feed)
        rounds.append({"round": name, "items": new, "cpu_s": round(time.process_time() - cpu, 3), "wall_s": round(time.perf_counter() - wall, 3)})
    print(json.dumps(rounds))
"""


def child(name: str, args: argparse.Namespace, **options: Any) -> list[dict[str, Any]]:
    command = [sys.executable, __file__, "--child", name, "--feeds", str(args.feeds), "--items", str(args.items)]
    for option, value in options.items():
        command += [f"--{option}"] if value is True else [f"--{option}", str(value)] if value else []
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        return [{"round": name, "missing": (done.stderr.strip().splitlines() or ["?"])[-1]}]
    return list(json.loads(done.stdout.splitlines()[-1]))


def peer(args: argparse.Namespace, port: int) -> list[dict[str, Any]]:
    if not args.peer:
        return [{"round": "new", "missing": "no interpreter with `reader`: give --peer or YQBOT_PEER_PYTHON"}]
    environment = {**os.environ, "READER_NO_VENDORED_FEEDPARSER": "1"}
    command = [args.peer, "-c", PEER, str(port), str(args.feeds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, env=environment)
    if done.returncode:
        return [{"round": "new", "missing": (done.stderr.strip().splitlines() or ["?"])[-1]}]
    return list(json.loads(done.stdout.splitlines()[-1]))


def show(name: str, rounds: list[dict[str, Any]]) -> None:
    for figures in rounds:
        if figures.get("items") and figures.get("cpu_s"):
            figures["items_per_cpu_s"] = round(figures["items"] / figures["cpu_s"])
        print(json.dumps({"bench": "ingest", "who": name, **figures}, ensure_ascii=False), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--items", type=int, default=100)
    parser.add_argument("--many", type=int, default=5_000)
    parser.add_argument("--peer", default=os.environ.get("YQBOT_PEER_PYTHON", ""))
    parser.add_argument("--maker", default="", help="a Python file with make_feed(feed, items) -> bytes")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--delay", type=float, default=0.0, help=argparse.SUPPRESS)
    parser.add_argument("--data", default="", help=argparse.SUPPRESS)
    parser.add_argument("--store", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child == "serve":
        asyncio.run(serve(args))
    elif args.child == "parse":
        print(json.dumps(parse_only(args)))
    elif args.child == "whole":
        print(json.dumps(asyncio.run(whole(args))))
    elif args.child == "ours":
        print(json.dumps(asyncio.run(ours(args))))
    else:
        figures(args)


def figures(args: argparse.Namespace) -> None:
    show("parse and identity", child("parse", args, maker=args.maker))
    with server(args.feeds, args.items, maker=args.maker) as port:
        show("fetch to identity", child("ours", args, port=port))
        show("fetch to store", child("ours", args, port=port, store=True))
        show("whole ingest", child("whole", args, port=port))
        show("peer reader", peer(args, port))
    many = argparse.Namespace(feeds=args.many, items=5)
    with server(args.many, 5, 0.2, args.maker) as port:
        show(f"{args.many} feeds at 200 ms", child("ours", many, port=port))
        show(f"{args.many} feeds at 200 ms, whole service", child("whole", many, port=port))


if __name__ == "__main__":
    main()
