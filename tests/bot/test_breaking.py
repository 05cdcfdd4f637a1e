"""What breaks under the desk: said in one Chinese sentence, nothing half-written, noticed outside within two minutes, well again after.

The full disk is a real one of three megabytes: a tmpfs mounted in a private mount namespace (`unshare`), filled to its last page.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.store.sqlite import FILE

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "config" / "demo"
SAID = {
    "full": "磁盘已满，数据没有写入，请立即清理数据目录所在磁盘。",
    "readonly": "数据库文件不可写，请检查数据目录的权限和磁盘状态。",
    "locked": "数据库被其他程序锁住，数据没有写入，请关闭正在打开数据库文件的其他程序。",
    "corrupt": "数据库文件已损坏，请停止服务，用最近的备份恢复（yqbot restore）。",
}


@cache
def private_mounts() -> tuple[str, ...]:
    """The command before a command that gives it mounts of its own; empty where this machine does not allow it."""
    for words in (("unshare", "--mount"), ("unshare", "--user", "--map-root-user", "--mount")):
        if shutil.which("unshare") and subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words
    return ()


def story(how: str, folder: Path) -> dict[str, Any]:
    before = needed_mounts() if how == "full" else ()
    folder.mkdir()
    words = [*before, sys.executable, "-m", "tests.bot.broken_disk", how, str(folder)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=3000, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("how", SAID)
def test_it_is_said_and_the_watch_outside_hears_nothing_for_two_minutes(how: str, tmp_path: Path) -> None:
    found = story(how, tmp_path / "data")
    assert found["before"] == 2, "two beats in two minutes while all was well"
    assert found["refused"] == SAID[how]
    assert found["errors"] == [SAID[how]]
    assert (found["beats"], found["healthy"]) == (0, False)
    if how == "corrupt":
        assert "损坏" in found["restart"]
        return
    assert found["after"] == 2, "the beats come back by themselves"
    assert found["kept"] == ""
    assert found["notes"] == ["一", "三"], "what was refused is not on record, what was acknowledged is"
    assert found["faults"] == []


def run(data: Path, *before: str, **env: str) -> subprocess.CompletedProcess[str]:
    words = [*before, sys.executable, "-m", "bot", "run", "--config", str(DEMO), "--data", str(data)]
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("YQBOT_", "COV_CORE", "COVERAGE"))}
    environment = plain | {"YQBOT_LISTEN": "127.0.0.1:0"} | env
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)


def needed_mounts() -> tuple[str, ...]:
    """`private_mounts`, or the test is skipped."""
    before = private_mounts()
    if not before:
        if os.environ.get("YQBOT_REQUIRE_ALL") == "1":
            pytest.fail("no private mount namespace")
        pytest.skip("本机不支持私有挂载空间（unshare --mount）")
    return before


def test_a_service_that_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / FILE).write_bytes(b"no database" * 900)
    occupied = tmp_path / "file"
    occupied.write_text("", encoding="utf-8")
    for data, words in ((damaged, "损坏"), (occupied / "below", "建不成")):
        done = run(data)
        assert (done.returncode, done.stdout) == (1, "")
        assert words in done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_an_address_in_use_is_said_in_one_line(tmp_path: Path) -> None:

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run(tmp_path / "data", YQBOT_LISTEN=f"127.0.0.1:{taken.getsockname()[1]}")
    assert done.returncode == 1
    assert "已被其他程序占用" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_may_not_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    mount = f'mount -t tmpfs -o ro tmpfs "{data}" && exec "$@"'
    done = run(data, *needed_mounts(), "sh", "-c", mount, "sh")
    assert done.returncode == 1
    assert "不能写入" in done.stderr
    assert "Traceback" not in done.stderr
