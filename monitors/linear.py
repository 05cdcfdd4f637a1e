"""Small text models on hashed character n-grams, standard library only: binary logistic regression and complement naive Bayes.

Pure and deterministic: the same rows in the same order give the same model. Weights are 16-bit integers with one scale, so sums
are exact and the same on every machine. Only hashes of n-grams are kept: a model holds no readable text of its sources.

    features(text)  -> slots           what a text looks like to a model
    train_logistic  -> LogisticModel   posts: negative or not, rumour-like or not
    train_bayes     -> BayesModel      letters: which unit of this organisation
"""

import zlib
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, log, sqrt
from operator import itemgetter
from sys import byteorder

_PRIME = (1 << 31) - 1  # the n-gram hash: a linear form over code points modulo this prime, then the low bits
_A, _B, _C = 0x2C1B3C6D, 0x297A2D39, 0x1D872B41  # small enough that Python needs no long multiplication
_LANE = 64  # bits: the hashes of all n-grams of a text are reckoned at once, side by side in one long integer
_TOP = 32767


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashing:
    """How text becomes slots: 2**bits slots, n-grams of 1..longest characters, at most `cap` characters read."""

    bits: int = 18
    longest: int = 3
    cap: int = 2000


def features(text: str, hashing: Hashing) -> list[int]:
    """Distinct slots of the character n-grams of `text`, in no particular order.

    Of one, two or three characters `a`, `ab`, `abc`: the low bits of `a*A`, `a*B + b*A + 7`, `a*C + b*B + c*A + 13` modulo the prime.
    """
    text = text[: hashing.cap]
    count = length = len(text)
    codes = int.from_bytes(
        "\0".join(text).encode("utf-32-le", "surrogatepass"), "little"
    )  # a character in each lane of 64 bits
    sums = codes * _A
    if hashing.longest >= 2 and length >= 2:
        after = codes >> _LANE
        pairs = (codes & _first(length - 1)) * _B + after * _A + 7 * _ones(length - 1)
        sums |= pairs << _LANE * count
        count += length - 1
        if hashing.longest >= 3 and length >= 3:
            short = _first(length - 2)
            triples = (codes & short) * _C + (after & short) * _B + (after >> _LANE) * _A + 13 * _ones(length - 2)
            sums |= triples << _LANE * count
            count += length - 2
    return list(set(memoryview(_low(sums, count, hashing.bits).to_bytes(8 * count, byteorder)).cast("Q")))


def _low(sums: int, count: int, bits: int) -> int:
    """The low bits of each lane modulo the prime. Lanes hold less than 2**53, so that one fold of the upper bits leaves less than twice the prime."""
    ones = _ones(count)
    folded = (sums & ones * _PRIME) + (sums >> 31 & ones * ((1 << 33) - 1))
    return folded + (folded + ones >> 31 & ones) & ones * ((1 << bits) - 1)


@lru_cache(maxsize=512)
def _ones(count: int) -> int:
    """1 in each of `count` lanes."""
    return int.from_bytes(b"\1\0\0\0\0\0\0\0" * count, "little")


def _first(count: int) -> int:
    """All bits of the first `count` lanes."""
    return (1 << _LANE * count) - 1


def marks(names: Sequence[str], hashing: Hashing) -> list[int]:
    """Slots of named features (a word group that was hit, a style mark), hashed like n-grams."""
    mask = (1 << hashing.bits) - 1
    return [zlib.crc32(b"\x00" + name.encode()) & mask for name in names]


def sigmoid(value: float) -> float:
    """Logistic function, clipped so that it never overflows."""
    return 1.0 / (1.0 + exp(-max(-35.0, min(35.0, value))))


def _gather(slots: Sequence[int]) -> "Callable[[array[int]], Sequence[int]]":
    """Reads the slots of a column at C speed; `itemgetter` of fewer than two keys would not return a sequence."""
    if len(slots) > 1:
        return itemgetter(*slots)
    return lambda column: [column[slot] for slot in slots]


