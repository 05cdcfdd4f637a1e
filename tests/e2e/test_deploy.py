"""The samples under deploy/: what they name exists, and they run: two services on one PostgreSQL behind the proxy, one of them killed.

The live part needs nginx and PostgreSQL and runs with `YQBOT_CHAOS=1`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from bot.clock import wall
from bot.demo.driver import AES_KEY, AGENT, CORPID, SECRET, TOKEN, corp_of
from bot.emulator.server import Emulator, serving
from config.secrets import SECRETS
from tests.bot.store.cluster import Cluster, programs_folder
from tests.builders import settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CHAOS = bool(os.environ.get("YQBOT_CHAOS"))
ENVIRONMENT = re.compile(r"\bYQBOT_[A-Z_]+")


def read(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def known_variables() -> set[str]:
    """Variables the README documents, and the files secrets are read from."""
    named = set(ENVIRONMENT.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    return named | set(SECRETS.values()) | {f"{name}_FILE" for name in (*SECRETS.values(), *named)}


@pytest.mark.parametrize("name", ["compose.yaml", "systemd/yqbot.service", "systemd/yqbot-backup.service"])
def test_every_variable_of_a_sample_is_one_the_program_reads(name: str) -> None:
    used = set(ENVIRONMENT.findall(read(name)))
    assert used
    assert used <= known_variables()


def test_every_secret_of_the_composition_is_declared_and_mounted() -> None:
    text = read("compose.yaml")
    declared = set(re.findall(r"^  (\w+): \{ file: \./secrets/\1 \}$", text, re.MULTILINE))
    mounted = set(re.findall(r"/run/secrets/(\w+)", text))
    assert declared == mounted
    assert all(name in re.findall(r"secrets: \[([\w, ]+)\]", text)[0] + "database_password" for name in declared)


def test_the_image_copies_every_package_of_the_product() -> None:
    copied = set(re.findall(r"^COPY (\w+) \./\1$", read("Dockerfile"), re.MULTILINE))
    assert copied == {"config", "monitors", "playbooks", "bot"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="本机不支持：没有 systemd-analyze")
def test_systemd_reads_the_units(tmp_path: Path) -> None:
    names = ["yqbot.service", "yqbot-backup.service", "yqbot-backup.timer"]
    for name in names:  # the program itself need not be installed here
        text = read(f"systemd/{name}").replace("/opt/yqbot/bin/yqbot", "/bin/true")
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / n) for n in names)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "yqbot" in line]
    assert (done.returncode, ours) == (0, [])


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def proxied(folder: Path, bots: tuple[int, int], outside: int, inside: int) -> Path:
    """The sample configuration on loopback: other ports, plain HTTP instead of the installation's certificate."""
    text = read("nginx.conf")
    for name, port in zip(("bot-a", "bot-b"), bots, strict=True):
        assert text.count(f"server {name}:8710 ") == 1
        text = text.replace(f"{name}:8710", f"127.0.0.1:{port}")
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{outside};").replace(
        "listen 8443 ssl;", f"listen 127.0.0.1:{inside};"
    )
    text = re.sub(r"\n\s*ssl_certificate(_key)? [^;]+;", "", text)
    text = text.replace(
        "X-Forwarded-Proto https", "X-Forwarded-Proto http"
    )  # a secure cookie would not come back over plain HTTP
    path = folder / "nginx.conf"
    head = f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
    path.write_text(
        head + text.replace("http {", f"http {{ access_log off; client_body_temp_path {folder}/body;"), encoding="utf-8"
    )
    return path


