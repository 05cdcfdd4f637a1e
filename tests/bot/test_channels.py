"""Beside the app message: meters that no member exceeds, the group robot, the SMS and voice gateway, refused words."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.channels.gateway import Gateway, gateway_request
from bot.emulator.corp import Webhook
from bot.metering import MINUTE, Meters
from bot.outbox import queue, reply_message
from bot.store.port import MessageRow
from bot.wecom.errors import OutcomeUnknown, SendError
from config.schema import Level
from playbooks.ladder import steps
from tests.bot.rig import Rig, rig
from tests.builders import at, graded

NOW = at("02:24")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path / "data", NOW) as made:
        yield made


class Exchange:
    """An SMS and voice gateway that notes what it was asked."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.status = 200
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.calls.append(await request.json())
        return web.Response(status=self.status)


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    made = Exchange()
    app = web.Application()
    app.router.add_post("/call", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/call"
    yield made
    await runner.cleanup()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


def row(priority: int, kind: str = "first") -> MessageRow:
    return MessageRow(
        id="m",
        incident=1,
        recipient="a",
        kind=kind,
        task_id="",
        request=b"{}",
        text="",
        created_at=NOW,
        due_at=NOW,
        priority=priority,
    )


@pytest.mark.parametrize(("priority", "most"), [(-1, 28), (0, 18), (1, 18), (2, 18), (3, 15), (4, 12), (5, 12)])
def test_each_kind_of_message_has_its_share_of_a_minute(priority: int, most: int) -> None:
    meters = Meters()
    sent = 0
    while not meters.wait(row(priority), NOW):
        meters.note(row(priority), NOW)
        sent += 1
    assert sent == most
    assert meters.wait(row(priority), NOW) == timedelta(minutes=1)
    assert not meters.wait(row(priority), NOW + timedelta(minutes=1))


def test_what_waits_has_a_slot_of_its_own_and_comes_back_once() -> None:
    meters = Meters()
    queue = [replace(row(1), id=f"m{n:02}") for n in range(60)]
    at = dict.fromkeys((one.id for one in queue), NOW)
    asked = 0
    sent: list[tuple[str, datetime]] = []
    while at:
        now = min(at.values())
        for one in [one for one in queue if at.get(one.id) == now]:
            asked += 1
            if pause := meters.wait(one, now):
                at[one.id] = now + pause
            else:
                meters.note(one, now)
                sent.append((one.id, at.pop(one.id)))
    assert [key for key, _ in sent] == [one.id for one in queue]
    assert [sum(t == NOW + timedelta(minutes=n) for _, t in sent) for n in range(4)] == [18, 18, 18, 6]
    assert asked == 18 + 2 * 42


def test_the_more_urgent_take_the_slot_of_those_that_wait() -> None:
    meters = Meters()
    for n in range(18):
        meters.note(replace(row(1), id=f"s{n}"), NOW)
    assert [meters.wait(replace(row(1), id=f"w{n}"), NOW) for n in range(20)] == [MINUTE] * 18 + [2 * MINUTE] * 2
    assert meters.wait(replace(row(0), id="alarm"), NOW) == MINUTE
    assert not meters.wait(replace(row(-1), id="grave"), NOW)


async def test_answers_leave_room_for_an_alarm(desk: Rig) -> None:
    """Somebody asks twenty times in a minute: the alarm that comes then waits for none of it."""
    user = desk.watch()[0]
    for n in range(20):
        await queue(desk.desk, reply_message(desk.desk, user, f"在办{n}件", f"k{n}"))
    await desk.pump()
    asked = len(desk.shown(user))
    await desk.open()
    await desk.pump()
    assert asked < 20
    assert any("大湾村" in t for t in desk.texts(user)[asked:])


async def test_an_alarm_goes_before_the_answers_that_were_queued_before_it(desk: Rig) -> None:
    user = desk.watch()[0]
    for n in range(5):
        await queue(desk.desk, reply_message(desk.desk, user, f"在办{n}件", f"k{n}"))
    await desk.open()
    await desk.pump()
    heard = desk.texts(user)
    assert "大湾村" in heard[0]
    assert sum("在办" in t and "大湾村" not in t for t in heard[1:]) == 5


async def test_a_countdown_of_a_general_matter_does_not_stand_behind_answers(desk: Rig) -> None:
    """Twenty answers asked for in the minute in which it falls due, more than the meter lets through: the countdown goes first."""
    matter = await desk.open(graded(Level.GENERAL, NOW))
    await desk.pump()
    rung = next(s for s in steps(matter, desk.desk.settings) if s.clock_code == "response_48h" and s.role == "duty_officer")
    desk.clock.forward(seconds=(rung.fire_at - desk.clock.now()).total_seconds() + 1)
    user = desk.watch()[0]  # of the shift of that hour
    before = len(desk.texts(user))
    for n in range(20):
        await queue(desk.desk, reply_message(desk.desk, user, f"在办{n}件", f"k{n}"))
    await desk.pump()
    heard = desk.texts(user)[before:]
    assert "大湾村" in heard[0]
    assert any("在办" in t for t in heard[1:])


def test_updates_of_cards_are_no_messages() -> None:
    meters = Meters()
    for _ in range(100):
        meters.note(row(0, "update"), NOW)
    assert not meters.wait(row(0, "update"), NOW)
    assert not meters.wait(row(0), NOW)


async def test_a_flood_of_alarms_keeps_the_meters_and_loses_nothing(desk: Rig) -> None:
    desk.emulator.switches.per_minute, desk.emulator.switches.per_hour = 30, 1000
    for n in range(120):
        more = (graded(Level.MAJOR, NOW),) if n % 20 == 7 else ()
        await desk.open(*more, title=f"{n}号沟滑坡")
    for _ in range(20):
        await desk.pump()
        desk.clock.forward(seconds=1)
    early = {r.body for r in desk.shown("penghai")}
    grave = [n for n in range(1, 121) if (n - 1) % 20 == 7]
    assert all(any(f'"{n}号 ' in body for body in early) for n in grave)
    await desk.until(NOW + timedelta(minutes=45))
    rows = desk.emulator.ledger()
    assert [r for r in rows if not r.shown and not r.repeat] == [], "WeCom dropped a message"
    minutes = Counter((r.user, int(r.received_at.timestamp() // 60)) for r in rows)
    assert max(minutes.values()) <= 30
    told = " ".join(r.body for r in desk.shown("penghai"))
    assert all(f'"{n}号 ' in told for n in range(1, 121))
    assert "短时间内提醒较多" in told


async def test_the_duty_group_gets_the_thin_card_of_a_grave_matter_only(tmp_path: Path) -> None:
    async with rig(tmp_path / "data", NOW) as desk:
        desk.emulator.office.corp = replace(desk.emulator.office.corp, webhooks=(Webhook(key="hook-1", name="值班群"),))
        wired = replace(desk.desk.settings.wecom, webhook="hook-1")
        desk.desk.settings = replace(
            desk.desk.settings, wecom=wired, bot=replace(desk.desk.settings.bot, public_url="http://127.0.0.1:1")
        )
        desk.desk.board_url = "http://127.0.0.1:1"
        await desk.open()
        await desk.pump()
        assert desk.shown("group:hook-1") == []
        await desk.open(graded(Level.MAJOR, NOW), title="青山乡滑坡")
        await desk.pump()
        [card] = desk.shown("group:hook-1")
        assert "2号" in card.body
        assert "大湾村" not in card.body
        assert "button_list" not in card.body


async def test_a_group_robot_that_is_gone_holds_up_no_officer(tmp_path: Path) -> None:
    async with rig(tmp_path / "data", NOW) as desk:
        desk.desk.settings = replace(desk.desk.settings, wecom=replace(desk.desk.settings.wecom, webhook="no-such-key"))
        desk.desk.board_url = "http://127.0.0.1:1"
        await desk.open(graded(Level.MAJOR, NOW))
        await desk.pump()
        assert {r.user for r in desk.shown()} >= {"penghai", "gaolin"}
        assert ("channel", "group") in await desk.problems()


async def test_nobody_pressed_received_so_the_gateway_calls(
    desk: Rig, exchange: Exchange, session: aiohttp.ClientSession
) -> None:
    desk.desk.gateway = Gateway(session, exchange.url)
    await desk.open(graded(Level.MAJOR, NOW))
    await desk.until(NOW + timedelta(minutes=4))
    assert exchange.calls, "no call after three minutes of silence"
    first = exchange.calls[0]
    officer = desk.desk.settings.organisation.officer("penghai")
    assert officer is not None
    assert first["phone"] == officer.phone
    assert "1号紧急事项" in first["text"]
    assert "大湾村" not in first["text"]
    assert len({c["id"] for c in exchange.calls}) == len(exchange.calls)


@pytest.mark.parametrize(("status", "error"), [(404, SendError), (500, OutcomeUnknown)])
async def test_what_a_gateway_answers_is_understood(
    exchange: Exchange, session: aiohttp.ClientSession, status: int, error: type[Exception]
) -> None:
    exchange.status = status
    with pytest.raises(error):
        await Gateway(session, exchange.url).send(gateway_request("1", "0000", "张三", "请看企业微信"))
    assert exchange.calls[0]["name"] == "张三"


async def test_a_gateway_out_of_reach_is_tried_again_and_told(desk: Rig, session: aiohttp.ClientSession) -> None:
    desk.desk.gateway = Gateway(session, "http://127.0.0.1:9/call")
    await desk.open(graded(Level.MAJOR, NOW))
    await desk.until(NOW + timedelta(minutes=5))
    assert ("channel", "voice") in await desk.problems()
    calls = [m for m in await desk.messages() if m.kind == "voice"]
    assert {m.state for m in calls} == {"failed"}
    assert {m.attempts for m in calls} == {3}


@pytest.mark.parametrize("code", [40201, 40204, 85002])
async def test_refused_words_become_a_neutral_card_for_the_same_steps(desk: Rig, code: int) -> None:
    desk.desk.board_url = "http://127.0.0.1:1"
    desk.fault("errcode", times=1, code=code)
    await desk.open()
    await desk.pump()
    bodies = [r.body for r in desk.shown()]
    assert len(bodies) == 2
    neutral = [b for b in bodies if "有专线事项，请到值班室" in b]
    assert len(neutral) == 1
    assert "大湾村" not in neutral[0]
    first = [r for r in (await desk.steps()).values() if r.code == "first"]
    assert {r.state for r in first} == {"sent"}
    assert ("wecom", "content") in await desk.problems()


async def test_a_neutral_card_that_is_refused_too_goes_to_the_next_person(desk: Rig) -> None:
    desk.fault("errcode", times=4, code=40201)
    await desk.open()
    await desk.pump()
    assert desk.shown() != []
    failed = [m for m in await desk.messages() if m.state == "failed"]
    assert failed
    assert all("反垃圾" in m.error for m in failed)


async def test_a_restart_does_not_forget_what_a_person_was_sent(desk: Rig) -> None:
    """Meters are read from the store: a new process keeps the limits of the one before it, and of its neighbours."""
    for n in range(30):
        await desk.open(title=f"{n}号沟滑坡")
    await desk.pump()
    first = len(desk.shown("penghai"))
    assert first <= 28
    desk.desk.meters = Meters()
    await desk.pump()
    for n in range(10):
        await desk.open(title=f"{n}号桥塌陷")
    await desk.pump()
    assert len(desk.shown("penghai")) == first
    await desk.until(NOW + timedelta(minutes=10))
    told = " ".join(r.body for r in desk.shown("penghai"))
    assert all(f'"{n}号 ' in told for n in range(1, 41)), "nothing lost"
    minutes = Counter(int(r.received_at.timestamp() // 60) for r in desk.shown("penghai"))
    assert max(minutes.values()) <= 30
