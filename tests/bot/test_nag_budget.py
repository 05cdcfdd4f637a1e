"""At most so many pushes to anybody but the owner in the first hours; statutory steps always go out and are counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.schema import Level
from tests.bot.rig import Rig, rig
from tests.builders import at, graded, hours, settings

NOW = at("02:24")
LIMIT = 3


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Rig]:
    rules = settings()
    limited = replace(rules, bot=replace(rules.bot, push_limit=LIMIT))
    async with rig(tmp_path / "data", NOW, rules=limited) as made:
        await made.open(graded(Level.MAJOR, NOW), high_consequence=True)
        yield made


async def test_the_leader_is_spared_the_desks_own_reminders_and_no_statutory_step(desk: Rig) -> None:
    officer, leader = desk.watch()
    await desk.until(NOW + hours(4.9))
    rows = (await desk.steps()).values()
    spared = [r for r in rows if r.reason == "nag_budget"]
    assert spared
    assert {r.state for r in spared} == {"passed"}
    assert {r.clock_code for r in spared} == {"verify"}
    assert {r.role for r in spared} == {"duty_leader"}
    due = [r for r in rows if r.fire_at <= NOW + hours(4.9) and r.clock_code in ("first_statement_5h", "upward_report")]
    assert {r.state for r in due if r.role in ("duty_officer", "duty_leader")} == {"sent"}
    assert len([r for r in rows if r.clock_code == "verify" and r.role == "duty_officer" and r.state == "sent"]) > LIMIT
    pushes = [m for m in await desk.messages() if m.recipient == leader and m.steps]
    early = sorted(pushes, key=lambda m: m.created_at)[:LIMIT]
    assert any(":verify:" in k for m in early for k in m.steps) or all(":verify:" not in k for m in pushes for k in m.steps)
    assert len(desk.shown(officer)) > len(desk.shown(leader))


async def test_after_the_first_hours_the_reminders_come_again(desk: Rig) -> None:
    await desk.until(NOW + hours(4.9))
    assert await desk.desk.store.pushes(1) == {
        user: len({m.id for m in await desk.messages() if m.recipient == user and m.steps})
        for user in {m.recipient for m in await desk.messages() if m.steps}
    }
    assert (await desk.audit()).clean
    spared = {k for k, r in (await desk.steps()).items() if r.reason == "nag_budget"}
    await desk.until(NOW + hours(9))
    assert {k for k, r in (await desk.steps()).items() if r.reason == "nag_budget"} == spared
