"""Values kept beside items and incidents: originals that were covered, files of officers, errors of sources over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """One kept original: field name in Chinese -> text as it came. Empty `fields` with `erased_at`: it was erased."""

    item_id: str
    title: str
    at: datetime
    fields: tuple[tuple[str, str], ...] = ()
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One file. kind: image | voice | video | file; `size` in bytes; `note`: why it is lost."""

    id: str
    name: str
    kind: str
    by: str
    at: datetime
    incident: int | None = None
    item_id: str = ""
    sha256: str = ""
    media_type: str = ""
    size: int = 0
    state: str = "kept"
    media_id: str = ""
    tries: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """The same error from `first_at` to `last_at`, `times` tries; `over_at` when the source was well again."""

    source_id: str
    first_at: datetime
    last_at: datetime
    times: int
    error: str
    over_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One attempt on one channel (`kind` of the message tells which), when, and what came back."""

    message: str
    kind: str
    recipient: str
    n: int
    at: datetime
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A message that left, or may have left, for this recipient."""

    recipient: str
    kind: str
    at: datetime
