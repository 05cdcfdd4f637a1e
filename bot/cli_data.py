"""`yqbot backup | restore | export | load | verify`: care of the data (contracts.md §4)."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from bot.configuration import data_of, settings_of
from bot.store import StoreError, backup
from bot.store.verify import Verdict

SHOWN = 20


def add_parser(sub: Any) -> None:
    """Adds the five commands to the sub-parsers of `yqbot`."""
    _add(sub, "backup", "备份数据库（服务运行时也可以）", "文件", "备份文件，不能已存在")
    _add(sub, "restore", "把备份恢复到空的数据目录", "文件", "备份文件")
    _add(sub, "export", "把全部数据导出为JSONL，每表一个文件", "目录", "空目录")
    _add(sub, "load", "把导出的数据载入空的数据库，记录链原样保留", "目录", "导出目录")
    _add(sub, "verify", "校验记录链，并用记录重算每个事件的状态", "", "")


def _add(sub: Any, name: str, what: str, target: str, meaning: str) -> None:
    p = sub.add_parser(name, help=what, description=f"{what}。")
    if target:
        p.add_argument("target", type=Path, metavar=target, help=meaning)
    p.add_argument("--config", type=Path, default=None, metavar="目录", help="单位配置目录（或环境变量 YQBOT_CONFIG）")
    p.add_argument("--data", type=Path, default=None, metavar="目录", help="数据目录（或环境变量 YQBOT_DATA，默认 ./data）")
    p.set_defaults(run=run, action=name)


def run(args: argparse.Namespace) -> int:
    """One command; 1 with one Chinese line on stderr where it failed or something does not fit."""
    url = settings_of(args.config, dict(os.environ)).bot.database_url
    data = data_of(args.data, os.environ)
    try:
        return asyncio.run(_run(args, url, data))
    except StoreError as e:
        print(str(e), file=sys.stderr)
        return 1


async def _run(args: argparse.Namespace, url: str, data: Path) -> int:
    match args.action:
        case "backup":
            return _tell(await backup.backup(url, data, args.target), f"已备份到{args.target.name}。")
        case "restore":
            return _tell(await backup.restore(url, data, args.target), f"已从{args.target.name}恢复。")
        case "load":
            return _tell(await backup.load(url, data, args.target), f"已从{args.target.name}载入。")
        case "export":
            counts = await backup.export(url, data, args.target)
            print(f"已导出{len(counts)}张表、{sum(counts.values())}行到{args.target.name}。")
            return 0
        case _:
            return _tell(await backup.check(url, data), "")


def _tell(verdict: Verdict, done: str) -> int:
    """What was done and whether the chains hold."""
    if not verdict.faults:
        print(
            f"{done}校验通过：{verdict.chains}条记录链、{verdict.events}条记录连续完整，"
            f"{verdict.incidents}个事件的状态与记录一致。锚值：{verdict.anchor}"
        )
        return 0
    for fault in verdict.faults[:SHOWN]:
        print(fault.text, file=sys.stderr)
    print(
        f"{done}校验不通过：{len(verdict.faults)}处不符，第一处是{verdict.faults[0].text}。"
        "请保留现场，用最近一份校验通过的备份核对。",
        file=sys.stderr,
    )
    return 1
