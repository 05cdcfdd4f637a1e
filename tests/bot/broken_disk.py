"""A desk whose disk breaks: `python -m tests.bot.broken_disk full|readonly|locked|corrupt FOLDER`, in a mount namespace of its own.

Two minutes of the real watch and audit over a real store, with time that only this script moves; what the watch outside would have
noticed is counted at a heartbeat address. It prints one JSON line: what was said, when the beats stopped, what is on record at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.audit import Auditor
from bot.desk import act
from bot.pulse import Pulse, healthy
from bot.store import StoreError, open_store, sqlite
from bot.store.sqlite import FILE
from bot.store.verify import verify
from bot.watch import Watch
from playbooks.incident import Actor
from tests.bot.rig import Rig, rig

NOW = datetime(2026, 11, 20, 18, 10, tzinfo=UTC)
OFFICER = Actor(id="wangjianguo", name="王建国", roles=("duty_officer", "duty_leader"), unit="zfb")
SIZE = "3m"


class Steady:
    """The clock of the watch: program time, never stepped."""

    speed = 0.0

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def look(self) -> object:
        return type("Look", (), {"off": 0.0, "stepped": 0.0, "slept": 0.0})()


class Loops:
    """The service's loops over the desk of a rig."""

    def __init__(self, made: Rig) -> None:
        self.rig, self.desk = made, made.desk
        self.beat: datetime | None = None
        self.audited: object = None
        self.auditor = Auditor(desk=made.desk)

    async def pump(self) -> int:
        await self.rig.pump()
        self.beat = self.desk.now()
        return 0

    async def audit(self) -> None:
        self.audited = None
        self.audited = await self.auditor.run()


class Room:
    """Loops, watch and heartbeat together; a second of virtual time is one look."""

    def __init__(self, made: Rig, url: str) -> None:
        self.rig = made
        self.clock = Steady(NOW)
        made.desk.clock = self.clock
        made.clock.at = NOW
        self.loops = Loops(made)
        self.pulse = Pulse(desk=made.desk, url=url)
        self.watch = Watch(service=self.loops, clock=self.clock, pulse=self.pulse, rearm=lambda: None)  # type: ignore[arg-type]
        self.errors: set[str] = set()

    async def seconds(self, count: int) -> None:
        for _ in range(count):
            self.clock.at += timedelta(seconds=1)
            self.rig.clock.at = self.clock.at
            if self.clock.at.second % 60 == 0:
                await self._try(self.loops.audit())
            await self._try(self.watch.look())
            if self.pulse.task is not None:
                await self._try(self.pulse.task)

    async def _try(self, work: Coroutine[Any, Any, object] | asyncio.Task[None]) -> None:
        try:
            await work
        except StoreError as e:
            self.errors.add(str(e))

    async def press(self, text: str) -> str:
        """One note by an officer: "" when it is on record, else what was said."""
        try:
            await act(self.rig.desk, 1, "note", OFFICER, {"text": text})
        except StoreError as e:
            return str(e)
        return ""


def fill(folder: Path) -> None:
    """Leave not one page free."""
    with contextlib.suppress(OSError), (folder / "filler").open("wb", buffering=0) as f:
        while True:
            f.write(b"x" * 512)


@contextlib.contextmanager
def broken(how: str, folder: Path, writer: sqlite3.Connection) -> Iterator[None]:
    """Break the disk under a running desk, and mend it again."""
    path = folder / FILE
    if how == "full":
        fill(folder)
        yield
        (folder / "filler").unlink()
    elif how == "readonly":  # a kernel that turns a failing disk read-only; SQLite itself refuses with the same words
        writer.execute("pragma query_only=1")
        yield
        writer.execute("pragma query_only=0")
    elif how == "locked":
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("begin immediate")
        yield
        other.execute("rollback")
        other.close()
    else:
        writer.execute("pragma wal_checkpoint(truncate)")
        whole = path.read_bytes()
        with path.open("r+b") as f:
            f.seek(4096)
            f.write(os.urandom(len(whole) - 4096))
        yield


async def beats(counts: list[int]) -> tuple[web.AppRunner, str]:
    async def answer(request: web.Request) -> web.Response:
        counts[0] += 1
        return web.Response(text="ok")

    app = web.Application()
    app.add_routes([web.get("/", answer)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/"


async def main(how: str, folder: Path) -> None:
    logging.disable(logging.CRITICAL)
    sqlite.BUSY_MS = 20  # type: ignore[misc]
    count = [0]
    runner, url = await beats(count)
    said: dict[str, object] = {}
    async with rig(folder, NOW) as made:
        room = Room(made, url)
        await made.open()
        await room.seconds(130)
        said["before"] = count[0]
        assert await room.press("一") == ""
        with broken(how, folder, made.desk.store.engine._db.conn):  # type: ignore[attr-defined]
            said["refused"] = await room.press("二" * 4000)
            start = count[0]
            await room.seconds(120)
            said |= {"beats": count[0] - start, "healthy": healthy(room.loops), "errors": sorted(room.errors)}  # type: ignore[arg-type]
        if how != "corrupt":
            at = count[0]
            await room.seconds(130)
            said["after"] = count[0] - at
            said["kept"] = await room.press("三")
            said["notes"] = [n.text[0] for i in await made.desk.store.incidents() for n in i.notes]
            said["faults"] = [f.text for f in (await made.desk.store.engine.read(verify)).faults]
    if how == "corrupt":
        try:
            store = await open_store("", folder)
            verdict = await store.engine.read(verify)
            said["restart"] = "".join(f.text for f in verdict.faults)
            await store.close()
        except StoreError as e:
            said["restart"] = str(e)
    await runner.cleanup()
    print(json.dumps(said, ensure_ascii=False))


if __name__ == "__main__":
    if sys.argv[1] == "full":
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", sys.argv[2]], check=True)
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
