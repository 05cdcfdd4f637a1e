"""Same matter, one story: where a new item belongs, judged only by what was placed before it.

    item -> words (titles) or character grams (letters), see `likeness` -> candidates through an inverted index
         -> 0.5 likeness to the whole story + 0.5 likeness to its nearest recent item, plus place, hazard and toll
         -> the best story above the threshold, else a new one

Different counties, places of one kind with different names (two towns, two mines: `sites`), or hazards that exclude each other,
never join; things of different kinds and a falling toll take away what the place adds, and so does the desk's own territory. Nothing here reads a clock; the same items in the same
order give the same stories, so the index is rebuilt by placing stored members again (`restore`).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import nlargest
from math import sqrt

from monitors.likeness import PAIR, LetterWeights, TitleWeights, Vector, dot, storms, told_alike, tolls, words
from monitors.sites import NOWHERE, Apart, Spot

CANDIDATES = {False: 25, True: 6}  # stories compared closely (titles, letters), the nearest by their centroid
RECENT = 30  # items of a story compared one by one
DEAD = "dead"  # how a stated number of dead ends (`likeness.tolls`)
LEVELS_OF_PLACE = ("province", "city", "county")
KINDS_OF_PLACE = "省市县区旗"
ABROAD = "境外"  # how the name of a place abroad begins
MATTER = "matter_"  # how a family of grievances begins: to share one joins, to have different ones parts nothing
WIDE = frozenset(("water", "quake"))  # hazards that strike a whole county or province at once, many places in one matter
PERSONAL = frozenset(("violence", "fall"))  # what befalls one person: others are another matter
WAVE = "wave"  # the family that crosses a sea: one earthquake, told from the shores of two countries
LETTER_CHARS = 60  # a text this long is read as a letter
_MORE_DEAD = re.compile("再|又|另|新增|其中|更正|修正|核减|下调")  # a smaller number of dead that contradicts nothing


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
class Placement:
    """`new` True where no story was near enough; `evidence` are the words that spoke for joining, best first."""

    story: str
    new: bool
    score: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRules:
    """Thresholds of joining; hours and days are windows since the story's last item."""

    title_threshold: float = 0.20
    letter_threshold: float = 0.16
    same_city: float = 0.22
    same_province: float = 0.08
    same_hazard: float = 0.06
    same_toll: float = 0.14
    old_story: float = 0.06
    open_bonus: float = 0.03
    hazard_clash: float = 0.22
    place_clash: float = 0.7
    hours: float = 72.0
    letter_days: float = 30.0


@dataclass(slots=True)
class _Story:
    id: str
    stream: str
    letter: bool
    last: datetime
    vectors: list[Vector] = field(default_factory=list)
    total: Vector = field(default_factory=dict)
    square: float = 0.0
    norm: float = 1.0
    provinces: Counter[str] = field(default_factory=Counter)
    cities: Counter[str] = field(default_factory=Counter)
    counties: Counter[str] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)
    tolls: set[str] = field(default_factory=set)
    spot: Spot = NOWHERE
    size: int = 0
    kept: timedelta | None = None


