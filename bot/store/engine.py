"""What every engine offers: whole units of work over one SQL text. A unit is a plain function of a `Tx`; nothing in it may await.

SQL uses `:name` parameters, `text`, `bigint` and `double precision` only, no literal `%` and no `::`, so that one text serves
SQLite, PostgreSQL and its relatives (storage.md §3.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from config.problem import Told

T = TypeVar("T")
Params = Mapping[str, object]


class StoreError(Told):
    """The data could not be read or written. The text is one Chinese sentence for a person: what, and what to do."""


class Conflict(Exception):
    """A unit found that another one was faster; everything it wrote is undone."""


class Row(Protocol):
    """One row; columns by name."""

    def __getitem__(self, key: str, /) -> Any: ...
    def keys(self) -> Any: ...


class Tx(Protocol):
    """The open transaction a unit works in. `skip` is the lock clause of a claim: `for update skip locked`, or empty.

    `run` and `many` give the number of rows they changed, `many` that of all its statements together. `plain` gives rows as
    tuples, for those of which there are many; `among` the rows of those values that a column holds, `after` ends its statement.
    """

    @property
    def dialect(self) -> str: ...
    @property
    def skip(self) -> str: ...
    def rows(self, sql: str, params: Params | None = None) -> Sequence[Row]: ...
    def plain(self, sql: str, params: Params | None = None) -> Sequence[tuple[Any, ...]]: ...
    def run(self, sql: str, params: Params | None = None) -> int: ...
    def many(self, sql: str, params: Sequence[Params]) -> int: ...
    def insert(self, table: str, columns: str, rows: Sequence[Sequence[object]]) -> None: ...
    def among(self, select: str, column: str, values: Sequence[str] | Sequence[int], after: str = "") -> Sequence[Row]: ...
    def stream(self, sql: str, params: Params | None = None) -> Iterator[Row]: ...


class Engine(Protocol):
    """`write` is durable when it returns; a unit that raises leaves nothing behind. `read` sees one consistent instant.

    `patient`: more units are on their way, this one may wait a moment for them, to be made durable together.
    """

    @property
    def dialect(self) -> str: ...
    async def read(self, unit: Callable[[Tx], T]) -> T: ...
    async def write(self, unit: Callable[[Tx], T], *, patient: bool = False) -> T: ...
    async def close(self) -> None: ...


def one(tx: Tx, sql: str, params: Params | None = None) -> Row | None:
    """First row or None."""
    found = tx.rows(sql, params)
    return found[0] if found else None


def take(tx: Tx, counter: str, count: int = 1) -> int:
    """Reserve `count` numbers of a counter and return the first.

    The row stays locked until the transaction ends, so numbers become visible in their order: a reader that asks for
    everything after the last number it saw misses nothing.
    """
    sql = "update counter set value = value + :count where name = :name returning value"
    return int(tx.rows(sql, {"name": counter, "count": count})[0]["value"]) - count + 1
