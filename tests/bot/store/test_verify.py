"""The record proves itself: every way of touching it is found, and named by its place."""

from __future__ import annotations

import pytest

from bot.store import SqlStore
from bot.store.verify import Verdict, verify
from tests.bot.store.samples import T0, changed, event, message, minutes, open_one, step


async def verdict(store: SqlStore) -> Verdict:
    return await store.engine.read(verify)


async def sql(store: SqlStore, text: str) -> None:
    assert await store.engine.write(lambda tx: tx.run(text)) >= 1


async def story(store: SqlStore) -> None:
    """Two incidents of three and one events, and two of the system."""
    first = await open_one(store, [step(1, "half", T0)])
    one = changed(first, event("acknowledged", T0 + minutes(2)))
    assert await store.commit(one)
    two = changed(one.incident, event("noted", T0 + minutes(3), text="现场已封控", private={"phone": "00000000000"}))
    assert await store.commit(two)
    await open_one(store, number=2)
    await store.append_system([event("started"), event("audited")])


async def test_an_untouched_record_holds(store: SqlStore) -> None:
    await story(store)
    got = await verdict(store)
    assert (got.chains, got.events, got.incidents, got.faults) == (3, 6, 2, ())
    assert got.anchor == await store.anchor()


async def test_a_record_of_a_sent_message_changes_no_state(store: SqlStore) -> None:
    half = step(1, "half", T0)
    await open_one(store, [half])
    wall = T0
    await store.claim_steps(T0, wall, "p1", wall, 10)
    await store.settle_steps({half.key: ("sending", "")}, [message("m1", half.key)], T0)
    await store.claim_messages(T0, wall, "p1", wall, 10)
    said = event("notified", T0 + minutes(1), message="m1")
    assert await store.mark_sent("m1", "p1", T0, msgid="", response_code="", detail="", event=said)
    assert (await verdict(store)).faults == ()


@pytest.mark.parametrize(
    ("change", "place", "what"),
    [
        ("update event set body = replace(body, '现场已封控', '现场无异常') where seq = 3", ("incident:1", 3), "被改动过"),
        ("update event set hash = 'x' where chain = 'incident:1' and seq = 2", ("incident:1", 2), "被改动过"),
        ("update event set prev = '' where chain = 'incident:1' and seq = 2", ("incident:1", 2), "对不上"),
        ("delete from event where chain = 'incident:1' and seq = 2", ("incident:1", 2), "记录缺失"),
        ("delete from event where chain = 'incident:1' and seq = 3", ("incident:1", 3), "末尾"),
        ("delete from event where chain = 'incident:2'", ("incident:2", 0), "全部缺失"),
        ("update event set kind = 'graded' where chain = 'incident:1' and seq = 2", ("incident:1", 2), "检索列"),
        ("update event set actor = 'lisi' where chain = 'system' and seq = 1", ("system", 1), "检索列"),
        ("update event set at = at + 1000 where chain = 'system' and seq = 2", ("system", 2), "时间列"),
        ("update event set chain = 'incident:3' where chain = 'system' and seq = 1", ("incident:3", 1), "检索列"),
        ('update event_private set body = \'{"phone":"1"}\'', ("incident:1", 3), "个人内容"),
        ("update chain set seq = 9 where chain = 'system'", ("system", 3), "链头"),
        ("update incident set status = 'archived' where number = 1", ("incident:1", 0), "status"),
        ("update incident set state = replace(state, '现场已封控', '无') where number = 1", ("incident:1", 0), "notes"),
        ("update incident set updated_at = 0 where number = 1", ("incident:1", 0), "更新时间"),
        ("delete from incident where number = 2", ("incident:2", 0), "没有事件状态"),
        ("update incident set number = 7 where number = 2", ("incident:7", 0), "没有任何记录"),
    ],
    ids=lambda v: v if isinstance(v, str) and "incident" not in v and "update" not in v else None,
)
async def test_every_change_behind_its_back_is_found(store: SqlStore, change: str, place: tuple[str, int], what: str) -> None:
    await story(store)
    await sql(store, change)
    found = {(f.chain, f.seq): f.what for f in (await verdict(store)).faults}
    assert what in found[place]


async def test_a_whole_chain_written_anew_is_found_by_the_anchor(store: SqlStore) -> None:
    await story(store)
    before = await store.anchor()
    await sql(store, "update chain set hash = 'forged' where chain = 'incident:2'")
    assert await store.anchor() != before


async def test_personal_content_is_erased_and_the_chain_holds(store: SqlStore) -> None:
    await story(store)
    noted = (await store.events("incident:1"))[2]
    assert noted.data["private"] == {"phone": "00000000000"}
    bodies = await store.engine.read(lambda tx: [r["body"] for r in tx.rows("select body from event")])
    assert not any("00000000000" in b for b in bodies)
    assert await store.erase_private("incident:1", 3, event("erased", chain="incident:1", seq=3))
    assert not await store.erase_private("incident:1", 3, event("erased", chain="incident:1", seq=3))
    assert (await store.events("incident:1"))[2].data["private"] == {}
    assert [e.kind for e in await store.events("system")] == ["started", "audited", "erased"]
    assert (await verdict(store)).faults == ()
    left = await store.engine.read(lambda tx: tx.rows("select * from event_private"))
    assert list(left) == []
