"""Which local place a title names (石坪镇, 大湾村, 青山煤矿) and what it happened to (a mine, a dwelling): what tells two
disasters of one county apart.

Two titles are apart where both name a place of one kind under different names, or things none of which they share. Names are
read by their form: two characters before the word for the kind, none of which a name cannot have. Pure; words come from the
lexicon's story section (`site_*`, `object_*`, `person_*`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

SITE, OBJECT, PERSON = "site_", "object_", "person_"
SETTINGS = ("site_stop", "site_generic", "site_other")
_ORDINAL = re.compile("第[一二三四五六七八九十]")  # 第一中学 and 第二小学 are two schools
NEXT_TO = "(?<![距离邻近])(?<!靠着|对面|旁边)"  # what a matter happened beside is not what it happened to
NAME = 2  # characters of a name that are compared
_CHINESE = re.compile("[㐀-鿿]+")
TOWN = "site_town"


class Apart(IntEnum):
    """How surely two matters are different ones."""

    NO = 0
    PERSON = 1  # the people spoken of differ
    THING = 2  # what it happened to differs
    SITE = 3  # places of one kind with different names


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """What was read: (kind, name) of places, kinds of things and of people."""

    names: frozenset[tuple[str, str]] = frozenset()
    things: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()

    def joined(self, other: "Spot") -> "Spot":
        """What both say together."""
        people = self.people | other.people
        return Spot(names=self.names | other.names, things=self.things | other.things, people=people)

    def apart(self, other: "Spot") -> Apart:
        """A kind that both name under different names decides, unless another kind has a name in common.

        In one town a plant and a building site are still two things; in one village, mine or school they are parts of one.
        """
        if self.names and other.names:
            shared = {kind for kind, _ in self.names & other.names}
            if shared - {TOWN}:
                return Apart.NO
            if not shared and {kind for kind, _ in self.names} & {kind for kind, _ in other.names}:
                return Apart.SITE
        if _disjoint(self.things, other.things):
            return Apart.THING
        return Apart.PERSON if _disjoint(self.people, other.people) else Apart.NO


NOWHERE = Spot()


def _disjoint(one: frozenset[str], two: frozenset[str]) -> bool:
    """Both known and nothing in common."""
    return bool(one and two and not one & two)


@dataclass(slots=True)
class SiteReader:
    """Reads spots with the words of one lexicon; build once. `common` are words that are no names (坍塌煤矿, 女子小区)."""

    stories: Mapping[str, Iterable[str]]
    common: Iterable[str] = ()
    _kinds: dict[str, str] = field(init=False)
    _things: dict[str, frozenset[str]] = field(init=False)
    _people: dict[str, frozenset[str]] = field(init=False)
    _place: re.Pattern[str] = field(init=False)
    _other: re.Pattern[str] = field(init=False)
    _thing: re.Pattern[str] = field(init=False)
    _person: re.Pattern[str] = field(init=False)
    _stop: frozenset[str] = field(init=False)
    _generic: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._kinds = {word: min(kinds) for word, kinds in _table(self.stories, SITE, SETTINGS).items()}
        self._things, self._people = _table(self.stories, OBJECT), _table(self.stories, PERSON)
        self._stop = frozenset(self.stories.get("site_stop", ()))
        self._generic = frozenset((*self.stories.get("site_generic", ()), *self.common))
        self._place, self._other = re.compile(_any(self._kinds)), re.compile(_any(self.stories.get("site_other", ())))
        self._thing = re.compile(rf"{NEXT_TO}(?:{_any(self._things)})")
        self._person = re.compile(_any(self._people))

    def read(self, title: str, within: Iterable[str] = (), town: str = "") -> Spot:
        """Places and things of a title; `within` are the province, city and county it names, `town` one that the gazetteer knows."""
        for name in within:
            title = title.replace(name, " ") if name else title
        names = {(self._kinds[kind], name) for name, kind in self._named(title) if self._is_name(name)}
        if town:
            names.add((TOWN, town[:NAME]))
        things, people = _read(self._thing, self._things, title), _read(self._person, self._people, title)
        return Spot(names=frozenset(names), things=things, people=people)

    def _named(self, title: str) -> Iterator[tuple[str, str]]:
        """Every word for a kind of place with the two characters of Chinese before it."""
        found = self._place.search(title, NAME)
        while found:
            name = title[found.start() - NAME : found.start()]
            if _CHINESE.fullmatch(name) and not self._other.match(title, found.start()):
                yield name, found[0]
            found = self._place.search(title, found.start() + 1)

    def _is_name(self, name: str) -> bool:
        return name not in self._generic and (bool(_ORDINAL.fullmatch(name)) or self._stop.isdisjoint(name))


def _read(pattern: re.Pattern[str], kinds: Mapping[str, frozenset[str]], title: str) -> frozenset[str]:
    return frozenset().union(*(kinds[word] for word in pattern.findall(title) if word))


def _table(stories: Mapping[str, Iterable[str]], prefix: str, but: tuple[str, ...] = ()) -> dict[str, frozenset[str]]:
    """Word -> the kinds it may be."""
    found: dict[str, frozenset[str]] = {}
    for key, words in stories.items():
        if key.startswith(prefix) and key not in but:
            found |= {word: found.get(word, frozenset()) | {key} for word in words}
    return found


def _any(words: Iterable[str]) -> str:
    """Alternatives, the longest first; nothing where there are none."""
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word)))) or r"(?!)"
