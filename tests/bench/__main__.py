"""`make bench`: every figure as one JSON line, in one run. What needs recorded data or a peer is skipped with a reason.

python -m tests.bench [nlp] [backtest] [ingest] [history] [hostile] [store] [engine] [backtest] [speed]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHARED = Path(os.environ.get("YQBOT_SHARED") or ROOT.parent / "shared")
NLP = (
    ("incident", "nlp_adapters_gate:incident"),
    ("casualty", "nlp_adapters:casualty"),
    ("region", "nlp_adapters:region"),
    ("event", "nlp_adapters_gate:event"),
    ("unit", "nlp_adapters_letters:unit"),
    ("nature", "nlp_adapters_letters:nature"),
    ("sentiment", "nlp_adapters_letters:sentiment"),
    ("rumor", "nlp_adapters_letters:rumor"),
)
SCRIPTS = {
    "ingest": "ingest_bench.py",
    "history": "history_bench.py",
    "hostile": "hostile_bench.py",
    "store": "store_bench.py",
    "engine": "engine_bench.py",
    "backtest": "backtest.py",
    "speed": "speed_bench.py",
}
LIMIT = 1800


def line(**row: object) -> None:
    print(json.dumps(row, ensure_ascii=False), flush=True)


def nlp() -> Iterator[dict[str, object]]:
    """Scores of every task on the recorded texts."""
    tool = SHARED / "tools" / "score_nlp.py"
    if not tool.is_file():
        yield {"bench": "nlp", "skipped": "没有共享数据（YQBOT_SHARED 或 ../shared）"}
        return
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}"}
    for task, call in NLP:
        command = [sys.executable, str(tool), task, "--gold", str(SHARED / "data"), "--call", call, "--json"]
        done = subprocess.run(command, cwd=HERE, env=env, capture_output=True, text=True, timeout=LIMIT, check=False)
        if done.returncode:
            yield {"bench": "nlp", "task": task, "failed": done.stderr[-500:]}
        else:
            yield {"bench": "nlp", "task": task, "score": json.loads(done.stdout)}


def script(name: str) -> Iterator[dict[str, object]]:
    """A bench of its own that prints JSON lines."""
    start = time.perf_counter()
    command = [sys.executable, str(HERE / SCRIPTS[name])]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=LIMIT, check=False)
    for text in done.stdout.splitlines():
        try:
            yield {"bench": name, **json.loads(text)}
        except (ValueError, TypeError):
            yield {"bench": name, "text": text}
    if done.returncode:
        yield {"bench": name, "failed": done.stderr[-500:]}
    yield {"bench": name, "wall_seconds": round(time.perf_counter() - start, 1)}


def main() -> int:
    asked = sys.argv[1:] or ["nlp", *SCRIPTS]
    for name in asked:
        for row in nlp() if name == "nlp" else script(name):
            line(**row)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
