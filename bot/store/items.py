"""Sources and items: what was fetched, each identity once, with its edits and its ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from bot.store import originals, places, search, spells
from bot.store.engine import Row, Tx, one, take
from bot.store.forms import clean, cleaned, maybe, ms
from bot.store.port import Plan, PollCounts, SourceState, StoredItem
from monitors.item import MAX_ENTRIES, Item, ItemKind
from monitors.reissue import Stored, recognised

BATCH: Final = 300
RECENT: Final = 100
"""How many more of the newest items of a source are looked at than its document has, for what has left the document and returns."""
REISSUED: Final = (ItemKind.FEED, ItemKind.HOTLIST)
"""Kinds whose ids may mean nothing; a work order's number, or a vendor's, always does."""
LATELY: Final = 20
"""How many of them where the document shows known items, which tell how far back it reaches."""
NEWEST: Final = "select n from item where source = :source order by n desc limit :limit"
TOLD: Final = "select id, title, url, published, fingerprint from item where"
KNOWN: Final = "select id, n, alias, fingerprint, rank, hot from item where"
TIMES: Final = ("next_poll_at", "last_try_at", "last_success_at", "last_new_at", "stale_since", "answers_since")
SOURCE_FIELDS: Final = tuple(f.name for f in fields(SourceState))
ITEM_COLUMNS: Final = (
    "id, n, source, kind, title, url, text, published, published_raw, seen_at, rank, hot, author, fingerprint, alias"
)


def source_states(tx: Tx) -> dict[str, SourceState]:
    return {r["source_id"]: _source(r) for r in tx.rows("select * from source_state order by source_id")}


def _source(row: Row) -> SourceState:
    values: dict[str, Any] = {f: maybe(row[f]) if f in TIMES else row[f] for f in SOURCE_FIELDS}
    return SourceState(**values)


def save_poll(tx: Tx, state: SourceState, items: Sequence[Item], plan: Plan | None = None) -> PollCounts:
    """Items of one document and the polling state that goes with them; `plan` gives that state once the counts are known."""
    counts, fresh = _merge(tx, items, polled=True)
    _save_source(tx, plan(counts) if plan else state, counts, max((i.seen_at for i in fresh), default=None))
    return counts


def add_items(tx: Tx, items: Sequence[Item], *, past: bool = False) -> PollCounts:
    """Items that came by another way than a poll; edits of known ones are kept as versions.

    `past`: history, handled from the instant it is there, so that no process ever judges it; what waits already still waits.
    """
    return _merge(tx, items, past=past)[0]


def _merge(tx: Tx, items: Sequence[Item], *, polled: bool = False, past: bool = False) -> tuple[PollCounts, list[Item]]:
    """Each identity once, its edits and sightings; the counts, and what is new.

    `polled`: all that one source tells now. `past`: history, which nobody judges.
    """
    known = _known(tx, items)
    if polled and len(known) < len(items):
        _again(tx, items, known)
    fresh: dict[str, Item] = {}
    edited: list[Item] = []
    duplicates = 0
    for item in items:
        row = known.get(item.id)
        if row is None and item.id not in fresh:
            fresh[item.id] = item
        elif row is not None and row["fingerprint"] != item.fingerprint and item.fingerprint:
            _edit(tx, row, item, past=past)
            edited.append(item if item.id == row["id"] else replace(item, id=row["id"]))
        else:
            duplicates += 1
        if row is not None:
            _sight(tx, row, item)
    new = list(fresh.values())
    _insert(tx, new, past=past)
    originals.keep(tx, (*new, *edited))
    return PollCounts(new=len(new), updated=len(edited), duplicates=duplicates), new


def _known(tx: Tx, items: Sequence[Item]) -> dict[str, Row]:
    """Stored rows of these items by their id. One without a guid that is not known by its link may be so by title and day.

    A row stands for one item only: two that share title and day stay two.
    """
    ids = list(dict.fromkeys(i.id for i in items))
    out = {row["id"]: row for row in tx.among(KNOWN, "id", ids)}
    others = {i.id: i for i in items if i.alias and i.id not in out} if len(out) < len(ids) else {}
    if others:
        free: dict[str, list[Row]] = {}
        for row in tx.among(f"{KNOWN} alias <> '' and", "alias", list({i.alias for i in others.values()})):
            if row["id"] not in out:
                free.setdefault(row["alias"], []).append(row)
        for item in others.values():
            if rows := free.get(item.alias):
                row = next((r for r in rows if r["fingerprint"] == item.fingerprint), rows[0])
                rows.remove(row)
                out[item.id] = row
    return out


def _again(tx: Tx, items: Sequence[Item], known: dict[str, Row]) -> None:
    """Adds to `known` what a source tells again under another guid, looked for among its newest items."""
    unknown = {i.id: i for i in items if i.id not in known and i.kind in REISSUED}
    if not unknown:
        return
    held = {row["n"] for row in known.values()}
    newest = tx.rows(NEWEST, {"source": items[0].source, "limit": min(len(items), MAX_ENTRIES) + RECENT})
    free = [row["n"] for row in newest if row["n"] not in held]
    if not free:
        return
    if held:  # what the document shows again is about as old as what it still shows
        oldest = min(held)
        free = free[: sum(n > oldest for n in free) + 2 * len(unknown) + LATELY]
    titles, urls = {clean(i.title) for i in unknown.values()}, {clean(i.url) for i in unknown.values() if i.url}
    stored = [
        Stored(row["id"], row["title"], row["url"], maybe(row["published"]), row["fingerprint"])
        for row in tx.among(TOLD, "n", free)
        if row["title"] in titles or row["url"] in urls
    ]
    same = recognised(unknown.values(), stored, len(items)) if stored else {}
    if same:
        rows = {row["id"]: row for row in tx.among(KNOWN, "id", list(same.values()))}
        known.update({ident: rows[other] for ident, other in same.items()})


def _insert(tx: Tx, items: Sequence[Item], *, past: bool = False) -> None:
    if not items:
        return
    n = take(tx, "item", len(items))
    tx.insert("item", ITEM_COLUMNS, _item_rows(items, n))
    if not past:
        places.wait(tx, n, len(items))
    ranked = [i for i in items if i.rank is not None or i.hot is not None]
    if ranked:
        tx.many(
            "insert into sighting (item_id, at, rank, hot) values (:id, :at, :rank, :hot)",
            [{"id": i.id, "at": ms(i.seen_at), "rank": i.rank, "hot": i.hot} for i in ranked],
        )


def _item_rows(items: Sequence[Item], n: int) -> list[tuple[object, ...]]:
    """Their values in the order of `ITEM_COLUMNS`, numbered from `n`."""
    rows: list[tuple[object, ...]] = []
    seen, seen_ms = items[0].seen_at, ms(items[0].seen_at)
    for item in items:
        if item.seen_at is not seen:  # those of one document share theirs
            seen, seen_ms = item.seen_at, ms(item.seen_at)
        title, url, text, raw, author = cleaned(item.title, item.url, item.text, item.published_raw, item.author)
        rows.append(
            (
                item.id,
                n + len(rows),
                item.source,
                item.kind.value,
                title,
                url,
                text,
                ms(item.published),
                raw,
                seen_ms,
                item.rank,
                item.hot,
                author,
                item.fingerprint,
                item.alias,
            )
        )
    return rows


def _edit(tx: Tx, row: Row, item: Item, *, past: bool) -> None:
    """The source changed its text: the old one is kept as a version, never lost (design.md §3.5), the new one judged again.

    What was judged ordinary is first seen now as what it says now; what waits or has its place keeps its time.
    """
    n, at = row["n"], ms(item.seen_at)
    ordinary = not places.waits(tx, n) and not places.revisit(tx, n)
    (old,) = tx.rows("select title, text, seen_at from item where n = :n", {"n": n})
    version = {"id": row["id"], "at": at, "title": old["title"], "text": old["text"], "mark": row["fingerprint"]}
    tx.run(
        "insert into item_version (item_id, at, title, text, fingerprint) select :id, :at, :title, :text, :mark"
        " where not exists (select 1 from item_version where item_id = :id and at = :at and fingerprint = :mark)",
        version,
    )
    title, text = clean(item.title), clean(item.text)
    tx.run(
        "update item set title = :title, text = :text, fingerprint = :mark, seen_at = :seen where n = :n",
        {"n": n, "title": title, "text": text, "mark": item.fingerprint, "seen": at if ordinary else old["seen_at"]},
    )
    if ordinary and not past:
        places.wait(tx, n)
    if n <= search.mark(tx, hold=True):
        search.unindex(tx, n, search.words_of(old["title"], old["text"]))
        search.index(tx, [(n, search.words_of(title, text))])


def _sight(tx: Tx, row: Row, item: Item) -> None:
    """A sighting is kept when rank or heat moved; a list that stands still writes nothing."""
    if (item.rank is None and item.hot is None) or (row["rank"] == item.rank and row["hot"] == item.hot):
        return
    seen = {"id": row["id"], "at": ms(item.seen_at), "rank": item.rank, "hot": item.hot}
    tx.run(
        "insert into sighting (item_id, at, rank, hot) select :id, :at, :rank, :hot"
        " where not exists (select 1 from sighting where item_id = :id and at = :at)",
        seen,
    )
    tx.run("update item set rank = :rank, hot = :hot where id = :id", seen)


def _save_source(tx: Tx, state: SourceState, counts: PollCounts, newest: datetime | None) -> None:
    old = one(tx, "select * from source_state where source_id = :id", {"id": state.source_id})
    base = state if old is None else _source(old)
    params: dict[str, Any] = {f: getattr(state, f) for f in SOURCE_FIELDS}
    params["last_new_at"] = newest or state.last_new_at or base.last_new_at
    params["items_total"] = base.items_total + counts.new
    params["duplicates_total"] = base.duplicates_total + counts.duplicates
    params |= {f: ms(params[f]) for f in TIMES}
    params |= {f: clean(params[f]) for f in ("last_error", "remark", "address", "moved_to")}
    if old is None:
        sql = f"insert into source_state ({', '.join(SOURCE_FIELDS)}) values (:{', :'.join(SOURCE_FIELDS)})"
    else:
        changes = ", ".join(f"{f} = :{f}" for f in SOURCE_FIELDS if f != "source_id")
        sql = f"update source_state set {changes} where source_id = :source_id"
    tx.run(sql, params)
    wrong = state.last_error or state.remark
    if (wrong or base.last_error or base.remark) and state.last_try_at:
        spells.note(tx, state.source_id, wrong, state.last_try_at)


def add_item(tx: Tx, item: Item) -> bool:
    """One item that came by another way than a poll; False when it is known."""
    if _known(tx, [item]):
        return False
    _insert(tx, [item])
    originals.keep(tx, [item])
    return True


def purge(tx: Tx, before: datetime, limit: int) -> int:
    """Drop up to `limit` ordinary items seen before then, with their texts and ranks; members of incidents stay for ever."""
    old = tx.rows(
        "select i.n, i.id, i.title, i.text from item i where i.seen_at < :before"
        " and not exists (select 1 from item_waiting w where w.n = i.n)"
        " and not exists (select 1 from item_place p where p.n = i.n) order by i.seen_at limit :limit",
        {"before": ms(before), "limit": limit},
    )
    mark = search.mark(tx, hold=True) if old else 0
    for row in old:
        if row["n"] <= mark:
            search.unindex(tx, row["n"], search.words_of(row["title"], row["text"]))
    gone = [{"id": row["id"]} for row in old]
    for table, column in (("item_version", "item_id"), ("sighting", "item_id"), ("item", "id")):
        if gone:
            tx.many(f"delete from {table} where {column} = :id", gone)
    if gone:
        tx.many(
            "update original set salt = '', body = '', erased_at = :at where item_id = :id and body <> ''",
            [{**g, "at": ms(before)} for g in gone],
        )
    return len(old)


def find(tx: Tx, words: str, limit: int) -> list[StoredItem]:
    """The newest items that contain every one of the words."""
    return places.stored(search.search(tx, words, limit))
