"""Callbacks, sign-ins, problems, settings, leases."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.store import SqlStore, open_store
from tests.bot.store.samples import T0, event, minutes


async def test_a_delivery_is_accepted_once_and_worked_in_order_of_arrival(store: SqlStore) -> None:
    assert await store.accept_callback("z", T0, {"user": "zhangsan", "content": "收到"})
    assert await store.accept_callback("a", T0, {"user": "lisi"})
    assert not await store.accept_callback("z", T0 + minutes(1), {"user": "other"})
    assert [(k, b["user"]) for k, _, b in await store.open_callbacks()] == [("z", "zhangsan"), ("a", "lisi")]
    await store.finish_callback("z", "done")
    assert not await store.accept_callback("z", T0 + minutes(2), {})
    assert [k for k, _, _ in await store.open_callbacks()] == ["a"]


async def test_a_delivery_is_claimed_by_one_and_by_the_next_when_the_lease_ends(store: SqlStore) -> None:
    for n, user in enumerate(("zhangsan", "lisi", "zhangsan", "wangwu")):
        await store.accept_callback(f"k{n}", T0, {"user": user})
    until = T0 + minutes(1)
    mine = await store.claim_callbacks(T0, "p1", until, 2)
    assert [k for k, _, _ in mine] == ["k0", "k1"]
    theirs = await store.claim_callbacks(T0, "p2", until, 50)
    assert [k for k, _, _ in theirs] == ["k3"], "what a person sent later waits for what another process holds"
    await store.finish_callback("k0", "done")
    assert [k for k, _, _ in await store.claim_callbacks(T0, "p2", until, 50)] == ["k2"]
    assert await store.claim_callbacks(until, "p2", until, 50) == []
    late = await store.claim_callbacks(until + minutes(1), "p3", until + minutes(2), 50)
    assert [k for k, _, _ in late] == ["k1", "k2", "k3"]


async def test_claiming_side_by_side_never_doubles_a_delivery(database_url: str, store: SqlStore, tmp_path: Path) -> None:
    for n in range(60):
        await store.accept_callback(f"k{n:02}", T0, {"user": f"u{n % 7}"})
    other = await open_store(database_url, tmp_path / "other") if database_url else store
    seen: list[str] = []

    async def drain(name: str, at: SqlStore) -> None:
        while rows := await at.claim_callbacks(T0, name, T0 + minutes(1), 5):
            for key, _, _ in rows:
                seen.append(key)
                await at.finish_callback(key, "done")

    await asyncio.gather(*(drain(f"p{n}", store if n % 2 else other) for n in range(4)))
    while await store.open_callbacks():
        await drain("last", store)
    if other is not store:
        await other.close()
    assert sorted(seen) == sorted(set(seen))
    assert len(seen) == 60


async def test_a_record_and_the_settings_it_changes_are_one_unit(store: SqlStore) -> None:
    await store.append_system([event("cover", T0)], {"covers": "a", "rota.worked": "b"})
    assert (await store.meta("covers"), await store.meta("rota.worked")) == ("a", "b")
    with pytest.raises(TypeError, match="naive"):
        await store.append_system([event("cover", T0.replace(tzinfo=None))], {"covers": "c"})
    assert await store.meta("covers") == "a"
    assert [e.kind for e in await store.events("system")] == ["cover"]


async def test_a_login_link_works_once_and_in_time(store: SqlStore) -> None:
    await store.add_login("t1", "zhangsan", T0 + minutes(10))
    await store.add_login("t2", "lisi", T0 + minutes(10))
    assert await store.use_login("t2", "s2", T0 + minutes(11), T0 + minutes(99)) is None
    assert await store.use_login("t1", "s1", T0, T0 + minutes(720)) == "zhangsan"
    assert await store.use_login("t1", "s3", T0, T0 + minutes(720)) is None
    assert await store.session_officer("s1", T0 + minutes(719)) == "zhangsan"
    assert await store.session_officer("s1", T0 + minutes(720)) is None
    assert await store.session_officer("s3", T0) is None
    await store.end_session("s1")
    assert await store.session_officer("s1", T0) is None


async def test_tokens_are_not_kept(tmp_path: Path, database_url: str, store: SqlStore) -> None:
    await store.add_login("secret-token", "zhangsan", T0 + minutes(10))
    await store.use_login("secret-token", "secret-session", T0, T0 + minutes(720))
    rows = await store.engine.read(
        lambda tx: [dict(r) for t in ("login", "board_session") for r in tx.rows(f"select * from {t}")]
    )
    assert "secret" not in str(rows)


async def test_a_problem_is_told_once_until_it_is_resolved(store: SqlStore) -> None:
    assert await store.report_problem("source", "news", "取不到", T0)
    assert not await store.report_problem("source", "news", "仍取不到", T0 + minutes(1))
    assert await store.report_problem("source", "other", "取不到", T0)
    (first, _) = await store.problems()
    assert (first.subject, first.detail, first.count, first.first_at) == ("news", "仍取不到", 2, T0)
    await store.resolve_problem("source", "news", T0 + minutes(2))
    await store.resolve_problem("source", "never", T0)
    assert [p.subject for p in await store.problems()] == ["other"]
    assert await store.report_problem("source", "news", "又取不到", T0 + minutes(3))
    assert len(await store.problems(open_only=False)) == 3


async def test_settings_of_the_program_are_kept(store: SqlStore) -> None:
    assert await store.meta("clock") is None
    await store.set_meta("clock", "1")
    await store.set_meta("clock", "2")
    assert await store.meta("clock") == "2"


async def test_a_lease_has_one_owner_until_it_runs_out(store: SqlStore) -> None:
    assert await store.hold_lease("join", "p1", T0, T0 + minutes(1))
    assert not await store.hold_lease("join", "p2", T0, T0 + minutes(1))
    assert await store.hold_lease("join", "p1", T0, T0 + minutes(2))
    assert await store.hold_lease("join", "p2", T0 + minutes(3), T0 + minutes(4))
    assert not await store.hold_lease("join", "p1", T0 + minutes(3), T0 + minutes(9))


async def test_a_daily_run_is_taken_by_exactly_one(store: SqlStore) -> None:
    taken = await asyncio.gather(*(store.take_slot("daily", "2026-03-02", f"p{n}", T0) for n in range(8)))
    assert sorted(taken) == [False] * 7 + [True]
    assert await store.take_slot("daily", "2026-03-03", "p1", T0)
