"""Is a text an emergency (E), a negative public affair (N) or ordinary (O), and may it disturb an officer?

    title (+ first 200 characters of the text) -> words -> rules -> contexts -> Verdict with every word that counted

Rules and words come from the lexicon; a number-toll, a place and a magnitude are pseudo groups (`@toll`, `@place`, `@magnitude`)
that this module and `monitors.hearing` derive. The verdict is a suggestion: `alarm` says what the rule allows, the policy decides.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol

from config.lexicon import PSEUDO, Context, Lexicon, Rule, Word
from monitors.hearing import TITLES, Hearing, Said
from monitors.hunch import FILE, Hunch
from monitors.lexicon import Matcher, fold
from monitors.rules import Rules

BODY_CHARS = 200
BODY_FACTOR = 0.9  # a word far from the title weighs less
KNOWN = 10_000
"""Combinations of groups remembered: ordinary texts share few, and a flood is of one kind."""
PLACES = ("@place", "@city", "@body_place", "@foreign")
_ANYTHING = -1
"""Met by every combination of groups."""
_RANK = {"list": 1, "digest": 2, "now": 3}


class Place(Protocol):
    """What the gate needs of a located region (`monitors.region.Region`)."""

    @property
    def province(self) -> str | None: ...
    @property
    def city(self) -> str | None: ...
    @property
    def county(self) -> str | None: ...
    @property
    def foreign(self) -> bool: ...
    @property
    def country(self) -> str: ...
    @property
    def evidence(self) -> tuple[str, ...]: ...


class Hit(NamedTuple):
    """A word or rule that counted: `rule` is its id, `file` and `line` say where an editor finds it."""

    rule: str
    word: str
    weight: float
    file: str
    line: int


class Verdict(NamedTuple):
    """`score_e`, `score_en` 0..1; `alarm` now | digest | list | never; `hits` say why, `excluded_by` what was subtracted."""

    label: str
    score_e: float
    score_en: float
    category: str
    alarm: str
    high_consequence: bool
    rumor_like: bool
    hits: tuple[Hit, ...] = ()
    excluded_by: tuple[Hit, ...] = ()
    groups: frozenset[str] = frozenset()
    magnitude: float | None = None
    hazards: tuple[str, ...] = ()
    none_hurt: bool = False


class _Active(NamedTuple):
    """A context that counts, and the bits of its groups."""

    context: Context
    groups: int


class _Weight(NamedTuple):
    """What a combination of groups weighs: `verdict` without its words, `rule` as it is quoted and the groups whose words show it."""

    verdict: Verdict
    rule: Hit
    named: int
    active: tuple[_Active, ...]


class _Read(NamedTuple):
    """A passage and what it weighs."""

    said: Said
    weight: _Weight


class Gate:
    """Judges titles with one lexicon; build once."""

    def __init__(self, lexicon: Lexicon, hunch: Hunch | None = None) -> None:
        self.lexicon = lexicon
        self._hunch = hunch
        self._bits = {name: 1 << index for index, name in enumerate((*lexicon.groups, *PSEUDO))}
        self._names = {bit: name for name, bit in self._bits.items()}
        self._rules = Rules(lexicon.rules, self._bits)
        self._matcher = Matcher(lexicon, self._rules.marks)
        self._hearing = Hearing(self._matcher, self._rules.marks)
        self._contexts = [
            (
                context,
                self._mask(context.any),
                self._mask(context.only) if context.only else _ANYTHING,
                self._mask(context.unless),
            )
            for context in lexicon.contexts
        ]
        self._lift = sum(max(0.0, -context.e, -context.n) for context in lexicon.contexts)
        self._order = {name: index for index, name in enumerate(lexicon.stories.get("hazard_order", tuple(lexicon.groups)))}
        self._framing = self._mask({name for context in lexicon.contexts for name in context.any}) & ~self._mask(PSEUDO)
        self._hazards = self._mask(name for name in lexicon.stories.get("disaster", ()) if name in lexicon.groups)
        self._harmed = self._bits["@toll"]
        self._consequence = self._mask(name for name, group in lexicon.groups.items() if group.consequence)
        self._anywhere, self._pseudo = self._rules.mark((*PLACES, "@disaster_here")), self._mask(PSEUDO)
        self._refute = self._mask(name for name in ("refute", "claim") if name in lexicon.groups)
        self._learn = lru_cache(maxsize=TITLES)(self._guess)
        self._weight = lru_cache(maxsize=KNOWN)(self._weigh)
        self._groups = lru_cache(maxsize=KNOWN)(self._group)

    def _mask(self, names: Iterable[str]) -> int:
        mask = 0
        for name in names:
            mask |= self._bits[name]
        return mask

    def judge(
        self,
        title: str,
        text: str = "",
        *,
        region: Place | None = None,
        figures: Mapping[str, int | None] | None = None,
    ) -> Verdict:
        """Verdict on a title; the first 200 characters of `text` may raise it, with less weight."""
        placed = self._placed(title, region)
        head = self._read(title, "", placed, figures)
        if text and not (head and head.weight.verdict.label == "E"):
            text = text[:BODY_CHARS]
            if figures is not None or self._may_exceed(title, text, head):
                body = self._read(title, text, placed, figures)
                head = body if _stronger(body, head) else head
        verdict = self._verdict(head)
        if verdict.label != "O" or (region is not None and region.foreign):
            return verdict
        learned = self._learned(title)
        return verdict if learned is None else _listed(verdict, learned)

    def silent(self, title: str, text: str = "") -> bool:
        """Whether the verdict is nothing wherever the matter lies: then nobody need look for its place, which costs more."""
        return self._silent(title, text[:BODY_CHARS]) and self._learned(title) is None

    def _silent(self, title: str, text: str) -> bool:
        """Whether no rule fires. Where nothing is met by all that may be said, barred or not, nothing is in the title alone."""
        said = self._hearing.all(title, text)
        met, barred = self._may(said)
        if not met and (len(said.readings) > 1 or not text):
            return True
        if not said.plain:
            met, barred = self._may(self._hearing.sure(title, text))
        if met & ~barred:
            return False
        return not text or self._silent(title, "")

    def _may(self, said: Said) -> tuple[int, int]:
        """Rules that are met, with the place that suits them best, and those barred wherever it lies."""
        marks = said.words | said.year | said.tolls
        if marks & self._harmed and marks & self._hazards:
            marks |= self._rules.marks["@disaster"]
        return self._rules.look(marks, self._anywhere) if marks else (0, 0)

    def _may_exceed(self, title: str, text: str, head: _Read | None) -> bool:
        """Whether title and text together could weigh more than the title: not where all rules they meet weigh too little."""
        met, _ = self._may(self._hearing.all(title, text))
        most = round(self._rules.weight(met) * BODY_FACTOR + self._lift, 3)
        alone = head.weight.verdict if head else _NOTHING
        return most > alone.score_en or (most >= 0.5 and alone.label == "O")

    def _learned(self, title: str) -> Hit | None:
        """What was learned speaks for a title no rule speaks for; None for one that a context frames (a film, a match, a price)."""
        return None if self._hunch is None else self._learn(fold(title))

    def _guess(self, folded: str) -> Hit | None:
        """Whether a doubtful word frames the title is asked last: of few titles the score lets it matter."""
        reading = self._hearing.title(folded)
        if self._hunch is None or self._matcher.certain(reading, self._framing):
            return None
        score = self._hunch.score(folded)
        if score < self._hunch.threshold or self._matcher.sure(reading, reading.beside).marks & self._framing:
            return None
        return Hit("learned", "、".join(self._hunch.telling(folded)), round(score, 3), FILE, 0)

    def _read(self, title: str, text: str, placed: int, figures: Mapping[str, int | None] | None) -> _Read | None:
        """What a title weighs, alone or with its text, None for nothing; contexts are read in the title: a body says much in passing."""
        said = self._hearing.sure(title, text)
        if not said.words:
            return None
        tolls = said.tolls if figures is None else self._hearing.counted(said, figures)
        whole = framed = (said.words | said.year | tolls) & self._rules.groups | placed
        if text and title:
            frame = self._hearing.sure(title, "")
            framed = (frame.words | frame.year | tolls) & self._rules.groups | placed
        weight = self._weight(whole, framed, BODY_FACTOR if text else 1.0)
        return _Read(said, weight) if weight else None

    def _placed(self, title: str, region: Place | None) -> int:
        """Bits of the region; `@body_place` where the title names none of its words, so that only the text places the matter."""
        if region is None:
            return 0
        if region.foreign:
            return self._bits["@foreign"]
        if not (region.province or region.city or region.county):
            return 0
        placed = self._bits["@place"]
        if region.city or region.county:
            placed |= self._bits["@city"]
        if region.evidence and not any(word in title for word in region.evidence):
            placed |= self._bits["@body_place"]
        return placed

    def _weigh(self, bits: int, framed: int, factor: float) -> _Weight | None:
        """Weight of the groups of a passage and of its frame; None where no rule fires."""
        if bits & self._harmed and bits & self._hazards:
            bits |= self._bits["@disaster"] | (self._bits["@disaster_here"] if bits & self._bits["@place"] else 0)
        met, barred = self._rules.look(self._rules.of(bits))
        fired = list(self._rules.named(met & ~barred))
        if not fired:
            return None
        score = {"E": 0.0, "N": 0.0}
        for rule in fired:
            score[rule.label] = max(score[rule.label], rule.weight * factor)
        active = tuple(
            [
                _Active(context, mask)
                for context, mask, only, unless in self._contexts
                if mask & (bits if context.body else framed) and only & bits and not unless & bits
            ]
        )
        e = max(0.0, score["E"] - sum([context.e for context, _ in active]))
        n = max(0.0, score["N"] - sum([context.n for context, _ in active]))
        label = "E" if e >= 0.5 and e >= n else "N" if n >= 0.5 else "E" if e >= 0.5 else "O"
        best = max(fired, key=lambda rule: (rule.label == label, rule.weight, _RANK[rule.alarm]))
        groups, hazards = self._groups(bits & ~self._pseudo)
        verdict = Verdict(
            label=label,
            score_e=round(e, 3),
            score_en=round(max(e, n), 3),
            category=self._category(best, hazards, groups) if label != "O" else "",
            alarm=_alarm(fired, active, factor),
            high_consequence=label == "E" and bool(bits & self._consequence),
            rumor_like=bool(bits & self._refute),
            groups=groups,
            hazards=hazards,
            none_hurt=bool(bits & self._bits["@none_hurt"]),
        )
        named = self._mask([name for part in best.all for name in part])
        return _Weight(verdict, Hit(best.id, "", best.weight * factor, best.file, best.line), named, active)

    def _group(self, bits: int) -> tuple[frozenset[str], tuple[str, ...]]:
        """Names of the groups, and those of hazards in the order of the lexicon."""
        names = []
        while bits:
            bit = bits & -bits
            names.append(self._names[bit])
            bits ^= bit
        return frozenset(names), tuple(sorted((name for name in names if name in self._order), key=self._order.__getitem__))

    def _verdict(self, read: _Read | None) -> Verdict:
        """The verdict on what was read, with the words that show it."""
        if read is None:
            return _NOTHING
        said, (verdict, rule, named, active) = read
        shown = self._matcher.words(said.readings, named | self._framing if active else named)
        bits = self._matcher.bits
        hits = (rule, *[_hit(word) for word in shown if bits[word.group] & named])
        excluded = tuple([self._context_hit(context, groups, shown) for context, groups in active])
        return verdict._replace(hits=hits, excluded_by=excluded, magnitude=said.magnitude)

    def _category(self, rule: Rule, hazards: tuple[str, ...], present: frozenset[str]) -> str:
        """The rule's own category, else that of the hazard it is about; of a grievance that of the subject named first in `category_order`."""
        if rule.category:
            return rule.category
        named = {name for part in rule.all for name in part}
        told = [name for name in hazards if name in named or "@toll" in named]
        if rule.label == "N":
            told += [name for name in self.lexicon.stories.get("category_order", ()) if name in present]
        return next((found for name in told if (found := self.lexicon.groups[name].category)), "other")

    def _context_hit(self, context: Context, groups: int, shown: Iterable[Word]) -> Hit:
        word = next((word for word in shown if self._matcher.bits[word.group] & groups), None)
        text, file, line = (word.text, word.file, word.line) if word else ("", context.file, context.line)
        return Hit(context.id, text, -max(context.e, context.n), file, line)


