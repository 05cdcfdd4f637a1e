"""Sources and items: what was fetched, each identity once, with its edits and its ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from bot.store import originals, search, spells
from bot.store.engine import Conflict, Row, Tx, one, take
from bot.store.forms import canonical, clean, cleaned, instant, maybe, ms, parsed
from bot.store.port import Joined, Plan, PollCounts, SourceState, StoredItem
from monitors.item import MAX_ENTRIES, Item, ItemKind
from monitors.reissue import Stored, recognised

BATCH: Final = 300
RECENT: Final = 100
"""How many more of the newest items of a source are looked at than its document has, for what has left the document and returns."""
REISSUED: Final = (ItemKind.FEED, ItemKind.HOTLIST)
"""Kinds whose ids may mean nothing; a work order's number, or a vendor's, always does."""
NEWEST: Final = "select id, title, url, published, fingerprint from item where source = :source order by n desc limit :limit"
KNOWN: Final = "select id, n, alias, title, text, fingerprint, rank, hot, joined_at from item where"
TIMES: Final = ("next_poll_at", "last_try_at", "last_success_at", "last_new_at", "stale_since", "answers_since")
SOURCE_FIELDS: Final = tuple(f.name for f in fields(SourceState))
ITEM_COLUMNS: Final = (
    "id, n, source, kind, title, url, text, published, published_raw, seen_at, rank, hot, author, fingerprint, alias, judged"
)


def source_states(tx: Tx) -> dict[str, SourceState]:
    return {r["source_id"]: _source(r) for r in tx.rows("select * from source_state order by source_id")}


def _source(row: Row) -> SourceState:
    values: dict[str, Any] = {f: maybe(row[f]) if f in TIMES else row[f] for f in SOURCE_FIELDS}
    return SourceState(**values)


def save_poll(tx: Tx, state: SourceState, items: Sequence[Item], plan: Plan | None = None) -> PollCounts:
    """Items of one document and the polling state that goes with them; `plan` gives that state once the counts are known."""
    counts, fresh, _ = _merge(tx, items, polled=True)
    _save_source(tx, plan(counts) if plan else state, counts, max((i.seen_at for i in fresh), default=None))
    return counts


def add_items(tx: Tx, items: Sequence[Item], *, past: bool = False) -> PollCounts:
    """Items that came by another way than a poll; edits of known ones are kept as versions.

    `past`: history, handled from the instant it is there, so that no process ever judges it; what waits already still waits.
    """
    counts, fresh, handled = _merge(tx, items)
    if past:
        mark_joined(tx, [Joined(item_id=i.id, incident=None, at=i.seen_at, why="history") for i in (*fresh, *handled)])
    return counts


def _merge(tx: Tx, items: Sequence[Item], *, polled: bool = False) -> tuple[PollCounts, list[Item], list[Item]]:
    """Each identity once, its edits and sightings; the counts, what is new, and what was handled before it was edited.

    `polled`: all that one source tells now.
    """
    known = _known(tx, items)
    if polled and len(known) < len(items):
        _again(tx, items, known)
    fresh: dict[str, Item] = {}
    edited: list[Item] = []
    handled: list[Item] = []
    duplicates = 0
    for item in items:
        row = known.get(item.id)
        if row is None and item.id not in fresh:
            fresh[item.id] = item
        elif row is not None and row["fingerprint"] != item.fingerprint and item.fingerprint:
            _edit(tx, row, item)
            edited.append(item if item.id == row["id"] else replace(item, id=row["id"]))
            if row["joined_at"] is not None:
                handled.append(edited[-1])
        else:
            duplicates += 1
        if row is not None:
            _sight(tx, row, item)
    new = list(fresh.values())
    _insert(tx, new)
    originals.keep(tx, (*new, *edited))
    return PollCounts(new=len(new), updated=len(edited), duplicates=duplicates), new, handled


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
    newest = tx.rows(NEWEST, {"source": items[0].source, "limit": min(len(items), MAX_ENTRIES) + RECENT})
    held = {row["id"] for row in known.values()}
    stored = [
        Stored(r["id"], r["title"], r["url"], maybe(r["published"]), r["fingerprint"]) for r in newest if r["id"] not in held
    ]
    same = recognised(unknown.values(), stored, len(items)) if stored else {}
    if same:
        rows = {row["id"]: row for row in tx.among(KNOWN, "id", list(same.values()))}
        known.update({ident: rows[other] for ident, other in same.items()})


def _insert(tx: Tx, items: Sequence[Item]) -> None:
    if not items:
        return
    tx.insert("item", ITEM_COLUMNS, _item_rows(items, take(tx, "item", len(items))))
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
                "{}",
            )
        )
    return rows


def _edit(tx: Tx, row: Row, item: Item) -> None:
    """The source changed its text: the old one is kept as a version, never lost (design.md §3.5), the new one judged again.

    What was judged ordinary is first seen now as what it says now; what waits or has its place keeps its time.
    """
    old = {"id": row["id"], "at": ms(item.seen_at), "title": row["title"], "text": row["text"], "mark": row["fingerprint"]}
    tx.run(
        "insert into item_version (item_id, at, title, text, fingerprint) select :id, :at, :title, :text, :mark"
        " where not exists (select 1 from item_version where item_id = :id and at = :at and fingerprint = :mark)",
        old,
    )
    title, text = clean(item.title), clean(item.text)
    tx.run(
        "update item set title = :title, text = :text, fingerprint = :mark, joined_at = null,"
        " seen_at = case when incident is null and joined_at is not null then :at else seen_at end where id = :id",
        {"id": row["id"], "title": title, "text": text, "mark": item.fingerprint, "at": ms(item.seen_at)},
    )
    if row["n"] <= search.mark(tx, hold=True):
        search.unindex(tx, row["n"], search.words_of(row["title"], row["text"]))
        search.index(tx, [(row["n"], search.words_of(title, text))])


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
    if (state.last_error or (base.failures and not state.failures)) and state.last_try_at:
        spells.note(tx, state.source_id, state.last_error, state.last_try_at)


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
        "select id, n, title, text from item where incident is null and joined_at is not null and seen_at < :before"
        " and not exists (select 1 from membership m where m.item_id = item.id) order by seen_at limit :limit",
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


# joining


def stored(row: Row) -> StoredItem:
    item = Item(
        id=row["id"],
        source=row["source"],
        title=row["title"],
        url=row["url"],
        text=row["text"],
        published=maybe(row["published"]),
        published_raw=row["published_raw"],
        seen_at=instant(row["seen_at"]),
        rank=row["rank"],
        hot=row["hot"],
        author=row["author"],
        kind=ItemKind(row["kind"]),
        fingerprint=row["fingerprint"],
        alias=row["alias"],
    )
    return StoredItem(
        item=item,
        joined_at=maybe(row["joined_at"]),
        incident=row["incident"],
        judged=parsed(judged) if (judged := row["judged"]) != "{}" else {},
    )


def unjoined(tx: Tx, limit: int) -> list[StoredItem]:
    """What waits to be joined, in the order of joining."""
    sql = "select * from item where joined_at is null order by seen_at, id limit :limit"
    return [stored(r) for r in tx.rows(sql, {"limit": limit})]


def join(tx: Tx, joined: Sequence[Joined]) -> None:
    """Write where items went. Conflict when the machine would move an item another process has already placed."""
    if not mark_joined(tx, joined):
        raise Conflict(", ".join(j.item_id for j in joined))


PLACE: Final = "update item set joined_at = :at, incident = :incident, judged = :judged where id = :id"
FREE: Final = "(joined_at is null or incident = :incident)"
"""Nobody has placed the item, or where it goes now."""


def mark_joined(tx: Tx, joined: Sequence[Joined]) -> bool:
    """The same, passing over what another process has placed; False when something was passed over."""
    ordinary = [j for j in joined if j.incident is None and j.by == "system"]
    if ordinary:
        tx.many(
            "update item set joined_at = :at, judged = :judged where id = :id and joined_at is null and incident is null",
            [{"id": j.item_id, "at": ms(j.at), "judged": canonical(j.judged) if j.judged else "{}"} for j in ordinary],
        )
    machine = _placed(tx, f"{PLACE} and {FREE}", [j for j in joined if j.incident is not None and j.by == "system"])
    people = _placed(tx, PLACE, [j for j in joined if j.by != "system"])
    _members(tx, [j for j in (*machine, *people) if j.incident is not None])
    return len(ordinary) + len(machine) + len(people) == len(joined)


def _placed(tx: Tx, sql: str, joined: Sequence[Joined]) -> Sequence[Joined]:
    """Those for which there was an item to place; which ones that is need only be asked where it is not all of them."""
    if not joined or tx.many(sql, [_place(j) for j in joined]) == len(joined):
        return joined
    known = {r["id"]: r["incident"] for r in tx.among("select id, incident from item where", "id", [j.item_id for j in joined])}
    return [j for j in joined if j.item_id in known and known[j.item_id] == j.incident]


def _place(joined: Joined) -> dict[str, object]:
    judged = canonical(joined.judged) if joined.judged else "{}"
    return {"id": joined.item_id, "at": ms(joined.at), "incident": joined.incident, "judged": judged}


def _members(tx: Tx, joined: Sequence[Joined]) -> None:
    """The items as members of their incidents; what is one already keeps the reason it came with."""
    if joined:
        tx.many(
            "insert into membership (incident, item_id, at, why, by_whom) select :incident, :id, :at, :why, :by"
            " where not exists (select 1 from membership where incident = :incident and item_id = :id)",
            [{"incident": j.incident, "id": j.item_id, "at": ms(j.at), "why": clean(j.why), "by": j.by} for j in joined],
        )


def members_since(tx: Tx, since: datetime) -> list[StoredItem]:
    """Members seen since then, and all members of open incidents, which never expire (design.md §6)."""
    sql = (
        "select * from item where incident is not null and (seen_at >= :since or incident in"
        " (select number from incident where is_open = 1)) order by seen_at, id"
    )
    return [stored(r) for r in tx.rows(sql, {"since": ms(since)})]


def incident_of(tx: Tx, item_id: str) -> int | None:
    """Incident an item belongs to; None when it is unknown, not joined yet, or ordinary."""
    row = one(tx, "select incident from item where id = :id", {"id": item_id})
    return None if row is None or row["incident"] is None else int(row["incident"])


SPLIT: Final = "split:"


def parted(tx: Tx) -> list[int]:
    """Numbers of matters that were split by hand, and of those that came out of them."""
    sql = "select distinct incident, why from membership where substr(why, 1, :length) = :mark"
    rows = tx.rows(sql, {"length": len(SPLIT), "mark": SPLIT})
    return sorted({int(r["incident"]) for r in rows} | {int(str(r["why"]).removeprefix(SPLIT)) for r in rows})


def items_of(tx: Tx, number: int) -> list[StoredItem]:
    sql = "select * from item where incident = :number order by seen_at, id"
    return [stored(r) for r in tx.rows(sql, {"number": number})]


def find(tx: Tx, words: str, limit: int) -> list[StoredItem]:
    out: list[StoredItem] = []
    search.search(tx, words, limit, lambda row: out.append(stored(row)))
    return out
