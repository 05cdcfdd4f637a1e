"""Backups of a running service, each proved by opening it and walking its chains, and the way back.

A backup of SQLite is one database file; of PostgreSQL a zip of the export. Either can be restored into either engine.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from bot.store import SqlStore, dump, open_store
from bot.store.engine import StoreError, Tx
from bot.store.refused import explain
from bot.store.schema import TABLES
from bot.store.sqlite import FILE, LOCK, SqliteTx, connect
from bot.store.verify import Verdict, verify

MAGIC: Final = b"SQLite format 3\0"


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file that appears under its name only when it is complete and on disk."""
    if path.exists():
        raise StoreError(f"文件{path.name}已经存在，请换一个文件名。")
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        yield part
        _sync(part)
        part.replace(path)
        _sync(path.parent)
    except OSError as e:
        raise StoreError(f"文件{path.name}写不成，请检查目录权限和磁盘空间。") from e
    finally:
        part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


async def backup(database_url: str, data: Path, target: Path) -> Verdict:
    """Write a backup beside the running service; the verdict of the copy, not of the original."""
    async with _opened(database_url, data, readonly=True) as store:
        with _whole(target) as part:
            if not database_url:
                return _copy(data / FILE, part)
            with tempfile.TemporaryDirectory(dir=target.parent) as folder:
                made = Path(folder) / "export"
                verdict = await store.engine.read(lambda tx: _exported(tx, made))
                _pack(made, part)
            return verdict


def _exported(tx: Tx, folder: Path) -> Verdict:
    """Rows and verdict of the same instant."""
    dump.export(tx, folder)
    return verify(tx)


def _copy(source: Path, part: Path) -> Verdict:
    """SQLite's own online copy in one step, then a look at every page and every chain of the copy."""
    try:
        with contextlib.closing(connect(source, readonly=True).conn) as old, contextlib.closing(sqlite3.connect(part)) as new:
            old.backup(new, pages=-1)
            new.execute("pragma journal_mode=delete")
        return _proved(part)
    except sqlite3.Error as e:
        raise explain(e) from e


def _whole_pages(path: Path) -> None:
    """Raises StoreError where a page is damaged."""
    with contextlib.closing(connect(path, readonly=True).conn) as conn:
        found = [r[0] for r in conn.execute("pragma integrity_check(1)")]
        if found != ["ok"]:
            raise StoreError(f"数据库文件{path.name}有损坏的页，请改用更早的备份。")


def _proved(path: Path) -> Verdict:
    _whole_pages(path)
    db = connect(path, readonly=True)
    with contextlib.closing(db.conn):
        return verify(SqliteTx(db))


def _pack(folder: Path, part: Path) -> None:
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as out:
        for path in sorted(folder.iterdir()):
            out.write(path, path.name)


async def restore(database_url: str, data: Path, source: Path) -> Verdict:
    """Put a backup into an empty installation; StoreError when the folder or database already holds something."""
    kind = _kind(source)
    if data.exists() and any(p.name != LOCK for p in data.iterdir()):
        raise StoreError(f"数据目录{data.name}不是空的，恢复会覆盖现有数据，请换一个空目录。")
    if kind == "sqlite" and not database_url:
        _put_back(source, data)
        return await _brought_forward(data)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "export"
        if kind == "sqlite":
            await _export_file(source, Path(folder) / "copy", made)
        else:
            _unpack(source, made)
        return await load(database_url, data, made)


def _kind(source: Path) -> str:
    try:
        with source.open("rb") as f:
            head = f.read(16)
    except OSError as e:
        raise StoreError(f"备份文件{source.name}打不开，请核对路径和权限。") from e
    if head == MAGIC:
        return "sqlite"
    if zipfile.is_zipfile(source):
        return "zip"
    raise StoreError(f"文件{source.name}不是本程序的备份，请核对文件。")


def _put_back(source: Path, data: Path) -> None:
    """The file under its name, every page of it whole; its version may be an earlier one."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        with _whole(data / FILE) as part:
            shutil.copyfile(source, part)
            _whole_pages(part)
    except sqlite3.Error as e:
        raise explain(e) from e


async def _brought_forward(data: Path) -> Verdict:
    """A restored file brought to the schema of today, and the verdict of its chains."""
    async with _opened("", data, readonly=False) as store:
        return await store.engine.read(verify)


async def _export_file(source: Path, copy: Path, folder: Path) -> None:
    """A backup of any version as an export of this one: a copy is brought forward first."""
    _put_back(source, copy)
    async with _opened("", copy, readonly=False) as store:
        await store.engine.read(lambda tx: dump.export(tx, folder))


def _unpack(source: Path, folder: Path) -> None:
    names = {dump.MARK, *(f"{table}.jsonl" for table in TABLES)}
    folder.mkdir()
    try:
        with zipfile.ZipFile(source) as packed:
            for name in packed.namelist():
                if name not in names:
                    raise StoreError(f"备份文件{source.name}里有不认识的内容，请核对文件。")
                packed.extract(name, folder)
    except (zipfile.BadZipFile, OSError) as e:
        raise StoreError(f"备份文件{source.name}已损坏，请改用更早的备份。") from e


async def export(database_url: str, data: Path, folder: Path) -> dict[str, int]:
    """JSON lines of everything, from one consistent instant; rows a table."""
    async with _opened(database_url, data, readonly=True) as store:
        return await store.engine.read(lambda tx: dump.export(tx, folder))


async def load(database_url: str, data: Path, folder: Path) -> Verdict:
    """An export into an empty database, then verified."""
    dump.complete(folder)
    async with _opened(database_url, data, readonly=False) as store:
        await store.engine.write(lambda tx: dump.load(tx, folder))
        return await store.engine.read(verify)


async def check(database_url: str, data: Path) -> Verdict:
    """Verify an installation beside the running service."""
    async with _opened(database_url, data, readonly=True) as store:
        return await store.engine.read(verify)


@contextlib.asynccontextmanager
async def _opened(database_url: str, data: Path, *, readonly: bool) -> AsyncIterator[SqlStore]:
    store = await open_store(database_url, data, readonly=readonly)
    try:
        yield store
    finally:
        await store.close()
