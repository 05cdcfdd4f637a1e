"""The engine under load, beside APScheduler's persistent job store. Run: python -m tests.bench.engine_bench [incidents]

Prints one JSON line: sweep with nothing due, ten thousand steps due at once (all queued; longest stall of the event loop),
first claim after reopening, and what the library's own store needs to take ten thousand jobs and to start with them.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import clock as system
from bot.clock import VirtualClock
from bot.desk import Desk
from bot.store import SqlStore, open_store
from bot.store.port import Change
from bot.tick import tick
from playbooks import ladder
from playbooks.fold import opened
from playbooks.incident import Incident, Instant
from tests.builders import FEED, apply, event, settings

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def made(number: int) -> tuple[Incident, list]:  # type: ignore[type-arg]
    data = {
        "title": f"第{number}号滑坡",
        "category": "geo_damage",
        "starts": {"detected_at": Instant(value=START, source="system")},
    }
    first = event("opened", START, FEED, **data)
    alarmed = event("alarmed", START, FEED, reason="x", quiet=True)
    return apply(opened(number, first), [alarmed], settings(), START), [first, alarmed]


async def filled(store: SqlStore, count: int) -> int:
    """Open incidents with their real steps; returns how many steps wait."""
    steps = 0
    for begin in range(1, count + 1, 200):
        changes = []
        for number in range(begin, min(begin + 200, count + 1)):
            incident, events = made(number)
            wanted = ladder.steps(incident, settings())
            steps += len(wanted)
            changes.append(Change(incident=incident, base_version=0, events=tuple(events), steps=wanted))
        await asyncio.gather(*(store.commit(c) for c in changes))
    return steps


async def stall(stop: asyncio.Event) -> float:
    """Longest time the event loop did not answer, seconds."""
    worst = 0.0
    while not stop.is_set():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        worst = max(worst, time.perf_counter() - before - 0.001)
    return worst


async def idle_sweep(desk: Desk) -> float:
    """Median of a sweep that finds nothing, milliseconds."""
    took = []
    for _ in range(200):
        before = time.perf_counter()
        wall = system.wall()
        await desk.store.claim_steps(START - timedelta(days=1), wall, "b", wall + timedelta(seconds=30), 500)
        took.append(time.perf_counter() - before)
    return sorted(took)[100] * 1000


async def flood(desk: Desk) -> dict[str, float]:
    """The first alert of every incident is due in one instant."""
    stop = asyncio.Event()
    watching = asyncio.create_task(stall(stop))
    before, claimed = time.perf_counter(), 0
    while found := await tick(desk):
        claimed += found
    took = time.perf_counter() - before
    stop.set()
    return {"due_at_once": claimed, "queued_s": round(took, 2), "stall_ms": round(await watching * 1000, 1)}


async def engine(folder: Path, count: int) -> dict[str, float]:
    store = await open_store("", folder)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    desk = Desk(settings=settings(), store=store, clock=VirtualClock(START), owner="b")
    before = time.perf_counter()
    out: dict[str, float] = {"incidents": count, "steps": await filled(store, count)}
    out["fill_s"] = round(time.perf_counter() - before, 1)
    out["idle_sweep_ms"] = round(await idle_sweep(desk), 3)
    await store.close()
    before = time.perf_counter()
    desk.store = store = await open_store("", folder)
    wall = system.wall()
    await store.claim_steps(START, wall, "first", wall, 1)
    out["first_claim_after_open_s"] = round(time.perf_counter() - before, 3)
    out |= await flood(desk)
    out["growth_mib"] = round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) / 1024, 1)
    await store.close()
    return out


def library(folder: Path, jobs: int) -> dict[str, float] | str:
    """APScheduler's own durable store, where SQLAlchemy is installed."""
    try:
        from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    except ImportError:
        return "SQLAlchemy is not installed; see the table of the design notes"
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = BackgroundScheduler(jobstores={"default": SQLAlchemyJobStore(url=f"sqlite:///{folder / 'aps.db'}")})
    scheduler.start(paused=True)
    before = time.perf_counter()
    for n in range(jobs):
        scheduler.add_job(print, "date", run_date=datetime.now(UTC) + timedelta(days=1, seconds=n), args=[n])
    took = time.perf_counter() - before
    scheduler.shutdown()
    return {"jobs": jobs, "add_s": round(took, 1)}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        result = {"engine": asyncio.run(engine(Path(folder), count)), "apscheduler": library(Path(folder), count)}
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
