"""What joining reads out of the lexicon and out of a judgement: words of form, families of hazards and grievances, names of places."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial

from monitors.gate import KNOWN, Gate, Place, Verdict
from monitors.likeness import pieces
from monitors.sites import SiteReader
from monitors.story import ABROAD, MATTER

DULL, DULL_SUBJECT = 0.35, 0.6  # weight of words of form (通报, 网传) and of people and places in general (男子, 小区)
ANIMALS_POISONED, POISON = "animals_poisoned", "poison"  # the rule and the group of the lexicon


def names_of(region: Place) -> tuple[str, str, str]:
    """Province, city and county by which stories are told apart; abroad it is the country, or the name found where that is unknown."""
    if region.foreign and region.evidence:
        return f"{ABROAD}{region.country or region.evidence[0]}", "", ""
    return region.province or "", region.city or "", region.county or ""


def family_table(gate: Gate) -> dict[str, tuple[str, ...]]:
    """Group -> coarse families (`family_*` lists of hazards and `matter_*` lists of grievances in the lexicon's story section)."""
    found: dict[str, tuple[str, ...]] = {}
    for name, groups in gate.lexicon.stories.items():
        if name.startswith(("family_", MATTER)):
            for group in groups:
                found[group] = (*found.get(group, ()), name.removeprefix("family_"))
    return found


def families_of(verdict: Verdict, table: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Families of every hazard and grievance a verdict saw; what poisoned animals is not what poisons people."""
    return _families(table, verdict.groups, _animals(verdict))


def family_reader(gate: Gate) -> Callable[[Verdict], frozenset[str]]:
    """`families_of` with the words of one lexicon; the same few combinations of groups come again and again."""
    known = lru_cache(maxsize=KNOWN)(partial(_families, family_table(gate)))
    return lambda verdict: known(verdict.groups, _animals(verdict))


def _families(table: Mapping[str, tuple[str, ...]], groups: frozenset[str], animals: bool) -> frozenset[str]:
    spared = POISON if animals else ""
    return frozenset(family for group in groups if group != spared for family in table.get(group, ()))


def _animals(verdict: Verdict) -> bool:
    return bool(verdict.hits) and verdict.hits[0].rule == ANIMALS_POISONED


def site_reader(gate: Gate) -> SiteReader:
    """Reads the local places of titles; a word of the lexicon is no name."""
    common = [word.text for group in gate.lexicon.groups.values() for word in group.words]
    return SiteReader(gate.lexicon.stories, common)


def letter_form(gate: Gate) -> tuple[str, ...]:
    """Phrases people write in any letter (`letter_form` of the lexicon's story section)."""
    return gate.lexicon.stories.get("letter_form", ())


def dull_words(gate: Gate) -> dict[str, float]:
    """Words of form (and the pieces a segmenter makes of them), with the weight they keep when likeness is measured."""
    words: dict[str, float] = {}
    for group in gate.lexicon.groups.values():
        factor = DULL if group.kind in ("authority", "cue") else DULL_SUBJECT if group.kind == "subject" else 1.0
        if factor < 1.0:
            for word in group.words:
                for piece in (word.text, *pieces(word.text)):
                    words[piece] = min(factor, words.get(piece, 1.0))
    return words
