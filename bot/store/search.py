"""Full-text search for Chinese: application-made bigrams, hits verified by substring, newest first (storage.md §2.5).

Every run of letters and ideographs gives its overlapping pairs and, alone, its last character, so that any word of one character or
more is found. Both engines index the same words.

    store items -> `catch_up`, a unit of its own, takes them in by their numbers and moves the mark `indexed`
    search      -> what lies above the mark is read itself, the rest is looked up

Mark and index move in one transaction: a crash loses nothing, and no item is taken in twice.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from typing import Any, Final

from bot.store import places
from bot.store.engine import Tx, one
from monitors.text import nfkc

RUN: Final = re.compile(r"[0-9a-z\u3400-\u4db5\u4e00-\u9fcc]+")
"""Characters both tokenizers keep; others part the runs and are checked by the substring test."""
PAGE: Final = 200
Found = tuple[Any, ...]
MARK: Final = "indexed"
"""The counter that holds the number of the last item taken in."""


def normal(text: str) -> str:
    """Full and half width, upper and lower case made equal."""
    return nfkc(text).lower()


def words_of(title: str, text: str) -> str:
    """What the index keeps of an item: its bigrams and the last characters of its runs, parted by blanks; repeats do no harm."""
    # a text repeats its title and its phrases: each run once; the last pair of a run is its last character and a blank
    runs = list(dict.fromkeys(RUN.findall(normal(f"{title}\n{text}"))))
    if not runs:
        return ""
    firsts = f"{' '.join(runs)} ".encode("utf-16-le")
    seconds = f"{'  '.join([run[1:] for run in runs])}  ".encode("utf-16-le")
    # every character of a run is one unit, so three strides weave pairs and blanks without a string for each pair
    woven = array("H", b" \0" * (len(firsts) // 2 * 3))
    woven[0::3], woven[1::3] = array("H", firsts), array("H", seconds)
    return woven.tobytes().decode("utf-16-le")


def mark(tx: Tx, *, hold: bool = False) -> int:
    """Number of the last item the index holds. `hold`: and keep it there until this unit ends."""
    sql = "update counter set value = value where name = :name returning value" if hold else COUNTED
    row = one(tx, sql, {"name": MARK})
    return 0 if row is None else int(row["value"])


COUNTED: Final = "select value from counter where name = :name"


def waiting(tx: Tx) -> int:
    """How many items the index does not hold yet."""
    row = one(tx, "select count(*) as n from item where n > :mark", {"mark": mark(tx)})
    return 0 if row is None else int(row["n"])


def behind(tx: Tx) -> bool:
    """Whether any item waits; seen at once, however many do."""
    return one(tx, "select 1 as known from item where n > :mark limit 1", {"mark": mark(tx)}) is not None


def catch_up(tx: Tx, limit: int) -> int:
    """Take the next items in, oldest first; how many."""
    sql = "select n, title, text from item where n > :mark order by n limit :limit"
    rows = tx.rows(sql, {"mark": mark(tx, hold=True), "limit": limit})
    if rows:
        index(tx, [(row["n"], words_of(row["title"], row["text"])) for row in rows])
        tx.run("update counter set value = :value where name = :name", {"value": rows[-1]["n"], "name": MARK})
    return len(rows)


def index(tx: Tx, rows: Sequence[tuple[int, str]]) -> None:
    """Take items in: their numbers and words."""
    tx.insert("item_words", "rowid, words" if tx.dialect == "sqlite" else "n, words", rows)


def unindex(tx: Tx, n: int, words: str) -> None:
    """Take an item out; `words` must be those it was indexed with."""
    if tx.dialect == "sqlite":
        sql = "insert into item_words (item_words, rowid, words) values ('delete', :n, :words)"
        tx.run(sql, {"n": n, "words": words})
    else:
        tx.run("delete from item_words where n = :n", {"n": n})


def _terms(asked: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Pairs that must occur, and single characters of which some pair or end must begin with."""
    runs = [run for word in asked for run in RUN.findall(word)]
    pairs = dict.fromkeys(run[i : i + 2] for run in runs for i in range(len(run) - 1))
    return tuple(pairs), tuple(dict.fromkeys(run for run in runs if len(run) == 1))


def _condition(tx: Tx, asked: tuple[str, ...]) -> tuple[str, str, str]:
    """FROM and WHERE of the candidates and the query text; an empty query where no character can be looked up."""
    pairs, singles = _terms(asked)
    if not pairs and not singles:
        return "item i", "1 = 1", ""
    if tx.dialect == "sqlite":
        query = " AND ".join([*(f'"{p}"' for p in pairs), *(f'"{s}" *' for s in singles)])
        return "item_words w join item i on i.n = w.rowid", "item_words match :query", query
    query = " & ".join([*(f"'{p}'" for p in pairs), *(f"'{s}':*" for s in singles)])
    found = "to_tsvector('simple', w.words) @@ to_tsquery('simple', :query)"
    return "item_words w join item i on i.n = w.n", found, query


def search(tx: Tx, words: str, limit: int) -> list[Found]:
    """The newest `limit` items that contain every one of the words, as `places.stored` reads them."""
    asked = tuple(normal(words).split())
    if not asked:
        return []
    last = mark(tx)
    read = f"select {places.READ} from"
    placed = "left join item_place p on p.n = i.n"
    sql = f"{read} item i {placed} where i.n > {last} and i.n < :before order by i.n desc"
    out = _scan(tx, sql, {}, asked, limit)
    source, condition, query = _condition(tx, asked)
    number = "w.rowid" if query and tx.dialect == "sqlite" else "w.n" if query else "i.n"
    sql = f"{read} {source} {placed} where {condition} and {number} <= {last} and {number} < :before order by {number} desc"
    if len(out) < limit:
        out += _scan(tx, sql, {"query": query} if query else {}, asked, limit - len(out))
    return out


def _scan(tx: Tx, sql: str, given: dict[str, object], asked: tuple[str, ...], limit: int) -> list[Found]:
    """What contains every word, newest first by pages, at most `limit`."""
    before, found = 1 << 62, list[Found]()
    while True:
        rows = tx.plain(f"{sql} limit :page", {**given, "before": before, "page": PAGE})
        for row in rows:
            text = normal(f"{row[places.TITLE]}\n{row[places.TEXT]}")
            if all(word in text for word in asked):
                found.append(row)
                if len(found) >= limit:
                    return found
        if len(rows) < PAGE:
            return found
        before = rows[-1][places.N]