@lru_cache(maxsize=KNOWN)
def _hit(word: Word) -> Hit:
    return Hit(word.id, word.text, 0.0, word.file, word.line)


def _listed(verdict: Verdict, hit: Hit) -> Verdict:
    """A negative affair that is listed and no more."""
    return verdict._replace(label="N", score_en=max(0.5, verdict.score_en), category="other", alarm="list", hits=(hit,))


def _alarm(fired: Iterable[Rule], active: Iterable[_Active], factor: float) -> str:
    """The most that may follow from the rules that fired, unless a context caps or vetoes it."""
    if any(not context.alarm for context, _ in active):
        return "never"
    allowed = max((rule.alarm for rule in fired if rule.weight * factor >= 0.5), key=lambda name: _RANK[name], default="list")
    return min((allowed, *(context.cap for context, _ in active if context.cap)), key=lambda name: _RANK[name])


def _stronger(body: _Read | None, head: _Read | None) -> bool:
    """Whether the text says more than the title alone."""
    if body is None:
        return False
    said, alone = body.weight.verdict, head.weight.verdict if head else _NOTHING
    return said.score_en > alone.score_en or (said.label != "O" and alone.label == "O")


_NOTHING = Verdict(label="O", score_e=0.0, score_en=0.0, category="", alarm="never", high_consequence=False, rumor_like=False)
