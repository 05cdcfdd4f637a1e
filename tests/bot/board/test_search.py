"""Search on the board and by chat: two-character words, closed and ordinary things too."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from monitors.item import Item
from tests.bot.desk_room import room
from tests.bot.matter import at


async def keep(store, *titles: str, when: datetime) -> None:
    rows = [
        Item(id=f"i{n}", source="news", title=t, text=f"正文{n}", seen_at=when, fingerprint=t) for n, t in enumerate(titles)
    ]
    await store.add_items(rows)


async def test_a_two_character_word_finds_what_is_stored(night):
    await keep(night.store, "实验小学食堂出现过期食材", "路灯不亮", when=at("07:00"))
    await night.sign_in("zhouwen")
    page = await night.text("/search?q=食堂")
    assert "实验小学食堂出现过期食材" in page
    assert "路灯不亮" not in page
    assert "没有找到" in await night.text("/search?q=停电")
    assert "请输入要找的词" in await night.text("/search")


async def test_a_search_word_is_shown_as_text_only(night):
    await night.sign_in("zhouwen")
    page = await night.text("/search?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in page


@pytest.mark.parametrize("line", ["查 食堂", "查询 食堂"])
async def test_chat_finds_closed_and_ordinary_things_too(tmp_path: Path, line: str):
    async with room(tmp_path, at("08:00")) as desk:
        await keep(desk.desk.store, "实验小学食堂出现过期食材", "路灯不亮", when=at("07:00"))
        duty = desk.duty.duty_officer
        answer = await desk.type(duty, line)
        assert "实验小学食堂出现过期食材" in answer
        assert "路灯" not in answer
        assert "没有找到“停电”" in await desk.type(duty, "查 停电")
