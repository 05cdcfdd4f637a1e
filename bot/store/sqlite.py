"""SQLite through sqlite-utils: one writer thread with group commit, two reading threads, one process at a time.

    write: units wait in a queue -> the writer takes all that wait -> BEGIN IMMEDIATE -> each in turn -> COMMIT -> answers
           where one fails: all undone, and again with a savepoint a unit

`synchronous=FULL`: an acknowledged write survives a power cut (storage.md §2.3). Only the writer's connection writes or checkpoints,
so the WAL-reset fault of SQLite before 3.51.3 cannot arise (§2.4).
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from bot.store.engine import Params, Row, StoreError, Tx
from bot.store.refused import explain, shown
from bot.store.schema import MIGRATIONS, Migration

T = TypeVar("T")
FILE: Final = "yqbot.db"
LOCK: Final = "yqbot.lock"
GROUP: Final = 500
PATIENCE_S: Final = 0.2
"""Longest time a patient unit waits for others, so that many small commits become one."""
CROWD: Final = 40
"""Units that wait for no more: what they write still fits into the writer's cache."""
READERS: Final = 2
BUSY_MS: Final = 5_000
CHECKPOINT_PAGES: Final = 8_000
"""64 MiB of log: between two checkpoints a page of the index of identities is written into the file once for many commits."""
CACHE_KIB: Final = 8_000
"""Pages the writer keeps: with SQLite's own 2,000 a commit of several feeds spills them and reads them again."""
PAGE: Final = 8_192
"""Bytes a page of a new file: three items fit into 4,096, and half of the pages are half of the writing."""
AMONG: Final = 500
"""Values one statement asks for; SQLite may have been built for 999."""
SET: Final = "yqbot"


