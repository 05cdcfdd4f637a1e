"""SIGKILL at any moment: the phones end as if nothing had happened, and what went out twice went out byte for byte and was dropped."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.playing import ROOT, demo, disagreements, phones, play, repeats, yqbot

CHAOS = bool(os.environ.get("YQBOT_CHAOS"))
HOURS = 49 if CHAOS else 13
KILLS = 20 if CHAOS else 3
UNTIL = f"{HOURS}h"
UNITS = (
    "accept_callback",
    "commit",
    "settle_steps",
    "mark_sent",
    "finish_callback",
    "claim_messages",
    "claim_steps",
    "save_poll",
)

pytestmark = pytest.mark.slow


def spent() -> float:
    """CPU seconds of all ended children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[tuple[object, ...]], float]:
    """Phones after a run without kills, and how many CPU seconds it took: how busy the machine is moves no kill."""
    folder = tmp_path_factory.mktemp("undisturbed")
    begun = spent()
    played = play(folder, until=UNTIL)
    assert played.code == 0, played.printed
    return phones(played.data), spent() - begun


def killed(folder: Path, seconds: float) -> bool:
    """Start the demo and kill it after so many CPU seconds; False when it had ended before."""
    command = [sys.executable, "-m", "bot", *demo(folder, until=UNTIL)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while process.poll() is None and used(process.pid) < seconds:
        time.sleep(0.005)
    process.kill()
    _, said = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), said.decode()
    return process.returncode != 0


def used(pid: int) -> float:
    """CPU seconds of a process that nobody has waited for yet."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def died(folder: Path, point: str, passage: int) -> bool:
    """Run the demo with a point at which it dies; False when it ended without passing there so often."""
    command = [sys.executable, "-m", "tests.e2e.dying", point, str(passage), *demo(folder, until=UNTIL)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stdout + done.stderr
    return done.returncode != 0


def finish(folder: Path, before: list[tuple[object, ...]]) -> None:
    """Play to the end and compare with the undisturbed run, the oracle and the chains."""
    last = play(folder, until=UNTIL)
    assert last.code == 0, last.printed
    assert phones(last.data) == before
    assert all(first == again and shown == 0 for first, again, shown in repeats(last.data))
    assert disagreements(last.data, last.out, HOURS) == []
    checked = yqbot("verify", "--data", str(last.data))
    assert checked.returncode == 0, checked.stderr


def test_kills_at_random_moments_leave_the_phones_the_same(
    undisturbed: tuple[list[tuple[object, ...]], float], tmp_path: Path
) -> None:
    before, seconds = undisturbed
    draw = random.Random(20)
    start = spent()
    yqbot("demo", "--headless", "--until", "1m", "--data", str(tmp_path / "empty"))
    loading = spent() - start  # a kill sooner than this hits the start, a later one the story
    playing = max(seconds - loading, 1.0)
    kills = 0
    for _ in range(3 * KILLS):
        kills += killed(tmp_path, draw.uniform(0.5 * loading, loading + 0.9 * playing / KILLS))
        if kills == KILLS:
            break
    assert kills >= KILLS - KILLS // 4
    finish(tmp_path, before)


def test_kills_between_any_two_steps_of_the_work_leave_the_phones_the_same(
    undisturbed: tuple[list[tuple[object, ...]], float], tmp_path: Path
) -> None:
    """Between accepting a press and working it, between queueing, sending and marking, between deciding and answering."""
    before, _ = undisturbed
    draw = random.Random(7)
    points = [f"{moment}:{name}" for name in UNITS for moment in ("before", "after")]
    chosen = points if CHAOS else ["after:accept_callback", "after:commit", "before:finish_callback"]
    assert died(tmp_path, "before:mark_sent", 1)  # the first card of all: on the phone, not yet on record
    deaths = sum(died(tmp_path, point, draw.randint(2, 4)) for point in chosen)
    assert deaths >= len(chosen) - 1
    finish(tmp_path, before)
    assert repeats(tmp_path / "data"), "a kill between sending and marking must lead to a repeat"
