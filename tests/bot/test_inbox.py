"""Officers at their phones, through the real callback and the strict emulator: what they press, what they type, what comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.commands import COMMANDS, parse
from playbooks.incident import ClockState, Status
from tests.bot.desk_room import Room, room
from tests.builders import OFFICER, at, event

NIGHT = at("02:24")  # Sunday: penghai on duty, xiaomeng deputy, gaolin leads


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", NIGHT) as made:
        yield made


async def test_buttons_alone_carry_a_grave_matter_from_alarm_to_archive(office: Room) -> None:
    duty, leader = office.duty.duty_officer, office.duty.duty_leader
    await office.landslide()
    assert "12号" not in await office.press(duty, "收到")
    await office.forward(minutes=2)
    await office.press(duty, "已电话报带班")
    await office.forward(minutes=6)
    assert "已登记核实结果" in await office.press(duty, "核实：属实")
    assert "已交办" in await office.press(duty, "交办", unit="yjj")
    await office.forward(minutes=10)
    liaison = next(
        o.userid for o in office.desk.settings.organisation.officers if o.unit == "yjj" and "unit_liaison" in o.roles
    )
    assert "已签收" in await office.press(liaison, "签收")
    await office.press(leader, "看现状")
    await office.press(leader, "定级")
    assert "已定级" in await office.press(leader, "特别重大")
    await office.press(duty, "已报总值班室")
    for gate in ("会签已办", "保密审查已办", "审定已办"):
        await office.press(liaison, gate)
    incident = await office.incident()
    assert incident.confirmed is not None
    assert {c.code for c in incident.clocks if c.running and c.track == "public"} == {
        "first_statement_5h",
        "press_conference_24h",
    }
    await office.forward(hours=2)
    await office.press(duty, "登记发布")
    assert "权威信息时限已停" in await office.press(duty, "权威信息已发")
    met = {c.code: c.state for c in (await office.incident()).clocks}
    assert met["first_statement_5h"] is ClockState.MET
    await office.forward(hours=6)
    await office.press(duty, "登记发布")
    await office.press(duty, "发布会已开")
    met = {c.code: c.state for c in (await office.incident()).clocks}
    assert met["press_conference_24h"] is ClockState.MET
    assert [s for s in met.values() if s is ClockState.OVERDUE] == []
    await office.press(leader, "看现状")
    await office.press(leader, "办结")
    assert (await office.incident()).status is Status.OBSERVING


async def test_typed_words_alone_do_the_same(office: Room) -> None:
    duty, leader = office.duty.duty_officer, office.duty.duty_leader
    answer = await office.type(duty, "报 石坪镇大湾村山体滑坡 4人被埋 12345转")
    assert answer.startswith("已立案：1号")
    said = [
        (duty, "收到", "已收到"),
        (duty, "已报带班 1", "已记录电话报告带班领导"),
        (duty, "核实 1 属实 现场民警", "已登记核实结果"),
        (leader, "定级 1 特别重大 指挥部核报", "已定级"),
        (duty, "数字 1 遇难31 失联2 指挥部", "已登记人数"),
        (duty, "交办 1 应急管理局 自然资源局", "已交办"),
        (duty, "报送 1 总值班室李某", "已登记"),
        ("liqiang", "签收 1", "已签收"),
        ("liqiang", "会签 1", "已登记"),
        ("liqiang", "保密审查1", "已登记"),
        (leader, "审定 1 指挥长", "已登记"),
        (duty, "1 口径 正在全力救援，以官方发布为准", "已记入台账"),
    ]
    for user, line, expected in said:
        answer = await office.type(user, line)
        assert expected in answer, f"{line}: {answer}"
    await office.forward(hours=3)
    answer = await office.type(duty, "已发布 1 https://www.luxi.example/1 审核:陈静 发布人:何平 渠道:网站 单位:县新闻办")
    assert "权威信息时限已停（按时）" in answer
    await office.forward(hours=4)
    assert "发布会时限已停（按时）" in await office.type(duty, "发布会 1 08:30 县政府一楼")
    assert "已转入平息观察" in await office.type(leader, "办结 1")


async def test_a_press_of_a_stale_card_answers_with_the_present_state(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    card = office.card(duty, "收到")
    await office.type(duty, "核实 1 属实 现场")
    await office.type(duty, "交办 1 应急管理局")
    await office.press_key(duty, card, "1|acknowledge")
    text = office.shown(duty, card.id)
    assert "应急管理局签收" in text
    assert "代签收" in text


async def test_pressing_twice_records_once(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    card = office.card(duty, "收到")
    for _ in range(3):
        await office.emulator.press(duty, card.id, "1|acknowledge")
    await office.settle()
    assert (await office.events()).count("acknowledged") == 1


@pytest.mark.parametrize("mode", ["duplicate", "hold"])
async def test_doubled_and_late_deliveries_change_nothing_twice(office: Room, mode: str) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    office.emulator.switches.callbacks = mode
    await office.emulator.press(duty, office.card(duty, "收到").id, "1|acknowledge")
    await office.emulator.type(duty, "补录 1 02:25 已派人去现场")
    office.emulator.switches.callbacks = "normal"
    await office.emulator.courier.release(reverse=True)
    await office.settle()
    kinds = await office.events()
    assert kinds.count("acknowledged") == 1
    assert kinds.count("noted") == 1


async def test_a_lost_press_is_made_good_by_a_typed_word(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    office.emulator.switches.callbacks = "drop"
    await office.emulator.press(duty, office.card(duty, "收到").id, "1|acknowledge")
    office.emulator.switches.callbacks = "normal"
    await office.settle()
    assert not (await office.incident()).acknowledgements
    assert "已收到" in await office.type(duty, "收到 1")


async def test_a_person_not_in_the_roster_is_refused(tmp_path: Path) -> None:
    async with room(tmp_path / "data", NIGHT) as office:
        org = office.desk.settings.organisation
        gone = org.officers[-1].userid
        office.desk.settings = replace(
            office.desk.settings, organisation=replace(org, officers=tuple(o for o in org.officers if o.userid != gone))
        )
        assert "不在本单位名册" in await office.type(gone, "查询")


async def test_text_with_a_secrecy_mark_is_refused_and_not_kept(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    answer = await office.type(duty, "补录 1 机密★一年 某文件全文如下")
    assert "企业微信不得传递" in answer
    assert "noted" not in await office.events()
    rows = await office.desk.store.open_callbacks()
    assert rows == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("今天天气不错", "没有看懂“今天天气不错”。可以回："),
        ("核实 1", "请写明核实结果：属实、部分属实、不实或无法核实"),
        ("定级 1 很大", "请写明等级：特别重大、重大、较大或一般"),
        ("数字 1 不少人", "请写人数"),
        ("起算 1 昨天夜里", "请写明事发时间"),
        ("排除 1", "请写明排除原因"),
        ("交办 1 天宫局", "没有找到这个单位。可用的单位："),
        ("退回 1", "退回要写理由"),
        ("并案 1", "请写并入哪一件"),
        ("归类 1 外星", "没有这个类别。可用："),
        ("详情 77", "没有77号事件"),
        ("收到 77", "没有77号事件"),
        ("免除 1 太忙", "这一步须由主要负责人办理"),
        ("签收 1", "没有待签收的交办单"),
        ("归档 1", "不能这样办"),
        ("发布会 1 今晚23:50开", "尚未发布或召开的不能登记"),
        ("起算 1 88:99 依据", "请写成 04:35"),
        ("换班", "请写明请谁替班"),
        ("演练", "请写：演练 开始 情景"),
        ("报 火", "请写明地点和情况"),
    ],
)
async def test_wrong_input_is_answered_with_what_is_possible(office: Room, line: str, expected: str) -> None:
    await office.landslide()
    answer = await office.type(office.duty.duty_officer, line)
    assert expected in answer, answer
    assert "Error" not in answer


@pytest.mark.parametrize(
    ("line", "word", "number", "rest"),
    [
        ("收到12", "收到", 12, ""),
        ("12号收到", "收到", 12, ""),
        ("＃12 核实 属实", "核实", 12, "属实"),
        ("  查 未结", "查询", None, "未结"),
        ("转派 12 地环处", "交办", 12, "地环处"),
        ("发布会 12 09:30 地点", "发布会", 12, "09:30 地点"),
        ("报 3人被困", "报", None, "3人被困"),
        ("报送 12 李某", "报送", 12, "李某"),
        ("同意排除 12", "同意排除", 12, ""),
        ("？", "帮助", None, ""),
        ("/帮助", "帮助", None, ""),
    ],
)
def test_lines_are_read_tolerantly(line: str, word: str, number: int | None, rest: str) -> None:
    asked = parse(line)
    assert asked is not None
    assert (asked.command.words[0], asked.number, asked.rest) == (word, number, rest)


@pytest.mark.parametrize("line", ["12:30 出发", "你好", "", "12"])
def test_what_is_no_command_is_not_taken_for_one(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.words[0])
def test_the_example_of_every_command_is_understood(command: object) -> None:
    for word in command.words:  # type: ignore[attr-defined]
        asked = parse(f"{word} 12")
        assert asked is not None
        assert asked.command is command


async def test_help_shows_only_what_this_person_may_do(office: Room) -> None:
    await office.landslide()
    mine = await office.type(office.duty.duty_officer, "帮助")
    other = await office.type("liqiang", "帮助 1")
    assert "交办 1 " in mine
    assert "交办" not in other
    assert "归档" not in mine


async def test_help_names_nothing_there_is_nothing_to_do_about(office: Room) -> None:
    """No order to sign for, no correction to confirm; once there is an order, the unit is told first of all to sign."""
    duty = office.duty.duty_officer
    await office.landslide()
    before = await office.type("liqiang", "帮助 1")
    assert not [w for w in ("签收", "退回", "同意", "延期", "办理登记") if w in before]
    await office.type(duty, "收到 1")
    await office.type(duty, "交办 1 应急管理局")
    after = (await office.type("liqiang", "帮助 1")).splitlines()
    assert after[2].startswith("签收 1")
    assert "收到 1" not in await office.type(duty, "帮助 1")


async def test_help_fits_one_look_and_says_how_to_ask_for_more(office: Room) -> None:
    await office.landslide()
    mine = await office.type(office.duty.duty_officer, "帮助")
    assert len(mine.splitlines()) <= 13
    assert len(mine.encode()) <= 1000
    word = await office.type(office.duty.duty_officer, "帮助 发布会")
    assert "发布会 12 09:30 地点" in word


async def test_help_with_several_matters_lists_them(office: Room) -> None:
    await office.landslide()
    await office.landslide(title="青山乡滑坡", place={"county": "鹿溪县", "detail": "青山乡"})
    answer = await office.type(office.duty.duty_officer, "帮助")
    assert "帮助 1" in answer
    assert "2号 青山乡" in answer
    assert "到岗" in answer


async def test_help_can_be_asked_for_twice(office: Room) -> None:
    duty = office.duty.duty_officer
    assert await office.type(duty, "帮助")
    assert await office.type(duty, "帮助")


async def test_a_second_person_confirms_an_exclusion_with_casualties(office: Room) -> None:
    duty, leader = office.duty.duty_officer, office.duty.duty_leader
    await office.landslide()
    await office.type(duty, "数字 1 遇难3")
    await office.press(duty, "非本地／旧闻")
    await office.press(duty, "旧闻")
    assert (await office.incident()).open
    assert "确认" in " ".join(office.heard(leader))
    await office.press(leader, "同意排除")
    assert (await office.incident()).status is Status.DISMISSED


async def test_a_draft_states_confirmed_fields_only(office: Room) -> None:
    duty, leader = office.duty.duty_officer, office.duty.duty_leader
    await office.landslide()
    await office.type(duty, "数字 1 遇难4")
    blank = await office.type(duty, "底稿 1")
    assert blank.startswith("【首报底稿】")
    assert "四、伤亡失联：待核" in blank
    assert "大湾村" not in blank
    assert "可先电话念：鹿溪县11月22日" in blank
    assert "某地（地点待核）疑似发生地质灾害，未经核实" in blank
    await office.type(duty, "核实 1 属实 现场民警")
    await office.type(duty, "数字 1 遇难4 失联7 指挥部")
    await office.type(leader, "定级 1 重大 指挥部")
    await office.type(duty, "起算 1 02:10 接警记录")
    full = await office.type(duty, "底稿 1")
    assert "石坪镇大湾村发生地质灾害，已核实，遇难4人、失联7人，正在处置" in full
    assert "一、时间：11月22日02:10" in full
    assert "四、伤亡失联：遇难4人、失联7人" in full
    assert "五、等级：重大" in full
    await office.type(duty, "报送 1 总值班室")
    assert (await office.type(duty, "底稿 1")).startswith("【续报1底稿】")


async def test_the_service_record_lists_what_i_did_in_this_shift(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    await office.press(duty, "收到")
    await office.forward(minutes=1)
    await office.press(duty, "已电话报带班")
    answer = await office.type(duty, "履职单")
    assert "共2项" in answer
    assert "02:24 收到" in answer
    assert "02:25 电话报告带班领导" in answer


async def test_a_listing_is_paged(office: Room) -> None:
    for n in range(12):
        await office.landslide(title=f"{n}号沟滑坡")
    first = await office.type(office.duty.duty_officer, "查询")
    assert "在办12件" in first
    assert "下一页请回：查询 第2页" in first
    second = await office.type(office.duty.duty_officer, "查询 第2页")
    assert second.count("号 ") == 2


async def test_the_card_of_the_other_says_who_has_taken_the_matter(office: Room) -> None:
    duty, leader = office.duty.duty_officer, office.duty.duty_leader
    await office.landslide()
    await office.press(duty, "收到")
    shown = office.shown(leader, office.card(leader).id)
    assert "1号：彭海02:24已收到。" in shown
    assert "核实：属实" in shown
    assert "已电话报带班" not in shown, "who leads the watch does not report to himself"


async def test_the_cards_of_everybody_say_that_a_matter_has_ended(office: Room) -> None:
    duty, leader = office.duty.duty_officer, office.duty.duty_leader
    await office.landslide()
    await office.press(duty, "非本地／旧闻")
    await office.press(duty, "旧闻")
    await office.type(leader, "同意排除 1")
    card = office.card(leader)
    assert office.keys(card) == {}
    assert "排除" in office.shown(leader, card.id)


async def test_a_call_that_a_card_asked_for_is_recorded_by_one_press(office: Room) -> None:
    duty = office.duty.duty_officer
    now = office.clock.now()
    await office.landslide(event("graded", now, OFFICER, level="major", reasons=["指挥部定级"]))
    await office.forward(hours=4, minutes=10)
    await office.press(duty, "已电话报告")
    notes = [n for n in (await office.incident()).notes if n.kind == "phoned"]
    assert len(notes) == 1
    assert notes[0].by == duty
    assert "唐平" in notes[0].text
    assert any(c.state is ClockState.PENDING for c in (await office.incident()).clocks), "a call stops no clock"
