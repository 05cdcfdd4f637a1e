"""`yqbot contacts`: a first roster from the WeCom contacts, as TOML to go on from."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import aiohttp

from bot.clock import wall
from bot.configuration import settings_of
from bot.wecom.client import WeComClient
from bot.wecom.contacts import skeleton
from bot.wecom.errors import WeComError
from config.schema import Settings


def add_parser(sub: Any) -> None:
    """Add the command to `yqbot`."""
    what = "读出企业微信通讯录（应用可见范围内），打印为名册草稿"
    p = sub.add_parser("contacts", help=what, description=f"{what}。角色、电话、值班表请补写。")
    p.add_argument("--config", type=Path, default=None, metavar="目录", help="单位配置目录（或环境变量 YQBOT_CONFIG）")
    p.add_argument("--data", type=Path, default=None, metavar="目录", help="本命令不使用，各命令通用而保留")
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the draft; 1 when WeCom cannot be read."""
    settings = settings_of(args.config, dict(os.environ))
    if not (settings.wecom.corpid and settings.wecom.secret):
        print("没有配置企业微信，读不到通讯录。请设置 YQBOT_WECOM_CORPID、YQBOT_WECOM_SECRET 等环境变量。", file=sys.stderr)
        return 1
    try:
        print(asyncio.run(_read(settings)), end="")
    except WeComError as e:
        print(f"读不到企业微信通讯录：{e}。请核对应用密钥、可信IP和可见范围。", file=sys.stderr)
        return 1
    return 0


async def _read(settings: Settings) -> str:
    w = settings.wecom
    async with aiohttp.ClientSession() as session:
        return await skeleton(WeComClient(session, w.base_url, w.corpid, w.secret, w.agentid, wall))