class StoryIndex:
    """Streaming index of open stories. `dull` maps a word of titles to its factor (0..1), `form` are phrases of any letter.

    `home` is the installation's own county or city, `own` are the names of its territory (province, city, county): to share no more
    than these is no evidence that two matters are one, and as every title of its own sources may carry them they are not read.
    """

    def __init__(
        self,
        rules: JoinRules | None = None,
        dull: Mapping[str, float] | None = None,
        home: str = "",
        form: Iterable[str] = (),
        own: Iterable[str] = (),
    ) -> None:
        self.home = home
        self._territory = tuple(own)
        self._own = _names(self._territory)
        self.rules = rules or JoinRules()
        self._titles, self._letters = TitleWeights(dull or {}), LetterWeights(form)
        self._stories: dict[str, _Story] = {}
        self._by_word: dict[tuple[bool, str], dict[str, dict[str, float]]] = {}
        self._next = 1

    def place(self, ref: ItemRef, now: datetime, *, fixed: str | None = None, join_only: bool = False) -> Placement:
        """Put the item where it belongs and say why; `fixed` places it by hand (or on restore) without judging.

        With `join_only` an item that fits no story is not placed and the placement has an empty story.
        """
        letter = bool(ref.text)
        counts = self._letters.read(ref.title, ref.text) if letter else words(self._own.sub("", ref.title) or ref.title)
        vector = self._vector(ref, counts)
        stated = set() if letter else tolls(ref.title) | storms(ref.title)
        found = (fixed, 1.0, ()) if fixed else self._best(ref, vector, stated, now)
        if found is None and join_only:
            return Placement(story="", new=False, score=0.0)
        (self._letters if letter else self._titles).learn(counts)
        if found is None or found[0] not in self._stories:
            story = self._open(found[0] if found else None, ref, now)
            self._add(story, ref, vector, stated, now)
            return Placement(story=story.id, new=True, score=0.0)
        story = self._stories[found[0]]
        self._add(story, ref, vector, stated, now)
        return Placement(story=story.id, new=False, score=round(found[1], 3), evidence=found[2])

    def restore(self, members: Iterable[tuple[ItemRef, datetime, str]]) -> None:
        """Rebuild from stored members (item, time, story), in their original order."""
        for ref, at, story in members:
            self.place(ref, at, fixed=story)

    def expire(self, now: datetime) -> tuple[str, ...]:
        """Forget stories whose window has passed; returns their ids."""
        gone = tuple(story.id for story in self._stories.values() if not self._alive(story, now))
        for name in gone:
            story = self._stories.pop(name)
            stories = self._by_word[story.letter, story.stream]
            for word in story.total:
                del stories[word][name]
                if not stories[word]:
                    del stories[word]
        return gone

    def keep(self, name: str, window: timedelta) -> None:
        """Let a story take items for `window` after its last one (an incident that is open does not expire with the talk)."""
        if name in self._stories:
            self._stories[name].kept = window

    def near(self, left: str, right: str) -> float:
        """Likeness of two stories' centroids (0..1): above 0.25 a merge may be suggested."""
        one, two = self._stories.get(left), self._stories.get(right)
        return dot(one.total, two.total) / (one.norm * two.norm) if one and two else 0.0

    def alike(self, left: str, right: str) -> float:
        """As `near`; a matter of letters and one of titles, which never join, by what the titles say (all of it in the letters: 0.5)."""
        one, two = self._stories.get(left), self._stories.get(right)
        if one is None or two is None or one.letter == two.letter:
            return self.near(left, right)
        titles, letters = (two, one) if one.letter else (one, two)
        return 0.5 * told_alike(titles.total, letters.total)

    def of_letters(self) -> tuple[str, ...]:
        """Stories told in letters; they alarm seldom, but may be what a title speaks of."""
        return tuple(story.id for story in self._stories.values() if story.letter)

    def share_toll(self, left: str, right: str) -> bool:
        """Whether both stories state the same number of dead, hurt or missing (one alone says little, but is not nothing)."""
        one, two = self._stories.get(left), self._stories.get(right)
        return bool(one and two and one.tolls & two.tolls)

    def shared(self, one: tuple[str, str, str], two: tuple[str, str, str]) -> str:
        """The finest level on which two places (province, city, county) agree; `home` where that is the desk's own territory."""
        agree = (level for level, mine, theirs in zip(LEVELS_OF_PLACE, one, two, strict=True) if mine and mine == theirs)
        return self._finer_than_home(max(agree, key=LEVELS_OF_PLACE.index, default=""), one)

    def apart(self, left: str, right: str) -> Apart:
        """How surely two stories are different matters by the places and things their titles name."""
        one, two = self._stories.get(left), self._stories.get(right)
        if one is None or two is None or WIDE & (one.families.keys() | two.families.keys()):
            return Apart.NO
        return one.spot.apart(two.spot)

    def _finer_than_home(self, level: str, place: tuple[str, str, str]) -> str:
        """The level two matters share, or `home` where that is the installation's own territory or what it lies in."""
        known = LEVELS_OF_PLACE[LEVELS_OF_PLACE.index(level) :] if level else ()
        names = dict(zip(LEVELS_OF_PLACE, place, strict=True))
        return "home" if any(self._at_home(part, names[part]) for part in known) else level

    def _at_home(self, level: str, name: str) -> bool:
        own = dict(zip(LEVELS_OF_PLACE, self._territory, strict=False)).get(level, "")
        return any(mine and name and (mine.startswith(name) or name.startswith(mine)) for mine in (self.home, own))

    def _alive(self, story: _Story, now: datetime) -> bool:
        return now - story.last <= max(self._window(story), story.kept or timedelta())

    def _window(self, story: _Story) -> timedelta:
        return timedelta(days=self.rules.letter_days) if story.letter else timedelta(hours=self.rules.hours)

    def _vector(self, ref: ItemRef, counts: Mapping[str, float]) -> Vector:
        if ref.text:
            return self._letters.vector(counts)
        return self._titles.vector(counts, (ref.province, ref.city, ref.county))

    def _best(self, ref: ItemRef, vector: Vector, stated: set[str], now: datetime) -> tuple[str, float, tuple[str, ...]] | None:
        letter = bool(ref.text)
        best: tuple[float, str] | None = None
        for centroid, name in nlargest(CANDIDATES[letter], self._centroids(ref, vector, now)):
            story = self._stories[name]
            score = self._score(story, ref, vector, centroid, stated)
            if story.kept:
                score += self.rules.open_bonus
            if now - story.last > self._window(story):
                score -= self.rules.old_story
            if best is None or (score, name) > best:
                best = (score, name)
        threshold = self.rules.letter_threshold if letter else self.rules.title_threshold
        if best is None or best[0] < threshold:
            return None
        return best[1], best[0], _evidence(self._stories[best[1]], vector)

    def _centroids(self, ref: ItemRef, vector: Vector, now: datetime) -> list[tuple[float, str]]:
        """Likeness to the whole of every living story that shares a word with the item."""
        known = self._by_word.get((bool(ref.text), ref.stream), {})
        sums: defaultdict[str, float] = defaultdict(float)
        for word, weight in vector.items():
            for name, total in known.get(word, {}).items():
                sums[name] += weight * total
        stories = self._stories
        found = [(value / stories[name].norm, name) for name, value in sums.items()]
        return [entry for entry in found if self._alive(stories[entry[1]], now)]

    def _score(self, story: _Story, ref: ItemRef, vector: Vector, centroid: float, stated: set[str]) -> float:
        nearest = centroid
        if story.size > 1:
            shared = {word: weight for word, weight in vector.items() if word in story.total}
            nearest = max([dot(shared, other) for other in story.vectors])
        likeness = 0.5 * centroid + 0.5 * nearest
        return likeness if story.letter else likeness + self._facts(story, ref, stated)

    def _facts(self, story: _Story, ref: ItemRef, stated: set[str]) -> float:
        """What place, hazard and toll add to or take from the likeness of the words."""
        rules, value = self.rules, 0.0
        families = frozenset(name for name, count in story.families.items() if 4 * count >= story.size)
        same_family = bool(families & ref.families)
        clash = bool(hazards(families) and hazards(ref.families) and not same_family)
        value -= rules.hazard_clash if clash else 0.0
        place = _place_relation(story, ref)
        if place == "elsewhere":
            return -1.0
        if place == "clash" and (storms(ref.title) & story.tolls or _far_quake(story, ref, families)):
            place = "unknown"
        wide = bool(WIDE & (families | ref.families))
        apart = Apart.NO if wide else story.spot.apart(ref.spot)
        if place == "clash" or _other_matter(apart, place, families | ref.families):
            return value - rules.place_clash
        if place in LEVELS_OF_PLACE:
            place = self._finer_than_home(place, (ref.province, ref.city, ref.county))
        if place == "home" and hazards(ref.families) and not hazards(families) and not ref.spot.names & story.spot.names:
            value -= rules.hazard_clash  # a disaster in the desk's own county is not what people there talked of before
        near = place in ("city", "county") and not _fewer_dead(ref, stated, story)
        if same_family:
            value += rules.same_hazard + (rules.same_city if near else rules.same_province if place == "province" else 0.0)
        elif near and not clash:
            value += rules.same_province
        if stated & story.tolls and place not in ("unknown", "home"):
            value += rules.same_toll
        return value

    def _open(self, name: str | None, ref: ItemRef, now: datetime) -> _Story:
        if name is None:
            name = f"S{self._next:06d}"
        self._next += 1
        story = _Story(id=name, stream=ref.stream, letter=bool(ref.text), last=now)
        self._stories[name] = story
        return story

    def _add(self, story: _Story, ref: ItemRef, vector: Vector, stated: set[str], now: datetime) -> None:
        story.vectors.append(vector)
        del story.vectors[:-RECENT]
        self._sum(story, vector)
        for counter, name in ((story.provinces, ref.province), (story.cities, ref.city), (story.counties, ref.county)):
            if name:
                counter[name] += 1
        story.families.update(ref.families)
        story.tolls |= stated
        story.spot = story.spot.joined(ref.spot)
        story.size += 1
        story.last = max(story.last, now)

    def _sum(self, story: _Story, vector: Vector) -> None:
        known, total = self._by_word.setdefault((story.letter, story.stream), {}), story.total
        for word, weight in vector.items():
            before = total.get(word, 0.0)
            after = before + weight
            story.square += after * after - before * before
            total[word] = after
            if word in known:
                known[word][story.id] = after
            else:
                known[word] = {story.id: after}
        story.norm = sqrt(story.square) or 1.0


