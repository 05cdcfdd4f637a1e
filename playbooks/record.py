"""Frozen dataclasses to JSON values and back, by their type hints. One codec for states, events and exports.

Datetimes are written as ISO-8601 in UTC with microseconds cut to milliseconds; enums by value. Raises ValueError on a value
that does not fit its type, so that a damaged record is found and never half read. `terse` leaves out what is at its default:
half the text of a state, and half the time to read ten thousand of them.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache, lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
PLAIN = frozenset((str, int, float, bool, type(None)))
"""Types that stand in a record as they are; most values of an incident are of these."""


@lru_cache(maxsize=256)  # the items of a document were seen at one instant, the events of a decision happened at one
def iso(value: datetime) -> str:
    """UTC, milliseconds: the only form a time has in a record."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds")


def dump(value: object) -> Any:
    """JSON value of a dataclass, container or scalar."""
    cls = type(value)
    return value if cls in PLAIN else _dumper(cls)(value)  # type: ignore[arg-type]  # classes are hashable


@cache
def _dumper(cls: type) -> Callable[[Any], Any]:
    """How values of a class are dumped; found once, because an incident holds hundreds of values of a dozen classes."""
    if issubclass(cls, datetime):
        return iso
    if issubclass(cls, timedelta):
        return lambda value: int(value.total_seconds() * 1000)
    if issubclass(cls, Enum):
        return lambda value: value.value
    if is_dataclass(cls):
        names = tuple(f.name for f in fields(cls))
        return lambda value: {name: dump(getattr(value, name)) for name in names}
    if issubclass(cls, Mapping):
        return lambda value: {str(k): dump(v) for k, v in value.items()}
    if issubclass(cls, (tuple, list)):
        return lambda value: [dump(v) for v in value]
    return _same


def terse(value: object) -> Any:
    """Like `dump`, without the fields that hold their default; `load` gives the same value of both."""
    cls = type(value)
    return value if cls in PLAIN else _terse_dumper(cls)(value)  # type: ignore[arg-type]  # classes are hashable


@cache
def _terse_dumper(cls: type) -> Callable[[Any], Any]:
    if is_dataclass(cls):
        usual = tuple((f.name, f.default_factory() if f.default_factory is not MISSING else f.default) for f in fields(cls))

        def dump_set(value: Any) -> dict[str, Any]:
            return {name: terse(v) for name, default in usual if (v := getattr(value, name)) != default}

        return dump_set
    if issubclass(cls, Mapping):
        return lambda value: {str(k): terse(v) for k, v in value.items()}
    if issubclass(cls, (tuple, list)):
        return lambda value: [terse(v) for v in value]
    return _dumper(cls)  # type: ignore[arg-type]  # see above


def _same(value: Any) -> Any:
    return value


def read(hint: Any, value: Any) -> Any:
    """The value of type `hint` whose `dump` is `value`."""
    return _reader(hint)(value)


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """How values of a type are read; found once a type, like `_dumper`."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = _reader(next(a for a in args if a is not type(None)))
        return inner if inner is _same else lambda value: None if value is None else inner(value)
    if origin is not None:
        return _many(_reader(args[0])) if origin is tuple else _named(_reader(args[1]))
    if hint is datetime:
        return _moment
    if hint is timedelta:
        return lambda value: timedelta(milliseconds=value)
    if is_dataclass(hint):
        return lambda value: load(hint, value)  # type: ignore[arg-type]
    return hint if isinstance(hint, type) and issubclass(hint, Enum) else _same


def _moment(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _many(inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read_list(value: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError(f"expected a list, got {value!r}")
        return tuple(value) if inner is _same else tuple(map(inner, value))

    return read_list


def _named(inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read_object(value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError(f"expected an object, got {value!r}")
        return {k: inner(v) for k, v in value.items()}

    return read_object


@cache
def _readers(cls: type) -> tuple[frozenset[str], tuple[tuple[str, Callable[[Any], Any]], ...]]:
    """Names of the fields, and how those are read whose JSON value is not already what the field holds."""
    readers = {name: _reader(hint) for name, hint in get_type_hints(cls).items()}
    return frozenset(readers), tuple((name, r) for name, r in readers.items() if r is not _same)


def load(cls: type[T], data: Mapping[str, Any]) -> T:
    """Build `cls` from its dumped mapping; unknown keys are an error, absent ones take their default."""
    names, readers = _readers(cls)  # type: ignore[arg-type]
    values = {**data}
    for name, read_one in readers:
        if name in values:
            values[name] = read_one(values[name])
    try:
        return cls(**values)
    except TypeError as e:
        unknown = sorted(values.keys() - names)
        if not unknown:
            raise
        raise ValueError(f"{cls.__name__}: unknown keys {unknown}") from e
