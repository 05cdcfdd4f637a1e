"""The fuzzer for 700 documents, the same ones on every machine; `YQBOT_CHAOS=1` runs it for five minutes of CPU."""

from __future__ import annotations

import os

import pytest

from monitors.item import ParsedDocument, ParsedEntry
from tests.monitors.fuzz import NOW, Broken, check, run


def test_no_mutated_document_breaks_a_promise() -> None:
    tally = run(0.0, seed=20260302, documents=700)
    assert {"rss20", "atom10", "hotline"} <= tally.formats


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("YQBOT_CHAOS") != "1", reason="five minutes; set YQBOT_CHAOS=1")
def test_no_mutated_document_breaks_a_promise_in_five_minutes() -> None:
    assert run(300.0, seed=int(os.environ.get("YQBOT_CHAOS_SEED", "7"))).documents > 10_000


@pytest.mark.parametrize(
    "entry",
    [
        ParsedEntry(title="<script>x"),
        ParsedEntry(title="a", url="javascript:alert(1)"),
        ParsedEntry(title="a", published=NOW.replace(year=2030)),
        ParsedEntry(title="a" * 501),
    ],
    ids=["markup", "link", "future", "length"],
)
def test_the_fuzzer_sees_a_broken_promise(entry: ParsedEntry) -> None:
    with pytest.raises(Broken):
        check("fully", ParsedDocument(entries=(entry,)))
