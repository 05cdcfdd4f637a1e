"""The watcher watched: what should have been due is derived again, and what is missing comes back and is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.audit import Auditor
from bot.desk import change
from config.schema import Level
from tests.bot.rig import Rig, rig
from tests.builders import LEADER, at, event, graded, hours

NOW = at("02:24")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path / "data", NOW) as made:
        await made.open(graded(Level.MAJOR, NOW))
        await made.pump()
        yield made


async def by_hand(desk: Rig, sql: str, **params: object) -> None:
    await desk.desk.store.engine.write(lambda tx: tx.run(sql, params))  # type: ignore[attr-defined]


async def test_a_desk_in_order_is_clean_and_says_how_much_it_looked_at(desk: Rig) -> None:
    result = await desk.audit()
    assert (result.incidents, result.missing, result.stalled) == (1, (), ())
    assert result.clean
    assert await desk.problems() == set()


async def test_a_step_deleted_by_hand_comes_back_is_told_and_is_sent_in_time(desk: Rig) -> None:
    lost = next(k for k, r in (await desk.steps()).items() if r.code == "half" and r.role == "duty_officer")
    await by_hand(desk, "delete from step where key = :key", key=lost)
    result = await desk.audit()
    assert result.missing == (lost,)
    assert ("audit", "missing") in await desk.problems()
    row = (await desk.steps())[lost]
    assert row.state == "pending"
    await desk.until(row.fire_at)
    assert (await desk.steps())[lost].state == "sent"
    assert (await desk.audit()).clean
    assert ("audit", "missing") not in await desk.problems()


async def test_a_step_deleted_after_it_fell_due_is_sent_at_once(desk: Rig) -> None:
    lost = next(k for k, r in (await desk.steps()).items() if r.code == "half" and r.role == "duty_officer")
    due = (await desk.steps())[lost].fire_at
    await desk.until(due - timedelta(seconds=1))
    await by_hand(desk, "delete from step where key = :key", key=lost)
    desk.clock.at = due + timedelta(minutes=1)
    before = len(desk.shown(desk.watch()[0]))
    await desk.audit()
    await desk.pump()
    assert (await desk.steps())[lost].state == "sent"
    assert len(desk.shown(desk.watch()[0])) == before + 1


async def test_a_step_cancelled_by_hand_is_wanted_again(desk: Rig) -> None:
    lost = next(k for k, r in (await desk.steps()).items() if r.code == "half" and r.role == "duty_officer")
    await by_hand(desk, "update step set state = 'cancelled' where key = :key", key=lost)
    result = await desk.audit()
    assert result.missing == (lost,)
    assert (await desk.steps())[lost].state == "pending"


async def test_a_step_unsent_for_two_minutes_is_told_until_it_has_gone(desk: Rig) -> None:
    await desk.until(NOW + hours(2))
    assert (await desk.audit()).clean
    desk.down()
    await desk.until(NOW + hours(2.5) + timedelta(minutes=3))
    result = await desk.audit()
    assert result.stalled
    assert ("audit", "stalled") in await desk.problems()
    desk.up()
    await desk.until(NOW + hours(2.5) + timedelta(minutes=12))
    assert (await desk.audit()).clean
    assert ("audit", "stalled") not in await desk.problems()


async def test_a_step_held_by_a_message_that_vanished_is_queued_again(desk: Rig) -> None:
    desk.down()
    await desk.until(NOW + hours(2.5))
    rows = [m for m in await desk.messages() if m.state == "pending"]
    for m in rows:
        await by_hand(desk, "delete from message where id = :id", id=m.id)
        await by_hand(desk, "delete from step_message where message = :id", id=m.id)
    desk.up()
    await desk.until(NOW + hours(2.5) + timedelta(minutes=3))
    held = [k for m in rows for k in m.steps]
    assert {(await desk.steps())[k].state for k in held} == {"sending"}
    assert set((await desk.audit()).stalled) == set(held)
    await desk.pump()
    assert {(await desk.steps())[k].state for k in held} <= {"sent", "passed"}
    assert (await desk.audit()).clean


async def test_a_clock_that_passed_its_due_time_unseen_is_marked_overdue(desk: Rig) -> None:
    desk.clock.at = NOW + hours(5) + timedelta(seconds=1)
    await desk.audit()
    incident = await desk.desk.store.incident(1)
    assert incident is not None
    assert next(c for c in incident.clocks if c.code == "first_statement_5h").state.value == "overdue"


async def test_one_broken_incident_does_not_hide_the_others(desk: Rig) -> None:
    await desk.open(title="乙村滑坡")
    await desk.pump()
    lost = next(k for k, r in (await desk.steps(2)).items() if r.state == "pending")
    await by_hand(desk, "delete from step where key = :key", key=lost)
    await by_hand(desk, "update incident set state = replace(state, :a, :b) where number = 1", a='"version":', b='"versiom":')
    desk.desk.store._decoded.clear()  # type: ignore[attr-defined]
    result = await desk.audit()
    assert lost in result.missing
    assert ("audit", "1") in await desk.problems()
    assert not result.clean


async def test_an_incident_changed_while_it_is_audited_is_not_told_as_missing(desk: Rig) -> None:
    await change(desk.desk, 1, lambda i: (event("graded", NOW, LEADER, level="significant", reasons=["x"]),))
    assert (await desk.audit()).clean


async def _lose(desk: Rig, number: int, code: str = "final") -> str:
    lost = next(k for k, r in (await desk.steps(number)).items() if r.code == code and r.clock_code == "first_statement_5h")
    await by_hand(desk, "delete from step where key = :key", key=lost)
    return lost


async def test_what_is_in_order_and_has_nothing_due_is_looked_at_in_turn(desk: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.audit.IN_TURN", 1)
    for n in (2, 3):
        await desk.open(graded(Level.MAJOR, NOW), title=f"第{n}村滑坡")
    await desk.pump()
    auditor = Auditor(desk=desk.desk)
    assert (await auditor.run()).clean
    lost = [await _lose(desk, n) for n in (1, 2, 3)]
    found = [(await auditor.run()).missing for _ in range(3)]
    assert sorted(key for part in found for key in part) == sorted(lost)
    assert [len(part) for part in found] == [1, 1, 1]


async def test_what_fell_due_or_changed_is_looked_at_in_every_pass(desk: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.audit.IN_TURN", 0)
    auditor = Auditor(desk=desk.desk)
    assert (await auditor.run()).clean
    lost = await _lose(desk, 1)
    assert (await auditor.run()).missing == ()
    desk.clock.at = NOW + hours(4.5)
    assert (await auditor.run()).missing == (lost,)
    other = await _lose(desk, 1, "due")
    await change(desk.desk, 1, lambda i: (event("noted", desk.clock.now(), LEADER, text="x"),))
    await by_hand(desk, "delete from step where key = :key", key=other)
    assert (await auditor.run()).missing == (other,)


async def test_a_clock_is_marked_overdue_in_the_pass_after_it_ran_out(desk: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.audit.IN_TURN", 0)
    auditor = Auditor(desk=desk.desk)
    await auditor.run()
    await by_hand(desk, "update step set state = 'sent' where fire_at < :at", at=int((NOW + hours(6)).timestamp() * 1000))
    desk.clock.at = NOW + hours(5) + timedelta(milliseconds=1)
    await auditor.run()
    incident = await desk.desk.store.incident(1)
    assert incident is not None
    assert next(c for c in incident.clocks if c.code == "first_statement_5h").state.value == "overdue"
