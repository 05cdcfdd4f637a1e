"""The page of one source tells the truth: rhythm, counts, clock and every spell of errors; the list leads there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.board.source_page import clock, span
from bot.store.port import SourceState
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
        "连续失败1次",
        "网址不存在（404）",
        "响应超时",
        "超过2小时没有新内容即提示",
        "比本机慢10分钟",
        "现在每1.5分钟",
        "（占33%）",
    ):
        assert said in page, said
    assert page.index("网址不存在（404）</td>") < page.index("响应超时</td>"), "the newest spell first"
    assert await site.text(f"/source/{ident}?part=live")


async def test_a_source_that_is_not_configured_has_no_page(site):
    await site.sign_in("zhouwen")
    assert "没有这个来源" in await site.text("/source/none", status=404)


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "5秒"), (300, "5分钟"), (5400, "90分钟"), (9000, "2.5小时"), (259200, "3天")]
)
def test_spans_are_said_as_people_say_them(seconds, words):
    assert span(seconds) == words


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
