"""`yqbot import items|hotline|opml|org|rota FILE`: history and work orders from files; subscriptions, people, rota as TOML."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.clock import milliseconds, wall
from bot.configuration import data_of, settings_of
from bot.fieldmaps import fields_for
from bot.labels import stamp
from bot.opml_file import opml_of, subscriptions
from bot.order_words import order_problem
from bot.org_file import read_org
from bot.rota_file import read_rota
from bot.store import StoreError, open_store
from config.oserror import why
from config.routing import load_routing
from config.schema import Settings
from monitors.charset import decode
from monitors.cover import covered
from monitors.dates import BEIJING, read_date
from monitors.item import Item, ItemKind, digest, fingerprint, items
from monitors.kinds import hotline
from monitors.mend import Problem

KINDS_HERE = ("items", "hotline", "opml", "org", "rota")
BATCH = 500
SHOWN = 5
SHOWN_LINES = 20
MOST = 200_000
"""Orders taken from one file by hand; what is over is counted and told."""
FIELD_NAMES = {
    "number": "编号",
    "title": "标题",
    "text": "内容",
    "received": "受理时间",
    "place": "地点",
    "person": "姓名（遮盖）",
    "phone": "电话（另存）",
    "paper": "证件号（另存）",
    "home": "住址（另存）",
    "unit": "承办单位",
    "state": "办理状态",
    "finished": "办结时间",
    "satisfied": "满意度",
}


class ImportFailed(Exception):
    """The file cannot be imported; the message names the line and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a file gave: items, headings found (work orders only) and what could not be read."""

    items: tuple[Item, ...]
    headings: hotline.Headings = field(default_factory=hotline.Headings)
    problems: tuple[Problem, ...] = ()


def add_parser(sub: Any) -> None:
    """Add the command to `yqbot`."""
    what = "导入历史条目（JSONL）、热线工单（CSV、XLSX）、订阅列表（OPML）、单位人员表或值班表（XLSX）"
    p = sub.add_parser("import", help=what, description=f"{what}。同一文件可重复导入，已有的不会重复。")
    p.add_argument("kind", choices=KINDS_HERE, metavar="items|hotline|opml|org|rota", help="文件内容")
    p.add_argument("file", type=Path, metavar="文件")
    p.add_argument("--preview", action="store_true", help="只试读并显示认出的列和前几行，不写入")
    p.add_argument("--history", action="store_true", help="只备查，不研判、不提醒（items 总是如此）")
    p.add_argument("--source", default="hotline-import", metavar="代码", help="工单记在哪个来源名下，与该来源已有的工单合并")
    p.add_argument("--mapping", default="", metavar="代码", help="用哪一组列名（hotline.toml 中的 [[mapping]]）")
    p.add_argument("--sheet", default="", metavar="名称", help="XLSX 读哪一张工作表；不写则读认出列最多的一张")
    p.add_argument("--export", action="store_true", help="opml：反过来，把启用的订阅写入文件")
    p.add_argument("--config", type=Path, default=None, metavar="目录", help="单位配置目录")
    p.add_argument("--data", type=Path, default=None, metavar="目录", help="数据目录")
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Import; 1 with one Chinese line where the file cannot be read or written."""
    try:
        if args.kind == "opml":
            return _opml(args)
        settings = settings_of(args.config, dict(os.environ))
        if args.kind == "rota":
            return _rota(settings, args.file.read_bytes())
        if args.kind == "org":
            return _org(settings, args.file.read_bytes())
        found = _read(args, settings, args.file.read_bytes())
        if args.preview:
            return _preview(found)
        return asyncio.run(_import(args, settings, found))
    except BrokenPipeError:
        raise  # whoever reads has seen enough
    except OSError as e:
        print(f"文件 {args.file} 读写不了（{why(e)}），请核对路径和权限。", file=sys.stderr)
    except (ImportFailed, StoreError) as e:
        print(e, file=sys.stderr)
    return 1


