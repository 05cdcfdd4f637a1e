"""Full-text search for Chinese: application-made bigrams, hits verified by substring, newest first (storage.md §2.5).

Every run of letters and ideographs gives its overlapping pairs and, alone, its last character, so that any word of one character or
more is found. Both engines index the same words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import add
from typing import Final

from bot.store.engine import Row, Tx
from monitors.text import nfkc

RUN: Final = re.compile(r"[0-9a-z\u3400-\u4db5\u4e00-\u9fcc]+")
"""Characters both tokenizers keep; others part the runs and are checked by the substring test."""
PAGE: Final = 200


def normal(text: str) -> str:
    """Full and half width, upper and lower case made equal."""
    return nfkc(text).lower()


def words_of(title: str, text: str) -> str:
    """What the index keeps of an item: its different bigrams and the last characters of its runs, parted by spaces."""
    # a text repeats its title and its phrases: each run once; the last pair of a run is its last character and a blank
    runs = " ".join(dict.fromkeys(RUN.findall(normal(f"{title}\n{text}")))) + " "
    found = dict.fromkeys(map(add, runs, runs[1:]))
    return " ".join([pair for pair in found if pair[0] != " "]).replace("  ", " ").rstrip()


def index(tx: Tx, rows: Sequence[tuple[int, str]]) -> None:
    """Take items in: their numbers and words."""
    column = "rowid" if tx.dialect == "sqlite" else "n"
    tx.many(f"insert into item_words ({column}, words) values (:n, :words)", [{"n": n, "words": words} for n, words in rows])


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


def _condition(tx: Tx, asked: tuple[str, ...]) -> tuple[str, str]:
    """FROM and WHERE of the candidates and the query text; an empty query where no character can be looked up."""
    pairs, singles = _terms(asked)
    if not pairs and not singles:
        return "item i where 1 = 1", ""
    if tx.dialect == "sqlite":
        query = " AND ".join([*(f'"{p}"' for p in pairs), *(f'"{s}" *' for s in singles)])
        return "item_words w join item i on i.n = w.rowid where item_words match :query", query
    query = " & ".join([*(f"'{p}'" for p in pairs), *(f"'{s}':*" for s in singles)])
    return "item_words w join item i on i.n = w.n where to_tsvector('simple', w.words) @@ to_tsquery('simple', :query)", query


def search(tx: Tx, words: str, limit: int, accept: Callable[[Row], None]) -> None:
    """Give the newest `limit` items that contain every one of the words to `accept`."""
    asked = tuple(normal(words).split())
    if not asked:
        return
    source, query = _condition(tx, asked)
    number = "w.rowid" if query and tx.dialect == "sqlite" else "w.n" if query else "i.n"
    sql = f"select i.* from {source} and {number} < :before order by {number} desc limit :page"
    before, found = 1 << 62, 0
    while True:
        params: dict[str, object] = {"before": before, "page": PAGE}
        if query:
            params["query"] = query
        rows = tx.rows(sql, params)
        for row in rows:
            text = normal(f"{row['title']}\n{row['text']}")
            if all(word in text for word in asked):
                accept(row)
                found += 1
                if found >= limit:
                    return
        if len(rows) < PAGE:
            return
        before = rows[-1]["n"]
