"""Identity through the real store: any series of fetches gives each item once, its edits as versions, whatever the guids and links do."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store import SqlStore, open_store
from bot.store.port import SourceState
from monitors.item import ParsedDocument, ParsedEntry, items

T0 = datetime(2026, 3, 2, 1, tzinfo=UTC)
STATE = SourceState(source_id="news", last_try_at=T0, last_success_at=T0)
TITLES = [f"第{n}号消息" for n in range(12)]
QUICK = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
FETCHES = st.lists(st.sets(st.integers(0, 11), min_size=1), min_size=1, max_size=5)


def entry(n: int, style: str, fetch: int) -> ParsedEntry:
    """Matter `n` as a source of this style writes it at this fetch."""
    at = T0 - timedelta(days=n)
    link = f"https://www.luxi.example/{n}.html"
    known = {
        "guid": ParsedEntry(id=f"g{n}", url=link),
        "same guid on all": ParsedEntry(id="site", url=link),
        "guid of the fetch": ParsedEntry(id=f"{fetch}-{n}", url=link),
        "no guid": ParsedEntry(url=link),
        "session in the link": ParsedEntry(url=f"{link}?sid={fetch}x"),
        "link changes": ParsedEntry(url=f"https://www.luxi.example/r/{fetch}/{n * 7 + fetch}"),
        "no link": ParsedEntry(),
        "one link for all": ParsedEntry(url="https://www.luxi.example/"),
    }[style]
    return replace(known, title=TITLES[n], published=at, summary=f"正文{n}")


STYLES = (
    "guid",
    "guid of the fetch",
    "same guid on all",
    "no guid",
    "session in the link",
    "link changes",
    "no link",
    "one link for all",
)


async def stored(store: SqlStore) -> list[tuple[str, int]]:
    """Title and number of versions of every item."""
    sql = "select i.title, (select count(*) from item_version v where v.item_id = i.id) as n from item i order by i.n"
    return await store.engine.read(lambda tx: [(r["title"], r["n"]) for r in tx.rows(sql)])


def in_store(work) -> None:  # type: ignore[no-untyped-def]
    """Run one example in an empty store of its own."""

    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = await open_store("", Path(folder))
            try:
                await work(store)
            finally:
                await store.close()

    asyncio.run(run())


@QUICK
@given(FETCHES, st.sampled_from(STYLES), st.randoms(use_true_random=False))
def test_whatever_comes_back_or_moves_is_one_item_without_versions(fetches, style, random) -> None:  # type: ignore[no-untyped-def]
    async def work(store: SqlStore) -> None:
        seen: set[int] = set()
        for number, wanted in enumerate(fetches):
            if style in ("same guid on all", "one link for all") and len(wanted) < 2:
                continue  # one entry alone shows nothing about its guid
            chosen = list(wanted)
            random.shuffle(chosen)
            document = ParsedDocument(entries=tuple(entry(n, style, number) for n in chosen))
            counts = await store.save_poll(STATE, items(document, "news", T0 + timedelta(minutes=number)))
            assert counts.new == len(wanted - seen)
            assert counts.updated == 0
            seen |= wanted
        assert sorted(title for title, _ in await stored(store)) == sorted(TITLES[n] for n in seen)

    in_store(work)


@QUICK
@given(
    st.lists(st.sampled_from(["甲", "乙", "丙"]), min_size=1, max_size=6),
    st.sampled_from(["guid", "no guid", "session in the link"]),
)
def test_an_edited_headline_is_a_version_of_the_same_item(headlines, style) -> None:  # type: ignore[no-untyped-def]
    async def work(store: SqlStore) -> None:
        for number, headline in enumerate(headlines):
            one = replace(entry(3, style, number), title=headline)
            await store.save_poll(STATE, items(ParsedDocument(entries=(one,)), "news", T0 + timedelta(minutes=number)))
        changes = sum(1 for a, b in itertools.pairwise(headlines) if a != b)
        assert await stored(store) == [(headlines[-1], changes)]

    in_store(work)


async def test_entries_without_guids_that_share_title_and_day_stay_apart_when_their_links_change(store: SqlStore) -> None:
    for fetch in range(3):
        twins = tuple(
            ParsedEntry(title="停电通知", url=f"https://a.example/{fetch}/{n}", published=T0, summary=f"影响第{n}片区")
            for n in range(2 if fetch < 2 else 3)
        )
        counts = await store.save_poll(STATE, items(ParsedDocument(entries=twins), "news", T0 + timedelta(minutes=fetch)))
        assert (counts.new, counts.updated, counts.duplicates) == ((2, 0, 0), (0, 0, 2), (1, 0, 2))[fetch]


async def test_a_flood_of_a_thousand_is_stored_once_and_found_again(store: SqlStore) -> None:
    flood = tuple(ParsedEntry(id=f"g{n}", title=f"消息{n}", published=T0) for n in range(1_000))
    for minute in range(2):
        counts = await store.save_poll(STATE, items(ParsedDocument(entries=flood), "news", T0 + timedelta(minutes=minute)))
        assert (counts.new, counts.duplicates) == ((1_000, 0), (0, 1_000))[minute]
    assert {i.item.title for i in await store.search("消息77")} == {"消息77", *(f"消息77{n}" for n in range(10))}
