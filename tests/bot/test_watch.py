"""Clock care, signs of life, outages: a turned wall clock loses and doubles nothing, and whoever must know is told."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot import outage
from bot.audit import Audit
from bot.pulse import Pulse, alive, healthy, notify
from bot.scheduler import Every
from bot.steady import ClockWrong, SteadyClock, boot, check
from bot.watch import Watch, span
from config.schema import Level
from playbooks.record import iso
from tests.bot.rig import Rig, rig
from tests.builders import at, graded, hours

NOW = at("02:24")


class Machine:
    """A machine whose wall clock can be turned and which can be put to sleep."""

    def __init__(self, start: datetime) -> None:
        self.wall, self.up, self.ran = start, 1000.0, 500.0

    def run(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.up += seconds
        self.ran += seconds

    def sleep(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.up += seconds

    def turn(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)

    def clock(self) -> SteadyClock:
        return SteadyClock(lambda: self.wall, lambda: self.up, lambda: self.ran)


@pytest.fixture
def machine() -> Machine:
    return Machine(NOW)


@pytest.mark.parametrize("seconds", [3 * 3600, -3 * 3600, 30 * 365 * 86400, 5], ids=["+3h", "-3h", "+30y", "+5s"])
def test_a_turned_wall_clock_is_seen_and_does_not_move_program_time(machine: Machine, seconds: float) -> None:
    clock = machine.clock()
    machine.run(10)
    assert clock.look().stepped == 0
    machine.turn(seconds)
    machine.run(1)
    look = clock.look()
    assert look.stepped == pytest.approx(seconds)
    assert look.slept == 0
    machine.run(1)
    assert clock.look().stepped == 0
    assert clock.now() == NOW + timedelta(seconds=12)


def test_a_clock_turned_back_right_is_seen_again(machine: Machine) -> None:
    clock = machine.clock()
    machine.turn(600)
    clock.look()
    machine.turn(-600)
    look = clock.look()
    assert (look.stepped, round(look.off)) == (-600, 0)


def test_sleep_moves_program_time_and_is_no_step(machine: Machine) -> None:
    clock = machine.clock()
    machine.sleep(7200)
    machine.run(1)
    look = clock.look()
    assert look.slept == pytest.approx(7200)
    assert look.stepped == 0
    assert clock.now() == NOW + timedelta(seconds=7201)


def test_network_time_is_followed_in_small_corrections(machine: Machine) -> None:
    clock = machine.clock()
    for _ in range(100):
        machine.run(1)
        machine.turn(0.5)
        assert clock.look().stepped == 0
    assert abs(clock.now() - machine.wall) < timedelta(milliseconds=2)


def test_the_real_uptime_goes_on() -> None:
    first = boot()
    assert boot() >= first > 0
    assert abs((SteadyClock().now() - datetime.now(UTC)).total_seconds()) < 60


@pytest.mark.parametrize("year", [1970, 2024, 2056])
def test_a_clock_that_cannot_be_right_refuses_to_start(year: int) -> None:
    with pytest.raises(ClockWrong, match=f"{year}年.*校准系统时间"):
        check(datetime(year, 6, 1, tzinfo=UTC))
    check(datetime(2026, 11, 22, tzinfo=UTC))


def test_beats_never_catch_up_and_never_stop() -> None:
    beat = Every(seconds=1)
    assert beat.get_next_fire_time(None, NOW) == NOW + timedelta(seconds=1)
    assert beat.get_next_fire_time(NOW, NOW + timedelta(milliseconds=3)) == NOW + timedelta(seconds=1)
    years = NOW + timedelta(days=30 * 365)
    assert beat.get_next_fire_time(NOW, years) == years + timedelta(seconds=1)
    assert beat.get_next_fire_time(NOW + hours(3), NOW) == NOW + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("seconds", "words"), [(45, "45秒"), (-10800, "3小时"), (90, "1分钟"), (172800, "2天"), (946_080_000, "30年")]
)
def test_lengths_of_time_are_said_in_words(seconds: float, words: str) -> None:
    assert span(seconds) == words


class Loops:
    """Stands for the service: the desk of a rig and a pump that the watch may have to run itself."""

    def __init__(self, desk: Rig) -> None:
        self.rig, self.desk = desk, desk.desk
        self.beat: datetime | None = None
        self.audited: Audit | None = None

    async def pump(self) -> int:
        await self.rig.pump()
        self.beat = self.desk.now()
        return 0


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path / "data", NOW) as made:
        yield made


def watch_of(desk: Rig, machine: Machine, armed: list[int]) -> Watch:
    clock = machine.clock()
    desk.desk.clock = clock
    pulse = Pulse(desk=desk.desk, url="")
    return Watch(service=Loops(desk), clock=clock, pulse=pulse, rearm=lambda: armed.append(1))  # type: ignore[arg-type]


@pytest.mark.parametrize("seconds", [3 * 3600, -3 * 3600, 30 * 365 * 86400], ids=["+3h", "-3h", "+30y"])
async def test_a_turned_clock_is_told_and_no_step_is_lost_or_doubled(desk: Rig, machine: Machine, seconds: float) -> None:
    armed: list[int] = []
    watch = watch_of(desk, machine, armed)
    await desk.open(graded(Level.MAJOR, NOW))
    await watch.look()
    before = len(desk.shown())
    machine.turn(seconds)
    machine.run(1)
    await watch.look()
    assert armed == [1]
    assert ("clock", "step") in await desk.problems()
    told = [r for r in desk.shown()[before:] if "系统时钟被拨动" in r.body]
    await desk.pump()
    told = [r for r in desk.shown()[before:] if "系统时钟被拨动" in r.body]
    assert {r.user for r in told} >= set(desk.watch())
    assert len(desk.shown()) - before == len(told), "no step fired because of the turned clock"
    for _ in range(30):
        machine.run(600)
        await watch.look()
        await desk.pump()
    half = [r for r in (await desk.steps()).values() if r.code == "half" and r.clock_code == "first_statement_5h"]
    assert {r.state for r in half} <= {"sent", "passed", "seen"}
    cards = [r.body for r in desk.shown() if "template_card" in r.body]
    assert len(cards) == len(set(cards))
    machine.turn(-seconds)
    await watch.look()
    assert ("clock", "step") not in await desk.problems()


async def test_two_hours_asleep_send_what_fell_due_and_enter_the_ledger(desk: Rig, machine: Machine) -> None:
    armed: list[int] = []
    watch = watch_of(desk, machine, armed)
    await desk.open(graded(Level.MAJOR, NOW))
    await watch.look()
    machine.run(3600)
    await watch.look()
    machine.sleep(7200)
    machine.run(1)
    await watch.look()
    await desk.pump()
    rows = await desk.steps()
    assert not [r for r in rows.values() if r.fire_at <= desk.desk.now() and r.state in ("pending", "sending")]
    (event,) = [e for e in await desk.desk.store.events("system") if e.kind == "outage"]
    assert event.data["what"] == "service"
    assert event.data["count"] == len(event.data["steps"]) > 0  # type: ignore[arg-type]
    (row,) = [p for p in await desk.desk.store.problems(open_only=False) if p.kind == "outage"]
    assert row.resolved_at is not None
    assert row.resolved_at - row.first_at == timedelta(hours=2)
    assert any("停止运行" in t for t in desk.texts(desk.watch()[0]))


async def test_a_stop_is_found_at_the_next_start(desk: Rig) -> None:
    await outage.started(desk.desk)
    assert await desk.problems() == set()
    await outage.beat(desk.desk, None)
    desk.clock.forward(minutes=90)
    await outage.started(desk.desk)
    assert [e.kind for e in await desk.desk.store.events("system")] == ["outage"]
    desk.clock.forward(seconds=60)
    await outage.started(desk.desk)
    assert len(await desk.desk.store.events("system")) == 1


async def test_a_start_before_the_last_sign_of_life_is_told(desk: Rig) -> None:
    await desk.desk.store.set_meta(outage.BEAT, iso(NOW + hours(3)))
    await outage.started(desk.desk)
    assert ("clock", "back") in await desk.problems()
    await outage.started(desk.desk)
    assert ("clock", "back") not in await desk.problems()


async def test_the_sign_of_life_is_kept_every_half_minute(desk: Rig) -> None:
    kept = await outage.beat(desk.desk, None)
    desk.clock.forward(seconds=10)
    assert await outage.beat(desk.desk, kept) == kept
    desk.clock.forward(seconds=30)
    assert await outage.beat(desk.desk, kept) == desk.clock.now()


async def test_skew_against_the_database_is_a_problem_until_it_is_gone(
    desk: Rig, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = watch_of(desk, machine, [])
    ahead = [timedelta(seconds=5)]

    async def server() -> datetime:
        return desk.desk.now() - ahead[0]

    monkeypatch.setattr(desk.desk.store, "server_time", server)
    await watch.look()
    assert ("clock", "database") in await desk.problems()
    ahead[0] = timedelta(0)
    machine.run(61)
    await watch.look()
    assert ("clock", "database") not in await desk.problems()


async def test_the_watch_outlives_what_it_watches(desk: Rig, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = watch_of(desk, machine, [])
    looked: list[int] = []

    async def broken(self: Watch) -> None:
        looked.append(1)
        raise OSError("disk")

    monkeypatch.setattr(Watch, "look", broken)
    task = asyncio.create_task(watch.run())
    async with asyncio.timeout(60):
        while len(looked) < 2:
            await asyncio.sleep(0.05)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def audit_at(when: datetime, *missing: str) -> Audit:
    return Audit(at=when, incidents=1, missing=missing, stalled=())


async def test_life_and_health_are_two_things(desk: Rig) -> None:
    loops = Loops(desk)
    assert not alive(loops)  # type: ignore[arg-type]
    loops.beat = NOW
    assert alive(loops)  # type: ignore[arg-type]
    assert not healthy(loops)  # type: ignore[arg-type]
    loops.audited = audit_at(NOW)
    assert healthy(loops)  # type: ignore[arg-type]
    loops.audited = audit_at(NOW, "k")
    assert alive(loops)  # type: ignore[arg-type]
    assert not healthy(loops)  # type: ignore[arg-type]
    desk.clock.forward(minutes=3)
    assert not alive(loops)  # type: ignore[arg-type]


async def test_the_heartbeat_stops_when_the_audit_fails(desk: Rig) -> None:
    calls: list[int] = []

    async def answer(request: web.Request) -> web.Response:
        calls.append(1)
        return web.Response(status=200 if len(calls) < 3 else 500)

    app = web.Application()
    app.add_routes([web.get("/ping", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    loops = Loops(desk)
    pulse = Pulse(desk=desk.desk, url=f"http://127.0.0.1:{runner.addresses[0][1]}/ping")

    async def beat(result: Audit) -> None:
        loops.beat, loops.audited = NOW, result
        pulse.beat(loops)  # type: ignore[arg-type]
        if pulse.task:
            await pulse.task

    try:
        await beat(audit_at(NOW))
        await beat(audit_at(NOW, "lost"))
        assert len(calls) == 1
        await beat(audit_at(NOW))
        assert await desk.problems() == set()
        for _ in range(3):
            await beat(audit_at(NOW))
        assert ("heartbeat", "url") in await desk.problems()
        calls.clear()
        await beat(audit_at(NOW))
        assert ("heartbeat", "url") not in await desk.problems()
    finally:
        await runner.cleanup()


def test_systemd_hears_where_it_listens(tmp_path: Path) -> None:
    assert not notify("WATCHDOG=1", {})
    assert not notify("WATCHDOG=1", {"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "s"))
        assert notify("WATCHDOG=1", {"NOTIFY_SOCKET": str(tmp_path / "s")})
        assert server.recv(64) == b"WATCHDOG=1"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(f"\0yqbot-test-{tmp_path.name}")
        assert notify("READY=1", {"NOTIFY_SOCKET": f"@yqbot-test-{tmp_path.name}"})
        assert server.recv(64) == b"READY=1"
