"""Everything as JSON lines, one file a table, and back into either engine with the chains intact."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bot.store import search
from bot.store.engine import StoreError, Tx, one
from bot.store.schema import MIGRATIONS, TABLES

MARK: Final = "format.json"
BATCH: Final = 1_000
COLUMN: Final = re.compile(r"[a-z_]+")
FORMAT: Final = 1


def export(tx: Tx, folder: Path) -> dict[str, int]:
    """Write every table into an empty folder; rows a table. The mark is written last: a folder without it is incomplete."""
    if folder.exists() and any(folder.iterdir()):
        raise StoreError(f"目录{folder.name}不是空的，请换一个空目录导出。")
    folder.mkdir(parents=True, exist_ok=True)
    counts = {table: _write(tx, table, order, folder / f"{table}.jsonl") for table, order in TABLES.items()}
    mark = {"format": FORMAT, "schema": MIGRATIONS[-1].name, "rows": counts}
    (folder / MARK).write_text(json.dumps(mark, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return counts


def _write(tx: Tx, table: str, order: tuple[str, ...], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for row in tx.stream(f"select * from {table} order by {', '.join(order)}"):
            values = {k: row[k] for k in row.keys()}  # noqa: SIM118 - a row is not a mapping on both engines
            out.write(json.dumps(values, ensure_ascii=False, sort_keys=True) + "\n")
            count += 1
    return count


def load(tx: Tx, folder: Path) -> dict[str, int]:
    """Read an export into an empty database, whole or not at all; rows a table."""
    expected = complete(folder)
    for table in ("event", "item", "incident", "message"):
        if one(tx, f"select 1 as known from {table} limit 1") is not None:
            raise StoreError("目标数据库里已经有数据，不能载入，请换一个空的数据库或数据目录。")
    for table in TABLES:
        tx.run(f"delete from {table}")
    counts = {table: _read(tx, table, folder / f"{table}.jsonl") for table in TABLES}
    for table, count in counts.items():
        if count != expected.get(table):
            raise StoreError(f"导出目录不完整：{table}.jsonl应有{expected.get(table)}行，实有{count}行，请重新导出。")
    tx.run("update counter set value = 0 where name = :name", {"name": search.MARK})
    while search.catch_up(tx, BATCH):
        pass
    return counts


def complete(folder: Path) -> dict[str, int]:
    """Rows a table of an export of this version; StoreError, before anything is opened or made, where it is none."""
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise StoreError(f"目录{folder.name}不是完整的导出（没有{MARK}），请重新导出后再载入。") from e
    if mark.get("format") != FORMAT or mark.get("schema") not in {m.name for m in MIGRATIONS}:
        raise StoreError("导出来自更新的版本，请升级本程序后再载入。")
    if mark["schema"] != MIGRATIONS[-1].name:
        raise StoreError("导出来自较早的版本，请先用较早的版本恢复，升级后再导出。")
    rows: dict[str, int] = mark["rows"]
    return rows


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except (OSError, ValueError) as e:
        raise StoreError(f"导出文件{path.name}缺失或读不出，请重新导出。") from e


def _read(tx: Tx, table: str, path: Path) -> int:
    count = 0
    batch: list[dict[str, Any]] = []
    for row in _lines(path):
        batch.append(row)
        count += 1
        if len(batch) == BATCH:
            _insert(tx, table, batch)
            batch = []
    _insert(tx, table, batch)
    return count


def _insert(tx: Tx, table: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    columns = sorted(rows[0])
    if not all(COLUMN.fullmatch(c) for c in columns) or any(sorted(r) != columns for r in rows):
        raise StoreError(f"导出文件{table}.jsonl的列不对，请重新导出。")
    tx.insert(table, ", ".join(columns), [tuple([row[c] for c in columns]) for row in rows])
