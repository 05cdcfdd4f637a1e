"""`yqbot doctor --sources` says of each source what its page on the board says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.clock import wall
from bot.doctor_sources import table
from bot.store import StoreError, open_store
from bot.store.port import SourceState
from config.schema import Source
from tests.builders import settings

FEED = Source(id="news", name="青石新闻", kind="feed", url="https://news.example/rss", interval=600)


async def test_every_source_is_listed_with_its_facts_and_errors(tmp_path: Path) -> None:
    now = wall()
    store = await open_store("", tmp_path)
    for n in range(3):
        state = SourceState(source_id="news", failures=n + 1, last_error="网址不存在（404）", last_try_at=now, address=FEED.url)
        await store.save_poll(state, ())
    await store.close()
    lines = await table(replace(settings(), sources=(FEED, replace(FEED, id="off", name="停用的", enabled=False))), tmp_path)
    text = "\n".join(lines)
    assert "■ 青石新闻：连续失败3次" in text
    assert "请到来源网站核对新地址" in text
    assert "对方时钟：无数据" in text, "it never answered"
    assert "3次，网址不存在（404）" in text
    assert "停用的" not in text


async def test_without_a_database_the_reason_is_given(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        await table(replace(settings(), sources=(FEED,)), tmp_path / "none")
