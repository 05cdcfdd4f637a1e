"""Speed of judging through the commands themselves, one JSON line a figure: start, titles, letters, memory, a day replayed, joining.

    python tests/bench/speed_bench.py [--titles 30000] [--letters 4000]

CPU seconds of whole child processes (their start included where the line says `whole`). Titles and letters are the recorded ones where
`../shared` (or YQBOT_SHARED) is there, else synthetic ones of `ingest_bench`; `source` says which.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from itertools import cycle, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.bench.ingest_bench import START, entry

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("YQBOT_SHARED") or ROOT.parent / "shared") / "data"
DAY = 1_300
"""Titles of all hot lists in a day."""
Row = dict[str, str]


def recorded(name: str) -> Iterator[Row]:
    if name == "titles":
        for path in sorted((SHARED / "backtest").glob("hotlist-*.jsonl.gz")):
            with gzip.open(path, "rt", encoding="utf-8") as source:
                yield from ({"title": json.loads(line)["title"]} for line in source)
    elif (SHARED / "unit.csv").is_file():
        with (SHARED / "unit.csv").open(encoding="utf-8") as source:
            yield from ({"title": row["title"], "detail": row["detail"]} for row in csv.DictReader(source))


def synthetic(name: str) -> Iterator[Row]:
    for number in range(1_000):
        made = entry(0, number)
        yield {"title": made["title"]} if name == "titles" else {"title": made["title"], "detail": made["content"]}


def rows(name: str, count: int) -> tuple[list[Row], str]:
    found = list(islice(recorded(name), count))
    source = "recorded" if found else "synthetic"
    return list(islice(cycle(found or synthetic(name)), count)), source


def child(*arguments: str, text: str = "") -> tuple[float, float]:
    """CPU seconds and peak MiB of one command of the product."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as given:
        given.write(text)
        given.seek(0)
        command = [sys.executable, "-m", "bot", *arguments]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command, cwd=ROOT, env=env, stdin=given, stdout=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def show(name: str, **figures: object) -> None:
    print(json.dumps({"bench": "speed", "what": name, **figures}, ensure_ascii=False), flush=True)


def triage(titles: int, letters: int) -> None:
    start, idle = min(child("triage") for _ in range(3))
    show("start", cpu_s=round(start, 3), rss_mib=round(idle, 1))
    for name, count in (("titles", titles), ("letters", letters)):
        given, source = rows(name, count)
        text = "".join(json.dumps({"id": str(n), **row}, ensure_ascii=False) + "\n" for n, row in enumerate(given))
        cpu, peak = child("triage", text=text)
        show(
            name,
            source=source,
            count=count,
            whole_per_cpu_s=round(count / cpu),
            after_start_per_cpu_s=round(count / max(cpu - start, 1e-3)),
            rss_growth_mib=round(peak - idle, 1),
        )


def day() -> None:
    given, source = rows("titles", DAY)
    lines = [
        {"t": (START.astimezone(UTC) + timedelta(minutes=n)).isoformat(), "source": f"s{n % 9}", **row}
        for n, row in enumerate(given)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.jsonl"
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
        cpu, _ = child("replay", "--scope", "all", "--out", str(Path(folder) / "out"), str(path))
    show("day replayed", source=source, titles=DAY, whole_cpu_s=round(cpu, 2))


async def joining(count: int) -> None:
    """Items that are stored already, judged and joined by the running service."""
    from bot.app import serving
    from bot.clock import VirtualClock
    from bot.configuration import DEMO, settings_of
    from monitors.item import Item
    from monitors.plain import plain

    clock = VirtualClock(START + timedelta(days=1))
    base = Item(id="", source="s", title="", text="", seen_at=clock.now())
    with tempfile.TemporaryDirectory() as folder:
        async with serving(replace(settings_of(DEMO, {}), sources=()), Path(folder), clock) as running:
            for feed in range(count // 100):
                made = [entry(feed, number) for number in range(100)]
                await running.service.desk.store.add_items(
                    [replace(base, id=r["id"], fingerprint=r["id"], title=r["title"], text=plain(r["content"])) for r in made]
                )
            began = time.process_time()
            placed = await running.service.intake.join()
            cpu = time.process_time() - began
    joined = sum(1 for number in placed.values() if number is not None)
    show("judge and join", items=len(placed), joined=joined, us_an_item=round(cpu / len(placed) * 1e6, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--titles", type=int, default=30_000)
    parser.add_argument("--letters", type=int, default=4_000)
    parser.add_argument("--items", type=int, default=20_000)
    args = parser.parse_args()
    triage(args.titles, args.letters)
    day()
    asyncio.run(joining(args.items))


if __name__ == "__main__":
    main()
