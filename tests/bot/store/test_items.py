"""Items: each identity once, edits kept, joined in order, found by any word."""

from __future__ import annotations

from dataclasses import replace

from bot.store import SqlStore
from bot.store.port import Change, Joined, PollCounts, SourceState
from playbooks.incident import Incident
from tests.bot.store.samples import T0, changed, event, item, minutes, open_one

NEWS = SourceState(source_id="news", etag='"a"', next_poll_at=T0 + minutes(5), last_success_at=T0)


async def test_the_state_to_save_may_depend_on_what_the_poll_brought(store: SqlStore) -> None:
    def plan(counts: PollCounts) -> SourceState:
        return replace(NEWS, pace=300 * counts.new, quiet=7, address="http://a.example/", remark="截断")

    await store.save_poll(NEWS, [item("a"), item("b")], plan)
    saved = (await store.source_states())["news"]
    assert (saved.pace, saved.quiet, saved.address, saved.remark) == (600, 7, "http://a.example/", "截断")
    assert saved.items_total == 2
    await store.save_poll(NEWS, [item("a"), item("b")], plan)
    assert (await store.source_states())["news"].pace == 0


async def test_a_poll_counts_new_edited_and_known(store: SqlStore) -> None:
    a, b = item("a"), item("b", "河湾镇停水通知")
    assert await store.save_poll(NEWS, [a, b]) == PollCounts(new=2, updated=0, duplicates=0)
    edited = item("a", "大湾村滑坡已造成2人遇难", at=T0 + minutes(9), fingerprint="f-a2")
    assert await store.save_poll(NEWS, [edited, b]) == PollCounts(new=0, updated=1, duplicates=1)
    first = (await store.unjoined(10))[0].item
    assert first.title == "大湾村滑坡已造成2人遇难"
    assert first.seen_at == T0


async def test_the_state_of_a_source_comes_back_with_its_totals(store: SqlStore) -> None:
    await store.save_poll(NEWS, [item("a"), item("b")])
    failed = SourceState(source_id="news", failures=3, last_error="取不到", last_try_at=T0 + minutes(5))
    await store.save_poll(failed, [item("a")])
    got = (await store.source_states())["news"]
    assert (got.failures, got.last_error, got.items_total, got.duplicates_total) == (3, "取不到", 2, 1)
    assert got.last_new_at == T0
    assert got.next_poll_at is None


async def test_an_item_whose_link_changes_is_known_by_title_and_day(store: SqlStore) -> None:
    await store.save_poll(NEWS, [item("link-1", alias="t1", fingerprint="f")])
    assert await store.save_poll(NEWS, [item("link-2", alias="t1", fingerprint="f")]) == PollCounts(
        new=0, updated=0, duplicates=1
    )
    assert not await store.add_item(item("link-3", alias="t1"))


async def test_items_without_such_an_identity_are_not_taken_for_one_another(store: SqlStore) -> None:
    assert (await store.save_poll(NEWS, [item("a"), item("b")])).new == 2


async def test_everything_about_an_item_comes_back(store: SqlStore) -> None:
    whole = item(
        "a",
        text="正文",
        url="https://example.invalid/1",
        published=T0 - minutes(30),
        published_raw="3月2日9时",
        rank=4,
        hot=12.5,
        author="记者",
    )
    assert await store.add_item(whole)
    assert (await store.unjoined(1))[0].item == whole


async def test_what_no_engine_keeps_is_left_out_of_one_text_and_the_others_stay(store: SqlStore) -> None:
    whole = item("a", "水\0库", text="一\ud800二", url="https://example.invalid/1", author="记者", published_raw="昨天")
    assert (await store.save_poll(NEWS, [whole, item("b")])).new == 2
    got = {s.item.id: s.item for s in await store.unjoined(9)}
    assert (got["a"].title, got["a"].text, got["a"].url, got["a"].author) == ("水库", "一?二", whole.url, "记者")
    assert got["b"] == item("b")


async def test_items_of_one_unit_keep_the_instants_they_were_seen(store: SqlStore) -> None:
    found = [item(key, at=T0 + minutes(n)) for n, key in enumerate("abcd")]
    await store.add_items([found[2], found[0], found[3], found[1]])
    assert [s.item for s in await store.unjoined(9)] == found


async def test_items_wait_in_the_order_they_were_seen_then_by_source_and_as_its_document_tells_them(store: SqlStore) -> None:
    told = (("e", 2.0, "a"), ("d", 1.0, "b"), ("c", 1.0, "b"), ("b", 1.0, "B-1"), ("a", 1.0, "a"), ("f", 1.0, "B"))
    for key, at, source in told:
        await store.add_item(item(key, at=T0 + minutes(at), source=source))
    order = ["f", "b", "a", "d", "c", "e"]
    assert [s.item.id for s in await store.unjoined(10)] == order
    assert [s.item.id for s in await store.unjoined(2)] == order[:2]
    joined = tuple(Joined(item_id=key, incident=1, at=T0, why="停水") for key, _, _ in told)
    await open_one(store, joined=joined)
    assert [s.item.id for s in await store.items_of(1)] == order
    assert [s.item.id for s in await store.members_since(T0)] == order, "read anew in the order they were joined in"


