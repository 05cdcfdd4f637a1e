"""Same matter, one story: where a new item belongs, judged only by what was placed before it.

    item -> words (titles) or character grams (letters), see `likeness` -> candidates through an inverted index
         -> 0.5 likeness to the whole story + 0.5 likeness to its nearest recent item (`members`)
            + what place, hazard and toll say (`facts`)
         -> the best story above the threshold, else a new one

Nothing here reads a clock; the same items in the same order give the same stories, so the index is rebuilt by placing stored members
again (`restore`). Stories are compared closely in the order of what they can reach at best, so that most of a crowd are never read.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest
from math import sqrt

from monitors.facts import ABROAD as ABROAD
from monitors.facts import LEVELS_OF_PLACE, Facts, Home
from monitors.facts import WIDE as WIDE
from monitors.facts import ItemRef as ItemRef
from monitors.facts import JoinRules as JoinRules
from monitors.likeness import PAIR, LetterWeights, TitleWeights, Vector, dot, person_marks, storms, told_alike, tolls, words
from monitors.members import MATTER as MATTER
from monitors.members import OpenStory, Weighed
from monitors.members import hazards as hazards
from monitors.sites import TOWN, Apart

CANDIDATES = {False: 25, True: 6}  # stories compared closely (titles, letters), the nearest by their centroid
EVIDENCE = 6  # shared words that are told as the reason of joining
SLACK = 1e-9  # far more than a bound and a score summed in another order can differ
KINDS_OF_PLACE = "省市县区旗"
_NONE: dict[str, float] = {}
Found = tuple[str, float, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """`new` True where no story was near enough; `evidence` are the words that spoke for joining, best first."""

    story: str
    new: bool
    score: float
    evidence: tuple[str, ...] = ()


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
        self._home = Home(home, tuple(own))
        self._own = _names(self._home.names)
        self.rules = rules or JoinRules()
        self._windows = {False: timedelta(hours=self.rules.hours), True: timedelta(days=self.rules.letter_days)}
        self._titles, self._letters = TitleWeights(dull or {}), LetterWeights(form)
        self._stories: dict[str, OpenStory] = {}
        self._by_word: dict[tuple[bool, str], dict[str, dict[str, float]]] = {}
        self._next = 1

    def place(self, ref: ItemRef, now: datetime, *, fixed: str | None = None, join_only: bool = False) -> Placement:
        """Put the item where it belongs and say why; `fixed` places it by hand (or on restore) without judging.

        With `join_only` an item that fits no story is not placed and the placement has an empty story.
        """
        letter = bool(ref.text)
        counts = self._letters.read(ref.title, ref.text) if letter else words(self._told(ref))
        item = Weighed(self._vector(ref, counts))
        stated, said = (set(), set()) if letter else (tolls(ref.title) | storms(ref.title), person_marks(ref.title))
        found = (fixed, 1.0, ()) if fixed else self._best(ref, item, stated, now)
        if found is None and join_only:
            return Placement(story="", new=False, score=0.0)
        (self._letters if letter else self._titles).learn(counts)
        if found is None or found[0] not in self._stories:
            story = self._open(found[0] if found else None, ref, now)
            self._add(story, ref, item, stated | said, now)
            return Placement(story=story.id, new=True, score=0.0)
        story = self._stories[found[0]]
        self._add(story, ref, item, stated | said, now)
        return Placement(story=story.id, new=False, score=round(found[1], 3), evidence=found[2])

    def restore(self, members: Iterable[tuple[ItemRef, datetime, str]]) -> None:
        """Rebuild from stored members (item, time, story), in their original order."""
        for ref, at, story in members:
            self.place(ref, at, fixed=story)

    def expire(self, now: datetime) -> tuple[str, ...]:
        """Forget stories whose window has passed; returns their ids."""
        gone = tuple(story.id for story in self._stories.values() if story.until < now)
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
            self._stories[name].extend()

    def takes(self, name: str) -> bool:
        """Whether a story has not been forgotten."""
        return name in self._stories

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

    def share_toll(self, left: str, right: str) -> frozenset[str]:
        """What both stories state alike: a number of dead, hurt or missing, an age (one alone says little, but is not nothing)."""
        one, two = self._stories.get(left), self._stories.get(right)
        return frozenset(one.tolls & two.tolls if one and two else ())

    def families(self, name: str) -> frozenset[str]:
        """Families that a good part of a story's items names: one odd item among many makes no flood of a landslide."""
        story = self._stories.get(name)
        return frozenset(story.leading) if story else frozenset()

    def shared(self, one: tuple[str, str, str], two: tuple[str, str, str]) -> str:
        """The finest level on which two places (province, city, county) agree; `home` where that is the desk's own territory."""
        agree = (level for level, mine, theirs in zip(LEVELS_OF_PLACE, one, two, strict=True) if mine and mine == theirs)
        return self._home.finer(max(agree, key=LEVELS_OF_PLACE.index, default=""), one)

    def apart(self, left: str, right: str) -> Apart:
        """How surely two stories are different matters by the places and things their titles name."""
        one, two = self._stories.get(left), self._stories.get(right)
        if one is None or two is None or WIDE & (one.families.keys() | two.families.keys()):
            return Apart.NO
        return one.spot.apart(two.spot)

    def _told(self, ref: ItemRef) -> str:
        """What a title says beside where: the territory's own names, and the town, which every matter of the town shares."""
        told = self._own.sub("", ref.title)
        for kind, name in ref.spot.names:
            if kind == TOWN:
                told = re.sub(f"{re.escape(name)}(?:街道办|街道|镇|乡)?", " ", told)
        return told.strip() or ref.title

    def _vector(self, ref: ItemRef, counts: Mapping[str, float]) -> Vector:
        if ref.text:
            return self._letters.vector(counts)
        return self._titles.vector(counts, (ref.province, ref.city, ref.county))

    def _best(self, ref: ItemRef, item: Weighed, stated: set[str], now: datetime) -> Found | None:
        letter = bool(ref.text)
        threshold = self.rules.letter_threshold if letter else self.rules.title_threshold
        facts = None if letter else Facts(ref, stated, self.rules, self._home)
        given = (facts.most() if facts else 0.0) + max(0.0, self.rules.open_bonus)
        best, most = ("", threshold), threshold - SLACK
        for centroid, name in sorted(self._centroids(ref, item.vector, now), reverse=True):
            if 0.5 * centroid + 0.5 + given < most:
                break  # not even an item like its own, of its place and hazard, could lift it, and those that follow reach less
            story = self._stories[name]
            near = min(1.0, centroid * story.norm)  # of products none of which is negative, each is less than their sum
            if 0.5 * centroid + 0.5 * near + given < most:
                continue
            value = facts.weigh(story) if facts else 0.0
            base = self._score(story, 0.5 * centroid, value, now)
            if base + 0.5 * near < most:
                continue
            near = story.members.nearest(item, 2.0 * (most - base)) if story.size > 1 else centroid
            score = self._score(story, 0.5 * centroid + 0.5 * near, value, now)
            if (score, name) > (best[1], best[0]):
                best, most = (name, score), score - SLACK
        return (*best, _evidence(self._stories[best[0]], item.vector)) if best[0] else None

    def _score(self, story: OpenStory, likeness: float, facts: float, now: datetime) -> float:
        score = likeness if story.letter else likeness + facts
        if story.kept:
            score += self.rules.open_bonus
            score -= self.rules.old_story if now - story.last > story.window else 0.0  # only what is kept open lives so long
        return score

    def _centroids(self, ref: ItemRef, vector: Vector, now: datetime) -> list[tuple[float, str]]:
        """Likeness to the whole of the living stories that share a word with the item: the nearest, as many as are compared closely."""
        known = self._by_word.get((bool(ref.text), ref.stream), {})
        sums: defaultdict[str, float] = defaultdict(float)
        for word, weight in vector.items():
            for name, total in known.get(word, _NONE).items():
                sums[name] += weight * total
        found = [(value / story.norm, name) for name, value in sums.items() if (story := self._stories[name]).until >= now]
        most = CANDIDATES[bool(ref.text)]
        return nlargest(most, found) if len(found) > most else found

    def _open(self, name: str | None, ref: ItemRef, now: datetime) -> OpenStory:
        if name is None:
            name = f"S{self._next:06d}"
        self._next += 1
        letter = bool(ref.text)
        story = OpenStory(id=name, stream=ref.stream, letter=letter, window=self._windows[letter], last=now)
        self._stories[name] = story
        return story

    def _add(self, story: OpenStory, ref: ItemRef, item: Weighed, stated: set[str], now: datetime) -> None:
        self._sum(story, item.vector)
        story.add(item, (ref.province, ref.city, ref.county), ref.families, stated, ref.spot, now)

    def _sum(self, story: OpenStory, vector: Vector) -> None:
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


def _evidence(story: OpenStory, vector: Vector) -> tuple[str, ...]:
    """The shared words, heaviest first; of a letter, those not inside one already named. Pairs only where no word is shared."""
    total = story.total
    shared = [word for word in vector if word in total]
    named = [word for word in shared if word[:1] != PAIR] or shared
    said, all_said, letter = list[str](), "", story.letter
    for _, word in sorted([(-vector[word] * (len(word) if letter else 1), word) for word in named]):
        if not said or word not in all_said:
            said.append(word)
            if len(said) == EVIDENCE:
                break
            all_said += f"\0{word}"  # what lies inside two is inside neither
    return tuple([word.removeprefix(PAIR) for word in said])


def _names(own: Iterable[str]) -> re.Pattern[str]:
    """The names with and without what kind of place they are; matches nothing where there are none."""
    full = {name for name in own if name}
    short = {name[:-1] for name in full if len(name) > 2 and name[-1] in KINDS_OF_PLACE}
    return re.compile("|".join(map(re.escape, sorted(full | short, key=lambda name: (-len(name), name)))) or r"(?!)")
