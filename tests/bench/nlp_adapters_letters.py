"""Adapters between `score_nlp.py` and our judges of letters and posts; run as a program it prints one JSON line a figure.

    python score_nlp.py unit --gold DATA --call nlp_adapters_letters:unit        (shipped words, no training)
    python tests/bench/nlp_adapters_letters.py                                   (everything, cross-validated parts included)

Functions ending in `_cv` train on four fifths and judge the rest, five times; `unit_300` trains on 300 rows drawn by a hash.
They read the labels from the gold file, since the scorer hides them.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import sys
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO))

from config.routing import load_routing  # noqa: E402 - the scorer starts us from anywhere
from config.wording import load_wording  # noqa: E402
from monitors.linear import train_bayes, train_logistic  # noqa: E402
from monitors.rumor import RUMOR_HASHING, RumorScorer  # noqa: E402
from monitors.sentiment import SENTIMENT_HASHING, SentimentScorer  # noqa: E402
from playbooks.assign import ROUTER_HASHING, Assignment, Matter, Reader, Router, letter_of  # noqa: E402
from playbooks.letter import LetterJudge  # noqa: E402

DEFAULT = REPO / "config" / "default"
TEST_TABLES = REPO / "tests" / "data" / "routing"
FOLDS = 5
Row = Mapping[str, str]
Prediction = dict[str, Any]


def shared() -> Path:
    """The folder of shared data: YQBOT_SHARED, else beside the repository."""
    return Path(os.environ.get("YQBOT_SHARED", REPO.parent / "shared"))


def gold(task: str) -> list[dict[str, str]]:
    with (shared() / "data" / f"{task}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _routing(name: str = "seven-departments") -> Any:
    return load_routing(name, DEFAULT / "routing", TEST_TABLES)


def _said(assignment: Assignment) -> Prediction:
    return {"unit": assignment.code, "ranked": list(assignment.ranked)}


def _matter(row: Row) -> Matter:
    return Matter(title=row["title"], text=row["detail"])


def unit(rows: Sequence[Row]) -> list[Prediction]:
    """Seven departments over the shipped function words, nothing trained."""
    router = Router(_routing())
    return [_said(router.assign(_matter(row))) for row in rows]


def unit_cv(rows: Sequence[Row], table: str = "county") -> list[Prediction]:
    """Trained on the other four fifths; the county table knows none of the labels, so only the history and the words count."""
    routing, known = _routing(table), gold("unit")
    reader = Reader(routing.functions)
    letters = {row["id"]: letter_of(reader, row["title"], row["detail"]) for row in known}
    found: dict[str, Prediction] = {}
    for fold in sorted({_fold(row) for row in rows}):
        learn = [row for row in known if _fold(row) != fold]
        model = train_bayes([letters[row["id"]] for row in learn], [row["unit"] for row in learn], ROUTER_HASHING)
        router = Router(routing, model)
        found |= {row["id"]: _said(router.assign(_matter(row))) for row in rows if _fold(row) == fold}
    return [found[row["id"]] for row in rows]


def unit_300(rows: Sequence[Row]) -> list[Prediction]:
    """Five draws of 300 training rows, each judging only rows outside its draw; a row takes the first draw that does not hold it."""
    routing, answers = _routing("county"), _labels("unit", "unit")
    reader = Reader(routing.functions)
    letters = {row["id"]: letter_of(reader, row["title"], row["detail"]) for row in rows}
    found: dict[str, Prediction] = {}
    for draw in range(20):
        order = sorted(rows, key=lambda row: zlib.crc32(f"{row['id']}:{draw}".encode()))
        learn = [row["id"] for row in order[:300]]
        router = Router(routing, train_bayes([letters[i] for i in learn], [answers[i] for i in learn], ROUTER_HASHING))
        for row in order[300:]:
            if row["id"] not in found:
                found[row["id"]] = _said(router.assign(_matter(row)))
        if len(found) == len(rows):
            break
    return [found[row["id"]] for row in rows]


def nature(rows: Sequence[Row]) -> list[Prediction]:
    judge = LetterJudge(load_wording(DEFAULT / "letters.toml"))
    verdicts = [judge.judge(row["title"], row["detail"]) for row in rows]
    return [{"letter_type": str(verdict.letter_type), "nature": verdict.nature} for verdict in verdicts]


def sentiment(rows: Sequence[Row]) -> list[Prediction]:
    scorer = SentimentScorer(load_wording(DEFAULT / "sentiment.toml"))
    return [{"label": said.label, "score": said.score} for said in (scorer.score(row["text"]) for row in rows)]


def rumor(rows: Sequence[Row]) -> list[Prediction]:
    scorer = RumorScorer(load_wording(DEFAULT / "rumor.toml"))
    return [{"label": said.label, "score": said.score} for said in (scorer.score(row["text"]) for row in rows)]


def sentiment_cv(rows: Sequence[Row]) -> list[Prediction]:
    wording = load_wording(DEFAULT / "sentiment.toml")
    return _posts_cv(rows, "sentiment", "negative", lambda model: SentimentScorer(wording, model), SENTIMENT_HASHING)


def rumor_cv(rows: Sequence[Row]) -> list[Prediction]:
    wording = load_wording(DEFAULT / "rumor.toml")
    return _posts_cv(rows, "rumor", "rumor", lambda model: RumorScorer(wording, model), RUMOR_HASHING)


def _posts_cv(rows: Sequence[Row], task: str, positive: str, make: Callable[[Any], Any], hashing: Any) -> list[Prediction]:
    known, plain = gold(task), make(None)
    slots = {row["id"]: plain.slots(row["text"]) for row in known}
    found: dict[str, Prediction] = {}
    for fold in sorted({_fold(row) for row in rows}):
        learn = [row for row in known if _fold(row) != fold]
        scorer = make(train_logistic([slots[row["id"]] for row in learn], [row["label"] == positive for row in learn], hashing))
        for row in rows:
            if _fold(row) == fold:
                said = scorer.score(row["text"])
                found[row["id"]] = {"label": said.label, "score": said.score}
    return [found[row["id"]] for row in rows]


def _fold(row: Row) -> int:
    return zlib.crc32(row["id"].encode()) % FOLDS


def _labels(task: str, column: str) -> dict[str, str]:
    return {row["id"]: row[column] for row in gold(task)}


RUNS: tuple[tuple[str, str, Callable[[Sequence[Row]], list[Prediction]]], ...] = (
    ("unit", "unit, no training", unit),
    ("unit", "unit, 300 rows", unit_300),
    ("unit", "unit, cross-validated", unit_cv),
    ("nature", "letter type", nature),
    ("sentiment", "sentiment, shipped words", sentiment),
    ("sentiment", "sentiment, cross-validated", sentiment_cv),
    ("rumor", "rumour-likeness, shipped marks", rumor),
    ("rumor", "rumour-likeness, cross-validated", rumor_cv),
)


def scorer() -> Any:
    """The scorer of the shared tools as a module."""
    spec = importlib.util.spec_from_file_location("score_nlp", shared() / "tools" / "score_nlp.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(task: str, run: Callable[[Sequence[Row]], list[Prediction]], fold: int | None = None) -> dict[str, Any]:
    """Figures of one run as the scorer computes them, with texts a second; over one fold only where `fold` is given."""
    tool, rows = scorer(), [row for row in gold(task) if fold is None or _fold(row) == fold]
    start = time.perf_counter()
    said = run(tool.blind(rows, task))
    seconds = time.perf_counter() - start
    predictions = [dict(prediction, id=row["id"]) for prediction, row in zip(said, rows, strict=True)]
    return {**tool.score(task, rows, predictions), "texts_per_second": round(len(rows) / seconds)}


def main() -> int:
    if not (shared() / "data").is_dir():
        print(json.dumps({"bench": "letters", "skipped": "找不到共享数据目录（YQBOT_SHARED）"}, ensure_ascii=False))
        return 0
    for task, name, run in RUNS:
        print(json.dumps({"bench": name, **measure(task, run)}, ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