class SqliteTx:
    """An open transaction of one connection."""

    dialect = "sqlite"
    skip = ""

    def __init__(self, db: Database) -> None:
        self._conn: sqlite3.Connection = db.conn

    def rows(self, sql: str, params: Params | None = None) -> Sequence[Row]:
        return self._conn.execute(sql, params or {}).fetchall()

    def plain(self, sql: str, params: Params | None = None) -> Sequence[tuple[Any, ...]]:
        cursor = self._conn.cursor()
        cursor.row_factory = None
        return cursor.execute(sql, params or {}).fetchall()

    def run(self, sql: str, params: Params | None = None) -> int:
        return self._conn.execute(sql, params or {}).rowcount

    def many(self, sql: str, params: Sequence[Params]) -> int:
        return self._conn.executemany(sql, params).rowcount

    def insert(self, table: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
        """Many rows of one table, values in the order of `columns`: binding by place costs a fraction of binding by name."""
        marks = ", ".join("?" * (columns.count(",") + 1))
        self._conn.executemany(f"insert into {table} ({columns}) values ({marks})", rows)

    def among(self, select: str, column: str, values: Sequence[str] | Sequence[int], after: str = "") -> Sequence[Row]:
        """`select ... where` the column holds one of the values; a limited number a statement, bound by place."""
        out: list[Row] = []
        for start in range(0, len(values), AMONG):
            part = values[start : start + AMONG]
            out += self._conn.execute(f"{select} {column} in ({', '.join('?' * len(part))}) {after}", part)
        return out

    def stream(self, sql: str, params: Params | None = None) -> Iterator[Row]:
        yield from self._conn.execute(sql, params or {})


class FolderLock:
    """Keeps a second writing process off a data folder (design.md §6). Released by the kernel when the process dies."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / LOCK).open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            self._file.seek(0)
            pid = self._file.read().strip() or "不详"
            self._file.close()
            raise StoreError(f"数据目录正被另一个进程使用（进程号{pid}），请先停止它，或换一个数据目录。") from e
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        self._file.close()


def connect(path: Path, *, readonly: bool) -> Database:
    """A connection in explicit transaction mode, with rows by name."""
    mode = "ro" if readonly else "rw"
    conn = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_MS / 1000,
        cached_statements=512,
    )
    conn.row_factory = sqlite3.Row
    conn.execute("pragma query_only=1" if readonly else "pragma synchronous=full")
    return Database(conn, recursive_triggers=False, execute_plugins=False)


def _register(migrations: Migrations, migration: Migration) -> None:
    def apply(db: Database) -> None:
        for statement in (*migration.both, *migration.sqlite):
            db.conn.execute(statement)

    migrations(name=migration.name)(apply)


def _migrations() -> Migrations:
    out = Migrations(SET)
    for migration in MIGRATIONS:
        _register(out, migration)
    return out


def check_version(db: Database, *, pending_ok: bool) -> None:
    """StoreError on a schema newer than this program, or older where it may not be brought forward."""
    migrations = _migrations()
    unknown = {m.name for m in migrations.applied(db)} - {m.name for m in MIGRATIONS}
    if unknown:
        raise StoreError("数据库由更新的版本建立，请升级本程序后再打开。")
    if migrations.pending(db) and not pending_ok:
        raise StoreError("数据库结构还没有升级到本版本，请先运行一次 yqbot run。")


class Sqlite:
    """The engine over one file. `open_sqlite` makes it."""

    dialect = "sqlite"

    def __init__(self, path: Path, *, readonly: bool, lock: FolderLock | None) -> None:
        self.path = path
        self._lock = lock
        self._readers: list[Database] = []
        self._local = threading.local()
        self._reading = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._closed = False
        if not readonly:
            self._db = connect(path, readonly=False)
            self._prepare()
            self._writer = threading.Thread(target=self._serve, name="store-write", daemon=True)
            self._writer.start()

    def _prepare(self) -> None:
        conn = self._db.conn
        conn.execute(f"pragma page_size={PAGE}")  # a file that holds something keeps its own
        conn.execute("pragma journal_mode=wal")
        conn.execute(f"pragma cache_size={-CACHE_KIB}")
        conn.execute(f"pragma wal_autocheckpoint={CHECKPOINT_PAGES}")  # runs in the writer's own commit, nowhere else
        check_version(self._db, pending_ok=True)
        _migrations().apply(self._db)
        conn.execute("pragma wal_checkpoint(truncate)")

    # reading

    def _reader(self) -> Database:
        db: Database | None = getattr(self._local, "db", None)
        if db is None:
            db = connect(self.path, readonly=True)
            self._local.db = db
            self._readers.append(db)
        return db

    def _read(self, unit: Callable[[Tx], T]) -> T:
        try:
            db = self._reader()
            db.conn.execute("begin")
            try:
                return unit(SqliteTx(db))
            finally:
                if db.conn.in_transaction:
                    db.conn.execute("commit")
        except StopIteration as e:
            raise RuntimeError("unit raised StopIteration") from e
        except sqlite3.Error as e:
            raise explain(e) from e

    async def read(self, unit: Callable[[Tx], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._reading, self._read, unit)

    # writing

    async def write(self, unit: Callable[[Tx], T], *, patient: bool = False) -> T:
        if self._writer is None or self._closed:
            raise StoreError("数据库以只读方式打开，不能写入。")
        loop = asyncio.get_running_loop()
        job = Job(unit, loop, loop.create_future(), patient)
        self._queue.put(job)
        result: T = await job.future
        return result

    def _serve(self) -> None:
        open_for_more = True
        while open_for_more:
            group, open_for_more = self._gather()
            if group:
                self._commit(group)
                _answer(group)

    def _gather(self) -> tuple[list[Job], bool]:
        """All units that wait, at least one; False after the closing mark. While only patient ones wait, more may come."""
        group: list[Job] = []
        job, until, patient = self._queue.get(), time.monotonic() + PATIENCE_S, True
        while job is not None:
            group.append(job)
            if len(group) >= GROUP:
                return group, True
            patient = patient and job.patient
            left = until - time.monotonic() if patient and len(group) < CROWD else 0.0
            try:
                job = self._queue.get(timeout=left) if left > 0 else self._queue.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _commit(self, group: list[Job]) -> None:
        """One transaction for all. Only where a unit of several fails are they done again, each kept apart from the others.

        The first time there is no savepoint: within one, SQLite copies every page before it is first written.
        """
        try:
            try:
                self._transact(group, _work)
            except Exception:
                if len(group) == 1:
                    raise
                self._transact(group, self._apart)
        except BaseException as e:
            for job in group:  # nothing of it is on disk: every caller must learn it, whatever its own unit gave
                job.error = shown(e)

    def _transact(self, group: list[Job], work: Callable[[Job, SqliteTx], None]) -> None:
        conn = self._db.conn
        try:
            conn.execute("begin immediate")
            tx = SqliteTx(self._db)
            for job in group:
                work(job, tx)
            conn.execute("commit")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                conn.rollback()
            raise

    def _apart(self, job: Job, tx: SqliteTx) -> None:
        """What a unit that fails has written is undone, and nothing else."""
        try:
            with self._db.atomic():
                _work(job, tx)
        except BaseException as e:
            if not self._db.conn.in_transaction:
                raise  # the error undid the whole group (full disk, input/output error)
            job.error = shown(e)

    async def close(self) -> None:
        """Writes all that waits, then closes the readers before the writer. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    def _close(self) -> None:
        if self._writer is not None:
            self._queue.put(None)
            self._writer.join()
        self._reading.shutdown()
        for db in self._readers:
            db.conn.close()
        if self._writer is not None:
            self._db.conn.close()
        if self._lock is not None:
            self._lock.release()


class Job:
    """One unit on its way through the writer."""

    __slots__ = ("error", "future", "loop", "patient", "result", "unit")

    def __init__(
        self, unit: Callable[[Tx], Any], loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any], patient: bool
    ) -> None:
        self.patient = patient
        self.unit = unit
        self.loop = loop
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None


