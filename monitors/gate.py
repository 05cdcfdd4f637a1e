"""Is a text an emergency (E), a negative public affair (N) or ordinary (O), and may it disturb an officer?

    title (+ first 200 characters of the text) -> words -> rules -> contexts -> Verdict with every word that counted

Rules and words come from the lexicon; a number-toll, a place and a magnitude are pseudo groups (`@toll`, `@place`, `@magnitude`)
that this module derives. The verdict is a suggestion: `alarm` says what the rule allows, the policy decides.
"""

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import lru_cache
from typing import NamedTuple, Protocol

from config.lexicon import PSEUDO, Context, Lexicon, Rule
from monitors.hunch import FILE, Hunch
from monitors.lexicon import Matcher, fold
from monitors.toll import toll

BODY_CHARS = 200
BODY_FACTOR = 0.9  # a word far from the title weighs less
KNOWN = 10_000
"""Combinations of groups remembered: ordinary texts share few, and a flood is of one kind."""
PLACES = ("@place", "@city", "@body_place", "@foreign")
_ANYTHING = -1
"""Met by every combination of groups."""
_RANK = {"list": 1, "digest": 2, "now": 3}
_MAGNITUDE = re.compile(r"([0-9]\.[0-9]) ?级")
_OLD_YEAR = re.compile(r"(?<![0-9])(?:1[0-9]{3}|200[0-7]) ?年(?!以来|来|代|级)")  # 1994年以来最大 is of today


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


class _Could(Enum):
    """What rules could do with a passage at the best place: fire; be met, but barred by its words; or not even be met."""

    FIRES = 1
    BARRED = 2
    NOTHING = 3


class _Compiled(NamedTuple):
    """A rule with the bits of its needs, the rarest first, and of what bars it; the first two needs settle most."""

    first: int
    second: int
    rest: tuple[int, ...]
    bars: int
    rule: Rule


class _Active(NamedTuple):
    """A context that counts, and the bits of its groups."""

    context: Context
    groups: int


class _Weight(NamedTuple):
    """What a combination of groups weighs; what and which words show it is only looked for where it decides."""

    bits: int
    label: str
    score_e: float
    score_en: float
    best: Rule
    factor: float
    alarm: str
    active: tuple[_Active, ...]


class _Said(NamedTuple):
    """What one passage says by itself: `words` are the bits of its groups, `toll` those of tolls and of a magnitude."""

    folded: str
    words: int = 0
    toll: int = 0
    magnitude: float | None = None

    @property
    def bits(self) -> int:
        return self.words | self.toll


class _Read(NamedTuple):
    """A passage and what it weighs."""

    said: _Said
    weight: _Weight


