"""`make chaos` is bounded: a part that fails or hangs is said and stops no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import PARTS, ROOT, Part, run


@pytest.mark.parametrize(
    ("body", "minutes", "word"),
    [("pass", 10, "passed"), ("assert False", 10, "FAILED"), ("__import__('time').sleep(600)", 0.02, "STOPPED")],
    ids=["passes", "fails", "hangs"],
)
def test_a_part_ends_and_says_how(body: str, minutes: float, word: str, tmp_path: Path) -> None:
    path = tmp_path / "test_part.py"
    path.write_text(f"def test_part():\n    {body}\n", encoding="utf-8")
    outcome = run(Part(name="part", tests=(str(path),), minutes=1), minutes, short=False)
    assert outcome.word.startswith(word)
    assert str(outcome).startswith("chaos part: ")


def test_every_part_names_tests_that_are_there() -> None:
    for part in PARTS:
        assert (ROOT / part.tests[0]).exists(), part.name
