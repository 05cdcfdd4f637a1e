"""Day limits from the officer's chair: registered by a line of chat, reminded, answered; the holiday table told when it is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from bot import calendar_care, once_a_day
from bot.board.forms import BY_CODE, command, offered
from bot.desk import Desk
from bot.reports import gather, render
from config.holidays import Holidays, Year
from playbooks.calendar import BEIJING
from playbooks.incident import ClockState
from tests.bot.desk_room import Room
from tests.bot.desk_room import room as enter_room
from tests.builders import settings

MONDAY = datetime(2026, 9, 21, 9, 30, tzinfo=BEIJING)


async def test_a_hotline_order_is_registered_reminded_and_answered_in_chat(tmp_path: Path) -> None:
    async with enter_room(tmp_path, MONDAY) as room:
        await room.landslide()
        user = room.duty.duty_officer
        said = await room.type(user, "登记事项 1 热线 9-21 热线0921号")
        assert "已登记收到时间" in said
        assert "工单受理 9月22日 24:00前" in said
        assert "请写明是哪一类" in await room.type(user, "登记事项 1 明信片")
        await room.forward(days=7)
        cards = [m.content for m in room.emulator.messages(user) if "工单" in str(m.content) and m.msgtype != "text"]
        assert any("9月29日 24:00前" in str(c) for c in cards), "five working days from Monday, three days off between"
        user = room.duty.duty_officer
        said = await room.type(user, "办理登记 1 工单办结 办结单3号")
        assert "工单办结时限已停（按时）" in said
        incident = await room.desk.store.incident(1)
        assert incident is not None
        states = {c.code: c.state for c in incident.clocks if c.track == "service"}
        assert states["hotline_settle"] is ClockState.MET
        assert states["hotline_answer"] in (ClockState.PENDING, ClockState.OVERDUE)
        found = await gather(room.desk.store, room.desk.settings, 1, room.desk.now())
        paper = render(found, "md").decode()
        assert "（四）对来访来信来电人的答复" in paper
        assert "5个工作日内办理热线工单" in paper


async def test_the_one_who_registers_hears_that_a_year_has_no_table(tmp_path: Path) -> None:
    async with enter_room(tmp_path, datetime(2026, 12, 24, 9, 30, tzinfo=BEIJING)) as room:
        await room.landslide()
        said = await room.type(room.duty.duty_officer, "登记事项 1 热线 12-24")
        assert "“7个工作日内答复来电人”没有开始计时：没有2027年的节假日数据" in said
        await calendar_care.care(room.desk)
        assert ("calendar", "1") in {(p.kind, p.subject) for p in await room.desk.store.problems()}
        years = room.desk.settings.holidays.years
        new_year = Year(off=frozenset({date(2027, 1, 1)}), work=frozenset(), source="通知")
        room.desk.settings = replace(room.desk.settings, holidays=Holidays(years={**years, 2027: new_year}))
        room.clock.advance_to(room.desk.now() + timedelta(days=3))
        await calendar_care.care(room.desk)
        started = next(c for c in (await room.incident()).clocks if c.code == "hotline_answer")
        assert started.due_at == datetime(2027, 1, 6, tzinfo=BEIJING), "25, 28-31 December, 4 and 5 January"
        assert ("calendar", "1") not in {(p.kind, p.subject) for p in await room.desk.store.problems()}


async def told(room: Room, desk: Desk) -> list[str]:
    await room.settle()
    admins = [o.userid for o in desk.settings.organisation.officers if o.board == "admin"]
    return [str(m.content["content"]) for a in admins for m in room.emulator.messages(a) if "节假日" in str(m.content)]


async def test_administrators_are_told_once_a_week_until_the_table_is_entered(tmp_path: Path) -> None:
    async with enter_room(tmp_path, datetime(2026, 10, 30, 8, 0, tzinfo=BEIJING)) as room:
        desk = room.desk
        await calendar_care.care(desk)
        assert await told(room, desk) == []
        for days in (3, 1, 1):  # 2, 3 and 4 November, one week
            room.clock.advance_to(desk.now() + timedelta(days=days))
            await calendar_care.care(desk)
        admins = sum(1 for o in desk.settings.organisation.officers if o.board == "admin")
        assert len(await told(room, desk)) == admins
        assert ("calendar", "year") in {(p.kind, p.subject) for p in await desk.store.problems()}
        room.clock.advance_to(desk.now() + timedelta(days=7))
        await calendar_care.care(desk)
        assert len(await told(room, desk)) == 2 * admins
        years = desk.settings.holidays.years
        desk.settings = replace(desk.settings, holidays=Holidays(years={**years, 2027: years[2026]}))
        await calendar_care.care(desk)
        assert ("calendar", "year") not in {(p.kind, p.subject) for p in await desk.store.problems()}


async def test_one_daily_job_that_fails_stops_no_other_and_is_a_problem(tmp_path: Path) -> None:
    done: list[str] = []

    async def broken(desk: Desk) -> None:
        raise OSError("no space")

    async def well(desk: Desk) -> None:
        done.append("well")

    async with enter_room(tmp_path, MONDAY) as room:
        await once_a_day.once_a_day(room.desk, (("一", broken), ("二", well)))
        assert done == ["well"]
        assert [p.detail[:6] for p in await room.desk.store.problems() if p.kind == "job"] == ["每日任务“一"]
        await once_a_day.once_a_day(room.desk, (("一", well),))
        assert [p for p in await room.desk.store.problems() if p.kind == "job"] == []


def test_the_shipped_table_belongs_to_the_settings() -> None:
    assert {2025, 2026} <= set(settings().holidays.years)


async def test_the_boards_forms_say_the_same_lines_and_come_when_there_is_something_to_do(tmp_path: Path) -> None:
    async with enter_room(tmp_path, MONDAY) as room:
        await room.landslide()
        user = room.duty.duty_officer
        head = next(o.userid for o in room.desk.settings.organisation.officers if "unit_head" in o.roles)

        async def fill(code: str, who: str, **given: str) -> str:
            word, rest = command(BY_CODE[code], given, room.desk.settings)
            return await room.type(who, f"{word} 1 {rest}")

        every = tuple(BY_CODE)
        assert not {"fulfil", "extend"} & {f.code for f in offered(every, await room.incident())}
        assert "已登记收到时间" in await fill("enter_duty", user, what="依申请公开", at="2026-09-18T15:00", text="申请3号")
        assert {"fulfil", "extend"} <= {f.code for f in offered(every, await room.incident())}
        assert "已登记延期" in await fill("extend", head, reason="需征求第三方意见")
        assert "公开答复时限已停（按时）" in await fill(
            "fulfil", user, what="公开答复", at="2026-09-21T09:00", text="答复书1号"
        )
        assert not {"fulfil", "extend"} & {f.code for f in offered(every, await room.incident())}
