"""Originals that were covered: kept apart, sealed by the chain, erasable; the chains verify before and after."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from bot.store import SqlStore
from bot.store.port import Joined, SourceState
from bot.store.verify import Verdict, verify
from monitors.item import ItemKind
from tests.bot.store.samples import OFFICER, T0, changed, event, item, minutes, open_one

LINE = SourceState(source_id="12345", last_success_at=T0)
SAID = json.dumps({"标题": "张三反映停水", "电话": "13800001234"}, ensure_ascii=False)


async def walk(store: SqlStore) -> Verdict:
    return await store.engine.read(verify)


async def kept(store: SqlStore) -> None:
    """Two orders stored, the first a member of matter 1."""
    a = item("a", "张某反映停水", source="12345", original=SAID)
    b = item("b", "李某反映噪声", source="12345", original='{"标题":"李四反映噪声"}')
    await store.save_poll(LINE, [a, b, item("c")])
    await open_one(store, joined=(Joined(item_id="a", incident=1, at=T0, why="x"),))


async def erase(store: SqlStore) -> None:
    """The line of the record that removes, committed as any change."""
    incident = await store.incident(1)
    assert incident is not None
    assert await store.commit(changed(incident, event("noted", T0 + minutes(5), note="erased", text="本人申请")))


async def test_the_original_of_a_member_comes_back_and_is_in_no_item(store: SqlStore) -> None:
    await kept(store)
    (one,) = await store.originals_of(1)
    assert dict(one.fields) == {"标题": "张三反映停水", "电话": "13800001234"}
    assert "13800001234" not in repr(await store.items_of(1))
    assert (await walk(store)).faults == ()


async def test_one_event_seals_a_batch(store: SqlStore) -> None:
    await kept(store)
    (sealed,) = [e for e in await store.events("system") if e.kind == "originals_kept"]
    assert sealed.data["count"] == 2
    assert "张三" not in json.dumps(dict(sealed.data), ensure_ascii=False)


async def test_an_edit_keeps_the_newer_original_too(store: SqlStore) -> None:
    await kept(store)
    later = item("a", "张某反映停水已三天", source="12345", fingerprint="f2", at=T0 + minutes(9), original='{"标题":"新"}')
    await store.save_poll(LINE, [later])
    assert dict((await store.originals_of(1))[0].fields) == {"标题": "新"}
    assert (await walk(store)).faults == ()


async def test_erasing_leaves_nothing_to_read_and_whole_chains(store: SqlStore) -> None:
    await kept(store)
    await erase(store)
    (one,) = await store.originals_of(1)
    assert one.fields == ()
    assert one.erased_at == T0 + minutes(5)
    dumped = await store.engine.read(lambda tx: [dict(r) for r in tx.rows("select salt, body from original order by item_id")])
    assert dumped[0] == {"salt": "", "body": ""}
    assert dumped[1]["body"]
    assert (await walk(store)).faults == ()
    told = (await store.events("incident:1"))[-1]
    assert (told.actor, told.data["note"], told.data["text"]) == (OFFICER.id, "erased", "本人申请")


async def test_what_was_erased_does_not_come_back_with_a_later_edit(store: SqlStore) -> None:
    await kept(store)
    await erase(store)
    await store.save_poll(LINE, [item("a", "张某又反映", source="12345", fingerprint="f2", original=SAID)])
    assert (await store.originals_of(1))[0].fields == ()


async def test_a_term_erases_closed_matters_only(store: SqlStore) -> None:
    await kept(store)
    incident = await store.incident(1)
    assert incident is not None
    assert await store.commit(changed(incident, event("alarmed", T0, reason="x")))
    assert await store.expire_originals(T0 + minutes(60), event("originals_erased")) == 1, "b is ordinary, a in an open matter"
    assert (await store.originals_of(1))[0].fields != ()


async def test_a_changed_or_missing_original_is_found(store: SqlStore) -> None:
    await kept(store)
    await store.engine.write(lambda tx: tx.run("update original set body = :b where item_id = 'a'", {"b": '{"标题":"改"}'}))
    assert "摘要不符" in (await walk(store)).faults[0].text
    await store.engine.write(lambda tx: tx.run("delete from original where item_id = 'a'"))
    assert "缺失或多出" in (await walk(store)).faults[0].text
    await store.engine.write(lambda tx: tx.run("delete from original"))
    assert "全部缺失" in (await walk(store)).faults[0].text


async def test_purging_ordinary_items_empties_their_originals(store: SqlStore) -> None:
    await kept(store)
    await store.mark_joined([Joined(item_id="b", incident=None, at=T0, why="ordinary")])
    assert await store.purge_items(T0 + minutes(60)) == 1
    bodies = await store.engine.read(
        lambda tx: {r["item_id"]: r["body"] for r in tx.rows("select item_id, body from original")}
    )
    assert bodies["b"] == ""
    assert bodies["a"] == SAID
    assert (await walk(store)).faults == ()


async def test_an_item_without_anything_covered_keeps_nothing(store: SqlStore) -> None:
    await store.save_poll(LINE, [replace(item("c"), original="")])
    assert await store.engine.read(lambda tx: list(tx.rows("select item_id from original"))) == []


async def test_erasing_forgets_what_an_officer_typed(store: SqlStore) -> None:
    typed = {"kind": "text", "user": "zhangsan", "content": "报 张三 13800001234"}
    await store.accept_callback("k1", T0, typed)
    await store.accept_callback("k2", T0, typed)
    for key in ("k1", "k2"):
        await store.finish_callback(key, "done")
    ident = hashlib.sha1(b"officer|k1").hexdigest()
    await store.add_item(item(ident, source="officer", kind=ItemKind.OFFICER, original=SAID))
    await open_one(store, joined=(Joined(item_id=ident, incident=1, at=T0, why="x"),))
    await erase(store)
    rows = await store.engine.read(lambda tx: {r["key"]: r["body"] for r in tx.rows("select key, body from callback")})
    assert "13800001234" not in rows["k1"]
    assert "13800001234" in rows["k2"], "another report is another matter"
