"""Mistakes in the settings as values: what is wrong, where, and what to do. All of them are collected; none stops the search.

Numbers: Y0xx reading a file, Y1xx clauses and ladders, Y2xx grades, categories, playbooks, Y3xx people and rota,
Y4xx sources and addresses, Y5xx tables read by other loaders (lexicon, routing, places).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ERROR = "error"
WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake. `file` is relative to the settings folder, `line` 0 where unknown; `key` names the entry or key."""

    id: str
    message: str
    remedy: str
    severity: str = ERROR
    file: str = ""
    line: int = 0
    key: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity == ERROR

    @property
    def place(self) -> str:
        """File and line as people write them, e.g. ``default/clauses.toml:12``; empty where no file is concerned."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file

    @property
    def text(self) -> str:
        """One Chinese line: number, place, key, what is wrong, what to do."""
        kind = "错误" if self.is_error else "提醒"
        where = " ".join(x for x in (self.place, self.key) if x)
        return f"{self.id} {kind} {where + '：' if where else ''}{self.message}{self.remedy}"


class Told(Exception):
    """Why a command cannot go on: the text is for the person at the terminal, one clear Chinese sentence or a list of them."""


class ConfigError(Told):
    """The settings cannot be used; `problems` holds every mistake found, warnings included."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        errors = [p.text for p in self.problems if p.is_error]
        super().__init__(f"配置有{len(errors)}处错误，请改正后重试。\n" + "\n".join(errors))


def errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(p for p in problems if p.is_error)
