"""Queue -> send -> mark over real SQLite and real HTTP: what is due arrives once, at the right person, and is still true."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.desk import act, change
from bot.emulator.switches import Fault
from bot.outbox import reply_message
from bot.store.port import StepRow
from bot.tick import deliver, tick
from config.schema import Level
from tests.bot.rig import Rig, rig
from tests.builders import LEADER, OFFICER, PRESS, at, event, figure, graded, hours

NOW = at("02:24")
PUBLIC = ("first_statement_5h", "press_conference_24h")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path / "data", NOW) as made:
        yield made


def carried(rows: dict[str, StepRow], state: str) -> list[str]:
    return sorted(k for k, r in rows.items() if r.state == state)


async def test_a_due_step_is_queued_sent_marked_and_recorded(desk: Rig) -> None:
    await desk.open()
    await desk.pump()
    first = [r for r in (await desk.steps()).values() if r.code == "first"]
    assert {r.state for r in first} == {"sent"}
    assert {r.user for r in desk.shown()} == set(desk.watch())
    told = [e for e in await desk.desk.store.events("incident:1") if e.kind == "notified"]
    assert {k for e in told for k in e.data["steps"]} >= {r.key for r in first}  # type: ignore[attr-defined]


async def test_nothing_is_sent_before_it_is_due(desk: Rig) -> None:
    await desk.open()
    await desk.pump()
    before = len(desk.shown())
    desk.clock.at = NOW + timedelta(seconds=30)
    await desk.pump()
    assert len(desk.shown()) == before


async def test_steps_of_one_incident_due_together_are_one_message_a_person(desk: Rig) -> None:
    await desk.open(graded(Level.MAJOR, NOW))
    await desk.pump()
    desk.clock.at = NOW + hours(6)
    before = len(desk.shown())
    await desk.pump()
    assert max(Counter(r.user for r in desk.shown()[before:]).values()) == 1


async def test_a_step_met_before_it_is_claimed_is_not_sent(desk: Rig) -> None:
    await desk.open(graded(Level.MAJOR, NOW))
    await desk.pump()
    desk.clock.at = NOW + hours(2)
    await act(desk.desk, 1, "release", PRESS, {"kind": "authoritative_info", "url": "https://www.example.cn/1"})
    before = len(desk.shown())
    await desk.until(NOW + hours(6))
    rows = await desk.steps()
    assert {r.state for r in rows.values() if r.clock_code == "first_statement_5h" and r.fire_at > NOW + hours(2)} == {
        "cancelled"
    }
    assert not any("5小时" in text for text in desk.texts(desk.watch()[0])[before:])


async def test_a_step_met_while_its_message_waited_is_withdrawn_with_a_reason(desk: Rig) -> None:
    await desk.open(figure("trapped", 4, NOW))
    await desk.pump()
    desk.clock.at = NOW + timedelta(minutes=3)
    await tick(desk.desk)
    waiting = [m for m in await desk.messages() if m.state == "pending" and any(":acknowledge:" in k for k in m.steps)]
    assert waiting
    await act(desk.desk, 1, "acknowledge", OFFICER, {})
    before = len(desk.shown())
    await deliver(desk.desk)
    assert len(desk.shown()) == before
    assert {m.state for m in await desk.messages() if m.id in {w.id for w in waiting}} == {"cancelled"}
    rows = await desk.steps()
    assert {(rows[k].state, rows[k].reason) for w in waiting for k in w.steps} == {("cancelled", "met_meanwhile")}


@pytest.mark.parametrize("kind", ["lost", "garbled", "reset", "http"])
async def test_an_unknown_outcome_is_repeated_byte_for_byte_and_shown_once(desk: Rig, kind: str) -> None:
    desk.fault(kind, code=502)
    await desk.open()
    await desk.pump()
    rows = desk.emulator.ledger()
    assert len(rows) == len({(r.user, r.body) for r in rows}) + sum(r.repeat for r in rows)
    assert Counter(r.user for r in desk.shown()) == dict.fromkeys(desk.watch(), 1)
    assert {m.state for m in await desk.messages()} == {"sent"}
    assert ("wecom", "send") not in await desk.problems()


async def test_a_message_that_may_have_left_is_not_rewritten_though_it_is_stale(desk: Rig) -> None:
    await desk.open()
    await tick(desk.desk)
    desk.fault("lost", times=2)
    await deliver(desk.desk)
    frozen = {m.id: m.request for m in await desk.messages()}
    assert {m.state for m in await desk.messages()} == {"unknown"}
    desk.clock.forward(hours=1)
    await act(desk.desk, 1, "acknowledge", OFFICER, {})
    await desk.pump()
    assert {m.id: m.request for m in await desk.messages() if m.id in frozen} == frozen
    assert {r.body for r in desk.emulator.ledger() if r.repeat} <= {b.decode() for b in frozen.values()}


async def test_a_process_that_died_between_send_and_mark_repeats_the_same_bytes(desk: Rig) -> None:
    await desk.open()
    await tick(desk.desk)
    wall, lease = desk.desk.lease()
    died = await desk.desk.store.claim_messages(desk.clock.now(), wall, "dead", wall - timedelta(seconds=1), 20)
    assert desk.desk.wecom is not None
    for m in died:
        await desk.desk.wecom.send(m.request)
    desk.clock.forward(minutes=30)
    await desk.pump()
    repeats = [r for r in desk.emulator.ledger() if r.repeat]
    assert {r.body for r in repeats} == {m.request.decode() for m in died}
    assert lease > wall
    events = await desk.desk.store.events("incident:1")
    assert {e.data["repeat"] for e in events if e.kind == "notified" and e.data["message"] in {m.id for m in died}} == {True}


async def test_one_unreachable_recipient_stops_nobody_and_somebody_is_asked_to_pass_it_on(desk: Rig) -> None:
    desk.emulator.switches.faults.append(Fault(kind="errcode", path="message/send", code=81013, times=1))
    await desk.open()
    await desk.pump()
    rows = await desk.messages()
    assert sum(m.state == "failed" for m in rows) == 1
    failed = next(m for m in rows if m.state == "failed")
    (relayed,) = [m for m in rows if m.id.startswith("relay-")]
    assert relayed.recipient != failed.recipient
    assert "请代为转告" in desk.texts(relayed.recipient)[-1]
    assert {r.state for r in (await desk.steps()).values() if r.code == "first"} == {"sent"}


async def test_an_unreachable_duty_team_ends_and_leaves_problems_not_a_loop(desk: Rig) -> None:
    desk.fault("errcode", times=1_000_000, code=81013)
    await desk.open()
    await desk.until(NOW + hours(1))
    assert desk.shown() == []
    assert {m.state for m in await desk.messages()} == {"failed"}
    assert ("wecom", "send") in await desk.problems()


async def test_a_broken_incident_does_not_stop_another(desk: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.open(title="甲村滑坡")
    await desk.open(title="乙村滑坡")
    from bot import due as module

    real = module.compose

    def broken(d, incident, *more, **named):  # type: ignore[no-untyped-def]
        if incident.number == 1:
            raise ValueError("damaged")
        return real(d, incident, *more, **named)

    monkeypatch.setattr(module, "compose", broken)
    await tick(desk.desk)
    await deliver(desk.desk)
    assert {m.incident for m in await desk.messages(2)} == {2}
    assert ("step", "1") in await desk.problems()
    monkeypatch.undo()
    desk.desk = replace(desk.desk, owner="p2")
    rows = await desk.steps(1)
    assert {r.state for r in rows.values() if r.code == "first"} == {"sending"}


async def test_one_that_cannot_be_written_does_not_take_its_slice_along(desk: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot import due as module

    for n in range(1, 6):
        await desk.open(title=f"第{n}村滑坡")
    real = module.compose

    def spoiled(d, incident, *more, **named):  # type: ignore[no-untyped-def]
        rows = real(d, incident, *more, **named)
        return [replace(m, request=b"\xff") for m in rows] if incident.number == 3 else rows

    monkeypatch.setattr(module, "compose", spoiled)
    await tick(desk.desk)
    monkeypatch.undo()
    assert [len(await desk.messages(n)) > 0 for n in range(1, 6)] == [True, True, False, True, True]
    assert ("step", "3") in await desk.problems()
    desk.desk = replace(desk.desk, owner="p2", alone_since=datetime.now(UTC) + timedelta(seconds=1))
    await desk.pump()
    assert {m.state for n in range(1, 6) for m in await desk.messages(n)} == {"sent"}


async def test_in_a_flood_cards_are_written_when_they_leave_and_frozen_from_then_on(
    desk: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.due.WRITTEN", 1)
    for n in range(1, 4):
        await desk.open(title=f"第{n}村滑坡")
    await tick(desk.desk)
    assert [m.request == b"" for n in range(1, 4) for m in await desk.messages(n)] == [False, False, True, True, True, True]
    desk.fault("lost", times=6)
    await deliver(desk.desk)
    frozen = {m.id: m.request for n in range(1, 4) for m in await desk.messages(n)}
    assert all(frozen.values())
    desk.clock.forward(minutes=2)
    await desk.pump()
    assert {m.id: m.request for n in range(1, 4) for m in await desk.messages(n) if m.id in frozen} == frozen
    assert len({r.body for r in desk.emulator.ledger()}) == len({(r.user, r.body) for r in desk.shown()})


async def test_a_process_that_died_before_it_wrote_the_card_costs_nothing(desk: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.due.WRITTEN", 0)
    await desk.open()
    await tick(desk.desk)
    wall, lease = desk.desk.lease()
    assert await desk.desk.store.claim_messages(desk.desk.now(), wall, "died", lease, 10)
    desk.desk = replace(desk.desk, owner="p2", alone_since=datetime.now(UTC) + timedelta(seconds=1))
    await desk.pump()
    assert Counter(r.user for r in desk.shown()) == dict.fromkeys(desk.watch(), 1)
    assert {m.state for m in await desk.messages()} == {"sent"}


async def test_six_hours_without_wecom_end_in_one_true_message_a_person(desk: Rig) -> None:
    await desk.open(graded(Level.MAJOR, NOW))
    await desk.pump()
    desk.clock.forward(minutes=5)
    await desk.pump()
    desk.down()
    await desk.until(NOW + hours(6))
    assert ("wecom", "send") in await desk.problems()
    before = len(desk.emulator.ledger())
    desk.up()
    await desk.until(NOW + hours(6) + timedelta(minutes=6))
    after = [r for r in desk.emulator.ledger()[before:] if r.shown]
    cards = Counter(r.user for r in after if "template_card" in r.body)
    assert cards
    assert max(cards.values()) == 1
    text = next(r.body for r in after if r.user == desk.watch()[0] and "template_card" in r.body)
    assert "已过时限" in text
    assert "应于07:24前发布权威信息 现08:2" in text
    rows = await desk.steps()
    public = [r for r in rows.values() if r.clock_code == "first_statement_5h" and r.fire_at <= desk.clock.now()]
    assert len({r.due_at for r in public}) >= 4
    newest = {r.role: max(x.due_at for x in public if x.role == r.role) for r in public}
    for r in public:
        assert (
            r.state == ("sent" if r.due_at == newest[r.role] or r.state == "sent" else "passed") or r.reason == "not_assigned"
        )
    assert not {r.state for r in public} & {"sending", "pending", "unknown"}
    assert any("企业微信自" in t and "停机期间已过" in t for t in desk.texts(desk.watch()[0]))
    assert [e.data["what"] for e in await desk.desk.store.events("system") if e.kind == "outage"] == ["wecom"]


async def test_after_an_outage_that_crossed_a_shift_the_new_officer_is_told(desk: Rig) -> None:
    await desk.open(graded(Level.MAJOR, NOW))
    await desk.pump()
    first = desk.desk.duty().duty_officer
    desk.down()
    await desk.until(NOW + hours(12))
    second = desk.desk.duty().duty_officer
    assert second != first
    before = len(desk.emulator.ledger())
    desk.up()
    await desk.until(NOW + hours(12) + timedelta(minutes=6))
    cards = [r for r in desk.emulator.ledger()[before:] if r.shown and "template_card" in r.body]
    roles_now = Counter(r.user for r in cards)
    assert roles_now[second.lower()] == 1
    assert first.lower() not in roles_now


async def test_a_short_refusal_is_retried_and_arrives_once(desk: Rig) -> None:
    desk.fault("errcode", times=3)
    await desk.open()
    await desk.until(NOW + timedelta(minutes=2))
    first = [r for r in desk.shown() if "大湾村" in r.body]
    assert {r.user for r in first} == set(desk.watch())
    assert {r.state for r in (await desk.steps()).values() if r.code == "first"} <= {"sent"}


async def test_a_deleted_incident_cancels_its_steps(desk: Rig) -> None:
    await desk.open()
    await desk.desk.store.engine.write(lambda tx: tx.run("delete from incident where number = 1"))  # type: ignore[attr-defined]
    desk.desk.store._decoded.clear()  # type: ignore[attr-defined]
    await tick(desk.desk)
    assert {(r.state, r.reason) for r in (await desk.steps()).values() if r.code == "first"} == {("cancelled", "no_incident")}


async def test_changing_an_incident_wakes_the_loop(desk: Rig) -> None:
    woken: list[int] = []
    desk.desk.wake = lambda: woken.append(1)
    await desk.open()
    await change(desk.desk, 1, lambda i: (event("graded", NOW, LEADER, level="major", reasons=["x"]),))
    assert len(woken) == 2


async def test_a_slow_line_is_shared_by_many_people_and_each_hears_in_order(desk: Rig) -> None:
    users = [o.userid for o in desk.desk.settings.organisation.officers][:6]
    now = desk.clock.now()
    rows = [
        replace(reply_message(desk.desk, user, f"第{n}条", f"k{n}"), created_at=now, due_at=now + timedelta(milliseconds=n))
        for n in range(2)
        for user in users
    ]
    await desk.desk.store.settle_steps({}, rows, now)
    desk.clock.forward(seconds=1)
    desk.clock.speed = 1.0
    desk.emulator.switches.faults.append(Fault(kind="delay", path="message/send", times=12, seconds=0.1))
    busy = most = 0
    real = desk.desk.wecom.send  # type: ignore[union-attr]

    async def counted(*args: object, **named: object) -> object:
        nonlocal busy, most
        busy, most = busy + 1, max(most, busy + 1)
        try:
            return await real(*args, **named)  # type: ignore[arg-type]
        finally:
            busy -= 1

    desk.desk.wecom.send = counted  # type: ignore[method-assign,union-attr]
    assert await deliver(desk.desk) == 12
    assert 2 <= most <= len(users), "together, but one at a time to each"
    for user in users:
        texts = desk.texts(user)
        assert ["第0条" in texts[0], "第1条" in texts[1]] == [True, True]


async def test_while_wecom_is_out_of_order_one_message_tries_alone(desk: Rig) -> None:
    busy = most = 0
    real = desk.desk.wecom.send  # type: ignore[union-attr]

    async def counted(*args: object, **named: object) -> object:
        nonlocal busy, most
        busy, most = busy + 1, max(most, busy + 1)
        try:
            await asyncio.sleep(0.01)
            return await real(*args, **named)  # type: ignore[arg-type]
        finally:
            busy -= 1

    users = [o.userid for o in desk.desk.settings.organisation.officers][:6]
    await desk.desk.store.settle_steps({}, [reply_message(desk.desk, u, "一", "k1") for u in users], desk.clock.now())
    desk.clock.speed = 1.0
    desk.desk.wecom.send = counted  # type: ignore[method-assign,union-attr]
    desk.desk.breaker.since = desk.clock.now()
    await deliver(desk.desk)
    assert most == 1
