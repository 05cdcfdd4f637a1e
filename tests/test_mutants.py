"""Seeded faults in deadlines, ladder and lifecycle: the tests beside them must notice every one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SUITE = ("tests/playbooks/test_lifecycle.py", "tests/playbooks/test_deadlines.py", "tests/playbooks/test_ladder.py")
DEADLINES, LADDER = "playbooks/deadlines.py", "playbooks/ladder.py"
SATISFYING = "playbooks/satisfying.py"
ACTIONS, RELEASES, LIFECYCLE = "playbooks/actions.py", "playbooks/releases.py", "playbooks/lifecycle.py"

MUTANTS = (
    (DEADLINES, "found.at <= clock.due_at", "found.at < clock.due_at"),
    (DEADLINES, "now > clock.due_at:", "now >= clock.due_at:"),
    (DEADLINES, "due = start + _limit", "due = start - _limit"),
    (DEADLINES, "found.sort(key=lambda x: x[0].due_at)", "found.sort(key=lambda x: x[0].due_at, reverse=True)"),
    (DEADLINES, "confirmed <= by_deaths", "confirmed >= by_deaths"),
    (DEADLINES, "return min(credible, key=lambda x: x.value)", "return max(credible, key=lambda x: x.value)"),
    (DEADLINES, "<= CLAIM_WINDOW", "<= CLAIM_WINDOW * 100"),
    (DEADLINES, "if s.occurred_at and s.occurred_at.confirmed_by:", "if False:"),
    (DEADLINES, "late = clock.armed_at > clock.due_at >= incident.opened_at", "late = clock.armed_at > clock.due_at"),
    (DEADLINES, "latent < level", "latent > level"),
    (DEADLINES, "found = None if clock.latent else satisfied", "found = None if not clock.latent else satisfied"),
    (SATISFYING, "len(fit) >= clock.needs", "len(fit) > clock.needs"),
    (DEADLINES, "or casualties(incident)", "or False"),
    (DEADLINES, "shift = want.start_at - clock.start_at", "shift = clock.start_at - want.start_at"),
    (SATISFYING, "e.at > clock.start_at if repeating", "e.at >= clock.start_at if repeating"),
    (LADDER, "clock.due_at - timedelta(minutes=rule.left)", "clock.start_at + timedelta(minutes=rule.left)"),
    (LADDER, "fire = due - jitter", "fire = due + jitter"),
    (LADDER, "fire_at=max(fire, clock.armed_at, incident.alarmed_at or fire)", "fire_at=max(fire, incident.alarmed_at or fire)"),
    (LADDER, "fire_at=max(fire, clock.armed_at, incident.alarmed_at or fire)", "fire_at=max(fire, clock.armed_at)"),
    (LADDER, "not clock.running or clock.latent", "not clock.running"),
    (LADDER, "rule.after > 0 and clock.explained_by", "rule.after > 0 and incident.acknowledgements"),
    (LADDER, "if calm and due <= clock.due_at:", "if due <= clock.due_at:"),
    (LADDER, "if calm and due <= clock.due_at:", "if calm:"),
    (LADDER, "if minute < minutes_of(bot.quiet_to):", "if minute > minutes_of(bot.quiet_to):"),
    (LADDER, "if minute >= end:", "if minute < end:"),
    (LADDER, "day -= timedelta(days=1)", "day -= timedelta(days=0)"),
    (LADDER, "for s in sorted(due, key=lambda s: (s.due_at, s.fire_at))", "for s in sorted(due, key=lambda s: s.due_at, reverse=True)"),
    (LADDER, "if incident.alarmed_at is None:", "if False:"),
    (LADDER, "n * (rule.every or 0)", "n * 0"),
    (ACTIONS, 'standing = "confirmed" if command else "reported"', 'standing = "confirmed"'),
    (ACTIONS, "before <= verdict.level", "before >= verdict.level"),
    (ACTIONS, "if value <= reference:", "if value >= reference:"),
    (ACTIONS, "if open_ones[0].by == a.by.id:", "if False:"),
    (ACTIONS, "if turn and turn.open and turn.unit != unit:", "if False:"),
    (ACTIONS, 'if reason == "untrue" or (false and i.high_consequence):', "if False:"),
    (ACTIONS, "if casualties(i) or i.high_consequence:", "if False:"),
    (ACTIONS, "if owed:", "if False:"),
    (ACTIONS, "if waiting := still_owed(i):", "if waiting := []:"),
    (RELEASES, "if at > a.now + CLOCK_SLACK:\n        raise Refused(\"not_yet_held\"", "if False:\n        raise Refused(\"not_yet_held\""),
    (RELEASES, "late = now > clock.due_at and at <= clock.due_at", "late = False"),
    (RELEASES, "recorded_at=a.now,\n        by=a.by.id,\n        url=url", "recorded_at=at,\n        by=a.by.id,\n        url=url"),
    (LIFECYCLE, "if rule.roles and not set(rule.roles) & set(actor.roles):", "if False:"),
    (LIFECYCLE, 'handler=actions.waive, roles=("principal",)', "handler=actions.waive"),
    (LIFECYCLE, "incident.status in rule.not_in", "False"),
)  # fmt: skip


SERVER = """
import compileall, os, py_compile, sys
import pydantic, pytest
import config.load, config.schema
compileall.compile_dir(".", quiet=2, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
for n, line in enumerate(sys.stdin):
    sys.dont_write_bytecode = n > 0
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            code = pytest.main(line.split())
        except BaseException:
            code = 99
        os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Loads once what no fault touches and forks for each run, which imports the faulty modules itself.

Compiled code is trusted by the hash of its source, as a fault may change neither length nor second of its file; only the first run,
without a fault, leaves compiled tests behind.
"""


@dataclass(frozen=True)
class House:
    """A copy of the tree that may be damaged, and a process in it that runs the suite."""

    path: Path
    server: subprocess.Popen[str]

    def suite_passes(self, fault: str = "") -> bool:
        """Every test of the suite, those of the faulty module's own name first: they find it soonest."""
        files = sorted(SUITE, key=lambda file: Path(file).stem != f"test_{Path(fault).stem}")
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(" ".join(("-q", "-x", "-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin", *files)) + "\n")
        self.server.stdin.flush()
        code = int(self.server.stdout.readline())
        assert code in (0, 1), f"pytest ended with {code}: no verdict"
        return code == 0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    copy = tmp_path_factory.mktemp("mutants")
    for name in ("config", "monitors", "playbooks", "bot"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests" / "playbooks").mkdir(parents=True)
    shutil.copy(ROOT / "tests/builders.py", copy / "tests")
    for file in SUITE:
        shutil.copy(ROOT / file, copy / file)
    shutil.copy(ROOT / "pyproject.toml", copy)
    env = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", SERVER], cwd=copy, env=env, stdin=pipe, stdout=pipe, text=True) as server:
        yield House(copy, server)
        assert server.stdin is not None
        server.stdin.close()


def test_the_suite_passes_without_a_fault(house: House) -> None:
    assert house.suite_passes()


@pytest.mark.slow
@pytest.mark.parametrize(("file", "old", "new"), MUTANTS, ids=[f"{m[0].split('/')[1]}-{n}" for n, m in enumerate(MUTANTS)])
def test_a_seeded_fault_is_noticed(house: House, file: str, old: str, new: str) -> None:
    path = house.path / file
    good = path.read_text(encoding="utf-8")
    assert old in good, f"the fault no longer fits: {old}"
    path.write_text(good.replace(old, new, 1), encoding="utf-8")
    try:
        assert not house.suite_passes(file)
    finally:
        path.write_text(good, encoding="utf-8")
