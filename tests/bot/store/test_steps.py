"""Steps: planned with every change, claimed once, never lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.store import SqlStore
from tests.bot.store.samples import T0, changed, event, message, minutes, open_one, step

WALL = T0 + timedelta(days=300)  # real time has nothing to do with the program's
LEASE = WALL + timedelta(seconds=30)


async def states(store: SqlStore, number: int = 1) -> dict[str, str]:
    return {s.code: s.state for s in await store.steps_of(number)}


async def claimed(store: SqlStore, at: float = 0, owner: str = "p1", wall: float = 0, limit: int = 100) -> list[str]:
    moment = WALL + timedelta(seconds=wall)
    rows = await store.claim_steps(T0 + minutes(at), moment, owner, moment + timedelta(seconds=30), limit)
    return [r.code for r in rows]


async def test_due_steps_are_claimed_most_urgent_first_and_once(store: SqlStore) -> None:
    plan = [
        step(1, "late", T0),
        step(1, "early", T0 - minutes(9)),
        step(1, "first", T0, priority=0),
        step(1, "far", T0 + minutes(1)),
    ]
    await open_one(store, plan)
    assert await claimed(store) == ["first", "early", "late"]
    assert await claimed(store) == []
    assert await states(store) == {"early": "sending", "first": "sending", "late": "sending", "far": "pending"}


async def test_a_batch_leaves_the_rest_for_the_next(store: SqlStore) -> None:
    await open_one(store, [step(1, f"s{n}", T0 - minutes(10 - n)) for n in range(5)])
    assert await claimed(store, limit=2) == ["s0", "s1"]
    assert await claimed(store, limit=9) == ["s2", "s3", "s4"]


async def test_the_lease_runs_on_real_time_only(store: SqlStore) -> None:
    await open_one(store, [step(1, "half", T0)])
    assert await claimed(store) == ["half"]
    assert await claimed(store, at=48 * 60, owner="p2", wall=29) == []
    assert await claimed(store, owner="p2", wall=31) == ["half"]


async def test_what_was_claimed_is_settled_and_not_claimed_again(store: SqlStore) -> None:
    plan = [step(1, code, T0) for code in ("queued", "passed", "merged", "failed")]
    await open_one(store, plan)
    await claimed(store)
    key = {s.code: s.key for s in plan}
    outcomes = {key[c]: (c, "原因") for c in ("passed", "merged", "failed")} | {key["queued"]: ("sending", "")}
    await store.settle_steps(outcomes, [message("m1", key["queued"])], T0)
    assert await states(store) == {"queued": "sending", "passed": "passed", "merged": "merged", "failed": "failed"}
    assert await claimed(store, owner="p2", wall=3600) == []
    rows = {s.code: s for s in await store.steps_of(1)}
    assert rows["queued"].message_ids == ("m1",)
    assert rows["passed"].reason == "原因"


async def test_a_new_plan_cancels_adds_and_moves(store: SqlStore) -> None:
    gone, moved, new = step(1, "gone", T0), step(1, "moved", T0), step(1, "new", T0 + minutes(3))
    first = await open_one(store, [gone, moved])
    earlier = T0 - minutes(20)
    assert await store.commit(changed(first, event("acknowledged"), steps=[replace(moved, fire_at=earlier), new]))
    assert await states(store) == {"gone": "cancelled", "moved": "pending", "new": "pending"}
    rows = {s.code: s for s in await store.steps_of(1)}
    assert rows["moved"].fire_at == earlier
    assert rows["moved"].due_at == T0
    assert rows["gone"].reason == "replanned"
    assert rows["new"].plan_version == first.version + 1


async def test_a_cancelled_step_that_is_wanted_again_lives_again(store: SqlStore) -> None:
    half = step(1, "half", T0)
    first = await open_one(store, [half])
    without = changed(first, event("noted", text="更正起点"), steps=[])
    assert await store.commit(without)
    assert await claimed(store) == []
    assert await store.commit(changed(without.incident, event("noted", text="再更正"), steps=[half]))
    assert await claimed(store) == ["half"]


@pytest.mark.parametrize("state", ["sending", "passed", "merged", "failed"])
async def test_a_plan_does_not_bring_back_what_went_further(store: SqlStore, state: str) -> None:
    half = step(1, "half", T0)
    first = await open_one(store, [half])
    await claimed(store)
    await store.settle_steps({half.key: (state, "")}, [message("m1", half.key)] if state == "sending" else [], T0)
    assert await store.commit(changed(first, event("acknowledged"), steps=[half]))
    assert await states(store) == {"half": state}
    assert await claimed(store, wall=3600) == []


async def test_a_claimed_step_survives_a_plan_without_it(store: SqlStore) -> None:
    """The process that holds it re-checks and settles; the plan only touches rows still pending."""
    first = await open_one(store, [step(1, "half", T0)])
    await claimed(store)
    assert await store.commit(changed(first, event("acknowledged"), steps=[]))
    assert await states(store) == {"half": "sending"}


async def test_a_process_that_comes_late_queues_nothing(store: SqlStore) -> None:
    half, other = step(1, "half", T0), step(1, "other", T0 + minutes(1))
    await open_one(store, [half, other])
    await claimed(store, owner="slow")
    assert await claimed(store, at=1, owner="quick", wall=31) == ["half", "other"]
    both = {half.key: ("sending", ""), other.key: ("sending", "")}
    await store.settle_steps(both, [message("both", half.key, other.key)], T0)
    await store.settle_steps({half.key: ("sending", "")}, [message("half-only", half.key)], T0)
    assert [m.id for m in await store.messages_of(1)] == ["both"]
    await store.settle_steps({half.key: ("passed", "late")}, [], T0)
    assert await states(store) == {"half": "sending", "other": "sending"}


async def test_a_message_keeps_only_the_steps_it_won(store: SqlStore) -> None:
    half, other = step(1, "half", T0), step(1, "other", T0 + minutes(1))
    await open_one(store, [half, other])
    await claimed(store, owner="slow")
    await claimed(store, at=1, owner="quick", wall=31)
    await store.settle_steps({half.key: ("sending", "")}, [message("slow", half.key)], T0)
    both = {half.key: ("sending", ""), other.key: ("sending", "")}
    await store.settle_steps(both, [message("quick", half.key, other.key)], T0)
    assert {m.id: m.steps for m in await store.messages_of(1)} == {"slow": (half.key,), "quick": (other.key,)}


async def test_next_fire_is_the_earliest_that_waits(store: SqlStore) -> None:
    assert await store.next_fire() is None
    await open_one(store, [step(1, "b", T0 + minutes(5)), step(1, "a", T0 + minutes(2))])
    assert await store.next_fire() == T0 + minutes(2)
    await claimed(store, at=2)
    assert await store.next_fire() == T0 + minutes(5)
    await store.settle_steps({}, [message("m", at=T0 + minutes(1))], T0)
    assert await store.next_fire() == T0 + minutes(1)


async def test_many_at_once_claim_every_step_exactly_once(store: SqlStore) -> None:
    await open_one(store, [step(1, f"s{n:03}", T0) for n in range(200)])

    async def worker(owner: str) -> list[str]:
        out: list[str] = []
        while got := await claimed(store, owner=owner, limit=7):
            out += got
        return out

    found = [code for part in await asyncio.gather(*(worker(f"p{n}") for n in range(6))) for code in part]
    assert len(found) == 200
    assert len(set(found)) == 200


async def test_what_should_have_left_is_found_whatever_its_state_and_only_of_open_matters(store: SqlStore) -> None:
    await open_one(store, [step(1, code, T0 + minutes(n)) for n, code in enumerate(("sent", "queued", "waiting", "later"))])
    await store.engine.write(lambda tx: tx.run("update incident set alarmed_at = 1"))
    assert await claimed(store, at=1) == ["sent", "queued"]
    keys = {s.code: s.key for s in await store.steps_of(1)}
    outcomes = {keys["sent"]: ("sending", ""), keys["queued"]: ("sending", "")}
    await store.settle_steps(outcomes, [message("m1", keys["sent"]), message("m2", keys["queued"])], T0)
    await store.claim_messages(T0, WALL, "p1", LEASE, 1)
    await store.mark_sent("m1", "p1", T0, msgid="w", response_code="", detail="", event=None)
    assert await store.waiting_steps(T0 + minutes(2)) == [keys["waiting"], keys["queued"]]
    assert await store.waiting_steps(T0 + minutes(2), T0 + minutes(1)) == [keys["waiting"]]
    assert await store.living_steps([1, 7]) == {1: set(keys.values()), 7: set()}
    assert await store.open_heads() == [(1, 1)]
    await store.engine.write(lambda tx: tx.run("update incident set is_open = 0"))
    assert await store.waiting_steps(T0 + minutes(9)) == []


async def test_incidents_are_read_together_and_a_damaged_one_is_left_out(store: SqlStore) -> None:
    for number in (1, 2, 3):
        await open_one(store, [], number=number)
    await store.engine.write(lambda tx: tx.run("update incident set state = '{}' where number = 2"))
    store._decoded.clear()
    assert sorted(await store.incidents_of([1, 2, 3, 9], keep=False)) == [1, 3]
    assert not store._decoded
    assert sorted(await store.incidents_of([1, 3])) == [1, 3]
    assert len(store._decoded) == 2
