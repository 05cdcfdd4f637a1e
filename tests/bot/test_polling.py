"""Polling over real HTTP: what a source does decides when it is asked again, what is stored and what an administrator reads."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.app import Running
from bot.clock import VirtualClock
from bot.health import Watch
from bot.polling import Poller, ask_all
from bot.store.port import SourceState
from monitors.fetch import Fetcher, Limits
from monitors.item import Item
from tests.bot.sources_server import Sources, ask, desk_of, poller_of, problems, rss, source, sources_server
from tests.builders import at

START = at("09:00")
CALM = [(f"g{n}", f"青石县第{n}小学举办运动会") for n in range(10)]


@pytest.fixture
async def server() -> AsyncIterator[Sources]:
    async with sources_server() as made:
        yield made


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


def state(poller: Poller, ident: str = "news") -> SourceState:
    return poller.states[ident]


async def round_of(running: Running, clock: VirtualClock) -> datetime:
    """The whole round of the service at the next due poll."""
    at = running.service.intake.next_poll()
    assert at is not None
    clock.advance_to(at)
    await running.service.poll()
    return clock.now()


async def test_a_document_of_new_entries_halves_the_interval_and_a_known_one_lengthens_it(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    server.says("/news", rss(*CALM))
    async with poller_of(tmp_path, clock, source(server, "news", interval=600)) as poller:
        await ask(poller, clock)
        assert state(poller).pace == 300
        server.says("/news", rss(*CALM[1:], ("g0", CALM[0][1])))
        await ask(poller, clock)
        assert state(poller).pace == 375
        await ask(poller, clock)
        assert (state(poller).pace, state(poller).items_total, state(poller).duplicates_total) == (469, 10, 10)


async def test_the_interval_and_the_next_poll_survive_a_restart(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    server.says("/news", rss(*CALM))
    news = source(server, "news", interval=600)
    async with poller_of(tmp_path, clock, news) as poller:
        await ask(poller, clock)
        before = state(poller)
    clock.advance_to(clock.now() + timedelta(seconds=100))
    async with poller_of(tmp_path, clock, news) as poller:
        assert state(poller) == before


async def test_an_unchanged_source_costs_one_small_answer(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    server.says("/news", rss(*CALM), ETag='"v1"')
    async with poller_of(tmp_path, clock, source(server, "news")) as poller:
        await ask(poller, clock)
        await ask(poller, clock)
        assert server.seen[-1].headers["If-None-Match"] == '"v1"'
        assert (state(poller).items_total, state(poller).duplicates_total) == (10, 0)


async def test_an_edited_headline_is_a_new_version_and_is_judged_again(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    server.says("/news", rss(("g1", "鹿溪县石坪镇大湾村发生山体滑坡 已致3人死亡")))
    async with desk_of(tmp_path, clock, source(server, "news")) as running:
        await round_of(running, clock)
        (incident,) = await running.service.desk.store.incidents()
        server.says("/news", rss(("g1", "鹿溪县石坪镇大湾村发生山体滑坡 已致11人死亡")))
        await round_of(running, clock)
        (again,) = await running.service.desk.store.incidents()
        assert (again.number, len(again.members)) == (incident.number, 1)
        figure = again.latest("deaths", "net")
        assert figure is not None
        assert figure.value == 11
        assert await running.service.desk.store.unjoined(10) == []


async def test_an_ordinary_text_edited_into_an_emergency_is_found_from_the_edit(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    server.says("/news", rss(("g1", "鹿溪县石坪镇召开年中工作会议")))
    async with desk_of(tmp_path, clock, source(server, "news")) as running:
        await round_of(running, clock)
        assert await running.service.desk.store.incidents() == []
        clock.advance_to(clock.now() + timedelta(hours=8))
        server.says("/news", rss(("g1", "鹿溪县石坪镇大湾村发生山体滑坡 已致3人死亡")))
        now = await round_of(running, clock)
        (incident,) = await running.service.desk.store.incidents()
        assert incident.starts.detected_at is not None
        assert incident.starts.detected_at.value == now


@pytest.mark.parametrize(
    ("status", "text", "said"),
    [
        (404, "", "网址不存在（404）。系统会继续尝试；请到来源网站核对新地址。"),
        (403, "", "对方拒绝访问（403）"),
        (401, "", "需要登录（401）"),
        (503, "", "对方服务器出错（503）"),
        (200, "<html><body><form>登录</form></body></html>", "内容读不出（这是网页，不是信息源，请核对地址）"),
        (200, "hello", "内容读不出（"),
    ],
    ids=["404", "403", "401", "503", "web page", "no feed"],
)
async def test_a_failing_source_is_told_at_the_third_time_with_what_to_do(
    server: Sources, clock: VirtualClock, tmp_path: Path, status: int, text: str, said: str
) -> None:
    server.says("/news", text, status)
    async with poller_of(tmp_path, clock, source(server, "news")) as poller:
        for _ in range(2):
            await ask(poller, clock)
        assert await problems(poller.desk) == {}
        await ask(poller, clock)
        assert said in (await problems(poller.desk))["source"]
        assert (await problems(poller.desk))["source"].startswith("来源news连续3次取不到：")
        server.says("/news", rss(*CALM))
        await ask(poller, clock)
        assert await problems(poller.desk) == {}
        assert state(poller).items_total == 10


async def test_a_source_that_is_gone_is_told_at_once_and_asked_once_a_day(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    server.says("/news", "", 410)
    async with poller_of(tmp_path, clock, source(server, "news")) as poller:
        now = await ask(poller, clock)
        assert "来源已关闭（410）" in (await problems(poller.desk))["source"]
        due = state(poller).next_poll_at
        assert due is not None
        assert timedelta(hours=24) <= due - now < timedelta(hours=27)


async def test_retry_after_is_honoured(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    server.says("/news", "", 429, Retry_After="7200")
    async with poller_of(tmp_path, clock, source(server, "news")) as poller:
        now = await ask(poller, clock)
        due = state(poller).next_poll_at
        assert due is not None
        assert due - now >= timedelta(hours=2)
        assert state(poller).last_error == "对方要求放慢（429）"


async def test_a_source_that_says_how_long_it_stays_fresh_is_not_asked_before(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    server.says("/feed", rss(*CALM), Cache_Control="max-age=700")
    async with poller_of(tmp_path, clock, source(server, "feed", interval=300)) as poller:
        asked = await ask(poller, clock)
        at = poller.next_at()
        assert at is not None
        assert timedelta(seconds=700) <= at - asked <= timedelta(seconds=771)


async def test_a_permanent_move_is_learnt_told_and_kept_until_the_address_is_changed(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    server.says("/old", "", 301, Location="/new")
    server.says("/new", rss(*CALM))
    async with poller_of(tmp_path, clock, source(server, "news", "/old")) as poller:
        await ask(poller, clock)
        await ask(poller, clock)
        assert (server.asked("/old"), server.asked("/new")) == (1, 2)
        assert f"已永久搬到 {server.base}/new" in (await problems(poller.desk))["source_moved"]
    async with poller_of(tmp_path, clock, source(server, "news", "/new")) as poller:
        await ask(poller, clock)
        assert await problems(poller.desk) == {}


async def test_a_new_place_that_fails_is_given_up_for_the_old_one(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    server.says("/old", "", 301, Location="/new")
    server.says("/new", rss(*CALM))
    async with poller_of(tmp_path, clock, source(server, "news", "/old")) as poller:
        await ask(poller, clock)
        server.says("/new", "", 500)
        server.says("/old", rss(*CALM, ("z", "青石县图书馆开放")))
        await ask(poller, clock)
        await ask(poller, clock)
        assert (state(poller).failures, state(poller).moved_to, state(poller).items_total) == (0, "", 11)


async def test_a_corrected_address_is_asked_soon_whatever_the_old_one_had_earned(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    server.says("/news", rss(*CALM))
    async with poller_of(tmp_path, clock, source(server, "news", "/typo")) as poller:
        for _ in range(6):
            await ask(poller, clock)
        assert "source" in await problems(poller.desk)
    now = clock.now()
    async with poller_of(tmp_path, clock, source(server, "news")) as poller:
        assert (await ask(poller, clock)) - now <= timedelta(minutes=5)
        assert state(poller).items_total == 10
        assert await problems(poller.desk) == {}


async def test_problems_of_a_source_that_was_switched_off_are_closed(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    async with poller_of(tmp_path, clock, source(server, "news", "/typo")) as poller:
        for _ in range(3):
            await ask(poller, clock)
        assert "source" in await problems(poller.desk)
    async with poller_of(tmp_path, clock, source(server, "news", "/typo", enabled=False)) as poller:
        assert await problems(poller.desk) == {}


async def test_a_list_that_stays_a_cached_copy_is_told(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    count = 0

    async def cached(request: web.Request) -> web.Response:
        nonlocal count
        count += 1
        rows = [{"id": "1", "title": "青石县旧话题", "url": "http://x.example/1", "extra": {"info": f"{count}万"}}]
        return web.json_response({"status": "cache", "updatedTime": 1_700_000_000_000, "items": rows})

    server.answers["/hot"] = cached
    async with poller_of(tmp_path, clock, source(server, "hot", kind="hotlist")) as poller:
        while clock.now() < START + timedelta(hours=1):
            await ask(poller, clock)
        assert "给的是旧榜单" in (await problems(poller.desk))["source_stale"]


async def test_a_source_silent_for_longer_than_its_rhythm_is_told(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    hourly = "".join(
        f"<item><guid>g{n}</guid><title>青石县动态{n}</title><pubDate>Sun, 22 Nov 2026 0{n}:00:00 +0800</pubDate></item>"
        for n in range(8)
    )
    server.says("/news", f"<rss version='2.0'><channel><title>t</title>{hourly}</channel></rss>", ETag='"v1"')
    async with poller_of(tmp_path, clock, source(server, "news", interval=3600)) as poller:
        await ask(poller, clock)
        while clock.now() < START + timedelta(hours=23):
            await ask(poller, clock)
        assert await problems(poller.desk) == {}
        while clock.now() < START + timedelta(hours=26):
            await ask(poller, clock)
        assert "超过其平时的间隔" in (await problems(poller.desk))["source_silent"]
        server.says("/news", rss(("new", "青石县恢复更新")))
        await ask(poller, clock)
        assert await problems(poller.desk) == {}


async def test_a_flood_is_cut_counted_and_told(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    server.says("/news", rss(*((f"g{n}", f"青石县消息{n}") for n in range(2_100))))
    async with poller_of(tmp_path, clock, source(server, "news")) as poller:
        await ask(poller, clock)
        assert state(poller).items_total == 2_000
        assert "超出上限的 100 条未读取" in (await problems(poller.desk))["source_format"]


async def test_a_slow_source_delays_no_other(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        await gate.wait()
        return web.Response(text=rss(("s", "青石县迟到的消息")))

    server.answers["/slow"] = slow
    server.says("/news", rss(("g1", "鹿溪县石坪镇大湾村发生山体滑坡 已致3人死亡")))
    async with desk_of(tmp_path, clock, source(server, "slow"), source(server, "news")) as running:
        clock.advance_to(START + timedelta(minutes=10))
        await asyncio.wait_for(running.service.watch(), 60)
        async with asyncio.timeout(60):
            while not await running.service.desk.store.incidents():
                await asyncio.sleep(0.01)
        await running.service.watch()
        assert server.asked("/slow") == 1
        gate.set()
        async with asyncio.timeout(60):
            while not state(running.service.intake.poller, "slow").items_total:
                await asyncio.sleep(0.01)


async def test_hundreds_of_sources_of_one_host_are_asked_once_each_by_few_tasks(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    many = [source(server, f"s{n:03d}", local=False) for n in range(300)]
    for n, each in enumerate(many):
        server.says(f"/{each.id}", rss(*CALM[: n % 3]))
    before = len(asyncio.all_tasks())
    async with poller_of(tmp_path, clock, *many) as poller:
        clock.advance_to(clock.now() + timedelta(hours=1))
        due = poller.due(clock.now())
        asking = asyncio.ensure_future(ask_all(poller, due))
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) - before <= 4 * poller.fetcher.at_once(internal=True) + 10
        assert (len(due), poller.due(clock.now())) == (300, [])
        counts = await asking
        assert [c.new for c in counts] == [int(s.id[1:]) % 3 for s in due]
        assert all(server.asked(f"/{s.id}") == 1 for s in due)
        assert not poller.running


async def test_an_address_that_is_none_and_a_folder_have_lines_of_their_own(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    odd = [
        source(server, "a", url="http://[half/x", local=False),
        source(server, "b", url="http://[half/y", local=False),
        *(source(server, name, kind="folder", url=f"file:{tmp_path}") for name in "cd"),
    ]
    async with poller_of(tmp_path / "data", clock, *odd) as poller:
        assert [[s.id for s in line] for line in poller.lines(odd)] == [["a"], ["b"], ["c"], ["d"]]


async def test_a_round_that_is_cut_off_leaves_nothing_running(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    async def never(request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    server.answers["/news"] = never
    async with desk_of(tmp_path, clock, source(server, "news")) as running:
        clock.advance_to(START + timedelta(minutes=10))
        await running.service.watch()
        await asyncio.sleep(0.05)
        intake = running.service.intake
    assert intake.tasks == set()


async def test_a_watched_page_that_stops_answering_is_a_problem_and_brings_no_items(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    server.says("/", "<html>县政府门户网站</html>")
    async with poller_of(tmp_path, clock, source(server, "own", "/", kind="site")) as poller:
        await ask(poller, clock)
        assert (state(poller, "own").failures, state(poller, "own").items_total) == (0, 0)
        server.says("/", "", 502)
        for _ in range(3):
            await ask(poller, clock)
        assert "对方服务器出错（502）" in (await problems(poller.desk))["source"]


async def test_a_watched_page_that_shows_something_else_is_a_problem(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    page = source(server, "own", "/", kind="site", own=True, expect="县人民政府")
    server.says("/", "<html><title>青石县人民政府门户网站</title></html>")
    async with poller_of(tmp_path, clock, page) as poller:
        await ask(poller, clock)
        assert state(poller, "own").failures == 0
        server.says("/", "<html><title>域名已过期</title></html>")
        for _ in range(3):
            await ask(poller, clock)
        told = (await problems(poller.desk))["source"]
        assert "网页内容不对（没有“县人民政府”）" in told
        assert "应急预案" in told
        server.says("/", "<html><title>青石县人民政府门户网站</title></html>")
        await ask(poller, clock)
        assert await problems(poller.desk) == {}


async def test_a_page_of_our_own_is_confirmed_dead_in_minutes_and_its_return_noticed_at_its_interval(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    page = source(server, "own", "/", kind="site", own=True, interval=300)
    server.says("/", "x", 404)
    async with poller_of(tmp_path, clock, page) as poller:
        began = await ask(poller, clock)
        while not await problems(poller.desk):
            await ask(poller, clock)
        assert clock.now() - began < timedelta(minutes=3)
        for _ in range(5):
            before = clock.now()
            assert await ask(poller, clock) - before <= timedelta(seconds=330)


async def test_an_own_account_that_never_brought_anything_is_told_after_three_days(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    server.says("/own", rss())
    async with poller_of(tmp_path, clock, source(server, "own", own=True)) as poller:
        began = await ask(poller, clock)
        while clock.now() < began + timedelta(days=2):
            clock.advance_to(clock.now() + timedelta(hours=12))
            await ask(poller, clock)
        assert await problems(poller.desk) == {}
        clock.advance_to(began + timedelta(days=4))
        await ask(poller, clock)
        assert state(poller, "own").answers_since == began
        assert "从未取到任何内容" in (await problems(poller.desk))["source_silent"]
        server.says("/own", rss(("g1", "青石县发布一条消息")))
        await ask(poller, clock)
        assert await problems(poller.desk) == {}


async def test_what_breaks_inside_one_source_stays_with_it(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    server.says("/odd", rss(*CALM))
    server.says("/news", rss(*CALM))
    odd = source(server, "odd", kind="nonsense")
    async with desk_of(tmp_path, clock, odd, source(server, "news")) as running:
        clock.advance_to(START + timedelta(minutes=10))
        await running.service.poll()
        assert state(running.service.intake.poller, "odd").last_error.startswith("处理出错（KeyError")
        assert state(running.service.intake.poller, "news").items_total == 10


async def test_two_thousand_new_sources_are_first_asked_over_five_minutes_and_again_at_the_same_instants(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    many = [source(server, f"s{n}") for n in range(2_000)]
    async with poller_of(tmp_path, clock, *many) as poller:
        first = {k: s.next_poll_at for k, s in poller.states.items()}
    seconds = [int((t - START).total_seconds()) for t in first.values() if t is not None]
    assert (min(seconds) >= 0, max(seconds) <= 300, len(seconds)) == (True, True, 2_000)
    assert max(seconds.count(s) for s in set(seconds)) < 25
    async with poller_of(tmp_path, clock, *many) as poller:
        assert {k: s.next_poll_at for k, s in poller.states.items()} == first


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        ("", "feed", "内容是空的"),
        ("", "hotlist", "内容是空的"),
        ("", "hotline", ""),
        (
            "<html><title>统一身份认证</title><form><input name=u><INPUT id=p type='password'></form></html>",
            "feed",
            "给出的是登录页",
        ),
        ("<html><title>县政府</title><p>欢迎</p></html>", "feed", "内容读不出（这是网页，不是信息源，请核对地址）"),
    ],
    ids=["empty feed", "empty list", "an export without orders", "login form", "another page"],
)
async def test_an_answer_without_content_is_no_success(
    server: Sources, clock: VirtualClock, tmp_path: Path, body: str, kind: str, error: str
) -> None:
    server.says("/news", body)
    async with poller_of(tmp_path, clock, source(server, "news", kind=kind)) as poller:
        for tries in (1, 2):
            await ask(poller, clock)
            assert (state(poller).last_error, state(poller).failures) == (error, tries if error else 0)


async def test_a_source_that_answers_nothing_after_it_was_well_is_noticed(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    server.says("/news", rss(*CALM))
    async with poller_of(tmp_path, clock, source(server, "news")) as poller:
        await ask(poller, clock)
        server.says("/news", "")
        await ask(poller, clock)
        assert state(poller).last_error == "内容是空的"


async def test_a_watched_page_that_is_blank_is_not_the_page(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    server.says("/site", "")
    site = source(server, "site", kind="site", expect="青石县人民政府", own=True)
    async with poller_of(tmp_path, clock, site) as poller:
        await ask(poller, clock)
        assert state(poller, "site").last_error == "网页内容不对（没有“青石县人民政府”）"


@pytest.mark.parametrize("date", ["Thu, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 +1400", "昨天"])
async def test_an_absurd_date_of_the_server_costs_nothing(
    server: Sources, clock: VirtualClock, tmp_path: Path, date: str
) -> None:
    server.says("/news", rss(*CALM), Date=date, Expires=date, Retry_After=date)
    async with poller_of(tmp_path, clock, source(server, "news")) as poller:
        await ask(poller, clock)
        assert (state(poller).items_total, state(poller).last_error) == (10, "")


async def test_what_was_cut_off_comes_with_the_next_poll_although_nothing_changed(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    whole = rss(*CALM).encode()

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match"):
            return web.Response(status=304)
        part = whole[: len(whole) // 2] if server.asked("/news") == 1 else whole
        response = web.StreamResponse(headers={"ETag": '"1"', "Content-Length": str(len(whole))})
        await response.prepare(request)
        await response.write(part)
        if part is not whole and request.transport:
            request.transport.close()
        return response

    server.answers["/news"] = answer
    async with poller_of(tmp_path, clock, source(server, "news")) as poller:
        await ask(poller, clock)
        assert 0 < state(poller).items_total < 10
        await ask(poller, clock)
        assert state(poller).items_total == 10
        await ask(poller, clock)
        assert server.seen[-1].headers["If-None-Match"] == '"1"', "the whole is asked for by its validator again"


async def test_while_our_line_is_down_nobody_is_asked_less_often(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    dead = [replace(source(server, f"s{n}"), url=f"http://127.0.0.1:1/{n}", interval=300) for n in range(6)]
    async with poller_of(tmp_path, clock, *dead) as poller:
        for _ in range(12):
            await ask(poller, clock)
        await poller.look_after()
        for _ in range(60):
            await ask(poller, clock)
            await poller.look_after()
        waits = [s.next_poll_at - s.last_try_at for s in poller.states.values() if s.next_poll_at and s.last_try_at]
        assert len(waits) == 6
        assert max(waits) <= timedelta(seconds=330)
        assert min(s.failures for s in poller.states.values()) > 3, "it is counted all the same"


async def test_the_rhythm_of_a_source_without_dates_is_learnt_from_what_it_brings(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        hour = int((clock.now() - START).total_seconds() // 3600)
        return web.Response(text=rss(*((f"g{n}", f"青石县第{n}号通告") for n in range(hour, hour + 3))))

    server.answers["/news"] = answer
    async with poller_of(tmp_path, clock, source(server, "news", interval=3600)) as poller:
        for days, allowed in ((1, 71), (14, 38), (30, 24)):
            while clock.now() < START + timedelta(days=days):
                await ask(poller, clock)
            assert abs(state(poller).quiet / 3600 - allowed) <= 3
        clock.advance_to(clock.now() + timedelta(days=5))
        await ask(poller, clock)
        assert state(poller).quiet == 24 * 3600, "that was our own standstill"


async def test_what_another_process_was_pushed_is_no_silence(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    vendor = replace(source(server, "vendor", kind="vendor", quiet_hours=24), url="")

    def pushed(number: int) -> tuple[Item, ...]:
        return (Item(id=f"v{number}", source="vendor", title=f"第{number}条", seen_at=clock.now()),)

    async with poller_of(tmp_path, clock, vendor) as leads:
        other = Poller(desk=leads.desk, fetcher=leads.fetcher, parsing=leads.parsing, prefixes={}, watch=Watch(desk=leads.desk))
        await other.load()
        await leads.take(vendor, pushed(0))
        for hour in range(1, 50):
            clock.advance_to(clock.now() + timedelta(hours=1))
            await other.take(vendor, pushed(hour))
            await leads.look_after()
            assert await problems(leads.desk) == {}
        clock.advance_to(clock.now() + timedelta(hours=25))
        await leads.look_after()
        assert set(await problems(leads.desk)) == {"source_silent"}
        await other.load()
        await other.take(vendor, pushed(50))
        await leads.look_after()
        assert await problems(leads.desk) == {}


async def test_sources_that_hang_delay_none_that_answer_however_many_they_are(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    async def hang(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.5)
        return web.Response()

    well = [source(server, f"well{n}") for n in range(4)]
    ill = [source(server, f"ill{n}") for n in range(8)]
    for one in well:
        server.says(f"/{one.id}", rss(*CALM))
    for one in ill:
        server.answers[f"/{one.id}"] = hang
    async with poller_of(tmp_path, clock, *ill, *well) as poller:
        limits = Limits(concurrent=4, suspects=2, idle=timedelta(seconds=0.2))
        async with Fetcher(limits) as poller.fetcher:
            await ask_all(poller, [*ill, *well])
            assert {s.failures for s in (poller.states[one.id] for one in ill)} == {1}
            asking = asyncio.create_task(ask_all(poller, ill))
            await asyncio.sleep(0.05)
            async with asyncio.timeout(0.7):
                await ask_all(poller, well)
            assert not asking.done(), "those that hang still wait for one another"
            await asking


async def test_a_source_faster_than_it_may_be_asked_is_told(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        first = 10 * server.asked("/news") - back
        return web.Response(text=rss(*((f"g{n}", f"青石县第{n}号通告") for n in range(first, first + 10))))

    back = 0
    server.answers["/news"] = answer
    async with poller_of(tmp_path, clock, source(server, "news", interval=120)) as poller:
        for pace in (60, 30):
            await ask(poller, clock)
            assert (state(poller).pace, state(poller).remark) == (pace, "")
        await ask(poller, clock)
        assert "请在 sources.toml 中调小 interval_seconds" in (await problems(poller.desk))["source_format"]
        back = 2
        await ask(poller, clock)
        assert await problems(poller.desk) == {}, "two entries were known: nothing lies between"
        back = 0
        await ask(poller, clock)
        assert state(poller).pace == 30, "it is not forgotten how fast it was"
        assert set(await problems(poller.desk)) == {"source_format"}
        server.says("/news", "", status=304)
        poller.states["news"] = replace(state(poller), etag='"1"')
        await ask(poller, clock)
        assert await problems(poller.desk) == {}, "it has nothing new"


async def test_the_entry_in_which_a_document_breaks_off_is_not_read_in_part(
    server: Sources, clock: VirtualClock, tmp_path: Path
) -> None:
    whole = rss(("g0", "青石县举办运动会"), ("g1", "青石县一工厂起火致12人受伤")).encode()
    end = whole.index("致1".encode()) + len("致1".encode())

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(whole))})
        await response.prepare(request)
        await response.write(whole if server.asked("/news") > 1 else whole[:end])
        if server.asked("/news") == 1 and request.transport:
            request.transport.close()
        return response

    server.answers["/news"] = answer
    async with poller_of(tmp_path, clock, source(server, "news")) as poller:
        for expected in (["青石县举办运动会"], ["青石县举办运动会", "青石县一工厂起火致12人受伤"]):
            await ask(poller, clock)
            assert [row.item.title for row in await poller.desk.store.unjoined(10)] == expected


async def test_dead_name_servers_hold_up_no_other_source(
    server: Sources, clock: VirtualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def names(host: str, *rest: Any, **more: Any) -> Any:
        if host.endswith(".dead"):
            time.sleep(1.5)
            raise socket.gaierror(-3, "no answer")
        return real("127.0.0.1" if host.endswith(".well") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", names)
    port = server.base.rpartition(":")[2]
    dead = [replace(source(server, f"dead{n}"), url=f"http://{n}.dead/") for n in range(40)]
    well = [replace(source(server, f"well{n}"), url=f"http://{n}.well:{port}/well{n}") for n in range(5)]
    for one in well:
        server.says(f"/{one.id}", rss(*CALM))
    async with poller_of(tmp_path, clock, *dead, *well) as poller:
        asking = asyncio.create_task(ask_all(poller, dead))
        await asyncio.sleep(0.2)
        async with asyncio.timeout(1.2):
            counts = await ask_all(poller, well)
        assert [c.new for c in counts] == [10] * 5
        await asking
        assert {poller.states[one.id].last_error for one in dead} == {"域名解析不了"}
