"""An officer who makes trouble through a whole 特别重大 matter: late, twice, out of order, from a stale card, without permission.

Nobody opens the board; the matter ends as it would have ended, and nothing is recorded twice.
"""

from __future__ import annotations

from pathlib import Path

from bot.rota_desk import name_of
from config.schema import Level
from playbooks.incident import ClockState, Status
from tests.bot.desk_room import Room, room
from tests.builders import at, graded


async def signs_out_of_order_and_twice(office: Room, duty: str, leader: str) -> None:
    """The first hour: before the order, without the right to, from the other's place."""
    assert "1号" in await office.type("liqiang", "签收 1"), "there is no order yet"
    assert "signed" not in await office.events()
    assert "须由" in await office.type("liqiang", "交办 1 应急管理局")
    assert "assigned" not in await office.events()
    await office.type(leader, "会签 1")
    assert "请写明等级" in await office.type(duty, "定级 1")
    await office.type(duty, "核实 1 属实 现场民警")
    await office.type(duty, "交办 1 应急管理局")
    again = await office.type(duty, "交办 1 应急管理局")
    assert "无需再办" in again
    assert (await office.events()).count("assigned") == 1
    for _ in range(2):
        await office.type("liqiang", "签收 1")
    assert (await office.events()).count("signed") == 1


async def test_the_matter_ends_well_in_spite_of_an_officer_who_makes_trouble(tmp_path: Path) -> None:
    async with room(tmp_path / "data", at("02:24")) as office:
        duty, leader = office.duty.duty_officer, office.duty.duty_leader
        await office.landslide(graded(Level.MAJOR, at("02:24")))
        stale = office.card(duty, "收到")
        keys = office.keys(stale)
        await office.forward(minutes=7)  # late: the next one is told
        assert "unread" in {m.kind for m in await office.desk.store.messages_of(1)}
        await office.press_key(duty, stale, keys["收到"])
        assert await office.emulator.type(duty, "收到 1")
        assert await office.emulator.type(duty, "收到 1")
        await office.settle()
        assert (await office.events()).count("acknowledged") == 1
        await signs_out_of_order_and_twice(office, duty, leader)
        assert "已定级" in await office.type(leader, "定级 1 特别重大 指挥部核报")
        assert "已定级" not in await office.type("liqiang", "免除 1 不想办")
        assert "waived" not in await office.events()
        await office.type(duty, "报送 1 总值班室李某")
        await office.forward(hours=1)
        early = await office.type(duty, "办结 1")
        assert (await office.incident()).open
        assert f"这一步须由带班领导、新闻办办理，请联系带班领导{name_of(office.desk, leader)}" in early
        assert "不能这样办" in await office.type(leader, "归档 1")
        wrong = await office.type(duty, "已发布 1 https://www.luxi.example/1 23:50")
        assert "早于事件起点" in wrong
        for _ in range(2):
            await office.type(duty, "已发布 1 https://www.luxi.example/1")
        await office.forward(hours=6)
        await office.type(duty, "发布会 1 县政府")
        state = {c.code: c.state for c in (await office.incident()).clocks}
        assert state["first_statement_5h"] is ClockState.MET
        assert state["press_conference_24h"] is ClockState.MET
        old = next(m for m in office.emulator.messages(duty) if m.id == stale.id)
        await office.press_key(duty, old, office.keys(old)["核实：属实"])  # done seven hours ago: no error, nothing twice
        assert "已经办过" in office.shown(duty, stale.id)
        assert (await office.events()).count("verified") == 1
        await office.type(leader, "办结 1")
        assert (await office.incident()).status is Status.OBSERVING
        assert [p for p in await office.desk.store.problems() if p.kind in ("callback", "step", "message")] == []
        refused = [e for e in await office.desk.store.events("system") if e.kind == "refused"]
        assert {(e.actor, e.data["reason"]) for e in refused} >= {
            ("liqiang", "wrong_role"),
            (duty, "wrong_role"),
            (leader, "wrong_state"),
        }
