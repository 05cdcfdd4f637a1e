"""Killed at random instants: nothing acknowledged is lost, nothing is queued twice, every chain folds to its state.

`YQBOT_CHAOS_ROUNDS` and `YQBOT_CHAOS_SECONDS` lengthen these tests (`make chaos`).
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO

import pytest

from bot import clock
from bot.store import SqlStore, open_store
from bot.store.verify import verify
from tests.bot.store.cluster import Cluster
from tests.bot.store.samples import T0, message, minutes

REPO = Path(__file__).parents[3]
ROUNDS = int(os.environ.get("YQBOT_CHAOS_ROUNDS", "5"))
SECONDS = float(os.environ.get("YQBOT_CHAOS_SECONDS", "6"))


@dataclass
class Said:
    """What the killed processes had been told was durable."""

    opened: set[int] = field(default_factory=set)
    noted: set[tuple[int, str]] = field(default_factory=set)
    queued: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    bodies: dict[str, set[str]] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)

    def read(self, output: bytes) -> None:
        for line in output.decode().splitlines(keepends=True):
            if not line.endswith("\n"):
                continue  # the kill fell into this line
            kind, first, *rest = line.rstrip("\n").split(" ", 2)
            match kind:
                case "opened":
                    self.opened.add(int(first))
                case "noted":
                    self.noted.add((int(first), rest[0]))
                case "queued":
                    self.queued.add(first)
                case "sending":
                    self.bodies.setdefault(first, set()).add(rest[0])
                    self.tries[first] += 1
                case "sent":
                    self.sent.add(first)


def start(folder: Path, owner: str, url: str, out: IO[bytes]) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "tests.bot.store.crash", str(folder), owner, url]
    return subprocess.Popen(words, stdout=out, cwd=REPO)


def wait_ready(path: Path, limit: float = 30) -> None:
    end = time.monotonic() + limit
    while b"\n" not in path.read_bytes():
        assert time.monotonic() < end, "the writing process did not start"
        time.sleep(0.01)


async def drain(store: SqlStore) -> None:
    """What the service does after its restart: take over every lease that ran out, send, mark."""
    now, wall = T0 + minutes(60), clock.wall() + timedelta(minutes=5)
    while steps := await store.claim_steps(now, wall, "heir", wall + timedelta(minutes=1), 500):
        rows = [message(f"m-{s.key}", s.key, incident=s.incident) for s in steps]
        await store.settle_steps({s.key: ("sending", "") for s in steps}, rows, now)
    while rows := await store.claim_messages(now, wall, "heir", wall + timedelta(minutes=1), 500):
        for row in rows:
            assert await store.mark_sent(row.id, "heir", now, msgid="w", response_code="", detail="", event=None)


async def check(store: SqlStore, said: Said) -> None:
    verdict = await store.engine.read(verify)
    assert verdict.faults == ()
    numbers = {i.number for i in await store.incidents(open_only=False, limit=1_000_000)}
    assert said.opened <= numbers
    notes = {(i.number, n.text) for i in await store.incidents(open_only=False, limit=1_000_000) for n in i.notes}
    assert said.noted <= notes
    await drain(store)
    for number in numbers:
        steps = await store.steps_of(number)
        messages = {m.id: m for m in await store.messages_of(number)}
        assert [s.state for s in steps] == ["sent"] * 3, "a due step was lost"
        assert sorted(m for s in steps for m in s.message_ids) == sorted(messages), "a step was queued twice"
        assert len(messages) == 3
    stored = {m.id for number in numbers for m in await store.messages_of(number)}
    assert said.queued <= stored
    assert all(len(bodies) == 1 for bodies in said.bodies.values()), "a repeat was not byte for byte the same"


async def test_killed_again_and_again_the_record_stays_whole(database_url: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("YQBOT_CHAOS_SEED", "7"))
    dice, said = random.Random(seed), Said()
    for n in range(ROUNDS):
        path = tmp_path / f"out-{n}"
        with path.open("wb") as out:
            child = start(tmp_path / "data", f"p{n}", database_url, out)
            wait_ready(path)
            time.sleep(dice.uniform(0.0, 0.4))
            child.kill()
            child.wait()
        said.read(path.read_bytes())
    assert said.opened
    assert said.sent
    store = await open_store(database_url, tmp_path / "data")
    await check(store, said)
    await store.close()


@pytest.mark.postgres
async def test_three_processes_share_a_database_that_itself_is_killed(cluster: Cluster, tmp_path: Path) -> None:
    url, said, dice = cluster.new_database(), Said(), random.Random(11)
    paths: list[Path] = []

    def launch() -> subprocess.Popen[bytes]:
        path = tmp_path / f"out-{len(paths)}"
        paths.append(path)
        with path.open("wb") as out:
            return start(tmp_path / "data", f"p{len(paths)}", url, out)

    children = [launch() for _ in range(3)]
    try:
        for path in paths:
            await asyncio.to_thread(wait_ready, path)
        end, killed_database = time.monotonic() + SECONDS, False
        while time.monotonic() < end:
            await asyncio.sleep(1.0)
            victim = dice.randrange(3)
            children[victim].kill()
            children[victim].wait()
            children[victim] = launch()
            if not killed_database and time.monotonic() > end - SECONDS / 2:
                await asyncio.to_thread(cluster.stop, "immediate")
                await asyncio.to_thread(cluster.start)
                killed_database = True
        await asyncio.to_thread(wait_ready, paths[-1])
        assert killed_database
        assert all(c.poll() is None for c in children), "a process did not survive the death of the database"
    finally:
        for child in children:
            child.kill()
            child.wait()
    for path in paths:
        said.read(path.read_bytes())
    assert said.sent
    store = await open_store(url, tmp_path / "data")
    await check(store, said)
    await store.close()
