"""PostgreSQL through psycopg 3: several identical processes, no leader, the same SQL text.

A unit runs in a pool thread inside one transaction. Units are plain functions of the database, so one that lost a race (deadlock,
serialisation, a key another process was first to write) is simply run again. No LISTEN, no advisory locks, no booleans: openGauss and its
relatives lack or change them (storage.md §3.3).
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors
from psycopg.rows import dict_row, tuple_row
from psycopg_pool import ConnectionPool, PoolTimeout

from bot.store.engine import Params, Row, StoreError, Tx
from bot.store.schema import MIGRATIONS

T = TypeVar("T")
log = logging.getLogger(__name__)

CONNECTIONS: Final = 4
TRIES: Final = 8
WAIT_S: Final = 15.0
SKIP: Final = "for update skip locked"
RACES: Final = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)
PARAM: Final = re.compile(r":([a-z_][a-z0-9_]*)")

UNREACHABLE: Final = "数据库连接不上，请检查PostgreSQL服务、网络和 YQBOT_DATABASE_URL；恢复后程序会自动继续。"
UNSURE: Final = "数据库在提交时断开，不能确定本次操作是否写入，请核对后再操作。"


@cache
def translated(sql: str) -> str:
    """`:name` parameters as psycopg writes them. The text may hold neither `%` nor `::`."""
    if "%" in sql or "::" in sql:
        raise ValueError(f"not portable: {sql}")
    return PARAM.sub(r"%(\1)s", sql)


class PostgresTx:
    """An open transaction of one pooled connection."""

    dialect = "postgres"

    def __init__(self, conn: psycopg.Connection[dict[str, Any]], skip: str) -> None:
        self._conn = conn
        self.skip = skip

    def _execute(self, sql: str, params: Params | None) -> psycopg.Cursor[dict[str, Any]]:
        return self._conn.execute(translated(sql), params or None)

    def rows(self, sql: str, params: Params | None = None) -> Sequence[Row]:
        return self._execute(sql, params).fetchall()

    def plain(self, sql: str, params: Params | None = None) -> Sequence[tuple[Any, ...]]:
        with self._conn.cursor(row_factory=tuple_row) as cursor:
            return cursor.execute(translated(sql), params or None).fetchall()

    def run(self, sql: str, params: Params | None = None) -> int:
        return self._execute(sql, params).rowcount

    def many(self, sql: str, params: Sequence[Params]) -> int:
        with self._conn.cursor() as cursor:
            cursor.executemany(translated(sql), params)
            return cursor.rowcount

    def insert(self, table: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
        """Many rows of one table, values in the order of `columns`."""
        marks = ", ".join(["%s"] * (columns.count(",") + 1))
        with self._conn.cursor() as cursor:
            cursor.executemany(f"insert into {table} ({columns}) values ({marks})", rows)

    def among(self, select: str, column: str, values: Sequence[str] | Sequence[int], after: str = "") -> Sequence[Row]:
        """`select ... where` the column holds one of the values."""
        return self._execute(f"{select} {column} = any(:among) {after}", {"among": list(values)}).fetchall() if values else ()

    def stream(self, sql: str, params: Params | None = None) -> Iterator[Row]:
        with self._conn.cursor(name="stream") as cursor:
            cursor.itersize = 500
            yield from cursor.execute(translated(sql), params or None)


class Postgres:
    """The engine over one connection pool. `open_postgres` makes it."""

    dialect = "postgres"

    def __init__(self, url: str, *, readonly: bool) -> None:
        self._readonly = readonly
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="store")
        self._pool: ConnectionPool[psycopg.Connection[dict[str, Any]]] = ConnectionPool(
            url,
            kwargs={"row_factory": dict_row, "connect_timeout": 5, "application_name": "yqbot"},
            min_size=1,
            max_size=CONNECTIONS,
            timeout=WAIT_S,
            reconnect_timeout=WAIT_S,
            check=self._check_connection,
            open=False,
        )
        self.skip = ""
        self._doubtful = CONNECTIONS
        self._closed = False

    def open(self) -> None:
        """Connect, bring the schema forward, try out what the server can do."""
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
        try:
            self._pool.open(wait=True, timeout=WAIT_S)
            if self._readonly:
                self._check()
            else:
                self._migrate()
            self.skip = SKIP if self._probe() else ""
        except (psycopg.OperationalError, PoolTimeout) as e:
            self._pool.close()
            raise StoreError(UNREACHABLE) from e
        except psycopg.Error as e:
            self._pool.close()
            raise StoreError(f"数据库不允许建表或读取（{type(e).__name__}），请核对账号权限。") from e
        except StoreError:
            self._pool.close()
            raise

    def _check_connection(self, conn: psycopg.Connection[dict[str, Any]]) -> None:
        """A round trip only while connections are in doubt: after a loss every pooled one is tried before it is used."""
        if self._doubtful > 0:
            self._doubtful -= 1
            ConnectionPool.check_connection(conn)

    def _applied(self, conn: psycopg.Connection[dict[str, Any]]) -> set[str]:
        found = conn.execute(
            "select 1 from information_schema.tables where table_name = 'schema_migration' and table_schema = current_schema()"
        ).fetchone()
        if found is None:
            return set()
        names = {str(r["name"]) for r in conn.execute("select name from schema_migration").fetchall()}
        if names - {m.name for m in MIGRATIONS}:
            raise StoreError("数据库由更新的版本建立，请升级本程序后再打开。")
        return names

    def _check(self) -> None:
        with self._pool.connection() as conn:
            if len(self._applied(conn)) < len(MIGRATIONS):
                raise StoreError("数据库结构还没有升级到本版本，请先运行一次 yqbot run。")

    def _migrate(self) -> None:
        """Every statement of every migration not yet applied; processes that start together wait for one another."""
        self._make_register()
        with self._pool.connection() as conn:
            conn.execute("lock table schema_migration in exclusive mode")
            applied = self._applied(conn)
            for migration in MIGRATIONS:
                if migration.name in applied:
                    continue
                for statement in (*migration.both, *migration.postgres):
                    conn.execute(statement.encode())
                conn.execute("insert into schema_migration (name) values (%(name)s)", {"name": migration.name})

    def _make_register(self) -> None:
        """The table of applied migrations. Two first starts at once collide in the catalogue, each server in its own way."""
        for attempt in range(TRIES):
            try:
                with self._pool.connection() as conn:
                    conn.execute("create table if not exists schema_migration (name text primary key)")
            except psycopg.Error:
                if attempt == TRIES - 1:
                    raise
                time.sleep(0.05 * (attempt + 1))
            else:
                return

    def _probe(self) -> bool:
        """Whether the server knows SKIP LOCKED; claims stay single without it."""
        try:
            with self._pool.connection() as conn:
                conn.execute(f"select name from counter limit 0 {SKIP}".encode())
                conn.rollback()
        except psycopg.Error:
            return False
        return True

    def _once(self, unit: Callable[[Tx], T], snapshot: bool) -> T:
        """One run of a unit. Raises StoreError where the connection broke while committing: then nobody knows."""
        finished = False
        try:
            with self._pool.connection() as conn:
                if snapshot:
                    conn.execute("set transaction isolation level repeatable read, read only")
                result = unit(PostgresTx(conn, self.skip))
                finished = True
            return result
        except psycopg.OperationalError as e:
            if finished and not isinstance(e, RACES):
                raise StoreError(UNSURE) from e
            raise

    def _run(self, unit: Callable[[Tx], T], snapshot: bool) -> T:
        for attempt in range(TRIES):
            try:
                return self._once(unit, snapshot)
            except RACES:
                time.sleep(0.005 * attempt)
            except StopIteration as e:  # a future cannot carry it, and its caller would wait for ever
                raise RuntimeError("unit raised StopIteration") from e
            except PoolTimeout as e:
                raise StoreError(UNREACHABLE) from e
            except psycopg.OperationalError as e:
                if isinstance(e, (errors.DiskFull, errors.InsufficientResources)):
                    raise StoreError("数据库服务器磁盘或资源不足，数据没有写入，请立即清理数据库所在磁盘。") from e
                self._doubtful = 4 * CONNECTIONS
                log.warning("database_lost", extra={"attempt": attempt})
                time.sleep(min(0.2 * 2**attempt, 2.0))
            except psycopg.Error as e:
                raise StoreError(f"数据库拒绝了操作（{type(e).__name__}），请查看PostgreSQL日志并运行 yqbot doctor。") from e
        raise StoreError("数据库繁忙或正在恢复，本次操作没有写入，请稍后再试。")

    async def read(self, unit: Callable[[Tx], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, unit, True)

    async def write(self, unit: Callable[[Tx], T], *, patient: bool = False) -> T:
        """Units of one process run side by side here, so a patient one has nothing to wait for."""
        if self._readonly or self._closed:
            raise StoreError("数据库以只读方式打开，不能写入。")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, unit, False)

    async def close(self) -> None:
        """Lets running units end, then closes the pool. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    def _close(self) -> None:
        self._threads.shutdown()
        self._pool.close()


def open_postgres(url: str, *, readonly: bool) -> Postgres:
    """The database of an address. StoreError, without the address, when it cannot be had."""
    try:
        engine = Postgres(url, readonly=readonly)
    except psycopg.Error as e:
        raise StoreError("数据库地址写法有误，应为 postgresql://用户:密码@主机:端口/库名，请检查 YQBOT_DATABASE_URL。") from e
    engine.open()
    return engine
