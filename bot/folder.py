"""A watched folder: each file dropped into it is read once. A file that is still being written waits for the next look."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from stat import S_ISREG
from typing import Final

from bot.clock import wall
from config.oserror import why
from config.schema import Source
from monitors.item import Item, ItemKind, items
from monitors.kinds import hotline
from monitors.kinds.fields import FIELDS, Fields

ENDINGS: Final = frozenset({".csv", ".tsv", ".txt", ".xlsx"})
AT_ONCE: Final = 20
"""Files taken in one look; the others follow in the next."""
REMEMBERED: Final = 2_000
SETTLED: Final = timedelta(seconds=3)
LARGEST: Final = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderRead:
    """`mark`: which files of the folder are done; `bad` files or rows could not be read, `remark` names them."""

    items: tuple[Item, ...] = ()
    mark: str = ""
    remark: str = ""
    bad: int = 0


def read_folder(folder: Path, source: Source, mark: str, now: datetime, fields: Fields = FIELDS) -> FolderRead:
    """New files of `folder` as work orders. OSError where the folder itself cannot be read."""
    done = set(mark.split())
    present = list(_files(folder))
    fresh = [(path, key) for path, key in present if key not in done][:AT_ONCE]
    found: dict[str, Item] = {}
    remarks: list[str] = []
    taken: set[str] = set()
    for path, key in fresh:
        try:
            read, remark = _one(path, source, now, fields)
            taken.add(key)
        except FileNotFoundError:  # moved away meanwhile
            continue
        except OSError as e:  # no permission, or held by another program: tried again at every look until it can be read
            read, remark = (), f"读不了（{why(e)}），下次再试"
        found.update({i.id: i for i in read})
        if remark:
            remarks.append(f"{path.name}：{remark}")
    kept = [key for _, key in present if key in done or key in taken]
    return FolderRead(
        items=tuple(found.values()), mark=" ".join(kept[-REMEMBERED:]), remark="；".join(remarks[:3]), bad=len(remarks)
    )


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Settled files with what tells them apart, oldest first."""
    settled = (wall() - SETTLED).timestamp()
    seen = []
    for path in folder.iterdir():
        if path.suffix.lower() not in ENDINGS or path.name.startswith((".", "~")):
            continue
        try:
            stat = path.stat()
        except FileNotFoundError:  # moved away since the folder was listed
            continue
        if S_ISREG(stat.st_mode) and stat.st_mtime <= settled:
            key = hashlib.sha256(f"{path.name}|{stat.st_size}|{stat.st_mtime_ns}".encode()).hexdigest()[:12]
            seen.append((stat.st_mtime_ns, path, key))
    yield from ((path, key) for _, path, key in sorted(seen))


def _one(path: Path, source: Source, now: datetime, fields: Fields) -> tuple[Sequence[Item], str]:
    """Orders of one file and what is wrong with it; OSError where it cannot be read now."""
    if path.stat().st_size > LARGEST:
        return (), f"文件超过{LARGEST >> 20}MB，没有读取，请拆分后再放入"
    document = hotline.read(path.read_bytes(), {}, fields, now, hotline.MAX_ROWS)
    bad = next(
        (p for p in document.problems if p.code in ("rows_unreadable", "columns_missing", "unreadable", "too_large")), None
    )
    found = items(document, source.id, now, ItemKind.HOTLINE)
    if bad is None:
        return found, ""
    words = {
        "rows_unreadable": f"有{bad.count}行读不出，行号{bad.detail}",
        "columns_missing": f"没有标题列或内容列，表头为{bad.detail or '空'}",
        "unreadable": "文件读不出，请另存为CSV或XLSX",
        "too_large": "文件过大，请拆分后再放入",
    }
    return found, words[bad.code]
