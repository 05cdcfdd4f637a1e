"""Databases as every earlier version wrote them: brought forward whole, on either engine. One file is kept for each migration."""

from __future__ import annotations

import contextlib
import lzma
import sqlite3
from pathlib import Path

import pytest

from bot.store import StoreError, backup, open_store
from bot.store.engine import Tx
from bot.store.schema import MIGRATIONS
from bot.store.sqlite import FILE
from bot.store.verify import verify
from tests.bot.store.freeze import FOLDER

VERSIONS = [m.name for m in MIGRATIONS]


def unpacked(name: str, folder: Path) -> Path:
    """The stored database of one version as the file of a data folder."""
    folder.mkdir()
    path = folder / FILE
    path.write_bytes(lzma.decompress((FOLDER / f"{name}.db.xz").read_bytes()))
    return path


def counted(path: Path) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        names = [
            r[0] for r in db.execute("select name from sqlite_master where type = 'table' and name not like '\\_%' escape '\\'")
        ]
        plain = [n for n in names if not n.startswith(("sqlite_", "search", "item_words"))]
        return {n: db.execute(f"select count(*) from {n}").fetchone()[0] for n in plain}


@pytest.mark.parametrize("name", VERSIONS)
def test_a_file_is_kept_of_every_version(name: str) -> None:
    assert (FOLDER / f"{name}.db.xz").is_file(), f"run: python -m tests.bot.store.freeze (keeps a database of {name})"


@pytest.mark.parametrize("name", VERSIONS)
def test_a_kept_file_is_of_the_version_it_names_and_has_a_story_in_it(name: str, tmp_path: Path) -> None:
    path = unpacked(name, tmp_path / "data")
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert [r[0] for r in db.execute("select name from _sqlite_migrations order by id")] == VERSIONS[
            : VERSIONS.index(name) + 1
        ]
    rows = counted(path)
    assert all(rows[t] for t in ("incident", "event", "clock", "step", "message", "item", "membership"))


@pytest.mark.parametrize("name", VERSIONS)
async def test_it_is_brought_forward_with_every_row_and_every_chain(name: str, tmp_path: Path) -> None:
    path = unpacked(name, tmp_path / "data")
    before = counted(path)
    if name != VERSIONS[-1]:
        with pytest.raises(StoreError, match="先运行一次 yqbot run"):
            await open_store("", tmp_path / "data", readonly=True)
    store = await open_store("", tmp_path / "data")
    verdict = await store.engine.read(verify)
    incidents = await store.incidents(open_only=False, limit=10_000)
    assert verdict.faults == (), "each chain folds to its state with the code of today"
    assert len(incidents) == before["incident"] == verdict.incidents
    assert sum([len(await store.steps_of(i.number)) for i in incidents]) == before["step"]
    titles = [s.item.title for i in incidents for s in await store.items_of(i.number)]
    found = [[s.item.id for s in await store.search(title)] for title in titles]
    while await store.index_items():
        pass
    assert titles
    assert all(found)
    assert [[s.item.id for s in await store.search(title)] for title in titles] == found, "whatever the index has taken in"
    await store.close()
    after = counted(path)
    assert after.pop("counter") >= before.pop("counter"), "a version may bring a counter of its own"
    assert {t: after[t] for t in before} == before


@pytest.mark.parametrize("name", VERSIONS)
async def test_it_is_restored_as_a_backup_into_either_engine(name: str, database_url: str, tmp_path: Path) -> None:
    path = unpacked(name, tmp_path / "old")
    verdict = await backup.restore(database_url, tmp_path / "data", path)
    assert verdict.faults == ()
    store = await open_store(database_url, tmp_path / "data")

    def count(tx: Tx) -> int:
        return int(tx.rows("select count(*) as n from event")[0]["n"])

    assert await store.engine.read(count) == counted(path)["event"]
    assert (await store.engine.read(verify)).faults == ()
    await store.close()
