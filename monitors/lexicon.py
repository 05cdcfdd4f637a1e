"""Finds the words of a lexicon in a text, all at once, and says which groups are present.

Numbers are folded to 0 on both sides (致三人死亡 and 致12人死亡 both read 致0人死亡), blanks are dropped. Words of kind `mask` hide
what lies inside them (爆炸头 hides 爆炸). Pure: the same text always gives the same hits.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from ahocorasick_rs import AhoCorasick

from config.lexicon import Lexicon, Word
from monitors.text import nfkc

_HAN_NUMBER = re.compile(r"(?:数|近|上|约)?[一二两三四五六七八九十百千万]+(?:余|多)?(?=[人死伤名位口级])")
_NUMBER = re.compile(r"[0-9][0-9.,]*(?:万|千|百)?(?:余|多|来)?(?=[^0-9])|[0-9]+")
_BLANK = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Found:
    """One word in the folded text: `start` and `end` count its characters."""

    word: Word
    start: int
    end: int


@lru_cache(maxsize=64)  # a title is read as head, as frame of its body and as key of its reposts
def fold(text: str) -> str:
    """The form in which words are compared: NFKC, no blanks, every number 0."""
    text = _BLANK.sub("", nfkc(text))
    if not text.isascii():
        text = _HAN_NUMBER.sub("0", text)
    return _NUMBER.sub("0", text)


class Matcher:
    """Aho-Corasick over every word of a lexicon; build once, use for every text."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.bits = {name: 1 << index for index, name in enumerate(lexicon.groups)}
        self._masks = {name for name, group in lexicon.groups.items() if group.kind == "mask"}
        entries: dict[str, list[Word]] = {}
        for group in lexicon.groups.values():
            for word in group.words:
                entries.setdefault(fold(word.text), []).append(word)
        entries.pop("", None)
        self._entries = list(entries.values())
        self._automaton = AhoCorasick(list(entries))
        self._held = [self._bits_of(words) for words in self._entries]
        self._hiding = sum(self.bits[name] for name in self._masks)

    def _bits_of(self, words: list[Word]) -> int:
        bits = 0
        for word in words:
            bits |= self.bits[word.group]
        return bits

    def present(self, folded: str) -> int:
        """Bits of the groups that `find` would give words of, for a fraction of its cost where no mask is met."""
        bits = 0
        for index, _, _ in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            bits |= self._held[index]
        return self._bits_of([hit.word for hit in self.find(folded)]) if bits & self._hiding else bits

    def find(self, folded: str) -> list[Found]:
        """Words of `folded` (see `fold`) in reading order, those hidden by a mask left out."""
        found: list[Found] = []
        hidden: list[tuple[int, int]] = []
        for index, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            for word in self._entries[index]:
                if word.group in self._masks:
                    hidden.append((start, end))
                else:
                    found.append(Found(word, start, end))
        if hidden:
            found = [hit for hit in found if not any(_hides(mask, hit) for mask in hidden)]
        return found


def _hides(mask: tuple[int, int], hit: Found) -> bool:
    """A mask hides a word it overlaps, unless the word holds the whole mask and more."""
    start, end = mask
    if hit.end <= start or hit.start >= end:
        return False
    return not (hit.start <= start and hit.end >= end and hit.end - hit.start > end - start)
