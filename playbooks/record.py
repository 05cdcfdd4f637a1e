"""Frozen dataclasses to JSON values and back, by their type hints. One codec for states, events and exports.

Datetimes are written as ISO-8601 in UTC with microseconds cut to milliseconds; enums by value. Raises ValueError on a value
that does not fit its type, so that a damaged record is found and never half read.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def iso(value: datetime) -> str:
    """UTC, milliseconds: the only form a time has in a record."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds")


def dump(value: object) -> Any:
    """JSON value of a dataclass, container or scalar."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, timedelta):
        return int(value.total_seconds() * 1000)
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: dump(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): dump(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [dump(v) for v in value]
    return value


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _container(hint: Any, origin: Any, value: Any) -> Any:
    args = get_args(hint)
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"expected a list, got {value!r}")
        return tuple(read(args[0], v) for v in value)
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, got {value!r}")
    return {k: read(args[1], v) for k, v in value.items()}


def read(hint: Any, value: Any) -> Any:
    """The value of type `hint` whose `dump` is `value`."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return read(next(a for a in get_args(hint) if a is not type(None)), value)
    if origin is not None:
        return _container(hint, origin, value)
    if hint is datetime:
        return datetime.fromisoformat(value).astimezone(UTC)
    if hint is timedelta:
        return timedelta(milliseconds=value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if is_dataclass(hint):
        return load(hint, value)  # type: ignore[arg-type]
    return value


def load(cls: type[T], data: Mapping[str, Any]) -> T:
    """Build `cls` from its dumped mapping; unknown keys are an error, absent ones take their default."""
    hints = _hints(cls)  # type: ignore[arg-type]
    unknown = set(data) - set(hints)
    if unknown:
        raise ValueError(f"{cls.__name__}: unknown keys {sorted(unknown)}")
    return cls(**{k: read(hints[k], v) for k, v in data.items()})
