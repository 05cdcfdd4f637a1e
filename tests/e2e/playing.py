"""Running the real command as a process, and reading what the phones show afterwards."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.e2e import compare, facts, oracle, rules

ROOT = Path(__file__).parent.parent.parent
LIMIT = 900.0
RULES = rules.read(ROOT / "config" / "default", ROOT / "config" / "demo")


@dataclass(frozen=True, slots=True)
class Played:
    """A finished run: its folders, exit code and what it printed."""

    data: Path
    out: Path
    code: int
    printed: str


def yqbot(*args: str, limit: float = LIMIT) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("YQBOT_", "COV_CORE", "COVERAGE"))}
    command = [sys.executable, "-m", "bot", *args]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=limit, check=False)


def demo(folder: Path, *more: str, until: str = "49h") -> tuple[str, ...]:
    """Arguments of the headless demo."""
    return ("demo", "--headless", "--until", until, "--data", str(folder / "data"), "--out", str(folder / "out"), *more)


def play(folder: Path, *more: str, until: str = "49h") -> Played:
    done = yqbot(*demo(folder, *more, until=until))
    return Played(folder / "data", folder / "out", done.returncode, done.stdout + done.stderr)


def neglected(folder: Path, *left_out: str) -> Path:
    """The shipped story without some tables: what happens when officers do nothing, or only press."""
    tables = re.split(r"(?m)^(?=\[)", (ROOT / "bot" / "demo" / "story.toml").read_text(encoding="utf-8"))
    file = folder / "neglected.toml"
    kept = [t for t in tables if not t.startswith(tuple(f"[[thread.{name}]]" for name in left_out))]
    file.write_text("".join(kept), encoding="utf-8")
    return file


def disagreements(data: Path, out: Path, hours: float) -> list[str]:
    """What the oracle expected and what arrived, where they differ."""
    end = facts.beginning(out) + timedelta(hours=hours)
    wanted = [step for matter in facts.read(data, out) for step in oracle.expected(RULES, matter, end)]
    return compare.differences(wanted, facts.alerts(out))


def phones(data: Path) -> list[tuple[object, ...]]:
    """What the phones show, in order of arrival: who, when, what, what was pressed, how the card was changed since."""
    sql = "select user, received_at, content, grey, pressed, recalled, updated_at from delivery where state='shown' order by id"
    return [tuple(row) for row in facts.ledger(data, sql)]


def repeats(data: Path) -> list[tuple[bytes, bytes, int]]:
    """(first request, repeated request, phones it was shown on) of every request sent again."""
    sql = (
        "select f.body as first, r.body as again, (select count(*) from delivery d where d.seq = r.seq and d.state='shown') as shown"
        " from request r join request f on f.seq = r.repeat_of"
    )
    return [(row["first"], row["again"], row["shown"]) for row in facts.ledger(data, sql)]