Choose = Callable[[Sequence[float], Sequence[bool]], tuple[float, float | None]]
"""From the scores of held-out texts and their truth: the threshold, and the F1 from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticModel:
    """A binary logistic regression; from probability `threshold` on the positive label is given.

    `held_f1` is the F1 reached on the fifth that was held out while the threshold was set; None when nothing was held out.
    """

    hashing: Hashing
    weights: "array[int]"
    scale: float
    bias: float
    threshold: float = 0.5
    held_f1: float | None = None

    def probability(self, slots: Sequence[int]) -> float:
        """Probability 0..1 of the positive label for a text with these slots."""
        if not slots:
            return sigmoid(self.bias)
        return sigmoid(self.bias + self.scale * sum(_gather(slots)(self.weights)) / sqrt(len(slots)))


def train_logistic(
    rows: Sequence[Sequence[int]],
    positive: Sequence[bool],
    hashing: Hashing,
    *,
    epochs: int = 4,
    rate: float = 0.4,
    choose: Choose | None = None,
) -> LogisticModel:
    """AdaGrad on length-normalised binary slots; `choose` sets the threshold on a fifth held out, by the best F1 where not given.

    `rows` are the slots of each text. Training is done twice: on four fifths to set the threshold, then on everything.
    """
    kept = [index for index in range(len(rows)) if zlib.crc32(b"%d" % index) % 5]
    held = [index for index in range(len(rows)) if not zlib.crc32(b"%d" % index) % 5]
    trial = _fit([rows[i] for i in kept], [positive[i] for i in kept], hashing, max(1, epochs - 1), rate)
    threshold, f1 = (choose or best_threshold)([trial.probability(rows[i]) for i in held], [positive[i] for i in held])
    return replace(_fit(rows, positive, hashing, epochs, rate), threshold=threshold, held_f1=f1)


def _fit(rows: Sequence[Sequence[int]], positive: Sequence[bool], hashing: Hashing, epochs: int, rate: float) -> LogisticModel:
    size = 1 << hashing.bits
    weights, squares = [0.0] * size, [1e-2] * size
    bias, bias_square = 0.0, 1.0
    for epoch in range(epochs):
        for index in _mixed_order(len(rows), epoch):
            slots = rows[index]
            if not slots:
                continue
            length = 1.0 / sqrt(len(slots))
            error = sigmoid(bias + length * sum([weights[slot] for slot in slots])) - positive[index]
            bias_square += error * error
            bias -= rate * error / sqrt(bias_square)
            if -0.02 < error < 0.02:
                continue  # learned already; skipping halves the time and changes no figure
            gradient = error * length
            square, step = gradient * gradient, rate * gradient
            for slot in slots:
                squares[slot] = total = squares[slot] + square
                weights[slot] -= step / sqrt(total)
    packed, scale = _quantise(weights)
    return LogisticModel(hashing=hashing, weights=packed, scale=scale, bias=round(bias, 6))


def best_threshold(scores: Sequence[float], positive: Sequence[bool]) -> tuple[float, float | None]:
    """The score (0.2..0.8) from which saying yes gives the best F1, and that F1; (0.5, None) where nothing can be compared."""
    total, hits = sum(positive), 0
    best, answer = _f1(sum(truth for score, truth in zip(scores, positive, strict=True) if score >= 0.5), scores, total), 0.5
    for said, (score, truth) in enumerate(sorted(zip(scores, positive, strict=True), reverse=True), 1):
        hits += truth
        f1 = 2 * hits / (total + said)
        if f1 > best and 0.2 <= score <= 0.8:
            best, answer = f1, round(score, 4)
    return answer, (round(best, 4) if best else None)


def careful_threshold(scores: Sequence[float], positive: Sequence[bool]) -> tuple[float, float | None]:
    """The score, at least 0.5, that three ordinary texts in two hundred reach at most, and the F1 from there.

    For a model that only adds to a list: what it misses is no worse than before, what it adds wrongly tires the reader.
    """
    ordinary = sorted((score for score, truth in zip(scores, positive, strict=True) if not truth), reverse=True)
    allowed = len(ordinary) * 3 // 200
    answer = max(0.5, round(ordinary[allowed] + 0.0001, 4)) if len(ordinary) > allowed else 0.5
    said = [truth for score, truth in zip(scores, positive, strict=True) if score >= answer]
    return answer, round(2 * sum(said) / (len(said) + sum(positive)), 4) if any(said) else None


def _f1(hits: int, scores: Sequence[float], total: int) -> float:
    said = sum(score >= 0.5 for score in scores)
    return 2 * hits / (total + said) if total + said else 0.0


def _mixed_order(count: int, epoch: int) -> list[int]:
    """A fixed permutation per epoch, so that a file sorted by label does not bias the training."""
    return sorted(range(count), key=lambda index: zlib.crc32(b"%d:%d" % (epoch, index)))


def _quantise(values: Sequence[float]) -> "tuple[array[int], float]":
    scale = max((abs(value) for value in values), default=0.0) / _TOP or 1.0
    return array("h", [round(value / scale) for value in values]), scale


def _filled(values: Mapping[int, int], size: int) -> "array[int]":
    column = array("h", bytes(2 * size))
    for slot, value in values.items():
        column[slot] = value
    return column


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One text as the router sees it: slots of title and body, share of each named function (summing to 1, or empty)."""

    title: Sequence[int]
    body: Sequence[int]
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class BayesModel:
    """Complement naive Bayes over n-grams plus naive Bayes over named functions; one column of weights a label."""

    hashing: Hashing
    labels: tuple[str, ...]
    counts: tuple[int, ...]
    rarity: "array[int]"  # inverse document frequency of a slot in 1/1000; 0 = slot not used
    columns: "tuple[array[int], ...]"
    scale: float
    functions: Mapping[str, tuple[float, ...]]

    def scores(self, letter: Letter) -> tuple[float, ...]:
        """One score a label, comparable within one letter only; higher is better."""
        rarity = self.rarity
        heavy = [slot for slot in letter.title if rarity[slot]]
        slots = [slot for slot in letter.body if rarity[slot]] + heavy * _TITLE
        square = sum([rarity[slot] * rarity[slot] for slot in slots]) + (_TITLE**2 - _TITLE) * sum(
            [rarity[slot] ** 2 for slot in heavy]
        )
        unit = self.scale * 1000 / (sqrt(square) or 1.0)
        gather = _gather(slots)
        sums = [unit * sum(gather(column)) for column in self.columns]
        for name, share in letter.shares.items():
            weights = self.functions.get(name)
            if weights:
                sums = [value + share * weight for value, weight in zip(sums, weights, strict=True)]
        return tuple(sums)


