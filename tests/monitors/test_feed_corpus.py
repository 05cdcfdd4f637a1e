"""Every recorded feed document is read: no exception, the expected number of entries, whole titles, dates right or none.

The documents lie outside the repository (their licences differ); without them the test is skipped.
"""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitors.item import ParsedDocument, items
from monitors.kinds import parse_fully

SHARED = Path(os.environ.get("YQBOT_SHARED") or Path(__file__).resolve().parents[3] / "shared")
FEEDS = SHARED / "data" / "feeds"
NOW = datetime(2026, 11, 25, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not (FEEDS / "index.csv").exists(), reason="共享语料不在：设置 YQBOT_SHARED 指向其目录")


@pytest.fixture(scope="module")
def corpus() -> list[tuple[dict[str, str], ParsedDocument]]:
    with (FEEDS / "index.csv").open(encoding="utf-8-sig", newline="") as index:
        rows = list(csv.DictReader(index))
    return [(row, parse_fully((FEEDS / row["file"]).read_bytes(), {}, "", NOW)) for row in rows]


def test_at_least_99_percent_have_the_expected_number_of_entries(corpus: list[tuple[dict[str, str], ParsedDocument]]) -> None:
    wrong = [row["file"] for row, document in corpus if len(document.entries) != int(row["entries"] or 0)]
    assert len(corpus) > 400
    assert len(wrong) <= len(corpus) // 100, wrong


def test_no_chinese_title_is_mojibake(corpus: list[tuple[dict[str, str], ParsedDocument]]) -> None:
    broken = [
        (row["file"], entry.title)
        for row, document in corpus
        if row["chinese"] == "yes"
        for entry in document.entries
        if "\ufffd" in entry.title or any("\u0080" <= char <= "\u009f" for char in entry.title)
    ]
    assert broken == []


def test_reencoded_feeds_read_like_their_originals(corpus: list[tuple[dict[str, str], ParsedDocument]]) -> None:
    by_file = {row["file"]: document for row, document in corpus}
    pairs = [
        (row, by_file["docs/" + row["note"].split("docs/")[1].split(" ")[0]]) for row, _ in corpus if row["kind"] == "derived"
    ]
    assert len(pairs) == 12
    for row, original in pairs:
        titles = [(entry.title, entry.published) for entry in by_file[row["file"]].entries]
        assert titles == [(entry.title, entry.published) for entry in original.entries], row["file"]


def test_dates_are_past_instants_or_none_and_hardly_any_is_lost(corpus: list[tuple[dict[str, str], ParsedDocument]]) -> None:
    written = [entry for _, document in corpus for entry in document.entries if entry.raw_date]
    unread = {entry.raw_date for entry in written if entry.published is None}
    assert all(entry.published is None or entry.published <= NOW for entry in written)
    assert len(written) > 4_000
    assert len(unread) <= 10, unread


def test_the_polls_of_one_series_share_their_identities(corpus: list[tuple[dict[str, str], ParsedDocument]]) -> None:
    polls = [
        (row, document) for row, document in corpus if row["note"].startswith("series; polled") and "jiemian" in row["file"]
    ]
    known: dict[str, str] = {}
    for _, document in polls:
        for item in items(document, "jiemian", NOW):
            assert known.setdefault(item.title, item.id) == item.id
    assert len(known) < sum(len(document.entries) for _, document in polls)
