"""Same matter, one story: where a new item belongs, judged only by what was placed before it.

    item -> words (titles) or character 2-3-grams (letters) -> candidates through an inverted index
         -> 0.5 likeness to the whole story + 0.5 likeness to its nearest recent item, plus place, hazard and toll
         -> the best story above the threshold, else a new one

Different counties, or hazards that exclude each other, never join. Nothing here reads a clock; the same items in the same
order give the same stories, so the index is rebuilt by placing stored members again (`restore`).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import nlargest
from math import log, sqrt

import rjieba

PLACE_FACTOR = 0.8  # names of places already count as facts
CANDIDATES = 25  # stories compared closely, those sharing most with the item
RECENT = 30  # items of a story compared one by one
PRIOR = 400.0  # as if so many items had been seen before the first one
FORM_CHARS = frozenset("的了是我们你您他不在有和就也都这那要会能可以为到对与及给让被把个很请尊敬好谢领导")
FORM_FACTOR = 0.4  # grams with a character of form say little about the matter
LETTER_CHARS = 60  # a text this long is read as a letter
_HAN = re.compile(r"[㐀-鿿]+")
_KEEP = re.compile(r"[㐀-鿿A-Za-z]")
_TOLL = re.compile(
    r"([0-9]+)(?:余|多)?(?:(?:人|名|位|户|车)[^0-9,。;!?]{0,5}?)?"
    r"(?:(?P<dead>死|遇难|身亡|死亡|溺亡|殒命|丧生)|(?P<hurt>伤|送医)|(?P<lost>失联|失踪)|(?P<stuck>被困|被埋))"
)
_LEVEL = re.compile(r"[0-9]\.[0-9]级")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRef:
    """What joining needs of an item. `families` are coarse hazard families; `stream` keeps channels and territories apart."""

    id: str
    title: str
    text: str = ""
    stream: str = ""
    province: str = ""
    city: str = ""
    county: str = ""
    families: frozenset[str] = frozenset()


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

    title_threshold: float = 0.24
    letter_threshold: float = 0.12
    same_city: float = 0.22
    same_province: float = 0.08
    same_hazard: float = 0.06
    same_toll: float = 0.14
    old_story: float = 0.06
    open_bonus: float = 0.03
    hazard_clash: float = 0.22
    place_clash: float = 0.35
    hours: float = 72.0
    letter_days: float = 30.0


@dataclass(slots=True)
class _Story:
    id: str
    stream: str
    letter: bool
    last: datetime
    vectors: list[dict[str, float]] = field(default_factory=list)
    total: Counter[str] = field(default_factory=Counter)
    norm: float = 0.0
    provinces: Counter[str] = field(default_factory=Counter)
    cities: Counter[str] = field(default_factory=Counter)
    counties: Counter[str] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)
    tolls: set[str] = field(default_factory=set)
    size: int = 0
    kept: timedelta | None = None


class StoryIndex:
    """Streaming index of open stories. `dull` maps a word to its factor (0..1): words of form, not of matter.

    `home` is the installation's own county or city: sharing it is no evidence that two matters are one.
    """

    def __init__(self, rules: JoinRules | None = None, dull: Mapping[str, float] | None = None, home: str = "") -> None:
        self.home = home
        self.rules = rules or JoinRules()
        self._dull = dict(dull or {})
        self._stories: dict[str, _Story] = {}
        self._by_word: dict[str, set[str]] = {}
        self._seen: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
        self._items = {False: 0, True: 0}
        self._next = 1

    def place(self, ref: ItemRef, now: datetime, *, fixed: str | None = None, join_only: bool = False) -> Placement:
        """Put the item where it belongs and say why; `fixed` places it by hand (or on restore) without judging.

        With `join_only` an item that fits no story is not placed and the placement has an empty story.
        """
        letter = len(ref.text) >= LETTER_CHARS
        vector = self._vector(ref, letter)
        tolls = _tolls(ref.title)
        found = (fixed, 1.0, ()) if fixed else self._best(ref, vector, tolls, letter, now)
        if found is None and join_only:
            return Placement(story="", new=False, score=0.0)
        self._learn(vector, letter)
        if found is None or found[0] not in self._stories:
            story = self._open(found[0] if found else None, ref, letter, now)
            self._add(story, ref, vector, tolls, now)
            return Placement(story=story.id, new=True, score=0.0)
        story = self._stories[found[0]]
        self._add(story, ref, vector, tolls, now)
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
            for word in story.total:
                self._by_word[word].discard(name)
        return gone

    def keep(self, name: str, window: timedelta) -> None:
        """Let a story take items for `window` after its last one (an incident that is open does not expire with the talk)."""
        if name in self._stories:
            self._stories[name].kept = window

    def near(self, left: str, right: str) -> float:
        """Likeness of two stories' centroids (0..1): above 0.25 a merge may be suggested."""
        one, two = self._stories.get(left), self._stories.get(right)
        if one is None or two is None or not one.norm or not two.norm:
            return 0.0
        return sum(weight * two.total.get(word, 0.0) for word, weight in one.total.items()) / (one.norm * two.norm)

    def share_toll(self, left: str, right: str) -> bool:
        """Whether both stories state the same number of dead, hurt or missing (one alone says little, but is not nothing)."""
        one, two = self._stories.get(left), self._stories.get(right)
        return bool(one and two and one.tolls & two.tolls)

    def _alive(self, story: _Story, now: datetime) -> bool:
        return now - story.last <= max(self._window(story), story.kept or timedelta())

    def _window(self, story: _Story) -> timedelta:
        return timedelta(days=self.rules.letter_days) if story.letter else timedelta(hours=self.rules.hours)

    def _vector(self, ref: ItemRef, letter: bool) -> dict[str, float]:
        words = _grams(f"{ref.title}{ref.title}{ref.text}") if letter else _words(ref.title)
        raw = {word: (1.0 + log(count)) * self._idf(word, letter) for word, count in words.items()}
        if not letter:
            for word in raw:
                if word in (ref.province, ref.city, ref.county) or word[:-1] in (ref.province, ref.city, ref.county):
                    raw[word] *= PLACE_FACTOR
        norm = sqrt(sum(weight * weight for weight in raw.values())) or 1.0
        return {word: weight / norm for word, weight in raw.items()}

    def _idf(self, word: str, letter: bool) -> float:
        value = log((PRIOR + self._items[letter]) / (1.0 + self._seen[letter][word]))
        if letter:
            return value * (FORM_FACTOR if not FORM_CHARS.isdisjoint(word) else 1.0)
        return value * self._dull.get(word, 1.0)

    def _learn(self, vector: Mapping[str, float], letter: bool) -> None:
        self._items[letter] += 1
        self._seen[letter].update(vector.keys())

    def _best(
        self, ref: ItemRef, vector: Mapping[str, float], tolls: set[str], letter: bool, now: datetime
    ) -> tuple[str, float, tuple[str, ...]] | None:
        overlap: Counter[str] = Counter()
        for word, weight in vector.items():
            for name in self._by_word.get(word, ()):
                overlap[name] += weight  # type: ignore[assignment]
        best: tuple[float, str] | None = None
        for name in nlargest(CANDIDATES, overlap, key=lambda name: (overlap[name], name)):
            story = self._stories[name]
            if story.letter != letter or story.stream != ref.stream or not self._alive(story, now):
                continue
            score = self._score(story, ref, vector, tolls)
            if story.kept:
                score += self.rules.open_bonus
            if now - story.last > self._window(story):
                score -= self.rules.old_story
            if best is None or (score, name) > best:
                best = (score, name)
        threshold = self.rules.letter_threshold if letter else self.rules.title_threshold
        if best is None or best[0] < threshold:
            return None
        return best[1], best[0], self._evidence(self._stories[best[1]], vector)

    def _score(self, story: _Story, ref: ItemRef, vector: Mapping[str, float], tolls: set[str]) -> float:
        centroid = sum(weight * story.total.get(word, 0.0) for word, weight in vector.items()) / story.norm
        nearest = max(
            sum(weight * other.get(word, 0.0) for word, weight in vector.items()) for other in story.vectors[-RECENT:]
        )
        likeness = 0.5 * centroid + 0.5 * nearest
        if story.letter:
            return likeness
        return likeness + self._facts(story, ref, tolls)

    def _facts(self, story: _Story, ref: ItemRef, tolls: set[str]) -> float:
        """What place, hazard and toll add to or take from the likeness of the words."""
        rules, value = self.rules, 0.0
        families = {name for name, count in story.families.items() if 4 * count >= story.size}
        same_family = bool(families & ref.families)
        clash = bool(families and ref.families and not same_family)
        value -= rules.hazard_clash if clash else 0.0
        place = _place_relation(story, ref)
        if place == "county":
            return -1.0
        if place == "city" and self.at_home(ref.county or ref.city):
            place = "home"
        if place == "clash":
            return value - rules.place_clash
        if same_family:
            value += rules.same_hazard + (
                rules.same_city if place == "city" else rules.same_province if place == "province" else 0.0
            )
        elif place == "city" and not clash:
            value += rules.same_province
        if tolls & story.tolls and place not in ("unknown", "home"):
            value += rules.same_toll
        return value

    def at_home(self, name: str) -> bool:
        """The installation's own county or city: every matter lies there, so that sharing it says nothing."""
        return bool(self.home and name) and (self.home.startswith(name) or name.startswith(self.home))

    def _evidence(self, story: _Story, vector: Mapping[str, float]) -> tuple[str, ...]:
        shared = sorted((word for word in vector if word in story.total), key=lambda word: (-vector[word], word))
        return tuple(shared[:6])

    def _open(self, name: str | None, ref: ItemRef, letter: bool, now: datetime) -> _Story:
        if name is None:
            name = f"S{self._next:06d}"
        self._next += 1
        story = _Story(id=name, stream=ref.stream, letter=letter, last=now)
        self._stories[name] = story
        return story

    def _add(self, story: _Story, ref: ItemRef, vector: dict[str, float], tolls: set[str], now: datetime) -> None:
        story.vectors.append(vector)
        del story.vectors[:-RECENT]
        for word, weight in vector.items():
            story.total[word] += weight  # type: ignore[assignment]
            self._by_word.setdefault(word, set()).add(story.id)
        story.norm = sqrt(sum(weight * weight for weight in story.total.values())) or 1.0
        for counter, name in ((story.provinces, ref.province), (story.cities, ref.city), (story.counties, ref.county)):
            if name:
                counter[name] += 1
        story.families.update(ref.families)
        story.tolls |= tolls
        story.size += 1
        story.last = max(story.last, now)


