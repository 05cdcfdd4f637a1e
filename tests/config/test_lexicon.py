"""Lexicon and policy files: every mistake is named with its file, and layers add to each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.lexicon import LexiconError, load_lexicon, load_policy

DEFAULT = Path(__file__).resolve().parents[2] / "config" / "default"
GROUP = '[[group]]\nid = "fire"\nkind = "hazard"\nwords = [\n  "火灾",\n  "起火",\n]\n'
RULE = '[[rule]]\nid = "r"\nlabel = "E"\nweight = 0.5\nall = ["fire"]\n'


def folder(at: Path, text: str) -> Path:
    at.mkdir()
    (at / "a.toml").write_text(text, encoding="utf-8")
    return at


def test_the_shipped_lexicon_and_policy_load() -> None:
    lexicon = load_lexicon(DEFAULT / "lexicon")
    assert len(lexicon.rules) > 50
    assert load_policy(DEFAULT / "policy.toml").alarm_at == 0.6


def test_a_word_knows_its_line(tmp_path: Path) -> None:
    words = load_lexicon(folder(tmp_path / "x", GROUP)).groups["fire"].words
    assert [(word.text, word.line) for word in words] == [("火灾", 5), ("起火", 6)]


def test_an_installation_adds_words_and_replaces_rules(tmp_path: Path) -> None:
    base = folder(tmp_path / "base", GROUP + RULE)
    own = folder(tmp_path / "own", '[[group]]\nid = "fire"\nwords = ["走水"]\n' + RULE.replace("0.5", "0.9"))
    lexicon = load_lexicon(base, own)
    assert [word.text for word in lexicon.groups["fire"].words] == ["火灾", "起火", "走水"]
    assert [rule.weight for rule in lexicon.rules] == [0.9]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[group]]\nid = "x"\nkind = "nonsense"\n', "kind 应为"),
        (GROUP + RULE.replace('["fire"]', '["smoke"]'), "词组 smoke 不存在"),
        (GROUP + RULE.replace("0.5", "3"), "规则 r"),
        (GROUP + RULE + 'alarm = "loud"\n', "alarm 应为"),
        (GROUP + "colour = 1\n", "不认识 colour"),
        ("[surprise]\n", "不认识 surprise"),
        ('[[context]]\nid = "c"\n', "需要 id 和 any"),
        ("not toml", "不是正确的 TOML"),
    ],
    ids=["kind", "dangling", "weight", "alarm", "key", "section", "context", "syntax"],
)
def test_a_mistake_is_named_with_its_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(LexiconError, match=r"a\.toml") as caught:
        load_lexicon(folder(tmp_path / "x", text))
    assert said in str(caught.value)


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(LexiconError) as caught:
        load_lexicon(folder(tmp_path / "x", GROUP + RULE.replace("fire", "smoke") + "[surprise]\n"))
    assert len(str(caught.value).splitlines()) == 2


def test_later_policy_keys_win_and_unknown_ones_are_refused(tmp_path: Path) -> None:
    own = tmp_path / "policy.toml"
    own.write_text("alarm_at = 0.8\n", encoding="utf-8")
    policy = load_policy(DEFAULT / "policy.toml", own)
    assert (policy.alarm_at, policy.magnitude_min) == (0.8, 4.5)
    own.write_text("alarm_when = 1\n", encoding="utf-8")
    with pytest.raises(LexiconError, match="alarm_when"):
        load_policy(own)


FAMILY = GROUP + 'families = [\n  ["煤气|天然气", "|管道", "爆炸|闪爆"],\n  ["锅炉", "爆"],\n]\n'


def test_a_family_makes_every_combination_and_each_word_knows_its_line(tmp_path: Path) -> None:
    words = load_lexicon(folder(tmp_path / "x", FAMILY + RULE)).groups["fire"].words
    made = {word.text: word.line for word in words if word.family}
    assert made == {
        **dict.fromkeys(
            (f"{gas}{pipe}{bang}" for gas in ("煤气", "天然气") for pipe in ("", "管道") for bang in ("爆炸", "闪爆")),
            9,
        ),
        "锅炉爆": 10,
    }


def test_a_word_written_out_is_no_member_of_a_family(tmp_path: Path) -> None:
    words = load_lexicon(folder(tmp_path / "x", GROUP + 'families = [["起|着", "火"]]\n')).groups["fire"].words
    assert [(word.text, word.family, word.line) for word in words] == [
        ("火灾", False, 5),
        ("起火", False, 6),
        ("着火", True, 8),
    ]


@pytest.mark.parametrize(
    ("family", "said"),
    [
        ('["火"]', "两段以上"),
        ('"火"', "两段以上"),
        ('["火", ""]', "两段以上"),
        ('["|火", "|灾"]', "不可省略"),
        ("[" + ", ".join(['"' + "|".join("一二三四五六七八") + '"'] * 4) + "]", "最多 3000 个"),
    ],
    ids=["one", "text", "empty", "all_optional", "many"],
)
def test_a_wrong_family_is_named_with_file_line_and_group(tmp_path: Path, family: str, said: str) -> None:
    with pytest.raises(LexiconError, match=r"a\.toml:8：词组 fire 的 families") as caught:
        load_lexicon(folder(tmp_path / "x", GROUP + f"families = [{family}]\n"))
    assert said in str(caught.value)
