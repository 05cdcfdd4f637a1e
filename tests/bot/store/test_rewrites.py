"""Messages written anew before they leave: only while nothing of them can have left, on both engines."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.store import SqlStore
from bot.store.port import MessageRow
from tests.bot.store.samples import T0, message, minutes, open_one, step

WALL = T0 + timedelta(days=300)
LEASE = WALL + timedelta(seconds=30)
CODES = ("half", "last", "final")


@pytest.fixture
async def keys(store: SqlStore) -> dict[str, str]:
    """Three steps of one matter, queued in a message each to one person."""
    await open_one(store, [step(1, code, T0 + minutes(n)) for n, code in enumerate(CODES)])
    rows = await store.claim_steps(T0 + minutes(9), WALL, "p1", LEASE, 10)
    found = {r.code: r.key for r in rows}
    sent = [message(code, key, at=T0 + minutes(n)) for n, (code, key) in enumerate(found.items())]
    await store.settle_steps(dict.fromkeys(found.values(), ("sending", "")), sent, T0)
    return found


async def claim(store: SqlStore, owner: str = "p1", limit: int = 1, wall: float = 0) -> list[str]:
    at = WALL + timedelta(seconds=wall)
    rows = await store.claim_messages(T0 + minutes(9), at, owner, at + timedelta(seconds=30), limit)
    return [m.id for m in rows]


async def anew(store: SqlStore, ident: str, absorbed: Sequence[str] = (), owner: str = "p1", **more: object) -> bool:
    outcomes = more.get("outcomes", {})
    others = more.get("others", ())
    return await store.rewrite(ident, owner, b'{"new":1}', "new", absorbed, outcomes, others)  # type: ignore[arg-type]


async def held(store: SqlStore) -> dict[str, MessageRow]:
    return {m.id: m for m in await store.messages_of(1)}


async def states(store: SqlStore) -> dict[str, str]:
    return {s.code: s.state for s in await store.steps_of(1)}


async def refuse(store: SqlStore, ident: str, owner: str = "p1") -> None:
    await store.mark_failed(ident, owner, T0, state="pending", retry_at=T0, detail="refused")


async def test_what_waits_for_one_person_is_found_with_the_claimed_one_first(store: SqlStore, keys: dict[str, str]) -> None:
    assert await claim(store) == ["half"]
    assert [m.id for m in await store.unsent("half", "p1")] == ["half", "last", "final"]
    assert await store.unsent("half", "p2") == []
    assert await store.unsent("last", "p1") == []


async def test_an_absorbed_message_is_merged_and_its_steps_are_carried_on(store: SqlStore, keys: dict[str, str]) -> None:
    await claim(store)
    assert await anew(store, "half", ["last", "final"])
    rows = await held(store)
    assert {i: m.state for i, m in rows.items()} == {"half": "sending", "last": "merged", "final": "merged"}
    assert (rows["half"].request, set(rows["half"].steps)) == (b'{"new":1}', set(keys.values()))
    await store.mark_sent("half", "p1", T0, msgid="w", response_code="", detail="", event=None)
    assert set((await states(store)).values()) == {"sent"}
    assert await claim(store, limit=10, wall=60) == []


async def test_a_message_that_may_have_left_is_never_touched(store: SqlStore, keys: dict[str, str]) -> None:
    await claim(store)
    await store.mark_failed("half", "p1", T0, state="unknown", retry_at=T0, detail="no answer")
    assert await claim(store) == ["half"]
    before = (await held(store))["half"].request
    assert await store.unsent("half", "p1") == []
    assert not await anew(store, "half", ["last"])
    rows = await held(store)
    assert (rows["half"].request, rows["last"].state) == (before, "pending")


async def test_one_that_died_while_sending_may_have_left_and_one_without_words_cannot(
    store: SqlStore, keys: dict[str, str]
) -> None:
    await store.engine.write(lambda tx: tx.run("update message set request = '' where id = 'last'"))
    assert await claim(store, "died", 2) == ["half", "last"]
    assert await claim(store, "p2", 2, wall=60) == ["half", "last"]
    assert not await anew(store, "half", owner="p2")
    assert await anew(store, "last", owner="p2")
    assert (await held(store))["last"].request == b'{"new":1}'


async def test_a_refused_one_may_be_written_anew_again_and_again(store: SqlStore, keys: dict[str, str]) -> None:
    for _ in range(3):
        assert await claim(store) == ["half"]
        assert await anew(store, "half")
        await refuse(store, "half")


async def test_a_withdrawn_message_settles_its_steps_and_queues_others_in_one_unit(
    store: SqlStore, keys: dict[str, str]
) -> None:
    await claim(store)
    other = message("other", keys["half"], recipient="lisi")
    outcomes = {keys["half"]: ("sending", "")}
    assert await store.rewrite("half", "p1", None, "met_meanwhile", (), outcomes, [other])
    rows = await held(store)
    assert (rows["half"].state, rows["half"].error, rows["other"].steps) == ("cancelled", "met_meanwhile", (keys["half"],))
    assert (await states(store))["half"] == "sending"
    assert "last" in await claim(store, limit=2)
    assert await store.rewrite("last", "p1", None, "met_meanwhile", (), {keys["last"]: ("cancelled", "met_meanwhile")}, ())
    assert (await states(store))["last"] == "cancelled"


async def test_a_step_another_message_still_carries_is_not_settled(store: SqlStore, keys: dict[str, str]) -> None:
    await store.settle_steps({}, [message("second", keys["half"], recipient="lisi")], T0)
    await claim(store)
    assert await anew(store, "half", outcomes={keys["half"]: ("passed", "newer_step_due")})
    assert (await states(store))["half"] == "sending"


async def test_queued_steps_whose_message_is_gone_are_due_again(store: SqlStore, keys: dict[str, str]) -> None:
    assert await store.requeue(list(keys.values())) == []
    await store.engine.write(lambda tx: tx.run("delete from message where id = 'last'"))
    assert await store.requeue(list(keys.values())) == [keys["last"]]
    assert (await states(store))["last"] == "pending"


async def test_of_two_processes_writing_anew_only_the_owner_does(store: SqlStore, keys: dict[str, str]) -> None:
    await claim(store)
    done = await asyncio.gather(*(anew(store, "half", ["last"], owner=f"p{n % 3}") for n in range(6)))
    assert [ok for n, ok in enumerate(done) if n % 3 == 1] == [True, True]
    assert not any(ok for n, ok in enumerate(done) if n % 3 != 1)
    assert (await held(store))["half"].steps == tuple(sorted((keys["half"], keys["last"])))


async def test_answers_to_one_person_are_found_whether_waiting_or_claimed_in_the_same_breath(store: SqlStore) -> None:
    rows = [replace(message(f"r{n}", at=T0 + minutes(n)), incident=None, kind="reply", steps=()) for n in range(4)]
    await store.settle_steps({}, [*rows, replace(rows[0], id="x", recipient="other")], T0)
    assert set(await claim(store, limit=5)) == {"r0", "r1", "r2", "r3", "x"}
    await refuse(store, "r3")
    assert [m.id for m in await store.unsent("r0", "p1")] == ["r0", "r1", "r2", "r3"]
    assert await anew(store, "r0", ["r1", "r3"])
    assert [await store.mine(f"r{n}", "p1") for n in range(4)] == [True, False, True, False]
    assert [m.id for m in await store.unsent("r0", "p1")] == ["r0", "r2"]
    assert await store.unsent("r1", "p1") == []
