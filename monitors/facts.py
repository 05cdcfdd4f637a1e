"""What place, hazard and toll add to or take from the likeness of the words, when an item is compared with a story.

Different counties, places of one kind with different names (two towns, two mines: `sites`), or hazards that exclude each other, never
join; things of different kinds and a falling toll take away what the place adds, and so does the desk's own territory.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitors.likeness import storms
from monitors.members import MATTER, OpenStory, hazards
from monitors.sites import NOWHERE, TOWN, Apart, Spot

DEAD = "dead"  # how a stated number of dead ends (`likeness.tolls`)
LEVELS_OF_PLACE = ("province", "city", "county")
ABROAD = "境外"  # how the name of a place abroad begins
WIDE = frozenset(("water", "quake"))  # hazards that strike a whole county or province at once, many places in one matter
PERSONAL = frozenset(("violence", "fall"))  # what befalls one person: others are another matter
WAVE = "wave"  # the family that crosses a sea: one earthquake, told from the shores of two countries
KIN = {
    f"{MATTER}wages": frozenset[str](),
    f"{MATTER}bank": frozenset[str](),
    f"{MATTER}meal": frozenset({"food", "epidemic"}),
    f"{MATTER}code": frozenset({"epidemic"}),
}
"""Grievances and the disasters they may be part of; one that is not listed may be part of any."""
_MORE_DEAD = re.compile("再|又|另|新增|其中|更正|修正|核减|下调")  # a smaller number of dead that contradicts nothing
Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRef:
    """What joining needs of an item. An item with a `text` is a letter, one without a title; they never join each other.

    `families` are coarse families of hazards and (`matter_…`) of grievances; `stream` keeps channels and territories apart.
    """

    id: str
    title: str
    text: str = ""
    stream: str = ""
    province: str = ""
    city: str = ""
    county: str = ""
    families: frozenset[str] = frozenset()
    spot: Spot = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRules:
    """Thresholds of joining; hours and days are windows since the story's last item."""

    title_threshold: float = 0.20
    letter_threshold: float = 0.16
    same_city: float = 0.22
    same_province: float = 0.08
    same_hazard: float = 0.06
    same_toll: float = 0.14
    old_story: float = 0.12
    open_bonus: float = 0.03
    hazard_clash: float = 0.22
    place_clash: float = 0.7
    hours: float = 72.0
    letter_days: float = 30.0


@dataclass(frozen=True, slots=True)
class Home:
    """The desk's own territory: `name` is its county or city, `names` are province, city and county."""

    name: str = ""
    names: Sequence[str] = ()

    def finer(self, level: str, place: Place) -> str:
        """The level two matters share, or `home` where that is the installation's own territory or what it lies in."""
        known = LEVELS_OF_PLACE[LEVELS_OF_PLACE.index(level) :] if level else ()
        named = dict(zip(LEVELS_OF_PLACE, place, strict=True))
        return "home" if any(self._holds(part, named[part]) for part in known) else level

    def _holds(self, level: str, name: str) -> bool:
        own = dict(zip(LEVELS_OF_PLACE, self.names, strict=False)).get(level, "")
        return any(mine and name and (mine.startswith(name) or name.startswith(mine)) for mine in (self.name, own))


