"""The suggested grade of an opinion: points of each input, the floor of the emergency, and what is unknown never counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from config.opinion import OpinionError, load_opinion
from config.schema import Level
from playbooks.opinion import OpinionInputs, assess_opinion

DEFAULT = Path(__file__).parents[2] / "config" / "default" / "opinion.toml"
POLICY = load_opinion(DEFAULT)
LOUD = OpinionInputs(media="中央", platforms=7, growth=4.5, negative_share=0.8, offline=("堵路",), period="国庆")


def test_every_input_is_shown_and_the_points_add_up() -> None:
    verdict = assess_opinion(LOUD, POLICY)
    assert [c.input for c in verdict.counted] == [
        "media",
        "platforms",
        "growth",
        "negative_share",
        "offline_risk",
        "sensitive_period",
    ]
    assert verdict.points == sum(c.points for c in verdict.counted) == 13
    assert verdict.level is Level.ESPECIALLY_MAJOR


def test_nothing_known_is_general_and_scores_nothing() -> None:
    verdict = assess_opinion(OpinionInputs(), POLICY)
    assert (verdict.level, verdict.points) == (Level.GENERAL, 0)


@pytest.mark.parametrize(
    "change",
    [{"media": ""}, {"platforms": 1}, {"growth": None}, {"negative_share": None}, {"offline": ()}, {"period": ""}],
    ids=str,
)
def test_taking_an_input_away_lowers_the_points(change: dict[str, object]) -> None:
    assert assess_opinion(replace(LOUD, **change), POLICY).points < assess_opinion(LOUD, POLICY).points  # type: ignore[arg-type]


def test_it_is_never_below_the_emergency_behind_it() -> None:
    verdict = assess_opinion(OpinionInputs(emergency=Level.MAJOR), POLICY)
    assert (verdict.level, verdict.floor) == (Level.MAJOR, True)
    loud = assess_opinion(replace(LOUD, emergency=Level.GENERAL), POLICY)
    assert (loud.level, loud.floor) == (Level.ESPECIALLY_MAJOR, False)


def test_a_half_reached_line_gives_no_points() -> None:
    assert assess_opinion(OpinionInputs(negative_share=0.499), POLICY).points == 0
    assert assess_opinion(OpinionInputs(negative_share=0.5), POLICY).points == 1


def test_an_installation_changes_single_lines_and_adds_its_periods(tmp_path: Path) -> None:
    own = tmp_path / "opinion.toml"
    own.write_text(
        '[[line]]\ninput = "platforms"\nat_least = { 3 = 5 }\n[[period]]\nname = "省运会"\nfrom = "2026-09-01"\nto = "2026-09-09"\n',
        encoding="utf-8",
    )
    policy = load_opinion(DEFAULT, own)
    assert assess_opinion(OpinionInputs(platforms=3), policy).points == 5
    assert assess_opinion(OpinionInputs(media="省级"), policy).points == 2
    assert [p.name for p in policy.periods if p.covers(date(2026, 9, 5))] == ["省运会"]
    assert not any(p.covers(date(2027, 9, 5)) for p in policy.periods)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[line]]\ninput = "x"\nat_least = { 1 = 1 }\n', "不认识"),
        ('[[line]]\ninput = "media"\nat_least = { 3 = 1 }\n', "没有的媒体级别 3"),
        ('[[period]]\nname = "a"\nfrom = "10-08"\nto = "09-28"\n', "前不晚于后"),
        ("[colour]\n", "不认识"),
        ("=", "不是正确的 TOML"),
    ],
)
def test_a_mistake_is_one_sentence_that_says_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    own = tmp_path / "opinion.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(OpinionError, match=said):
        load_opinion(DEFAULT, own)


def test_media_level_follows_tags_before_names_lower_down() -> None:
    assert POLICY.media_level("某网", ("中央媒体",)) == "中央"
    assert POLICY.media_level("江州日报", ()) == "省级"
    assert POLICY.media_level("某某", ()) == ""
    assert POLICY.is_post("本地论坛", (), "feed")
    assert not POLICY.is_post("本地论坛", (), "hotline")
