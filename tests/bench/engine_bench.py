"""The engine under load, beside APScheduler's own persistent job store. One JSON line a figure.

    python -m tests.bench.engine_bench [--engine both|sqlite|postgresql] [--incidents 10000] [--rate 50] [--seconds 20] [--peer PYTHON]

Six pending steps an incident, a first alert of every incident due in one instant, later a countdown of `rate` incidents a second through
the whole service (scheduler, audit, sending over loopback HTTP to an answering process). Meters a person are off: they are WeCom's limit,
not the engine's. PostgreSQL is a throw-away cluster, where its server programs are installed; the server's own CPU is not counted,
only that of our process. `--peer`: a Python with apscheduler and sqlalchemy. On a busy machine compare CPU seconds, not wall seconds.
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
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

from bot import outage
from bot.app import listening, serving
from bot.clock import VirtualClock, wall
from bot.desk import Desk
from bot.engine_health import engine_health
from bot.garbage import settle_memory
from bot.metering import Meters
from bot.scheduler import build_scheduler
from bot.store import SqlStore, open_store
from bot.store.port import Change, MessageRow
from bot.tick import tick
from config.schema import Ladder, Role, Settings
from playbooks import ladder
from playbooks.fold import opened
from playbooks.incident import Event, Incident, Instant
from tests.bot.store.cluster import Cluster, programs_folder
from tests.builders import FEED, apply, event, settings

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def tell(name: str, value: float, unit: str, **more: object) -> None:
    line = {"bench": "engine", "figure": name, "value": round(value, 3), "unit": unit, **more}
    print(json.dumps(line, ensure_ascii=False), flush=True)


def load() -> float:
    """Load average of the last minute, to judge wall seconds by."""
    return round(os.getloadavg()[0], 1)


def rss_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def rules(port: int = 0, url: str = "") -> Settings:
    """The shipped rules with six rungs a matter, each for the duty officer, and no jitter."""
    base = settings()
    rungs = {s.code: replace(s, roles=(Role.DUTY_OFFICER,), times=min(s.times, 2)) for s in base.ladders["response"].steps}
    six = tuple(rungs[code] for code in ("half", "last", "final", "due", "overdue"))
    wecom = replace(base.wecom, base_url=f"http://127.0.0.1:{port}", corpid="c", secret="s", agentid=1) if port else base.wecom
    cut = {**base.ladders, "response": Ladder(code="response", steps=six)}
    return replace(base, ladders=cut, bot=replace(base.bot, jitter_seconds=0, database_url=url), wecom=wecom, sources=())


def made(number: int, rate: int, count: int) -> tuple[Incident, list[Event]]:
    """Found one after the other, alarmed together."""
    found = START + timedelta(seconds=number / rate)
    alarm = START + timedelta(seconds=count / rate)
    starts = {"detected_at": Instant(value=found, source="system")}
    first = event("opened", found, FEED, title=f"第{number}号滑坡", category="geo_damage", starts=starts)
    alarmed = event("alarmed", alarm, FEED, reason="x", quiet=True)
    return apply(opened(number, first), [alarmed], rules(), alarm), [first, alarmed]


async def fill(store: SqlStore, count: int, rate: int) -> int:
    """Open incidents with their real steps; returns how many steps wait."""
    steps, six = 0, rules()
    for begin in range(1, count + 1, 200):
        changes = []
        for number in range(begin, min(begin + 200, count + 1)):
            incident, events = made(number, rate, count)
            wanted = ladder.steps(incident, six)
            steps += len(wanted)
            changes.append(Change(incident=incident, base_version=0, events=tuple(events), steps=wanted))
        await asyncio.gather(*(store.commit(c) for c in changes))
    return steps


async def stall(stop: asyncio.Event) -> tuple[float, float]:
    """Longest time the event loop did not answer, seconds; and how long it worked without a pause, CPU seconds of its own thread.

    On a busy machine the first counts other programs too, the second does not.
    """
    worst = held = 0.0
    while not stop.is_set():
        before, cpu = time.perf_counter(), time.thread_time()
        await asyncio.sleep(0.001)
        worst, held = max(worst, time.perf_counter() - before - 0.001), max(held, time.thread_time() - cpu)
    return worst, held


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an engine keeps its rows: an address (empty: SQLite in the folder) and a folder."""

    name: str
    url: str
    folder: Path

    def tell(self, name: str, value: float, unit: str, **more: object) -> None:
        tell(name, value, unit, engine=self.name, **more)