_TITLE = 3  # a word of the title counts as three of the body


def train_bayes(letters: Sequence[Letter], labels: Sequence[str], hashing: Hashing, *, smooth: float = 0.05) -> BayesModel:
    """Learn which label goes with which text. A slot must occur in two letters; `smooth` is added to every count."""
    names = tuple(sorted(set(labels)))
    used = _document_frequency(letters)
    rarity = {slot: log((len(letters) + 1) / (count + 0.5)) for slot, count in used.items() if count >= 2}
    sums: dict[str, dict[int, float]] = {name: {} for name in names}
    for letter, label in zip(letters, labels, strict=True):
        _add(sums[label], letter, rarity)
    columns = _complement_columns(names, sums, rarity, smooth)
    size = 1 << hashing.bits
    scale = max((abs(value) for column in columns for value in column.values()), default=0.0) / _TOP or 1.0
    return BayesModel(
        hashing=hashing,
        labels=names,
        counts=tuple(sum(label == name for label in labels) for name in names),
        rarity=_filled({slot: min(_TOP, round(1000 * value)) for slot, value in rarity.items()}, size),
        columns=tuple(_filled({slot: round(value / scale) for slot, value in column.items()}, size) for column in columns),
        scale=scale,
        functions=_function_weights(letters, labels, names),
    )


def _document_frequency(letters: Sequence[Letter]) -> dict[int, int]:
    used: dict[int, int] = {}
    for letter in letters:
        for slot in {*letter.title, *letter.body}:
            used[slot] = used.get(slot, 0) + 1
    return used


def _add(into: dict[int, float], letter: Letter, rarity: Mapping[int, float]) -> None:
    vector: dict[int, float] = {}
    for slots, factor in ((letter.body, 1), (letter.title, _TITLE)):
        for slot in slots:
            if slot in rarity:
                vector[slot] = vector.get(slot, 0.0) + factor * rarity[slot]
    norm = sqrt(sum(value * value for value in vector.values())) or 1.0
    for slot, value in vector.items():
        into[slot] = into.get(slot, 0.0) + value / norm


def _complement_columns(
    names: Sequence[str], sums: Mapping[str, Mapping[int, float]], rarity: Mapping[int, float], smooth: float
) -> list[dict[int, float]]:
    """Weights of Rennie's complement naive Bayes: normalised a label, centred over the labels, times the slot's rarity."""
    total = {slot: sum(sums[name].get(slot, 0.0) for name in names) for slot in rarity}
    everything = sum(total.values())
    columns = []
    for name in names:
        own = sums[name]
        rest = everything - sum(own.values()) + smooth * len(total)
        raw = {slot: -log((value - own.get(slot, 0.0) + smooth) / rest) for slot, value in total.items()}
        mean = sum(raw.values()) / max(1, len(raw)) or 1.0
        columns.append({slot: value / mean for slot, value in raw.items()})
    middle = {slot: sum(column[slot] for column in columns) / len(columns) for slot in total}
    return [{slot: (value - middle[slot]) * rarity[slot] for slot, value in column.items()} for column in columns]


def _function_weights(letters: Sequence[Letter], labels: Sequence[str], names: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """log P(function | label) / P(function), smoothed towards no opinion."""
    sums: dict[str, dict[str, float]] = {name: {} for name in names}
    for letter, label in zip(letters, labels, strict=True):
        for function, share in letter.shares.items():
            sums[label][function] = sums[label].get(function, 0.0) + share
    mass = {name: sum(sums[name].values()) for name in names}
    everything = sum(mass.values()) + 1.0
    weights = {}
    for function in sorted({function for own in sums.values() for function in own}):
        prior = (sum(own.get(function, 0.0) for own in sums.values()) + 0.1) / everything
        weights[function] = tuple(
            round(log((sums[name].get(function, 0.0) + 2 * prior + 0.02) / (mass[name] + 2) / prior), 4) for name in names
        )
    return weights
