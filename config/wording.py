"""Weighted word groups for judging the tone and kind of a text (sentiment, rumour marks, letters). TOML in, frozen values out.

    [[group]]
    id = "anger"
    weight = -2.0
    words = ["...", "..."]

Every word keeps its file and line, so that a reason can name them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.tables import Table, TableError, misshapen, read_table

SHAPE = {"group": [{"id": str, "weight": float, "words": [str], "note": str}], "settings": {str: float}}


class WordingError(TableError):
    """A word file is wrong; the message is one Chinese sentence a line with file, line, key and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One word of a group; `line` is 0 where the file was not read from disk."""

    text: str
    group: str
    weight: float
    file: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """All groups of one file and its numeric settings (`[settings]`)."""

    name: str
    groups: Mapping[str, tuple[Term, ...]]
    settings: Mapping[str, float] = field(default_factory=dict)

    def terms(self) -> tuple[Term, ...]:
        return tuple(term for group in self.groups.values() for term in group)

    def texts(self, group: str) -> tuple[str, ...]:
        return tuple(term.text for term in self.groups.get(group, ()))


def load_wording(*paths: Path) -> Wording:
    """Groups of the files in order; a later file adds words to a group or changes its weight. Files that do not exist are skipped."""
    groups: dict[str, tuple[Term, ...]] = {}
    settings: dict[str, float] = {}
    problems: list[str] = []
    present = [path for path in paths if path.is_file()]
    if not present:
        raise WordingError(f"找不到词表 {paths[0].name if paths else ''}，请检查配置目录。")
    for path in present:
        table = read_table(path, WordingError)
        problems += misshapen(table, SHAPE)
        settings |= {key: float(value) for key, value in table.data.get("settings", {}).items()}
        for n, raw in enumerate(table.data.get("group", ())):
            _add(groups, raw, table, n, problems)
    if problems:
        raise WordingError("\n".join(problems))
    return Wording(name=present[0].stem, groups=groups, settings=settings)


def _add(groups: dict[str, tuple[Term, ...]], raw: Mapping[str, Any], table: Table, n: int, problems: list[str]) -> None:
    code = raw.get("id", "")
    if not code:
        problems.append(f"{table.at('group', n)}：第{n + 1}个词组没有 id，请补上。")
        return
    weight = raw.get("weight", groups[code][0].weight if groups.get(code) else 0.0)
    lines = table.text.splitlines()
    start = table.lines.get(("group", n, "id"), 1)
    old = {term.text: term.line for term in groups.get(code, ())}
    origin = {term.text: term.file for term in groups.get(code, ())}
    for word in raw.get("words", ()):
        if word not in old:
            old[word], origin[word] = _line_of(lines, start, word), table.path.name
    groups[code] = tuple(
        Term(text=text, group=code, weight=float(weight), file=origin[text], line=line) for text, line in old.items()
    )


def _line_of(lines: list[str], start: int, word: str) -> int:
    """Line of the quoted word at or after the group's id line."""
    return next((number for number in range(start, len(lines) + 1) if f'"{word}"' in lines[number - 1]), start)
