"""TOML files of layered folders as raw entries that remember their file and line. No meaning here: `config.load` gives it.

A later folder overrides single keys of an entry with the same id, adds entries, or drops one with ``removed = true``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.oserror import why
from config.problem import Problem

Path3 = tuple[str | int, ...]
_HEADER = re.compile(r"\s*\[(\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""\s*["']?([^\s"'=\[\]{}#,]+)["']?\s*=""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file relative to the settings folder's parent, and a line counted from 1 (0 = unknown)."""

    file: str
    line: int = 0

    @property
    def text(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(slots=True, kw_only=True)
class Entry:
    """One table of one or more files: its keys and where each was last written."""

    table: str
    id: str
    values: dict[str, Any]
    place: Place
    places: dict[Path3, Place] = field(default_factory=dict)

    def at(self, *path: str | int) -> Place:
        """Place of the key, or of the nearest thing around it that has one."""
        while path:
            if path in self.places:
                return self.places[path]
            path = path[:-1]
        return self.place

    def override(self, later: Entry) -> None:
        """Keys of a later layer win, one by one."""
        self.values.update(later.values)
        self.places = {k: v for k, v in self.places.items() if k[0] not in later.values} | later.places
        self.place = later.place


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One parsed file: raw tables and the line of every header and key."""

    label: str
    data: Mapping[str, Any]
    lines: Mapping[Path3, int]

    def place(self, *path: str | int) -> Place:
        return Place(file=self.label, line=self.lines.get(path, 0))


def read(path: Path, label: str) -> Document | Problem:
    """The file, or why it cannot be read (Y001)."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return _unreadable(label, "文件不是 UTF-8 编码。", "请用 UTF-8 编码重新保存。")
    except OSError as error:
        return _unreadable(label, f"文件打不开（{why(error)}）。", "请检查文件是否存在、权限是否允许读取。")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else len(text.splitlines())
        return Problem(
            id="Y001",
            file=label,
            line=line,
            message=f"不是正确的 TOML（{_reason(str(error))}）。",
            remedy="请检查这一行及上一行的引号、等号、方括号是否成对、是否用了半角。",
        )
    return Document(label=label, data=data, lines=lines_of(text))


def mistake(error: ValueError) -> str:
    """``第3行引号没有成对``: what tomllib or the decoding of a file complained of, in Chinese."""
    if isinstance(error, UnicodeDecodeError):
        return "不是 UTF-8 编码"
    found = re.search(r"line (\d+)", str(error))
    return f"{f'第{found[1]}行' if found else '末尾'}{_reason(str(error))}"


def _reason(english: str) -> str:
    table = (
        ("Cannot overwrite a value", "同一个键写了两次"),
        ("Cannot declare", "同一个段落写了两次"),
        ("Illegal character", "有不允许的字符"),
        ("Unterminated string", "引号没有成对"),
        ("Unclosed array", "方括号没有成对"),
        ("Expected '='", "键的后面缺等号"),
        ("Invalid value", "等号后面的值写法不对，文字要加引号"),
    )
    return next((chinese for start, chinese in table if english.startswith(start)), "写法不对")


def _unreadable(label: str, message: str, remedy: str) -> Problem:
    return Problem(id="Y001", file=label, message=message, remedy=remedy)


def lines_of(text: str) -> dict[Path3, int]:
    """Line of every header and of every key under it; the n-th ``[[a.b]]`` after an ``[[a]]`` is (a, i, b, n)."""
    found: dict[Path3, int] = {}
    counts: dict[Path3, int] = {}
    here: Path3 = ()
    for number, line in enumerate(text.splitlines(), 1):
        if head := _HEADER.match(line):
            here = _header(head[2].split("."), bool(head[1]), counts)
            found.setdefault(here, number)
        elif key := _KEY.match(line):
            found.setdefault((*here, key[1]), number)
    return found


def _header(names: list[str], repeated: bool, counts: dict[Path3, int]) -> Path3:
    here: Path3 = ()
    for depth, name in enumerate(names):
        here = (*here, name)
        if depth == len(names) - 1 and repeated:
            counts[here] = counts.get(here, -1) + 1
        if here in counts:
            here = (*here, counts[here])
    return here


def rows_of(document: Document, table: str, rows: Sequence[tuple[int | None, Mapping[str, Any]]]) -> list[Entry]:
    """Raw tables of one name, a single one (index None) or a row each, with the places of their keys."""
    places: dict[int | None, dict[Path3, Place]] = {index: {} for index, _ in rows}
    for path, line in document.lines.items():
        index = path[1] if len(path) > 1 and isinstance(path[1], int) else None
        rest = path[1:] if index is None else path[2:]
        if path[0] == table and rest and index in places:
            places[index][rest] = Place(file=document.label, line=line)
    found: list[Entry] = []
    for index, raw in rows:
        start: Path3 = (table,) if index is None else (table, index)
        found.append(Entry(table=table, id="", values=dict(raw), place=document.place(*start), places=places[index]))
    return found


def toml_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every TOML file below the folder with its name relative to it, in a fixed order."""
    for path in sorted(folder.rglob("*.toml")):
        yield path, path.relative_to(folder).as_posix()
