"""What an officer pastes from a phone becomes a matter as fast as any feed; nothing is fetched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import Running
from bot.clock import VirtualClock
from bot.desk import act
from bot.officer_report import officer_report
from tests.bot.sources_server import desk_of
from tests.builders import OFFICER, at

SHARE = "7.43 复制打开抖音，看看【石坪人的作品】鹿溪县石坪镇大湾村山体滑坡 4人被埋 https://v.douyin.com/iRN/ 05/12 f@o.QK Lwf:/"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with desk_of(tmp_path, VirtualClock(at("02:24"))) as made:
        yield made


async def test_a_pasted_share_text_opens_a_matter_with_its_words_and_link(running: Running) -> None:
    desk = running.service.desk
    answer = await officer_report(desk, OFFICER, SHARE, "k1")
    assert answer.startswith("已立案：1号。")
    (incident,) = await desk.store.incidents()
    assert (incident.members[0].url, incident.title) == ("https://v.douyin.com/iRN/", "鹿溪县石坪镇大湾村山体滑坡 4人被埋")
    (stored,) = await desk.store.items_of(1)
    assert stored.item.text.endswith("来自抖音：石坪人")
    assert "复制打开" not in stored.item.text


async def test_the_same_delivery_again_changes_nothing(running: Running) -> None:
    for _ in range(2):
        await officer_report(running.service.desk, OFFICER, SHARE, "k1")
    assert len(await running.service.desk.store.items_of(1)) == 1


async def test_a_link_without_words_asks_for_them(running: Running) -> None:
    answer = await officer_report(running.service.desk, OFFICER, "https://v.douyin.com/iRN/", "k1")
    assert "没有文字" in answer
    assert await running.service.desk.store.incidents() == []


async def test_own_words_with_a_link_are_the_title(running: Running) -> None:
    await officer_report(running.service.desk, OFFICER, "大湾村滑坡 4人被埋 https://www.luxi.example/1", "k1")
    (incident,) = await running.service.desk.store.incidents()
    assert (incident.title, incident.members[0].url) == ("大湾村滑坡 4人被埋", "https://www.luxi.example/1")


async def test_a_callers_name_and_number_are_covered_and_kept_apart(running: Running) -> None:
    said = "大湾村滑坡 4人被埋 来电人：张三丰 13800001234"
    await officer_report(running.service.desk, OFFICER, said, "k1")
    store = running.service.desk.store
    (incident,) = await store.incidents()
    assert incident.title == "大湾村滑坡 4人被埋 来电人：张某 138****1234"
    assert "张三丰" not in repr(await store.items_of(1)) + repr(await store.events("incident:1"))
    assert [dict(o.fields) for o in await store.originals_of(1)] == [{"内容": said}]


async def test_a_report_that_joins_a_matter_already_verified_does_not_send_the_officer_to_verify_it_anew(
    running: Running,
) -> None:
    desk = running.service.desk
    await officer_report(desk, OFFICER, "石坪镇大湾村山体滑坡 4人被埋", "k1")
    again = await officer_report(desk, OFFICER, "石坪镇大湾村山体滑坡 路也断了", "k2")
    assert "已并入1号。请打电话核实" in again
    await act(desk, 1, "verify", OFFICER, {"result": "true", "source": "现场"}, "k3")
    said = await officer_report(desk, OFFICER, "石坪镇大湾村山体滑坡 挖机到了", "k4")
    assert "已并入1号（已核实，现在研判）" in said
    assert "请打电话核实" not in said
