"""A reply says back what was recorded; a reminder that comes after its time looks late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import texts
from tests.bot.desk_room import Room, room
from tests.builders import at, settings


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", at("09:00")) as made:
        await made.landslide()
        yield made


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("核实 1 部分属实 现场民警", "已登记核实结果：部分属实"),
        ("数字 1 遇难4 失联7 指挥部", "已登记人数：遇难4人（核定）、失联7人（核定）"),
        ("交办 1 应急管理局 自然资源局", "已交办：应急管理局牵头，自然资源局配合"),
        ("起算 1 08:40 接警记录", "已更正起算时间：事发08:40"),
        ("会签 1 张三", "已登记：会签 张三"),
        ("已发布 1 https://lx.example.gov.cn/1 09:00", "已登记：权威信息 09:00"),
        ("排除 1 非本地", "已记录排除：非本地"),
        ("补录 1 08:20 已电话报县长", "已记入台账：补记 08:20 已电话报县长"),
        ("移送 1 公安网安 截图3张", "已记入台账：移送 公安网安 截图3张"),
        ("报送 1 县总值班室王某", "已登记：首报 09:00"),
    ],
)
async def test_what_was_recorded_is_said_back(office: Room, line: str, said: str) -> None:
    assert said in await office.type(office.duty.duty_officer, line)


async def test_an_exclusion_that_waits_for_the_leader_says_so_and_a_helper_is_added_by_name(office: Room) -> None:
    await office.type(office.duty.duty_officer, "数字 1 遇难4 指挥部")
    said = await office.type(office.duty.duty_officer, "排除 1 非本地")
    assert "已记录排除：非本地（有伤亡的说法，须带班领导确认才生效" in said
    await office.type(office.duty.duty_officer, "交办 1 应急管理局")
    said = await office.type(office.duty.duty_officer, "交办 1 应急管理局 公安局")
    assert "已交办：应急管理局牵头，公安局配合" in said


async def test_the_second_report_upward_is_said_back_as_the_first_续报(office: Room) -> None:
    await office.type(office.duty.duty_officer, "报送 1 县总值班室王某")
    said = await office.type(office.duty.duty_officer, "续报 1 已转移20户56人")
    assert "已登记：续报1 09:00" in said


async def test_an_empty_续报_stops_no_clock(office: Room) -> None:
    said = await office.type(office.duty.duty_officer, "续报 1")
    assert "请写续报报了什么" in said
    assert not (await office.incident()).evidence


@pytest.mark.parametrize("line", ["收到 1 2", "收到 1、2号", "已报带班 1 2"])
async def test_a_second_number_is_not_passed_over_in_silence(office: Room, line: str) -> None:
    assert "一条消息只办一件事" in await office.type(office.duty.duty_officer, line)
    assert not (await office.incident()).acknowledgements


async def test_a_matter_of_a_thin_category_is_not_said_back(office: Room) -> None:
    rules = office.desk.settings
    office.desk.settings = replace(rules, bot=replace(rules.bot, thin_categories=("geo_damage",)))
    said = await office.type(office.duty.duty_officer, "数字 1 遇难4 指挥部")
    assert "已登记人数" in said
    assert "4人" not in said


async def test_a_reminder_after_its_time_looks_late(office: Room) -> None:
    i = (await office.incident()).number
    await office.type(office.duty.duty_officer, "数字 1 遇难4 指挥部")
    clock = next(c for c in (await office.incident(i)).clocks if c.code == "upward_report")
    incident, rules = await office.incident(i), settings()
    early = texts.heading(incident, "upward", clock, rules, at("09:20"))
    due = texts.heading(incident, "upward", clock, rules, at("09:30"))
    late = texts.heading(incident, "upward", clock, rules, at("09:45"))
    assert "【待报送】" in early[0]
    assert "【报送到时限】" in due[0]
    assert "09:30到期，请立即电话报" in due[1]
    assert "【报送超时】" in late[0]
    assert late[1] == "1号 应于09:30前电话报 现09:45"


async def test_the_leader_at_home_reads_whom_to_ring_and_not_what_the_duty_officer_has_to_do(office: Room) -> None:
    duty, leader = office.duty.duty_officer, office.duty.duty_leader
    officer = office.desk.settings.organisation.officer(duty)
    assert officer is not None
    mine, his = office.card(duty), office.card(leader)
    assert "①打电话核实 ②电话报告带班领导" in mine.content["sub_title_text"]
    assert f"请10分钟内给值班员{officer.name} {officer.phone}打电话" in his.content["sub_title_text"]
    assert "①是否派人到场 ②是否先报总值班室" in his.content["sub_title_text"]
    assert "电话报告带班领导" not in his.content["sub_title_text"]
    assert "已电话报带班" in office.keys(mine)
    assert "已电话报带班" not in office.keys(his)


async def test_a_report_entered_late_says_on_every_reminder_that_it_waits_for_a_second_person(office: Room) -> None:
    duty, leader = office.duty.duty_officer, office.duty.duty_leader
    await office.type(duty, "数字 1 遇难4 指挥部")
    await office.forward(minutes=32)
    assert "待第二人复核" in await office.type(duty, "报送 1 09:10 县总值班室王某")
    asked = office.card(leader, "同意").content["sub_title_text"]
    assert "补登信息报送为09:10" in asked
    await office.forward(minutes=20)
    late = office.card(duty, "已报总值班室").content
    assert "【报送超时】" in late["main_title"]["title"]
    assert "已登记09:10办过，还待另一人复核" in late["sub_title_text"]
    assert "同意 1" in late["sub_title_text"]


async def test_suggesting_the_grade_that_was_given_already_records_nothing(office: Room) -> None:
    await office.type(office.duty.duty_leader, "定级 1 较大 指挥部核定")
    assert "已经办过，无需再办" in await office.type(office.duty.duty_officer, "定级 1 较大 现场估计")
    assert "已记录建议等级：重大" in await office.type(office.duty.duty_officer, "定级 1 重大 现场估计")
