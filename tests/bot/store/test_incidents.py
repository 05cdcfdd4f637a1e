"""Incidents: one change is one transaction, and the version decides who was first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.store import SqlStore, open_store
from bot.store.chain import event_of
from bot.store.forms import canonical, compact
from bot.store.incidents import decode, state_text, states
from bot.store.port import Change, Joined
from bot.store.sqlite import Sqlite
from bot.store.verify import verify
from playbooks.fold import fold, opened
from playbooks.incident import Member
from playbooks.record import dump
from tests.bot.store.samples import T0, changed, event, item, minutes, open_one, opening, step


async def test_an_incident_comes_back_as_it_was_written(store: SqlStore) -> None:
    written = await open_one(store)
    assert dump(await store.incident(1)) == dump(written)
    assert await store.incident(2) is None


async def test_a_state_leaves_out_what_is_at_its_default_and_one_written_in_full_is_the_same(store: SqlStore) -> None:
    written = await open_one(store)
    [row] = await store.engine.read(lambda tx: states(tx, [1]))
    full = canonical(written)
    assert 2 * len(row["state"]) < len(full)
    assert decode(row["state"]) == decode(full) == written
    await store.engine.write(lambda tx: tx.run("update incident set state = :s where number = 1", {"s": full}))
    assert (await store.engine.read(verify)).faults == ()


async def test_a_state_put_together_from_remembered_members_is_the_one_text_of_its_value(store: SqlStore) -> None:
    grown = await open_one(store)
    assert state_text(grown) == compact(grown)
    for n in range(4):
        title = ("大湾村滑坡", 'He said "\\n"\n', "\ud800断字", "\0空字")[n]
        grown = replace(
            grown, members=(*grown.members, Member(item_id=f"i{n}", source="news", title=title, at=T0, url="" if n else "u"))
        )
        assert state_text(grown) == compact(grown)
        assert state_text(grown) == compact(grown), "remembered"
    for left in (grown.members[:2], grown.members[::2], (), grown.members):  # split off, read again
        grown = replace(grown, members=left)
        assert state_text(grown) == compact(grown)


async def test_the_clocks_of_a_matter_that_only_gains_members_are_left_alone(tmp_path: Path) -> None:
    store = await open_store("", tmp_path)
    engine, said = store.engine, list[str]()
    assert isinstance(engine, Sqlite)
    incident = await open_one(store)
    engine._db.conn.set_trace_callback(said.append)
    member = {"item_id": "a", "source": "news", "title": "停水", "at": T0.isoformat()}
    gained = changed(incident, event("joined", member=member))
    assert await store.commit(gained)
    assert not [sql for sql in said if "clock" in sql]
    assert await store.commit(changed(gained.incident, event("noted", text="x")))
    assert [sql for sql in said if "from clock" in sql]
    await store.close()


async def test_matters_people_verified_are_found_among_the_newest_without_reading_the_others(store: SqlStore) -> None:
    for number in (1, 2, 3, 4):
        await open_one(store, number=number)
    for number in (2, 3):
        found = await store.incident(number)
        assert found is not None
        assert await store.commit(changed(found, event("verified", result="false", party="当地")))
    quoting = await store.incident(4)
    assert quoting is not None
    assert await store.commit(changed(quoting, event("classified", title='他说"verifications":[{")')))
    assert [i.number for i in await store.verified_incidents(100)] == [2, 3]
    assert [i.number for i in await store.verified_incidents(2)] == [3], "of the newest two"
    whole = canonical(await store.incident(1))
    await store.engine.write(lambda tx: tx.run("update incident set state = :s where number = 1", {"s": whole}))
    assert [i.number for i in await store.verified_incidents(100)] == [2, 3], "a text written in full"


async def test_a_change_against_an_old_version_writes_nothing(store: SqlStore) -> None:
    first = await open_one(store, [])
    assert await store.commit(changed(first, event("acknowledged")))
    late = changed(first, event("noted", text="晚到的说明"), steps=[step(1, "half", T0)])
    assert not await store.commit(late)
    assert [e.kind for e in await store.events("incident:1")] == ["opened", "acknowledged"]
    assert await store.steps_of(1) == []


async def test_a_number_is_given_once(store: SqlStore) -> None:
    await open_one(store)
    assert await store.next_number() == 2
    first = opening("另一件事")
    assert not await store.commit(Change(incident=opened(1, first), base_version=0, events=(first,)))
    stored = await store.incident(1)
    assert stored is not None
    assert stored.title == "大湾村滑坡"


async def test_the_stored_state_is_the_fold_of_its_chain(store: SqlStore) -> None:
    first = await open_one(store)
    assert await store.commit(
        changed(
            first,
            event("acknowledged", T0 + minutes(2.5)),
            event("verified", T0 + minutes(9), result="true", party="zbs"),
            event("noted", T0 + minutes(10), text="现场已封控"),
        )
    )
    folded = fold(1, [event_of(e) for e in await store.events("incident:1")])
    assert dump(folded) == dump(await store.incident(1))


async def test_lists_keep_the_order_of_opening_and_their_filters(store: SqlStore) -> None:
    for number in (1, 2, 3):
        await open_one(store, number=number)
    second = await store.incident(2)
    third = await store.incident(3)
    assert second is not None
    assert third is not None
    assert await store.commit(changed(second, event("alarmed", reason="伤亡")))
    assert await store.commit(changed(third, event("merged", into=2)))
    assert [i.number for i in await store.incidents()] == [1, 2]
    assert [i.number for i in await store.incidents(open_only=False)] == [1, 2, 3]
    assert [i.number for i in await store.incidents(alarmed_only=True)] == [2]
    assert [i.number for i in await store.incidents(limit=1)] == [2]


async def test_a_change_is_seen_in_the_next_list(store: SqlStore) -> None:
    first = await open_one(store)
    await store.incidents()
    assert await store.commit(changed(first, event("classified", title="大湾村滑坡（续）")))
    assert [i.title for i in await store.incidents()] == ["大湾村滑坡（续）"]


async def test_a_change_with_an_item_another_process_placed_is_refused(store: SqlStore) -> None:
    await store.add_item(item("a"))
    joined = Joined(item_id="a", incident=1, at=T0, why="首条")
    await open_one(store, joined=(joined,))
    first = opening("重复立案")
    second = Joined(item_id="a", incident=2, at=T0, why="首条")
    assert not await store.commit(Change(incident=opened(2, first), base_version=0, events=(first,), joined=(second,)))
    assert await store.incident(2) is None
    assert await store.events("incident:2") == []


async def test_a_person_may_move_an_item(store: SqlStore) -> None:
    await store.add_item(item("a"))
    one = await open_one(store, joined=(Joined(item_id="a", incident=1, at=T0, why="首条"),))
    two = await open_one(store, number=2)
    moved = Joined(item_id="a", incident=2, at=T0 + minutes(5), why="人工拆分", by="zhangsan")
    assert await store.commit(changed(two, joined=(moved,)))
    assert [s.item.id for s in await store.items_of(2)] == ["a"]
    assert await store.items_of(one.number) == []


async def test_a_callback_is_finished_with_the_change_it_caused(store: SqlStore) -> None:
    first = await open_one(store)
    await store.accept_callback("k1", T0, {"user": "zhangsan"})
    change = changed(first, event("acknowledged"))
    done = Change(incident=change.incident, base_version=change.base_version, events=change.events, callback_done="k1")
    assert await store.commit(done)
    assert await store.open_callbacks() == []


async def test_events_of_all_chains_come_in_one_order(store: SqlStore) -> None:
    await open_one(store)
    await store.append_system([event("started"), event("audited")])
    await open_one(store, number=2)
    found = await store.events_since(0)
    assert [(n, e.chain, e.kind) for n, e in found] == [
        (1, "incident:1", "opened"),
        (2, "system", "started"),
        (3, "system", "audited"),
        (4, "incident:2", "opened"),
    ]
    assert [n for n, _ in await store.events_since(2, limit=1)] == [3]
    assert await store.last_event_id() == 4


async def test_an_event_keeps_who_did_it_and_with_which_roles(store: SqlStore) -> None:
    first = await open_one(store)
    at = T0 + timedelta(seconds=1, microseconds=987_654)
    await store.commit(changed(first, event("acknowledged", at)))
    kept = (await store.events("incident:1"))[-1]
    assert (kept.actor, kept.actor_name, kept.actor_roles, kept.actor_unit) == ("zhangsan", "张三", ("duty_officer",), "zbs")
    assert kept.at == T0.replace(second=2, microsecond=237_000)


@pytest.mark.parametrize("text", ["空\0字节", "孤立代理\ud83d", "表情😀与𠮷字"], ids=["nul", "surrogate", "beyond-bmp"])
async def test_odd_text_is_kept_as_far_as_an_engine_can(store: SqlStore, text: str) -> None:
    first = await open_one(store)
    member = {"item_id": "a", "source": "news", "title": text, "at": T0.isoformat()}
    after = changed(first, event("noted", text=text), event("joined", member=member))
    assert await store.commit(after)
    assert await store.commit(changed(after.incident, event("joined", member={**member, "item_id": "b"})))
    folded = fold(1, [event_of(e) for e in await store.events("incident:1")])
    stored = await store.incident(1)
    assert dump(folded) == dump(stored)


async def test_a_split_is_written_whole_or_not_at_all_and_both_sides_are_remembered(store: SqlStore) -> None:
    await store.add_items([item("a"), item("b")])
    first = await open_one(store, joined=tuple(Joined(item_id=k, incident=1, at=T0, why="首条") for k in ("a", "b")))
    assert await store.parted() == []
    old = changed(first, event("split", items=["b"], into=2))
    start = opening("另一件事")
    moved = Joined(item_id="b", incident=2, at=T0, why="split:1", by="zhangsan")
    new = Change(incident=opened(2, start), base_version=0, events=(start,), joined=(moved,))
    assert not await store.commit_all([Change(incident=old.incident, base_version=99, events=old.events), new], ())
    assert (await store.incident(2), await store.incident_of("b"), await store.parted()) == (None, 1, [])
    assert await store.commit_all([old, new], ())
    assert (await store.incident_of("a"), await store.incident_of("b"), await store.parted()) == (1, 2, [1, 2])
    folded = fold(1, [event_of(e) for e in await store.events("incident:1")])
    assert dump(folded) == dump(await store.incident(1))
