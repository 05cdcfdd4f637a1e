"""`yqbot emulator`: the local WeCom server alone, with its phone page."""

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli_words import port
from bot.clock import SystemClock
from bot.emulator.corp import Corp, CorpError, load_corp
from bot.emulator.server import Emulator, serving
from config.oserror import why

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

SAMPLE = Path(__file__).parent / "emulator" / "corp.toml"
PORT = 8790


def add_parser(sub: "Subparsers") -> None:
    """Add the command to `yqbot`."""
    parser = sub.add_parser(
        "emulator", help="在本机模拟企业微信服务，附手机页面", description="在本机模拟企业微信服务，附手机页面。"
    )
    parser.add_argument("--port", type=port, default=PORT, metavar="端口", help=f"监听端口，默认{PORT}，0为自动选择")
    parser.add_argument("--corp", type=Path, metavar="文件", help="单位文件（TOML），默认用自带的虚构单位")
    parser.add_argument("--config", type=Path, metavar="目录", help="配置目录（本命令不用）")
    parser.add_argument("--data", type=Path, metavar="目录", help="数据目录，消息记录存在其中；不给则只存在内存")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    try:
        corp = load_corp(args.corp or SAMPLE)
        asyncio.run(_serve(corp, args.port, args.data))
    except CorpError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"端口 {args.port} 不能监听（{why(error)}），请换一个端口。", file=sys.stderr)
        return 1
    return 0


async def _serve(corp: Corp, port: int, data: Path | None) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with serving(Emulator(corp, data, SystemClock().now), port) as address:
        print(f"企业微信模拟服务已启动。手机页面：{address}/", flush=True)
        print(f"接口地址 YQBOT_WECOM_BASE_URL={address}", flush=True)
        await stop.wait()
