"""Finds the words of a lexicon in a text, all at once, and says which groups are present.

Numbers are folded to 0 on both sides (致三人死亡 and 致12人死亡 both read 致0人死亡), blanks are dropped. Words of kind `mask` hide
what lies inside them (爆炸头 hides 爆炸). Pure: the same text always gives the same hits.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache, reduce
from operator import or_
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from config.lexicon import Lexicon, Word
from monitors.text import nfkc

_HAN_NUMBER = re.compile(r"(?:数|近|上|约)?[一二两三四五六七八九十百千万]+(?:余|多)?(?=[人死伤名位口级])")
_HAN_TAIL = re.compile(
    r"[一二两三四五六七八九十百千万余多](?=[人死伤名位口级])"
)  # how such a number ends: most texts have none
_NUMBER = re.compile(
    r"[0-9](?:[0-9.,]*(?:万|千|百)?(?:余|多|来)?(?=[^0-9])|[0-9]*)"
)  # begins with a class, so that re can skip

_END = "\0"


class Found(NamedTuple):
    """One word in the folded text: `start` and `end` count its characters."""

    word: Word
    start: int
    end: int


@lru_cache(maxsize=64)  # a title is read as head, as frame of its body and as key of its reposts
def fold(text: str) -> str:
    """The form in which words are compared: NFKC, no blanks, every number 0."""
    text = "".join(nfkc(text).split())
    if _HAN_TAIL.search(text):
        text = _HAN_NUMBER.sub("0", text)
    return _NUMBER.sub("0", text)


def fold_all(words: Sequence[str]) -> list[str]:
    """`fold` of each word, in one pass over all of them: a lexicon has tens of thousands."""
    text = "".join(nfkc(_END.join(words)).split())
    if _HAN_TAIL.search(text):
        text = _HAN_NUMBER.sub("0", text)
    found = text.split(_END)
    if len(found) != len(words):  # a word that holds the mark itself
        return [fold(word) for word in words]
    return [word if word.isalpha() else _NUMBER.sub("0", word) for word in found]  # a number is read to the end of its word


Span = tuple[int, int, int]
"""An entry of the lexicon by number, and where it starts and ends."""


class Matcher:
    """Aho-Corasick over every word of a lexicon; build once, use for every text.

    `parts`: no word holds a full stop, so that the words of a sentence are the same alone and in a longer text.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self.bits = {name: 1 << index for index, name in enumerate(lexicon.groups)}
        self._masks = {name for name, group in lexicon.groups.items() if group.kind == "mask"}
        entries: dict[str, list[Word]] = {}
        every = [word for group in lexicon.groups.values() for word in group.words]
        for folded, word in zip(fold_all([word.text for word in every]), every, strict=True):
            entries.setdefault(folded, []).append(word)
        entries.pop("", None)
        self._entries = list(entries.values())
        self._automaton = AhoCorasick(list(entries))
        shown = self.bits | dict.fromkeys(self._masks, 0)  # a mask is seen by nobody
        self._seen = [_all(shown[word.group] for word in words) for words in self._entries]
        self._hiding = {n for n, words in enumerate(self._entries) if not self._masks.isdisjoint([w.group for w in words])}
        self.parts = "。" not in "".join(entries)
        self._shown = lru_cache(maxsize=8)(self._matches)  # a title is read as it is, under its body, and as frame of it

    def present(self, folded: str) -> int:
        """Bits of the groups that `find` would give words of, for a fraction of its cost."""
        bits = 0
        for index, _, _ in self._shown(folded):
            bits |= self._seen[index]
        return bits

    def find(self, folded: str) -> list[Found]:
        """Words of `folded` (see `fold`) in reading order, those hidden by a mask left out."""
        found = []
        for index, start, end in self._shown(folded):
            found += [Found(word, start, end) for word in self._entries[index] if word.group not in self._masks]
        return found

    def _matches(self, folded: str) -> list[Span]:
        """Every entry of the lexicon in `folded`, those inside a mask left out."""
        spans = self._automaton.find_matches_as_indexes(folded, overlapping=True)
        hiding = [span for span in spans if span[0] in self._hiding]
        return [span for span in spans if not any(_hides(mask, span) for mask in hiding)] if hiding else spans


def _all(bits: Iterable[int]) -> int:
    return reduce(or_, bits, 0)


def _hides(mask: Span, hit: Span) -> bool:
    """A mask hides a word it overlaps, unless the word holds the whole mask and more."""
    _, start, end = mask
    _, begin, stop = hit
    if stop <= start or begin >= end:
        return False
    return not (begin <= start and stop >= end and stop - begin > end - start)
