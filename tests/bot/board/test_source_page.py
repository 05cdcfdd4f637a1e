"""The page of one source tells the truth: rhythm, counts, clock and every spell of errors; the list leads there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.board.source_page import clock, facts
from bot.board.sources import lines
from bot.health import span
from bot.store.port import SourceState
from config.schema import Source
from monitors.item import Item
from tests.bot.matter import at

NOW = at("08:06")


async def polls(site) -> str:
    """A source that failed twice, was well, brought two items, one of them twice, and fails now."""
    source = next(s for s in site.rules.sources if s.enabled and s.url)
    store, start = site.store, NOW - timedelta(hours=3)
    failing = {"source_id": source.id, "address": source.url}
    for n in range(2):
        when = start + timedelta(minutes=n)
        await store.save_poll(SourceState(**failing, failures=n + 1, last_error="响应超时", last_try_at=when), ())
    well = start + timedelta(minutes=9)
    a, b = (Item(id=k, source=source.id, title=k, seen_at=well) for k in "ab")
    state = SourceState(
        **failing, last_try_at=well, last_success_at=well, quiet=7200, pace=90, skew=-600, damage=1, remark="截断"
    )
    await store.save_poll(state, (a, b))
    await store.save_poll(state, (a,))
    last = SourceState(
        **failing,
        failures=1,
        last_error="网址不存在（404）",
        last_try_at=NOW,
        last_success_at=well,
        quiet=7200,
        pace=90,
        skew=-600,
    )
    await store.save_poll(last, ())
    return source.id


async def test_everything_known_of_a_source_is_on_its_page(site):
    ident = await polls(site)
    await site.sign_in("zhouwen")
    assert f'href="/source/{ident}"' in await site.text("/sources")
    page = await site.text(f"/source/{ident}")
    for said in (
        "上一次没有取到，稍后再试",
        "网址不存在（404）",
        "响应超时",
        "超过2小时没有新内容即提示",
        "比本机慢10分钟",
        "出错期间逐次放慢，恢复后照常",
        "（占33%）",
    ):
        assert said in page, said
    assert page.index("网址不存在（404）</td>") < page.index("响应超时</td>"), "the newest spell first"
    assert await site.text(f"/source/{ident}?part=live")


async def test_a_source_that_is_not_configured_has_no_page(site):
    await site.sign_in("zhouwen")
    assert "没有这个来源" in await site.text("/source/none", status=404)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "5秒"), (300, "5分钟"), (5400, "90分钟"), (9000, "2.5小时"), (259200, "3天"), (1000 * 86400, "2年")],
)
def test_spans_are_said_as_people_say_them(seconds, words):
    assert span(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("skew", "words"),
    [(None, "对方没有给出时间"), (3, "与本机一致（相差30秒以内）"), (120, "比本机快2分钟")],
    ids=["none", "ok", "fast"],
)
def test_a_clock_is_compared_in_words(skew, words):
    assert clock(skew) == words


async def test_a_source_not_asked_yet_says_when_it_will_be(site):
    await site.sign_in("zhouwen")
    asked = next(s for s in site.rules.sources if s.enabled and s.url)
    assert "首轮，值班台启动后5分钟内" in await site.text(f"/source/{asked.id}")
    off = next(s for s in site.rules.sources if not s.enabled)
    page = await site.text(f"/source/{off.id}")
    assert "首轮" not in page
    assert "不轮询" in page
    assert "首轮，启动后5分钟内" in await site.text("/sources")


FEED = Source(id="news", name="青石新闻", kind="feed", url="https://news.example/rss", interval=600)
GOOD = SourceState(source_id="news", last_try_at=NOW, last_success_at=NOW, address=FEED.url)


@pytest.mark.parametrize(
    ("source", "state", "name", "value"),
    [
        (FEED, replace(GOOD, pace=90), "轮询间隔", "现在每90秒（配置10分钟）"),
        (FEED, replace(GOOD, failures=2, last_error="响应超时"), "轮询间隔", "出错期间逐次放慢，恢复后照常（配置10分钟）"),
        (
            FEED,
            replace(GOOD, failures=1, last_error="对方要求放慢（429）", next_poll_at=NOW + timedelta(hours=3)),
            "轮询间隔",
            "按对方要求等待，恢复后照常（配置10分钟）",
        ),
        (FEED, replace(GOOD, quiet=7200), "平时的更新节奏", "超过2小时没有新内容即提示"),
        (FEED, GOOD, "平时的更新节奏", "还看不出，暂按超过3天没有新内容即提示"),
        (
            replace(FEED, quiet_hours=24),
            replace(GOOD, quiet=7200),
            "平时的更新节奏",
            "超过24小时没有新内容即提示（配置）",
        ),
        (replace(FEED, kind="site"), GOOD, "平时的更新节奏", "网页只看能否打开、内容对不对，不计条目"),
        (FEED, replace(GOOD, last_success_at=None), "对方时钟", "无数据"),
        (FEED, GOOD, "对方时钟", "对方没有给出时间"),
    ],
    ids=["well", "failing", "told to wait", "rhythm", "no rhythm", "rhythm set", "a page", "never answered", "gave no time"],
)
def test_each_fact_is_what_is_really_done(source, state, name, value):
    line = lines([source], {"news": state}, NOW)[0]
    shown = dict(facts(source, state, line, NOW))[name]
    assert shown.replace("1.5分钟", "90秒") == value


@pytest.mark.parametrize(
    ("state", "words", "tone"),
    [
        (GOOD, "正常", "ok"),
        (replace(GOOD, failures=1, last_error="响应超时"), "上一次没有取到，稍后再试", "bad"),
        (replace(GOOD, failures=2, last_error="响应超时"), "最近2次没有取到，稍后再试", "bad"),
        (replace(GOOD, failures=3, last_error="响应超时"), "连续失败3次", "bad"),
        (replace(GOOD, failures=1, last_error="来源已关闭（410）"), "取不到", "bad"),
        (replace(GOOD, next_poll_at=NOW - timedelta(minutes=11)), "超时未轮询", "late"),
        (replace(GOOD, skew=7200), "时钟不准", "late"),
    ],
    ids=["well", "once", "twice", "often", "gone", "forgotten", "clock"],
)
def test_one_word_says_how_a_source_is(state, words, tone):
    line = lines([FEED], {"news": state}, NOW)[0]
    assert (line.state, line.tone) == (words, tone)


async def test_the_list_says_how_often_a_source_is_really_asked(site):
    ident = await polls(site)
    await site.sign_in("zhouwen")
    failing = SourceState(source_id=ident, failures=1, last_error="响应超时", last_try_at=NOW, next_poll_at=NOW, pace=36)
    await site.store.save_poll(failing, ())
    assert "（出错后放慢）" in await site.text("/sources")
    await site.store.save_poll(replace(failing, failures=0, last_error=""), ())
    assert "（每36秒）" in await site.text("/sources")
