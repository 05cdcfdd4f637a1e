"""Earlier clarifications an installation knows of (clarified.toml): rumours answered before this program kept the record.

[[clarified]]
date = 2025-03-02
title = "关于青山水库溃坝传言的情况说明"
url = "https://…"
claims = ["青山水库要溃坝"]      # how the rumour was told; may be left out
county = "鹿溪县"                # may be left out
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

KEYS = {"date", "title", "url", "claims", "county"}


class ClarifiedError(ValueError):
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
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
            raise ClarifiedError(f"{path.name}：读不出来（{e}），请检查文件是否为 UTF-8 编码的 TOML。") from e
        problems += [f"{path.name}：未知的段落 {key}，请改为 clarified。" for key in raw if key != "clarified"]
        for n, row in enumerate(raw.get("clarified", ()), 1):
            wrong = _wrong(row)
            if wrong:
                problems.append(f"{path.name}：第{n}条{wrong}。")
            else:
                found.append(_entry(row))
    if problems:
        raise ClarifiedError("\n".join(problems))
    return tuple(found)


def _wrong(row: dict[str, Any]) -> str:
    extra = "、".join(sorted(set(row) - KEYS))
    if extra:
        return f"有未知的键 {extra}，请删去"
    if type(row.get("date")) is not date or not row.get("title"):
        return "要有 date（如 2025-03-02，不加引号）和 title"
    return "" if isinstance(row.get("claims", []), list) else "的 claims 要写成列表"


def _entry(row: dict[str, Any]) -> Clarification:
    return Clarification(
        on=row["date"],
        title=str(row["title"]),
        url=str(row.get("url", "")),
        claims=tuple(str(c) for c in row.get("claims", ())),
        county=str(row.get("county", "")),
    )