@contextlib.contextmanager
def running(words: list[str], out: Path, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("YQBOT_", "COV_CORE", "COVERAGE"))}
    with out.open("wb") as log:
        process = subprocess.Popen(words, cwd=ROOT, env=plain | env, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(90)


async def until(text: str, out: Path, limit: float = 180) -> str:
    end = time.monotonic() + limit
    while text not in out.read_text(encoding="utf-8"):
        assert time.monotonic() < end, out.read_text(encoding="utf-8")
        await asyncio.sleep(0.1)
    return out.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(not CHAOS, reason="set YQBOT_CHAOS=1")
@pytest.mark.skipif(shutil.which("nginx", path=f"{os.defpath}:/usr/sbin:/sbin") is None, reason="nginx is not installed")
async def test_two_services_behind_the_proxy_and_one_of_them_dies(tmp_path: Path) -> None:
    programs = programs_folder()
    if programs is None:
        pytest.skip("PostgreSQL server programs are not installed")
    cluster = await asyncio.to_thread(Cluster, programs)
    ports, outside, inside = (free_port(), free_port()), free_port(), free_port()
    emulator = Emulator(corp_of(settings()), None, wall)
    nginx = str(shutil.which("nginx", path=f"{os.defpath}:/usr/sbin:/sbin"))
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(cluster.remove)
        base = await stack.enter_async_context(serving(emulator, 0))
        env = {
            "YQBOT_DATABASE_URL": cluster.new_database(),
            "YQBOT_PUBLIC_URL": f"http://127.0.0.1:{inside}",
            "YQBOT_WECOM_BASE_URL": base,
            "YQBOT_WECOM_CORPID": CORPID,
            "YQBOT_WECOM_SECRET": SECRET,
            "YQBOT_WECOM_AGENTID": str(AGENT),
            "YQBOT_WECOM_TOKEN": TOKEN,
            "YQBOT_WECOM_AES_KEY": AES_KEY,
        }
        bots = []
        for n, port in enumerate(ports):
            words = [
                sys.executable,
                "-m",
                "bot",
                "run",
                "--config",
                str(ROOT / "config" / "demo"),
                "--data",
                str(tmp_path / f"d{n}"),
            ]
            bots.append(stack.enter_context(running(words, tmp_path / f"bot-{n}", YQBOT_LISTEN=f"127.0.0.1:{port}", **env)))
        conf = proxied(tmp_path, ports, outside, inside)
        stack.enter_context(running([nginx, "-c", str(conf), "-p", str(tmp_path)], tmp_path / "nginx"))
        printed = [await until("总览登录链接", tmp_path / f"bot-{n}") for n in range(2)]
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            await _seen_from_outside(browser, outside)
            await _board_works(browser, re.findall(r"http://\S+/login\?token=\S+", printed[0])[0], inside)
            assert await emulator.connect(f"http://127.0.0.1:{outside}/wecom/callback"), "verified through the proxy"
            await _said(emulator, "帮助", 1)
            bots[0].kill()
            await _said(emulator, "值班", 2)
            await _board_works(browser, "", inside)


async def _seen_from_outside(browser: aiohttp.ClientSession, port: int) -> None:
    for path in ("/", "/login", "/metrics", "/healthz", "/ingest/x"):
        async with browser.get(f"http://127.0.0.1:{port}{path}") as answer:
            assert answer.status == 404, path


async def _board_works(browser: aiohttp.ClientSession, link: str, port: int) -> None:
    """Sign in (once), read the overview, hear the server's pushes through the proxy at once."""
    if link:
        async with browser.get(link) as page:
            assert page.status == 200
    async with browser.get(f"http://127.0.0.1:{port}/") as page:
        assert page.status == 200
        assert "总览" in await page.text()
    async with browser.get(f"http://127.0.0.1:{port}/events") as stream:
        assert stream.status == 200
        assert await asyncio.wait_for(stream.content.readline(), 60), "pushes are not held back by the proxy"


async def _said(emulator: Emulator, text: str, count: int) -> None:
    """An officer types, the desk answers: callback in through the proxy, message out."""
    user = next(o.userid for o in settings().organisation.officers if "duty_officer" in o.roles or o.board == "admin")
    assert await emulator.type(user, text)
    end = time.monotonic() + 180
    while len([m for m in emulator.messages(user.lower()) if m.msgtype == "text"]) < count:
        assert time.monotonic() < end, "no answer came"
        await asyncio.sleep(0.1)
