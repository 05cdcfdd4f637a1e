"""A disk that loses power: an SQLite VFS put under sqlite-utils' own connection with ctypes.

The default VFS is copied; `xWrite`, `xTruncate` and `xSync` of every opened file also keep a model of the disk. What was written but not
synced since is undone at a cut, but for a random part of it, torn at sectors and in any order: what a real disk may do.
"""

from __future__ import annotations

import contextlib
import ctypes
import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

SECTOR = 512
OPEN = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_int)
)
DELETE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)
WRITE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)
TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int64)
SYNC = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
WORD = ctypes.sizeof(ctypes.c_void_p)
METHODS = 19  # pointers in sqlite3_io_methods of version 3
VFS_WORDS = 22  # words in sqlite3_vfs of version 3
X_OPEN, X_DELETE = 5, 6  # after iVersion+szOsFile, mxPathname, pNext, zName, pAppData
X_WRITE, X_TRUNCATE, X_SYNC = 3, 4, 5


def library() -> ctypes.CDLL | None:
    """The SQLite library this Python runs on; None where it is linked in."""
    assert sqlite3.sqlite_version
    for line in Path("/proc/self/maps").read_text().splitlines():
        if "libsqlite3" in line:
            return ctypes.CDLL(line.split(None, 5)[5])
    return None


class Disk:
    """Files as they are on the platter, and what waits in the cache."""

    def __init__(self, dice: random.Random, cuts: set[int], acknowledged: Callable[[], set[str]]) -> None:
        self.dice = dice
        self.cuts = cuts
        self.acknowledged = acknowledged
        self.durable: dict[str, bytearray] = {}
        self.waiting: dict[str, list[tuple[int, bytes | None]]] = {}
        self.writes = 0
        self.taken: list[tuple[set[str], dict[str, bytes]]] = []

    def write(self, path: str, at: int, data: bytes | None) -> None:
        """`data` None cuts the file off at `at`."""
        self.waiting.setdefault(path, []).append((at, data))
        self.writes += 1
        if self.writes in self.cuts:
            known = self.acknowledged()
            self.taken.append((known, {p: self.after_cut(p) for p in {*self.durable, *self.waiting}}))

    def sync(self, path: str) -> None:
        image = self.durable.setdefault(path, bytearray())
        for at, data in self.waiting.pop(path, ()):
            put(image, at, data)

    def after_cut(self, path: str) -> bytes:
        image = bytearray(self.durable.get(path, b""))
        lucky = [op for op in self.waiting.get(path, ()) if self.dice.random() < 0.5]
        self.dice.shuffle(lucky)
        for at, data in lucky:
            whole = data is None or self.dice.random() < 0.5
            torn = data if whole or data is None else data[: SECTOR * self.dice.randrange(1 + len(data) // SECTOR)]
            put(image, at, torn)
        return bytes(image)


def put(image: bytearray, at: int, data: bytes | None) -> None:
    if data is None:
        del image[at:]
        return
    if len(image) < at:
        image.extend(bytes(at - len(image)))
    image[at : at + len(data)] = data


@contextlib.contextmanager
def under(lib: ctypes.CDLL, disk: Disk, wanted: str) -> Iterator[None]:
    """Every connection opened inside uses the watched VFS; files whose path ends in `wanted` or `wanted`-wal are modelled."""
    lib.sqlite3_vfs_find.restype = ctypes.c_void_p
    original = lib.sqlite3_vfs_find(None)
    words = (ctypes.c_void_p * VFS_WORDS).from_buffer_copy(ctypes.string_at(original, VFS_WORDS * WORD))
    name = ctypes.create_string_buffer(b"powercut")
    words[3] = ctypes.addressof(name)
    real_open, real_delete = OPEN(words[X_OPEN] or 0), DELETE(words[X_DELETE] or 0)
    paths: dict[int, str] = {}
    tables: dict[int, object] = {}
    kept: list[object] = [name, words, real_open, real_delete]

    def watched(table: int) -> int:
        """Address of a method table like `table` whose writes and syncs are seen."""
        if table not in tables:
            copy = (ctypes.c_void_p * METHODS).from_buffer_copy(ctypes.string_at(table, METHODS * WORD))
            real = WRITE(copy[X_WRITE] or 0), TRUNCATE(copy[X_TRUNCATE] or 0), SYNC(copy[X_SYNC] or 0)

            def write(file: int, data: int, amount: int, at: int) -> int:
                code: int = real[0](file, data, amount, at)
                if code == 0 and file in paths:
                    disk.write(paths[file], at, ctypes.string_at(data, amount))
                return code

            def truncate(file: int, size: int) -> int:
                code: int = real[1](file, size)
                if code == 0 and file in paths:
                    disk.write(paths[file], size, None)
                return code

            def sync(file: int, flags: int) -> int:
                code: int = real[2](file, flags)
                if code == 0 and file in paths:
                    disk.sync(paths[file])
                return code

            hooks = WRITE(write), TRUNCATE(truncate), SYNC(sync)
            for place, hook in zip((X_WRITE, X_TRUNCATE, X_SYNC), hooks, strict=True):
                copy[place] = ctypes.cast(hook, ctypes.c_void_p).value
            tables[table] = copy
            kept.extend([real, hooks, copy])
        return ctypes.addressof(tables[table])  # type: ignore[arg-type]

    def opened(vfs: int, path: int | None, file: int, flags: int, out: object) -> int:
        code: int = real_open(vfs, path, file, flags, out)  # the address itself: SQLite keeps it until the file is closed
        paths.pop(file, None)
        name = ctypes.string_at(path).decode() if path else ""
        if code == 0 and name.removesuffix("-wal").endswith(wanted):
            paths[file] = name
            methods = ctypes.c_void_p.from_address(file)
            methods.value = watched(methods.value or 0)
        return code

    def deleted(vfs: int, path: bytes, sync_dir: int) -> int:
        disk.durable.pop(path.decode(), None)
        disk.waiting.pop(path.decode(), None)
        return int(real_delete(vfs, path, sync_dir))

    hooks = OPEN(opened), DELETE(deleted)
    kept.append(hooks)
    words[X_OPEN] = ctypes.cast(hooks[0], ctypes.c_void_p).value
    words[X_DELETE] = ctypes.cast(hooks[1], ctypes.c_void_p).value
    lib.sqlite3_vfs_register(ctypes.byref(words), 1)
    try:
        yield
    finally:
        lib.sqlite3_vfs_unregister(ctypes.byref(words))
        lib.sqlite3_vfs_register(ctypes.c_void_p(original), 1)
