"""Power cuts in the middle of writing: everything acknowledged is on the disk, and the file is whole."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from pathlib import Path

import pytest

from bot.store import open_store
from bot.store.sqlite import FILE
from bot.store.verify import verify
from tests.bot.store.powercut import Disk, library, under
from tests.bot.store.samples import event

CUTS = int(os.environ.get("YQBOT_CHAOS_CUTS", "40"))
TASKS, TURNS = 6, 40


async def run_under_cuts(folder: Path, disk: Disk, acknowledged: set[str], before: str = "") -> None:
    lib = library()
    if lib is None:
        reason = "SQLite is linked into this Python: no VFS can be put under its connections"
        if os.environ.get("YQBOT_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with under(lib, disk, FILE):
        store = await open_store("", folder)
        if before:
            await asyncio.to_thread(store.engine._db.conn.execute, before)  # type: ignore[attr-defined]

        async def write(task: int) -> None:
            for n in range(TURNS):
                key = f"{task}-{n}"
                await store.set_meta(key, "水" * 900)
                await store.append_system([event("started", key=key)])
                acknowledged.add(key)

        await asyncio.gather(*(write(t) for t in range(TASKS)))
        await store.close()


def put_down(image: dict[str, bytes], folder: Path) -> None:
    folder.mkdir()
    for path, data in image.items():
        (folder / Path(path).name).write_bytes(data)


async def test_no_acknowledged_write_is_lost_by_a_power_cut(tmp_path: Path) -> None:
    dice = random.Random(int(os.environ.get("YQBOT_CHAOS_SEED", "3")))
    acknowledged: set[str] = set()
    disk = Disk(dice, {dice.randrange(120, 900) for _ in range(CUTS)}, lambda: set(acknowledged))
    await run_under_cuts(tmp_path / "data", disk, acknowledged)
    assert len(disk.taken) > CUTS // 2
    assert any(known for known, _ in disk.taken)
    for n, (known, image) in enumerate(disk.taken):
        put_down(image, tmp_path / f"cut-{n}")
        store = await open_store("", tmp_path / f"cut-{n}")
        found = await store.engine.read(lambda tx: {r["key"] for r in tx.rows("select key from meta")})
        recorded = {str(e.data["key"]) for e in await store.events("system")}
        damage = await store.engine.read(lambda tx: [str(r[0]) for r in tx.rows("pragma integrity_check")])  # type: ignore[index]
        assert known <= found
        assert known <= recorded
        assert damage == ["ok"]
        assert (await store.engine.read(verify)).faults == ()
        await store.close()


async def test_the_simulated_cut_bites_where_commits_are_not_synced(tmp_path: Path) -> None:
    """The proof that the test above can fail: with synchronous=NORMAL the same cuts lose writes."""
    dice = random.Random(3)
    acknowledged: set[str] = set()
    disk = Disk(dice, {dice.randrange(300, 900) for _ in range(10)}, lambda: set(acknowledged))
    await run_under_cuts(tmp_path / "data", disk, acknowledged, "pragma synchronous=normal")
    hurt = 0
    for n, (known, image) in enumerate(disk.taken):
        put_down(image, tmp_path / f"cut-{n}")
        db = sqlite3.connect(tmp_path / f"cut-{n}" / FILE)
        try:
            found = {r[0] for r in db.execute("select key from meta")}
        except sqlite3.DatabaseError:
            found = set()
        finally:
            db.close()
        hurt += not known <= found
    assert hurt > 0