def _place_relation(story: _Story, ref: ItemRef) -> str:
    """city (same city or county), province (same, no finer clash), unknown (one side has no place), clash, or county: never one."""
    if not story.provinces or not ref.province:
        return "unknown"
    if not _held(story.provinces, ref.province):
        return "clash"
    if story.cities and ref.city and not _held(story.cities, ref.city):
        return "clash"
    if story.counties and ref.county and not _held(story.counties, ref.county):
        return "county"
    same = (ref.city and ref.city in story.cities) or (ref.county and ref.county in story.counties)
    return "city" if same else "province"


def _held(names: Counter[str], name: str) -> bool:
    """The story's place includes `name`: one odd item among many does not move a story."""
    return 4 * names[name] >= max(names.values())


def pieces(word: str) -> tuple[str, ...]:
    """What the segmenter makes of a word, pieces of two characters and more."""
    return tuple(piece for piece in rjieba.cut(word) if len(piece) >= 2)


def _words(title: str) -> Counter[str]:
    words: Counter[str] = Counter()
    for word in rjieba.cut(title):
        text = word.strip()
        if len(text) >= 2 and _KEEP.search(text):
            words[text.lower()] += 1
    return words or Counter({title: 1})


def _grams(text: str) -> Counter[str]:
    grams: Counter[str] = Counter()
    for run in _HAN.findall(text):
        for size in (2, 3):
            grams.update(run[start : start + size] for start in range(len(run) - size + 1))
    return grams or Counter({text: 1})


def _tolls(title: str) -> set[str]:
    """Tolls and magnitudes a title states, in one spelling: 6名学生溺亡 and 6人遇难 are both 6dead."""
    found = {f"{match[1]}{match.lastgroup}" for match in _TOLL.finditer(title)}
    return found | set(_LEVEL.findall(title))


Cluster = Callable[[ItemRef, datetime], Placement]