async def idle_sweep(place: Place, store: SqlStore) -> None:
    took = []
    for _ in range(300):
        before = time.perf_counter()
        await store.claim_steps(START, wall(), "b", wall() + timedelta(seconds=30), 500)
        took.append(1000 * (time.perf_counter() - before))
    took.sort()
    place.tell("sweep_with_nothing_due", took[150], "ms", p99=round(took[297], 3))


async def flood(place: Place, store: SqlStore, at: datetime) -> None:
    """The first alert of every incident is due in one instant, just after a restart."""
    desk = Desk(settings=rules(url=place.url), store=store, clock=VirtualClock(at), owner="b")
    settle_memory()
    stop = asyncio.Event()
    watching = asyncio.create_task(stall(stop))
    await asyncio.sleep(0.05)
    before, cpu, claimed = time.perf_counter(), time.process_time(), 0
    while found := await tick(desk):
        claimed += found
    took, used = time.perf_counter() - before, time.process_time() - cpu
    stop.set()
    worst, held = await watching
    stalls = {"worst_stall_ms": round(1000 * worst, 1), "worst_stall_cpu_ms": round(1000 * held, 1)}
    place.tell("flood_queued", took, "s", steps=claimed, cpu_s=round(used, 2), **stalls, load=load())


async def prepare(place: Place, options: argparse.Namespace) -> None:
    store = await open_store(place.url, place.folder)
    steps = await fill(store, options.incidents, options.rate)
    place.tell("filled", options.incidents, "incidents", steps=steps)
    await idle_sweep(place, store)
    await store.close()
    store = await open_store(place.url, place.folder)
    await flood(place, store, START + timedelta(seconds=options.incidents / options.rate))
    await store.engine.write(lambda tx: tx.run("update message set state = 'sent', sent_at = 0, lease_until = 0"))
    await store.engine.write(lambda tx: tx.run("update step set state = 'sent', lease_until = 0 where state = 'sending'"))
    await store.close()


class Unmetered(Meters):
    """WeCom's limits a person do not count here."""

    def wait(self, row: MessageRow, now: datetime) -> timedelta:
        return timedelta()


class ShiftedClock:
    """Program time that runs at the speed of real time, from a chosen instant."""

    speed = 1.0

    def __init__(self, start: datetime) -> None:
        self.shift = start - wall()

    def now(self) -> datetime:
        return wall() + self.shift


