"""The six disposition classes of domain.md §7 as a proposal with reasons; several may hold for one incident, a person decides.

Style alone never makes false information (only 查证 is proposed), and a wrong opinion is never called false information. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import ahocorasick_rs

from config.wording import Term, Wording
from playbooks.letter import LetterType, LetterVerdict

CITATION = "黑龙江省政务舆情办法第十四条"
_MOST_PER_GROUP = 2
_LETTER_TYPE, _GRAVE, _INCIDENT, _ASKING = 3.0, 4.0, 4.0, 2.0


class Disposition(StrEnum):
    """What kind of opinion it is; decides what must be done and what is published afterwards."""

    CONSTRUCTIVE = "constructive"
    HARDSHIP = "hardship"
    MAJOR_PROBLEM = "major_problem"
    UNAWARE = "unaware"
    MISTAKEN = "mistaken"
    FALSE_INFO = "false_info"


_GROUP_CLASS = {
    "constructive": Disposition.CONSTRUCTIVE,
    "hardship": Disposition.HARDSHIP,
    "major_problem": Disposition.MAJOR_PROBLEM,
    "unaware": Disposition.UNAWARE,
    "mistaken": Disposition.MISTAKEN,
    "refuted": Disposition.FALSE_INFO,
}
_FOR_LETTER = {
    LetterType.SUGGEST: Disposition.CONSTRUCTIVE,
    LetterType.ASK: Disposition.HARDSHIP,
    LetterType.PLEAD: Disposition.HARDSHIP,
    LetterType.ACCUSE: Disposition.HARDSHIP,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Strand:
    """One strand of opinion. `letter` is given for letters and orders only; `label` is the gate's E, N, O or empty.

    `rumor_like` says that the style asks for verification.
    """

    title: str
    text: str = ""
    letter: LetterVerdict | None = None
    label: str = ""
    category: str = ""
    rumor_like: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One class with its evidence; `score` only orders proposals of one strand."""

    disposition: Disposition
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionVerdict:
    """Proposals best first (empty = unknown) and whether verification must come first."""

    proposals: tuple[Proposal, ...]
    verify_first: bool
    reasons: tuple[str, ...]

    @property
    def first(self) -> Disposition | None:
        return self.proposals[0].disposition if self.proposals else None


_UNKNOWN = DispositionVerdict(proposals=(), verify_first=False, reasons=())


class DispositionJudge:
    """The words compiled for many strands."""

    __slots__ = ("_automaton", "_terms", "_threshold")

    def __init__(self, wording: Wording) -> None:
        self._terms = wording.terms()
        self._automaton = ahocorasick_rs.AhoCorasick([term.text for term in self._terms])
        self._threshold = wording.settings.get("threshold", 2.0)

    def judge(self, strand: Strand) -> DispositionVerdict:
        """Classes whose evidence reaches the threshold; a letter always gets one, an ordinary text may get none."""
        found, said = self._found(strand), _context(strand)
        if not found and not said and not strand.rumor_like:
            return _UNKNOWN
        scores: dict[Disposition, float] = {}
        reasons: dict[Disposition, list[str]] = {}
        for group, terms in found.items():
            kind = _GROUP_CLASS.get(group)
            if kind is not None:
                _add(scores, reasons, kind, sum(term.weight for term in terms[:_MOST_PER_GROUP]), _word_reason(terms))
        for kind, points, why in said:
            _add(scores, reasons, kind, points, why)
        if strand.letter is None and strand.label == "O" and Disposition.FALSE_INFO not in scores:
            scores.pop(Disposition.MAJOR_PROBLEM, None)  # an everyday text that merely uses a grave word
        order = [kind for kind in Disposition if scores.get(kind, 0.0) >= self._threshold]
        order.sort(key=lambda kind: -scores[kind])
        proposals = tuple(Proposal(disposition=kind, score=scores[kind], reasons=tuple(reasons[kind])) for kind in order)
        unproved = found.get("unproved", ())
        verify = bool(unproved) or strand.rumor_like
        return DispositionVerdict(proposals=proposals, verify_first=verify, reasons=_summary(proposals, verify, unproved))

    def _found(self, strand: Strand) -> dict[str, list[Term]]:
        groups: dict[str, list[Term]] = {}
        text = f"{strand.title}\n{strand.text}"
        for index in dict.fromkeys(index for index, _, _ in self._automaton.find_matches_as_indexes(text)):
            groups.setdefault(self._terms[index].group, []).append(self._terms[index])
        return groups


def _context(strand: Strand) -> list[tuple[Disposition, float, str]]:
    """Points that come from the letter's type and the gate's label."""
    found: list[tuple[Disposition, float, str]] = []
    letter = strand.letter
    if letter is not None:
        if letter.serious and letter.letter_type is not LetterType.SUGGEST:
            found.append((Disposition.MAJOR_PROBLEM, _GRAVE + _LETTER_TYPE, "；".join(letter.reasons)))
        elif (kind := _FOR_LETTER.get(letter.letter_type)) is not None:
            found.append((kind, _LETTER_TYPE + _GRAVE, f"来信类型为{letter.letter_type}（{letter.reasons[0]}）"))
        if letter.letter_type is LetterType.ASK:
            found.append((Disposition.UNAWARE, _ASKING, "来信是来问的，公开答复即可解疑释惑"))
    elif strand.label == "E":
        found.append((Disposition.MAJOR_PROBLEM, _INCIDENT, "属于突发事件，须调查处置"))
    elif strand.label == "N":
        found.append((Disposition.MAJOR_PROBLEM, _INCIDENT / 2, "属于涉政务的负面事件"))
    if strand.category == "rumor":
        found.append((Disposition.FALSE_INFO, 2.0, "事件类别为网络传言，查证不实后按虚假信息处置"))
    return found


def _add(
    scores: dict[Disposition, float], reasons: dict[Disposition, list[str]], kind: Disposition, points: float, why: str
) -> None:
    scores[kind] = scores.get(kind, 0.0) + points
    reasons.setdefault(kind, []).append(why)


def _word_reason(terms: Sequence[Term]) -> str:
    return "出现" + "、".join(f"“{term.text}”（{term.place}）" for term in terms[:3])


def _summary(proposals: Sequence[Proposal], verify: bool, unproved: Sequence[Term]) -> tuple[str, ...]:
    lines = [reason for proposal in proposals[:1] for reason in proposal.reasons]
    if verify:
        words = "、".join(f"“{term.text}”" for term in unproved[:3])
        lines.append(f"说法来源含糊（{words}），先查证再定性" if words else "写法像未经证实的传言，先查证再定性")
    if proposals:
        lines.append(f"分类依据：{CITATION}；此为建议，由人认定")
    return tuple(lines)
