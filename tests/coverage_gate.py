"""Branch coverage: the core 95 %, bot 85 %. Run after pytest --cov."""

from __future__ import annotations

import io
import sys

import coverage

GATES = {"core": (("config/*", "monitors/*", "playbooks/*"), 95.0), "bot": (("bot/*",), 85.0)}


def main() -> int:
    data = coverage.Coverage()
    data.load()
    failed = False
    for name, (patterns, least) in GATES.items():
        got = data.report(include=list(patterns), file=io.StringIO())
        print(f"coverage {name}: {got:.1f} % (gate {least:.0f} %)")
        if got < least:
            failed = True
            data.report(include=list(patterns), skip_covered=True, show_missing=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
