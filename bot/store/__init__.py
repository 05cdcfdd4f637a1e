"""Everything that is kept. `port` says what may be asked, `open_store` gives it; engines are imported only when used."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.store.database import SqlStore
from bot.store.engine import Engine, StoreError
from config.oserror import why

__all__ = ["SqlStore", "StoreError", "open_store"]


async def open_store(database_url: str, data: Path, *, readonly: bool = False, existing: bool = False) -> SqlStore:
    """The store of an installation: SQLite in the data folder, or the PostgreSQL of the address.

    `readonly` opens beside a running service; `existing` makes no new database where there is none. StoreError with one Chinese sentence when it cannot be opened.
    """
    return SqlStore(await asyncio.to_thread(_open, database_url, data, readonly, existing))


def _open(database_url: str, data: Path, readonly: bool, existing: bool) -> Engine:
    if not database_url:
        from bot.store.sqlite import FILE, missing, open_sqlite

        try:
            there = (data / FILE).exists()
        except OSError as e:
            raise StoreError(f"数据目录 {data} 读不了（{why(e)}），请核对 --data 或 YQBOT_DATA 和目录权限。") from e
        if existing and not there:
            raise StoreError(missing(data))
        return open_sqlite(data, readonly=readonly)
    if database_url.startswith(("postgresql://", "postgres://")):
        from bot.store.postgres import open_postgres

        return open_postgres(database_url, readonly=readonly)
    raise StoreError("数据库地址应为空（用数据目录中的SQLite）或以 postgresql:// 开头，请检查 YQBOT_DATABASE_URL。")
