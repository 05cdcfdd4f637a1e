"""A watched folder: each file dropped into it is read once. A file that is still being written waits for the next look.

A file that gave nothing is named as long as it lies there, one that gave most of its orders for a day: whoever looks after the
folder may not look before morning.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from stat import S_ISREG
from typing import Final

from bot.clock import wall
from bot.order_words import losses
from config.oserror import why
from config.schema import Source
from monitors.charset import decode
from monitors.item import Item, ItemKind, items
from monitors.kinds import hotline
from monitors.kinds.fields import FIELDS, Fields

ENDINGS: Final = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".et", ".htm", ".html"})
OTHERS: Final = frozenset({".zip", ".rar", ".7z", ".pdf", ".doc", ".docx", ".wps", ".ods", ".eml", ".jpg", ".png"})
"""Endings of what people drop here by mistake, and would wait for in vain."""
AT_ONCE: Final = 20
"""Files taken in one look; the others follow in the next."""
REMEMBERED: Final = 2_000
SETTLED: Final = timedelta(seconds=3)
EMPTY: Final = timedelta(minutes=10)
"""Some programs make an empty file long before they fill it."""
A_DAY: Final = timedelta(days=1)
LARGEST: Final = 32 * 1024 * 1024
SAID: Final = 3
"""Files named in one remark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderRead:
    """`mark`: which files of the folder are done; `bad` files or rows could not be read, `remark` names them."""

    items: tuple[Item, ...] = ()
    mark: str = ""
    remark: str = ""
    bad: int = 0


@dataclass(slots=True)
class Memory:
    """Files that are done, by what tells them apart; of those that could not be read well, what was wrong and until when it is said."""

    done: list[str] = field(default_factory=list)
    bad: dict[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, mark: str) -> Memory:
        """As `text` wrote it; earlier versions wrote the keys alone."""
        if not mark.startswith("{"):
            return cls(done=mark.split())
        kept = json.loads(mark)
        return cls(done=list(kept["done"]), bad={key: (said, until) for key, (said, until) in kept["bad"].items()})

    def text(self, present: Sequence[str], now: datetime) -> str:
        """The mark for the next look: of files that still lie there, and of what is still to be said."""
        here = set(present)
        self.bad = {k: (s, until) for k, (s, until) in self.bad.items() if k in here and (not until or until > now.isoformat())}
        done = [key for key in self.done if key in here][-REMEMBERED:]
        return json.dumps({"done": done, "bad": self.bad}, ensure_ascii=False) if self.bad else " ".join(done)


def read_folder(folder: Path, source: Source, mark: str, now: datetime, fields: Fields = FIELDS) -> FolderRead:
    """New files of `folder` as work orders. OSError where the folder itself cannot be read."""
    memory = Memory.of(mark)
    present = list(_files(folder))
    done = set(memory.done)
    fresh = [(path, key) for path, key in present if key not in done][:AT_ONCE]
    found: dict[str, Item] = {}
    new = 0
    waiting: list[str] = []
    for path, key in fresh:
        try:
            read, remark = _one(path, source, now, fields)
        except FileNotFoundError:  # moved away meanwhile
            continue
        except OSError as e:  # no permission, or held by another program: tried again at every look until it can be read
            waiting.append(f"{shown(path)}：读不了（{why(e)}），下次再试")
            continue
        memory.done.append(key)
        found.update({i.id: i for i in read})
        if remark:
            memory.bad[key] = f"{shown(path)}：{remark}", (now + A_DAY).isoformat() if read else ""
            new += 1
    keys = [key for _, key in present]
    kept = memory.text(keys, now)
    standing = [memory.bad[key][0] for key in reversed(keys) if key in memory.bad]
    return FolderRead(items=tuple(found.values()), mark=kept, remark=_remark(waiting, standing), bad=new + len(waiting))


def shown(path: Path) -> str:
    """The name of a file as people read it, also where it was written in GBK."""
    return decode(os.fsencode(path.name)).text


def _remark(waiting: Sequence[str], standing: Sequence[str]) -> str:
    """What is wrong with the files that lie there, newest first."""
    said = [*waiting, *standing]
    more = f"；另有{len(said) - SAID}个文件也有问题" if len(said) > SAID else ""
    todo = "；改好后用原名重新放入或移出目录，这条提示即消" if standing else ""
    return "；".join(said[:SAID]) + more + todo if said else ""


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Settled files with what tells them apart, oldest first."""
    now = wall()
    seen = []
    for path in folder.iterdir():
        if path.suffix.lower() not in ENDINGS | OTHERS or path.name.startswith((".", "~")):
            continue
        try:
            stat = path.stat()
        except FileNotFoundError:  # moved away since the folder was listed
            continue
        # a time of writing in the future is the clock of the machine it came from: then it is our own time of its last change
        written = stat.st_mtime if stat.st_mtime <= now.timestamp() else stat.st_ctime
        settled = written <= (now - (SETTLED if stat.st_size else EMPTY)).timestamp()
        if S_ISREG(stat.st_mode) and settled:
            told = b"%b|%d|%d" % (os.fsencode(path.name), stat.st_size, stat.st_mtime_ns)
            seen.append((stat.st_mtime_ns, path, hashlib.sha256(told).hexdigest()[:12]))
    yield from ((path, key) for _, path, key in sorted(seen))


def _one(path: Path, source: Source, now: datetime, fields: Fields) -> tuple[Sequence[Item], str]:
    """Orders of one file and what is wrong with it; OSError where it cannot be read now."""
    if path.suffix.lower() in OTHERS:
        return (), "不是CSV、XLSX表格，没有读取"
    if path.stat().st_size > LARGEST:
        return (), f"文件超过{LARGEST >> 20}MB，没有读取，请拆分后再放入"
    document = hotline.read(path.read_bytes(), {}, fields, now, hotline.MAX_ROWS)
    found = items(document, source.id, now, ItemKind.HOTLINE)
    said = losses(document.problems)
    return found, "，".join(said) if said or found else "只有表头，没有工单"
