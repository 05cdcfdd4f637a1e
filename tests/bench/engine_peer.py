"""APScheduler's own persistent job store with as many jobs as the engine bench has steps due at once. Run by the peer's Python.

Imports nothing of the product: the peer's environment holds apscheduler and sqlalchemy only.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

fired: list[float] = []


async def job(due: float) -> None:
    fired.append(time.time() - due)


def tell(name: str, value: float, unit: str, **more: object) -> None:
    print(
        json.dumps({"bench": "engine", "peer": "apscheduler", "figure": name, "value": round(value, 3), "unit": unit, **more})
    )


def scheduler(folder: Path) -> AsyncIOScheduler:
    store = SQLAlchemyJobStore(url=f"sqlite:///{folder / 'jobs.db'}")
    defaults = {"misfire_grace_time": None, "coalesce": True}
    return AsyncIOScheduler(jobstores={"default": store}, job_defaults=defaults, timezone="UTC")


async def stall(stop: asyncio.Event) -> float:
    worst = 0.0
    while not stop.is_set():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        worst = max(worst, time.perf_counter() - before - 0.001)
    return worst


async def measure(folder: Path, count: int) -> None:
    made = scheduler(folder)
    made.start(paused=True)
    before, cpu = time.perf_counter(), time.process_time()
    due = datetime.now(UTC) + timedelta(days=1)
    for n in range(count):
        made.add_job(job, "date", run_date=due, args=[due.timestamp()], id=str(n))
    tell("jobs_added", time.perf_counter() - before, "s", jobs=count, cpu_s=round(time.process_time() - cpu, 2))
    made.shutdown(wait=False)
    again = scheduler(folder)
    again.start(paused=True)
    for n in range(count):  # all due in the past: what a restart after an outage finds
        again.modify_job(str(n), next_run_time=datetime.now(UTC) - timedelta(seconds=1))
    again.shutdown(wait=False)
    last = scheduler(folder)
    stop = asyncio.Event()
    watching = asyncio.create_task(stall(stop))
    await asyncio.sleep(0.05)
    before, cpu = time.perf_counter(), time.process_time()
    last.start()
    while len(fired) < count and time.perf_counter() - before < 300:
        await asyncio.sleep(0.01)
    took, used = time.perf_counter() - before, time.process_time() - cpu
    stop.set()
    load, worst = round(os.getloadavg()[0], 1), round(1000 * await watching, 1)
    tell("flood_fired", took, "s", jobs=len(fired), cpu_s=round(used, 2), worst_stall_ms=worst, load=load)
    tell("peak_memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB")
    last.shutdown(wait=False)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(measure(Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
