"""Finds the words of a lexicon in a text, all at once, and says which groups are present.

Numbers are folded to 0 on both sides (致三人死亡 and 致12人死亡 both read 致0人死亡), blanks are dropped. Words of kind `mask` hide
what lies inside them (爆炸头 hides 爆炸). Pure: the same text always gives the same hits.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from itertools import accumulate
from operator import or_
from typing import NamedTuple
from unicodedata import is_normalized

from ahocorasick_rs import AhoCorasick

from config.lexicon import Lexicon, Word
from monitors.text import nfkc

_HAN_NUMBER = re.compile(
    r"[数近上约一二两三四五六七八九十百千万](?:(?<![数近上约])|(?=[一二两三四五六七八九十百千万]))[一二两三四五六七八九十百千万]*(?:余|多)?(?=[人死伤名位口级])"
)  # begins with a class, so that re can skip
_HAN_TAIL = re.compile(
    r"[一二两三四五六七八九十百千万余多](?=[人死伤名位口级])"
)  # how such a number ends: most texts have none
_NUMBER = re.compile(r"[0-9](?:[0-9.,]*(?:万|千|百)?(?:余|多|来)?(?=[^0-9])|[0-9]*)")  # the same

_CHANCE = 2
"""Characters of a word that two neighbours may happen to spell."""
RUNS = 2048
"""Runs of letters whose words are remembered: what agencies and offices write is reprinted, and set phrases come again."""
_RUN = re.compile(r"[㐀-鿿A-Za-z0-9+#&._%\-]+")


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


def fold_all(words: Iterable[str]) -> list[str]:
    """`fold` of each word; nearly all of a lexicon's tens of thousands are letters that stay as they are."""
    return [
        word if word.isalpha() and not _HAN_TAIL.search(word) and is_normalized("NFKC", word) else fold(word) for word in words
    ]


Span = tuple[int, int, int]
"""An entry of the lexicon by number, and where it starts and ends."""


class Reading(NamedTuple):
    """Entries of the lexicon in one passage and the marks of their groups.

    `hides`: a mask is among them; `frames`: contexts are; `beside`: the passage says more than contexts, so that it matters
    whether those are meant.
    """

    folded: str
    spans: Sequence[Span]
    marks: int
    hides: bool = False
    frames: bool = False
    beside: bool = False


