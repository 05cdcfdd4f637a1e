"""Where items are: waiting, ordinary, or in a matter; told apart from their texts, and by one process only."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store import SqlStore, dump, open_store
from bot.store.engine import Tx
from bot.store.port import Joined, SourceState
from bot.store.schema import MIGRATIONS, PLACES
from tests.bot.store.samples import T0, changed, event, item, minutes, open_one

LONG = "当地有关部门已赶赴现场核实处置。" * 100


def to(incident: int | None, key: str, n: int = 0, by: str = "system") -> Joined:
    return Joined(item_id=key, n=n, incident=incident, at=T0, why="停水", by=by)


async def waiting(store: SqlStore) -> dict[str, int | None]:
    return {s.item.id: s.incident for s in await store.unjoined(100)}


async def test_a_judgement_writes_a_few_bytes_and_not_the_text_again(tmp_path: Path) -> None:
    store = await open_store("", tmp_path)
    await store.add_items([item(f"i{n:03d}", text=f"{LONG}{n}") for n in range(300)])
    (log,) = tmp_path.glob("*.db-wal")
    rows = await store.unjoined(300)
    before = log.stat().st_size
    await store.mark_joined([to(None, r.item.id, r.n) for r in rows[:150]])
    await open_one(store, joined=tuple(to(1, r.item.id, r.n) for r in rows[150:]))
    assert log.stat().st_size - before < 300 * len(LONG)
    assert await store.unjoined(1) == []
    assert len(await store.items_of(1)) == 150
    await store.close()


async def test_what_one_process_judged_ordinary_no_other_puts_into_a_matter(store: SqlStore) -> None:
    await store.add_items([item("a"), item("b")])
    first = await open_one(store)
    await store.mark_joined([to(None, "a")])
    both = changed(first, event("noted", text="并入"), joined=(to(1, "a"), to(1, "b")))
    assert not await store.commit(both)
    assert await waiting(store) == {"b": None}
    assert await store.incident_of("a") is None
    assert await store.commit(changed(first, event("noted", text="并入"), joined=(to(1, "b"),)))


async def test_a_number_given_along_is_taken_for_the_item_and_one_not_given_is_looked_up(store: SqlStore) -> None:
    await store.add_items([item("a"), item("b"), item("c")])
    n = {s.item.id: s.n for s in await store.unjoined(9)}
    assert sorted(n.values()) == [1, 2, 3]
    await open_one(store, joined=(to(1, "a", n["a"]), to(1, "b")))
    assert await waiting(store) == {"c": None}
    assert [(s.item.id, s.n, s.incident) for s in await store.items_of(1)] == [("a", n["a"], 1), ("b", n["b"], 1)]


async def test_an_edited_member_waits_with_its_place_and_may_go_to_another_matter_once(store: SqlStore) -> None:
    await store.add_item(item("a"))
    first = await open_one(store, joined=(to(1, "a"),))
    second = await open_one(store, number=2)
    await store.add_items([item("a", "改成另一件事", at=T0 + minutes(9), fingerprint="f2")])
    assert await waiting(store) == {"a": 1}
    assert (await store.unjoined(1))[0].item.seen_at == T0, "what has its place keeps its time"
    await store.mark_joined([to(None, "a")])
    assert await waiting(store) == {"a": 1}, "a member never becomes ordinary by itself"
    assert await store.commit(changed(second, event("noted", text="改"), joined=(to(2, "a"),)))
    assert (await waiting(store), await store.incident_of("a")) == ({}, 2)
    assert not await store.commit(changed(first, event("noted", text="改"), joined=(to(1, "a"),))), "judged by somebody else"
    rows = await store.engine.read(lambda tx: tx.rows("select incident from membership where item_id = 'a' order by incident"))
    assert [r["incident"] for r in rows] == [1, 2], "where it was stays on the record"


async def test_an_edit_of_what_waits_or_was_ordinary_waits_once(store: SqlStore) -> None:
    await store.add_items([item("a"), item("b")])
    await store.mark_joined([to(None, "b")])
    later = [item(key, "改过", at=T0 + minutes(9), fingerprint="f2") for key in ("a", "b")]
    await store.save_poll(SourceState(source_id="news"), later)
    assert [(s.item.id, s.item.seen_at, s.item.title) for s in await store.unjoined(9)] == [
        ("a", T0, "改过"),
        ("b", T0 + minutes(9), "改过"),
    ]


async def test_a_person_moves_what_is_elsewhere_and_an_item_told_twice_goes_where_it_was_told_last(store: SqlStore) -> None:
    await store.add_items([item("a"), item("b")])
    await open_one(store, joined=(to(1, "a"), to(1, "b"), to(1, "b")))
    await open_one(store, number=2, joined=(to(2, "a", by="zhangsan"),))
    assert [s.item.id for s in await store.items_of(1)] == ["b"]
    assert [s.item.id for s in await store.items_of(2)] == ["a"]
    assert [s.item.id for s in await store.members_since(T0 + minutes(1))] == ["a", "b"]


async def test_places_kept_in_the_items_themselves_are_brought_forward(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = MIGRATIONS[: MIGRATIONS.index(PLACES)]
    for engine in ("sqlite", "postgres"):
        monkeypatch.setattr(f"bot.store.{engine}.MIGRATIONS", before)
    old = await open_store(database_url, tmp_path / "data")

    def fill(tx: Tx) -> None:
        columns = (
            "id, n, source, kind, title, url, text, published, published_raw, seen_at, rank, hot, author, fingerprint, alias,"
            " joined_at, incident, judged"
        )
        found = (
            ("w2", None, None),
            ("w1", None, None),
            ("ordinary", 5, None),
            ("placed", 6, 1),
            ("edited", None, 1),
            ("lost", 7, None),
        )
        rows = [
            (k, n, "news", "feed", f"停水{k}", "u", "正文", 1, "", 9, 4, 1.5, "记者", f"f{k}", "", at, to_, "{}")
            for n, (k, at, to_) in enumerate(found, 3)
        ]
        tx.insert("item", columns, rows)
        tx.run("update counter set value = 8 where name = 'item'")
        kept = [(1, k, 6, "首条", "system") for k in ("placed", "edited", "lost")]
        tx.insert("membership", "incident, item_id, at, why, by_whom", kept)

    await old.engine.write(fill)
    await old.close()
    monkeypatch.undo()
    store = await open_store(database_url, tmp_path / "data")
    assert [(s.item.id, s.n, s.incident) for s in await store.unjoined(9)] == [
        ("w2", 3, None),
        ("w1", 4, None),
        ("edited", 7, 1),
    ]
    assert [(s.item.id, s.incident) for s in await store.items_of(1)] == [("placed", 1), ("edited", 1), ("lost", 1)]
    assert len(await store.search("停水")) == 6
    head = (await store.unjoined(9))[-1].item
    assert (head.title, head.text, head.author, head.rank, head.hot, head.fingerprint) == (
        "停水edited",
        "正文",
        "记者",
        4,
        1.5,
        "fedited",
    )
    assert not await store.add_item(item("ordinary"))
    assert await store.add_item(item("new")), "numbers go on where they ended"
    assert (await store.unjoined(9))[-1].n == 9
    assert await store.purge_items(T0) == 1
    rows = await store.engine.read(lambda tx: tx.rows("select item_id, why from membership order by item_id"))
    assert {r["item_id"]: r["why"] for r in rows} == dict.fromkeys(("edited", "lost", "placed"), "首条")
    await store.close()


async def test_an_export_carries_what_waits_and_what_has_its_place(store: SqlStore, tmp_path: Path) -> None:
    await store.add_items([item("a"), item("b"), item("c")])
    await open_one(store, joined=(to(1, "a"),))
    await store.mark_joined([to(None, "b")])
    await store.engine.read(lambda tx: dump.export(tx, tmp_path / "out"))
    other = await open_store("", tmp_path / "other")
    await other.engine.write(lambda tx: dump.load(tx, tmp_path / "out"))
    assert await waiting(other) == {"c": None}
    assert [s.item.id for s in await other.items_of(1)] == ["a"]
    assert await other.purge_items(T0 + minutes(1)) == 1
    await other.close()
