"""How loud a story is: titles, platforms, speakers and acceleration, from what was seen and nothing else."""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Sequence
from datetime import date, datetime, timedelta
from itertools import islice, takewhile
from operator import attrgetter
from typing import NamedTuple

from monitors.dates import BEIJING

HOUR = timedelta(hours=1)


class Sighting(NamedTuple):
    """One item of a story as one source showed it; `rank` counts from 1, `person` tells speakers apart."""

    at: datetime
    source: str
    title: str
    rank: int | None = None
    person: str = ""


def _pace(items: int, last: int, age: timedelta) -> float | None:
    """Items of the last hour over the mean hour before; None in the first two hours."""
    hours = age / HOUR - 1.0
    return round(last / max((items - last) / hours, 0.1), 2) if hours >= 1.0 else None


class _Latest:
    """When each title (platform, person, day) of a story was seen last, the latest at the end."""

    __slots__ = ("_last", "_name", "_read")

    def __init__(self, name: Callable[[Sighting], Hashable]) -> None:
        self._name, self._last, self._read = name, dict[Hashable, datetime](), 0

    def within(self, sightings: Sequence[Sighting], since: datetime, most: int) -> int:
        """How many of them were seen `since`, counted up to `most`; reads what has come since it was asked before."""
        last, name = self._last, self._name
        for seen in sightings[self._read :]:
            key = name(seen)
            last.pop(key, None)
            last[key] = seen.at
        self._read = len(sightings)
        return sum(1 for _ in islice(takewhile(since.__le__, reversed(last.values())), most))


class Echo:
    """What the sightings of one story add up to. They come in the order of time and each is read once, so that it may be asked at every
    item of a flood.
    """

    __slots__ = ("_days", "_people", "_platforms", "_sightings", "_titles")

    def __init__(self, sightings: Sequence[Sighting]) -> None:
        self._sightings = sightings
        self._titles, self._platforms = _Latest(attrgetter("title")), _Latest(attrgetter("source"))
        self._people, self._days = _Latest(attrgetter("person")), _Latest(_day)

    def titles(self, now: datetime, hours: float, most: int) -> int:
        """Different titles within the last `hours`, counted up to `most`."""
        return self._titles.within(self._sightings, now - timedelta(hours=hours), most)

    def platforms(self, now: datetime, hours: float, most: int) -> int:
        """Platforms within the last `hours`, counted up to `most`."""
        return self._platforms.within(self._sightings, now - timedelta(hours=hours), most)

    def smoulders(self, now: datetime, window: timedelta, days: int, people: int) -> bool:
        """Whether so many people spoke on so many days (Beijing dates) within the window."""
        since = now - window
        if self._days.within(self._sightings, since, days) < days:
            return False
        return self._people.within(self._sightings, since, people) >= people

    def accelerates(self, now: datetime, items: int, platforms: int, times: float) -> bool:
        """Whether a matter runs away: so many titles on so many platforms in the last hour, and so many times the hourly mean before."""
        seen = self._sightings
        if len(seen) < max(items, platforms):
            return False
        if self.titles(now, 1.0, items) < items or self.platforms(now, 1.0, platforms) < platforms:
            return False
        before = bisect_right(seen, now - HOUR, key=attrgetter("at"))
        pace = _pace(len(seen), len(seen) - before, now - seen[0].at)
        return pace is None or pace >= times


def _day(seen: Sighting) -> date:
    return seen.at.astimezone(BEIJING).date()