def _evidence(story: _Story, vector: Vector) -> tuple[str, ...]:
    """The shared words, heaviest first; of a letter, those not inside one already named. Pairs only where no word is shared."""
    said: list[str] = []
    shared = [word for word in vector if word in story.total]
    shared = [word for word in shared if word[0] != PAIR] or [word for word in shared if word[0] == PAIR]
    for word in sorted(shared, key=lambda word: (-vector[word] * (len(word) if story.letter else 1), word)):
        if not any(word in other for other in said):
            said.append(word)
        if len(said) == 6:
            break
    return tuple(word.removeprefix(PAIR) for word in said)


def _other_matter(apart: Apart, place: str, families: frozenset[str]) -> bool:
    """Other places tell matters apart anywhere, other things in one city or county, other people where it befalls single persons."""
    if apart is Apart.PERSON:
        return bool(PERSONAL & families)
    return apart is Apart.SITE or (apart is Apart.THING and place in ("city", "county"))


def _place_relation(story: _Story, ref: ItemRef) -> str:
    """County, city or province they share at the finest; unknown (one side has no place), clash, or elsewhere (another county)."""
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


def _fewer_dead(ref: ItemRef, stated: set[str], story: _Story) -> bool:
    """A toll never falls: fewer dead than the story has already, and not said to come on top or to be a part, speak of another matter."""
    mine, known = _most_dead(stated), _most_dead(story.tolls)
    return 0 < mine < known and not _MORE_DEAD.search(ref.title)


