"""Tone of a post or comment: negative or not, with the words that say so. Not for news titles and not for letters (nlp.md §1.2).

Two ways: the shipped word lists, or a model trained on the installation's own posts (`yqbot train sentiment`). Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import ahocorasick_rs

from config.wording import Term, Wording
from monitors.linear import Hashing, LogisticModel, features, marks, sigmoid

SENTIMENT_HASHING = Hashing(bits=18, longest=3, cap=500)
NEGATIVE, OTHER = "negative", "other"
_WINDOW = 3  # characters before a word in which a negation counts
_REVERSED = -0.7  # 不开心: a negated pleasant word leans the other way, not fully
_WEAKENED = 0.3  # 不怕: a negated unpleasant word says little
_STRESSED = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentiment:
    """`score` is the probability 0..1 that the post is negative; `hits` are the words that weighed most, with their sign."""

    label: str
    score: float
    hits: tuple[str, ...] = ()


class SentimentScorer:
    """Word lists compiled for many posts; with a model the model decides and the words are only shown."""

    __slots__ = ("_automaton", "_intensifiers", "_model", "_negations", "_settings", "_terms")

    def __init__(self, wording: Wording, model: LogisticModel | None = None) -> None:
        unique = {term.text: term for term in reversed(wording.terms()) if term.weight}
        self._terms: tuple[Term, ...] = tuple(unique.values())
        kind = ahocorasick_rs.MatchKind.LeftmostLongest
        self._automaton = ahocorasick_rs.AhoCorasick(list(unique), matchkind=kind)
        self._negations = wording.texts("negation")
        self._intensifiers = wording.texts("intensify")
        self._settings: Mapping[str, float] = {"bias": 0.0, "scale": 1.0, "threshold": 0.5, **wording.settings}
        self._model = model

    def score(self, text: str) -> Sentiment:
        """Tone of one post."""
        weighed = self._weighed(text)
        shown = sorted(weighed, key=lambda pair: -abs(pair[1]))[:4]
        hits = tuple(f"{term.text}（{'负面' if value > 0 else '正面或平实'}，{term.place}）" for term, value in shown)
        if self._model is not None:
            value = self._model.probability(self.slots(text, weighed))
            return Sentiment(label=NEGATIVE if value >= self._model.threshold else OTHER, score=round(value, 4), hits=hits)
        settings = self._settings
        total = sum(value for _, value in weighed) / sqrt(10 + len(text))
        value = sigmoid(settings["bias"] + settings["scale"] * total)
        return Sentiment(label=NEGATIVE if value >= settings["threshold"] else OTHER, score=round(value, 4), hits=hits)

    def slots(self, text: str, weighed: Sequence[tuple[Term, float]] | None = None) -> list[int]:
        """What a trained model sees: n-grams and which word groups were hit, negated or not."""
        if weighed is None:
            weighed = self._weighed(text)
        names = sorted({f"{term.group}{'+' if value * term.weight > 0 else '-'}" for term, value in weighed})
        return features(text, SENTIMENT_HASHING) + marks(names, SENTIMENT_HASHING)

    def _weighed(self, text: str) -> list[tuple[Term, float]]:
        found = []
        for index, start, _ in self._automaton.find_matches_as_indexes(text):
            term = self._terms[index]
            found.append((term, term.weight * self._factor(term, text[max(0, start - _WINDOW) : start])))
        return found

    def _factor(self, term: Term, before: str) -> float:
        if any(word in before for word in self._negations):
            return _REVERSED if term.weight < -2 else _WEAKENED if term.weight > 2.5 else 1.0
        return _STRESSED if before.endswith(self._intensifiers) else 1.0
