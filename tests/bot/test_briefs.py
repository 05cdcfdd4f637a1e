"""Morning and evening brief: at their hours once, true, harmless, behind every alarm and never at night."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import briefs
from bot.desk import act
from bot.outbox import BRIEF
from bot.routine import routine
from bot.scheduler import build_scheduler
from config.schema import Level, Settings
from monitors.item import Item, ItemKind
from tests.bot.desk_room import Room, room
from tests.builders import LEADER, at, graded, settings


def rules(*hours: str, zero: str = "08:00") -> Settings:
    base = settings()
    return replace(base, bot=replace(base.bot, brief_at=hours, zero_report_at=zero))


async def heard(made: Room, user: str) -> list[str]:
    await routine(made.service)
    await made.settle()
    return [h for h in made.heard(user) if "【晨报】" in h or "【晚报】" in h]


async def test_the_morning_brief_says_what_the_night_brought_and_what_comes_next(tmp_path: Path) -> None:
    async with room(tmp_path, at("02:24"), rules("08:10", "17:30")) as made:
        await made.landslide(graded(Level.MAJOR, at("02:24")))
        await made.landslide(title="青山乡滑坡", place={"county": "鹿溪县", "detail": "青山乡"})
        assert await heard(made, made.duty.duty_officer) == []
        await made.forward(hours=5, minutes=47)
        (text,) = await heard(made, made.duty.duty_officer)
        assert await heard(made, made.duty.duty_officer) == [text], "once"
        assert "【晨报】截至08:11" in text
        assert "新立案2件" in text
        assert "已超时1件" in text
        assert "1号 " in text
        assert "青山乡" in text
        assert "来源0个" in text
        assert await heard(made, made.duty.duty_leader) == [text]
        assert await heard(made, "chenjing") == [text], "the press office"
        assert await heard(made, "liqiang") == []


async def test_a_quiet_night_is_left_to_the_zero_report_or_told_where_there_is_none(tmp_path: Path) -> None:
    for zero, count in (("08:00", 0), ("", 1)):
        async with room(tmp_path / f"d{count}", at("08:10"), rules("08:10", zero=zero)) as made:
            assert len(await heard(made, made.duty.duty_officer)) == count


async def test_no_names_titles_or_places_of_special_matters(tmp_path: Path) -> None:
    base = rules("08:10")
    thin = replace(base, bot=replace(base.bot, thin_categories=("geo_damage",)))
    async with room(tmp_path, at("08:10"), thin) as made:
        await made.landslide(title="大湾村滑坡张某被埋")
        (text,) = await heard(made, made.duty.duty_officer)
        assert "1号 专线事项" in text
        assert "大湾村" not in text
        assert "张某" not in text


async def test_a_brief_missed_by_hours_or_due_at_night_is_not_sent(tmp_path: Path) -> None:
    async with room(tmp_path, at("02:24"), rules("02:00", "17:30", zero="")) as made:
        assert await heard(made, made.duty.duty_officer) == []
        await made.forward(hours=17, minutes=10)  # 19:34
        assert await heard(made, made.duty.duty_officer) == []


async def test_a_brief_kept_back_until_the_night_waits_for_the_morning(tmp_path: Path) -> None:
    async with room(tmp_path, at("21:50"), rules("21:50", zero="")) as made:
        made.clock.advance_to(at("21:59"))
        await routine(made.service)
        made.clock.advance_to(at("22:00"))
        await made.settle()
        assert await heard(made, "chenjing") == []
        await made.forward(hours=9, minutes=29)
        assert await heard(made, "chenjing") == []
        await made.forward(minutes=1)
        assert len(await heard(made, "chenjing")) == 1


async def test_slow_burns_stand_in_the_brief(tmp_path: Path) -> None:
    async with room(tmp_path, at("09:00"), rules("17:30")) as made:
        for day in range(3):
            made.clock.advance_to(at("09:00") + timedelta(days=day))
            item = Item(
                id=f"i{day}",
                source="hotline",
                kind=ItemKind.HOTLINE,
                title=f"石坪镇李家村征地补偿款拖欠{'不发' * day}",
                url=f"https://x.example/{day}",
                seen_at=made.clock.now(),
            )
            assert await made.desk.store.add_item(item)
            await made.desk.join()
        made.clock.advance_to(at("17:31") + timedelta(days=2))
        (text,) = await heard(made, "chenjing")
        assert "慢热1条" in text
        assert "3人提出3次" in text


async def test_a_long_brief_leaves_out_whole_lines_and_keeps_the_last(tmp_path: Path) -> None:
    async with room(tmp_path, at("08:10"), rules("08:10")) as made:
        for n in range(20):
            await made.landslide(title=f"{n}号沟滑坡", place={"county": "鹿溪县", "detail": f"石坪镇大湾村第{n}号沟"})
        (text,) = await heard(made, "chenjing")
        assert "新立案20件" in text
        assert "另有12件" in text
    long = briefs.fitted([*(f"第{n}行" * 30 for n in range(50)), "末行"])
    assert len(long.encode()) <= briefs.LIMIT
    assert long.endswith("（内容较多，其余请到总览查看）\n末行")


async def test_an_ended_matter_is_no_longer_open_in_it(tmp_path: Path) -> None:
    async with room(tmp_path, at("08:10"), rules("08:10", zero="")) as made:
        await made.landslide()
        await act(made.desk, 1, "exclude", LEADER, {"reason": "old_news"})
        (text,) = await heard(made, "chenjing")
        assert "在办：无" in text
        assert "1号" in text


async def test_the_scheduler_looks_every_minute_and_a_failure_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with room(tmp_path, at("08:10"), rules("08:10", zero="")) as made:

        async def nothing() -> None: ...

        assert build_scheduler(made.service, nothing).get_job("routine") is not None

        async def broken(*_: object, **__: object) -> str:
            raise RuntimeError("x")

        with monkeypatch.context() as patch:
            patch.setattr(briefs, "brief", broken)
            assert await heard(made, "chenjing") == []
        assert [p.subject for p in await made.desk.store.problems() if p.kind == "job"] == ["简报"]
        assert len(await heard(made, "chenjing")) == 1
        assert [p for p in await made.desk.store.problems() if p.kind == "job"] == []
        assert BRIEF == "brief"


def test_a_clock_that_jumps_is_told_the_next_hour_of_a_brief() -> None:
    hours = ("08:10", "17:30")
    assert briefs.next_slot(hours, at("02:24")) == at("08:10")
    assert briefs.next_slot(hours, at("08:10")) == at("17:30"), "an hour that has come is past"
    assert briefs.next_slot(hours, at("17:31")) == at("08:10") + timedelta(days=1)
    assert briefs.next_slot(("08:10",), at("09:00")) == at("08:10") + timedelta(days=1)
    assert briefs.next_slot((), at("09:00")) is None