def _most_dead(stated: Iterable[str]) -> int:
    return max((int(toll.removesuffix(DEAD)) for toll in stated if toll.endswith(DEAD)), default=0)


def _names(own: Iterable[str]) -> re.Pattern[str]:
    """The names with and without what kind of place they are; matches nothing where there are none."""
    full = {name for name in own if name}
    short = {name[:-1] for name in full if len(name) > 2 and name[-1] in KINDS_OF_PLACE}
    return re.compile("|".join(map(re.escape, sorted(full | short, key=lambda name: (-len(name), name)))) or r"(?!)")


def hazards(families: Iterable[str]) -> frozenset[str]:
    """Families of hazards, those of grievances left out."""
    return frozenset(name for name in families if not name.startswith(MATTER))


def _far_quake(story: _Story, ref: ItemRef, families: frozenset[str]) -> bool:
    """An earthquake abroad and its tsunami, told from the shores of two countries."""
    both_abroad = ref.province.startswith(ABROAD) and any(name.startswith(ABROAD) for name in story.provinces)
    return both_abroad and WAVE in families | ref.families and bool(families & ref.families)


def _abroad(names: Counter[str], name: str) -> bool:
    """Short and long names of one country: 日 is 日本."""
    return name.startswith(ABROAD) and any(other.startswith(name) or name.startswith(other) for other in names)


def _held(names: Counter[str], name: str) -> bool:
    """The story's place includes `name`: one odd item among many does not move a story."""
    return 4 * names[name] >= max(names.values())
