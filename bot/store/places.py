"""Where items are: waiting to be judged, judged ordinary, or in a matter; apart from their texts, which no judgement writes again.

    stored -> a row in `item_waiting` -> judged: the row goes -> `item_place` and `membership` where it joined a matter

Whoever takes the row out of `item_waiting` has judged the item: of two processes one does, the other is told (`Conflict`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from bot.store.engine import Conflict, Tx, one
from bot.store.forms import EPOCH, clean, instant, ms
from bot.store.port import Joined, StoredItem
from monitors.item import BareItem, Item, ItemKind

READ: Final = (
    "i.n, p.incident, i.id, i.source, i.kind, i.title, i.url, i.text, i.published, i.published_raw, i.seen_at, i.rank, i.hot,"
    " i.author, i.fingerprint, i.alias"
)
"""What `stored` reads of an item `i` and its place `p`. Items are joined by `cross join`: else SQLite may walk all of them first."""
N, TITLE, TEXT = 0, 5, 7
"""Where some of it stands."""
KINDS: Final = {kind.value: kind for kind in ItemKind}


class _Stored:
    """A `StoredItem` while its fields are set (see `monitors.item.BareItem`)."""

    __slots__ = tuple(StoredItem.__dataclass_fields__)


def stored(rows: Iterable[Sequence[Any]]) -> list[StoredItem]:
    """Rows with the columns of `READ` as items. KeyError on a kind nobody knows."""
    out: list[StoredItem] = []
    last, seen = 0, EPOCH
    for n, incident, ident, source, kind, title, url, text, published, raw, at, rank, hot, author, mark, alias in rows:
        if at != last:  # those of one document share theirs
            last, seen = at, instant(at)
        item: Any = BareItem()
        item.id = ident
        item.source = source
        item.title = title
        item.url = url
        item.text = text
        item.published = None if published is None else instant(published)
        item.published_raw = raw
        item.seen_at = seen
        item.rank = rank
        item.hot = hot
        item.author = author
        item.kind = KINDS[kind]
        item.fingerprint = mark
        item.alias = alias
        item.original = ""
        item.__class__ = Item
        row: Any = _Stored()
        row.item = item
        row.n = n
        row.incident = incident
        row.__class__ = StoredItem
        out.append(row)
    return out


# waiting


def wait(tx: Tx, n: int, count: int = 1) -> None:
    """Items that nobody has judged: `count` of them as they are stored, from number `n` on."""
    sql = "insert into item_waiting (n, seen_at, source) select n, seen_at, source from item where n >= :n and n < :end"
    tx.run(sql, {"n": n, "end": n + count})


def waits(tx: Tx, n: int) -> bool:
    """Whether an item still waits; until this unit ends nobody can judge it."""
    return tx.run("update item_waiting set n = n where n = :n", {"n": n}) == 1


def revisit(tx: Tx, n: int) -> bool:
    """Let an item that has its place wait again, for its text was edited; False where it has none."""
    sql = (
        "insert into item_waiting (n, seen_at, source) select i.n, i.seen_at, i.source from item i"
        " join item_place p on p.n = i.n where i.n = :n"
    )
    return tx.run(sql, {"n": n}) == 1


def unjoined(tx: Tx, limit: int) -> list[StoredItem]:
    """What waits to be joined, in the order of joining."""
    sql = (
        f"select {READ} from item_waiting w cross join item i left join item_place p on p.n = w.n where i.n = w.n"
        " order by w.seen_at, w.source, w.n limit :limit"
    )
    return stored(tx.plain(sql, {"limit": limit}))


# joining


def join(tx: Tx, joined: Sequence[Joined]) -> None:
    """Write where items went. Conflict when the machine would move an item another process has already placed."""
    if not mark_joined(tx, joined):
        raise Conflict(", ".join(j.item_id for j in joined))


ORDINARY: Final = "delete from item_waiting where not exists (select 1 from item_place p where p.n = item_waiting.n) and"


def mark_joined(tx: Tx, joined: Sequence[Joined]) -> bool:
    """The same, passing over what another process has placed; False when something was passed over."""
    known = _numbered(tx, joined)
    placed = [j for j in known if j.incident is not None]
    if len(placed) < len(known):
        tx.among(ORDINARY, "n", [j.n for j in known if j.incident is None], "returning n")
    free = _free(tx, placed)
    _place(tx, free)
    return len(known) - len(placed) + len(free) == len(joined)


def _numbered(tx: Tx, joined: Sequence[Joined]) -> Sequence[Joined]:
    """Those whose item is known, with its number."""
    unknown = [j.item_id for j in joined if not j.n]
    if not unknown:
        return joined
    numbers = {str(r["id"]): int(r["n"]) for r in tx.among("select id, n from item where", "id", unknown)}
    return [j if j.n else j._replace(n=numbers[j.item_id]) for j in joined if j.n or j.item_id in numbers]


def _free(tx: Tx, joined: Sequence[Joined]) -> Sequence[Joined]:
    """Those that may go where they are to go: nobody had judged them, they are there, or a person says so. They wait no more."""
    taken = {r["n"] for r in tx.among("delete from item_waiting where", "n", [j.n for j in joined], "returning n")}
    late = [j.n for j in joined if j.n not in taken and j.by == "system"]
    if not late:
        return joined
    there = _places(tx, late)
    return [j for j in joined if j.by != "system" or j.n in taken or there.get(j.n) == j.incident]


def _places(tx: Tx, numbers: Sequence[int]) -> dict[int, int]:
    """Matters of those items that are in one."""
    return {r["n"]: r["incident"] for r in tx.among("select n, incident from item_place where", "n", numbers)}


MEMBERS: Final = "incident, item_id, at, why, by_whom"


def _place(tx: Tx, joined: Sequence[Joined]) -> None:
    """The items in their matters. What was a member of one before keeps the reason it came with."""
    there = _places(tx, [j.n for j in joined])
    first: dict[int, Joined] = {}
    for j in joined:
        if j.n not in there:
            first.setdefault(j.n, j)
    if first:
        tx.insert("item_place", "n, incident", [(n, j.incident) for n, j in first.items()])
        rows = [(j.incident, j.item_id, ms(j.at), clean(j.why), j.by) for j in first.values()]
        tx.insert("membership", MEMBERS, rows)  # without a place it was a member of nothing
    again = [
        {"n": j.n, "incident": j.incident, "id": j.item_id, "at": ms(j.at), "why": clean(j.why), "by": j.by}
        for j in joined
        if j is not first.get(j.n)
    ]
    if again:
        tx.many("update item_place set incident = :incident where n = :n and incident <> :incident", again)
        tx.many(
            f"insert into membership ({MEMBERS}) select :incident, :id, :at, :why, :by"
            " where not exists (select 1 from membership where incident = :incident and item_id = :id)",
            again,
        )


def _turn(row: StoredItem) -> tuple[datetime, str, int]:
    """The order of joining: as seen, and what was seen at one instant by source and as its document tells it.

    So it does not hang on which of several sources was stored first, and items of one document lie side by side.
    """
    return row.item.seen_at, row.item.source, row.n


def members_since(tx: Tx, since: datetime) -> list[StoredItem]:
    """Members seen since then, and all members of open incidents, which never expire (design.md §6)."""
    sql = (
        f"select {READ} from item_place p cross join item i where i.n = p.n and (i.seen_at >= :since or p.incident in"
        " (select number from incident where is_open = 1))"
    )
    return sorted(stored(tx.plain(sql, {"since": ms(since)})), key=_turn)


def incident_of(tx: Tx, item_id: str) -> int | None:
    """Incident an item belongs to; None when it is unknown, not joined yet, or ordinary."""
    row = one(tx, "select p.incident from item i join item_place p on p.n = i.n where i.id = :id", {"id": item_id})
    return None if row is None else int(row["incident"])


SPLIT: Final = "split:"


def parted(tx: Tx) -> list[int]:
    """Numbers of matters that were split by hand, and of those that came out of them."""
    sql = "select distinct incident, why from membership where substr(why, 1, :length) = :mark"
    rows = tx.rows(sql, {"length": len(SPLIT), "mark": SPLIT})
    return sorted({int(r["incident"]) for r in rows} | {int(str(r["why"]).removeprefix(SPLIT)) for r in rows})


def items_of(tx: Tx, number: int) -> list[StoredItem]:
    sql = f"select {READ} from item_place p cross join item i where i.n = p.n and p.incident = :number"
    return sorted(stored(tx.plain(sql, {"number": number})), key=_turn)
