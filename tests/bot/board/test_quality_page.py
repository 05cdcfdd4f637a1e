"""质量 on the board: what people said about the alarms, by rule and word, with the line to change; nothing can be changed here."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.board.quality import since_of, view
from bot.quality import quality
from tests.bot.board.conftest import Site
from tests.bot.matter import at
from tests.bot.test_quality import judged


async def test_the_page_shows_precision_and_the_words_behind_each_false_alarm(site: Site) -> None:
    await judged(site.store, site.rules)
    await site.sign_in("chenjing")
    body = await site.text("/quality")
    assert "<th>准确率</th><td>50%</td>" in body
    assert "滑坡主题摄影展" in body
    assert "geo/滑坡" in body
    assert "hazards.toml:53" in body
    assert '<a href="/incident/2">2号</a>' in body
    assert "承办单位：人定1件，与建议一致0件" in body
    assert "由自然资源局改为应急管理局" in body
    assert "漏并（人工并案）：4号并入1号" in body
    assert "<form method" not in body.split("<main>")[1]


async def test_an_older_period_is_left_out_and_an_empty_one_says_so(site: Site) -> None:
    await judged(site.store, site.rules)
    site.clock.advance_to(at("08:06") + timedelta(days=40))
    await site.sign_in("chenjing")
    assert "滑坡主题摄影展" not in await site.text("/quality?days=30")
    assert "没有误报" in await site.text("/quality?days=30")
    assert "滑坡主题摄影展" in await site.text("/quality?days=90")


async def test_strangers_see_no_figures(site: Site) -> None:
    await site.text("/quality", 401)


@pytest.mark.parametrize(("period", "days"), [("30", 30), ("365", 365), ("7", 90), ("x", 90)])
def test_an_unknown_period_is_the_usual_one(period: str, days: int) -> None:
    assert since_of(period, at("08:00")) == at("08:00") - timedelta(days=days)


def test_nothing_judged_gives_no_rate(rules) -> None:
    page = view(quality(()), rules)
    assert dict(page.facts)["准确率"] == "无数据"
    assert page.false == ()
