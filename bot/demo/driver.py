"""Playing a story: headless from instant to instant, or in real time at a given speed.

headless: at each instant, until nothing is in flight: the routine of the hour (briefs, 到岗) is looked at, feeds are polled, stored callbacks worked, due steps sent, then the
officers' next act; then the clock jumps to the next due instant. Virtual time is stored before it moves, so a killed
process continues at the instant where it died (design.md §6).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web

from bot.app import Running, listening, login_link, serving
from bot.clock import VirtualClock
from bot.demo import feeds
from bot.demo.script import ARRIVAL_HOLD, ARRIVE, Act, Script
from bot.demo.story import Story
from bot.emulator.corp import Corp, Member
from bot.emulator.server import Emulator
from bot.emulator.server import serving as emulating
from bot.routine import next_look, routine
from bot.service import Service
from config.schema import Settings
from playbooks.ladder import BEIJING

CORPID, SECRET, AGENT = "ww0demo0demo0demo0", "demo-secret-not-a-secret", 1000002
TOKEN, AES_KEY = "demoToken", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
NOW = "demo.now"
SETTLE = 60
AUDIT_EVERY = timedelta(minutes=30)
ROUTINE_EVERY = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Stage:
    """Everything on stage: story, clock, service, emulator, officers and the addresses to open."""

    story: Story
    clock: VirtualClock
    service: Service
    emulator: Emulator
    script: Script
    board: str
    phone: str


def corp_of(settings: Settings) -> Corp:
    """The emulator's corp: every officer of the organisation as a member."""
    org = settings.organisation
    names = {u.code: u.short or u.name for u in org.units}
    members = tuple(
        Member(userid=o.userid, name=o.name, unit=names.get(o.unit, ""), title=o.title, phone=o.phone) for o in org.officers
    )
    return Corp(
        corpid=CORPID, secret=SECRET, agentid=AGENT, token=TOKEN, aes_key=AES_KEY, name=f"{org.short}舆情值班", members=members
    )


@contextlib.asynccontextmanager
async def stage(
    story: Story, settings: Settings, data: Path, *, speed: float, board_port: int, phone_port: int
) -> AsyncIterator[Stage]:
    """Open feed server, emulator, bot and board on loopback; an existing data folder is continued."""
    data.mkdir(parents=True, exist_ok=True)
    async with contextlib.AsyncExitStack() as stack:
        clock = VirtualClock(_resume(data, story.start), speed)
        feed_app = _feed_app(story, clock.now)
        feed_port = await stack.enter_async_context(listening(feed_app, "127.0.0.1", 0))
        emulator = Emulator(corp_of(settings), data / "emulator", clock.now)
        emulator.auto_resume = False
        phone = await stack.enter_async_context(emulating(emulator, phone_port))
        wecom = replace(
            settings.wecom,
            base_url=phone,
            oauth_url=phone,
            login_url=phone,
            corpid=CORPID,
            secret=SECRET,
            agentid=AGENT,
            token=TOKEN,
            aes_key=AES_KEY,
        )
        public = settings.bot.public_url or f"http://127.0.0.1:{board_port}"
        wired = replace(settings, wecom=wecom, bot=replace(settings.bot, public_url=public))
        running: Running = await stack.enter_async_context(
            serving(wired, data, clock, sources={"demo:": f"http://127.0.0.1:{feed_port}"})
        )
        port = await stack.enter_async_context(listening(running.app, "127.0.0.1", board_port))
        if not await emulator.connect(f"http://127.0.0.1:{port}/wecom/callback"):
            raise RuntimeError("回调地址校验没有通过。")
        await emulator.resume()
        emulator.links = (("总览", f"http://127.0.0.1:{port}/"),)
        yield Stage(
            story=story,
            clock=clock,
            service=running.service,
            emulator=emulator,
            script=Script(story, emulator, wired.organisation),
            board=f"http://127.0.0.1:{port}",
            phone=phone,
        )


