"""One story as the joining index keeps it: its words summed up, its last items one by one, and what they say of place and hazard.

Likeness to the nearest of the last items decides as much as likeness to the whole, so a story with a crowd of members keeps them by
word: one pass over an item's words gives its product with all of them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import sqrt
from operator import mul
from struct import unpack

from monitors.likeness import Vector
from monitors.sites import NOWHERE, Spot

RECENT = 30  # items of a story compared one by one
CROWD = 6  # from so many on, they are kept by word
LANE, UNIT = 64, 30  # bits: twice a unit, and four to spare
ONE = 1 << UNIT
WHOLE = ONE * ONE
_ALL = (1 << LANE * RECENT) - 1
_OTHERS = tuple(_ALL ^ ((1 << LANE) - 1 << LANE * place) for place in range(RECENT))
"""All lanes but that of a place."""
HAIR = 1e-7  # more than what cutting the weights to units can take from a product, twice over
MATTER = "matter_"  # how a family of grievances begins: to share one joins, to have different ones parts nothing


def hazards(families: Iterable[str]) -> frozenset[str]:
    """Families of hazards, those of grievances left out."""
    return frozenset(name for name in families if not name.startswith(MATTER))


class Weighed:
    """The vector of an item, and its weights squared and in units, reckoned where a crowd asks for them."""

    __slots__ = ("squares", "units", "vector")

    def __init__(self, vector: Vector) -> None:
        self.vector = vector
        self.units: dict[str, int] = {}
        self.squares: Vector = {}

    def measure(self) -> None:
        """Reckon the squares and units, unless they are."""
        if not self.units:
            self.units = _units(self.vector)
            self.squares = {word: weight * weight for word, weight in self.vector.items()}


class Members:
    """The last `RECENT` vectors of one story. Products are summed in the order of the item's words, few members or many.

    A crowd is kept by word as well: one long whole number a word, with a lane of `LANE` bits for each member that holds its weight in
    units of 2**-`UNIT`. Multiplied by the item's weights and added up, every lane holds the product with its member, a hair too small:
    vectors have length one and no negative weights, so no lane can run over. The nearest by lanes is then reckoned exactly.
    """

    __slots__ = ("_by_word", "_held", "_next")

    def __init__(self) -> None:
        self._held: list[Vector] = []
        self._next = 0
        self._by_word: dict[str, int] | None = None

    def add(self, item: Weighed) -> None:
        """The newest takes the place of the oldest."""
        place, held = self._next, self._held
        self._next = (place + 1) % RECENT
        if place == len(held):
            held.append(item.vector)
        else:
            self._drop(place)
            held[place] = item.vector
        if self._by_word is not None:
            item.measure()
            self._keep(place, item.units)
        elif len(held) >= CROWD:
            self._by_word = {}
            for known, vector in enumerate(held):
                self._keep(known, _units(vector))

    def _keep(self, place: int, units: Mapping[str, int]) -> None:
        assert self._by_word is not None
        by_word, shift = self._by_word, LANE * place
        for word, weight in units.items():
            by_word[word] = by_word.get(word, 0) + (weight << shift)

    def _drop(self, place: int) -> None:
        if self._by_word is None:
            return
        by_word, others = self._by_word, _OTHERS[place]
        for word in self._held[place]:
            left = by_word[word] & others
            if left:
                by_word[word] = left
            else:
                del by_word[word]

    def nearest(self, item: Weighed, least: float = -1.0) -> float:
        """Likeness to the nearest member; where none can reach `least`, anything less than that."""
        held, by_word, vector = self._held, self._by_word, item.vector
        if by_word is None:
            return max([_product(vector, member) for member in held])
        item.measure()
        shared = [word for word in vector if word in by_word]
        reach = sqrt(sum(map(item.squares.__getitem__, shared)))  # of vectors of length one, those words make no more
        if reach < least - HAIR:
            return reach
        lanes = sum(map(mul, map(item.units.__getitem__, shared), map(by_word.__getitem__, shared)))
        said = unpack(f"<{len(held)}Q", lanes.to_bytes(len(held) * LANE // 8, "little"))
        most = max(said)
        if most < (least - HAIR) * WHOLE:
            return least - HAIR
        hair = most - HAIR * WHOLE
        return max([_product(vector, member) for member, lane in zip(held, said, strict=True) if lane >= hair])


def _units(vector: Vector) -> dict[str, int]:
    return {word: int(weight * ONE) for word, weight in vector.items()}


def _product(vector: Vector, member: Vector) -> float:
    return sum([weight * member[word] for word, weight in vector.items() if word in member])


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
        self, item: Weighed, place: tuple[str, str, str], families: frozenset[str], tolls: set[str], spot: Spot, now: datetime
    ) -> None:
        """One more item; its words are summed up by the index, which keeps them too."""
        self.members.add(item)
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
