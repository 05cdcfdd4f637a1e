"""What a validator found, in Chinese, with the file and line of the key and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from config.layers import Entry
from config.problem import Problem
from config.schema import Citation, Role, StepRule
from config.shapes import RENAMED

WRITTEN: Mapping[str, str] = {field: key for key, field in RENAMED.items()}
_WITH_UNITS = frozenset({"ladder", "clause", "source"})

_EXPECTED: Mapping[str, tuple[str, str]] = {
    "string": ("应为文字", "请用半角双引号括起来。"),
    "int": ("应为整数", "请去掉引号，只写数字。"),
    "float": ("应为数字", "请去掉引号，只写数字。"),
    "bool": ("应为 true 或 false", "请改正。"),
    "tuple": ("应为一组值", '请用方括号写成 ["甲", "乙"] 的样子。'),
    "dict": ("应为一张小表", "请写成 { 名称 = 值 } 的样子。"),
    "mapping": ("应为一张小表", "请写成 { 名称 = 值 } 的样子。"),
    "dataclass": ("应为一张小表", "请写成 { 名称 = 值 } 的样子。"),
}


def explain(item: Entry, error: ValidationError, cls: type) -> Iterator[Problem]:
    """Problems Y004 (unknown key), Y005 (missing key), Y006 (wrong value) of one entry."""
    renamed = WRITTEN if item.table in _WITH_UNITS else {}
    for found in error.errors():
        loc = tuple(renamed.get(str(x), x) for x in found["loc"])
        place = item.at(*_raw(item, loc))
        id_, message, remedy = _sentence(found["type"], loc, found.get("input"), cls)
        key = " ".join(x for x in (item.table, item.id, _path(loc)) if x)
        yield Problem(id=id_, file=place.file, line=place.line, key=key, message=message, remedy=remedy)


def _raw(item: Entry, loc: tuple[Any, ...]) -> tuple[Any, ...]:
    """The path as the file has it (the notices table is one level flatter than its dataclass)."""
    return loc[1:] if item.table == "notices" else loc


def _path(loc: tuple[Any, ...]) -> str:
    return ".".join(str(x + 1) if isinstance(x, int) else str(x) for x in loc)


def _sentence(kind: str, loc: tuple[Any, ...], given: object, cls: type) -> tuple[str, str, str]:
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return "Y004", "不认识这个键。", _suggest(str(loc[-1]), _known(loc, cls))
    if kind in ("missing", "missing_keyword_only_argument"):
        return "Y005", f"缺少 {loc[-1]}。", "请补写。"
    if kind == "enum":
        return "Y006", f"值 {given} 不在可用范围内。", f"可用：{'、'.join(r.value for r in Role)}。"
    for start, (expected, remedy) in _EXPECTED.items():
        if kind.startswith(start):
            return "Y006", f"{expected}，现为 {given}。", remedy
    return "Y006", f"值 {given} 不对。", "请对照默认配置中的同类条目改正。"


def _known(loc: tuple[Any, ...], cls: type) -> list[str]:
    inner: type = Citation if "citation" in loc[:-1] else StepRule if "step" in loc[:-1] else cls
    names = [f.name for f in fields(inner)]
    return names if inner is Citation else [WRITTEN.get(name, name) for name in names]


def _suggest(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"是否想写 {close[0]}？" if close else f"可用的键：{'、'.join(known)}；不需要请删去。"