class Gate:
    """Judges titles with one lexicon; build once."""

    def __init__(self, lexicon: Lexicon, hunch: Hunch | None = None) -> None:
        self.lexicon = lexicon
        self._hunch = hunch
        self._matcher = Matcher(lexicon)
        self._bits = dict(self._matcher.bits)
        for name in PSEUDO:
            self._bits[name] = 1 << len(self._bits)
        self._names = {bit: name for name, bit in self._matcher.bits.items()}
        self._rules = [self._compile(rule) for rule in lexicon.rules]
        self._contexts = [
            (
                context,
                self._mask(context.any),
                self._mask(context.only) if context.only else _ANYTHING,
                self._mask(context.unless),
            )
            for context in lexicon.contexts
        ]
        self._order = {name: index for index, name in enumerate(lexicon.stories.get("hazard_order", tuple(lexicon.groups)))}
        self._framing = self._mask({name for context in lexicon.contexts for name in context.any}) & ~self._mask(PSEUDO)
        self._hazards = self._mask(name for name in lexicon.stories.get("disaster", ()) if name in lexicon.groups)
        self._harmed = self._bits["@toll"]
        self._consequence = self._mask(name for name, group in lexicon.groups.items() if group.consequence)
        self._anywhere, self._pseudo = self._mask(PLACES), self._mask(PSEUDO)
        self._refute = self._mask(name for name in ("refute", "claim") if name in lexicon.groups)
        self._say = lru_cache(maxsize=8)(self._hear)  # title and passage are asked for in turn, by `silent` and `judge`
        self._could = lru_cache(maxsize=KNOWN)(self._settle)
        self._weight = lru_cache(maxsize=KNOWN)(self._weigh)
        self._groups = lru_cache(maxsize=KNOWN)(self._group)

    def _met(self, bits: int) -> list[_Compiled]:
        """Rules whose needs are all met by `bits`, in their order, barred ones too."""
        near = [item for item in self._rules if item.first & bits and item.second & bits]
        return [item for item in near if not item.rest or all(need & bits for need in item.rest)]

    def _mask(self, names: Iterable[str]) -> int:
        mask = 0
        for name in names:
            mask |= self._bits[name]
        return mask

    def _compile(self, rule: Rule) -> _Compiled:
        first, second, *rest = *sorted([self._mask(part) for part in rule.all], key=int.bit_count), _ANYTHING
        return _Compiled(first, second, tuple(need for need in rest if need != _ANYTHING), self._mask(rule.none), rule)

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
        head = self._read(title, placed, figures)
        if text and not (head and head.weight.label == "E"):
            body = self._read(f"{title}。{text[:BODY_CHARS]}", placed, figures, factor=BODY_FACTOR, frame=title)
            head = body if _stronger(body, head) else head
        verdict = self._verdict(head)
        if verdict.label != "O" or (region is not None and region.foreign):
            return verdict
        learned = self._learned(title)
        return verdict if learned is None else _listed(verdict, learned)

    def silent(self, title: str, text: str = "") -> bool:
        """Whether the verdict is nothing wherever the matter lies: then nobody need look for its place, which costs more."""
        return self._silent(title, text) and self._learned(title) is None

    def _silent(self, title: str, text: str) -> bool:
        """Whether no rule fires. Title and text are read at once: where nothing is met there, barred or not, nothing is in the title alone."""
        if not text:
            return self._could(self._say(title).bits) is not _Could.FIRES
        said = self._say(f"{title}。{text[:BODY_CHARS]}")
        could = self._could(said.bits)
        if could is _Could.NOTHING and self._matcher.parts and said.folded.startswith(fold(title)):
            return True
        return could is not _Could.FIRES and self._could(self._say(title).bits) is not _Could.FIRES

    def _learned(self, title: str) -> Hit | None:
        """What was learned speaks for a title no rule speaks for; None for one that a context frames (a film, a match, a price)."""
        if self._hunch is None:
            return None
        said = self._say(title)
        score = 0.0 if said.words & self._framing else self._hunch.score(said.folded)
        if score < self._hunch.threshold:
            return None
        return Hit("learned", "、".join(self._hunch.telling(said.folded)), round(score, 3), FILE, 0)

    def _hear(self, text: str) -> _Said:
        folded = fold(text)
        words = self._matcher.present(folded)
        if not words:
            return _Said(folded)
        if "年" in text and _OLD_YEAR.search(text):
            words |= self._bits["@old_year"]
        magnitude = _MAGNITUDE.search(text) if "级" in text else None
        return _Said(folded, words, self._tolled(folded, None, magnitude), float(magnitude.group(1)) if magnitude else None)

    def _tolled(self, folded: str, figures: Mapping[str, int | None] | None, magnitude: object) -> int:
        return self._mask(toll(folded, figures)) | (self._bits["@magnitude"] if magnitude else 0)

    def _settle(self, bits: int) -> _Could:
        """Whether some rule may fire, with the place that suits it best."""
        if not bits:
            return _Could.NOTHING
        met = self._met(bits | self._anywhere)
        fires = any(not item.bars & bits for item in met)
        return _Could.FIRES if fires else _Could.BARRED if met else _Could.NOTHING

    def _read(
        self,
        text: str,
        placed: int,
        figures: Mapping[str, int | None] | None,
        factor: float = 1.0,
        frame: str = "",
    ) -> _Read | None:
        """What one passage weighs, None for nothing; contexts are read in `frame` (the title) where given: a body says much in passing."""
        said = self._say(text)
        if not said.words:
            return None
        if figures is not None:
            said = said._replace(toll=self._tolled(said.folded, figures, said.magnitude))
        pseudo = placed | said.toll
        framed = self._say(frame).words if frame else said.words
        weight = self._weight(said.words | pseudo, framed | pseudo, factor)
        return _Read(said, weight) if weight else None

    def _placed(self, title: str, region: Place | None) -> int:
        """Bits of the region; `@body_place` where the title names none of its words, so that only the text places the matter."""
        if region is None:
            return 0
        if region.foreign:
            return self._bits["@foreign"]
        if not (region.province or region.city or region.county):
            return 0
        names = ["@place"]
        if region.city or region.county:
            names.append("@city")
        if region.evidence and not any(word in title for word in region.evidence):
            names.append("@body_place")
        return self._mask(names)

    def _weigh(self, bits: int, framed: int, factor: float) -> _Weight | None:
        """Weight of the groups of a passage and of its frame; None where no rule fires."""
        if bits & self._harmed and bits & self._hazards:
            bits |= self._bits["@disaster"] | (self._bits["@disaster_here"] if bits & self._bits["@place"] else 0)
        fired = [item.rule for item in self._met(bits) if not item.bars & bits]
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
        alarm = _alarm(fired, active, factor)
        return _Weight(bits, label, round(e, 3), round(max(e, n), 3), best, factor, alarm, active)

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
        weight, folded = read.weight, read.said.folded
        bits, label = weight.bits, weight.label
        groups, hazards = self._groups(bits & ~self._pseudo)
        return Verdict(
            label=label,
            score_e=weight.score_e,
            score_en=weight.score_en,
            category=self._category(weight.best, hazards, groups) if label != "O" else "",
            alarm=weight.alarm,
            high_consequence=label == "E" and bool(bits & self._consequence),
            rumor_like=bool(bits & self._refute),
            hits=self._why(weight, folded),
            excluded_by=tuple([self._context_hit(active, folded) for active in weight.active]),
            groups=groups,
            magnitude=read.said.magnitude,
            hazards=hazards,
            none_hurt=bool(bits & self._bits["@none_hurt"]),
        )

    def _category(self, rule: Rule, hazards: tuple[str, ...], present: frozenset[str]) -> str:
        """The rule's own category, else that of the hazard it is about; of a grievance that of the subject named first in `category_order`."""
        if rule.category:
            return rule.category
        named = {name for part in rule.all for name in part}
        told = [name for name in hazards if name in named or "@toll" in named]
        if rule.label == "N":
            told += [name for name in self.lexicon.stories.get("category_order", ()) if name in present]
        return next((found for name in told if (found := self.lexicon.groups[name].category)), "other")

    def _why(self, weight: _Weight, folded: str) -> tuple[Hit, ...]:
        rule = weight.best
        named = self._mask([name for part in rule.all for name in part])
        words = self._matcher.words(folded, named)
        head = Hit(rule.id, "", rule.weight * weight.factor, rule.file, rule.line)
        return (head, *[Hit(word.id, word.text, 0.0, word.file, word.line) for word in words])

    def _context_hit(self, active: _Active, folded: str) -> Hit:
        context = active.context
        word = next(iter(self._matcher.words(folded, active.groups)), None)
        text, file, line = (word.text, word.file, word.line) if word else ("", context.file, context.line)
        return Hit(context.id, text, -max(context.e, context.n), file, line)


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
    if body is None or head is None:
        return body is not None and (body.weight.score_en > 0 or body.weight.label != "O")
    return body.weight.score_en > head.weight.score_en or (head.weight.label == "O" and body.weight.label != "O")


_NOTHING = Verdict(label="O", score_e=0.0, score_en=0.0, category="", alarm="never", high_consequence=False, rumor_like=False)
