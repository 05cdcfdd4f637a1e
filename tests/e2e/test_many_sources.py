"""The running service against many sources of mixed health: the source page tells the truth about every one of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.bench.many_sources import kind_of, run

CHAOS = bool(os.environ.get("YQBOT_CHAOS"))
SOURCES, SECONDS, INTERVAL, PATIENCE = (500, 900.0, 30, 0.0) if CHAOS else (60, 10.0, 10, 170.0)


@pytest.mark.slow
def test_the_source_page_tells_the_truth_about_every_source_of_a_running_service(tmp_path: Path) -> None:
    figures = run(tmp_path, SOURCES, SECONDS, INTERVAL, PATIENCE)
    assert figures["untrue"] == {}
    assert figures["seconds"] >= SECONDS
    assert (figures["exit"], figures["tracebacks"], figures["sources"]) == (0, 0, SOURCES)
    assert len({kind_of(n) for n in range(SOURCES)}) > 10
    assert figures["items"] > SOURCES
