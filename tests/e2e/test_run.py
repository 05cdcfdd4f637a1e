"""The real service as processes: `yqbot emulator`, a feed over HTTP, `yqbot run`; a card arrives, is answered, the clock stops."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.configuration import DEMO, settings_of
from bot.demo.driver import AES_KEY, AGENT, CORPID, SECRET, TOKEN

FEED = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>t</title>
<item><guid>g1</guid><title>鹿溪县石坪镇大湾村发生山体滑坡 已致3人死亡</title><link>http://x.example/1</link></item>
</channel></rss>"""
LIMIT = 180.0


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "bot", *args]


def first_line(process: subprocess.Popen[str], pattern: str) -> str:
    """Wait for a line of the process's output that matches; fails with what it printed instead."""
    seen = []
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        line = process.stdout.readline() if process.stdout else ""
        if not line and process.poll() is not None:
            break
        seen.append(line)
        if found := re.search(pattern, line):
            return found.group(1)
    raise AssertionError("".join(seen) + (process.stderr.read() if process.stderr and process.poll() is not None else ""))


@pytest.fixture
def corp(tmp_path: Path) -> Path:
    org = settings_of(DEMO, {}).organisation
    head = f'corpid = "{CORPID}"\nsecret = "{SECRET}"\nagentid = {AGENT}\ntoken = "{TOKEN}"\naes_key = "{AES_KEY}"\n'
    rows = "".join(f'[[members]]\nuserid = "{o.userid}"\nname = "{o.name}"\n' for o in org.officers)
    file = tmp_path / "corp.toml"
    file.write_text(head + rows, encoding="utf-8")
    return file


@pytest.fixture
def emulator(corp: Path, tmp_path: Path) -> Iterator[str]:
    process = subprocess.Popen(
        command("emulator", "--port", "0", "--corp", str(corp), "--data", str(tmp_path / "emulator")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield first_line(process, r"YQBOT_WECOM_BASE_URL=(http://\S+)")
    finally:
        process.terminate()
        process.communicate(timeout=90)


async def feed_server() -> tuple[web.AppRunner, str]:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=FEED, content_type="application/rss+xml")

    app = web.Application()
    app.add_routes([web.get("/feed.xml", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/feed.xml"


def installation(tmp_path: Path, feed: str) -> Path:
    folder = tmp_path / "config"
    shutil.copytree(DEMO, folder)
    source = f'[[source]]\nid = "news"\nname = "融媒体中心"\nkind = "feed"\nurl = "{feed}"\ninterval_seconds = 30\ninternal = true\nlocal = true\n'
    (folder / "sources.toml").write_text(source, encoding="utf-8")
    return folder


async def until(condition, seconds: float = LIMIT):
    """The first truthy answer of an async condition."""
    end = time.monotonic() + seconds
    while True:
        got = await condition()
        if got:
            return got
        assert time.monotonic() < end, "nothing happened in time"
        await asyncio.sleep(0.2)


@pytest.mark.slow
async def test_a_feed_item_becomes_a_card_that_is_answered_and_stopped(tmp_path: Path, emulator: str) -> None:
    runner, feed = await feed_server()
    env = {
        **os.environ,
        "YQBOT_CONFIG": str(installation(tmp_path, feed)),
        "YQBOT_DATA": str(tmp_path / "data"),
        "YQBOT_LISTEN": "127.0.0.1:0",
        "YQBOT_WECOM_BASE_URL": emulator,
        "YQBOT_WECOM_CORPID": CORPID,
        "YQBOT_WECOM_SECRET": SECRET,
        "YQBOT_WECOM_AGENTID": str(AGENT),
        "YQBOT_WECOM_TOKEN": TOKEN,
        "YQBOT_WECOM_AES_KEY": AES_KEY,
    }
    service = subprocess.Popen(command("run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    try:
        link = await asyncio.to_thread(first_line, service, r"(http://127\.0\.0\.1:\d+/login\?token=\S+)")
        board = link.split("/login")[0]
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            await _story(http, emulator, board, link)
        service.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(service.wait, 90) == 0
    finally:
        if service.poll() is None:
            service.kill()
        service.communicate(timeout=90)
        await runner.cleanup()
    done = subprocess.run(command("verify"), env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "校验通过" in done.stdout


async def _story(http: aiohttp.ClientSession, emulator: str, board: str, link: str) -> None:
    async def verified() -> bool:  # the check of an address is allowed one second, which a busy machine may need twice
        told = await http.post(f"{emulator}/_control/callback", json={"url": f"{board}/wecom/callback"})
        return told.status == 200

    await until(verified)

    async def ledger() -> list[dict[str, object]]:
        return list(await (await http.get(f"{emulator}/_control/ledger")).json())

    async def alarm() -> dict[str, object] | None:
        rows = [r for r in await ledger() if r["shown"] and "石坪镇大湾村" in str(r["body"])]
        return rows[0] if rows else None

    card = await until(alarm)
    user = str(card["user"])
    assert "【网传待核】" in str(card["body"])
    assert "\\u" not in str(card["body"])
    messages = list(await (await http.get(f"{emulator}/_control/messages/{user}")).json())
    press = {"user": user, "message": messages[0]["id"], "key": "1|acknowledge"}
    assert (await http.post(f"{emulator}/_control/press", json=press)).status == 200

    async def updated() -> bool:
        now = list(await (await http.get(f"{emulator}/_control/messages/{user}")).json())
        return "已收到" in json.dumps(now[0], ensure_ascii=False)

    await until(updated)
    typed = {"user": user, "text": "回应 1 https://www.luxi.example/1"}
    assert (await http.post(f"{emulator}/_control/type", json=typed)).status == 200

    async def replied() -> bool:
        return any("时限已停（按时）" in str(r["body"]) for r in await ledger())

    await until(replied)
    page = await (await http.get(link)).text()
    assert "石坪镇大湾村" in page
    assert (await http.get(f"{board}/healthz")).status == 200
    ready = await http.get(f"{board}/readyz")
    assert ready.status == 200, await ready.text()
    assert "yqbot_incidents_open 1" in await (await http.get(f"{board}/metrics")).text()
