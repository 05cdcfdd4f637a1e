"""What a title says, alone or with the beginning of its text: groups of the lexicon, tolls, a magnitude, a year long past.

Read twice: all that may be said, which is cheap and mostly enough to know that it is nothing; and what is said for sure, without what
a mask hides and without words that two neighbours spell by chance. Title and text are read apart where no word can lie across both.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from monitors.lexicon import Matcher, Reading, fold
from monitors.toll import toll

TITLES = 2_048
"""Folded titles that are remembered: the same headline comes from many sources within hours."""
_MAGNITUDE = re.compile(r"([0-9]\.[0-9]) ?级")
_OLD_YEAR = re.compile(r"(?<![0-9])(?:1[0-9]{3}|200[0-7]) ?年(?!以来|来|代|级)")  # 1994年以来最大 is of today
_OPEN_END = "0.,万千百余多来"
"""How a folded title may end whose last number reads otherwise before a full stop."""


class Said(NamedTuple):
    """`plain`: nothing hides and nothing frames, so that all is said for sure.

    `words` are the marks of groups (`monitors.rules`), `year` that of a year long past, `tolls` those of tolls and of a magnitude.
    """

    readings: Sequence[Reading]
    words: int = 0
    year: int = 0
    tolls: int = 0
    magnitude: float | None = None
    plain: bool = True


class Hearing:
    """Reads titles and texts with one lexicon; `marks` gives those of every group. Build once."""

    def __init__(self, matcher: Matcher, marks: Mapping[str, int]) -> None:
        self._matcher, self._marks = matcher, marks
        self.title = lru_cache(maxsize=TITLES)(matcher.read)
        self.all = lru_cache(maxsize=8)(self._all)  # asked for in turn: is it silent, and what is it
        self.sure = lru_cache(maxsize=8)(self._sure)

    def tolls(self, folded: str, figures: Mapping[str, int | None] | None = None) -> int:
        """Marks of the tolls that a passage speaks of, or that are known."""
        marks = 0
        for name in toll(folded, figures):
            marks |= self._marks[name]
        return marks

    def counted(self, said: Said, figures: Mapping[str, int | None]) -> int:
        """`tolls` of what is said where the figures are known."""
        marks = 0 if said.magnitude is None else self._marks["@magnitude"]
        for reading in said.readings:
            marks |= self.tolls(reading.folded, figures)
        return marks

    def _all(self, title: str, text: str) -> Said:
        """All that may be said, by title and text together."""
        folded = fold(title)
        if text and self._matcher.parts and folded[-1:] not in _OPEN_END:
            head, body = self.title(folded), self._matcher.read(fold(text))
            readings: Sequence[Reading] = (head, body)
            words, folded = head.marks | body.marks, f"{folded}。{body.folded}"
            plain = not (head.hides or head.frames or body.hides or body.frames)
        else:
            whole = self._matcher.read(fold(f"{title}。{text}")) if text else self.title(folded)
            readings, words, folded = (whole,), whole.marks, whole.folded
            plain = not (whole.hides or whole.frames)
        if not words:
            return Said(readings)
        tolls = self.tolls(folded)
        year, magnitude = 0, None
        if "年" in title or "年" in text:
            year = self._marks["@old_year"] if _OLD_YEAR.search(title) or _OLD_YEAR.search(text) else 0
        if ("级" in title or "级" in text) and (found := _MAGNITUDE.search(title) or _MAGNITUDE.search(text)):
            magnitude, tolls = float(found[1]), tolls | self._marks["@magnitude"]
        return Said(readings, words, year, tolls, magnitude, plain)

    def _sure(self, title: str, text: str) -> Said:
        """What is said for sure."""
        said = self.all(title, text)
        if said.plain:
            return said
        beside = any(reading.beside for reading in said.readings)
        readings = [self._matcher.sure(reading, beside) for reading in said.readings]
        words = 0
        for reading in readings:
            words |= reading.marks
        return Said(readings, words, said.year, said.tolls, said.magnitude) if words else Said(readings)
