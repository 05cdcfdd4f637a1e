"""`yqbot report review 编号 --format md|html|docx -o 文件`, `yqbot report ledger --month 2026-11 -o 文件`: they read the data folder
and change nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.cli_quality import add_quality
from bot.clock import wall
from bot.configuration import DEMO, data_of, settings_of
from bot.reports import FORMATS, NoIncident, write_review
from bot.reports.ledger import NoMonth, ledger_of, month_of, workbook
from bot.store import open_store
from config.oserror import why

DEMO_TIME = "demo.now"


def add_parser(sub: Any) -> None:
    """Add the command to `yqbot`."""
    p = sub.add_parser("report", help="生成报告", description="由事件记录生成报告。")
    kinds = p.add_subparsers(dest="report", metavar="报告", required=True)
    q = kinds.add_parser(
        "review", help="一件事的应对处置评估报告", description="生成一件事的应对处置评估报告，每个数字都可追溯到记录。"
    )
    q.add_argument("incident", type=int, metavar="编号", help="事件编号，如 12")
    q.add_argument("--format", choices=FORMATS, default="html", help="格式（默认 html）")
    _common(q)
    q.set_defaults(run=run, write=_review)
    q = kinds.add_parser("ledger", help="一个月的处置台账（Excel）", description="生成一个月的处置台账（Excel），不含演练。")
    q.add_argument("--month", default="本月", metavar="月份", help="哪个月立案的，如 2026-11（默认本月）")
    _common(q)
    q.set_defaults(run=run, write=_ledger)
    add_quality(kinds, folder_of)


def _common(q: argparse.ArgumentParser) -> None:
    q.add_argument("-o", "--output", type=Path, required=True, metavar="文件", help="写到哪个文件")
    q.add_argument("--config", type=Path, default=None, metavar="目录", help="单位配置目录")
    q.add_argument("--data", type=Path, default=None, metavar="目录", help="数据目录（默认 ./data）")


def run(args: argparse.Namespace) -> int:
    """Write the report; 1 with one sentence on stderr when that is impossible."""
    data = data_of(args.data, os.environ)
    try:
        asyncio.run(args.write(args, data))
    except (NoIncident, NoMonth) as e:
        print(e, file=sys.stderr)
    except OSError as e:
        print(f"写不了 {args.output}（{why(e)}），请检查目录是否存在、是否可写。", file=sys.stderr)
    else:
        print(f"已生成 {args.output}")
        return 0
    return 1


async def _review(args: argparse.Namespace, data: Path) -> None:
    settings = settings_of(folder_of(args, data), dict(os.environ))
    store = await open_store(settings.bot.database_url, data, readonly=True)
    try:
        await write_review(store, settings, args.incident, args.format, args.output, _time(data), data)
    finally:
        await store.close()


async def _ledger(args: argparse.Namespace, data: Path) -> None:
    month = month_of(args.month, _time(data))
    settings = settings_of(folder_of(args, data), dict(os.environ))
    store = await open_store(settings.bot.database_url, data, readonly=True)
    try:
        body = workbook(await ledger_of(store, settings, month, _time(data)))
    finally:
        await store.close()
    temporary = args.output.with_name(args.output.name + ".new")
    temporary.write_bytes(body)
    temporary.replace(args.output)


def folder_of(args: argparse.Namespace, data: Path) -> Path | None:
    """The installation's folder; a demo's data folder was made with the demo's."""
    chosen: Path | None = args.config
    return chosen or (DEMO if (data / DEMO_TIME).exists() and not os.environ.get("YQBOT_CONFIG") else None)


def _time(data: Path) -> datetime:
    """Program time: a demo's data folder keeps its own."""
    kept = data / DEMO_TIME
    return datetime.fromisoformat(kept.read_text()) if kept.exists() else wall()
