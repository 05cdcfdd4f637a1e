"""What kind of letter it is (咨询、求助、建议、投诉举报、表扬感谢) and whether it tells of a grave matter. Ordered rules over the title, then the text.

The result is a proposal with reasons. Words: `letters.toml`. Nature of a letter follows domain.md §7: a suggestion is 建设性意见,
a grave one 重大问题, the rest 实际困难; a letter of thanks asks for nothing and has none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import ahocorasick_rs

from config.wording import Term, Wording

OPENING = 160  # characters of the body that say what the writer wants; the end says it again
ENDING = 120


class LetterType(StrEnum):
    """Types of the hotlines and letter boxes."""

    ASK = "咨询"
    PLEAD = "求助"
    SUGGEST = "建议"
    ACCUSE = "投诉举报"
    THANK = "表扬感谢"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterVerdict:
    """Type, gravity and nature (建设性意见、实际困难、重大问题) with reasons."""

    letter_type: LetterType
    serious: bool
    nature: str
    reasons: tuple[str, ...]


class LetterJudge:
    """The word lists compiled for many letters."""

    __slots__ = ("_automaton", "_terms")

    def __init__(self, wording: Wording) -> None:
        self._terms = wording.terms()
        self._automaton = ahocorasick_rs.AhoCorasick([term.text for term in self._terms])

    def judge(self, title: str, text: str = "") -> LetterVerdict:
        """Type and gravity of a letter; a letter without any sign is a plea."""
        head = self._groups(title)
        parts = text if len(text) <= OPENING + ENDING else text[:OPENING] + "\n" + text[-ENDING:]
        body = self._groups(parts)
        letter_type, why = _type_of(title, head, body)
        whole = self._groups(text)
        grave, danger = [*head.get("grave", ()), *whole.get("grave", ())], whole.get("danger", [])
        serious = _is_serious(letter_type, head, grave, danger)
        reasons = [why]
        if serious:
            reasons.append(f"涉及重大问题用语：{_quoted(grave + danger)}")
        return LetterVerdict(
            letter_type=letter_type, serious=serious, nature=_nature(letter_type, serious), reasons=tuple(reasons)
        )

    def _groups(self, text: str) -> dict[str, list[Term]]:
        found: dict[str, list[Term]] = {}
        for index in dict.fromkeys(index for index, _, _ in self._automaton.find_matches_as_indexes(text, overlapping=True)):
            term = self._terms[index]
            found.setdefault(term.group, []).append(term)
        return found


Groups = dict[str, list[Term]]


def _type_of(title: str, head: Groups, body: Groups) -> tuple[LetterType, str]:
    """The first rule that fits, with its reason."""
    accuse, wrong, ask = head.get("accuse", []), head.get("wrong", []), head.get("ask", [])
    suggest, plead, question = head.get("suggest", []), head.get("plead", []), head.get("question", [])
    if not (accuse or wrong or ask) and _thanks(title, head, body):
        return LetterType.THANK, f"标题有{_quoted(head.get('thank') or head['thank_title'])}，是来感谢、表扬的"
    if rescue := [] if accuse or ask else head.get("rescue", []):
        return LetterType.PLEAD, f"标题有{_quoted(rescue)}，求解决困难"
    if head.get("ask_sure") and not (accuse or wrong):
        return LetterType.ASK, f"标题有{_quoted(head['ask_sure'])}，是来问办法的"
    if ask and not (accuse and title.find(accuse[0].text) < title.find(ask[0].text)):
        return LetterType.ASK, f"标题有{_quoted(ask)}，是来问的"
    if accuse:
        return LetterType.ACCUSE, f"标题有{_quoted(accuse)}，是来投诉举报的"
    said_first = bool(suggest) and (title.startswith(suggest[0].text) or title.rstrip("。！!").endswith(suggest[0].text))
    if suggest and (said_first or not wrong):
        return LetterType.SUGGEST, f"标题有{_quoted(suggest)}，是来建议的"
    if not plead and head.get("victim") and len(body.get("body_help", ())) > len(body.get("body_blame", ())):
        return LetterType.PLEAD, f"标题有{_quoted(head['victim'])}、正文有{_quoted(body['body_help'])}，自家人受了害，来求助"
    if wrong or (plead and head.get("fault")):
        return LetterType.ACCUSE, f"标题有{_quoted(wrong or head['fault'])}，指有人做错"
    if plead and head.get("improve") and not head.get("own"):
        return LetterType.SUGGEST, f"标题有{_quoted(plead)}和{_quoted(head['improve'])}，是在提主张"
    if question and not plead:
        return LetterType.ASK, f"标题是问句（{_quoted(question)}）"
    if plead:
        return LetterType.PLEAD, f"标题有{_quoted(plead)}，求解决困难"
    if title.rstrip().endswith(("？", "?")):
        return LetterType.ASK, "标题是问句"
    return _type_of_body(head, body)


def _thanks(title: str, head: Groups, body: Groups) -> bool:
    """A letter of thanks says so in its title; words of thanks at the end of another letter are only polite."""
    opening = any(title.startswith(term.text) for term in head.get("thank_title", ()))
    return opening or (bool(head.get("thank")) and not (body.get("body_blame") or head.get("plead")))


def _type_of_body(head: Groups, body: Groups) -> tuple[LetterType, str]:
    weight = {
        LetterType.ACCUSE: _said(body, "accuse", "blame") + (2 if head.get("fault") else 0.5),
        LetterType.PLEAD: _said(body, "plead", "help") + 0.4,
        LetterType.ASK: 1.5 * len(body.get("body_ask", ())) + _said(body, "enquire"),
        LetterType.SUGGEST: _said(body, "suggest", "propose"),
    }
    best = max(weight, key=lambda kind: weight[kind])
    return best, f"标题看不出类型，按正文用语归为{best}"


def _said(body: Groups, *names: str) -> float:
    """How much the words of the body's groups say together: each counts once, with its group's weight (1 where none is given)."""
    return sum(term.weight or 1.0 for name in names for term in body.get(f"body_{name}", ()))


def _is_serious(letter_type: LetterType, head: Groups, grave: list[Term], danger: list[Term]) -> bool:
    if letter_type in (LetterType.ASK, LetterType.SUGGEST, LetterType.THANK):
        return False
    return bool(head.get("grave")) or _different(grave) >= 3 or _different(danger) >= 2


def _different(terms: list[Term]) -> int:
    return len({term.text for term in terms})


def _nature(letter_type: LetterType, serious: bool) -> str:
    if letter_type is LetterType.THANK:
        return ""
    if letter_type is LetterType.SUGGEST:
        return "建设性意见"
    return "重大问题" if serious else "实际困难"


def _quoted(terms: Iterable[Term]) -> str:
    return "、".join(f"“{text}”" for text in dict.fromkeys(term.text for term in list(terms)[:3]))
