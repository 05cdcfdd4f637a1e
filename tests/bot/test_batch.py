"""Joins written together: overtaken by people, by a full disk, by a flood; nothing is lost, doubled or silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import Running
from bot.batch import ALARM_SECONDS, HOLD_SECONDS, Batch
from bot.clock import VirtualClock
from bot.desk import act, change
from bot.intake import BREATH
from bot.store import StoreError
from bot.store.incidents import decode, states
from bot.store.port import Joined
from bot.store.verify import verify
from monitors.item import Item, ItemKind
from playbooks import triage
from playbooks.incident import Event, Incident, Member
from playbooks.record import dump, load
from tests.bot.sources_server import desk_of
from tests.builders import OFFICER, at

FLOOD = 6 * BREATH


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with desk_of(tmp_path, VirtualClock(at("09:00"))) as made:
        yield made


def item(running: Running, n: int, title: str) -> Item:
    seen = running.service.desk.now() + timedelta(milliseconds=n)
    return Item(id=f"i{n:04}", source=f"s{n % 7}", title=title, seen_at=seen, kind=ItemKind.FEED)


def slides(running: Running, count: int) -> list[Item]:
    return [item(running, n, f"鹿溪县石坪镇大湾村山体滑坡{'现场' * (n % 2)} {n}") for n in range(count)]


async def whole(running: Running, number: int, count: int) -> Incident:
    """The matter, once its members, its chain and the items' places agree."""
    store = running.service.desk.store
    found = await store.incident(number)
    assert found is not None
    (row,) = await store.engine.read(lambda tx: states(tx, [number]))  # type: ignore[attr-defined]
    assert found == decode(row["state"]), "what is remembered of a write is what would be read"
    members = [m.item_id for m in found.members]
    assert len(set(members)) == len(members) == count
    assert {s.item.id for s in await store.items_of(number)} == set(members)
    assert await store.unjoined(1) == []
    assert not (await store.engine.read(verify)).faults  # type: ignore[attr-defined]
    return found


async def test_a_flood_about_one_matter_writes_its_text_once_a_batch_not_once_an_item(running: Running, tmp_path: Path) -> None:
    store = running.service.desk.store
    await store.add_items(slides(running, FLOOD))
    (log,) = tmp_path.rglob("*.db-wal")
    before = log.stat().st_size
    (number,) = set((await running.service.intake.join()).values())
    assert number is not None
    assert log.stat().st_size - before < FLOOD * 2 * 4096, "an item should cost few pages"
    assert (await whole(running, number, FLOOD)).alarmed_at is not None


async def test_people_who_write_while_a_flood_joins_lose_nothing_and_delay_nothing(running: Running) -> None:
    desk, intake = running.service.desk, running.service.intake
    await desk.store.add_items(slides(running, 1))
    (number,) = (await intake.join()).values()
    assert number is not None
    await desk.store.add_items(slides(running, FLOOD)[1:])
    joining = asyncio.create_task(intake.join())
    notes = 0
    while not joining.done():
        await act(desk, number, "note", OFFICER, {"text": f"已电话核实{notes}"})
        notes += 1
        await asyncio.sleep(0)
    assert set((await joining).values()) == {number}
    assert notes > 1
    found = await whole(running, number, FLOOD)
    assert len([n for n in found.notes if "已电话核实" in n.text]) == notes


async def test_a_number_taken_meanwhile_makes_the_whole_batch_give_way(running: Running) -> None:
    desk = running.service.desk
    one, two = slides(running, 2)
    await desk.store.add_items((one, two))
    batch = Batch(desk=desk)
    first = Event(kind="opened", at=desk.now(), actor=OFFICER, data={"title": "甲"})

    def members(number: int) -> tuple[Joined, ...]:
        return (Joined(item_id=one.id, incident=number, at=desk.now(), why="x"),)

    number = await batch.open(first, lambda i: (), members)
    await batch.mark(Joined(item_id=two.id, incident=None, at=desk.now(), why="ordinary"))
    rival = Batch(desk=desk)
    assert await rival.open(first, lambda i: (), lambda n: ()) == number
    assert await rival.write()
    assert not await batch.write()
    assert len(await desk.store.unjoined(5)) == 2
    assert (await desk.store.incident(number)).members == ()  # type: ignore[union-attr]


