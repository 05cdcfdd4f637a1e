"""Is a text an emergency (E), a negative public affair (N) or ordinary (O), and may it disturb an officer?

    title (+ first 200 characters of the text) -> words -> rules -> contexts -> Verdict with every word that counted

Rules and words come from the lexicon; a number-toll, a place and a magnitude are pseudo groups (`@toll`, `@place`, `@magnitude`)
that this module derives. The verdict is a suggestion: `alarm` says what the rule allows, the policy decides.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from config.lexicon import PSEUDO, Context, Lexicon, Rule
from monitors.lexicon import Found, Matcher, fold

BODY_CHARS = 200
BODY_FACTOR = 0.9  # a word far from the title weighs less
KNOWN = 20_000
"""Combinations of groups remembered before they are forgotten."""
PLACES = ("@place", "@city", "@body_place", "@foreign")
_RANK = {"list": 1, "digest": 2, "now": 3}
_UNIT = r"(?!岁|头|匹|尾|群|只(?!是|有)|个月|时|年|月|日|天|次|级|小时|元|万元|%|周|楼|层|号|米|公里|分|点|旬|后|集|季|期|斤|吨|倍|比|胜)"
_DEATHS = re.compile(
    rf"0{_UNIT}(?:人|名|位|口)?[^,。;!?0:|]{{0,6}}(?:死(?!角|刑|缓|者)|亡|遇难|丧生|罹难|遇害)|遇难0(?:人|名)|死亡0(?:人|名|例)|死亡人数|遇难人数"
)
_INJURED = re.compile(rf"0{_UNIT}(?:人|名|位)?[^,。;!?0:|]{{0,4}}(?:伤(?!亡|感|心|人|透)|送医|入院|住院|中毒)|伤亡人数")
_MISSING = re.compile(rf"0{_UNIT}(?:人|名|位|户)?[^,。;!?0:|]{{0,4}}(?:失联|失踪|被困|被埋|下落不明|被压|被卷|被冲)")
_MANY = re.compile(
    r"(?:多|数|数十|数百|上百|上千|近百|近千|若干)(?:人|名|车|位)[^,。;!?]{0,5}(?:死|亡|遇难|伤|失联|失踪|被困|被埋|送医|中毒|不适|相撞|落水)"
)
_UNHURT = re.compile(r"(?:无|没有|未造成|暂无|尚无|未接到|未发现|暂未|未有)[^,。;!?]{0,6}(?:伤亡|死亡|受伤|被困|遇难)")
_HARM = re.compile(r"[死亡难伤困埋联踪医毒适撞水]")  # in all that `_MANY` or `_UNHURT` finds
_COUNTED = re.compile(r"[死亡难丧害伤医院毒联踪困埋落压卷冲]")  # in all that the three patterns of a count find
_MAGNITUDE = re.compile(r"([0-9]\.[0-9])级")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A word or rule that counted: `rule` is its id, `file` and `line` say where an editor finds it."""

    rule: str
    word: str
    weight: float
    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
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


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    needs: tuple[int, ...]
    bars: int


class _Read(NamedTuple):
    """What one passage says, weighed; its reasons are only looked for where it decides."""

    folded: str
    bits: int
    fired: list[Rule]
    active: list[Context]
    factor: float
    magnitude: float | None
    label: str
    score_e: float
    score_en: float


