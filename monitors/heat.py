"""How loud a story is: platforms, repeats and acceleration, from what was seen and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple


class Sighting(NamedTuple):
    """One item of a story as one source showed it; `rank` counts from 1, `person` tells speakers apart."""

    at: datetime
    source: str
    title: str
    rank: int | None = None
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """`first_hour` and `last_hour` count sightings; `acceleration` is the last hour over the mean hour before it (None: too young)."""

    items: int
    platforms: int
    first_hour: int
    last_hour: int
    best_rank: int | None
    acceleration: float | None


def heat(sightings: Sequence[Sighting], now: datetime) -> Heat:
    """Heat of a story at `now`; an empty story is cold, never an error."""
    if not sightings:
        return Heat(items=0, platforms=0, first_hour=0, last_hour=0, best_rank=None, acceleration=None)
    first = min(seen.at for seen in sightings)
    hour = timedelta(hours=1)
    last = sum(now - seen.at < hour for seen in sightings)
    before = len(sightings) - last
    hours = (now - first) / hour - 1.0
    ranks = [seen.rank for seen in sightings if seen.rank]
    return Heat(
        items=len(sightings),
        platforms=len({seen.source for seen in sightings}),
        first_hour=sum(seen.at - first < hour for seen in sightings),
        last_hour=last,
        best_rank=min(ranks, default=None),
        acceleration=round(last / max(before / hours, 0.1), 2) if hours >= 1.0 else None,
    )


def recent(sightings: Sequence[Sighting], now: datetime, hours: float) -> tuple[int, int]:
    """(different titles, platforms) among the sightings of the last `hours`."""
    since = now - timedelta(hours=hours)
    window = [seen for seen in sightings if seen.at >= since]
    return len({seen.title for seen in window}), len({seen.source for seen in window})


def accelerates(sightings: Sequence[Sighting], now: datetime, items: int, platforms: int, times: float) -> bool:
    """Whether a matter runs away: so many titles on so many platforms in the last hour, and so many times the hourly mean before."""
    if len(sightings) < max(items, platforms):
        return False
    titles, seen_on = recent(sightings, now, 1.0)
    if titles < items or seen_on < platforms:
        return False
    pace = heat(sightings, now).acceleration
    return pace is None or pace >= times