async def test_a_batch_gives_way_to_whoever_changed_its_incident_and_leaves_its_other_incidents_alone(running: Running) -> None:
    desk, intake = running.service.desk, running.service.intake
    await desk.store.add_items((slides(running, 1)[0], item(running, 1, "鹿溪县城关镇一居民楼火灾致2人死亡")))
    one, two = sorted(n for n in (await intake.join()).values() if n)
    batch = Batch(desk=desk)

    def noted(i: Incident) -> tuple[Event, ...]:
        return (triage.event("noted", desk.now(), text="机器"),)

    for number in (one, two):
        await batch.change(number, noted, lambda n: ())
    await change(desk, two, noted)
    before = await desk.store.incident(one)
    assert not await batch.write()
    assert await desk.store.incident(one) == before


async def test_an_alarm_that_a_full_disk_refused_is_given_once_there_is_room(running: Running) -> None:
    desk, intake = running.service.desk, running.service.intake
    engine = desk.store.engine  # type: ignore[attr-defined]
    places = ("石坪镇大湾村", "城关镇", "柳河镇", "青山镇", "白塬镇", "云岭镇")
    rows = [item(running, n, f"鹿溪县{place}一居民楼火灾致{n + 2}人死亡") for n, place in enumerate(places)]
    await desk.store.add_items(rows)
    pages = (await engine.read(lambda tx: tx.rows("pragma page_count")))[0][0]
    await engine.write(lambda tx: tx.rows(f"pragma max_page_count = {pages}"))
    with pytest.raises(StoreError, match="磁盘已满"):
        await intake.join()
    assert len(await desk.store.unjoined(99)) == len(rows)
    await engine.write(lambda tx: tx.rows("pragma max_page_count = 1000000"))
    numbers = {n for n in (await intake.join()).values() if n is not None}
    assert numbers
    for number in numbers:
        assert (await desk.store.incident(number)).alarmed_at is not None  # type: ignore[union-attr]


async def test_items_an_import_or_a_killed_process_left_are_judged_at_start_without_waiting_for_news(running: Running) -> None:
    service = running.service
    assert service.desk.alone_since is not None
    await service.desk.store.add_items(slides(running, 2))
    await service.watch()
    await asyncio.gather(*service.intake.tasks)
    assert await service.desk.store.unjoined(1) == []
    assert [i.number for i in await service.desk.store.incidents(open_only=True)] == [1]


async def test_a_clock_that_runs_out_inside_a_batch_is_overdue_although_the_matter_only_gained_items(running: Running) -> None:
    """Members move no clock, so a batch settles a matter once; time still does."""
    desk = running.service.desk
    await desk.store.add_items(slides(running, 1))
    (number,) = set((await running.service.intake.join()).values())
    assert number is not None
    found = await desk.store.incident(number)
    assert found is not None
    due = min(c.due_at for c in found.clocks if c.running and not c.latent)
    later = [item(running, n, f"鹿溪县石坪镇大湾村山体滑坡续报{n}") for n in range(100, 103)]
    await desk.store.add_items(later)
    batch = Batch(desk=desk)

    async def gained(new: Item) -> list[str]:
        def decision(_: Incident) -> tuple[Event, ...]:
            return (triage.member(new, "same matter", desk.now()),)

        def members(n: int) -> tuple[Joined, ...]:
            return (Joined(item_id=new.id, incident=n, at=desk.now(), why="same matter"),)

        before = len(batch.held[number].events) if batch.held else 0
        await batch.change(number, decision, members)
        return [e.kind for e in batch.held[number].events[before:]]

    assert await gained(later[0]) == ["joined"]
    assert await gained(later[1]) == ["joined"]
    clock = desk.clock
    assert isinstance(clock, VirtualClock)
    clock.advance_to(due + timedelta(minutes=1))
    assert await gained(later[2]) == ["joined", "clock_overdue"]
    assert await batch.write()
    await whole(running, number, 4)