def _feed_app(story: Story, now: Callable[[], datetime]) -> web.Application:
    app = web.Application()
    app.add_routes(feeds.routes(story, now))
    return app


def _resume(data: Path, start: datetime) -> datetime:
    """The instant at which the last run stopped, else the story's start."""
    file = data / NOW
    return datetime.fromisoformat(file.read_text()) if file.exists() else start


def keep_time(data: Path, now: datetime) -> None:
    """Store the virtual time, whole or not at all."""
    temporary = data / f"{NOW}.new"
    temporary.write_text(now.isoformat())
    temporary.replace(data / NOW)


async def quiet(stage: Stage) -> None:
    """Run everything that is due at this instant until nothing is in flight."""
    for _ in range(SETTLE):
        report = await stage.service.poll()
        moved = await stage.service.pump()
        while stage.emulator.busy:
            await asyncio.sleep(0.001)
        if not moved and not report.get("polled") and not await stage.service.desk.store.open_callbacks():
            return
    raise RuntimeError("演示在同一时刻反复变化，没有停下来。")


async def play(stage: Stage, data: Path, until: datetime) -> None:
    """Headless: jump from instant to instant until the end."""
    audited = stage.clock.now()
    acts: list[Act] | None = None
    while True:
        now = stage.clock.now()
        keep_time(data, now)
        seen = len(stage.emulator.ledger_file.rows("select 1 from delivery"))
        await routine(stage.service)  # first, so that a run killed at this instant finds the same state when it comes back
        await quiet(stage)
        if acts is None or seen != len(stage.emulator.ledger_file.rows("select 1 from delivery")):
            acts = stage.script.acts()
        if acts and acts[0].at <= now:
            await stage.script.perform(acts[0])
            acts = None
            continue
        if now - audited >= AUDIT_EVERY:
            audited = now
            await stage.service.audit()
            continue
        after = await _next_instant(stage, acts, now)
        if after is None or after > until:
            stage.clock.advance_to(until)
            keep_time(data, until)
            await quiet(stage)
            return
        stage.clock.advance_to(after)


async def _next_instant(stage: Stage, acts: list[Act], now: datetime) -> datetime | None:
    """The earliest of: a due row, a poll, an hour of the routine, an act."""
    candidates = [a.at for a in acts[:1]]
    for at in (
        await stage.service.desk.store.next_fire(),
        stage.service.intake.next_poll(),
        next_look(stage.service),
    ):
        if at is not None:
            candidates.append(at)
    later = [at if at > now else now + timedelta(seconds=1) for at in candidates]
    return min(later) if later else None


async def play_live(stage: Stage, data: Path, until: datetime, hold: timedelta) -> None:
    """In real time at the clock's speed: the script acts for officers who have not acted `hold` after it would have.

    A card on which it had to begin it also finishes, at the story's own pace: nobody is playing that officer.
    """
    begun: set[int] = set()
    looked: datetime | None = None
    while stage.clock.now() < until:
        keep_time(data, stage.clock.now())
        if looked is None or stage.clock.now() - looked >= ROUTINE_EVERY:
            looked = stage.clock.now()
            await routine(stage.service)
        await stage.service.poll()
        await stage.service.pump()
        now = stage.clock.now()
        for act in stage.script.acts():
            waits = bool(act.key) and act.message_id not in begun
            held = min(hold, ARRIVAL_HOLD) if act.key == ARRIVE else hold
            if act.at + (held if waits else timedelta(0)) <= now:
                begun.add(act.message_id)
                await stage.script.perform(act)
                break
        await asyncio.sleep(0.25)


async def first_link(stage: Stage) -> str:
    """One-time link for the first officer who may use the board."""
    org = stage.service.desk.settings.organisation
    officer = next(iter(org.administrators), org.officers[0])
    return await login_link(stage.service.desk, officer.userid)


def beijing(at: datetime) -> str:
    return at.astimezone(BEIJING).strftime("%m-%d %H:%M")
