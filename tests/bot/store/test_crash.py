"""Killed at random instants: nothing acknowledged is lost, no officer sees anything twice, every chain folds to its state.

The killed processes send to the strict emulator, which lives on in the test and counts what reached the phone. `YQBOT_CHAOS=1` kills
1,000 times an engine, and 120 times one of three processes; `YQBOT_CHAOS_ROUNDS` and `YQBOT_CHAOS_DEATHS` lengthen these tests (`make chaos`).
How long a process lives is drawn in lines it printed, never in seconds: a slow machine kills at the same points.
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
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

import aiohttp
import pytest

from bot import clock
from bot.demo.driver import AES_KEY, TOKEN
from bot.emulator.corp import Corp, Member
from bot.emulator.server import Emulator, serving
from bot.store import SqlStore, open_store
from bot.store.engine import Tx
from bot.store.forms import instant
from bot.store.schema import FAR
from bot.store.verify import verify
from bot.wecom.client import WeComClient
from tests.bot.store.cluster import Cluster
from tests.bot.store.crash import AGENT, CORPID, LEASE, SECRET, queued
from tests.bot.store.samples import T0, minutes

REPO = Path(__file__).parents[3]
CHAOS = os.environ.get("YQBOT_CHAOS") == "1"
ROUNDS = int(os.environ.get("YQBOT_CHAOS_ROUNDS", "1000" if CHAOS else "4"))
DEATHS = int(os.environ.get("YQBOT_CHAOS_DEATHS", "120" if CHAOS else "4"))
LIVES = 60  # lines


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


def wait_lines(path: Path, count: int = 1, limit: float = 180) -> None:
    """Until the writing process has come so far."""
    end = time.monotonic() + limit
    while path.read_bytes().count(b"\n") < count:
        assert time.monotonic() < end, "the writing process did not get that far"
        time.sleep(0.002)


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
            await asyncio.to_thread(wait_lines, path, dice.randint(1, LIVES))
            await asyncio.sleep(dice.uniform(0.0, 0.01))
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
        mine = list(range(3))  # the output of each living process
        for n in range(DEATHS):
            victim = dice.randrange(3)
            await asyncio.to_thread(wait_lines, paths[mine[victim]], dice.randint(1, LIVES))
            await asyncio.sleep(dice.uniform(0.0, 0.01))
            children[victim].kill()
            children[victim].wait()
            mine[victim] = len(paths)
            children[victim] = launch()
            if CHAOS and (n + 1) % 10 == 0:
                print(f"{n + 1} of {DEATHS} deaths", flush=True)
            if n == DEATHS // 2:
                await asyncio.to_thread(cluster.stop, "immediate")
                await asyncio.to_thread(cluster.start)
        for n in mine:
            await asyncio.to_thread(wait_lines, paths[n])
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
async def test_what_a_killed_process_held_is_another_ones_when_its_lease_ends_and_not_before(
    cluster: Cluster, phones: Phones, tmp_path: Path
) -> None:
    url = cluster.new_database()
    store = await open_store(url, tmp_path / "data")

    def leases(tx: Tx) -> list[datetime]:
        rows = "select lease_until from {} where state = 'sending' and owner = 'dying' and lease_until < :far"
        found = [r["lease_until"] for table in ("step", "message") for r in tx.rows(rows.format(table), {"far": FAR})]
        return [instant(int(t)) for t in sorted(found)]

    async def takes(at: datetime) -> None:
        lease = at + timedelta(minutes=1)
        await store.claim_steps(T0 + minutes(60), at, "heir", lease, 500)
        await store.claim_messages(T0 + minutes(60), at, "heir", lease, 500)

    found = 0
    for n in range(20):
        path = tmp_path / f"out-{n}"
        with path.open("wb") as out:
            child = start(tmp_path / "data", "dying", url, phones, out)
        await asyncio.to_thread(wait_lines, path)
        while not await store.engine.read(leases):
            await asyncio.sleep(0.001)
        child.kill()
        child.wait()
        now, held = clock.wall(), await store.engine.read(leases)
        if not held:
            continue
        assert held[-1] <= now + LEASE, "nobody holds anything longer than a lease beyond his last breath"
        await takes(held[0])
        assert await store.engine.read(leases) == held, "what is held is left alone"
        await takes(held[-1] + timedelta(milliseconds=1))
        assert await store.engine.read(leases) == []
        found += 1
        if found == 2:
            break
    await store.close()
    assert found, "no kill fell while something was held"
