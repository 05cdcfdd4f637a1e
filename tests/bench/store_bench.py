"""What the store does a second, and what a big desk costs it. One JSON line a figure.

    python tests/bench/store_bench.py [--url postgresql://...] [--processes 1,2,4] [--items 100000] [--incidents 10000] [--only claims]

Without `--url` SQLite in a temporary folder is measured, and PostgreSQL in a throw-away cluster where its server programs are installed
(with fsync on). Every writing call is durable when it returns.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

REPO = Path(__file__).parents[2]
sys.path.insert(0, str(REPO))

from bot.store import SqlStore, open_store  # noqa: E402
from bot.store.port import Change, SourceState  # noqa: E402
from bot.store.verify import verify  # noqa: E402
from playbooks.fold import opened  # noqa: E402
from tests.bot.store.cluster import Cluster, programs_folder  # noqa: E402
from tests.bot.store.samples import T0, event, item, message, minutes, opening, step  # noqa: E402

WORDS = ("停水", "滑坡", "欠薪", "食堂", "征地", "拥堵", "火情", "噪声", "停电", "积水")
PLACES = ("云岭市", "青石县", "河湾镇", "大湾村", "松岭街道", "临江区", "白塬乡", "石桥社区")
LATE = T0 + minutes(600)


def tell(engine: str, name: str, value: float, unit: str, **more: object) -> None:
    print(
        json.dumps(
            {"bench": "store", "engine": engine, "figure": name, "value": round(value, 3), "unit": unit, **more},
            ensure_ascii=False,
        ),
        flush=True,
    )


def rss_mib() -> float:
    """Resident memory now, not its peak."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


async def timed(work: Awaitable[object]) -> float:
    begin = time.perf_counter()
    await work
    return time.perf_counter() - begin


async def together(callers: int, count: int, work: Callable[[int], Awaitable[object]]) -> float:
    """Seconds for `count` calls by `callers` tasks."""

    async def one(caller: int) -> None:
        for n in range(caller, count, callers):
            await work(n)

    return await timed(asyncio.gather(*(one(c) for c in range(callers))))


async def opens(store: SqlStore, incidents: int, steps: int, at: float, first: int = 1, callers: int = 50) -> None:
    """Open incidents with `steps` pending steps each, due at `at` minutes and after."""

    async def one(n: int) -> None:
        number = first + n
        event_ = opening(f"{PLACES[n % 8]}{WORDS[n % 10]}", T0)
        plan = tuple(step(number, f"s{k}", T0 + minutes(at + k)) for k in range(steps))
        assert await store.commit(Change(incident=opened(number, event_), base_version=0, events=(event_,), steps=plan))

    await together(callers, incidents, one)


async def claims(store: SqlStore, owner: str, batch: int, callers: int) -> tuple[int, float]:
    """Claim and settle every due step; how many, in how many seconds."""
    done = 0

    async def drain(caller: int) -> None:
        nonlocal done
        while rows := await store.claim_steps(LATE, T0, f"{owner}-{caller}", T0 + timedelta(hours=1), batch):
            await store.settle_steps({r.key: ("passed", "bench") for r in rows}, (), LATE)
            done += len(rows)

    seconds = await timed(asyncio.gather(*(drain(c) for c in range(callers))))
    return done, seconds


async def writes(store: SqlStore, engine: str) -> None:
    for callers in (1, 10, 100):
        count = 400 if callers == 1 else 4_000
        seconds = await together(callers, count, lambda n: store.set_meta(f"k{n % 50}", str(n)))
        tell(engine, "single_row_writes", count / seconds, "1/s", callers=callers)
    for callers in (1, 50):
        count = 200 if callers == 1 else 2_000
        seconds = await timed(opens(store, count, 6, 10_000, first=1_000_000 + callers * 10_000, callers=callers))
        tell(engine, "incidents_opened_with_6_steps", count / seconds, "1/s", callers=callers)


