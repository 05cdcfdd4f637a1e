"""How values are written in rows: times as epoch milliseconds, structures as canonical JSON, text without what no engine keeps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, overload

from playbooks.record import dump, terse

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)


@overload
def ms(at: datetime) -> int: ...
@overload
def ms(at: datetime | None) -> int | None: ...
def ms(at: datetime | None) -> int | None:
    """Epoch milliseconds of an aware datetime, rounded down; None stays None."""
    return None if at is None else (at - EPOCH) // MILLISECOND


def instant(value: int) -> datetime:
    """Aware UTC datetime of epoch milliseconds."""
    return EPOCH + timedelta(milliseconds=value)


def maybe(value: int | None) -> datetime | None:
    return None if value is None else instant(value)


def clean(text: str) -> str:
    """`text` as every engine can keep it: no NUL (PostgreSQL refuses it), no lone surrogates (UTF-8 has none)."""
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def cleaned(*texts: str) -> Sequence[str]:
    """`clean` of each. What most texts are is seen of all of them at once."""
    whole = "".join(texts)
    if "\0" not in whole:
        try:
            whole.encode("utf-16")  # refuses what UTF-8 refuses, at a third of the cost
        except UnicodeEncodeError:
            pass
        else:
            return texts
    return [clean(text) for text in texts]


def canonical(value: object) -> str:
    """The one JSON text of a value: sorted keys, no spaces, raw Chinese. Hashes are taken of it. ValueError on NaN."""
    return clean(full(value))


def compact(value: object) -> str:
    """Like `canonical`, without what is at its default: for states, of which no hash is taken."""
    return clean(part(terse(value)))


def _dumped(value: object) -> Any:
    plain = dump(value)
    if plain is value:
        raise TypeError(f"{type(value).__name__} has no JSON text")
    return plain


part: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
"""JSON text of a plain value as in `canonical`, to be put into a longer text that is cleaned as a whole."""
full: Final = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_dumped
).encode
"""The same of any value, not cleaned yet: what is plain already, like the data of an event, is not copied first."""


def parsed(text: str) -> Any:
    return json.loads(text)


def sha256(*parts: str) -> str:
    """Hex digest of the parts joined by line feeds."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