async def test_joined_items_no_longer_wait_and_carry_their_judgement(store: SqlStore) -> None:
    await store.add_item(item("a"))
    await store.add_item(item("b"))
    await open_one(store, joined=(Joined(item_id="a", incident=1, at=T0, why="首条"),))
    await store.mark_joined([Joined(item_id="b", incident=None, at=T0, why="ordinary")])
    assert await store.unjoined(10) == []
    (member,) = await store.items_of(1)
    assert (member.incident, member.item) == (1, item("a"))
    assert await store.incident_of("a") == 1
    assert await store.incident_of("b") is None


async def test_history_never_waits_and_what_waits_already_still_does(store: SqlStore) -> None:
    await store.add_items([item("waits"), item("done"), item("other", alias="t1")])
    await store.mark_joined([Joined(item_id=k, incident=None, at=T0, why="ordinary") for k in ("done", "other")])
    later = T0 + minutes(9)
    past = [
        item("new", at=later),
        item("waits", "改过", at=later, fingerprint="2"),
        item("done", "也改过", at=later, fingerprint="2"),
        item("another", "同题", at=later, alias="t1", fingerprint="2"),
    ]
    assert await store.add_items(past, past=True) == PollCounts(new=1, updated=3, duplicates=0)
    assert [s.item.id for s in await store.unjoined(9)] == ["waits"]
    assert {s.item.id for s in await store.search("改过")} == {"waits", "done"}
    assert await store.add_items(past, past=True) == PollCounts(new=0, updated=0, duplicates=4)


async def test_marking_skips_what_another_process_placed(store: SqlStore) -> None:
    await store.add_item(item("a"))
    await store.add_item(item("b"))
    await open_one(store, joined=(Joined(item_id="a", incident=1, at=T0, why="首条"),))
    late = [Joined(item_id=key, incident=None, at=T0, why="ordinary") for key in ("a", "b")]
    await store.mark_joined(late)
    assert await store.incident_of("a") == 1
    assert await store.unjoined(10) == []


async def test_a_flood_goes_to_its_matters_in_one_unit_or_not_at_all(store: SqlStore) -> None:
    keys = [f"i{n:03d}" for n in range(400)]
    await store.add_items([item(key, f"停水{key}") for key in keys])
    first, second = await open_one(store), await open_one(store, number=2)

    def change(of: Incident, part: list[str]) -> Change:
        joined = tuple(Joined(item_id=key, incident=of.number, at=T0, why="停水") for key in part)
        return replace(changed(of, event("noted", text="并入")), joined=joined)

    both = [change(first, keys[:390]), change(second, keys[390:])]
    taken = Joined(item_id="i007", incident=2, at=T0, why="先到")
    await store.mark_joined([taken])
    assert not await store.commit_all(both, ())
    assert len(await store.unjoined(1000)) == 399
    assert (await store.incident(1), await store.items_of(1)) == (first, [])
    unknown = replace(both[0], joined=(*both[0].joined, taken._replace(item_id="none")))
    assert not await store.commit_all([unknown], ())
    rest = [change(first, [key for key in keys[:390] if key != "i007"]), change(second, ["i007", *keys[390:]])]
    assert await store.commit_all(rest, ())
    assert await store.unjoined(1000) == []
    assert [s.item.id for s in await store.items_of(2)] == ["i007", *keys[390:]]
    rows = await store.engine.read(lambda tx: tx.rows("select item_id, why from membership where incident = 2"))
    assert {r["item_id"]: r["why"] for r in rows} == {"i007": "先到", **dict.fromkeys(keys[390:], "停水")}


async def test_members_of_open_incidents_never_expire(store: SqlStore) -> None:
    for number, key, at in ((1, "old-open", 0), (2, "old-closed", 0), (3, "new-closed", 100)):
        await store.add_item(item(key, at=T0 + minutes(at)))
        opened = await open_one(store, number=number, joined=(Joined(item_id=key, incident=number, at=T0, why=""),))
        if "closed" in key:
            assert await store.commit(changed(opened, event("merged", into=9)))
    assert [s.item.id for s in await store.members_since(T0 + minutes(50))] == ["old-open", "new-closed"]


async def test_a_purge_takes_old_ordinary_items_and_leaves_the_record(store: SqlStore) -> None:
    await store.save_poll(NEWS, [item(key, f"停水{key}", rank=1) for key in ("ordinary", "member", "waiting")])
    await store.add_item(item("young", "停水young", at=T0 + minutes(60)))
    await store.mark_joined([Joined(item_id=key, incident=None, at=T0, why="ordinary") for key in ("ordinary", "young")])
    await open_one(store, joined=(Joined(item_id="member", incident=1, at=T0, why="首条"),))
    assert await store.index_items(2) == 2  # of the two taken in one goes, the other stays
    assert await store.purge_items(T0 + minutes(30)) == 1
    assert await store.purge_items(T0 + minutes(30)) == 0
    assert sorted(s.item.id for s in await store.search("停水")) == ["member", "waiting", "young"]
    assert (await store.save_poll(NEWS, [item("ordinary", "停水ordinary")])).new == 1
    while await store.index_items():
        pass
    assert sorted(s.item.id for s in await store.search("停水")) == ["member", "ordinary", "waiting", "young"]
