"""`yqbot report review 编号`, `brief|weekly|monthly|annual`, `ledger`, `quality`: they read the data folder and change nothing."""

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
from bot.reports import FORMATS, NoIncident, NoPdf, drawn, save, write_review
from bot.reports.ledger import NoMonth, ledger_of, month_of, workbook
from bot.reports.period import NoPeriod, meant
from bot.reports.periodic import periodic
from bot.store import open_store
from config.oserror import why

DEMO_TIME = "demo.now"
_DAY = ("日期", "哪一天，如 2026-11-22（默认今天）")
PERIODS = {
    "brief": ("--date", _DAY, "一天的值班日报"),
    "weekly": ("--date", ("日期", "哪一周，写其中任何一天，如 2026-11-22（默认本周）"), "一周的周报"),
    "monthly": ("--month", ("月份", "哪个月，如 2026-11（默认本月）"), "一个月的月报"),
    "annual": ("--year", ("年份", "哪一年，如 2026（默认本年）"), "一年的年报，附逐月数字"),
}


def add_parser(sub: Any) -> None:
    """Add the command to `yqbot`."""
    p = sub.add_parser("report", help="生成报告", description="由事件记录生成报告。")
    kinds = p.add_subparsers(dest="report", metavar="报告", required=True)
    q = kinds.add_parser(
        "review", help="一件事的应对处置评估报告", description="生成一件事的应对处置评估报告，每个数字都可追溯到记录。"
    )
    q.add_argument("incident", type=int, metavar="编号", help="事件编号，如 12")
    _format(q, "html")
    _common(q)
    q.set_defaults(run=run, write=_review)
    for kind, (option, meaning, what) in PERIODS.items():
        q = kinds.add_parser(kind, help=what, description=f"{what}：立案、时限、发布、在办，同上期比较；不含演练。")
        q.add_argument(option, dest="when", default="", metavar=meaning[0], help=meaning[1])
        _format(q, "")
        _common(q, printed=True)
        q.set_defaults(run=run, write=_period, period=kind)
    q = kinds.add_parser("ledger", help="一个月的处置台账（Excel）", description="生成一个月的处置台账（Excel），不含演练。")
    q.add_argument("--month", default="本月", metavar="月份", help="哪个月立案的，如 2026-11（默认本月）")
    _common(q)
    q.set_defaults(run=run, write=_ledger)
    add_quality(kinds, folder_of)


def _format(q: argparse.ArgumentParser, usual: str) -> None:
    said = f"格式（默认 {usual}）" if usual else "格式（默认按 -o 的后缀，没有 -o 时为 md）"
    q.add_argument("--format", choices=(*FORMATS, "pdf"), default=usual, help=said)


def _common(q: argparse.ArgumentParser, *, printed: bool = False) -> None:
    said = "写到哪个文件" + ("（不给则打印 md）" if printed else "")
    q.add_argument("-o", "--output", type=Path, required=not printed, metavar="文件", help=said)
    q.add_argument("--config", type=Path, default=None, metavar="目录", help="单位配置目录")
    q.add_argument("--data", type=Path, default=None, metavar="目录", help="数据目录（默认 ./data）")


def run(args: argparse.Namespace) -> int:
    """Write the report; 1 with one sentence on stderr when that is impossible."""
    data = data_of(args.data, os.environ)
    try:
        asyncio.run(args.write(args, data))
    except (NoIncident, NoMonth, NoPeriod, NoPdf) as e:
        print(e, file=sys.stderr)
    except BrokenPipeError:
        raise  # whoever reads has seen enough
    except OSError as e:
        print(f"写不了 {args.output}（{why(e)}），请检查目录是否存在、是否可写。", file=sys.stderr)
    else:
        if args.output is not None:
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
    save(body, args.output)


async def _period(args: argparse.Namespace, data: Path) -> None:
    now = _time(data)
    span = meant(args.period, args.when, now)
    kind = args.format or (args.output.suffix.removeprefix(".") if args.output else "md")
    if kind not in (*FORMATS, "pdf"):
        raise NoPeriod(f"不认识 {args.output} 的后缀，请用 --format 写明 {'、'.join(FORMATS)} 或 pdf。")
    if args.output is None and kind not in ("md", "html"):
        raise NoPeriod(f"{kind} 不能打印，请用 -o 写明文件。")
    settings = settings_of(folder_of(args, data), dict(os.environ))
    store = await open_store(settings.bot.database_url, data, readonly=True)
    try:
        paper = await periodic(store, settings, span, now)
    finally:
        await store.close()
    body = drawn(paper, kind)
    if args.output is None:
        sys.stdout.write(body.decode())
    else:
        save(body, args.output)


def folder_of(args: argparse.Namespace, data: Path) -> Path | None:
    """The installation's folder; a demo's data folder was made with the demo's."""
    chosen: Path | None = args.config
    return chosen or (DEMO if (data / DEMO_TIME).exists() and not os.environ.get("YQBOT_CONFIG") else None)


def _time(data: Path) -> datetime:
    """Program time: a demo's data folder keeps its own."""
    kept = data / DEMO_TIME
    return datetime.fromisoformat(kept.read_text()) if kept.exists() else wall()
