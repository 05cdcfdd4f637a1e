"""A file of a board form, and what the program does with a report made there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file of the form, its type told by its bytes."""

    name: str
    media_type: str
    body: bytes


Report = Callable[[str, str, Sequence[Upload], str], Awaitable[tuple[int | None, str]]]
"""(userid, text, files, key of this form) -> (matter or None, reply)."""
