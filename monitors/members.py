"""One story as the joining index keeps it: its words summed up, its last items one by one, and what they say of place and hazard.

Likeness to the nearest of the last items decides as much as likeness to the whole, so a story with a crowd of members keeps them by
word: one pass over an item's words gives its product with all of them, and a bound says beforehand whether that pass can matter.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitors.likeness import Vector
from monitors.sites import NOWHERE, Spot

RECENT = 30  # items of a story compared one by one
CROWD = 6  # from so many on, they are kept by word
MATTER = "matter_"  # how a family of grievances begins: to share one joins, to have different ones parts nothing
_NONE: dict[int, float] = {}


def hazards(families: Iterable[str]) -> frozenset[str]:
    """Families of hazards, those of grievances left out."""
    return frozenset(name for name in families if not name.startswith(MATTER))


class Members:
    """The last `RECENT` vectors of one story. Products are summed in the order of the item's words, few members or many."""

    __slots__ = ("_bound", "_by_word", "_fresh", "_held", "_next")

    def __init__(self) -> None:
        self._held: list[Vector] = []
        self._next = 0
        self._by_word: dict[str, dict[int, float]] | None = None
        self._bound: Vector = {}  # no member of these or of the round before says a word with more weight
        self._fresh: Vector = {}  # the same of this round alone

    def add(self, vector: Vector) -> None:
        """The newest takes the place of the oldest."""
        place = self._next
        self._next = (place + 1) % RECENT
        if place == len(self._held):
            self._held.append(vector)
        else:
            self._drop(place)
            self._held[place] = vector
        if self._by_word is not None:
            self._keep(place)
        elif len(self._held) >= CROWD:
            self._by_word = {}
            for known in range(len(self._held)):
                self._keep(known)

    def _keep(self, place: int) -> None:
        assert self._by_word is not None
        if place == 0:  # a round is as long as the ring: this one and the one before hold all of it
            self._bound, self._fresh = dict(self._fresh), {}
        by_word, bound, fresh = self._by_word, self._bound, self._fresh
        for word, weight in self._held[place].items():
            if word in by_word:
                by_word[word][place] = weight
            else:
                by_word[word] = {place: weight}
            if weight > fresh.get(word, 0.0):
                fresh[word] = weight
                if weight > bound.get(word, 0.0):
                    bound[word] = weight

    def _drop(self, place: int) -> None:
        if self._by_word is None:
            return
        for word in self._held[place]:
            said = self._by_word[word]
            del said[place]
            if not said:
                del self._by_word[word]

    def nearest(self, vector: Vector, least: float = -1.0) -> float:
        """Likeness to the nearest member; where none can reach `least`, anything less than that."""
        if self._by_word is None:
            return max([sum([weight * held[word] for word, weight in vector.items() if word in held]) for held in self._held])
        bound = self._bound
        most = sum([weight * bound[word] for word, weight in vector.items() if word in bound])
        if most < least:
            return most
        sums, by_word = [0.0] * len(self._held), self._by_word
        for word, weight in vector.items():
            for place, other in by_word.get(word, _NONE).items():
                sums[place] += weight * other
        return max(sums)


@dataclass(slots=True)
class OpenStory:
    """`total` is the sum of all its vectors and `norm` its length; `leading` are the families of a quarter of its items or more."""

    id: str
    stream: str
    letter: bool
    window: timedelta
    last: datetime
    until: datetime = field(init=False)
    members: Members = field(default_factory=Members)
    total: Vector = field(default_factory=dict)
    square: float = 0.0
    norm: float = 1.0
    provinces: Counter[str] = field(default_factory=Counter)
    cities: Counter[str] = field(default_factory=Counter)
    counties: Counter[str] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)
    leading: frozenset[str] = frozenset()
    hazards: frozenset[str] = frozenset()
    tolls: set[str] = field(default_factory=set)
    spot: Spot = NOWHERE
    size: int = 0
    kept: timedelta | None = None

    def __post_init__(self) -> None:
        self.extend()

    def extend(self) -> None:
        """Reckon anew until when it takes items."""
        self.until = self.last + max(self.window, self.kept or timedelta())

    def add(
        self, vector: Vector, place: tuple[str, str, str], families: frozenset[str], tolls: set[str], spot: Spot, now: datetime
    ) -> None:
        """One more item; its words are summed up by the index, which keeps them too."""
        self.members.add(vector)
        for counter, name in zip((self.provinces, self.cities, self.counties), place, strict=True):
            if name:
                counter[name] += 1
        self.size += 1
        for family in families:
            self.families[family] += 1
        leading = frozenset([name for name, count in self.families.items() if 4 * count >= self.size])
        if leading != self.leading:
            self.leading, self.hazards = leading, hazards(leading)
        self.tolls |= tolls
        if spot != self.spot:
            self.spot = self.spot.joined(spot)
        if now > self.last:
            self.last = now
            self.extend()
