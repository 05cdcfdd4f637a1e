"""A typed line that cannot be understood, or may mean several things: what is said back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class CommandError(Exception):
    """The line cannot be understood; the message says what is possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One way a line may have been meant: the number or the rest it should have had."""

    label: str
    number: int | None = None
    rest: str | None = None


class Unclear(CommandError):
    """The line may mean several things; `what` names what is to be chosen."""

    def __init__(self, text: str, what: str, choices: Sequence[Choice]) -> None:
        super().__init__(text)
        self.what = what
        self.choices = tuple(choices)
