"""Grades, categories and playbooks: is every table complete, and does every matter have a lead and a 预案?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from config import vocabulary as words
from config.findings import error, warning
from config.problem import Problem
from config.routing import Function, RoutedUnit, Routing, load_routing
from config.schema import Category, Organisation, Playbook, Settings, Threshold

FALLBACK = "fallback"
OTHER = "other"
LISTED = 5
_CODE = re.compile(r"[a-z0-9_-]+")
_DIGITS = re.compile(r"[0-9０-９一二三四五六七八九十]+[人名]|死|亡|遇难|伤|维稳|管控")


def problems(settings: Settings) -> Iterator[Problem]:
    for row in settings.thresholds:
        yield from _threshold(settings, row)
    if not any(row.category == FALLBACK for row in settings.thresholds):
        yield error(
            settings, "Y203", "threshold", "缺少 fallback 标准，没有专门标准的类别无法暂定等级。", "请保留 fallback.deaths。"
        )
    for category in settings.categories.values():
        yield from _category(settings, category)
    if OTHER not in settings.categories:
        yield error(settings, "Y206", "category", "缺少类别 other。", "请保留代码为 other 的类别，归不进别处的都归它。")
    for playbook in settings.playbooks:
        yield from _playbook(settings, playbook)
    yield from _without_playbook(settings)


def _threshold(settings: Settings, row: Threshold) -> Iterator[Problem]:
    name = f"threshold {row.id}"
    for level in row.minima:
        if level not in words.LEVELS:
            yield error(settings, "Y201", name, f"等级 {level} 不认识。", f"可用：{'、'.join(words.LEVELS)}。", "minima")
    values = [row.minima[level] for level in words.LEVELS if level in row.minima]
    if not values:
        yield error(settings, "Y202", name, "没有写任何等级的最低值。", "请在 minima 中至少写一个等级。", "minima")
    if any(low >= high for high, low in pairwise(values)) or any(value < 0 for value in values):
        yield error(settings, "Y202", name, "各等级的最低值应由高到低递减且不为负。", "请核对 minima 的数字。", "minima")


def _category(settings: Settings, category: Category) -> Iterator[Problem]:
    name = f"category {category.code}"
    if category.table and not any(row.category == category.table for row in settings.thresholds):
        yield error(settings, "Y204", name, f"分级标准 {category.table} 没有任何一行。", "请补写标准，或删去 table。", "table")
    if not category.neutral.strip():
        yield error(settings, "Y205", name, "没有写核实前的中性说法。", "请写 neutral，不含伤亡、原因和定性。", "neutral")
    elif _DIGITS.search(category.neutral):
        yield error(
            settings, "Y205", name, f"中性说法“{category.neutral}”含伤亡或定性字样。", "请改为外传也无害的说法。", "neutral"
        )


def _playbook(settings: Settings, playbook: Playbook) -> Iterator[Problem]:
    name = f"playbook {playbook.id}"
    for code in playbook.categories:
        if code not in settings.categories:
            yield error(
                settings, "Y211", name, f"类别 {code} 不存在。", "请改正，或先在 categories.toml 中补写。", "categories"
            )
    for level in playbook.levels:
        if level not in words.CLAUSE_LEVELS:
            yield error(settings, "Y211", name, f"等级 {level} 不认识。", f"可用：{'、'.join(words.CLAUSE_LEVELS)}。", "levels")
    needed: tuple[tuple[str, tuple[str, ...], str], ...] = (
        ("avoid", playbook.avoid, "不能做的事"),
        ("verify", playbook.verify, "核实要点"),
        ("first_actions", playbook.first_actions, "先做什么"),
    )
    for key, lines, what in needed:
        if not any(line.strip() for line in lines):
            yield error(settings, "Y212", name, f"没有写{what}（{key}）。", "请至少写一条。", key)
    for unit in playbook.units:
        if _CODE.fullmatch(unit) and settings.organisation.units and settings.organisation.unit(unit) is None:
            yield error(
                settings, "Y213", name, f"单位 {unit} 不在组织表中。", "请改为组织表中的单位代码，或写通用名称。", "units"
            )


def _without_playbook(settings: Settings) -> Iterator[Problem]:
    """Categories no playbook names, where no general one exists."""
    if any(not p.categories for p in settings.playbooks):
        return
    covered = {code for p in settings.playbooks for code in p.categories}
    for code in settings.categories:
        if code not in covered:
            yield warning(
                settings,
                "Y214",
                f"category {code}",
                "没有对应的预案。",
                "请在 playbooks 目录补写，或写一份不限类别的通用预案。",
            )


def lead_problems(settings: Settings, functions: Mapping[str, Function], folders: Sequence[Path]) -> list[Problem]:
    """Functions and units behind the categories (raises RoutingError when the routing table itself is wrong)."""
    found = [
        error(
            settings,
            "Y207",
            f"category {c.code}",
            f"牵头职能 {c.lead} 不存在。",
            "请改为 routing/functions.toml 中的代码。",
            "lead",
        )
        for c in settings.categories.values()
        if c.lead and c.lead not in functions
    ]
    org = settings.organisation
    for unit in org.units:
        found += [
            error(
                settings,
                "Y315",
                f"unit {unit.code}",
                f"职能 {code} 不存在。",
                "请改为 routing/functions.toml 中的代码。",
                "functions",
            )
            for code in unit.functions
            if code not in functions
        ]
    found += [
        error(settings, "Y410", "scope", f"职能 {code} 不存在。", "请改为 routing/functions.toml 中的代码。", "functions")
        for code in settings.scope.functions
        if code not in functions
    ]
    if org.units:
        routing = load_routing(org.routing, *(folder / "routing" for folder in folders))
        found += _leaderless(settings, routing)
    return found


def _some(names: list[str]) -> str:
    return f"{'、'.join(names[:LISTED])}等{len(names)}类" if len(names) > LISTED else f"{'、'.join(names)}共{len(names)}类"


def _leader(org: Organisation, routing: Routing) -> str:
    """What to do about kinds of matters nobody leads: most often the units bear other codes than the routing table's."""
    default = routing.unit(routing.default) if routing.default else None
    if org.routing and default is not None:
        where = f"请把承担“{default.name}”职能的单位的 code 写成 {default.code}（分办表 {org.routing} 的默认单位）"
        return f"{where}，其他单位的 code 照分办表写；或为单位写 functions。"
    return "请在 [organisation] 写 routing（县级写 county），单位的 code 照分办表写；或为单位写 functions。"


def _leaderless(settings: Settings, routing: Routing) -> list[Problem]:
    org = settings.organisation
    own = tuple(RoutedUnit(code=u.code, name=u.name, functions=u.functions, territory=u.territory) for u in org.units)
    table = routing.with_units(own)
    missing = [
        c.name
        for c in settings.categories.values()
        if not any(c.code in u.categories or (c.lead and c.lead in u.functions) for u in table.units)
    ]
    if not missing:
        return []
    if not table.default:
        return [
            error(
                settings,
                "Y208",
                "organisation",
                f"{_some(missing)}没有牵头单位，交办时找不到单位。",
                _leader(org, routing),
            )
        ]
    unit = table.unit(table.default)
    return [
        warning(
            settings,
            "Y208",
            "organisation",
            f"{_some(missing)}没有牵头单位，先交{unit.name if unit else table.default}。",
            "如需直接交主管单位，请在组织表中补写该单位或为单位写 functions。",
        )
    ]
