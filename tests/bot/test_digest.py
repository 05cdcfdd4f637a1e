"""The zero-report line: at its hour, once a day, true about sources and matters, and switched off where nobody wants it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.digest import daily, health_of, zero_report
from bot.scheduler import arm
from bot.store.port import SourceState
from config.schema import Settings, Source
from tests.bot.desk_room import Room, room
from tests.builders import at, settings


def rules(when: str) -> Settings:
    base = settings()
    return replace(base, bot=replace(base.bot, zero_report_at=when))


async def lines(made: Room) -> list[str]:
    await made.settle()
    return [h for h in made.heard(made.duty.duty_officer) if "截至" in h]


async def test_a_quiet_day_is_one_line_once(tmp_path: Path) -> None:
    async with room(tmp_path, at("08:00"), rules("08:00")) as made:
        for _ in range(2):
            await daily(made.desk)
        (line,) = await lines(made)
        assert "24小时内无新立案，在办0件，无超时" in line


async def test_sources_and_matters_are_counted_as_they_are(tmp_path: Path) -> None:
    async with room(tmp_path, at("08:00"), rules("08:00")) as made:
        feeds = tuple(Source(id=f"s{n}", name=f"来源{n}", kind="feed", url=f"http://{n}.example/") for n in range(3))
        off = replace(feeds[0], id="off", enabled=False)
        made.desk.settings = replace(made.desk.settings, sources=(*feeds, off))
        for source, failures in (("s0", 0), ("s1", 3), ("off", 9)):
            state = SourceState(
                source_id=source, failures=failures, last_error="响应超时" if failures else "", last_try_at=at("07:55")
            )
            await made.desk.store.save_poll(state, ())
        await made.landslide()
        said = await zero_report(made.desk, made.clock.now())
        assert "来源3个，1个异常（来源1），1个尚未轮询（来源2）；24小时内新立案1件，在办1件，无超时" in said


async def test_a_matter_settled_within_the_day_came_in_all_the_same(tmp_path: Path) -> None:
    async with room(tmp_path, at("08:00"), rules("08:00")) as made:
        await made.landslide()
        await made.type(made.duty.duty_leader, "排除 1 非本地")
        assert "24小时内新立案1件，在办0件，无超时" in await zero_report(made.desk, made.clock.now())


async def test_who_does_not_want_it_does_not_get_it(tmp_path: Path) -> None:
    async with room(tmp_path, at("08:00"), rules("")) as made:
        await daily(made.desk)
        assert await lines(made) == []


async def test_the_hour_is_the_set_one(tmp_path: Path) -> None:
    async with room(tmp_path, at("08:00"), rules("17:30")) as made:
        scheduler = AsyncIOScheduler(timezone="Asia/Shanghai")

        async def nothing() -> None: ...

        arm(scheduler, made.service, nothing)
        (job,) = [j for j in scheduler.get_jobs() if j.id == "daily"]
        assert "hour='17', minute='30'" in str(job.trigger)


def test_the_line_tells_sources_that_live_from_those_that_do_not() -> None:
    now = at("08:00")
    feed = Source(id="feed", name="甲", kind="feed", url="http://a.example/", interval=600)
    vendor = Source(id="vendor", name="乙", kind="vendor")
    used = replace(rules("08:00"), sources=(feed, vendor))
    asked = SourceState(source_id="feed", last_try_at=now, last_success_at=now, next_poll_at=now, address=feed.url)
    pushed = SourceState(source_id="vendor", last_try_at=now, last_success_at=now)

    def said(state: SourceState, other: SourceState | None = pushed) -> str:
        return health_of(used, {s.source_id: s for s in (state, other) if s}, now)

    assert said(asked) == "来源2个，全部正常"
    assert said(asked, None) == "来源2个，1个尚未推送（乙）"
    assert said(replace(asked, moved_to="http://b.example/", skew=9000)) == "来源2个，全部正常", "it brings what it has"
    forgotten = replace(asked, next_poll_at=now - timedelta(minutes=11))
    assert said(forgotten) == "来源2个，1个异常（甲）", "nobody asks it: the watcher does not live"
