"""Killed at random instants: nothing acknowledged is lost, no officer sees anything twice, every chain folds to its state.

The killed processes send to the strict emulator, which lives on in the test and counts what reached the phone. `YQBOT_CHAOS=1` kills
1,000 times an engine, and one of three processes every second for two minutes; `YQBOT_CHAOS_ROUNDS` and `YQBOT_CHAOS_SECONDS` lengthen these tests (`make chaos`).
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO

import aiohttp
import pytest

from bot import clock
from bot.demo.driver import AES_KEY, AGENT, CORPID, SECRET, TOKEN
from bot.emulator.corp import Corp, Member
from bot.emulator.server import Emulator, serving
from bot.store import SqlStore, open_store
from bot.store.engine import Tx
from bot.store.schema import FAR
from bot.store.verify import verify
from bot.wecom.client import WeComClient
from tests.bot.store.cluster import Cluster
from tests.bot.store.crash import LEASE, queued
from tests.bot.store.samples import T0, minutes

REPO = Path(__file__).parents[3]
CHAOS = os.environ.get("YQBOT_CHAOS") == "1"
ROUNDS = int(os.environ.get("YQBOT_CHAOS_ROUNDS", "1000" if CHAOS else "5"))
SECONDS = float(os.environ.get("YQBOT_CHAOS_SECONDS", "120" if CHAOS else "6"))


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


@dataclass(frozen=True)
class Phones:
    """The strict emulator with one officer, and its address."""

    emulator: Emulator
    url: str

    def shown(self) -> Counter[str]:
        """How often the officer saw the text of each message."""
        return Counter(str(m.content["content"]) for m in self.emulator.messages("zhangsan"))

    def repeats(self) -> int:
        """Equal requests that arrived again and were dropped by the duplicate check."""
        return sum(1 for row in self.emulator.ledger() if row.repeat)


@pytest.fixture
async def phones() -> AsyncIterator[Phones]:
    officer = Member(userid="zhangsan", name="张三", unit="值班室", title="值班员", phone="")
    emulator = Emulator(
        Corp(corpid=CORPID, secret=SECRET, agentid=AGENT, token=TOKEN, aes_key=AES_KEY, name="云岭市值班", members=(officer,)),
        None,
        clock.wall,
    )
    limits = emulator.switches
    limits.per_minute = limits.per_hour = limits.daily_per_account = 100_000_000
    async with serving(emulator, 0) as url:
        yield Phones(emulator, url)


def start(folder: Path, owner: str, url: str, phones: Phones, out: IO[bytes]) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "tests.bot.store.crash", str(folder), owner, url, phones.url]
    return subprocess.Popen(words, stdout=out, cwd=REPO)


def wait_ready(path: Path, limit: float = 120) -> None:
    end = time.monotonic() + limit
    while b"\n" not in path.read_bytes():
        assert time.monotonic() < end, "the writing process did not start"
        time.sleep(0.01)


async def drain(store: SqlStore, wecom: WeComClient) -> None:
    """What the service does after its restart: take over every lease that ran out, send, mark."""
    now, wall = T0 + minutes(60), clock.wall() + timedelta(minutes=5)
    while steps := await store.claim_steps(now, wall, "heir", wall + timedelta(minutes=1), 500):
        rows = [queued(s.key, s.incident) for s in steps]
        await store.settle_steps({s.key: ("sending", "") for s in steps}, rows, now)
    while rows := await store.claim_messages(now, wall, "heir", wall + timedelta(minutes=1), 500):
        for row in rows:
            result = await wecom.send(row.request, repeat=row.attempts > 1)
            assert await store.mark_sent(row.id, "heir", now, msgid=result.msgid, response_code="", detail="", event=None)


async def check(store: SqlStore, said: Said, phones: Phones) -> None:
    verdict = await store.engine.read(verify)
    assert verdict.faults == ()
    numbers = {i.number for i in await store.incidents(open_only=False, limit=1_000_000)}
    assert said.opened <= numbers
    notes = {(i.number, n.text) for i in await store.incidents(open_only=False, limit=1_000_000) for n in i.notes}
    assert said.noted <= notes
    async with aiohttp.ClientSession() as session:
        await drain(store, WeComClient(session, phones.url, CORPID, SECRET, AGENT, clock.wall))
    for number in numbers:
        steps = await store.steps_of(number)
        messages = {m.id: m for m in await store.messages_of(number)}
        assert [s.state for s in steps] == ["sent"] * 3, "a due step was lost"
        assert sorted(m for s in steps for m in s.message_ids) == sorted(messages), "a step was queued twice"
        assert len(messages) == 3
    stored = {m.id for number in numbers for m in await store.messages_of(number)}
    assert said.queued <= stored
    seen = phones.shown()
    assert set(seen) == stored, "what the officer saw is not what was due"
    assert set(seen.values()) == {1}, "an officer saw a message twice"
    assert all(len(bodies) == 1 for bodies in said.bodies.values()), "a repeat was not byte for byte the same"


async def test_killed_again_and_again_the_record_stays_whole(database_url: str, phones: Phones, tmp_path: Path) -> None:
    seed = int(os.environ.get("YQBOT_CHAOS_SEED", "7"))
    dice, said = random.Random(seed), Said()
    for n in range(ROUNDS):
        path = tmp_path / f"out-{n}"
        with path.open("wb") as out:
            child = start(tmp_path / "data", f"p{n}", database_url, phones, out)
            await asyncio.to_thread(wait_ready, path)
            await asyncio.sleep(dice.uniform(0.0, 0.4))
            child.kill()
            child.wait()
        said.read(path.read_bytes())
        if CHAOS and (n + 1) % 20 == 0:
            print(f"{n + 1} of {ROUNDS} kills", flush=True)
    assert said.opened
    assert said.sent
    store = await open_store(database_url, tmp_path / "data")
    await check(store, said, phones)
    await store.close()
    print(
        f"{ROUNDS} kills: {len(said.opened)} opened, {sum(phones.shown().values())} shown, {phones.repeats()} repeats dropped"
    )


@pytest.mark.postgres
async def test_three_processes_share_a_database_that_itself_is_killed(cluster: Cluster, phones: Phones, tmp_path: Path) -> None:
    url, said, dice = cluster.new_database(), Said(), random.Random(11)
    paths: list[Path] = []

    def launch() -> subprocess.Popen[bytes]:
        path = tmp_path / f"out-{len(paths)}"
        paths.append(path)
        with path.open("wb") as out:
            return start(tmp_path / "data", f"p{len(paths)}", url, phones, out)

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
    await check(store, said, phones)
    await store.close()
    print(f"{len(paths) - 3} kills: {sum(phones.shown().values())} shown, {phones.repeats()} repeats dropped")


@pytest.mark.postgres
async def test_what_a_killed_process_held_is_another_ones_within_its_lease_and_a_second(
    cluster: Cluster, phones: Phones, tmp_path: Path
) -> None:
    url = cluster.new_database()
    store = await open_store(url, tmp_path / "data")

    def held(tx: Tx) -> int:
        rows = "select count(*) as n from {} where state = 'sending' and owner = 'dying' and lease_until < :far"
        return sum(int(tx.rows(rows.format(table), {"far": FAR})[0]["n"]) for table in ("step", "message"))

    waited: list[float] = []
    for n in range(20):
        path = tmp_path / f"out-{n}"
        with path.open("wb") as out:
            child = start(tmp_path / "data", "dying", url, phones, out)
        await asyncio.to_thread(wait_ready, path)
        while not (before := await store.engine.read(held)):
            await asyncio.sleep(0.001)
        child.kill()
        child.wait()
        died, left = time.monotonic(), await store.engine.read(held)
        while await store.engine.read(held):
            wall = clock.wall()
            await store.claim_steps(T0 + minutes(60), wall, "heir", wall + timedelta(minutes=1), 500)
            await store.claim_messages(T0 + minutes(60), wall, "heir", wall + timedelta(minutes=1), 500)
            await asyncio.sleep(0.02)
        if left:
            waited.append(time.monotonic() - died)
        assert before
        if len(waited) == 2:
            break
    await store.close()
    assert waited, "no kill fell while something was held"
    print("taken over after", [f"{w:.2f} s" for w in waited], "with a lease of", LEASE.total_seconds(), "s")
    assert max(waited) <= LEASE.total_seconds() + 1
