"""Earlier clarifications an installation knows of (clarified.toml): rumours answered before this program kept the record.

[[clarified]]
date = 2025-03-02
title = "关于青山水库溃坝传言的情况说明"
url = "https://…"
claims = ["青山水库要溃坝"]      # how the rumour was told; may be left out
county = "鹿溪县"                # may be left out
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from config.tables import TableError, misshapen, read_table

SHAPE = {"clarified": [{"date": object, "title": str, "url": str, "claims": [str], "county": str}]}


class ClarifiedError(TableError):
    """clarified.toml is wrong; one Chinese sentence a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarification:
    """One rumour answered: when, under which title and address, how it was told. `number`: our own incident, 0 = from the list."""

    on: date
    title: str
    url: str = ""
    claims: tuple[str, ...] = ()
    county: str = ""
    number: int = 0


def load_clarified(*paths: Path) -> tuple[Clarification, ...]:
    """All entries of the files; files that do not exist are skipped; raises ClarifiedError with every mistake."""
    found: list[Clarification] = []
    problems: list[str] = []
    for path in (p for p in paths if p.is_file()):
        table = read_table(path, ClarifiedError)
        problems += misshapen(table, SHAPE)
        for n, row in enumerate(table.data.get("clarified", ())):
            if type(row.get("date")) is date and row.get("title"):
                found.append(_entry(row))
            else:
                problems.append(
                    f"{table.at('clarified', n)}：第{n + 1}条要有 date（如 2025-03-02，不加引号）和 title，请补写或改正。"
                )
    if problems:
        raise ClarifiedError("\n".join(problems))
    return tuple(found)


def _entry(row: dict[str, Any]) -> Clarification:
    return Clarification(
        on=row["date"],
        title=row["title"],
        url=row.get("url", ""),
        claims=tuple(row.get("claims", ())),
        county=row.get("county", ""),
    )
