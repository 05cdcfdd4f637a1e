"""Seeded faults in deadlines, ladder and lifecycle: the tests beside them must notice every one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SUITE = ("tests/playbooks/test_deadlines.py", "tests/playbooks/test_ladder.py", "tests/playbooks/test_lifecycle.py")
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
    (LADDER, "fire_at=max(fire, clock.armed_at)", "fire_at=fire"),
    (LADDER, "not clock.running or clock.latent", "not clock.running"),
    (LADDER, "rule.after > 0 and clock.explained_by", "rule.after > 0 and incident.acknowledgements"),
    (LADDER, "if calm and due <= clock.due_at:", "if due <= clock.due_at:"),
    (LADDER, "if calm and due <= clock.due_at:", "if calm:"),
    (LADDER, "if end <= minute < begin:", "if end < minute <= begin:"),
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


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree that may be damaged."""
    copy = tmp_path_factory.mktemp("mutants")
    for name in ("config", "monitors", "playbooks", "bot"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests" / "playbooks").mkdir(parents=True)
    shutil.copy(ROOT / "tests/builders.py", copy / "tests")
    for file in SUITE:
        shutil.copy(ROOT / file, copy / file)
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def suite_passes(house: Path) -> bool:
    env = {**os.environ, "PYTHONPATH": str(house), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *SUITE]
    return subprocess.run(command, cwd=house, env=env, capture_output=True, timeout=600, check=False).returncode == 0


def test_the_suite_passes_without_a_fault(house: Path) -> None:
    assert suite_passes(house)


@pytest.mark.slow
@pytest.mark.parametrize(("file", "old", "new"), MUTANTS, ids=[f"{m[0].split('/')[1]}-{n}" for n, m in enumerate(MUTANTS)])
def test_a_seeded_fault_is_noticed(house: Path, file: str, old: str, new: str) -> None:
    path = house / file
    good = path.read_text(encoding="utf-8")
    assert old in good, f"the fault no longer fits: {old}"
    path.write_text(good.replace(old, new, 1), encoding="utf-8")
    try:
        assert not suite_passes(house)
    finally:
        path.write_text(good, encoding="utf-8")
