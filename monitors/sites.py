"""Which local place a title names (石坪镇, 大湾村, 青山煤矿) and what it happened to (a mine, a dwelling): what tells two
disasters of one county apart.

Two titles are apart where both name a place of one kind under different names, or things none of which they share. Names are
read by their form: two characters before the word for the kind, none of which a name cannot have. Pure; words come from the
lexicon's story section (`site_*`, `object_*`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

SITE, OBJECT = "site_", "object_"
SETTINGS = ("site_stop", "site_generic", "site_other")
NAME = 2  # characters of a name that are compared
TOWN = "site_town"


class Apart(IntEnum):
    """How surely two matters are different ones."""

    NO = 0
    THING = 1  # what it happened to differs
    SITE = 2  # places of one kind with different names


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """What was read: (kind, name) of places, and kinds of things."""

    names: frozenset[tuple[str, str]] = frozenset()
    things: frozenset[str] = frozenset()

    def joined(self, other: "Spot") -> "Spot":
        """What both say together."""
        return Spot(names=self.names | other.names, things=self.things | other.things)

    def apart(self, other: "Spot") -> Apart:
        """A kind that both name under different names decides, unless another kind has a name in common."""
        if self.names & other.names:
            return Apart.NO
        kinds = {kind for kind, _ in self.names} & {kind for kind, _ in other.names}
        if kinds:
            return Apart.SITE
        known = self.things and other.things
        return Apart.THING if known and not self.things & other.things else Apart.NO


NOWHERE = Spot()


@dataclass(slots=True)
class SiteReader:
    """Reads spots with the words of one lexicon; build once. `common` are words that are no names (坍塌煤矿, 女子小区)."""

    stories: Mapping[str, Iterable[str]]
    common: Iterable[str] = ()
    _kinds: dict[str, str] = field(init=False)
    _things: dict[str, str] = field(init=False)
    _place: re.Pattern[str] = field(init=False)
    _thing: re.Pattern[str] = field(init=False)
    _stop: frozenset[str] = field(init=False)
    _generic: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._kinds = _table(self.stories, SITE, SETTINGS)
        self._things = _table(self.stories, OBJECT, ())
        self._stop = frozenset(self.stories.get("site_stop", ()))
        self._generic = frozenset((*self.stories.get("site_generic", ()), *self.common))
        other = _any(self.stories.get("site_other", ()))
        self._place = re.compile(rf"(?=([㐀-鿿]{{{NAME}}})(?!{other})({_any(self._kinds)}))")
        self._thing = re.compile(_any(self._things))

    def read(self, title: str, within: Iterable[str] = (), town: str = "") -> Spot:
        """Places and things of a title; `within` are the province, city and county it names, `town` one that the gazetteer knows."""
        for name in within:
            title = title.replace(name, " ") if name else title
        names = {(self._kinds[match[2]], match[1]) for match in self._place.finditer(title) if self._is_name(match[1])}
        if town:
            names.add((TOWN, town[:NAME]))
        return Spot(names=frozenset(names), things=frozenset(self._things[word] for word in self._thing.findall(title) if word))

    def _is_name(self, name: str) -> bool:
        return name not in self._generic and self._stop.isdisjoint(name)


def _table(stories: Mapping[str, Iterable[str]], prefix: str, but: tuple[str, ...]) -> dict[str, str]:
    return {word: key for key, words in stories.items() if key.startswith(prefix) and key not in but for word in words}


def _any(words: Iterable[str]) -> str:
    """Alternatives, the longest first; nothing where there are none."""
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word)))) or r"(?!)"
