"""The report of a drill: its own paper, times against targets, who answered, what was missed; 演练 on every page, in no figure."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.reports import gather, render
from bot.reports.drill import compose_drill, missed, verdict
from bot.reports.practised import DrillFigures
from tests.bot.desk_room import Room, room
from tests.builders import at

STORY = "柳河桥垮塌 3人受伤"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", at("10:00")) as made:
        yield made


async def figures_of(office: Room, number: int = 1) -> DrillFigures:
    found = await gather(office.desk.store, office.desk.settings, number, office.clock.now())
    assert isinstance(found, DrillFigures)
    return found


async def begin(office: Room) -> str:
    duty = office.duty.duty_officer
    assert "演练已开始：1号" in await office.type(duty, f"演练 开始 {STORY}")
    return duty


async def practise(office: Room) -> None:
    """Acknowledged in time, the leader told late, nobody signed, nothing reported up, published, ended."""
    duty, leader = await begin(office), office.duty.duty_leader
    await office.forward(minutes=2)
    await office.press(duty, "演练收到")
    await office.forward(minutes=12)
    for line in ("已报带班 1", "核实 1 属实 现场民警", "交办 1 交通局"):
        await office.type(duty, line)
    await office.forward(minutes=30)
    await office.type(leader, "定级 1 较大 受伤3人")
    await office.type(duty, "已发布 1 https://lx.example.gov.cn/1")
    await office.type(duty, "演练 中止")


async def test_times_stand_against_their_targets(office: Room) -> None:
    await practise(office)
    parts = {p.name: verdict(p) for p in (await figures_of(office)).parts}
    assert parts == {
        "首次提醒送到手机": "达到",
        "点“收到”": "达到",
        "电话报告带班领导": "超出4分钟",
        "首报上级总值班室": "未做到",
        "核实": "已做",
        "定级": "达到",
        "交办": "达到",
        "签收": "演练结束时未到",
        "48小时内予以回应": "达到",
    }


async def test_who_answered_when_and_who_did_not(office: Room) -> None:
    await practise(office)
    found = await figures_of(office)
    waited = {a.who: a.waited and a.waited.total_seconds() / 60 for a in found.answers}
    assert waited == {"县新闻办 值班员": 2, "县政府办副主任": 44, "交通运输局舆情联络员": None}
    assert any("送到而没有应答：交通运输局舆情联络员" in line for line in missed(found))


async def test_every_shortfall_has_a_suggestion_and_nobody_is_blamed(office: Room) -> None:
    await practise(office)
    found = await figures_of(office)
    text = render(found, "md").decode()
    for line in missed(found):
        assert line.removesuffix("。") in text
    assert "首报先打电话" in text
    assert not [word for word in ("失职", "瞒报", "责任在") if word in text]


async def test_a_drill_where_all_was_kept_says_so(office: Room) -> None:
    duty, leader = await begin(office), office.duty.duty_leader
    for line in ("收到 1", "已报带班 1", "报送 1", "核实 1 属实 现场民警", "交办 1 交通局"):
        await office.type(duty, line)
    liaison = next(
        o.userid for o in office.desk.settings.organisation.officers if o.unit == "jtj" and "unit_liaison" in o.roles
    )
    await office.type(liaison, "签收 1")
    await office.type(leader, "定级 1 较大 受伤3人")
    await office.type(duty, "已发布 1 https://lx.example.gov.cn/1 发布单位 县新闻办 审核人 甲 发布人员 乙 渠道 县政府网")
    found = await figures_of(office)
    aimed = [p for p in found.parts if p.kept is not None]
    assert [p.name for p in aimed if not p.kept] == []
    assert len(aimed) >= 7
    assert found.ended_at is None
    assert "尚未结束" in render(found, "md").decode()


async def test_it_is_marked_everywhere_and_names_people_in_the_annex_only(office: Room) -> None:
    await practise(office)
    found = await figures_of(office)
    paper = compose_drill(found)
    assert paper.title == f"关于“{STORY}”舆情值班演练的报告"
    body, annex = render(found, "md").decode().split("参演人员名单")
    names = [o.name for o in office.desk.settings.organisation.officers]
    assert not [n for n in names if n in body]
    assert [n for n in names if n in annex]
    with zipfile.ZipFile(io.BytesIO(render(found, "docx"))) as pages:
        headers = [pages.read(n).decode() for n in pages.namelist() if n.startswith("word/header")]
    assert len([h for h in headers if "演练" in h]) == 2, "odd and even pages"
    assert render(found, "html").decode().count("演练") > 10


async def test_the_officer_gets_it_as_a_file(office: Room) -> None:
    await practise(office)
    duty = office.duty.duty_officer
    assert "《1号演练报告.docx》正在发给您" in await office.type(duty, "演练 报告")
    assert "《1号演练报告.docx》正在发给您" in await office.type(duty, "演练 报告 1")
    [media] = office.emulator.ledger_file.rows("select name from media")
    assert media["name"] == "1号演练报告.docx"
    await office.landslide()
    assert "2号不是演练" in await office.type(duty, "演练 报告 2")
    liaison = next(o.userid for o in office.desk.settings.organisation.officers if o.roles == ("unit_liaison",))
    assert "由值班员、带班领导或新闻办发起" in await office.type(liaison, "演练 报告")


async def test_without_a_drill_there_is_no_report(office: Room) -> None:
    assert "近来没有演练" in await office.type(office.duty.duty_officer, "演练 报告")


async def test_who_was_not_reached_is_named_by_post(office: Room) -> None:
    await practise(office)
    found = await figures_of(office)
    lost, other = found.answers[0], found.answers[1]
    facts = missed(replace(found, answers=(replace(lost, first_at=None, arrived=0), other)))
    assert [f for f in facts if "没有送到" in f] == [f"提醒没有送到：{lost.who}。"]


async def test_the_targets_of_the_installation_count(office: Room, tmp_path: Path) -> None:
    await practise(office)
    own = tmp_path / "own"
    own.mkdir()
    (own / "drill.toml").write_text("[settings]\ntell_minutes = 15\n", encoding="utf-8")
    rules = replace(office.desk.settings, folders=(*office.desk.settings.folders, str(own)))
    found = await gather(office.desk.store, rules, 1, office.clock.now())
    assert isinstance(found, DrillFigures)
    assert [verdict(p) for p in found.parts if p.name == "电话报告带班领导"] == ["达到"]
