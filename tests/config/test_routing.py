"""Routing tables and word lists: the shipped ones are sound, mistakes are all told at once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from config.routing import RoutingError, load_functions, load_routing, table_names
from config.wording import WordingError, load_wording

DEFAULT = Path(__file__).parents[2] / "config" / "default"
TABLES = DEFAULT / "routing"


@pytest.mark.parametrize("name", table_names(TABLES))
def test_shipped_table_loads_and_every_unit_can_be_reached(name: str) -> None:
    routing = load_routing(name, TABLES)
    assert routing.default
    for unit in routing.units:
        assert unit.functions or unit.categories or unit.words, unit.code


def test_shipped_tables_are_those_of_the_brief() -> None:
    assert table_names(TABLES) == ("county", "natural-resources-province", "planning-bureau")


def test_county_covers_every_function_once() -> None:
    routing = load_routing("county", TABLES)
    owners = Counter(code for unit in routing.units for code in unit.functions)
    assert {function.code for function in routing.functions} == set(owners)
    assert set(owners.values()) == {1}


def test_no_function_names_a_word_twice() -> None:
    for function in load_functions(TABLES).values():
        texts = [word.text for word in function.words]
        assert len(texts) == len(set(texts))


def test_word_keeps_its_file_and_line() -> None:
    lines = (TABLES / "functions.toml").read_text(encoding="utf-8").splitlines()
    for function in load_functions(TABLES).values():
        for word in function.words:
            assert f'"{word.text}"' in lines[word.line - 1], (function.code, word.text)


def _write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_installation_adds_words_and_replaces_a_table(tmp_path: Path) -> None:
    own = _write(tmp_path / "routing", "functions.toml", '[[function]]\ncode = "water"\nwords = ["龙口闸"]\n')
    _write(own, "county.toml", 'name = "本县"\n[[unit]]\ncode = "slj"\nname = "县水务局"\nfunctions = ["water"]\n')
    routing = load_routing("county", TABLES, own)
    assert [unit.name for unit in routing.units] == ["县水务局"]
    words = next(function for function in routing.functions if function.code == "water").words
    assert {"龙口闸", "水库"} <= {word.text for word in words}


def test_every_mistake_of_a_table_is_told(tmp_path: Path) -> None:
    text = (
        'default = "nobody"\ncolour = 1\n[[unit]]\ncode = "a"\nname = "甲"\nfunctions = ["flying"]\nwith = ["b"]\n'
        '[[unit]]\ncode = "a"\nname = "又甲"\n[[unit]]\nname = "无代码"\nsize = 3\n'
    )
    folder = _write(tmp_path / "routing", "own.toml", text)
    with pytest.raises(RoutingError) as caught:
        load_routing("own", TABLES, folder)
    said = str(caught.value)
    for part in ("colour", "nobody", "flying", "with 写了不存在的单位 b", "代码 a 重复", "缺 code 或 name", "size"):
        assert part in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[function]]\nname = "无代码"\n', "缺 code 或 name"),
        ('[[function]]\ncode = "x"\nname = "x"\nsmell = 1\n', "不认识 smell"),
        ("[other]\n", "不认识 other"),
        ("= =", "不是正确的 TOML"),
    ],
)
def test_mistakes_of_functions_are_told(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(RoutingError, match=says):
        load_functions(_write(tmp_path / "routing", "functions.toml", text))


def test_missing_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(RoutingError, match=r"找不到 functions\.toml"):
        load_functions(tmp_path)
    with pytest.raises(RoutingError, match=r"找不到分办表 nowhere\.toml"):
        load_routing("nowhere", TABLES)


@pytest.mark.parametrize("name", ["sentiment", "rumor", "letters", "dispositions"])
def test_shipped_words_load_and_keep_their_lines(name: str) -> None:
    path = DEFAULT / f"{name}.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    terms = load_wording(path).terms()
    assert len(terms) > 50
    for term in terms:
        assert f'"{term.text}"' in lines[term.line - 1], term


def test_later_word_file_adds_words_and_changes_a_weight(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        '[settings]\nbias = 1\n[[group]]\nid = "g"\nweight = 1\nwords = ["甲"]\n', encoding="utf-8"
    )
    (tmp_path / "b.toml").write_text('[[group]]\nid = "g"\nweight = 3\nwords = ["甲", "乙"]\n', encoding="utf-8")
    wording = load_wording(tmp_path / "a.toml", tmp_path / "b.toml", tmp_path / "absent.toml")
    assert wording.texts("g") == ("甲", "乙")
    assert {term.weight for term in wording.terms()} == {3.0}
    assert [term.place for term in wording.terms()] == ["a.toml:6", "b.toml:4"]
    assert wording.settings == {"bias": 1.0}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[group]]\nwords = ["甲"]\n', "x.toml:1：第1个词组没有 id"),
        ('[[group]]\nid = "g"\nweight = "很重"\n', "x.toml:3：第1个 group 的 weight 应为数字"),
        ('[[group]]\nid = "g"\ncolour = 1\n', "不认识 colour"),
        ("[extra]\n", "不认识 extra"),
        ("[[group", "不是正确的 TOML"),
    ],
)
def test_mistakes_of_word_files_are_told(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WordingError, match=says):
        load_wording(path)


def test_absent_word_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(WordingError, match="找不到词表"):
        load_wording(tmp_path / "x.toml")


def test_a_target_of_drills_that_is_no_number_is_told(tmp_path: Path) -> None:
    (tmp_path / "drill.toml").write_text('[settings]\ntell_minutes = "十分钟"\n', encoding="utf-8")
    with pytest.raises(WordingError, match=r"drill\.toml:2：settings 的 tell_minutes 应为数字"):
        load_wording(tmp_path / "drill.toml")