def _rota(settings: Settings, body: bytes) -> int:
    """Print the shifts as TOML for organisation.toml; with a mistake in any row nothing is printed but the mistakes."""
    found = read_rota(body, settings.organisation)
    if found.problems or not found.count:
        raise ImportFailed("\n".join(found.problems or ("值班表是空的，请核对。",)))
    print(found.toml)
    print(f"读出{found.count}个班次。请把以上内容写入 organisation.toml，再运行 yqbot check。", file=sys.stderr)
    return 0


def _org(settings: Settings, body: bytes) -> int:
    """Print units and people as TOML for organisation.toml; with a mistake in any row nothing is printed but the mistakes."""
    folders = [path for folder in settings.folders if (path := Path(folder) / "routing").is_dir()]
    found = read_org(body, load_routing(settings.organisation.routing, *folders))
    if found.problems:
        raise ImportFailed("\n".join(found.problems))
    print("\n\n".join(found.blocks))
    said = f"读出单位{found.units}个、人员{found.officers}名"
    print(f"{said}。请把以上内容写入 organisation.toml，补写 [organisation] 和值班表，再运行 yqbot check。", file=sys.stderr)
    return 0


def _read(args: argparse.Namespace, settings: Settings, body: bytes) -> Read:
    now = milliseconds(wall())
    if args.kind == "items":
        return history(decode(body).text.split("\n"), now)
    if args.mapping and args.mapping not in settings.mappings:
        raise ImportFailed(f"没有名为 {args.mapping} 的列名对应，请在 hotline.toml 中补写 [[mapping]]。")
    fields = fields_for(settings, "hotline", args.mapping)
    if args.sheet:
        fields = replace(fields, sheet=(args.sheet.strip(),))
    document = hotline.read(body, {}, fields, now, MOST)
    found = items(document, args.source, now, ItemKind.HOTLINE)
    if not found:
        raise ImportFailed(_nothing(document.problems))
    return Read(items=found, headings=hotline.headings(body, {}, fields), problems=document.problems)


def _nothing(problems: Sequence[Problem]) -> str:
    """Why a file gave no order, and what to do."""
    codes = {p.code: p.detail for p in problems}
    if "columns_missing" in codes and not codes["columns_missing"]:
        return "文件是空的，请核对。"
    if "unreadable" in codes:
        return "文件不是 CSV、XLSX，也不是另存为网页的表格（旧版 XLS 不行），请用 Excel 打开后另存为 XLSX 再导入。"
    said = "；".join(order_problem(p) for p in problems) or "只有表头，下面没有工单"
    todo = "请在 hotline.toml 中写明标题列和内容列的叫法。" if "columns_missing" in codes else "请核对文件。"
    return f"没有读出工单。{said}。{todo}"


def _preview(found: Read) -> int:
    columns = found.headings
    if columns.sheet:
        print(f"工作表：{columns.sheet}")
    if columns.known:
        print("认出的列：" + "、".join(f"{FIELD_NAMES.get(f, f)}＝{h}" for f, h in _in_order(columns.known)))
    if columns.unused:
        print(f"没有用到的列：{'、'.join(columns.unused)}（其中有要用的，请在 hotline.toml 中写明）")
    print(f"读出{len(found.items)}条，前{min(SHOWN, len(found.items))}条（个人信息已遮盖）：")
    for item in found.items[:SHOWN]:
        when = stamp(item.published) if item.published else "时间不详"
        print(f"  {when} {item.title[:40]}")
    _tell(found.problems)
    print("以上为试读，没有写入。去掉 --preview 即导入。")
    return 0


def _in_order(known: Mapping[str, str]) -> list[tuple[str, str]]:
    """Fields found, in the order people think of them."""
    return [(name, known[name]) for name in FIELD_NAMES if name in known]


def _tell(problems: Iterable[Problem]) -> None:
    for problem in problems:
        more = "；要读另外的，请加 --sheet 名称再导入一次" if problem.code == "sheets_left" else ""
        print(f"注意：{order_problem(problem)}{more}。", file=sys.stderr)


