"""`yqbot emulator` as a process."""

import argparse
import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import aiohttp

from bot.cli_emulator import add_parser

ROOT = Path(__file__).parents[3]
START = (
    "import argparse, sys; from bot.cli_emulator import add_parser\n"
    "p = argparse.ArgumentParser(); add_parser(p.add_subparsers()); a = p.parse_args(sys.argv[1:]); sys.exit(a.run(a))"
)


async def start(*words: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", START, "emulator", *words, stdout=pipe, stderr=pipe, env=env
    )


async def address_of(process) -> str:
    async with asyncio.timeout(120):
        line = (await process.stdout.readline()).decode()
    return line.split("手机页面：")[1].strip().rstrip("/")


async def test_it_serves_the_phone_page_and_survives_a_kill(tmp_path):
    process = await start("--port", "0", "--data", str(tmp_path))
    base = await address_of(process)
    async with aiohttp.ClientSession() as session:
        body = {"corpid": "wwyunxidemo0000001", "corpsecret": "demo-secret-not-for-production"}
        async with session.get(f"{base}/cgi-bin/gettoken", params=body) as response:
            token = (await response.json())["access_token"]
        message = {"touser": "zhouwen", "msgtype": "text", "agentid": 1000002, "text": {"content": "kept"}}
        async with session.post(f"{base}/cgi-bin/message/send", params={"access_token": token}, json=message) as response:
            assert (await response.json())["errcode"] == 0
        process.kill()
        await process.communicate()
        process = await start("--port", "0", "--data", str(tmp_path))
        base = await address_of(process)
        async with session.get(f"{base}/?user=zhouwen") as response:
            assert "kept" in await response.text()
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert process.returncode == 0


async def test_a_taken_port_is_said_in_chinese():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = await start("--port", str(taken.getsockname()[1]))
        _, err = await process.communicate()
    assert process.returncode == 1
    assert "请换一个端口" in err.decode()


async def test_a_wrong_corp_file_is_said_in_chinese(tmp_path):
    process = await start("--corp", str(tmp_path / "none.toml"))
    _, err = await process.communicate()
    assert process.returncode == 1
    assert "请核对路径" in err.decode()


def test_help_is_chinese():
    parser = argparse.ArgumentParser()
    sub = parser.add_subparsers()
    add_parser(sub)
    assert "企业微信" in sub.choices["emulator"].format_help()