class Matcher:
    """Aho-Corasick over every word of a lexicon; build once, use for every text.

    `marks`: what each group adds to a reading, beside its bit. `parts`: no word holds a full stop, so that the words of a
    sentence are the same alone and in a longer text.
    """

    def __init__(self, lexicon: Lexicon, marks: Mapping[str, int] | None = None) -> None:
        self.bits = {name: 1 << index for index, name in enumerate(lexicon.groups)}
        marks = {name: bit | (marks[name] if marks else 0) for name, bit in self.bits.items()}
        self._hiding = 1 << max([mark.bit_length() for mark in marks.values()], default=0)
        framing = {name for context in lexicon.contexts for name in context.any if name in lexicon.groups}
        self._framing = _all(self.bits[name] for name in framing if lexicon.groups[name].kind == "context")
        self._others = self._hiding | _all(self.bits.values()) & ~self._framing
        masks = [name for name, group in lexicon.groups.items() if group.kind == "mask"]
        seen = marks | dict.fromkeys(masks, self._hiding)
        every = [word for group in lexicon.groups.values() for word in group.words]
        entries: dict[str, Word] = {}
        more: dict[str, list[Word]] = {}  # some words fold to one: 3人, 5人
        for folded, word in zip(fold_all(word.text for word in every), every, strict=True):
            if folded and entries.setdefault(folded, word) is not word:
                more.setdefault(folded, []).append(word)
        self._entries = list(entries.values())
        self._more = {index: more[folded] for index, folded in enumerate(entries) if folded in more}
        self._search = AhoCorasick(list(entries)).find_matches_as_indexes
        self._seen = [seen[word.group] for word in self._entries]
        for index, words in self._more.items():
            self._seen[index] |= _all(seen[word.group] for word in words)
        short = [(index, folded) for index, folded in enumerate(entries) if 1 < len(folded) <= _CHANCE]
        self._chance = frozenset(index for index, folded in short if folded.isalnum() and not self._seen[index] & self._others)
        self.parts = "。" not in "".join(entries)

    def present(self, folded: str) -> int:
        """Marks of the groups that `find` would give words of, for a fraction of its cost."""
        reading = self.read(folded)
        return self.sure(reading, reading.beside).marks

    def find(self, folded: str) -> list[Found]:
        """Words of `folded` (see `fold`) in reading order, those hidden by a mask left out."""
        reading = self.read(folded)
        spans = self.sure(reading, reading.beside).spans
        return [Found(word, start, end) for index, start, end in spans for word in self._spelled(index)]

    def words(self, readings: Iterable[Reading], groups: int) -> list[Word]:
        """Words of those groups alone, each once, in reading order."""
        seen = self._seen
        found = dict.fromkeys([index for reading in readings for index, _, _ in reading.spans if seen[index] & groups])
        return [word for index in found for word in self._spelled(index) if self.bits[word.group] & groups]

    def read(self, folded: str) -> Reading:
        """All that stands in `folded`, also what a mask hides and what is there by chance."""
        seen, spans, marks = self._seen, self._search(folded, overlapping=True), 0
        for index, _, _ in spans:
            marks |= seen[index]
        hides = marks & self._hiding
        return Reading(folded, spans, marks ^ hides, hides > 0, marks & self._framing > 0, marks & self._others > 0)

    def sure(self, reading: Reading, beside: bool) -> Reading:
        """Without what a mask hides (a mask hides itself too), and without words of contexts there by chance where those matter."""
        spans = self._unhidden(reading.spans) if reading.hides else reading.spans
        if beside and reading.frames:
            spans = self._whole(reading.folded, spans)
        if spans is reading.spans:
            return reading
        return reading._replace(spans=spans, marks=_all([self._seen[index] for index, _, _ in spans]))

    def certain(self, reading: Reading, groups: int) -> bool:
        """Whether words of those groups stand there that neither a mask nor chance can take away; False says nothing."""
        if reading.hides or not reading.marks & groups:
            return False
        return any(index not in self._chance and self._seen[index] & groups for index, _, _ in reading.spans)

    def _spelled(self, index: int) -> list[Word]:
        return [self._entries[index], *self._more.get(index, ())]

    def _unhidden(self, spans: Sequence[Span]) -> Sequence[Span]:
        seen, hiding = self._seen, self._hiding
        masks = [span for span in spans if seen[span[0]] & hiding]
        covered = {at for _, start, end in masks for at in range(start, end)}  # what a mask hides begins or ends in it
        return [s for s in spans if not ((s[1] in covered or s[2] - 1 in covered) and _hidden(s, masks))]

    def _whole(self, folded: str, spans: Sequence[Span]) -> Sequence[Span]:
        """Without the words of contexts that cut a word of the sentence in two: 上海外滩 says nothing of 海外, 被控制 nothing of 被控.

        Only for contexts: what they hold back must be said, while a hazard is heard even where the segmenter errs. A long phrase
        does not come about by chance; there the segmenter is the likelier to be wrong.
        """
        doubtful = [span for span in spans if span[0] in self._chance]
        if not doubtful:
            return spans
        ends = _word_ends(folded, doubtful)
        cut = {span for span in doubtful if _cuts(span, ends)}
        return [span for span in spans if span not in cut] if cut else spans


def _all(bits: Iterable[int]) -> int:
    return reduce(or_, bits, 0)


def _word_ends(folded: str, spans: Iterable[Span]) -> set[int]:
    """Where words begin and end in the runs of letters that hold one of the spans; the segmenter reads each run for itself."""
    ends: set[int] = set()
    for run in _RUN.finditer(folded):
        first, last = run.span()
        for _, start, stop in spans:
            if start < last and first < stop:
                ends.update([first + end for end in _ends(run[0])])
                break
    return ends


@lru_cache(maxsize=RUNS)
def _ends(run: str) -> tuple[int, ...]:
    """Where the words of a run of letters begin and end.

    By the segmenter's dictionary alone: words it would guess at (狗坠) are no evidence against one of the lexicon (狗坠亡).
    """
    from rjieba import cut  # loads its dictionary when first asked

    return tuple(accumulate(map(len, cut(run, False)), initial=0))


def _cuts(span: Span, ends: set[int]) -> bool:
    """Whether a word of the sentence lies partly inside the span and partly outside; inside one word it is part of that word."""
    _, start, stop = span
    inside = any(end in ends for end in range(start + 1, stop))
    return inside and (start not in ends or stop not in ends)


def _hidden(hit: Span, masks: Iterable[Span]) -> bool:
    """A mask hides a word it overlaps, unless the word holds the whole mask and more."""
    _, begin, stop = hit
    for _, start, end in masks:
        if stop > start and begin < end and not (begin <= start and stop >= end and stop - begin > end - start):
            return True
    return False
