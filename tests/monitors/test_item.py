"""Identity: guid, else link, else title and day; what changes without meaning anything does not make a new item."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.item import Item, ItemKind, ParsedDocument, ParsedEntry, digest, fingerprint, identities, items, parsed_entry
from monitors.links import bare_url, web_link

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ENTRY = ParsedEntry(
    id="g1",
    title="青石县一小学食堂停业整改",
    url="https://news.example/a/1.html",
    published=NOW,
    summary="县教育局通报",
    raw_date="今天",
)


def ids(*entries: ParsedEntry, source: str = "s") -> list[str]:
    return [item.id for item in items(ParsedDocument(entries=entries), source, NOW)]


def test_an_item_carries_what_the_source_said_and_when_we_saw_it() -> None:
    (item,) = items(ParsedDocument(entries=(ENTRY,)), "s", NOW, ItemKind.HOTLIST)
    assert (item.title, item.url, item.text, item.published, item.published_raw) == (
        ENTRY.title,
        ENTRY.url,
        ENTRY.summary,
        NOW,
        "今天",
    )
    assert (item.seen_at, item.kind, item.source) == (NOW, ItemKind.HOTLIST, "s")
    assert len(item.id) == 40


def test_an_edited_headline_is_a_new_version_of_the_same_item() -> None:
    edited = replace(ENTRY, title="青石县一小学食堂停业整改，四人被处理", url="https://news.example/b/1.html")
    (before,), (after,) = (items(ParsedDocument(entries=(entry,)), "s", NOW) for entry in (ENTRY, edited))
    assert before.id == after.id
    assert before.fingerprint != after.fingerprint


def test_spacing_and_punctuation_are_no_edit() -> None:
    spaced = replace(ENTRY, title="青石县 一小学食堂，停业整改！")
    (before,), (after,) = (items(ParsedDocument(entries=(entry,)), "s", NOW) for entry in (ENTRY, spaced))
    assert before.fingerprint == after.fingerprint


def test_the_same_guid_in_two_sources_is_two_items() -> None:
    assert ids(ENTRY) != ids(ENTRY, source="other")


def test_without_guid_the_link_decides() -> None:
    bare = replace(ENTRY, id="")
    assert ids(bare) == ids(replace(bare, title="改了标题", published=None))
    assert ids(bare) != ids(replace(bare, url="https://news.example/a/2.html"))


def test_without_guid_and_link_title_and_day_decide() -> None:
    bare = replace(ENTRY, id="", url="")
    assert ids(bare) == ids(replace(bare, summary="正文有增补", published=NOW + timedelta(hours=3)))
    assert ids(bare) != ids(replace(bare, published=NOW + timedelta(days=1)))


def test_one_guid_on_all_entries_identifies_none_of_them() -> None:
    entries = [replace(ENTRY, title=f"标题{n}", url=f"https://news.example/a/{n}.html") for n in range(3)]
    assert len(set(ids(*entries))) == 3
    assert ids(*entries) == ids(*reversed(entries))[::-1]


def test_one_link_on_all_entries_identifies_none_of_them() -> None:
    entries = [replace(ENTRY, id="", title=f"标题{n}", url="https://news.example/") for n in range(3)]
    assert len(set(ids(*entries))) == 3


def test_an_entry_repeated_word_for_word_is_one_item() -> None:
    assert len(ids(ENTRY, ENTRY)) == 1


def test_links_that_change_on_every_fetch_share_an_alias() -> None:
    first, second = (replace(ENTRY, id="", url=f"https://news.example/view?key={key}") for key in ("abc", "xyz"))
    (a,), (b,) = (items(ParsedDocument(entries=(entry,)), "s", NOW) for entry in (first, second))
    assert a.alias == b.alias != ""
    assert items(ParsedDocument(entries=(ENTRY,)), "s", NOW)[0].alias == ""


def test_a_subscription_list_is_no_source_of_items() -> None:
    assert items(ParsedDocument(format="opml", entries=(ENTRY,)), "s", NOW) == ()


def test_an_entry_without_words_is_no_item() -> None:
    assert ids(ParsedEntry(id="g", url="https://news.example/")) == []


@pytest.mark.parametrize(
    "other",
    [
        "http://www.news.example/a?id=7",
        "https://news.example/a/?id=7&utm_source=x&spm=a.b",
        "https://news.example/a?id=7#top",
        "https://news.example/a?id=7&t=1772409600123",
        "https://news.example/a;jsessionid=AB12?id=7",
        "https://NEWS.example/a?id=7&r=0.83736251",
    ],
)
def test_what_does_not_name_the_page_does_not_count(other: str) -> None:
    assert bare_url(other) == bare_url("https://news.example/a?id=7")


@pytest.mark.parametrize(
    "other", ["https://news.example/a?id=8", "https://news.example/b?id=7", "https://news.example:81/a?id=7"]
)
def test_what_names_the_page_counts(other: str) -> None:
    assert bare_url(other) != bare_url("https://news.example/a?id=7")


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("https://a.example/x", "https://a.example/x"),
        (" https://a.example/\n x", "https://a.example/x"),
        ("https://a.example/第 1 条.html", "https://a.example/第%201%20条.html"),
        ("https://a.example/x?a=1&amp;b=2", "https://a.example/x?a=1&b=2"),
        ("/x", "https://b.example/x"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("JaVaScRiPt:alert(1)", ""),
        ("http://[bad", "http://[bad"),
        ("//[bad", ""),
        ("", ""),
    ],
)
def test_links_are_absolute_and_of_the_web(href: str, expected: str) -> None:
    assert web_link(href, "https://b.example/feed") == expected


ENTRIES = st.lists(
    st.builds(
        ParsedEntry,
        id=st.sampled_from(["", "g1", "g2", "g3"]),
        title=st.sampled_from(["", "甲", "乙", "丙"]),
        url=st.sampled_from(["", "https://a.example/1", "https://a.example/2"]),
        summary=st.sampled_from(["", "正文"]),
        published=st.sampled_from([None, NOW]),
    ),
    max_size=8,
)


@given(ENTRIES, st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_change_their_identity(entries: list[ParsedEntry], random: object) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    before, after = (dict(zip(order, identities(order), strict=True)) for order in (entries, shuffled))
    assert before == after


@given(ENTRIES)
def test_two_entries_share_an_identity_only_if_they_say_the_same_thing(entries: list[ParsedEntry]) -> None:
    named = [entry for entry in entries if entry.title]
    seen: dict[str, ParsedEntry] = {}
    for entry, key in zip(named, identities(named), strict=True):
        other = seen.setdefault(key, entry)
        assert other.title == entry.title


@given(st.text(max_size=60))
def test_any_address_can_be_reduced(url: str) -> None:
    assert isinstance(bare_url(url), str)
    assert not web_link(url, "https://b.example/").lower().startswith(("javascript:", "data:", "file:"))


def test_entries_and_items_made_in_bulk_are_the_frozen_ones_with_every_field() -> None:
    entry = parsed_entry("1", "青石县停水", "http://a.example/1", NOW, "正文", "今天", "记者")
    assert entry == ParsedEntry(
        id="1", title="青石县停水", url="http://a.example/1", published=NOW, summary="正文", raw_date="今天", author="记者"
    )
    ranked = replace(entry, rank=3, hot=1.5, original="{}")
    (made,) = items(ParsedDocument(format="rss20", entries=(ranked,)), "s", NOW)
    assert made == Item(
        id=digest("s", "1"),
        source="s",
        title="青石县停水",
        url="http://a.example/1",
        text="正文",
        published=NOW,
        published_raw="今天",
        seen_at=NOW,
        rank=3,
        hot=1.5,
        author="记者",
        fingerprint=fingerprint("青石县停水", "正文"),
        original="{}",
    )
    for value in (entry, made):
        assert pickle.loads(pickle.dumps(value)) == value
        with pytest.raises(FrozenInstanceError):
            value.title = "x"  # type: ignore[misc]
