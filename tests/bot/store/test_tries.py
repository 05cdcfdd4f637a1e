"""What was tried is on record with its channel; what left in the last hour is known to every process."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.store import SqlStore
from tests.bot.store.samples import T0, message, minutes, open_one, step

WALL = T0 + timedelta(days=300)
STEP = step(1, "half", T0)


async def test_every_try_is_read_back_with_channel_time_and_answer(store: SqlStore) -> None:
    await open_one(store, [STEP])
    await store.settle_steps({}, [replace(message("m1", STEP.key), kind="mail")], T0)
    for n, (state, detail) in enumerate((("pending", "暂时不收"), ("unknown", "没有应答")), 1):
        await store.claim_messages(T0 + minutes(n), WALL, "p1", WALL + timedelta(seconds=30), 10)
        at = T0 + minutes(n)
        await store.mark_failed("m1", "p1", at, state=state, retry_at=at, detail=detail)
    await store.claim_messages(T0 + minutes(3), WALL, "p1", WALL + timedelta(seconds=30), 10)
    await store.mark_sent("m1", "p1", T0 + minutes(3), msgid="", response_code="", detail="", event=None)
    found = await store.tries_of(1)
    assert [(t.n, t.outcome, t.detail) for t in found] == [
        (1, "pending", "暂时不收"),
        (2, "unknown", "没有应答"),
        (3, "sent", ""),
    ]
    assert [t.at for t in found] == [T0 + minutes(n) for n in (1, 2, 3)]
    assert {(t.kind, t.message) for t in found} == {("mail", "m1")}
    assert await store.tries_of(2) == []


async def test_what_left_and_what_may_have_left_is_known_for_the_hour(store: SqlStore) -> None:
    await open_one(store, [STEP])
    rows = [replace(message(f"m{n}", STEP.key), recipient=f"u{n}") for n in (1, 2, 3)]
    await store.settle_steps({}, rows, T0)
    await store.claim_messages(T0, WALL, "p1", WALL + timedelta(seconds=30), 10)
    await store.mark_sent("m1", "p1", T0, msgid="", response_code="", detail="", event=None)
    await store.mark_failed("m2", "p1", T0, state="unknown", retry_at=T0 + minutes(1), detail="")
    await store.mark_failed("m3", "p1", T0, state="pending", retry_at=T0 + minutes(1), detail="")
    found = {r.recipient: r.at for r in await store.sent_since(T0 - timedelta(hours=1))}
    assert found == {"u1": T0, "u2": T0 + minutes(1)}
    assert [r.recipient for r in await store.sent_since(T0)] == ["u2"]
