"""Routing tables: which unit of an organisation answers for which function of government. TOML in, frozen values out.

`functions.toml` holds the words of every function; one further file per kind of organisation names its units and which
functions and event categories each leads (domain.md §6). Every word keeps its file and line, so that a reason can name them.

    load_functions(*folders)        -> functions by code; a later folder adds words to a function or new functions
    load_routing(name, *folders)    -> Routing of `<name>.toml` (later folder wins)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from config.tables import Table, TableError, misshapen, read_table

STRENGTHS: Mapping[str, int] = {"decisive": 7, "strong": 4, "words": 2, "weak": 1}
_WORDS = {strength: [str] for strength in STRENGTHS}
FUNCTIONS = {"function": [{"code": str, "name": str, "categories": [str], "note": str, **_WORDS}]}
_TEXTS = ("code", "name", "territory", "citation", "note")
_UNIT = {**dict.fromkeys(_TEXTS, str), "functions": [str], "categories": [str], "with": [str], "aliases": [str], **_WORDS}
_NAMES = dict.fromkeys(("code", "name", "source", "default", "supervisor"), str)
TABLE = {**_NAMES, "coordinators": [str], "vertical": object, "unit": [_UNIT]}
"""What `functions.toml` and a routing table may hold."""


class RoutingError(TableError):
    """A routing file is wrong; the message is one Chinese sentence a line with file, line, key and remedy."""


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
        table = read_table(path, RoutingError)
        problems += misshapen(table, FUNCTIONS)
        for n, raw in enumerate(table.data.get("function", ())):
            code = raw.get("code", "")
            old = found.get(code)
            if not code or not (raw.get("name") or old):
                problems.append(f"{table.at('function', n)}：职能 {code or '（无代码）'} 缺 code 或 name，请补上。")
                continue
            found[code] = Function(
                code=code,
                name=raw.get("name") or (old.name if old else ""),
                words=_words(raw, table, "function", old.words if old else ()),
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
    table = read_table(path, RoutingError)
    problems = misshapen(table, TABLE)
    data = table.data
    units = tuple(_unit(raw, table, n, problems) for n, raw in enumerate(data.get("unit", ())))
    routing = Routing(
        code=data.get("code", name),
        name=data.get("name", name),
        functions=tuple(functions.values()),
        units=units,
        coordinators=tuple(data.get("coordinators", ())),
        default=data.get("default", ""),
        supervisor=data.get("supervisor", ""),
    )
    problems += _dangling(routing, table)
    if problems:
        raise RoutingError("\n".join(problems))
    return routing


def table_names(*folders: Path) -> tuple[str, ...]:
    """Names usable as `routing` of an organisation."""
    return tuple(sorted({path.stem for folder in folders for path in folder.glob("*.toml")} - {"functions"}))


def _unit(raw: Mapping[str, Any], table: Table, n: int, problems: list[str]) -> RoutedUnit:
    code = raw.get("code", "")
    if not code or not raw.get("name"):
        problems.append(f"{table.at('unit', n)}：单位 {code or '（无代码）'} 缺 code 或 name，请补上。")
    return RoutedUnit(
        code=code,
        name=raw.get("name", ""),
        functions=tuple(raw.get("functions", ())),
        categories=tuple(raw.get("categories", ())),
        supports=tuple(raw.get("with", ())),
        aliases=tuple(raw.get("aliases", ())),
        territory=raw.get("territory", ""),
        words=_words(raw, table, "unit", ()),
        citation=raw.get("citation", ""),
    )


def _dangling(routing: Routing, table: Table) -> list[str]:
    functions = {function.code for function in routing.functions}
    units = [unit.code for unit in routing.units]
    known = set(units)
    problems = [f"{table.at()}：单位代码 {code} 重复，请改为唯一。" for code in sorted(known) if units.count(code) > 1]
    for n, unit in enumerate(routing.units):
        problems += [
            f"{table.at('unit', n, 'functions')}：单位 {unit.code} 的职能 {code} 不在 functions.toml 中，请改正。"
            for code in unit.functions
            if code not in functions
        ]
        problems += [
            f"{table.at('unit', n, 'with')}：单位 {unit.code} 的 with 写了不存在的单位 {code}，请改正。"
            for code in unit.supports
            if code not in known
        ]
    named = [("coordinators", code) for code in routing.coordinators]
    named += [("default", routing.default), ("supervisor", routing.supervisor)]
    problems += [
        f"{table.at(key)}：{key} 写了不存在的单位 {code}，请改正。" for key, code in named if code and code not in known
    ]
    return problems


def _words(raw: Mapping[str, Any], table: Table, section: str, old: tuple[FunctionWord, ...]) -> tuple[FunctionWord, ...]:
    lines = table.text.splitlines()
    found = {word.text: word for word in old}
    start = _table_line(lines, section, raw.get("code", ""))
    for strength, weight in STRENGTHS.items():
        line = next((number for number in range(start, len(lines) + 1) if lines[number - 1].startswith(f"{strength} =")), start)
        for text in raw.get(strength, ()):
            found.setdefault(text, FunctionWord(text=text, weight=weight, file=table.path.name, line=line))
    return tuple(found.values())


def _table_line(lines: Sequence[str], table: str, code: str) -> int:
    """Line number (from 1) of `code = "..."` of the table entry, 1 where it is not found."""
    wanted = f'code = "{code}"'
    heads = [number for number, line in enumerate(lines, 1) if line.strip() == f"[[{table}]]"]
    return next((number for number in heads if any(line.strip() == wanted for line in lines[number : number + 3])), 1)
