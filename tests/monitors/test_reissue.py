"""Which entries with unknown guids are known items, and which only look like them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.item import Item, digest, fingerprint
from monitors.reissue import Stored, recognised

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def item(number: int, title: str, text: str = "", link: str = "", at: datetime | None = NOON) -> Item:
    return Item(
        id=digest("s", f"new{number}"),
        source="s",
        title=title,
        url=link,
        text=text,
        published=at,
        seen_at=NOON,
        fingerprint=fingerprint(title, text),
    )


def stored(items: Sequence[Item]) -> list[Stored]:
    """The same as an earlier poll kept them, newest first."""
    return [Stored(f"old{n}", i.title, i.url, i.published, i.fingerprint) for n, i in reversed(list(enumerate(items)))]


def numbers(now: Sequence[Item], before: Sequence[Item], total: int = 0) -> list[int | None]:
    """For each item the number of the earlier one it is."""
    found = recognised(now, stored(before), total or len(now))
    return [int(found[i.id].removeprefix("old")) if i.id in found else None for i in now]


PAGES = [item(n, f"第{n}号消息", f"正文{n}", f"https://www.luxi.example/{n}.html") for n in range(6)]
HEADLINES = [replace(i, url=f"https://www.luxi.example/s{n}/a") for n, i in enumerate(PAGES)]


def test_link_and_title_tell_an_item_even_alone() -> None:
    assert numbers(PAGES[2:3], PAGES) == [2]
    assert numbers([replace(PAGES[2], url="http://luxi.example/2.html?utm_source=x")], PAGES, total=20) == [2]


def test_an_item_that_shares_only_its_link_or_only_its_title_is_new() -> None:
    others = [replace(PAGES[0], title="另一条消息"), replace(PAGES[1], url="https://www.luxi.example/9.html")]
    assert numbers(others, PAGES, total=20) == [None, None]


def test_the_page_of_a_daily_notice_says_something_else_each_day() -> None:
    today, tomorrow = (item(n, "每日天气", f"{n}日多云", "https://a.example/w", NOON + timedelta(days=n)) for n in range(2))
    assert numbers([tomorrow], [today]) == [None]
    assert numbers([replace(tomorrow, published=None)], [today]) == [0]
    assert numbers([replace(today, published=tomorrow.published)], [today]) == [0], "a feed that dates everything now"


def test_title_and_day_tell_items_where_most_of_the_document_came_back() -> None:
    moved = [replace(i, url=f"https://www.luxi.example/t{n}/b") for n, i in enumerate(HEADLINES)]
    assert numbers(moved, HEADLINES) == [0, 1, 2, 3, 4, 5]
    assert numbers(moved, HEADLINES, total=12) == [0, 1, 2, 3, 4, 5]
    assert numbers(moved, HEADLINES, total=13) == [None] * 6, "one that shares title and day by chance"


def test_the_day_is_one_of_beijing() -> None:
    moved = [replace(i, url="", published=NOON + timedelta(hours=11), text="改") for i in HEADLINES]
    moved = [replace(i, fingerprint=fingerprint(i.title, i.text)) for i in moved]
    assert numbers(moved, HEADLINES) == [0, 1, 2, 3, 4, 5]
    assert numbers([replace(i, published=NOON + timedelta(hours=12)) for i in moved], HEADLINES) == [None] * 6


def test_of_one_or_two_entries_all_must_say_the_same_at_the_same_instant() -> None:
    moved = replace(HEADLINES[0], url="https://www.luxi.example/x")
    assert numbers([moved], HEADLINES) == [0]
    assert numbers([replace(moved, published=NOON + timedelta(hours=1))], HEADLINES) == [None]
    assert numbers([replace(moved, fingerprint="other")], HEADLINES) == [None]
    assert numbers([moved, item(9, "新消息")], HEADLINES) == [None, None]


def test_two_of_one_title_stay_two() -> None:
    pair = [item(n, "停电通知", f"影响第{n}片区", f"https://a.example/{n}") for n in range(3)]
    assert numbers(pair, pair[:2]) == [0, 1, None]
    assert numbers([replace(i, url="https://a.example/") for i in pair], [replace(pair[0], url="https://a.example/")]) == [
        0,
        None,
        None,
    ]


def test_where_more_of_one_title_were_told_than_are_shown_the_link_means_something() -> None:
    notices = [item(n, "停电通知", "", f"https://a.example/{n}") for n in range(6)]
    assert {*numbers(notices[3:], notices[:3])} == {0, 1, 2}, "as many as before"
    assert numbers(notices[4:], notices[:4]) == [None, None]
    assert numbers(notices[3:], [*notices[:3], PAGES[0], item(7, "停电通知", "", "https://a.example/7")]) == [None] * 3


def test_an_edited_headline_is_told_by_its_link_where_the_others_came_back() -> None:
    edited = replace(PAGES[0], title="第0号消息（更正）", fingerprint="edited")
    assert numbers([edited, *PAGES[1:]], PAGES) == [0, 1, 2, 3, 4, 5]
    assert numbers([edited], PAGES, total=6) == [None], "the others kept their guids, so this one is another"


def test_a_link_that_several_share_tells_none_of_them() -> None:
    same = [replace(i, url="https://a.example/") for i in PAGES]
    edited = [replace(i, title=f"{i.title}（更正）", fingerprint="edited") for i in same[:2]]
    assert numbers([*edited, *same[2:]], same) == [None, None, 2, 3, 4, 5]
    assert numbers([edited[0], *same[2:]], [same[0], *same[2:]]) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("total", [1, 3, 50])
def test_nothing_known_means_nothing_recognised(total: int) -> None:
    assert recognised(PAGES, [], total) == {}
    assert recognised([], stored(PAGES), total) == {}


SOME = st.lists(
    st.builds(
        lambda title, link, day: (title, link, day),
        st.sampled_from(["甲", "乙", "甲！"]),
        st.sampled_from(["", "https://a.example/1", "https://a.example/2"]),
        st.sampled_from([None, NOON, NOON + timedelta(days=1)]),
    ),
    max_size=8,
)


@given(SOME, SOME, st.integers(0, 12))
def test_each_stored_item_answers_for_one_entry_only(now, before, more) -> None:  # type: ignore[no-untyped-def]
    entries = [item(n, title, "", link, day) for n, (title, link, day) in enumerate(now)]
    kept = stored([item(n, title, "", link, day) for n, (title, link, day) in enumerate(before)])
    found = recognised(entries, kept, len(entries) + more)
    assert set(found) <= {i.id for i in entries}
    assert len(set(found.values())) == len(found)
    assert set(found.values()) <= {row.id for row in kept}
