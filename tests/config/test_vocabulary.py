"""The names the settings may use are those the code understands."""

from __future__ import annotations

import ast
from pathlib import Path

from bot import cards
from config import vocabulary as words
from monitors.kinds import KINDS
from monitors.kinds.fields import Fields
from playbooks import deadlines, fold
from playbooks.incident import Starts


def test_conditions_are_those_of_the_deadlines() -> None:
    assert set(words.CONDITIONS) == set(deadlines.CONDITIONS)


def test_releases_are_those_of_the_register() -> None:
    assert set(words.RELEASES) == set(fold.RELEASES)


def test_starts_are_instants_of_an_incident_or_of_its_handling() -> None:
    instants = set(Starts.__dataclass_fields__)
    assert instants <= set(words.STARTS)
    assert set(words.STARTS) - instants == {
        "alarmed_at",
        "urgent_at",
        "assigned_at",
        "returned_at",
        "last_release_at",
        *(f"{d}_at" for d in words.DUTIES),
    }


def test_source_kinds_are_those_of_the_parsers() -> None:
    assert set(words.SOURCE_KINDS) - set(KINDS) == {"folder", "vendor", "site"}
    assert set(KINDS) <= set(words.SOURCE_KINDS)


def test_fields_are_those_of_the_tables() -> None:
    assert set(words.FIELDS) == set(Fields.__dataclass_fields__)


def test_cards_are_known_to_the_card_writer() -> None:
    assert set(words.CARDS) <= set(cards.LEAD)
    assert set(words.NOTICES) <= set(cards.LEAD)


def strings(node: ast.AST) -> set[str]:
    return {c.value for c in ast.walk(node) if isinstance(c, ast.Constant) and isinstance(c.value, str)}


def test_notices_are_those_the_events_raise() -> None:
    raised: set[str] = set()
    for path in Path(fold.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.strip("_") == "notice":
                raised |= strings(node.args[1])
    assert {"first", "assigned", "latent"} <= raised
    assert raised <= set(words.NOTICES)