class Gate:
    """Judges titles with one lexicon; build once."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._matcher = Matcher(lexicon)
        self._bits = dict(self._matcher.bits)
        for name in PSEUDO:
            self._bits[name] = 1 << len(self._bits)
        self._rules = [self._compile(rule) for rule in lexicon.rules]
        self._led = self._leads()
        self._contexts = [(context, self._mask(context.any), self._mask(context.unless)) for context in lexicon.contexts]
        self._order = {name: index for index, name in enumerate(lexicon.stories.get("hazard_order", tuple(lexicon.groups)))}
        self._consequence = self._mask(name for name, group in lexicon.groups.items() if group.consequence)
        self._anywhere, self._pseudo = self._mask(PLACES), self._mask(PSEUDO)
        self._fires: dict[int, list[Rule]] = {}
        self._known: dict[int, _Could] = {}  # ordinary texts share few combinations of groups
        self._refute = self._mask(name for name in ("refute", "claim") if name in lexicon.groups)

    def _leads(self) -> dict[int, list[int]]:
        """Bit -> rules that can fire only with it or with another of their rarest need; 0 -> rules without needs.

        A text sets few bits, so few of the rules need looking at.
        """
        led: dict[int, list[int]] = {0: []}
        for index, item in enumerate(self._rules):
            lead = min(item.needs, key=int.bit_count, default=0)
            for bit in (1 << n for n in range(lead.bit_length()) if lead >> n & 1):
                led.setdefault(bit, []).append(index)
            if not item.needs:
                led[0].append(index)
        return led

    def _fired(self, bits: int) -> list[Rule]:
        """Rules whose needs are all met by `bits` and that nothing in them bars, in their order."""
        fired = self._fires.get(bits)
        if fired is None:
            if len(self._fires) >= KNOWN:
                self._fires.clear()
            fired = self._fires[bits] = [item.rule for item in self._met(bits) if not item.bars & bits]
        return fired

    def _met(self, bits: int) -> list[_Compiled]:
        """Rules whose needs are all met by `bits`, in their order, barred ones too."""
        looked_at = set(self._led[0])
        rest = bits
        while rest:
            bit = rest & -rest
            looked_at.update(self._led.get(bit, ()))
            rest ^= bit
        chosen = (self._rules[index] for index in sorted(looked_at))
        return [item for item in chosen if all(need & bits for need in item.needs)]

    def _mask(self, names: Iterable[str]) -> int:
        mask = 0
        for name in names:
            mask |= self._bits[name]
        return mask

    def _compile(self, rule: Rule) -> _Compiled:
        return _Compiled(rule, tuple(self._mask(part) for part in rule.all), self._mask(rule.none))

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
        if not text or (head and head.label == "E"):
            return self._verdict(head)
        body = self._read(f"{title}。{text[:BODY_CHARS]}", placed, figures, factor=BODY_FACTOR, frame=title)
        return self._verdict(body if _stronger(body, head) else head)

    def silent(self, title: str, text: str = "") -> bool:
        """Whether the verdict is nothing wherever the matter lies: then nobody need look for its place, which costs more.

        Title and text are read at once: where nothing is met there, barred or not, nothing is in the title alone.
        """
        if not text:
            return self._could(fold(title), title) is not _Could.FIRES
        passage = f"{title}。{text[:BODY_CHARS]}"
        folded, head = fold(passage), fold(title)
        could = self._could(folded, passage)
        if could is _Could.NOTHING and self._matcher.parts and folded.startswith(head):
            return True
        return could is not _Could.FIRES and self._could(head, title) is not _Could.FIRES

    def _could(self, folded: str, text: str) -> _Could:
        """Whether some rule may fire, with the place that suits it best."""
        bits = self._matcher.present(folded)
        if not bits:
            return _Could.NOTHING
        bits |= self._mask(_toll(folded, None))
        if "级" in text and _MAGNITUDE.search(text):
            bits |= self._bits["@magnitude"]
        could = self._known.get(bits)
        if could is None:
            if len(self._known) >= KNOWN:
                self._known.clear()
            met = self._met(bits | self._anywhere)
            fires = any(not item.bars & bits for item in met)
            could = self._known[bits] = _Could.FIRES if fires else _Could.BARRED if met else _Could.NOTHING
        return could

    def _read(
        self,
        text: str,
        placed: int,
        figures: Mapping[str, int | None] | None,
        factor: float = 1.0,
        frame: str = "",
    ) -> _Read | None:
        """What one passage weighs, None for nothing; contexts are read in `frame` (the title) where given: a body says much in passing."""
        folded = fold(text)
        bits = self._matcher.present(folded)
        if not bits:
            return None
        magnitude = _MAGNITUDE.search(text) if "级" in text else None
        bits |= placed | self._mask(_toll(folded, figures))
        if magnitude:
            bits |= self._bits["@magnitude"]
        fired = self._fired(bits)
        if not fired:
            return None
        framed = self._framed(frame, bits) if frame else bits
        return self._weighed(folded, bits, framed, fired, factor, float(magnitude.group(1)) if magnitude else None)

    def _framed(self, frame: str, bits: int) -> int:
        """The bits of the title alone, with what only the whole passage can tell (place, toll) added."""
        return bits & self._pseudo | self._matcher.present(fold(frame))

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

    def _weighed(self, folded: str, bits: int, framed: int, fired: list[Rule], factor: float, magnitude: float | None) -> _Read:
        score = {"E": 0.0, "N": 0.0}
        for rule in fired:
            score[rule.label] = max(score[rule.label], rule.weight * factor)
        active = [
            context
            for context, mask, unless in self._contexts
            if mask & (bits if context.body else framed) and not unless & bits
        ]
        e = max(0.0, score["E"] - sum([context.e for context in active]))
        n = max(0.0, score["N"] - sum([context.n for context in active]))
        label = "E" if e >= 0.5 and e >= n else "N" if n >= 0.5 else "E" if e >= 0.5 else "O"
        return _Read(folded, bits, fired, active, factor, magnitude, label, round(e, 3), round(max(e, n), 3))

    def _verdict(self, read: _Read | None) -> Verdict:
        """The verdict on what was read, with its reasons."""
        if read is None:
            return _NOTHING
        label, fired, active, factor = read.label, read.fired, read.active, read.factor
        found = self._matcher.find(read.folded)
        best = max(fired, key=lambda rule: (rule.label == label, rule.weight, _RANK[rule.alarm]))
        allowed = max(
            (rule.alarm for rule in fired if rule.weight * factor >= 0.5), key=lambda name: _RANK[name], default="list"
        )
        allowed = min((allowed, *(context.cap for context in active if context.cap)), key=lambda name: _RANK[name])
        alarm = "never" if any(not context.alarm for context in active) else allowed
        names = frozenset([hit.word.group for hit in found])
        hazards = tuple(sorted((name for name in names if name in self._order), key=lambda name: self._order[name]))
        return Verdict(
            label=label,
            score_e=read.score_e,
            score_en=read.score_en,
            category=self._category(best, hazards) if label != "O" else "",
            alarm=alarm,
            high_consequence=label == "E" and bool(read.bits & self._consequence),
            rumor_like=bool(read.bits & self._refute),
            hits=self._why(best, found, factor),
            excluded_by=tuple([_context_hit(context, found) for context in active]),
            groups=names,
            magnitude=read.magnitude,
            hazards=hazards,
            none_hurt=bool(read.bits & self._bits["@none_hurt"]),
        )

    def _category(self, rule: Rule, hazards: tuple[str, ...]) -> str:
        if rule.category:
            return rule.category
        named = {name for part in rule.all for name in part}
        groups = self.lexicon.groups
        return next(
            (groups[name].category for name in hazards if groups[name].category and (name in named or "@toll" in named)),
            "other",
        )

    def _why(self, rule: Rule, found: list[Found], factor: float) -> tuple[Hit, ...]:
        named = {name for part in rule.all for name in part}
        seen: dict[str, Hit] = {}
        for hit in found:
            if hit.word.group in named:
                word = hit.word
                seen.setdefault(word.id, Hit(rule=word.id, word=word.text, weight=0.0, file=word.file, line=word.line))
        head = Hit(rule=rule.id, word="", weight=rule.weight * factor, file=rule.file, line=rule.line)
        return (head, *seen.values())


def _stronger(body: _Read | None, head: _Read | None) -> bool:
    """Whether the text says more than the title alone."""
    if body is None or head is None:
        return body is not None and (body.score_en > 0 or body.label != "O")
    return body.score_en > head.score_en or (head.label == "O" and body.label != "O")


def _toll(folded: str, figures: Mapping[str, int | None] | None) -> list[str]:
    names: list[str] = []
    if figures is not None:
        names += [f"@{key}" for key in ("deaths", "injured", "missing") if figures.get(key)]
        if figures.get("trapped") and "@missing" not in names:
            names.append("@missing")
    elif "0" in folded and _COUNTED.search(folded):
        names += [
            name
            for name, pattern in (("@deaths", _DEATHS), ("@injured", _INJURED), ("@missing", _MISSING))
            if pattern.search(folded)
        ]
    if _HARM.search(folded):
        if _MANY.search(folded):
            names.append("@many")
        if _UNHURT.search(folded):
            names.append("@none_hurt")
    if any(name in names for name in ("@deaths", "@injured", "@missing", "@many")):
        names.append("@toll")
    return names


def _context_hit(context: Context, found: list[Found]) -> Hit:
    word = next((hit.word for hit in found if hit.word.group in context.any), None)
    text, file, line = (word.text, word.file, word.line) if word else ("", context.file, context.line)
    return Hit(rule=context.id, word=text, weight=-max(context.e, context.n), file=file, line=line)


_NOTHING = Verdict(label="O", score_e=0.0, score_en=0.0, category="", alarm="never", high_consequence=False, rumor_like=False)