async def test_members_that_wait_in_a_batch_are_there_for_whoever_asks_more_than_whether_there_are_any(
    running: Running,
) -> None:
    """What a batch puts together at once is what the chain folds to, item by item, with another event in the midst of it."""
    desk = running.service.desk
    rows = slides(running, 7)
    await desk.store.add_items(rows)
    batch, seen = Batch(desk=desk), list[tuple[bool, int]]()
    number = await batch.open(
        Event(kind="opened", at=desk.now(), actor=OFFICER, data={"title": "大湾村滑坡"}), lambda i: (), lambda n: ()
    )
    for n, row in enumerate(rows):

        def decision(i: Incident, row: Item = row, n: int = n) -> tuple[Event, ...]:
            seen.append((bool(i.members), len(i.members)))
            more = (triage.event("classified", desk.now(), category="geo_damage"),) if n == 4 else ()
            return (triage.member(row, "same matter", desk.now()), *more)

        def members(to: int, row: Item = row) -> tuple[Joined, ...]:
            return (Joined(item_id=row.id, incident=to, at=desk.now(), why="same matter"),)

        await batch.change(number, decision, members)
    assert [any_ for any_, _ in seen] == [False, *[True] * 6]
    assert seen[5][1] == 5, "an event that is no member is decided into a state that shows them all"
    assert await batch.write()
    found = await whole(running, number, len(rows))
    assert found.version == 1 + len(rows) + 1
    assert [m.item_id for m in found.members] == [row.id for row in rows]


async def test_a_batch_waits_a_second_for_a_flood_but_an_alarm_in_it_only_a_moment(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, wall = running.service.desk, [100.0]
    monkeypatch.setattr("bot.batch.perf_counter", lambda: wall[0])

    def ripe_at(batch: Batch) -> float:
        begun = wall[0]
        while not batch.ripe():
            wall[0] += 0.05
        return round(wall[0] - begun, 2)

    def alarm(i: Incident) -> tuple[Event, ...]:
        return (triage.event("alarmed", desk.now(), reason="alarm_at", quiet=False),)

    opened = Event(kind="opened", at=desk.now(), actor=OFFICER, data={"title": "大湾村滑坡"})
    quiet = Batch(desk=desk)
    number = await quiet.open(opened, lambda i: (), lambda n: ())
    assert HOLD_SECONDS - 0.05 <= ripe_at(quiet) <= HOLD_SECONDS + 0.05
    for late in (False, True):
        batch = Batch(desk=desk)
        if late:  # an alarm that comes when the batch is nearly ripe makes it no later
            wall[0] += HOLD_SECONDS - 0.1
            await batch.open(opened, alarm, lambda n: ())
            assert ripe_at(batch) <= 0.15
        else:
            number = await batch.open(opened, lambda i: (), lambda n: ())
            await batch.change(number, alarm, lambda n: ())
            assert ALARM_SECONDS - 0.05 <= ripe_at(batch) <= ALARM_SECONDS + 0.05


def test_a_member_is_written_as_a_record_writes_it() -> None:
    seen = Item(id="i1", source="s1", title="大湾村滑坡", url="http://a.example/1", seen_at=at("09:00"), kind=ItemKind.FEED)
    member = Member(item_id=seen.id, source=seen.source, title=seen.title, at=seen.seen_at, url=seen.url, why="滑坡")
    event = triage.member(seen, "滑坡", at("09:01"))
    assert event == triage.event("joined", at("09:01"), member=member)
    assert list(event.data["member"]) == list(dump(member))  # type: ignore[call-overload]
    assert load(Member, event.data["member"]) == member  # type: ignore[arg-type]
