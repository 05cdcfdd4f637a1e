"""Routing tables: which unit of an organisation answers for which function of government. TOML in, frozen values out.

`functions.toml` holds the words of every function; one further file per kind of organisation names its units and which
functions and event categories each leads (domain.md §6). Every word keeps its file and line, so that a reason can name them.

    load_functions(*folders)        -> functions by code; a later folder adds words to a function or new functions
    load_routing(name, *folders)    -> Routing of `<name>.toml` (later folder wins)
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

STRENGTHS: Mapping[str, int] = {"decisive": 7, "strong": 4, "words": 2, "weak": 1}
_FUNCTION_KEYS = {"code", "name", "categories", "note", *STRENGTHS}
_UNIT_KEYS = {"code", "name", "functions", "categories", "with", "aliases", "territory", "citation", "note", *STRENGTHS}
_TABLE_KEYS = {"code", "name", "source", "coordinators", "default", "supervisor", "vertical", "unit"}


class RoutingError(ValueError):
    """A routing file is wrong; the message is one Chinese sentence a line with file, key and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionWord:
    """A word that speaks for a function; weight 7 decides even beside others, 4 speaks clearly, 2 counts, 1 only supports."""

    text: str
    weight: int
    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function of government, its words and the event categories (domain.md §3) that fall under it."""

    code: str
    name: str
    words: tuple[FunctionWord, ...]
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutedUnit:
    """A unit as the routing sees it. `aliases` are other names people write; `territory` makes it answer for a place (属地)."""

    code: str
    name: str
    functions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    supports: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    territory: str = ""
    words: tuple[FunctionWord, ...] = ()
    citation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """A whole table.

    `coordinators` run the answer together, `default` takes what fits nowhere, `supervisor` looks at the unit complained of.
    """

    code: str
    name: str
    functions: tuple[Function, ...]
    units: tuple[RoutedUnit, ...]
    coordinators: tuple[str, ...] = ()
    default: str = ""
    supervisor: str = ""

    def unit(self, code: str) -> RoutedUnit | None:
        return next((unit for unit in self.units if unit.code == code), None)

    def with_units(self, units: Sequence[RoutedUnit]) -> Routing:
        """The same table for an organisation's own units.

        A unit keeps what the table's row of its code says wherever it says nothing itself.
        """
        rows = {unit.code: unit for unit in self.units}
        merged = tuple(_merge(rows.get(unit.code), unit) for unit in units)
        known = {unit.code for unit in merged}
        return replace(
            self,
            units=merged,
            coordinators=tuple(code for code in self.coordinators if code in known),
            default=self.default if self.default in known else "",
            supervisor=self.supervisor if self.supervisor in known else "",
        )


def _merge(row: RoutedUnit | None, own: RoutedUnit) -> RoutedUnit:
    if row is None:
        return own
    return replace(
        own,
        functions=own.functions or row.functions,
        categories=own.categories or row.categories,
        supports=own.supports or row.supports,
        aliases=own.aliases or row.aliases,
        words=own.words or row.words,
        citation=own.citation or row.citation,
    )


def load_functions(*folders: Path) -> dict[str, Function]:
    """Functions of every `functions.toml` of the folders; RoutingError names every mistake at once."""
    found: dict[str, Function] = {}
    problems: list[str] = []
    for path in (path for folder in folders if (path := folder / "functions.toml").is_file()):
        data, lines = _read(path)
        problems += [f"{path.name}：未知的段落 {key}，只能写 function。" for key in data if key != "function"]
        for raw in data.get("function", ()):
            code = str(raw.get("code", ""))
            problems += _unknown(path, f"职能 {code or '（无代码）'}", raw, _FUNCTION_KEYS)
            old = found.get(code)
            if not code or not (raw.get("name") or old):
                problems.append(f"{path.name}：职能 {code or '（无代码）'} 缺 code 或 name，请补上。")
                continue
            found[code] = Function(
                code=code,
                name=str(raw.get("name") or (old.name if old else "")),
                words=_words(raw, path, lines, "function", old.words if old else ()),
                categories=tuple(raw.get("categories", old.categories if old else ())),
            )
    if not found and not problems:
        problems.append("找不到 functions.toml，请检查配置目录下的 routing 目录。")
    if problems:
        raise RoutingError("\n".join(problems))
    return found


def load_routing(name: str, *folders: Path) -> Routing:
    """The table `<name>.toml` of the last folder that has one, over the functions of all folders."""
    functions = load_functions(*folders)
    path = next((path for folder in reversed(folders) if (path := folder / f"{name}.toml").is_file()), None)
    if path is None:
        raise RoutingError(f"找不到分办表 {name}.toml，请把组织设置里的 routing 改为 routing 目录中已有的表。")
    data, lines = _read(path)
    problems = _unknown(path, "分办表", data, _TABLE_KEYS)
    units = tuple(_unit(raw, path, lines, problems) for raw in data.get("unit", ()))
    routing = Routing(
        code=str(data.get("code", name)),
        name=str(data.get("name", name)),
        functions=tuple(functions.values()),
        units=units,
        coordinators=tuple(data.get("coordinators", ())),
        default=str(data.get("default", "")),
        supervisor=str(data.get("supervisor", "")),
    )
    problems += [f"{path.name}：{line}" for line in _dangling(routing)]
    if problems:
        raise RoutingError("\n".join(problems))
    return routing


def table_names(*folders: Path) -> tuple[str, ...]:
    """Names usable as `routing` of an organisation."""
    return tuple(sorted({path.stem for folder in folders for path in folder.glob("*.toml")} - {"functions"}))


def _unit(raw: Mapping[str, Any], path: Path, lines: Sequence[str], problems: list[str]) -> RoutedUnit:
    code = str(raw.get("code", ""))
    problems += _unknown(path, f"单位 {code or '（无代码）'}", raw, _UNIT_KEYS)
    if not code or not raw.get("name"):
        problems.append(f"{path.name}：单位 {code or '（无代码）'} 缺 code 或 name，请补上。")
    return RoutedUnit(
        code=code,
        name=str(raw.get("name", "")),
        functions=tuple(raw.get("functions", ())),
        categories=tuple(raw.get("categories", ())),
        supports=tuple(raw.get("with", ())),
        aliases=tuple(raw.get("aliases", ())),
        territory=str(raw.get("territory", "")),
        words=_words(raw, path, lines, "unit", ()),
        citation=str(raw.get("citation", "")),
    )


def _dangling(routing: Routing) -> list[str]:
    functions = {function.code for function in routing.functions}
    units = [unit.code for unit in routing.units]
    known = set(units)
    problems = [f"单位代码 {code} 重复，请改为唯一。" for code in sorted(known) if units.count(code) > 1]
    for unit in routing.units:
        problems += [
            f"单位 {unit.code} 的职能 {code} 不在 functions.toml 中，请改正。"
            for code in unit.functions
            if code not in functions
        ]
        problems += [
            f"单位 {unit.code} 的 with 写了不存在的单位 {code}，请改正。" for code in unit.supports if code not in known
        ]
    named = (*routing.coordinators, routing.default, routing.supervisor)
    problems += [
        f"coordinators、default、supervisor 写了不存在的单位 {code}，请改正。" for code in named if code and code not in known
    ]
    return problems


def _words(
    raw: Mapping[str, Any], path: Path, lines: Sequence[str], table: str, old: tuple[FunctionWord, ...]
) -> tuple[FunctionWord, ...]:
    found = {word.text: word for word in old}
    start = _table_line(lines, table, str(raw.get("code", "")))
    for strength, weight in STRENGTHS.items():
        line = next((number for number in range(start, len(lines) + 1) if lines[number - 1].startswith(f"{strength} =")), start)
        for text in raw.get(strength, ()):
            found.setdefault(text, FunctionWord(text=text, weight=weight, file=path.name, line=line))
    return tuple(found.values())


def _table_line(lines: Sequence[str], table: str, code: str) -> int:
    """Line number (from 1) of `code = "..."` of the table entry, 1 where it is not found."""
    wanted = f'code = "{code}"'
    heads = [number for number, line in enumerate(lines, 1) if line.strip() == f"[[{table}]]"]
    return next((number for number in heads if any(line.strip() == wanted for line in lines[number : number + 3])), 1)


def _unknown(path: Path, what: str, raw: Mapping[str, Any], known: set[str]) -> list[str]:
    return [f"{path.name}：{what}有未知的键 {key}，请删去或改正。" for key in raw if key not in known]


def _read(path: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text), text.splitlines()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RoutingError(f"{path.name}：读不出来（{error}），请检查文件是否为 UTF-8 编码的 TOML。") from error
