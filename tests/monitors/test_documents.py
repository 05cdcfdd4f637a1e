"""Documents as portals, papers, forums, networks and interfaces send them are read as a careful person reads them."""

from __future__ import annotations

import base64
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitors.kinds import parse_fully

FILES = sorted((Path(__file__).parents[1] / "data" / "cases" / "documents").glob("*.toml"))
CASES: list[dict[str, Any]] = [case for file in FILES for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]]
BASE = "https://www.qingshi.example/xwzx/"
NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)


def body(case: dict[str, Any]) -> bytes:
    return base64.b64decode(case["base64"]) if "base64" in case else case["text"].encode(case.get("encoding", "utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_document_says_what_a_careful_reader_takes_from_it(case: dict[str, Any]) -> None:
    document = parse_fully(body(case), {"content-type": case.get("type", "application/xml")}, BASE, NOW)
    wanted = case["entries"]
    assert len(wanted) <= len(document.entries) <= len(wanted) + case.get("more", 0)
    assert document.title == case.get("feed", document.title)
    if "problems" in case:
        assert bool(document.problems) is case["problems"]
    for want, entry in zip(wanted, document.entries, strict=False):
        assert entry.title == want.get("title", entry.title)
        assert entry.url == want.get("url", entry.url)
        if "published" in want:
            assert entry.published == (datetime.fromisoformat(want["published"]) if want["published"] else None)
        if "begins" in want:
            text = " ".join(entry.summary.split())
            assert text.startswith(want["begins"]) if want["begins"] else not text
