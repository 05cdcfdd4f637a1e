"""What the two engines promise beneath the units: whole or not at all, one bad unit harms no other, clear refusals."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from bot.clock import wall
from bot.store import SqlStore, StoreError, open_store
from bot.store.engine import Tx
from bot.store.port import SourceState
from bot.store.postgres import translated
from bot.store.schema import MIGRATIONS
from bot.store.sqlite import AMONG, CROWD, FILE, PAGE, Sqlite
from bot.store.verify import verify
from tests.bot.store.cluster import Cluster
from tests.bot.store.samples import T0, event, item, open_one, step

REPO = Path(__file__).parents[3]


def put(key: str, *, fail: bool = False):  # type: ignore[no-untyped-def]
    def unit(tx: Tx) -> str:
        tx.run("insert into meta (key, value) values (:key, '1')", {"key": key})
        if fail:
            raise ValueError(key)
        return key

    return unit


async def test_a_failing_unit_leaves_nothing_and_harms_no_other(store: SqlStore) -> None:
    units = [put(f"k{n}", fail=n % 3 == 1) for n in range(30)]
    results = await asyncio.gather(*(store.engine.write(u) for u in units), return_exceptions=True)
    assert [isinstance(r, ValueError) for r in results] == [n % 3 == 1 for n in range(30)]
    for n in range(30):
        assert await store.meta(f"k{n}") == (None if n % 3 == 1 else "1")


async def test_a_written_value_is_read_at_once(store: SqlStore) -> None:
    for n in range(50):
        await store.set_meta("n", str(n))
        assert await store.meta("n") == str(n)


async def test_a_reader_cannot_write(store: SqlStore) -> None:
    with pytest.raises(StoreError):
        await store.engine.read(put("k"))
    assert await store.meta("k") is None


async def test_what_was_written_is_there_after_reopening(database_url: str, tmp_path: Path) -> None:
    first = await open_store(database_url, tmp_path)
    await open_one(first, [step(1, "half", T0)])
    await first.close()
    second = await open_store(database_url, tmp_path)
    assert [s.code for s in await second.steps_of(1)] == ["half"]
    await second.close()
    await second.close()


async def test_a_reading_command_opens_beside_the_service_and_cannot_write(
    store: SqlStore, database_url: str, tmp_path: Path
) -> None:
    await open_one(store)
    beside = await open_store(database_url, tmp_path / "data", readonly=True)
    assert await beside.incident(1) is not None
    with pytest.raises(StoreError, match="只读"):
        await beside.set_meta("k", "v")
    await beside.close()


async def test_events_get_gapless_places_from_many_writers(store: SqlStore) -> None:
    await asyncio.gather(*(store.append_system([event("started"), event("audited")]) for _ in range(25)))
    assert [e.seq for e in await store.events("system")] == list(range(1, 51))
    assert [n for n, _ in await store.events_since(0)] == list(range(1, 51))


async def test_a_database_of_a_newer_program_is_left_alone(database_url: str, tmp_path: Path) -> None:
    store = await open_store(database_url, tmp_path)
    await store.close()
    later = "0999_later"
    if database_url:
        with psycopg.connect(database_url, autocommit=True) as pg:
            pg.execute("insert into schema_migration (name) values (%s)", (later,))
    else:
        with sqlite3.connect(tmp_path / FILE) as db:
            db.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values ('yqbot', ?, '')", (later,))
        db.close()
    for readonly in (False, True):
        with pytest.raises(StoreError, match="升级本程序"):
            await open_store(database_url, tmp_path, readonly=readonly)


@pytest.mark.parametrize("earlier", range(1, len(MIGRATIONS)), ids=[m.name for m in MIGRATIONS[:-1]])
async def test_every_earlier_schema_is_brought_forward_with_its_rows(
    earlier: int, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as old:
        old.setattr("bot.store.sqlite.MIGRATIONS", MIGRATIONS[:earlier])
        old.setattr("bot.store.postgres.MIGRATIONS", MIGRATIONS[:earlier])
        store = await open_store(database_url, tmp_path)
        await open_one(store, [step(1, "half", T0)])
        await store.close()
    with pytest.raises(StoreError, match="先运行一次 yqbot run"):
        await open_store(database_url, tmp_path, readonly=True)
    for _ in range(2):
        store = await open_store(database_url, tmp_path)
        assert [s.code for s in await store.steps_of(1)] == ["half"]
        await store.save_poll(SourceState(source_id="news"), [])
        assert (await store.engine.read(verify)).faults == ()
        await store.close()


async def test_an_address_that_is_no_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="YQBOT_DATABASE_URL"):
        await open_store("mysql://x", tmp_path)


async def test_the_clock_of_a_server_is_told_and_a_file_has_none(store: SqlStore, database_url: str) -> None:
    told = await store.server_time()
    if not database_url:
        assert told is None
        return
    assert told is not None
    assert abs((told - wall()).total_seconds()) < 60


async def test_a_unit_that_stops_an_iteration_is_answered(store: SqlStore) -> None:
    def unit(tx: Tx) -> None:
        next(iter(()))

    for call in (store.engine.write, store.engine.read):
        with pytest.raises(RuntimeError):
            await asyncio.wait_for(call(unit), 60)


# SQLite


async def test_one_writing_process_a_folder(tmp_path: Path) -> None:
    first = await open_store("", tmp_path)
    with pytest.raises(StoreError, match=f"进程号{os.getpid()}"):
        await open_store("", tmp_path)
    await first.close()
    second = await open_store("", tmp_path)
    await second.close()


async def test_reading_needs_a_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="没有数据库"):
        await open_store("", tmp_path, readonly=True)
    assert list(tmp_path.iterdir()) == []


async def test_units_that_succeed_are_written_without_a_savepoint_and_one_that_fails_has_all_done_again_apart(
    tmp_path: Path,
) -> None:
    store = await open_store("", tmp_path)
    engine = store.engine
    said: list[str] = []
    runs: list[str] = []
    assert isinstance(engine, Sqlite)

    def heard(sql: str) -> None:
        said.append(sql.split()[0].lower())

    engine._db.conn.set_trace_callback(heard)

    def counted(key: str, *, fail: bool = False) -> Callable[[Tx], str]:
        def unit(tx: Tx) -> str:
            runs.append(key)
            written: str = put(key, fail=fail)(tx)
            return written

        return unit

    good = [engine.write(counted(f"k{n}"), patient=True) for n in range(CROWD)]
    assert await asyncio.gather(*good) == [f"k{n}" for n in range(CROWD)]
    assert len(runs) == CROWD
    assert "commit" in said
    assert "savepoint" not in said
    with pytest.raises(ValueError, match="alone"):
        await engine.write(counted("alone", fail=True))
    assert runs.count("alone") == 1
    mixed = [engine.write(counted(f"m{n}", fail=n == 5), patient=True) for n in range(CROWD)]
    results = await asyncio.gather(*mixed, return_exceptions=True)
    assert [r if isinstance(r, str) else None for r in results] == [None if n == 5 else f"m{n}" for n in range(CROWD)]
    assert "savepoint" in said
    found = await engine.read(lambda tx: {r["key"] for r in tx.rows("select key from meta where value = '1'")})
    assert found == {f"k{n}" for n in range(CROWD)} | {f"m{n}" for n in range(CROWD) if n != 5}
    await store.close()


async def test_the_file_is_for_its_owner_only_and_syncs_every_commit(tmp_path: Path) -> None:
    store = await open_store("", tmp_path)
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    found = await store.engine.write(
        lambda tx: (tx.rows("pragma synchronous")[0]["synchronous"], tx.rows("pragma journal_mode")[0]["journal_mode"])
    )
    assert found == (2, "wal")
    await store.close()


async def test_a_new_file_has_large_pages_and_an_older_one_keeps_its_own(tmp_path: Path) -> None:
    for name, size in (("new", PAGE), ("old", 4_096)):
        folder = tmp_path / name
        folder.mkdir()
        if name == "old":
            with contextlib.closing(sqlite3.connect(folder / FILE)) as made:
                made.execute("pragma page_size=4096")
                made.execute("create table of_somebody (n)")
        store = await open_store("", folder)
        assert await store.engine.write(lambda tx: tx.rows("pragma page_size")[0]["page_size"]) == size
        assert await store.add_item(item("a"))
        await store.close()


async def test_rows_are_found_by_more_values_than_one_statement_takes(store: SqlStore) -> None:
    keys = [f"k{n:04d}" for n in range(2 * AMONG + 3)]

    def unit(tx: Tx) -> tuple[int, int, int]:
        tx.insert("meta", "key, value", [(key, "1") for key in keys])
        select = "select key from meta where"
        return (
            len(tx.among(select, "key", [*keys, "other"])),
            len(tx.among(select, "key", keys[:1])),
            len(tx.among(select, "key", [])),
        )

    assert await store.engine.write(unit) == (len(keys), 1, 0)


async def test_waiting_units_share_a_commit(tmp_path: Path) -> None:
    """200 writes that wait together take fewer commits than writes: seen from the change counter of the log."""
    store = await open_store("", tmp_path)
    begun, gate = threading.Event(), threading.Event()

    def holds_the_writer(tx: Tx) -> None:
        begun.set()
        gate.wait(60)

    blocked = asyncio.ensure_future(store.engine.write(holds_the_writer))
    await asyncio.to_thread(begun.wait, 60)
    rest = [asyncio.ensure_future(store.engine.write(lambda tx: threading.get_ident())) for _ in range(200)]
    await asyncio.sleep(0)
    commits = 0
    assert isinstance(store.engine, Sqlite)
    real = store.engine._commit

    def counting(group: list) -> None:  # type: ignore[type-arg]
        nonlocal commits
        commits += 1
        real(group)

    store.engine._commit = counting  # type: ignore[method-assign]
    gate.set()
    threads = set(await asyncio.gather(*rest))
    await blocked
    assert commits == 1
    assert len(threads) == 1
    assert threads != {threading.get_ident()}
    await store.close()


async def test_patient_units_wait_for_one_another_and_for_nothing_when_one_is_in_haste(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.sqlite.PATIENCE_S", 3_000.0)
    store = await open_store("", tmp_path)
    groups: list[int] = []
    assert isinstance(store.engine, Sqlite)
    commit = store.engine._commit
    monkeypatch.setattr(store.engine, "_commit", lambda group: (groups.append(len(group)), commit(group)))

    patient = [
        asyncio.ensure_future(store.save_poll(SourceState(source_id=f"s{n}"), [item(f"i{n}")], patient=True)) for n in range(5)
    ]
    await asyncio.sleep(0)
    await store.set_meta("haste", "1")
    assert [(await p).new for p in patient] == [1] * 5
    assert groups == [6]
    crowd = [store.save_poll(SourceState(source_id=f"c{n}"), [item(f"c{n}")], patient=True) for n in range(CROWD)]
    assert sum(c.new for c in await asyncio.gather(*crowd)) == CROWD  # so many are enough, nobody in haste is needed
    assert groups == [6, CROWD]
    last = asyncio.ensure_future(store.save_poll(SourceState(source_id="last"), [item("last")], patient=True))
    await asyncio.sleep(0)
    await store.close()  # closing waits for nobody's patience either
    assert (await last).new == 1


async def test_a_database_held_by_another_program_is_said_and_survived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.sqlite.BUSY_MS", 100)
    store = await open_store("", tmp_path)
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(StoreError, match="锁住"):
        await store.set_meta("k", "v")
    other.execute("rollback")
    other.close()
    await store.set_meta("k", "v")
    assert await store.meta("k") == "v"
    await store.close()


async def test_a_full_disk_is_said_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    store = await open_store("", tmp_path)
    await store.set_meta("before", "1")
    pages = await store.engine.write(lambda tx: tx.rows("pragma page_count")[0]["page_count"])
    await store.engine.write(lambda tx: tx.rows(f"pragma max_page_count={pages + 2}"))
    with pytest.raises(StoreError, match="磁盘已满"):
        await store.set_meta("big", "水" * 100_000)
    assert await store.meta("big") is None
    await store.engine.write(lambda tx: tx.rows("pragma max_page_count=1000000"))
    await store.set_meta("big", "水" * 100_000)
    assert await store.meta("before") == "1"
    await store.close()


async def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database" * 500)
    for readonly in (False, True):
        with pytest.raises(StoreError, match="损坏"):
            await open_store("", tmp_path, readonly=readonly)
    (tmp_path / FILE).unlink()
    store = await open_store("", tmp_path)
    await store.close()


async def test_a_killed_process_frees_the_folder(tmp_path: Path) -> None:
    code = (
        "import asyncio, pathlib, sys\n"
        "from bot.store import open_store\n"
        "async def main():\n"
        "    store = await open_store('', pathlib.Path(sys.argv[1]))\n"
        "    await store.set_meta('k', 'v')\n"
        "    print('ready', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, cwd=REPO)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    with pytest.raises(StoreError, match=f"进程号{child.pid}"):
        await open_store("", tmp_path)
    child.kill()
    child.wait()
    child.stdout.close()
    store = await open_store("", tmp_path)
    assert await store.meta("k") == "v"
    await store.close()


# PostgreSQL


def test_sql_that_one_engine_would_read_otherwise_is_refused() -> None:
    assert translated("select :a, :b_2") == "select %(a)s, %(b_2)s"
    for text in ("select a like '%x'", "select a::text"):
        with pytest.raises(ValueError, match="not portable"):
            translated(text)


@pytest.mark.postgres
async def test_an_unreachable_server_is_said_without_its_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.postgres.WAIT_S", 0.5)
    with pytest.raises(StoreError, match="连接不上") as caught:
        await open_store("postgresql://u:secret@127.0.0.1:1/x", tmp_path)
    assert "secret" not in str(caught.value)
    assert not (tmp_path / FILE).exists()


@pytest.mark.postgres
async def test_claims_stay_single_where_the_server_lacks_skip_locked(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.postgres.SKIP", "for update skip what is locked")  # refused, as openGauss forks refuse ours
    url = cluster.new_database()
    stores = [await open_store(url, tmp_path) for _ in range(3)]
    assert [s.engine.skip for s in stores] == [""] * 3  # type: ignore[attr-defined]
    await open_one(stores[0], [step(1, f"s{n:03}", T0) for n in range(300)])

    async def worker(store: SqlStore, owner: str) -> list[str]:
        out: list[str] = []
        while True:
            rows = await store.claim_steps(T0, T0, owner, T0, 5)
            if not rows and "pending" not in {s.state for s in await store.steps_of(1)}:
                return out
            out += [r.code for r in rows]

    parts = await asyncio.gather(*(worker(s, f"p{n}-{k}") for n, s in enumerate(stores) for k in range(2)))
    found = [code for part in parts for code in part]
    assert len(found) == len(set(found)) == 300
    for store in stores:
        await store.close()


@pytest.mark.postgres
async def test_processes_that_start_together_make_one_schema(cluster: Cluster, tmp_path: Path) -> None:
    url = cluster.new_database()
    stores = await asyncio.gather(*(open_store(url, tmp_path) for _ in range(4)))
    assert await asyncio.gather(*(s.add_item(item("a")) for s in stores)) != [True] * 4
    assert [s.engine.skip for s in stores] == ["for update skip locked"] * 4  # type: ignore[attr-defined]
    for store in stores:
        await store.close()
