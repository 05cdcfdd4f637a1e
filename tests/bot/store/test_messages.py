"""Messages: queue, claim, send, mark; nothing is sent twice by two processes, nothing is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.store import SqlStore, StoreError
from bot.store.port import MessageRow
from tests.bot.store.samples import T0, event, message, minutes, open_one, step

WALL = T0 + timedelta(days=300)
STEP = step(1, "half", T0)


async def queued(store: SqlStore, *rows: MessageRow) -> None:
    """An incident whose one step is carried by these messages."""
    await open_one(store, [STEP])
    await store.claim_steps(T0, WALL, "p1", WALL + timedelta(seconds=30), 10)
    await store.settle_steps({STEP.key: ("sending", "")}, rows or [message("m1", STEP.key)], T0)


async def claim(store: SqlStore, at: float = 0, owner: str = "p1", wall: float = 0) -> list[MessageRow]:
    moment = WALL + timedelta(seconds=wall)
    return await store.claim_messages(T0 + minutes(at), moment, owner, moment + timedelta(seconds=30), 10)


async def mark(store: SqlStore, ident: str = "m1", owner: str = "p1", code: str = "") -> bool:
    said = event("notified", T0 + minutes(1), message=ident)
    return await store.mark_sent(ident, owner, T0 + minutes(1), msgid="w1", response_code=code, detail="", event=said)


async def states(store: SqlStore) -> tuple[list[str], list[str]]:
    return [m.state for m in await store.messages_of(1)], [s.state for s in await store.steps_of(1)]


async def test_a_message_comes_back_byte_for_byte(store: SqlStore) -> None:
    row = message("m1", STEP.key, request='{"a":"一\\u0000二","b":[1, 2]}'.encode())
    await queued(store, row)
    (got,) = await claim(store)
    assert got.request == row.request
    assert got.steps == (STEP.key,)
    assert (got.attempts, got.state) == (1, "sending")


async def test_a_message_id_is_queued_once(store: SqlStore) -> None:
    await queued(store)
    await store.settle_steps({}, [message("m1", text="另一段文字")], T0)
    (kept,) = await store.messages_of(1)
    assert kept.text == "还剩2小时"


async def test_marking_sent_moves_message_steps_and_record_together(store: SqlStore) -> None:
    await queued(store)
    await claim(store)
    before = await store.incident(1)
    assert await mark(store, code="code-1")
    assert await states(store) == (["sent"], ["sent"])
    assert [e.kind for e in await store.events("incident:1")] == ["opened", "notified"]
    after = await store.incident(1)
    assert before is not None
    assert after is not None
    assert after.version == before.version
    assert await store.spend_code("m1", T0 + minutes(2)) == "code-1"
    assert await store.pending_messages() == 0


async def test_only_the_owner_of_the_lease_marks(store: SqlStore) -> None:
    await queued(store)
    await claim(store, owner="slow")
    (again,) = await claim(store, owner="quick", wall=31)
    assert again.attempts == 2
    assert not await mark(store, owner="slow")
    assert await mark(store, owner="quick")
    assert not await mark(store, owner="quick")
    assert [e.kind for e in await store.events("incident:1")] == ["opened", "notified"]


async def test_urgent_messages_overtake(store: SqlStore) -> None:
    await open_one(store)
    rows = [message("late", at=T0), message("early", at=T0 - minutes(5)), message("first", priority=0)]
    await store.settle_steps({}, [*rows, message("tomorrow", at=T0 + minutes(1440))], T0)
    assert [m.id for m in await claim(store)] == ["first", "early", "late"]


async def test_a_refused_message_waits_for_its_time(store: SqlStore) -> None:
    await queued(store)
    await claim(store)
    assert await store.mark_failed("m1", "p1", T0, state="pending", retry_at=T0 + minutes(5), detail="系统繁忙")
    assert await states(store) == (["pending"], ["sending"])
    assert await claim(store, at=4) == []
    assert await store.next_fire() == T0 + minutes(5)
    (again,) = await claim(store, at=5)
    assert (again.attempts, again.error) == (2, "系统繁忙")


async def test_an_unknown_outcome_is_repeated_until_it_is_known(store: SqlStore) -> None:
    await queued(store)
    (first,) = await claim(store)
    assert await store.mark_failed("m1", "p1", T0, state="unknown", retry_at=T0, detail="超时")
    assert await states(store) == (["unknown"], ["unknown"])
    assert await store.claim_steps(T0, WALL + timedelta(days=1), "p2", WALL + timedelta(days=2), 10) == []
    (second,) = await claim(store)
    assert second.request == first.request
    assert await mark(store)
    assert await states(store) == (["sent"], ["sent"])


async def test_a_step_fails_with_the_last_message_that_carried_it(store: SqlStore) -> None:
    await queued(store, message("m1", STEP.key), message("m2", STEP.key, recipient="lisi"))
    await claim(store)
    assert await store.mark_failed("m1", "p1", T0, state="failed", retry_at=None, detail="不在可见范围")
    assert await states(store) == (["failed", "sending"], ["sending"])
    assert await store.mark_failed("m2", "p1", T0, state="failed", retry_at=None, detail="不在可见范围")
    assert await states(store) == (["failed", "failed"], ["failed"])


async def test_a_failed_step_goes_on_with_another_person(store: SqlStore) -> None:
    await queued(store)
    await claim(store)
    await store.mark_failed("m1", "p1", T0, state="failed", retry_at=None, detail="不在可见范围")
    await store.settle_steps({}, [message("m2", STEP.key, recipient="lisi")], T0)
    assert (await states(store))[1] == ["sending"]
    await claim(store)
    assert await mark(store, "m2")
    assert (await states(store))[1] == ["sent"]


async def test_a_press_makes_message_and_step_seen(store: SqlStore) -> None:
    await queued(store)
    await claim(store)
    await mark(store)
    await store.mark_seen("m1", T0 + minutes(3))
    await store.mark_seen("m1", T0 + minutes(9))
    assert await states(store) == (["seen"], ["seen"])
    found = await store.message_by_task("m1")
    assert found is not None
    assert found.seen_at == T0 + minutes(3)


async def test_a_press_before_the_mark_is_kept_and_the_record_is_still_written(store: SqlStore) -> None:
    await queued(store)
    await claim(store)
    await store.mark_seen("m1", T0 + minutes(1))
    assert await states(store) == (["sending"], ["sending"])
    assert await mark(store)
    assert await states(store) == (["seen"], ["seen"])
    assert [e.kind for e in await store.events("incident:1")] == ["opened", "notified"]


async def test_an_empty_task_is_nobodys(store: SqlStore) -> None:
    await store.settle_steps({}, [message("reply", task_id="", incident=None)], T0)
    await store.mark_seen("", T0)
    assert await store.message_by_task("") is None
    (got,) = await claim(store)
    assert got.seen_at is None


async def test_codes_are_spent_once_newest_first_within_72_hours(store: SqlStore) -> None:
    await store.add_code("old", "m1", T0 - timedelta(hours=73))
    await store.add_code("one", "m1", T0 - timedelta(hours=2))
    await store.add_code("two", "m1", T0)
    await store.add_code("two", "m1", T0)
    await store.add_code("other", "m2", T0)
    assert [await store.spend_code("m1", T0) for _ in range(3)] == ["two", "one", None]


async def test_a_request_that_is_no_text_is_refused_whole(store: SqlStore) -> None:
    await open_one(store, [STEP])
    await store.claim_steps(T0, WALL, "p1", WALL, 10)
    with pytest.raises(StoreError, match="UTF-8"):
        await store.settle_steps({STEP.key: ("sending", "")}, [message("m1", STEP.key, request=b"\xff\xfe")], T0)
    assert await store.messages_of(1) == []
    assert [s.key for s in await store.claim_steps(T0, WALL + minutes(1), "p1", WALL + minutes(2), 10)] == [STEP.key]
