"""The history of a source's errors: spells, their end, and a bound."""

from __future__ import annotations

from bot.store import SqlStore
from bot.store.port import SourceState
from bot.store.spells import KEPT
from tests.bot.store.samples import T0, minutes


async def failed(store: SqlStore, n: int, error: str) -> None:
    at = T0 + minutes(n)
    await store.save_poll(SourceState(source_id="s", failures=1, last_error=error, last_try_at=at), ())


async def well(store: SqlStore, n: int) -> None:
    at = T0 + minutes(n)
    await store.save_poll(SourceState(source_id="s", last_try_at=at, last_success_at=at), ())


async def test_the_same_error_is_one_spell_until_the_source_is_well(store: SqlStore) -> None:
    await failed(store, 0, "响应超时")
    await failed(store, 1, "响应超时")
    await failed(store, 2, "网址不存在（404）")
    await well(store, 3)
    await well(store, 4)
    newest, first = await store.spells("s")
    assert (first.error, first.times, first.last_at, first.over_at) == ("响应超时", 2, T0 + minutes(1), T0 + minutes(2))
    assert (newest.error, newest.over_at) == ("网址不存在（404）", T0 + minutes(3))


async def test_damage_of_the_content_is_a_spell_too(store: SqlStore) -> None:
    for n, remark in enumerate(("", "文档尾部残缺", "文档尾部残缺", "")):
        at = T0 + minutes(n)
        await store.save_poll(SourceState(source_id="s", last_try_at=at, last_success_at=at, remark=remark), ())
    (spell,) = await store.spells("s")
    assert (spell.error, spell.times, spell.first_at, spell.over_at) == ("文档尾部残缺", 2, T0 + minutes(1), T0 + minutes(3))


async def test_the_history_is_bounded(store: SqlStore) -> None:
    for n in range(KEPT + 5):
        await failed(store, n, f"错误{n}")
    spells = await store.spells("s")
    assert len(spells) == KEPT
    assert spells[0].error == f"错误{KEPT + 4}"
