"""Adapters between `score_nlp.py` and the gate and the joining; run as a program it prints one JSON line a figure.

python score_nlp.py incident --gold DATA --call nlp_adapters_gate:incident
python score_nlp.py event    --gold DATA --call nlp_adapters_gate:event
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO))

from bot.clusters import clusters  # noqa: E402 - the scorer starts us from anywhere
from bot.judging import judges_of  # noqa: E402

Row = Mapping[str, str]


def incident(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Label and scores of titles and reports."""
    judges = judges_of(None, {})
    found = []
    for row in rows:
        region = judges.locator.locate(row["title"], row["text"])
        verdict = judges.gate.judge(row["title"], row["text"], region=region)
        found.append({"label": verdict.label, "score_e": verdict.score_e, "score_en": verdict.score_en})
    return found


def event(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Story of every row, in stream order, as `yqbot cluster` gives it."""
    return list(clusters(judges_of(None, {}), rows))
