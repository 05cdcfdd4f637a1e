"""`yqbot import items|hotline|opml FILE`: history and work orders from files, without alarms; subscriptions as TOML."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.clock import milliseconds, wall
from bot.configuration import data_of, settings_of
from bot.store import StoreError, open_store
from bot.store.port import Joined
from monitors.item import Item, ItemKind, digest, fingerprint, items
from monitors.kinds import KINDS

KINDS_HERE = ("items", "hotline", "opml")
BATCH = 500


class ImportFailed(Exception):
    """The file cannot be imported; the message names the line and what to do."""


def add_parser(sub: Any) -> None:
    """Add the command to `yqbot`."""
    what = "导入历史条目（JSONL）、热线工单（CSV）或订阅列表（OPML）"
    p = sub.add_parser("import", help=what, description=f"{what}。历史条目只入库备查，不触发提醒；同一文件可重复导入。")
    p.add_argument("kind", choices=KINDS_HERE, metavar="items|hotline|opml", help="文件内容")
    p.add_argument("file", type=Path, metavar="文件")
    p.add_argument("--config", type=Path, default=None, metavar="目录", help="单位配置目录")
    p.add_argument("--data", type=Path, default=None, metavar="目录", help="数据目录")
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Import; 1 with one Chinese line where the file cannot be read."""
    try:
        body = args.file.read_bytes()
    except OSError as e:
        print(f"读不到文件 {args.file}（{e.strerror}），请核对路径。", file=sys.stderr)
        return 1
    try:
        if args.kind == "opml":
            print(opml_sources(body))
            return 0
        return asyncio.run(_import(args, body))
    except (ImportFailed, StoreError) as e:
        print(e, file=sys.stderr)
        return 1


async def _import(args: argparse.Namespace, body: bytes) -> int:
    settings = settings_of(args.config, dict(os.environ))
    now = milliseconds(wall())
    if args.kind == "items":
        found, bad = list(history(body.decode("utf-8", "replace").splitlines(), now)), []
    else:
        document = KINDS["hotline"](body, {}, "", now)
        found = list(items(document, "hotline-import", now, ItemKind.HOTLINE))
        bad = [f"{p.code}：{p.detail}" for p in document.problems]
        if not found:
            raise ImportFailed(f"没有读出工单。{'；'.join(bad)}。请核对表头是否含有标题、内容等列。")
    store = await open_store(settings.bot.database_url, data_of(args.data, os.environ))
    try:
        new = 0
        for item in found:
            new += await store.add_item(item)
        if args.kind == "items":  # history is for reading and search: marked as handled, so that nothing alarms
            marks = [Joined(item_id=i.id, incident=None, at=now, why="history") for i in found]
            for start in range(0, len(marks), BATCH):
                await store.mark_joined(marks[start : start + BATCH])
    finally:
        await store.close()
    print(f"读出{len(found)}条，新增{new}条，重复{len(found) - new}条。")
    for line in bad:
        print(f"未能读出：{line}", file=sys.stderr)
    return 0


def history(lines: Iterable[str], now: datetime) -> Iterator[Item]:
    """Items of JSONL lines `{"t", "source", "title", "url", "text"}`; ImportFailed names the first bad line."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            at = datetime.fromisoformat(row["t"])
            title, source = str(row["title"]), str(row.get("source") or "import")
        except (ValueError, KeyError, TypeError) as e:
            raise ImportFailed(f'第{number}行读不了（{e}），每行应为 {{"t": 时间, "source": 来源, "title": 标题}}。') from e
        if at.tzinfo is None:
            raise ImportFailed(f"第{number}行的时间没有时区，请写成 2026-11-22T02:24:00+08:00。")
        text = str(row.get("text") or "")
        url = str(row.get("url") or "")
        yield Item(
            id=digest(source, url or f"{title}|{at:%Y-%m-%d}"),
            source=source,
            title=title,
            text=text,
            url=url,
            published=at,
            seen_at=now,
            fingerprint=fingerprint(title, text),
        )


def opml_sources(body: bytes) -> str:
    """`[[source]]` blocks for sources.toml, switched off until somebody has looked at them."""
    document = KINDS["opml"](body, {}, "", milliseconds(wall()))
    if not document.entries:
        raise ImportFailed("文件里没有订阅地址，请核对是不是 OPML。")
    blocks = []
    for entry in document.entries:
        name = json.dumps(entry.title or entry.url, ensure_ascii=False)
        url = json.dumps(entry.url, ensure_ascii=False)
        ident = "opml-" + digest("opml", entry.url)[:10]
        blocks.append(f'[[source]]\nid = "{ident}"\nname = {name}\nkind = "feed"\nurl = {url}\nenabled = false\n')
    return "\n".join(blocks)