async def _import(args: argparse.Namespace, settings: Settings, found: Read) -> int:
    store = await open_store(settings.bot.database_url, data_of(args.data, os.environ))
    new = updated = 0
    try:
        for start in range(0, len(found.items), BATCH):
            batch = found.items[start : start + BATCH]
            # history is for reading and search: nothing of it is ever judged, whoever stops this or runs beside it
            counts = await store.add_items(batch, past=args.kind == "items" or args.history)
            new, updated = new + counts.new, updated + counts.updated
            while await store.index_items():
                pass
    finally:
        await store.close()
    print(f"读出{len(found.items)}条：新增{new}条，更新{updated}条，已有{len(found.items) - new - updated}条。")
    _tell(found.problems)
    if args.kind == "hotline" and not args.history and new:
        print("新增工单将在服务（yqbot run）下次运行时研判。")
    return 0


def history(lines: Iterable[str], now: datetime) -> Read:
    """Items of JSONL lines `{"t", "source", "title", "url", "text"}`, and the numbers of lines that are none.

    ImportFailed, with what is wrong with the first line, where no line can be read.
    """
    found: list[Item] = []
    bad: dict[int, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(_past(json.loads(line), now))
        except (ValueError, KeyError, TypeError) as e:
            missing = isinstance(e, KeyError)
            bad[number] = f"缺少 {e.args[0]}" if missing else "不是 JSON" if isinstance(e, json.JSONDecodeError) else "内容不对"
    if not found:
        number, why_not = next(iter(bad.items()), (1, "是空的"))
        raise ImportFailed(f'第{number}行读不了（{why_not}），每行应为 {{"t": 时间, "source": 来源, "title": 标题}}。')
    shown = "、".join(f"{number}（{said}）" for number, said in list(bad.items())[:SHOWN_LINES])
    problems = (Problem(code="rows_unreadable", count=len(bad), detail=shown),) if bad else ()
    return Read(items=tuple(found), problems=problems)


def _past(row: Any, now: datetime) -> Item:
    """The item of one line. ValueError, KeyError or TypeError where it is none."""
    at = read_date(str(row["t"]), now)
    title, source = str(row["title"]), str(row.get("source") or "import")
    text, url = str(row.get("text") or ""), str(row.get("url") or "")
    if at is None or not title.strip():
        raise ValueError(row["t"])
    item = Item(
        id=digest(source, url or f"{title}|{at.astimezone(BEIJING):%Y-%m-%d}"),
        source=source,
        title=title,
        text=text,
        url=url,
        published=at,
        seen_at=now,
        fingerprint=fingerprint(title, text),
    )
    return covered(item)  # old orders and posts name people as new ones do


def _opml(args: argparse.Namespace) -> int:
    """Subscriptions out to OPML, or in as TOML for sources.toml with what to do next."""
    sources = settings_of(args.config, dict(os.environ)).sources
    if args.export:
        chosen = [s for s in sources if s.enabled and s.kind == "feed" and s.url.startswith("http")]
        args.file.write_text(opml_of(chosen), encoding="utf-8")
        print(f"已写出{len(chosen)}个订阅。")
        return 0
    found = subscriptions(args.file.read_bytes(), {s.url for s in sources})
    if not found.count and not found.known:
        raise ImportFailed("文件里没有订阅地址，请核对是不是 OPML。")
    print(found.toml)
    known = f"，另有{found.known}个已在配置中，没有重复列出" if found.known else ""
    todo = "请把以上内容写入 sources.toml，逐个试读后把要用的改为 enabled = true，再运行 yqbot check。" if found.count else ""
    print(f"读出{found.count}个订阅{known}。{todo}", file=sys.stderr)
    if found.unusable:
        print(f"注意：以下各项的地址不是网址，没有列出：{found.unusable}。", file=sys.stderr)
    return 0
