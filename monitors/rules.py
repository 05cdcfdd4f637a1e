"""Which rules of a lexicon the groups of a text meet and bar, all rules at once.

A group's mark is one integer: its own bit, and above it a row of bits for every need of the rules and one for what bars them, each
rule in the place of its number. The marks of the groups present are united; a rule is met where all rows have its bit. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from config.lexicon import Rule


class Rules:
    """The rules of a lexicon; build once. `bits` gives the bit of each group."""

    def __init__(self, rules: Sequence[Rule], bits: Mapping[str, int]) -> None:
        self._rules = tuple(rules)
        self._names = {bit: name for name, bit in bits.items()}
        self._rows = max((len(rule.all) for rule in rules), default=0)
        self._width, self._above = len(self._rules), len(bits)
        self._every, self.groups = (1 << self._width) - 1, (1 << self._above) - 1
        self._unasked = 0  # a need that a rule does not have is met by anything
        self.marks = dict(bits)
        for place, rule in enumerate(self._rules):
            for row in range(len(rule.all), self._rows):
                self._unasked |= self._spot(row, place)
            for row, names in [*enumerate(rule.all), (self._rows, rule.none)]:
                for name in names:
                    self.marks[name] |= self._spot(row, place)
        weights = sorted({rule.weight for rule in self._rules}, reverse=True)
        self._weighing = [
            (weight, sum(1 << place for place, rule in enumerate(self._rules) if rule.weight == weight)) for weight in weights
        ]

    def _spot(self, row: int, place: int) -> int:
        return 1 << self._above + row * self._width + place

    def mark(self, names: Iterable[str]) -> int:
        """The marks of some groups, united."""
        mark = 0
        for name in names:
            mark |= self.marks[name]
        return mark

    def of(self, groups: int) -> int:
        """The united marks of the groups whose bits these are."""
        mark = 0
        while groups:
            low = groups & -groups
            mark |= self.marks[self._names[low]]
            groups ^= low
        return mark

    def look(self, marks: int, supposed: int = 0) -> tuple[int, int]:
        """Rules that are met and rules that are barred; what is only `supposed` to be there meets needs, but bars nothing."""
        rows = marks >> self._above
        barred = rows >> self._rows * self._width
        rows = (marks | supposed | self._unasked) >> self._above
        met = self._every
        for _ in range(self._rows):
            met &= rows
            rows >>= self._width
        return met, barred

    def weight(self, met: int) -> float:
        """Of the weightiest rule of such a set; 0 for none."""
        if met:
            for weight, rules in self._weighing:
                if met & rules:
                    return weight
        return 0.0

    def named(self, met: int) -> Iterator[Rule]:
        """The rules of such a set, in their order."""
        while met:
            low = met & -met
            yield self._rules[low.bit_length() - 1]
            met ^= low
