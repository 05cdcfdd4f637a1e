"""How much a post is written like an unproved rumour. Style, not truth: the only thing it may ever propose is 查证 (nlp.md §1.10).

Two ways: the shipped style marks, or a model trained on the installation's own labelled posts (`yqbot train rumor`). Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ahocorasick_rs

from config.wording import Term, Wording
from monitors.linear import Hashing, LogisticModel, features, marks, sigmoid

RUMOR_HASHING = Hashing(bits=18, longest=3, cap=500)
RUMOR, NON_RUMOR = "rumor", "non-rumor"
_MOST_PER_GROUP = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RumorLikeness:
    """`score` 0..1; `advice` is 查证 or empty, never more; `marks` are the style marks found."""

    label: str
    score: float
    advice: str
    marks: tuple[str, ...] = ()


class RumorScorer:
    """Style marks compiled for many posts; with a model the model gives the score and the marks are only shown."""

    __slots__ = ("_automaton", "_model", "_plain", "_settings", "_terms")

    def __init__(self, wording: Wording, model: LogisticModel | None = None) -> None:
        unique = {term.text: term for term in reversed(wording.terms())}
        self._terms: tuple[Term, ...] = tuple(unique.values())
        kind = ahocorasick_rs.MatchKind.LeftmostLongest
        self._automaton = ahocorasick_rs.AhoCorasick(list(unique), matchkind=kind)
        self._settings: Mapping[str, float] = {"bias": -1.5, "threshold": 0.5, **wording.settings}
        self._model = model
        self._plain = self._likeness((), sigmoid(self._settings["bias"]), self._settings["threshold"])

    def score(self, text: str) -> RumorLikeness:
        """Likeness of one post."""
        found = self._found(text)
        if not found and self._model is None:
            return self._plain
        if self._model is not None:
            value, threshold = self._model.probability(self.slots(text)), self._model.threshold
        else:
            groups: dict[str, int] = {}
            for term in found:
                groups[term.group] = groups.get(term.group, 0) + 1
            weights = {term.group: term.weight for term in found}
            total = sum(weights[group] * min(_MOST_PER_GROUP, times) for group, times in groups.items())
            value, threshold = sigmoid(self._settings["bias"] + total), self._settings["threshold"]
        return self._likeness(found, value, threshold)

    @staticmethod
    def _likeness(found: Sequence[Term], value: float, threshold: float) -> RumorLikeness:
        label = RUMOR if value >= threshold else NON_RUMOR
        shown = tuple(f"{term.text}（{term.place}）" for term in found if term.weight > 0)[:4]
        return RumorLikeness(label=label, score=round(value, 4), advice="查证" if label == RUMOR else "", marks=shown)

    def slots(self, text: str) -> list[int]:
        """What a trained model sees: n-grams and which groups of marks occur."""
        names = sorted({term.group for term in self._found(text)})
        return features(text, RUMOR_HASHING) + marks(names, RUMOR_HASHING)

    def _found(self, text: str) -> list[Term]:
        indexes = dict.fromkeys(index for index, _, _ in self._automaton.find_matches_as_indexes(text))
        return [self._terms[index] for index in indexes]
