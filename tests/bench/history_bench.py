"""What a long history costs new items: the service's own round over the same feeds, on stores that already hold many items.

    python tests/bench/history_bench.py [--history 200000,2000000] [--feeds 200] [--items 100]

One JSON line a history and, of the last against the first, the share that is kept. The stores lie in the temporary folder (about
3 GB for two million) and are removed. The history is written by the store itself, with its index, and spread over sixty days.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

REPO = Path(__file__).parents[2]
sys.path.insert(0, str(REPO))

from bot.store import open_store  # noqa: E402
from bot.store.engine import Tx  # noqa: E402
from monitors.item import Item, ItemKind, digest, fingerprint  # noqa: E402
from tests.bench.ingest_bench import EVENTS, FILL, PLACES, START, SUBJECTS, child, server  # noqa: E402

STEP: Final = 2_000


def history(count: int) -> Iterator[list[Item]]:
    """Items of sixty days, in steps, oldest first."""
    rng = random.Random(11)
    for first in range(0, count, STEP):
        yield [_old(rng, n, count) for n in range(first, min(first + STEP, count))]


def _old(rng: random.Random, number: int, count: int) -> Item:
    line = "".join(rng.choice(words) for words in (PLACES, SUBJECTS, EVENTS))
    at = START + timedelta(days=60) * (number / count)
    return Item(
        id=digest("old", str(number)),  # ids are spread like real ones: new items fall between the old, not behind them
        source=f"old{number % 500}",
        kind=ItemKind.FEED,
        title=f"{line}（旧{number}）",
        url=f"http://old.example/{number}",
        text=f"{line}。{FILL[: rng.randint(20, len(FILL))]}",
        published=at,
        seen_at=at,
        fingerprint=fingerprint(line, str(number)),
    )


async def fill(folder: Path, count: int) -> float:
    """CPU seconds of writing the history; all of it is marked as judged and ordinary."""

    def judged(tx: Tx) -> None:
        tx.run("delete from item_waiting")

    began = time.process_time()
    store = await open_store("", folder)
    for part in history(count):
        await store.add_items(part)
        while await store.index_items(STEP):
            pass
    await store.engine.write(judged)
    await store.close()
    return time.process_time() - began


def measured(count: int, args: argparse.Namespace) -> dict[str, Any]:
    """Figures of the round that brings new items."""
    with tempfile.TemporaryDirectory() as folder, server(args.feeds, args.items) as port:
        spent = asyncio.run(fill(Path(folder), count))
        size = sum(p.stat().st_size for p in Path(folder).iterdir()) / 2**20
        rounds = child("whole", args, port=port, data=folder)
    new = rounds[0]
    if "missing" not in new:
        new["items_per_cpu_s"] = round(new["items"] / new["cpu_s"])
    return {"history": count, "filled_cpu_s": round(spent), "store_mib": round(size), **new}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", default="200000,2000000")
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--items", type=int, default=100)
    args = parser.parse_args()
    speeds = []
    for count in map(int, args.history.split(",")):
        figures = measured(count, args)
        speeds.append(figures.get("items_per_cpu_s", 0))
        print(json.dumps({"bench": "history", **figures}, ensure_ascii=False), flush=True)
    print(json.dumps({"bench": "history", "kept": round(speeds[-1] / speeds[0], 3) if speeds[0] else None}))


if __name__ == "__main__":
    main()
