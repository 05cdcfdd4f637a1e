"""Slow burn: the same place and claim raised by several people on several days, long before any burst (practice.md §2.16)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.lexicon import AlarmPolicy
from monitors.dates import BEIJING


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One person raising a matter once. `person` tells people apart and is never shown."""

    at: datetime
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowBurn:
    """`days` and `people` within the window; `attention`: enough of both to be followed, not only read."""

    days: int
    people: int
    times: int
    first_at: datetime
    last_at: datetime
    attention: bool


def person_of(kind: str, source: str, author: str, url: str, ident: str) -> str:
    """Who speaks: every work order is another caller, a pasted share is its link, a post its author, a list its platform."""
    if kind == "hotline":
        return f"order:{ident}"
    if kind == "officer":
        return f"pasted:{url or ident}"
    return f"{source}:{author}" if author else f"platform:{source}"


def slow_burn(voices: Iterable[Voice], now: datetime, policy: AlarmPolicy) -> SlowBurn | None:
    """The slow burn of one matter at `now`, or None where too few people or too few days (Beijing dates) are counted."""
    since = now - timedelta(days=policy.slow_window_days)
    said = [v for v in voices if since <= v.at <= now]
    days = len({v.at.astimezone(BEIJING).date() for v in said})
    people = len({v.person for v in said})
    if days < policy.slow_days or people < policy.slow_people:
        return None
    return SlowBurn(
        days=days,
        people=people,
        times=len(said),
        first_at=min(v.at for v in said),
        last_at=max(v.at for v in said),
        attention=days >= policy.attention_days and people >= policy.attention_people,
    )
