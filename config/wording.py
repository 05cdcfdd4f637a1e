"""Weighted word groups for judging the tone and kind of a text (sentiment, rumour marks, letters). TOML in, frozen values out.

    [[group]]
    id = "anger"
    weight = -2.0
    words = ["...", "..."]

Every word keeps its file and line, so that a reason can name them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class WordingError(ValueError):
    """A word file is wrong; the message is one Chinese sentence a line with file, key and remedy."""


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
        data, lines = _read(path)
        for key, value in data.pop("settings", {}).items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                problems.append(f"{path.name}：settings 的 {key} 须为数字，请改正。")
            else:
                settings[key] = float(value)
        for raw in data.pop("group", ()):
            _add(groups, raw, path, lines, problems)
        problems += [f"{path.name}：未知的段落 {key}，只能写 group 和 settings。" for key in data]
    if problems:
        raise WordingError("\n".join(problems))
    return Wording(name=present[0].stem, groups=groups, settings=settings)


def _add(
    groups: dict[str, tuple[Term, ...]], raw: Mapping[str, Any], path: Path, lines: list[str], problems: list[str]
) -> None:
    code = str(raw.get("id", ""))
    extra = sorted(set(raw) - {"id", "weight", "words", "note"})
    weight = raw.get("weight", groups[code][0].weight if groups.get(code) else 0.0)
    if not code or extra or isinstance(weight, bool) or not isinstance(weight, int | float):
        why = f"有未知的键 {'、'.join(extra)}" if extra else "需要 id，weight 须为数字"
        problems.append(f"{path.name}：词组 {code or '（无编号）'} {why}，请改正。")
        return
    start = next((number for number, line in enumerate(lines, 1) if line.strip() == f'id = "{code}"'), 1)
    old = {term.text: term.line for term in groups.get(code, ())}
    origin = {term.text: term.file for term in groups.get(code, ())}
    for word in raw.get("words", ()):
        if word not in old:
            old[word], origin[word] = _line_of(lines, start, word), path.name
    groups[code] = tuple(
        Term(text=text, group=code, weight=float(weight), file=origin[text], line=line) for text, line in old.items()
    )


def _line_of(lines: list[str], start: int, word: str) -> int:
    """Line of the quoted word at or after the group's id line."""
    return next((number for number in range(start, len(lines) + 1) if f'"{word}"' in lines[number - 1]), start)


def _read(path: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text), text.splitlines()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WordingError(f"{path.name}：读不出来（{error}），请检查文件是否为 UTF-8 编码的 TOML。") from error
