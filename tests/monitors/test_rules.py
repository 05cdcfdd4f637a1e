"""All rules looked at together are met and barred as each is by itself."""

from __future__ import annotations

import random

from config.lexicon import Rule
from monitors.rules import Rules

GROUPS = tuple("abcdefgh")
BITS = {name: 1 << index for index, name in enumerate(GROUPS)}


def some_rules(rng: random.Random) -> list[Rule]:
    def part(most: int) -> tuple[str, ...]:
        return tuple(rng.sample(GROUPS, rng.randint(1, most)))

    return [
        Rule(
            id=f"r{n}",
            label=rng.choice("EN"),
            weight=rng.choice((0.4, 0.5, 0.7)),
            all=tuple(part(3) for _ in range(rng.randint(1, 4))),
            none=part(2) if rng.random() < 0.5 else (),
        )
        for n in range(rng.randint(1, 40))
    ]


def test_what_is_met_and_barred_is_what_each_rule_says() -> None:
    rng = random.Random(3)
    for _ in range(300):
        rules = some_rules(rng)
        table = Rules(rules, BITS)
        there, supposed = (set(rng.sample(GROUPS, rng.randint(0, 6))) for _ in range(2))
        met, barred = table.look(table.mark(there), table.mark(supposed))
        needs = [rule for rule in rules if all(set(part) & (there | supposed) for part in rule.all)]
        bars = [rule for rule in rules if set(rule.none) & there]
        assert list(table.named(met)) == needs
        assert list(table.named(barred)) == bars
        assert list(table.named(met & ~barred)) == [rule for rule in needs if rule not in bars]
        assert table.weight(met) == max((rule.weight for rule in needs), default=0.0)


def test_marks_are_those_of_the_bits() -> None:
    table = Rules(some_rules(random.Random(5)), BITS)
    for names in ((), ("a",), ("b", "e", "h"), GROUPS):
        bits = sum(BITS[name] for name in names)
        assert table.of(bits) == table.mark(names)
        assert table.mark(names) & table.groups == bits


def test_a_lexicon_without_rules_meets_nothing() -> None:
    assert Rules((), BITS).look(BITS["a"]) == (0, 0)
    assert Rules((), BITS).weight(0) == 0.0
