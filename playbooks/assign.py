"""Which unit answers for a matter: function words, event category, territory, the unit named, what past orders taught.

The result is a proposal with at least three candidates and reasons (domain.md §6; design.md §3.6).

    Router(routing, model).assign(matter)   compiled once, for many matters
    unit_for(matter, routing, model)        the same for one matter
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import NamedTuple

import ahocorasick_rs

from config.routing import Function, FunctionWord, RoutedUnit, Routing
from monitors.linear import BayesModel, Hashing, Letter, features

TITLE_FACTOR = 3.0  # a word in the title counts three times one in the body
BODY_CHARS = 600  # what a letter is about stands in its beginning; the rest is story
NAMED_UNIT = 6.0
ASKED_UNIT = 20.0  # the writer turns to this unit
CATEGORY_LEAD = 90.0  # the kind of event outweighs the words around it (a school, a hospital, a building site)
CATEGORY_IN_LETTER = 10.0  # a letter says at length who should act; that it also tells of a fire of last year decides little
RULES_AMONG_MODEL = 4.0  # weight of the rule's share where a trained label is a unit of the table
SURE_MARGIN = 0.35
LEAST_CANDIDATES, MOST_CANDIDATES = 3, 5
ROUTER_HASHING = Hashing(bits=17, longest=2, cap=300)  # reading further gains nothing and costs time


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What routing may look at: `region` lists place names, large to small; `category` is a code of domain.md §3.

    `letter`: somebody writes at length about his own matter, unlike a headline or a report.
    """

    title: str
    text: str = ""
    category: str = ""
    region: tuple[str, ...] = ()
    letter: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The unit proposed, the candidates best first (three to five, as far as the table has them), who supports, and why.

    `code` is empty when nothing speaks for any unit and the table names no default; `sure` False asks a person to
    choose among `ranked`; `share` is the first candidate's part of all evidence, 0..1.
    """

    code: str
    name: str
    ranked: tuple[str, ...]
    reasons: tuple[str, ...]
    supports: tuple[str, ...] = ()
    share: float = 0.0
    sure: bool = False


class Hit(NamedTuple):
    """A function word found: how often it stands in the title and in the body, and what it adds."""

    word: FunctionWord
    function: Function
    title: int
    score: float


class Reader:
    """Finds function words. One automaton for all functions; where words overlap only the longest counts."""

    __slots__ = ("_automaton", "_entries")

    def __init__(self, functions: Sequence[Function]) -> None:
        entries: dict[str, list[tuple[FunctionWord, Function]]] = {}
        for function in functions:
            for word in function.words:
                entries.setdefault(word.text.casefold(), []).append((word, function))
        self._entries = tuple(entries.values())
        kind = ahocorasick_rs.MatchKind.LeftmostLongest
        self._automaton = ahocorasick_rs.AhoCorasick(list(entries), matchkind=kind) if entries else None

    def hits(self, title: str, text: str) -> list[Hit]:
        """Hits of both parts; a word of several functions is divided among them, repetition counts little."""
        if self._automaton is None:
            return []
        found: dict[int, list[int]] = {}
        for part, content in enumerate((title, text[:BODY_CHARS]) if text else (title,)):
            for index, _, _ in self._automaton.find_matches_as_indexes(content.casefold()):
                found.setdefault(index, [0, 0])[part] += 1
        result = []
        for index, (in_title, in_text) in found.items():
            owners = self._entries[index]
            times = TITLE_FACTOR * _repeated(in_title) + _repeated(in_text)
            for word, function in owners:
                result.append(Hit(word, function, in_title, times * word.weight**1.5 / len(owners) ** 0.5))
        return result


def _repeated(times: int) -> float:
    return 1 + 0.7 * log(times) if times else 0.0


def shares(hits: Sequence[Hit]) -> dict[str, float]:
    """Share of each function in all hits, summing to 1; empty without hits."""
    sums: dict[str, float] = {}
    for hit in hits:
        sums[hit.function.code] = sums.get(hit.function.code, 0.0) + hit.score
    total = sum(sums.values())
    return {code: value / total for code, value in sums.items()}


def letter_of(reader: Reader, title: str, text: str) -> Letter:
    """The letter as a trained router sees it; training and scoring both go through here."""
    return Letter(
        title=features(title, ROUTER_HASHING),
        body=features(text, ROUTER_HASHING),
        shares=shares(reader.hits(title, text)),
    )


class Router:
    """A routing table compiled for many matters."""

    __slots__ = (
        "_asking",
        "_automaton",
        "_by_function",
        "_by_label",
        "_called",
        "_leading",
        "_model",
        "_names",
        "_nobody",
        "_reader",
        "_routing",
        "_short",
        "_spelled",
        "_territories",
    )

    def __init__(self, routing: Routing, model: BayesModel | None = None) -> None:
        self._routing = routing
        self._model = model
        self._by_function: dict[str, list[RoutedUnit]] = {}
        for unit in routing.units:
            for code in unit.functions:
                self._by_function.setdefault(code, []).append(unit)
        own = tuple(Function(code=f"@{unit.code}", name=unit.name, words=unit.words) for unit in routing.units if unit.words)
        for unit in routing.units:
            self._by_function[f"@{unit.code}"] = [unit]
        self._reader = Reader((*routing.functions, *own))
        self._names = {unit.code: unit.name for unit in routing.units}
        self._called = [(unit, tuple(n for n in (unit.name, *unit.aliases) if len(n) > 2)) for unit in routing.units]
        self._leading = _leaders(routing)
        self._short = _short_names(routing)
        spelled = "|".join(map(re.escape, sorted(self._short, key=len, reverse=True)))
        self._asking = re.compile(rf"(?:请|求|恳请|麻烦|希望|望)[^，。！？；：“”]{{0,6}}?({spelled})") if spelled else None
        self._territories = frozenset(unit.territory for unit in routing.units if unit.territory)
        self._spelled = tuple(dict.fromkeys([*self._territories, *(name for _, names in self._called for name in names)]))
        self._automaton = ahocorasick_rs.AhoCorasick(self._spelled) if self._spelled else None
        self._by_label = {label: unit.code for unit in routing.units for label in (*unit.aliases, unit.name, unit.code)}
        self._nobody = self._proposal({}, {}, routing.default)

    def assign(self, matter: Matter) -> Assignment:
        """Candidates for a matter; never fails, a matter without any sign goes to the table's default unit."""
        hits = self._reader.hits(matter.title, matter.text)
        scores, reasons = self._by_rules(matter, hits)
        if self._model is None:
            return self._proposal(scores, reasons, self._routing.default) if reasons else self._nobody
        return self._proposal(*self._with_model(matter, hits, scores, reasons), self._routing.default)

    def _by_rules(self, matter: Matter, hits: Sequence[Hit]) -> tuple[dict[str, float], dict[str, list[str]]]:
        scores = dict.fromkeys(self._names, 0.0)
        reasons: dict[str, list[str]] = {}
        best: dict[tuple[str, str], Hit] = {}
        for hit in hits:
            for unit in self._by_function.get(hit.function.code, ()):
                key = (unit.code, hit.word.text)
                if key not in best or best[key].score < hit.score:
                    best[key] = hit
        for (code, _), hit in sorted(best.items(), key=lambda item: (-item[1].score, item[0])):
            scores[code] += hit.score
            reasons.setdefault(code, []).append(_word_reason(hit))
        asked = self._asked(matter)
        said, leading = self._spoken(matter), self._leading.get(matter.category, frozenset())
        if said or leading or asked or not self._territories.isdisjoint(matter.region):
            for unit, names in self._called:
                for points, reason in self._standing(unit, names, said, matter, leads=unit.code in leading, asked=asked):
                    scores[unit.code] += points
                    reasons.setdefault(unit.code, []).insert(0, reason)
        return scores, reasons

    def _asked(self, matter: Matter) -> str:
        """The unit the writer of a letter turns to last: 请民政局查一查, 请药监、公安立即查封."""
        if self._asking is None or not matter.letter:
            return ""
        found = self._asking.findall(matter.text)
        return self._short[found[-1]] if found else ""

    def _spoken(self, matter: Matter) -> frozenset[str]:
        """Names and territories of units that the text names."""
        if self._automaton is None:
            return frozenset()
        found = self._automaton.find_matches_as_indexes(matter.title + matter.text[:BODY_CHARS], overlapping=True)
        return frozenset([self._spelled[index] for index, _, _ in found])

    def _standing(
        self, unit: RoutedUnit, names: tuple[str, ...], said: frozenset[str], matter: Matter, *, leads: bool, asked: str
    ) -> list[tuple[float, str]]:
        """Points that do not come from function words: category lead, territory, one of the unit's own names in the text."""
        found = []
        if leads:
            citation = f"，依据{unit.citation}" if unit.citation else ""
            points = CATEGORY_IN_LETTER if matter.letter else CATEGORY_LEAD
            found.append((points, f"事件类别由{unit.name}牵头（分办表“{self._routing.name}”{citation}）"))
        if unit.territory and (unit.territory in said or unit.territory in matter.region):
            found.append((NAMED_UNIT, f"事发地在{unit.territory}，属地单位是{unit.name}"))
        name = next((name for name in names if name in said), "")
        if name:
            found.append((NAMED_UNIT, f"文中点名“{name}”"))
        if unit.code == asked:
            found.append((ASKED_UNIT, f"来信请{unit.name}处理"))
        return found

    def _with_model(
        self, matter: Matter, hits: Sequence[Hit], rules: Mapping[str, float], reasons: dict[str, list[str]]
    ) -> tuple[dict[str, float], dict[str, list[str]]]:
        """Log-linear sum of what past orders taught and of the rules, the latter only where a label is a unit of the table."""
        model = self._model
        assert model is not None
        letter = Letter(
            title=features(matter.title, model.hashing), body=features(matter.text, model.hashing), shares=shares(hits)
        )
        total = sum(rules.values()) or 1.0
        scores, told = {}, {}
        for label, score, count in zip(model.labels, model.scores(letter), model.counts, strict=True):
            unit = self._by_label.get(label, "")
            scores[label] = exp(3.0 * (score + RULES_AMONG_MODEL * rules.get(unit, 0.0) / total))
            told[label] = [f"与“{label}”以往办件（{count}件）用词相近", *reasons.get(unit, ())]
        return scores, told

    def _proposal(self, scores: Mapping[str, float], reasons: Mapping[str, list[str]], default: str) -> Assignment:
        # Where equal, in the order of the table.
        best = sorted([code for code, score in scores.items() if score > 0], key=scores.__getitem__, reverse=True)
        total = sum(scores.values())
        if not best or total <= 0:
            why = "先由兜底单位受理并判明职责。" if default else "请人工指定承办单位。"
            ranked = self._padded([], default)
            return Assignment(
                code=default, name=self._names.get(default, ""), ranked=ranked, reasons=(f"没有可据以分办的词语，{why}",)
            )
        ranked = self._padded(best[:MOST_CANDIDATES], default)
        first = ranked[0]
        share = scores[first] / total
        second = scores.get(ranked[1], 0.0) / total if len(ranked) > 1 else 0.0
        unit = self._routing.unit(self._by_label.get(first, first))
        return Assignment(
            code=first,
            name=self._names.get(first, first),
            ranked=ranked,
            reasons=tuple(reasons.get(first, ())[:4]),
            supports=unit.supports if unit else (),
            share=round(share, 4),
            sure=share - second >= SURE_MARGIN,
        )

    def _padded(self, ranked: list[str], default: str) -> tuple[str, ...]:
        """At least three candidates: who supports the first, the default, the coordinators, then the table's order."""
        if self._model is not None and ranked:
            return tuple(ranked)
        unit = self._routing.unit(ranked[0]) if ranked else None
        more = (*(unit.supports if unit else ()), default, *self._routing.coordinators, *self._names)
        for code in more:
            if code and code not in ranked and len(ranked) < LEAST_CANDIDATES:
                ranked.append(code)
        return tuple(ranked)


