"""What is known of one matter: where it lies, how many people it hit, who has seen it. Values and how they are updated, no decisions."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from monitors.gate import Place
from monitors.heat import Echo, Sighting

SEVERAL = 3  # provinces
STORM = "rainstorm_typhoon"


@dataclass(slots=True, kw_only=True)
class Story:
    """What is known of one matter. Owned by the detector; readers must not change it."""

    id: str
    opened_at: datetime
    title: str
    label: str = "O"
    category: str = "other"
    score: float = 0.0
    province: str = ""
    city: str = ""
    county: str = ""
    foreign: bool = False
    high_consequence: bool = False
    level: str | None = None
    graded: tuple[object, ...] = ()  # of what `level` was reckoned; the same again gives nothing new
    alarmed_at: datetime | None = None
    burst_at: datetime | None = None
    twin: str = ""
    deadly: bool = False
    magnitude: float = 0.0
    quiet: int = 0
    plain: int = 0
    last_at: datetime
    sightings: list[Sighting] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)
    families: set[str] = field(default_factory=set)
    places: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _echo: Echo | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def echo(self) -> Echo:
        """How loud its sightings are; few stories are ever asked."""
        if self._echo is None:
            self._echo = Echo(self.sightings)
        return self._echo


def fill_place(story: Story, region: Place) -> None:
    """The place most items name, as fine as they name it; a place abroad never overrides one at home.

    A storm told of `SEVERAL` provinces and of none for the most part (a typhoon on its way) lies in none: several is not one of them.
    """
    if region.foreign or not region.province:
        return
    story.foreign = False
    place = region.province, region.city or "", region.county or ""
    story.places[place] += 1
    if story.category != STORM and place == (story.province, story.city, story.county):
        return  # what leads already leads by one more
    province = "" if story.category == STORM and _several(story.places) else _most(story.places, 0, ())
    city = _most(story.places, 1, (province,))
    county = _most(story.places, 2, (province, city))
    story.province, story.city, story.county = province, city if province else "", county if province else ""


def _several(places: Counter[tuple[str, str, str]]) -> bool:
    provinces: Counter[str] = Counter()
    for place, count in places.items():
        provinces[place[0]] += count
    return len(provinces) >= SEVERAL and 2 * max(provinces.values()) <= places.total()


def _most(places: Counter[tuple[str, str, str]], part: int, inside: tuple[str, ...]) -> str:
    """The most frequent name at `part` among places inside; the earliest one where two are equal, empty where none is named."""
    names: Counter[str] = Counter()
    for place, count in places.items():
        if place[: len(inside)] == inside and place[part]:
            names[place[part]] += count
    return max(names, key=lambda name: names[name], default="")


def update_figures(known: dict[str, int], stated: Mapping[str, int | None]) -> None:
    """Deaths and injured only rise; missing is the latest statement, and falls by what the deaths rose when left unsaid."""
    if not stated or list(stated.values()).count(None) == len(stated):
        return  # most texts state nothing
    deaths = stated.get("deaths")
    if deaths and deaths > known.get("deaths", 0):
        risen = deaths - known.get("deaths", 0)
        known["deaths"] = deaths
        for key in ("missing", "trapped"):
            if known.get(key) and stated.get(key) is None:
                known[key] = max(0, known[key] - risen)
    for key in ("injured", "serious", "poisoned", "evacuated"):
        value = stated.get(key)
        if value and value > known.get(key, 0):
            known[key] = value
    for key in ("missing", "trapped"):
        value = stated.get(key)
        if value is not None:
            known[key] = value
