"""`make chaos`: the long versions of the tests, one part after the other, each bounded, with a summary line a part.

    python -m tests.chaos [--short] [--limit MINUTES] [PART ...]

A part is a pytest run of its own: one that fails or hangs stops no other. Lines of a part are printed as they come, and every minute
without one how long it has been running. `--short` is a slice of each part, for a machine with other work. Exit code 1 when any part failed.
"""

from __future__ import annotations

import argparse
import os
import queue
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
BEAT: Final = 60.0
SHORT: Final = {
    "YQBOT_CHAOS_ROUNDS": "40",
    "YQBOT_CHAOS_DEATHS": "12",
    "YQBOT_CHAOS_CUTS": "40",
    "YQBOT_CHAOS_WALKS": "400",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A name, what pytest is given, and the minutes it may take. `quick`: the short version is the one of the suite."""

    name: str
    tests: tuple[str, ...]
    minutes: int
    quick: bool = False


PARTS: Final = (
    Part(name="kills", tests=("tests/bot/store/test_crash.py",), minutes=180),
    Part(name="power cuts", tests=("tests/bot/store/test_powercut.py",), minutes=30),
    Part(name="random stories", tests=("tests/playbooks/test_properties.py",), minutes=60, quick=True),
    Part(name="flood", tests=("tests/bot/test_flood.py",), minutes=30),
    Part(name="walks", tests=("tests/bot/test_walks.py",), minutes=120),
    Part(name="service", tests=("tests/bot", "-m", "slow", "--ignore=tests/bot/test_walks.py"), minutes=60),
    Part(name="end to end", tests=("tests/e2e", "-m", "slow"), minutes=120, quick=True),
    Part(name="feeds", tests=("tests/monitors/test_fuzz.py",), minutes=30, quick=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a part ended."""

    part: Part
    word: str
    seconds: float
    cpu: float
    last: str

    def __str__(self) -> str:
        return f"chaos {self.part.name}: {self.word}, {self.seconds:.0f} s, {self.cpu:.0f} CPU s; {self.last}"


def say(text: str) -> None:
    print(text, flush=True)


def lines(child: subprocess.Popen[str], end: float) -> Iterator[str | None]:
    """Lines of a part as they come; None for each minute without one. Ends with the part, or at `end`."""
    found: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    assert child.stdout is not None
    stream = child.stdout

    def read() -> None:
        with stream:
            for text in stream:
                found.put(text.rstrip("\n"))
        found.put(None)

    threading.Thread(target=read, daemon=True).start()
    while (left := end - time.monotonic()) > 0:
        try:
            text = found.get(timeout=min(BEAT, left))
        except queue.Empty:
            yield None
            continue
        if text is None:
            return
        yield text


def run(part: Part, minutes: float, short: bool) -> Outcome:
    """One part to its end; what is still running at its limit is killed with all it started."""
    env = {**os.environ, "YQBOT_CHAOS": "1", **(SHORT if short else {})}
    if short and part.quick:
        del env["YQBOT_CHAOS"]  # its long version has no length to set
    command = [sys.executable, "-u", "-m", "pytest", "-s", "-v", "-p", "no:cacheprovider", "--color=no", *part.tests]
    begun, used = time.monotonic(), _children()
    child = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    last = ""
    try:
        for text in lines(child, begun + 60 * minutes):
            gone = f"[{part.name} {time.monotonic() - begun:5.0f} s]"
            say(f"{gone} {text}" if text is not None else f"{gone} ... still running")
            last = text.strip("= ") if text else last
        code = _ended(child)
        word = {0: "passed", None: f"STOPPED at its limit of {minutes:g} minutes"}.get(code, "FAILED")
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    return Outcome(part=part, word=word, seconds=time.monotonic() - begun, cpu=_children() - used, last=last)


def _ended(child: subprocess.Popen[str]) -> int | None:
    """Exit code of a part whose output has ended; None while it still runs."""
    try:
        return child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return None


def _children() -> float:
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def main() -> int:
    p = argparse.ArgumentParser()
    p.add_argument("parts", nargs="*", metavar="PART", help=", ".join(part.name for part in PARTS))
    p.add_argument("--short", action="store_true")
    p.add_argument("--limit", type=float, default=0, help="minutes a part may take (0: its own limit)")
    options = p.parse_args()
    unknown = set(options.parts) - {part.name for part in PARTS}
    if unknown:
        p.error(f"no such part: {', '.join(sorted(unknown))}")
    outcomes = []
    for part in PARTS:
        if not options.parts or part.name in options.parts:
            say(f"chaos {part.name}: begins")
            outcomes.append(run(part, options.limit or part.minutes, options.short))
            say(str(outcomes[-1]))
    say("\n".join(["", "chaos in all:", *map(str, outcomes)]))
    return int(any(o.word != "passed" for o in outcomes))


if __name__ == "__main__":
    raise SystemExit(main())
