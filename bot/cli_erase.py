"""`yqbot erase`: remove the originals and files kept for one matter; the chains still verify."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from bot.clock import SystemClock
from bot.configuration import data_of, settings_of
from bot.desk import Busy, Desk, NotFound, act
from bot.replies import refused
from bot.store import StoreError, open_store
from config.schema import Settings
from playbooks.lifecycle import ActionNotAllowed


def add_parser(sub: Any) -> None:
    """Add the command to `yqbot`."""
    what = "清除一件事另存的工单原文和附件，留痕；记录链照常校验"
    p = sub.add_parser("erase", help=what, description=f"{what}。服务正在运行的，请在企业微信回“清除原文 编号 理由”或用总览。")
    p.add_argument("number", type=int, metavar="编号", help="事件编号")
    p.add_argument("--reason", required=True, metavar="理由", help="写进记录，如：本人申请")
    p.add_argument("--by", required=True, metavar="账号", help="经手人在名册中的 userid（新闻办、主要负责人或管理员）")
    p.add_argument("--config", type=Path, default=None, metavar="目录", help="单位配置目录（或环境变量 YQBOT_CONFIG）")
    p.add_argument("--data", type=Path, default=None, metavar="目录", help="数据目录（或环境变量 YQBOT_DATA，默认 ./data）")
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Erase; 1 with one Chinese line where it may not or cannot be."""
    settings = settings_of(args.config, dict(os.environ))
    try:
        print(asyncio.run(_erase(args, settings)))
    except ActionNotAllowed as e:
        print(refused(e, settings), file=sys.stderr)
        return 1
    except (LookupError, NotFound, Busy, StoreError) as e:
        print(e.args[0] if isinstance(e, LookupError) else e, file=sys.stderr)
        return 1
    return 0


async def _erase(args: argparse.Namespace, settings: Settings) -> str:
    store = await open_store(settings.bot.database_url, data_of(args.data, os.environ), existing=True)
    try:
        desk = Desk(settings=settings, store=store, clock=SystemClock(), owner="erase")
        actor = desk.actor(args.by)
        if actor is None:
            raise LookupError(f"名册中没有 {args.by}，请核对 userid。")
        held = [o for o in await store.originals_of(args.number) if o.fields]
        files = [a for a in await store.attachments_of(args.number) if a.state != "erased"]
        await act(desk, args.number, "erase", actor, {"reason": args.reason})
    finally:
        await store.close()
    return f"{args.number}号：已清除原文{len(held)}件、附件{len(files)}件，并记入该件记录。备份文件中的旧内容随备份到期。"
