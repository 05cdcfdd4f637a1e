"""舆情等级 by people: typed or sent from the board, in the chain, shown as 认定 beside the machine's suggestion, moving no clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.reports import gather, render
from bot.store.verify import verify
from tests.bot.desk_room import Room, room
from tests.builders import at

NIGHT = at("02:24")


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", NIGHT) as made:
        yield made


async def reviewed(office: Room) -> str:
    return render(await gather(office.desk.store, office.desk.settings, 1, office.desk.now()), "md").decode()


async def test_what_the_leader_gives_is_shown_as_given_beside_the_suggestion(office: Room) -> None:
    leader = office.duty.duty_leader
    await office.landslide()
    assert "舆情等级建议：" in await office.type(leader, "详情 1")
    clocks = (await office.incident()).clocks
    assert "已认定舆情等级" in await office.type(leader, "舆情等级 1 较大 中央媒体跟进，不到重大")
    said = await office.type(leader, "详情 1")
    name = office.desk.settings.organisation.officer(leader).name  # type: ignore[union-attr]
    assert f"舆情等级认定：较大（{name}11-22 02:24认定：中央媒体跟进，不到重大）；系统建议：" in said
    incident = await office.incident()
    assert (incident.level, incident.status, incident.clocks) == (None, "detected", clocks)
    paper = await reviewed(office)
    assert "舆情等级认定：较大" in paper
    assert "理由：中央媒体跟进，不到重大。" in paper
    assert "认定舆情等级" in paper, "the timeline has it"
    body = paper.partition("舆情等级认定：较大")[2].partition("\n")[0]
    assert name not in body, "the body of a review names posts"
    assert not (await office.desk.store.engine.read(verify)).faults  # type: ignore[attr-defined]


async def test_the_duty_officer_suggests_and_the_newest_ruling_stays_in_force(office: Room) -> None:
    duty, leader = office.duty.duty_officer, office.duty.duty_leader
    await office.landslide()
    assert "待带班领导认定" in await office.type(duty, "舆情等级 1 重大 帖文转负面")
    asked = await office.type(duty, "详情 1")
    assert "舆情等级建议：重大（" in asked
    assert "帖文转负面" in asked
    await office.type(leader, "舆情等级 1 一般 已发布，回落")
    await office.type(duty, "舆情等级 1 重大 又有堵路")
    assert "舆情等级认定：一般（" in await office.type(duty, "详情 1"), "a suggestion never undoes a ruling"
    assert "无需再办" in await office.type(leader, "舆情等级 1 一般 已发布，回落")
    kinds = [e.kind for e in await office.desk.store.events("incident:1") if e.kind.startswith("opinion_")]
    assert kinds == ["opinion_suggested", "opinion_graded", "opinion_suggested"]


@pytest.mark.parametrize("line", ["舆情等级 1", "舆情等级 1 很大 群情激愤", "舆情等级 1 较大", "舆情等级 1 因较大关注"])
async def test_without_a_level_and_a_reason_nothing_is_recorded(office: Room, line: str) -> None:
    await office.landslide()
    assert "请写明等级和理由" in await office.type(office.duty.duty_leader, line)
    assert not (await office.incident()).opinion_grades