def _short_names(routing: Routing) -> dict[str, str]:
    """What people call a unit when they turn to it (民政、住建、市场监管) -> its code."""
    found: dict[str, str] = {}
    for unit in routing.units:
        for name in (unit.name, *unit.aliases):
            for spelled in (name, name.removeprefix("县").rstrip("局委办站所队")):
                if len(spelled) >= 2:
                    found.setdefault(spelled, unit.code)
    return found


def _leaders(routing: Routing) -> dict[str, frozenset[str]]:
    """Category -> units that lead it. A unit's own categories decide; only where no unit names one do its functions' speak."""
    led = {category for unit in routing.units for category in unit.categories}
    of_function = {function.code: function.categories for function in routing.functions}
    found: dict[str, set[str]] = {}
    for unit in routing.units:
        through = (category for code in unit.functions for category in of_function.get(code, ()) if category not in led)
        for category in (*unit.categories, *through):
            found.setdefault(category, set()).add(unit.code)
    return {category: frozenset(codes) for category, codes in found.items()}


def _word_reason(hit: Hit) -> str:
    where = "标题" if hit.title else "正文"
    return f"{where}出现“{hit.word.text}”（{hit.function.name.removeprefix('@')}，{hit.word.file}:{hit.word.line}）"


def unit_for(matter: Matter, routing: Routing, model: BayesModel | None = None) -> Assignment:
    """Propose a unit for one matter; compile a `Router` instead when there are many."""
    return Router(routing, model).assign(matter)
