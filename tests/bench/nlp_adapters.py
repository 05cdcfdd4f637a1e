"""Adapters between the judgement functions and the outside scorers: rows in, predictions out, same order."""

from typing import Any

from config.gazetteer import load_gazetteer
from monitors.counted import Metric
from monitors.figures import extract
from monitors.region import Locator

_SCORED = (Metric.DEATHS, Metric.INJURED, Metric.MISSING, Metric.POISONED)


def casualty(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Predict the casualty numbers of each row."""
    return [{m.value: found.number(m) for m in _SCORED} for r in rows for found in [extract(r["title"], r["text"])]]


def region(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Predict the place of each title."""
    locator = Locator(load_gazetteer())
    return [
        {"province": found.province, "city": found.city, "county": found.county}
        for row in rows
        for found in [locator.locate(row["title"])]
    ]