async def serve(folder: Path, port: int, seconds: float, url: str) -> None:
    """The whole service on its rows: first send after the start, lateness, memory. Prints one JSON object."""
    begun = time.perf_counter()
    clock = ShiftedClock(START + DAY + timedelta(seconds=2))
    async with serving(rules(port, url), folder, clock) as running:
        service, first = running.service, asyncio.get_running_loop().create_future()
        service.desk.meters = Unmetered()
        real = service.desk.store.mark_sent

        async def marked(*args: object, **named: object) -> bool:
            done = await real(*args, **named)  # type: ignore[arg-type]
            if not first.done():
                first.set_result(time.perf_counter() - begun)
            return done

        service.desk.store.mark_sent = marked  # type: ignore[method-assign]
        await outage.started(service.desk)

        async def daily() -> None: ...

        scheduler = build_scheduler(service, daily)
        scheduler.start()
        settle_memory()
        await asyncio.sleep(2)
        settled = service.desk.now()
        await asyncio.sleep(seconds)
        late = await lateness(service.desk.store, settled)
        before, cpu = time.perf_counter(), time.process_time()
        audited = await service.audit()
        passed, used = time.perf_counter() - before, time.process_time() - cpu
        scheduler.shutdown(wait=False)
        health = await engine_health(service.desk.store, service.desk.now(), service.desk.lease()[0])
        out = {
            "first_sent_s": round(first.result(), 2) if first.done() else None,
            "sent": len(late),
            "unsent": health.figures.unsent,
            "p50_s": late[len(late) // 2] if late else None,
            "p99_s": late[int(len(late) * 0.99)] if late else None,
            "audited": audited.incidents,
            "audit_s": round(passed, 1),
            "audit_cpu_s": round(used, 1),
            "rss_mib": round(rss_mib(), 1),
            "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        }
        print(json.dumps(out))


async def lateness(store: SqlStore, since: datetime) -> list[float]:
    """Seconds from falling due to leaving, sorted, of the steps due since an instant: what was late at the start is not counted."""
    sql = (
        "select m.sent_at - s.fire_at as late from step s join step_message l on l.step = s.key join message m on m.id = l.message"
        " where m.sent_at > 0 and s.fire_at > :since order by late"
    )
    rows = await store.engine.read(lambda tx: tx.rows(sql, {"since": int(since.timestamp() * 1000)}))
    return [int(r["late"]) / 1000 for r in rows]


async def answer(port: int) -> None:
    """A WeCom that takes everything."""

    async def token(request: web.Request) -> web.Response:
        return web.json_response({"errcode": 0, "access_token": "t", "expires_in": 7200})

    async def send(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"errcode": 0, "msgid": "m", "response_code": ""})

    app = web.Application()
    app.add_routes([web.get("/cgi-bin/gettoken", token), web.post("/cgi-bin/message/send", send)])
    async with listening(app, "127.0.0.1", port) as bound:
        print(bound, flush=True)
        await asyncio.Event().wait()


@asynccontextmanager
async def answering() -> AsyncIterator[int]:
    command = [sys.executable, "-m", "tests.bench.engine_bench", "--answer"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        yield int(await asyncio.to_thread(child.stdout.readline))
    finally:
        child.kill()
        child.wait()


async def served(place: Place, port: int, seconds: float) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.engine_bench", "--serve", str(place.folder), "--url", place.url]
    words = [*command, "--port", str(port), "--seconds", str(seconds)]
    done = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


async def measure(full: Place, empty: Place, options: argparse.Namespace) -> None:
    await prepare(full, options)
    async with answering() as port:
        idle = await served(empty, port, 3)
        got = await served(full, port, options.seconds)
    full.tell("first_due_step_sent_after_start", got["first_sent_s"], "s", load=load())
    more = {k: got[k] for k in ("p50_s", "sent", "unsent")}
    full.tell("lateness_p99", got["p99_s"], "s", **more, rate=options.rate, load=load())
    full.tell("audit", got["audit_s"], "s", cpu_s=got["audit_cpu_s"], incidents=got["audited"])
    growth, peak = got["rss_mib"] - idle["rss_mib"], got["peak_mib"] - idle["peak_mib"]
    full.tell("growth_over_idle_start", growth, "MiB", idle=idle["rss_mib"], peak_growth=round(peak, 1))


def on_sqlite(folder: Path, options: argparse.Namespace) -> None:
    full, empty = (Place(name="sqlite", url="", folder=folder / name) for name in ("full", "empty"))
    asyncio.run(measure(full, empty, options))


def on_postgresql(folder: Path, options: argparse.Namespace) -> None:
    programs = programs_folder()
    if programs is None:
        skipped("PostgreSQL 的服务端程序没有安装", engine="postgresql")
        return
    cluster = Cluster(programs, durable=True)
    try:
        full, empty = (
            Place(name="postgresql", url=cluster.new_database(), folder=folder / f"pg-{name}") for name in ("full", "empty")
        )
        asyncio.run(measure(full, empty, options))
    finally:
        cluster.remove()


def skipped(why: str, **more: object) -> None:
    print(json.dumps({"bench": "engine", "skipped": why, **more}, ensure_ascii=False), flush=True)


def on_peer(options: argparse.Namespace) -> None:
    if options.peer:
        subprocess.run([options.peer, str(Path(__file__).with_name("engine_peer.py")), str(options.incidents)], check=False)
    else:
        skipped("对照需要装有 apscheduler 和 sqlalchemy 的 Python（--peer）")


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--incidents", type=int, default=10_000)
    p.add_argument("--rate", type=int, default=50)
    p.add_argument("--seconds", type=float, default=20)
    p.add_argument("--peer", default=os.environ.get("YQBOT_BENCH_PEER", ""))
    p.add_argument("--engine", default="both", choices=("both", "sqlite", "postgresql"))
    p.add_argument("--answer", action="store_true")
    p.add_argument("--serve", default="")
    p.add_argument("--url", default="")
    p.add_argument("--port", type=int, default=0)
    options = p.parse_args()
    if options.answer:
        asyncio.run(answer(options.port))
    elif options.serve:
        asyncio.run(serve(Path(options.serve), options.port, options.seconds, options.url))
    else:
        with tempfile.TemporaryDirectory(dir=os.environ.get("YQBOT_BENCH_DIR")) as folder:
            if options.engine != "postgresql":
                on_sqlite(Path(folder), options)
            if options.engine != "sqlite":
                on_postgresql(Path(folder), options)
        on_peer(options)


if __name__ == "__main__":
    main()