class Facts:
    """The facts of one item, to be weighed against several stories."""

    __slots__ = ("_dead", "_families", "_hazards", "_home", "_levels", "_nowhere", "_ref", "_rules", "_stated", "_wide")

    def __init__(self, ref: ItemRef, stated: set[str], rules: JoinRules, home: Home) -> None:
        self._ref, self._stated, self._rules, self._home = ref, stated, rules, home
        self._families = ref.families
        self._hazards = hazards(ref.families)
        self._wide = not WIDE.isdisjoint(ref.families)
        self._nowhere = ref.spot == NOWHERE
        self._dead = most_dead(stated) if stated else 0
        self._levels: dict[str, str] = {}

    def most(self) -> float:
        """What no story can be given more than."""
        rules, ref = self._rules, self._ref
        near = bool(ref.spot.names or ref.city or ref.county)
        value = max(rules.same_province, rules.same_city if near else 0.0)
        if not self._families:
            value = rules.same_province if near else 0.0
        else:
            value += rules.same_hazard
        return max(0.0, value) + (max(0.0, rules.same_toll) if self._stated else 0.0)

    def weigh(self, story: OpenStory) -> float:
        """What place, hazard and toll add to or take from the likeness of the words."""
        rules, mine, theirs, value = self._rules, self._families, story.leading, 0.0
        same_family = not theirs.isdisjoint(mine)
        clash = bool(story.hazards and self._hazards and not same_family)
        value -= rules.hazard_clash if clash else 0.0
        place = self._place(story)
        if place == "elsewhere":
            return -1.0
        if place == "clash" and (storms(self._ref.title) & story.tolls or _far_quake(story, self._ref)):
            place = "unknown"
        apart = self._apart(story)
        if apart is Apart.SITE:
            return -1.0
        both = bool(theirs and mine) and not same_family and not clash  # else one is no part of the other
        if place == "clash" or (both and grievance_and_disaster(theirs, mine)):
            return value - rules.place_clash
        if apart and _other_matter(apart, place, theirs | mine):
            return value - rules.place_clash
        if place in LEVELS_OF_PLACE:
            place = self._at_home(place)
        if place in ("home", "county") and self._hazards and not story.hazards and not self._same_spot(story):
            value -= rules.hazard_clash  # a disaster in a county is not what people there talked of before
        local = not self._ref.spot.names.isdisjoint(story.spot.names)
        near = (local or place in ("city", "county")) and not self._fewer_dead(story)
        if same_family and place == "unknown" and theirs & mine <= PERSONAL:
            value -= rules.same_hazard  # blows are struck everywhere: verb and form alone make no matter
        elif same_family:
            value += rules.same_hazard + (rules.same_city if near else rules.same_province if place == "province" else 0.0)
        elif near and not local and not clash and (story.hazards or not self._hazards):
            value += rules.same_province  # a disaster is not what the place was talked of before
        if place not in ("unknown", "home") and not self._stated.isdisjoint(story.tolls):
            value += rules.same_toll
        return value

    def _place(self, story: OpenStory) -> str:
        """County, city or province they share at the finest; unknown (one side has no place), clash, or elsewhere (another county)."""
        ref = self._ref
        if not story.provinces or not ref.province:
            return "unknown"
        if not _held(story.provinces, ref.province):
            return "province" if _abroad(story.provinces, ref.province) else "clash"
        if story.cities and ref.city and not _held(story.cities, ref.city):
            return "clash"
        if story.counties and ref.county and not _held(story.counties, ref.county):
            return "elsewhere"
        if ref.county and ref.county in story.counties:
            return "county"
        return "city" if ref.city and ref.city in story.cities else "province"

    def _at_home(self, level: str) -> str:
        """`Home.finer`, asked once a level: it looks at the item alone."""
        if level not in self._levels:
            self._levels[level] = self._home.finer(level, (self._ref.province, self._ref.city, self._ref.county))
        return self._levels[level]

    def _apart(self, story: OpenStory) -> Apart:
        if self._wide or self._nowhere or not WIDE.isdisjoint(story.leading):
            return Apart.NO
        return story.spot.apart(self._ref.spot)

    def _same_spot(self, story: OpenStory) -> bool:
        """A place below the town in common."""
        return any(kind != TOWN for kind, _ in self._ref.spot.names & story.spot.names)

    def _fewer_dead(self, story: OpenStory) -> bool:
        """A toll never falls: fewer dead than the story has already, and not said to come on top or to be a part, speak of another matter."""
        return 0 < self._dead < most_dead(story.tolls) and not _MORE_DEAD.search(self._ref.title)


def most_dead(stated: Iterable[str]) -> int:
    """The largest number of dead among the tolls stated."""
    return max((int(toll.removesuffix(DEAD)) for toll in stated if toll.endswith(DEAD)), default=0)


def _other_matter(apart: Apart, place: str, families: frozenset[str]) -> bool:
    """Other things tell matters of one city or county apart, other people where it befalls single persons."""
    if apart is Apart.PERSON:
        return bool(PERSONAL & families)
    return apart is Apart.THING and place in ("city", "county")


def grievance_and_disaster(one: frozenset[str], two: frozenset[str]) -> bool:
    """Unpaid wages in a village and a landslide there are two matters, however few the words; a bad meal and the poisoning are one."""
    if not one.isdisjoint(two):
        return False
    left, right = hazards(one), hazards(two)
    grievances, disasters = (one, right) if not left else (two, left)
    if (left and right) or not grievances or not disasters:
        return False
    return all(disasters.isdisjoint(KIN.get(name, disasters)) for name in grievances)


def _far_quake(story: OpenStory, ref: ItemRef) -> bool:
    """An earthquake abroad and its tsunami, told from the shores of two countries."""
    both_abroad = ref.province.startswith(ABROAD) and any(name.startswith(ABROAD) for name in story.provinces)
    return both_abroad and WAVE in story.leading | ref.families and bool(story.leading & ref.families)


def _abroad(names: Counter[str], name: str) -> bool:
    """Short and long names of one country: 日 is 日本."""
    return name.startswith(ABROAD) and any(other.startswith(name) or name.startswith(other) for other in names)


def _held(names: Counter[str], name: str) -> bool:
    """The story's place includes `name`: one odd item among many does not move a story."""
    return 4 * names.get(name, 0) >= max(names.values())
