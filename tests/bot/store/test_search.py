"""Search: the same answers whatever part of the items the index has taken in, and no item taken in twice."""

from __future__ import annotations

import pytest

from bot.store import SqlStore, dump, open_store, search
from bot.store.engine import Tx
from bot.store.port import SourceState
from tests.bot.store.samples import T0, item, minutes

NEWS = SourceState(source_id="news", next_poll_at=T0 + minutes(5), last_success_at=T0)


TITLES = {
    "a": "云岭市大湾村发生山体滑坡",
    "b": "河湾镇停水三天，居民反映PM2.5超标",
    "c": "停水-三天的通知（ＡＢＣ小区）",
    "d": "水",
    "e": "𠮷野家门口积水",
}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("停水", ["c", "b"]),
        ("停水三天", ["b"]),
        ("停水-三天", ["c"]),
        ("停水 居民", ["b"]),
        ("滑坡", ["a"]),
        ("水", ["e", "d", "c", "b"]),
        ("坡", ["a"]),
        ("pm2.5", ["b"]),
        ("abc小区", ["c"]),
        ("𠮷野", ["e"]),
        ("𠮷", ["e"]),
        ("火灾", []),
        ("'; drop table item", []),
        ('停" OR "水', []),
        ("   ", []),
        ("%", []),
    ],
)
async def test_any_word_is_found_newest_first_however_much_is_indexed(store: SqlStore, words: str, found: list[str]) -> None:
    await store.save_poll(NEWS, [item(key, title, at=T0 + minutes(n)) for n, (key, title) in enumerate(TITLES.items())])
    for taken in (2, 3, 0):
        assert [s.item.id for s in await store.search(words)] == found
        assert await store.index_items(taken) == taken
    assert [s.item.id for s in await store.search(words)] == found


@pytest.mark.parametrize("when", ["before both", "between", "after both"])
async def test_an_edited_item_is_found_by_its_new_words_only(store: SqlStore, when: str) -> None:
    await store.save_poll(NEWS, [item("a", "某厂起火")])
    if when == "before both":
        assert await store.index_items() == 1
    await store.save_poll(NEWS, [item("a", "某厂爆炸", fingerprint="f2")])
    if when == "between":
        assert await store.index_items() == 1
    await store.save_poll(NEWS, [item("a", "某厂泄漏", fingerprint="f3")])
    assert await store.index_items() == (1 if when == "after both" else 0)
    assert [s.item.id for s in await store.search("泄漏")] == ["a"]
    assert await store.search("起火") == await store.search("爆炸") == []
    assert await store.engine.read(lambda tx: matches(tx, "起火") + matches(tx, "爆炸")) == [], (
        "nothing of it stays in the index"
    )
    assert len(await store.engine.read(lambda tx: matches(tx, "泄漏"))) == 1


def matches(tx: Tx, word: str) -> list[int]:
    """Numbers of the items the index itself gives for a word of two characters."""
    if tx.dialect == "sqlite":
        return [r["n"] for r in tx.rows("select rowid as n from item_words where item_words match :w", {"w": f'"{word}"'})]
    sql = "select n from item_words where to_tsvector('simple', words) @@ to_tsquery('simple', :w)"
    return [r["n"] for r in tx.rows(sql, {"w": word})]


async def test_the_limit_holds_over_many_pages_of_candidates_and_across_the_mark(store: SqlStore) -> None:
    await store.save_poll(NEWS, [item(f"{n:04}", f"停水通知第{n}号") for n in range(450)])
    for _ in range(3):
        assert [s.item.id for s in await store.search("停水", limit=3)] == ["0449", "0448", "0447"]
        assert [s.item.id for s in await store.search("第7号")] == ["0007"]
        assert [s.item.id for s in await store.search("停水", limit=1000)] == [f"{n:04}" for n in reversed(range(450))]
        await store.index_items(225)
    assert await store.index_items() == 0
    assert await store.engine.read(search.waiting) == 0


async def test_a_pass_that_breaks_off_leaves_index_and_mark_as_they_were(store: SqlStore) -> None:
    await store.save_poll(NEWS, [item("a", "某厂起火"), item("b", "某厂爆炸")])

    def broken(tx: Tx) -> None:
        assert search.catch_up(tx, 1) == 1
        raise RuntimeError("power")

    with pytest.raises(RuntimeError, match="power"):
        await store.engine.write(broken)
    assert await store.engine.read(lambda tx: (search.mark(tx), matches(tx, "起火"))) == (0, [])
    assert [s.item.id for s in await store.search("起火")] == ["a"]
    assert await store.index_items() == 2
    assert await store.engine.read(lambda tx: matches(tx, "起火")) == [1]


async def test_an_item_taken_out_by_words_it_was_not_indexed_with_in_repeats_leaves_nothing(store: SqlStore) -> None:
    """Earlier versions indexed each pair once: both forms of the words are the same set for the index."""
    await store.save_poll(NEWS, [item("a", "停水停水停水")])
    assert await store.index_items() == 1
    await store.engine.write(lambda tx: search.unindex(tx, 1, "停水 水停 水"))
    assert await store.engine.read(lambda tx: matches(tx, "停水") + matches(tx, "水停")) == []


async def test_an_export_with_items_still_waiting_is_loaded_with_all_of_them_indexed(
    store: SqlStore, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await store.save_poll(NEWS, [item("a", "某厂起火"), item("b", "某厂爆炸"), item("c", "某厂停水")])
    assert await store.index_items(1) == 1
    target = tmp_path_factory.mktemp("export") / "out"
    await store.engine.read(lambda tx: dump.export(tx, target))
    other = await open_store("", tmp_path_factory.mktemp("other"))
    await other.engine.write(lambda tx: dump.load(tx, target))
    assert await other.engine.read(lambda tx: [matches(tx, w) for w in ("起火", "爆炸", "停水")]) == [[1], [2], [3]]
    assert await other.index_items() == 0
    await other.close()


def test_words_are_the_pairs_of_each_run_and_its_last_character() -> None:
    assert set(search.words_of("停水-三天", "ＡＢ，停水").split()) == {"停水", "水", "三天", "天", "ab", "b"}
    assert search.words_of("", "。！").split() == []
