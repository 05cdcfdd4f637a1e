"""Whether a title reads like a matter that somebody must answer, learned from labelled titles: what no rule has words for.

A linear model on character n-grams (`yqbot train gate`, shipped as `lexicon/gate.model` from titles written for the purpose). It may
only put a title on the list; it never alarms, never grades and never overrules a rule (nlp.md: rank and promote, never veto). Pure.
"""

from collections.abc import Sequence
from math import sqrt

from monitors.lexicon import fold
from monitors.linear import Hashing, LogisticModel, features

HUNCH_HASHING = Hashing(bits=17, longest=3, cap=60)
FILE = "gate.model"
LEAST_CHARS = 6
"""A shorter title says too little to be judged by its letters."""
_SHOWN = 3


def slots(title: str) -> list[int]:
    """What the model sees of a title."""
    return features(fold(title), HUNCH_HASHING)


class Hunch:
    """The model over folded titles (`monitors.lexicon.fold`); build once."""

    def __init__(self, model: LogisticModel) -> None:
        self._model = model
        self.threshold = model.threshold

    def score(self, folded: str) -> float:
        """Probability 0..1 that the title is of a matter; 0 for one too short to tell."""
        if len(folded) < LEAST_CHARS:
            return 0.0
        return self._model.probability(features(folded, self._model.hashing))

    def telling(self, folded: str) -> Sequence[str]:
        """The two- and three-character pieces that speak for it most, strongest first, none inside another."""
        bare = Hashing(bits=self._model.hashing.bits, longest=1, cap=self._model.hashing.cap)
        found: dict[str, float] = {}
        for length in (2, 3):
            for start in range(len(folded) - length + 1):
                piece = folded[start : start + length]
                if piece.isalnum():
                    inside = set(features(piece, self._model.hashing)) - set(features(piece, bare))
                    found[piece] = (
                        self._model.scale * sum(self._model.weights[slot] for slot in inside) / sqrt(len(inside) or 1)
                    )
        shown: list[str] = []
        for piece in sorted(found, key=lambda p: (-found[p], p)):
            if found[piece] > 0 and not any(piece in other or other in piece for other in shown):
                shown.append(piece)
        return shown[:_SHOWN]