async def outbox(store: SqlStore, engine: str) -> None:
    """Messages queued, claimed in tens, marked sent with their record."""
    await opens(store, 1, 0, 0, first=900_000)
    count = 3_000
    rows = [message(f"b{n}", at=T0, incident=900_000) for n in range(count)]
    await store.settle_steps({}, rows, T0)

    async def drain(caller: int) -> None:
        owner = f"o{caller}"
        while got := await store.claim_messages(T0, T0, owner, T0 + timedelta(hours=1), 10):
            for row in got:
                said = event("notified", T0, message=row.id)
                await store.mark_sent(row.id, owner, T0, msgid="w", response_code="", detail="", event=said)

    for callers in (1, 20):
        part = rows[: count // 5] if callers == 1 else rows
        fresh = [replace(r, id=f"{r.id}-{callers}", task_id=f"{r.id}-{callers}") for r in part]
        if callers == 1:
            await drain(0)
            continue
        await store.settle_steps({}, fresh, T0)
        seconds = await timed(asyncio.gather(*(drain(c) for c in range(callers))))
        tell(engine, "messages_claimed_sent_recorded", len(fresh) / seconds, "1/s", callers=callers, batch=10)


async def big_desk(store: SqlStore, engine: str, incidents: int) -> None:
    """Many open incidents with six pending steps each: an idle sweep, and all at once."""
    await opens(store, incidents, 6, 1_000)
    sweeps = []
    for _ in range(200):
        sweeps.append(await timed(store.claim_steps(T0, T0, "sweep", T0, 500)))
    sweeps.sort()
    tell(engine, "sweep_with_nothing_due", sweeps[100] * 1000, "ms", p99=round(sweeps[197] * 1000, 3), steps=incidents * 6)
    seconds = await timed(store.next_fire())
    tell(engine, "next_fire", seconds * 1000, "ms", steps=incidents * 6)
    before = rss_mib()
    seconds = await timed(store.incidents(limit=100_000))
    tell(engine, "list_all_open_cold", seconds * 1000, "ms", incidents=incidents, growth_mib=round(rss_mib() - before, 1))
    seconds = await timed(store.incidents(limit=100_000))
    tell(engine, "list_all_open_warm", seconds * 1000, "ms", incidents=incidents)
    await burst(store, engine, min(incidents, 10_000))


async def burst(store: SqlStore, engine: str, count: int) -> None:
    """One due step of each of many incidents in one instant: claimed, settled, queued; the event loop's worst stall."""
    worst, running = 0.0, True

    async def watch() -> None:
        nonlocal worst
        while running:
            begin = time.perf_counter()
            await asyncio.sleep(0.001)
            worst = max(worst, time.perf_counter() - begin - 0.001)

    watcher = asyncio.ensure_future(watch())
    await asyncio.sleep(0.05)
    worst, begin, queued = 0.0, time.perf_counter(), 0
    now = T0 + minutes(1_000)
    while rows := await store.claim_steps(now, T0, "burst", T0 + timedelta(hours=1), 500):
        messages = [message(f"q{r.key}", r.key, incident=r.incident) for r in rows]
        await store.settle_steps({r.key: ("sending", "") for r in rows}, messages, now)
        queued += len(rows)
        if queued >= count:
            break
    seconds = time.perf_counter() - begin
    running = False
    await watcher
    tell(engine, "burst_queued", seconds, "s", steps=queued, worst_stall_ms=round(worst * 1000, 1))


async def items_and_search(store: SqlStore, engine: str, count: int) -> None:
    state = SourceState(source_id="news")
    begin = time.perf_counter()
    for start in range(0, count, 500):
        rows = [
            item(f"i{n:07}", f"{PLACES[n % 8]}{n % 977}号院居民反映{WORDS[n % 10]}问题第{n}次", at=T0 + minutes(n / 100))
            for n in range(start, min(start + 500, count))
        ]
        await store.save_poll(state, rows)
    tell(engine, "items_stored_and_indexed", count / (time.perf_counter() - begin), "1/s", items=count)
    again = [item(f"i{n:07}", f"{PLACES[n % 8]}", fingerprint=f"f-i{n:07}") for n in range(500)]
    seconds = await timed(store.save_poll(state, again))
    tell(engine, "known_items_recognised", 500 / seconds, "1/s")
    for words in ("停水", "青石县 停水", f"第{count - 7}次", "火灾"):
        seconds = await timed(store.search(words))
        tell(engine, "search", seconds * 1000, "ms", words=words, items=count)


async def walk(store: SqlStore, engine: str) -> None:
    begin = time.perf_counter()
    verdict = await store.engine.read(verify)
    assert verdict.faults == (), verdict.faults[0].text
    seconds = time.perf_counter() - begin
    tell(engine, "verify", verdict.events / seconds, "events/s", events=verdict.events, incidents=verdict.incidents)


async def claimed(store: SqlStore, engine: str) -> None:
    for batch, callers in ((10, 1), (10, 20), (50, 4)):
        await opens(store, 700, 6, 0, first=100_000 + batch * 1_000 + callers * 100_000)
        cpu = time.process_time()
        done, seconds = await claims(store, "b", batch, callers)
        used = round(1e6 * (time.process_time() - cpu) / done, 1)
        tell(engine, "steps_claimed_and_settled", done / seconds, "1/s", batch=batch, callers=callers, cpu_us_each=used)


async def measure(engine: str, url: str, folder: Path, options: argparse.Namespace) -> None:
    start = rss_mib()
    store = await open_store(url, folder)
    if options.only == "claims":
        await claimed(store, engine)
        await store.close()
        return
    await writes(store, engine)
    await outbox(store, engine)
    await claimed(store, engine)
    await big_desk(store, engine, options.incidents)
    await walk(store, engine)
    await items_and_search(store, engine, options.items)
    await store.close()
    before = rss_mib()
    begin = time.perf_counter()
    store = await open_store(url, folder)
    await store.claim_steps(T0, T0, "restart", T0, 500)
    tell(engine, "open_and_first_sweep", (time.perf_counter() - begin) * 1000, "ms", growth_mib=round(rss_mib() - before, 1))
    tell(engine, "memory_of_whole_run", rss_mib() - start, "MiB")
    await store.close()


async def worker(url: str, owner: str) -> None:
    """One of several processes: waits for the start line, drains, tells how many."""
    store = await open_store(url, Path("/nonexistent"))
    await asyncio.to_thread(sys.stdin.readline)
    done, seconds = await claims(store, owner, 10, 4)
    print(json.dumps({"done": done, "seconds": seconds}), flush=True)
    await store.close()


async def several(url: str, folder: Path, processes: int) -> None:
    store = await open_store(url, folder)
    due = 12_000
    await opens(store, due // 6, 6, 0, first=5_000_000 + processes * 100_000)
    words = [sys.executable, __file__, "--worker", "--url", url, "--owner"]
    children = [
        subprocess.Popen([*words, f"w{n}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for n in range(processes)
    ]
    await asyncio.sleep(2.5)
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    results = [json.loads((await asyncio.to_thread(child.communicate))[0]) for child in children]
    done, seconds = sum(r["done"] for r in results), max(r["seconds"] for r in results)
    tell(
        "postgres",
        "steps_claimed_and_settled_by_processes",
        done / seconds,
        "1/s",
        processes=processes,
        batch=10,
        doubled=done - due,
    )
    await store.close()


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--url", default="")
    p.add_argument("--processes", default="1,2,4")
    p.add_argument("--items", type=int, default=100_000)
    p.add_argument("--incidents", type=int, default=10_000)
    p.add_argument("--engine", default="both", choices=("both", "sqlite", "postgres"))
    p.add_argument("--only", default="", choices=("", "claims"))
    p.add_argument("--worker", action="store_true")
    p.add_argument("--owner", default="")
    options = p.parse_args()
    if options.worker:
        asyncio.run(worker(options.url, options.owner))
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("YQBOT_BENCH_DIR")) as folder:
        if not options.url and options.engine != "postgres":
            asyncio.run(measure("sqlite", "", Path(folder), options))
        if options.engine != "sqlite":
            on_postgres(options, Path(folder))


def on_postgres(options: argparse.Namespace, folder: Path) -> None:
    programs = programs_folder()
    if not options.url and programs is None:
        tell("postgres", "skipped", 0, "", reason="PostgreSQL server programs are not installed")
        return
    cluster = None if options.url or programs is None else Cluster(programs, durable=True)
    try:
        url = options.url or (cluster.new_database() if cluster else "")
        asyncio.run(measure("postgres", url, folder, options))
        for count in options.processes.split(","):
            asyncio.run(several(options.url or (cluster.new_database() if cluster else ""), folder, int(count)))
    finally:
        if cluster is not None:
            cluster.remove()


if __name__ == "__main__":
    main()
