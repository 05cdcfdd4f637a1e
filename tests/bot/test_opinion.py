"""The grade of an opinion from stored items: posts judged, headlines and calls not, every input shown in report and reply."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.__main__ import main
from bot.opinion import OpinionView, judge_of, sentence, view
from bot.reports.blocks import Paragraph, Table
from bot.reports.opinion import opinion_blocks
from bot.store.port import StoredItem
from config.schema import Source
from monitors.item import Item, ItemKind
from tests.builders import landslide, settings

NOON = datetime(2026, 5, 1, 4, tzinfo=UTC)
RULES = replace(
    settings(),
    sources=(
        Source(id="posts", name="本地论坛", kind="feed"),
        Source(id="central", name="某报", kind="feed", tags=("中央媒体",)),
    ),
)
BAD, PLAIN = "太让人气愤了，骗子，无耻，坑老百姓的钱，恶心", "今天天气不错，风景很美，谢谢大家"


def item(source: str, text: str, minutes: int = 0, kind: ItemKind = ItemKind.FEED) -> StoredItem:
    ident = f"{source}{minutes}{text[:4]}"
    at = NOON + timedelta(minutes=minutes)
    return StoredItem(item=Item(id=ident, source=source, title=text[:20], text=text, seen_at=at, kind=kind))


def seen(*items: StoredItem) -> OpinionView:
    return view(landslide(NOON), items, RULES, judge_of(RULES), NOON + timedelta(hours=2))


def test_posts_are_judged_by_hour_and_headlines_and_calls_are_not() -> None:
    posts = [item("posts", BAD, n) for n in range(4)] + [item("posts", PLAIN, 70 + n) for n in range(2)]
    found = seen(*posts, item("central", BAD), item("hotline", BAD, kind=ItemKind.HOTLINE))
    assert [(posts, bad) for _, posts, bad, _ in found.series] == [(4, 4), (2, 0)]
    assert {name: value for name, value, _ in found.rows}["帖文负面占比"] == "67%"
    assert {name: value for name, value, _ in found.rows}["媒体级别"] == "中央"


def test_the_model_an_installation_trained_judges_its_posts(tmp_path: Path) -> None:
    """Its own people call the plain words bad: only the trained model can know."""
    rows = [f"{PLAIN}{n},负面" for n in range(60)] + [f"{BAD}{n},其他" for n in range(60)]
    posts = tmp_path / "posts.csv"
    posts.write_text("\n".join(("text,label", *(r.replace("，", "；") for r in rows))), encoding="utf-8")
    assert main(["train", "sentiment", str(posts), "-o", str(tmp_path / "models" / "sentiment.model")]) == 0
    items = [item("posts", PLAIN, n) for n in range(6)]
    shipped, own = (view(landslide(NOON), items, RULES, judge_of(RULES, d), NOON) for d in (None, tmp_path))
    assert [sum(bad for _, _, bad, _ in v.series) for v in (shipped, own)] == [0, 6]


def test_a_few_posts_give_no_share_and_the_reply_says_it_is_for_a_person_to_decide() -> None:
    found = seen(item("posts", BAD))
    assert {name: value for name, value, _ in found.rows}["帖文负面占比"] == "无数据"
    assert sentence(found).endswith("由人定")


def test_the_review_shows_every_input_and_the_hours_or_says_there_are_none() -> None:
    blocks = list(opinion_blocks(seen(*(item("posts", BAD, n) for n in range(6)))))
    tables = [b for b in blocks if isinstance(b, Table)]
    assert [t.name for t in tables] == ["舆情等级计分", "帖文负面占比（按小时）"]
    assert len(tables[0].rows) == 6
    assert tables[1].rows[0][1:] == ("6", "6", "100%")
    none = list(opinion_blocks(seen(item("central", "某地通报"))))
    assert any(isinstance(b, Paragraph) and "没有监测到帖文" in b.text for b in none)


def test_a_post_is_judged_once_for_all_views_and_anew_when_it_was_edited() -> None:
    judge = replace(judge_of(RULES), known={})
    first, other = item("posts", BAD), item("posts", PLAIN, 1)
    edited = replace(first, item=replace(first.item, text=PLAIN, fingerprint="edited"))

    def negative(*items: StoredItem) -> int:
        found = view(landslide(NOON), items, RULES, judge, NOON + timedelta(hours=2))
        return sum(bad for _, _, bad, _ in found.series)

    assert (negative(first, other), len(judge.known)) == (1, 2)
    assert (negative(first, other), len(judge.known)) == (1, 2)
    assert (negative(edited, other), len(judge.known)) == (0, 3)
