"""Word lists and tables that have loaders of their own: one way to read them, to check their shape and to say where a mistake is.

    table = read_table(path, LexiconError)      raises with ``site/policy.toml:3：…``
    misshapen(table, SHAPE)                     every unknown key and wrongly typed value, one sentence each

A shape is a type (`str`, `int`, `float`, `bool`, `date`, `object` for anything), ``[shape]`` for a list, ``{"key": shape}`` for a table, ``{str: shape}`` for
one whose keys are free. A loader that has asked may trust the types.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from config.layers import Path3, lines_of, mistake
from config.oserror import why
from config.problem import Problem, Told

Shape = Any
SUBFOLDERS = ("lexicon", "routing")
EXPECTED: Mapping[type, str] = {
    str: "文字，用半角双引号括起来",
    int: "整数，不加引号",
    float: "数字，不加引号",
    bool: "true 或 false，不加引号",
    date: "日期，写成 2026-10-01 的样子，不加引号",
}
_PLACED = re.compile(r"(?P<file>[^：\s]+\.(?:toml|tsv))(?::(?P<line>\d+))?：(?P<rest>.+)")


class TableError(Told, ValueError):
    """A table cannot be used; one Chinese sentence a line, each beginning with file and line where they are known."""


@dataclass(frozen=True)
class Table:
    """One parsed file; the lines of its keys are looked up only when somebody asks."""

    path: Path
    text: str
    data: dict[str, Any]

    @cached_property
    def lines(self) -> Mapping[Path3, int]:
        return lines_of(self.text)

    def at(self, *keys: str | int) -> str:
        """``site/policy.toml:3``: the key, or the nearest thing around it that has a line."""
        while keys and keys not in self.lines and (*keys, 0) not in self.lines:
            keys = keys[:-1]
        return where(self.path, self.lines.get(keys, self.lines.get((*keys, 0), 0)))


def where(path: Path, line: int = 0) -> str:
    """A file as `yqbot check` names it: from its settings folder on, with the line where it is known."""
    parts = path.absolute().parts[-3 if path.absolute().parent.name in SUBFOLDERS else -2 :]
    return "/".join(parts) + (f":{line}" if line else "")


def read_table(path: Path, error: type[TableError]) -> Table:
    """The file; `error` with one sentence where it is no TOML."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return Table(path=path, text=text, data=tomllib.loads(text))
    except OSError as e:
        raise error(f"{where(path)}：打不开（{why(e)}），请检查权限。") from e
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        found = re.search(r"line (\d+)", str(e))
        place = where(path, int(found[1]) if found else 0)
        said = mistake(e).removeprefix(f"第{found[1]}行") if found else mistake(e)
        raise error(f"{place}：不是正确的 TOML（{said}），请检查引号、等号、方括号是否成对、是否用了半角。") from e


def misshapen(table: Table, shape: Shape) -> list[str]:
    """Every unknown key and every value of another type than the shape's, with file and line; they are taken out of `table.data`,
    so that a loader goes on with what is right and finds the other mistakes too."""
    found: list[str] = []
    _usable(table, table.data, shape, (), found)
    return found


def _usable(table: Table, value: Any, shape: Shape, path: Path3, found: list[str]) -> bool:
    """Whether `value` is of the shape's own type; wrong things inside it are told and taken out."""
    if isinstance(shape, Mapping):
        return _usable_table(table, value, shape, path, found)
    if isinstance(shape, list):
        return _usable_list(table, value, shape[0], path, found)
    good = shape is object or type(value) is shape or (shape is float and type(value) is int)
    if not good:
        found.append(_wrong(table, path, EXPECTED[shape], value))
    return good


def _usable_table(table: Table, value: Any, shape: Shape, path: Path3, found: list[str]) -> bool:
    if not isinstance(value, dict):
        found.append(_wrong(table, path, "一张小表，写成 { 名称 = 值 } 的样子", value))
        return False
    for key in list(value):
        expected = shape.get(key, shape.get(str))
        if expected is None:
            found.append(f"{table.at(*path, key)}：{_name(path)}不认识 {key}，{_suggest(key, shape)}")
        if expected is None or not _usable(table, value[key], expected, (*path, key), found):
            del value[key]
    return True


def _usable_list(table: Table, value: Any, shape: Shape, path: Path3, found: list[str]) -> bool:
    if not isinstance(value, list):
        tables = isinstance(shape, Mapping)
        what = f"一组段落，写成 [[{path[-1]}]]" if tables else '一组值，写成 ["甲", "乙"] 的样子'
        found.append(_wrong(table, path, what, value))
        return False
    if not all(type(inner) is shape for inner in value):  # thousands of words: the usual case is quick
        value[:] = [inner for n, inner in enumerate(value) if _usable(table, inner, shape, (*path, n), found)]
    return True


def _wrong(table: Table, path: Path3, expected: str, value: Any) -> str:
    given = "一张小表" if isinstance(value, dict) else "一组值" if isinstance(value, list) else value
    return f"{table.at(*path)}：{_name(path)}应为{expected}，现为 {given}，请改正。"


def _name(path: Path3) -> str:
    """``第2个 group 的 words 第3项 ``, to go before what is wrong with it."""
    words: list[str] = []
    for n, key in enumerate(path):
        if isinstance(key, str):
            words.append(key if n == 0 else f"的 {key}")
        elif n == 1:
            words[0] = f"第{key + 1}个 {words[0]}"
        else:
            words.append(f"第{key + 1}项")
    return "".join(f"{word} " for word in words)


def _suggest(name: str, shape: Mapping[Any, Any]) -> str:
    known = [key for key in shape if isinstance(key, str)]
    close = get_close_matches(name, known, n=1)
    return f"是否想写 {close[0]}？请改正或删去。" if close else f"可用的有：{'、'.join(known)}，不需要请删去。"


def problems_of(id_: str, what: str, error: TableError) -> list[Problem]:
    """One problem a line of the error, with file and line taken from its beginning and the remedy from its end."""
    return [_problem(id_, what, line) for line in str(error).splitlines() if line]


def _problem(id_: str, what: str, sentence: str) -> Problem:
    found = _PLACED.fullmatch(sentence)
    rest = found["rest"] if found else sentence
    message, mark, remedy = rest.rpartition("，请")
    return Problem(
        id=id_,
        file=found["file"] if found else "",
        line=int(found["line"] or 0) if found else 0,
        key=what,
        message=f"{message}。" if mark else rest,
        remedy=f"请{remedy}" if mark else "",
    )
