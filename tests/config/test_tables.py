"""Tables with loaders of their own: every mistake is a sentence with file and line, whatever a person may have typed."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from config.check import folder_problems
from config.clarified import load_clarified
from config.gazetteer import load_gazetteer
from config.holidays import load_holidays
from config.lexicon import load_lexicon, load_policy
from config.load import load, read
from config.opinion import load_opinion
from config.routing import load_functions, load_routing
from config.tables import TableError, misshapen, problems_of, read_table, where
from config.wording import load_wording

DEFAULT = Path(__file__).parent.parent.parent / "config" / "default"


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


MISTAKES = [
    ("policy.toml", 'list_at = 0.5\nalarm_at = "高"\n', 2, "alarm_at 应为数字", "请改正。"),
    ("policy.toml", "alarm_at = 0.6\nalarm_a = 1\n", 2, "不认识 alarm_a，是否想写 alarm_at？", ""),
    ("policy.toml", 'old_rumour = "later"\n', 1, "now、quiet、list", "请改正。"),
    ("policy.toml", "digest_hours = -1\n", 1, "不能小于0", "请改正。"),
    ("policy.toml", "alarm_at = \n", 1, "等号后面的值写法不对", "请检查引号、等号、方括号是否成对、是否用了半角。"),
    ("policy.toml", 'outside = "台湾"\n', 1, '写成 ["甲", "乙"] 的样子', "请改正。"),
    ("opinion.toml", '[levels]\n"较大" = "三"\n', 2, "levels 的 较大 应为整数", "请改正。"),
    ("opinion.toml", '[settings]\ngrowth_hours = true\n', 2, "growth_hours 应为整数", "请改正。"),
    ("clarified.toml", '[[clarified]]\ndate = "2025-03-02"\ntitle = "x"\n', 1, "第1条要有 date", "请补写或改正。"),
    ("places.toml", '[[place]]\nname = "大湾村"\nin = 530627\n', 3, "第1个 place 的 in 应为文字", "请改正。"),
    ("lexicon/own.toml", '[[rule]]\nid = "r"\nlabel = "E"\nweight = "重"\nall = ["fire"]\n', 4, "第1个 rule 的 weight", "请改正。"),
    ("lexicon/own.toml", '[[group]]\nid = "g"\nkind = "hazard"\nwords = ["火", 3]\n', 4, "words 第2项 应为文字", "请改正。"),
    ("routing/functions.toml", '[[function]]\ncode = "f"\nname = "甲"\nwords = "火"\n', 4, "words 应为一组值", "请改正。"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "line", "said", "remedy"), MISTAKES)
def test_check_tells_file_line_and_remedy(tmp_path: Path, name: str, text: str, line: int, said: str, remedy: str) -> None:
    written(tmp_path / name, text)
    found = folder_problems(load([DEFAULT, tmp_path], {}))
    assert found[0].place == f"{tmp_path.name}/{name}:{line}"
    assert said in found[0].message
    assert found[0].remedy == remedy


def test_every_mistake_of_the_holidays_is_told_at_once(tmp_path: Path) -> None:
    text = '[[year]]\nyear = 2027\noff = ["2027-13-01", "2026-01-01"]\nwork = ["2027-01-04"]\n[[year]]\nyear = "二〇二八"\n'
    written(tmp_path / "holidays.toml", text)
    _, found = read([DEFAULT, tmp_path], {})
    assert [(p.id, p.line) for p in found] == [("Y504", 6), ("Y504", 3), ("Y504", 3), ("Y504", 4), ("Y504", 5)]


@pytest.mark.parametrize("text", ['[[mapping]]\nid = "m"\n', '[[mapping]]\nid = "m"\ntitle = ""\n'], ids=["bare", "blank"])
def test_column_names_without_any_name_are_refused(tmp_path: Path, text: str) -> None:
    written(tmp_path / "hotline.toml", text)
    settings, found = read([DEFAULT, tmp_path], {})
    assert settings is None
    assert [(p.id, p.file) for p in found] == [("Y006", f"{tmp_path.name}/hotline.toml")]


def test_a_table_of_fixed_and_of_free_keys(tmp_path: Path) -> None:
    table = read_table(written(tmp_path / "x.toml", 'a = 1\nb = "x"\n[c]\nfree = 2\nbad = "y"\n'), TableError)
    found = misshapen(table, {"a": float, "b": int, "c": {str: int}})
    assert [line.split("：")[0] for line in found] == [f"{tmp_path.name}/x.toml:2", f"{tmp_path.name}/x.toml:5"]
    assert table.data == {"a": 1, "c": {"free": 2}}


def test_a_sentence_without_place_stays_whole() -> None:
    assert [(p.file, p.message, p.remedy) for p in problems_of("Y501", "表", TableError("没有表，请补写。"))] == [
        ("", "没有表。", "请补写。")
    ]
    assert where(Path("/x/site/lexicon/a.toml"), 3) == "site/lexicon/a.toml:3"
    assert where(Path("/x/site/policy.toml")) == "site/policy.toml"


def _routing(folder: Path) -> object:
    return load_routing("county", DEFAULT / "routing", folder)


LOADERS: dict[str, Callable[[Path], object]] = {
    "policy.toml": lambda f: load_policy(f / "policy.toml"),
    "opinion.toml": lambda f: load_opinion(DEFAULT / "opinion.toml", f / "opinion.toml"),
    "holidays.toml": load_holidays,
    "clarified.toml": lambda f: load_clarified(f / "clarified.toml"),
    "places.toml": lambda f: load_gazetteer(f / "places.toml"),
    "drill.toml": lambda f: load_wording(f / "drill.toml"),
    "release_words.toml": lambda f: load_wording(f / "release_words.toml"),
    "context.toml": load_lexicon,
    "functions.toml": load_functions,
    "county.toml": _routing,
}
SAMPLES = {
    "clarified.toml": '[[clarified]]\ndate = 2025-03-02\ntitle = "x"\nclaims = ["y"]\n',
    "places.toml": '[[place]]\nname = "大湾村"\nin = "530627"\naliases = ["湾村"]\n',
    "context.toml": '[story]\nsite_town = ["镇"]\n[[group]]\nid = "g"\nkind = "hazard"\nwords = ["火"]\nfamilies = [["起", "火"]]\n'
    '[[rule]]\nid = "r"\nlabel = "E"\nweight = 0.5\nall = ["g"]\n[[context]]\nid = "c"\nany = ["g"]\ne = 0.1\n',
}
WRONG = ("文字", 7, -1.5, True, [], ["x"], [[1]], {}, {"k": 1})


def mutants(value: Any) -> Iterator[Any]:
    """The document with one value of it replaced by each wrong one, one at a time; long lists are broken at their first item."""
    yield from WRONG
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {k: v for k, v in value.items() if k != key}
            for other in mutants(inner):
                yield {**value, key: other}
    elif isinstance(value, list) and value:
        for other in mutants(value[0]):
            yield [other, *value[1:2]]


def toml(value: Any) -> str:
    """A value as TOML writes it inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{k}" = {toml(v)}' for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(v) for v in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if isinstance(value, str) else str(value)


@pytest.mark.parametrize("name", LOADERS)
def test_no_value_of_a_wrong_type_becomes_anything_but_a_sentence(tmp_path: Path, name: str) -> None:
    shipped = DEFAULT / ("routing" if name in ("functions.toml", "county.toml") else "") / name
    text = SAMPLES.get(name) or shipped.read_text(encoding="utf-8")
    refused = 0
    for mutant in mutants(tomllib.loads(text)):
        if isinstance(mutant, dict):
            written(tmp_path / name, "\n".join(f'"{k}" = {toml(v)}' for k, v in mutant.items()))
            try:
                LOADERS[name](tmp_path)
            except TableError:  # anything else fails the test
                refused += 1
    assert refused > 10