def _work(job: Job, tx: SqliteTx) -> None:
    job.result = job.unit(tx)


def _settle(jobs: list[Job]) -> None:
    for job in jobs:
        if job.future.cancelled():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)


def _answer(group: list[Job]) -> None:
    """One wake-up of each event loop for the whole group."""
    loops = {job.loop for job in group}
    for loop in loops:
        with contextlib.suppress(RuntimeError):  # the loop was closed under a caller that no longer waits
            loop.call_soon_threadsafe(_settle, [job for job in group if job.loop is loop])


def missing(data: Path) -> str:
    """The one sentence of every command that finds nothing to read in the data folder."""
    found = f"数据目录 {data} 里没有数据库文件 {FILE}" if data.is_dir() else f"没有数据目录 {data}"
    return f"{found}，请用 --data 或 YQBOT_DATA 指明；新安装的请先运行 yqbot run。"


def open_sqlite(data: Path, *, readonly: bool) -> Sqlite:
    """The database of a data folder, made if absent (unless read-only). StoreError when it cannot be had."""
    path = data / FILE
    if readonly:
        if not path.exists():
            raise StoreError(missing(data))
        return _checked(Sqlite(path, readonly=True, lock=None))
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(data)
    except OSError as e:
        raise StoreError("数据目录不能写入，请检查目录权限和磁盘空间。") from e
    try:
        path.touch(mode=0o600)
        return Sqlite(path, readonly=False, lock=lock)
    except (OSError, sqlite3.Error, StoreError) as e:
        lock.release()
        if isinstance(e, StoreError):
            raise
        raise explain(e) if isinstance(e, sqlite3.Error) else StoreError("数据目录不能写入，请检查目录权限和磁盘空间。") from e


def _checked(engine: Sqlite) -> Sqlite:
    try:
        db = connect(engine.path, readonly=True)
        with contextlib.closing(db.conn):
            check_version(db, pending_ok=False)
    except sqlite3.Error as e:
        raise explain(e) from e
    return engine
