"""Feeds that give their entries new guids, over real HTTP and on both engines: each entry is stored once, its edits as versions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.clock import VirtualClock
from bot.polling import Poller
from bot.store import SqlStore
from bot.store.engine import Row
from tests.bot.sources_server import Sources, ask, desk_of, poller_of, source, sources_server
from tests.builders import at

DAY = datetime(2026, 3, 1, 1, tzinfo=UTC)


class Entry(NamedTuple):
    guid: str
    title: str
    link: str
    text: str = ""
    day: datetime | None = DAY


def feed(entries: Sequence[Entry]) -> str:
    rows = "".join(
        f"<item><guid isPermaLink='false'>{e.guid}</guid><title>{e.title}</title><link>{e.link}</link>"
        f"<description>{e.text}</description>{f'<pubDate>{format_datetime(e.day)}</pubDate>' if e.day else ''}</item>"
        for e in entries
    )
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>t</title>{rows}</channel></rss>'


def news(poll: int, first: int = 0, last: int = 5, *, moving: bool = False, dated: bool = True) -> list[Entry]:
    """Entries `first` to `last` as a feed writes them that makes up a guid at each poll, and if `moving` a link."""
    return [
        Entry(
            f"session{poll}-{n}",
            f"鹿溪县第{n}小学举办运动会",
            f"http://x.example/{f'v/{poll * 31 + n}' if moving else f'a/{n}'}",
            f"比赛设{n + 3}个项目",
            DAY - timedelta(hours=n) if dated else None,
        )
        for n in range(first, last)
    ]


class Asked:
    """Polls one source; after each the counts of what was new, edited and known."""

    def __init__(self, server: Sources, poller: Poller, clock: VirtualClock) -> None:
        self.server, self.poller, self.clock = server, poller, clock

    async def poll(self, entries: Sequence[Entry]) -> tuple[int, int, int]:
        before = self.poller.states["news"]
        versions = await self.count("item_version")
        self.server.says("/news", feed(entries))
        await ask(self.poller, self.clock)
        after = self.poller.states["news"]
        assert after.last_error == ""
        assert await self.count("item") == after.items_total
        return (
            after.items_total - before.items_total,
            await self.count("item_version") - versions,
            after.duplicates_total - before.duplicates_total,
        )

    async def count(self, table: str) -> int:
        return int((await self.rows(f"select count(*) as n from {table}"))[0]["n"])

    async def titles(self) -> list[str]:
        return [r["title"] for r in await self.rows("select title from item order by n")]

    async def rows(self, sql: str) -> Sequence[Row]:
        store = self.poller.desk.store
        assert isinstance(store, SqlStore)
        return await store.engine.read(lambda tx: tx.rows(sql))


@pytest.fixture
async def asked(database_url: str, tmp_path: Path) -> AsyncIterator[Asked]:
    clock = VirtualClock(at("09:00"))
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(sources_server())
        asked_for = source(server, "news")
        poller = await stack.enter_async_context(poller_of(tmp_path, clock, asked_for, database_url=database_url))
        yield Asked(server, poller, clock)


@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
@pytest.mark.parametrize("moving", [False, True], ids=["guid", "guid and link"])
async def test_what_is_new_at_each_poll_is_stored_once(asked: Asked, moving: bool, dated: bool) -> None:
    assert await asked.poll(news(0, moving=moving, dated=dated)) == (5, 0, 0)
    for poll in range(1, 4):
        assert await asked.poll(news(poll, moving=moving, dated=dated)) == (0, 0, 5)
    assert await asked.poll(news(4, 1, 7, moving=moving, dated=dated)) == (2, 0, 4)
    assert await asked.poll(list(reversed(news(5, 1, 7, moving=moving, dated=dated)))) == (0, 0, 6)


async def test_a_source_that_repeats_itself_is_asked_less_often(asked: Asked) -> None:
    await asked.poll(news(0))
    first = asked.poller.states["news"].pace
    await asked.poll(news(1))
    assert asked.poller.states["news"].pace > first


async def test_an_edited_headline_under_a_new_guid_is_a_version(asked: Asked) -> None:
    await asked.poll(news(0))
    edited = [news(1)[0]._replace(title="鹿溪县第0小学运动会改期"), *news(1)[1:]]
    assert await asked.poll(edited) == (0, 1, 4)
    again = [news(2)[0]._replace(title="鹿溪县第0小学运动会改期"), *news(2)[1:]]
    assert await asked.poll(again) == (0, 0, 5)
    assert (await asked.titles())[0] == "鹿溪县第0小学运动会改期"


async def test_an_edited_text_under_a_new_guid_is_a_version_though_the_other_guids_stay(asked: Asked) -> None:
    await asked.poll(news(0))
    assert await asked.poll([news(1)[0]._replace(text="项目有调整"), *news(0)[1:]]) == (0, 1, 4)


async def test_one_of_many_gets_another_guid_wherever_it_stands(asked: Asked) -> None:
    for first in (0, 60, 120):
        await asked.poll(news(0, first, first + 90))
    for n in (125, 160, 209):
        document = [news(n, k, k + 1)[0] if k == n else news(0, k, k + 1)[0] for k in range(120, 210)]
        assert await asked.poll(document) == (0, 0, 90)


async def test_an_item_that_left_the_document_returns_as_itself(asked: Asked) -> None:
    await asked.poll(news(0))
    await asked.poll(news(1, 3, 9))
    assert await asked.poll(news(2, 0, 9)) == (0, 0, 9)


async def test_a_site_that_changes_all_guids_once_tells_nothing_new(asked: Asked) -> None:
    await asked.poll(news(0))
    secure = [e._replace(guid=e.link.replace("http:", "https:"), link=e.link.replace("http:", "https:")) for e in news(0)]
    assert await asked.poll(secure) == (0, 0, 5)
    assert await asked.poll([*secure[:4], news(0)[4]]) == (0, 0, 5)


async def test_entries_of_one_title_and_day_with_guids_of_their_own_stay_apart(asked: Asked) -> None:
    def outage(n: int) -> Entry:
        return Entry(f"n{n}", "停电通知", f"http://x.example/{n}")

    assert await asked.poll([outage(0), outage(1)]) == (2, 0, 0)
    assert await asked.poll([outage(0), outage(1), outage(2)]) == (1, 0, 2)
    assert await asked.poll([outage(2), outage(3)]) == (1, 0, 1)
    one_page = [outage(n)._replace(link="http://x.example/") for n in (4, 5)]
    assert await asked.poll(one_page) == (2, 0, 0)
    assert await asked.poll([*one_page, outage(6)._replace(link="http://x.example/")]) == (1, 0, 2)


async def test_a_daily_notice_on_one_page_is_new_each_day(asked: Asked) -> None:
    for day in range(3):
        notice = Entry(f"w{day}", "每日天气", "http://x.example/w", f"{day}日多云", DAY - timedelta(days=3 - day))
        assert await asked.poll([notice]) == (1, 0, 0)


async def test_two_of_one_title_whose_guids_change_stay_two(asked: Asked) -> None:
    for poll in range(3):
        pair = [Entry(f"{poll}-{n}", "停电通知", f"http://x.example/{n}", f"影响第{n}片区") for n in range(3)]
        assert await asked.poll(pair if poll else pair[:2]) == ((2, 0, 0), (1, 0, 2), (0, 0, 3))[poll]


async def test_another_source_with_the_same_entries_keeps_its_own(asked: Asked) -> None:
    await asked.poll(news(0))
    other = source(asked.server, "other", "/news")
    await asked.poller.ask(other)
    assert await asked.count("item") == 10


async def test_a_disaster_told_under_new_guids_is_one_member_of_one_matter(tmp_path: Path) -> None:
    clock = VirtualClock(at("09:00"))
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(sources_server())
        running = await stack.enter_async_context(desk_of(tmp_path, clock, source(server, "news")))
        for poll, dead in enumerate((3, 3, 3, 11)):
            slide = Entry(f"{poll}", f"鹿溪县石坪镇大湾村发生山体滑坡 已致{dead}人死亡", "http://x.example/slide")
            server.says("/news", feed([slide, *news(poll)]))
            due = running.service.intake.next_poll()
            assert due is not None
            clock.advance_to(due)
            await running.service.poll()
            (incident,) = await running.service.desk.store.incidents()
            assert len(incident.members) == 1
        toll = incident.latest("deaths", "net")
        assert toll is not None
        assert toll.value == 11
