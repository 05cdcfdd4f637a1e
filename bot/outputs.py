"""Result files of demo and replay: one JSON object a line, raw Chinese, times with offset (contracts.md §2)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from bot import texts
from config.schema import Settings
from playbooks.incident import Incident
from playbooks.ladder import BEIJING


def iso(at: datetime | None) -> str | None:
    return at.astimezone(BEIJING).isoformat(timespec="seconds") if at else None


def incident_row(i: Incident, settings: Settings) -> dict[str, object]:
    """One line of incidents.jsonl."""
    unit = i.primary_unit or i.suggested_unit
    history = [[iso(a.at), a.level.code if a.level else None] for a in i.assessments]
    return {
        "id": str(i.number),
        "opened_at": iso(i.opened_at),
        "alerted": i.alarmed_at is not None,
        "alerted_at": iso(i.alarmed_at),
        "title": i.title,
        "category": i.category,
        "level_history": history,
        "region": {
            "province": i.place.province or None,
            "city": i.place.city or None,
            "county": i.place.county or None,
            "foreign": i.place.foreign,
        },
        "unit": {"code": unit or None, "name": texts.unit_name(unit, settings) if unit else None},
        "items": [[iso(m.at), m.source, m.title] for m in i.members],
        "closed_at": iso(i.closed_at),
    }


def write_lines(path: Path, rows: Iterable[Mapping[str, object]]) -> int:
    """Write JSONL whole or not at all; returns the number of lines."""
    temporary = path.with_name(path.name + ".new")
    count = 0
    with temporary.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    temporary.replace(path)
    return count
