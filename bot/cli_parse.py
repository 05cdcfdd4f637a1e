"""`yqbot parse FILE`: one feed document as JSON (contracts.md §2)."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bot.clock import wall
from bot.parsing import Parsing
from config.oserror import why
from monitors.dates import BEIJING
from monitors.inflate import unpacked
from monitors.item import ParsedDocument, ParsedEntry, digest, identities
from monitors.links import bare_url
from monitors.mend import Problem

PROBLEM_TEXTS: Final[Mapping[str, str]] = {
    "addresses_unusable": "有 {count} 个地址不是网址，已跳过：{detail}",
    "ampersand": "有 {count} 处未转义的“&”，已修补",
    "bytes_lost": "有 {count} 个字节无法按 {detail} 解读，显示为“\ufffd”",
    "charset_lie": "声明的字符集与实际不符（{detail}），按实际读取",
    "charset_mixed": "文档混用两种字符集，有 {count} 段已分别读取",
    "columns_missing": "未找到标题列或内容列，表头为：{detail}",
    "control_characters": "有 {count} 个控制字符，已去除",
    "cut_tail": "文档尾部残缺，已读取完整部分",
    "dates_unreadable": "有 {count} 条的受理时间看不懂或晚于现在（如“{detail}”），按导入时间算",
    "empty": "文档为空",
    "entities_declared": "文档声明了实体，已剔除且不予解析",
    "entity": "有 {count} 处网页实体，已还原",
    "entries_unreadable": "有 {count} 条无法读取，已跳过",
    "html_page": "这是网页，不是信息源，请核对地址",
    "json_mended": "文档不合 JSON 规范，已修补后读取",
    "keys_unknown": "{count} 条都没有读出标题或内容，收到的字段：{detail}",
    "leading_junk": "文档开头有多余内容，已忽略",
    "not_a_feed": "不是可识别的信息源格式",
    "not_well_formed": "文档不合 XML 规范，已修补后读取",
    "parse_timeout": "解析超时，已停止，保留已读取部分",
    "recovered": "文档结构有损，已尽量恢复",
    "numbers_lost": "有 {count} 条的编号已被表格软件改成约数，只能按标题和日期认，请把编号列设为文本后重新导出",
    "rows_apart": "有 {count} 行是合计、签名或重复的表头，不是工单，已略过，行号：{detail}",
    "rows_unreadable": "有 {count} 行无法读取，行号：{detail}",
    "sheet_missing": "没有指定的工作表，文件里有：{detail}",
    "sheets_left": "只读了一张工作表，另有 {count} 张也像工单，没有读：{detail}",
    "sitemap_index": "这是站点地图索引，请改填其中的具体地图地址",
    "stale_cache": "榜单为缓存旧数据（更新于 {detail}）",
    "tolerant": "严格解析不成，已改用宽松解析",
    "tolerant_failed": "宽松解析也不成，只留严格解析读出的部分",
    "too_large": "文档过大，内存超限，未能读取",
    "too_many_entries": "条目过多，超出上限的 {count} 条未读取",
    "trailing_junk": "文档末尾有多余内容，已忽略",
    "truncated": "文档过大或中断，只读取了前一部分",
    "unreadable": "文档无法读取",
}

_UNPACKED: Final = 8 * 1024 * 1024
"""Bytes a gzip file may unpack to, as many as of a fetched document."""


def problem_text(problem: Problem) -> str:
    """The Chinese sentence of a problem of a document."""
    return PROBLEM_TEXTS.get(problem.code, problem.code).format(count=problem.count, detail=problem.detail or "不详")


def add_parser(sub: Any) -> None:
    """Adds the command to the sub-parsers of `yqbot`."""
    parser = sub.add_parser("parse", help="解析一个信息源文档，输出 JSON", description="解析一个信息源文档，输出 JSON")
    parser.add_argument("file", metavar="文件", help="文档文件，“-”表示标准输入")
    parser.add_argument("--content-type", default="", metavar="类型", help="服务器给出的 Content-Type，可含字符集")
    parser.add_argument("--base", default="", metavar="网址", help="文档的网址，用于补全相对链接")
    for option in ("--config", "--data"):
        parser.add_argument(option, default="", metavar="目录", help="本命令不使用，各命令通用而保留")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the document as JSON; 1 with one sentence on stderr where the file cannot be read."""
    try:
        body = sys.stdin.buffer.read() if args.file == "-" else Path(args.file).read_bytes()
    except BrokenPipeError:
        raise  # whoever reads has seen enough
    except OSError as error:
        print(f"无法读取文件“{args.file}”：{why(error)}，请核对路径和权限。", file=sys.stderr)
        return 1
    headers = {"content-type": args.content_type} if args.content_type else {}
    body, cut = unpacked(body, _UNPACKED)
    document = asyncio.run(_parse(body, headers, args.base))
    if cut:
        document = replace(document, problems=(Problem(code="truncated"), *document.problems))
    print(json.dumps(as_json(document), ensure_ascii=False))
    return 0


async def _parse(body: bytes, headers: Mapping[str, str], base: str) -> ParsedDocument:
    parsing = Parsing()
    try:
        return await parsing.parse("feed", body, headers, base, wall())
    finally:
        parsing.close()


def as_json(document: ParsedDocument) -> dict[str, Any]:
    """`document` in the shape of contracts.md §2; `id` is the identity by which a repeated fetch finds the entry again."""
    keys = identities(document.entries)
    entries = [
        {
            "id": _printed_id(entry, key),
            "title": entry.title,
            "url": entry.url or None,
            "published": entry.published.astimezone(BEIJING).isoformat() if entry.published else None,
            "summary": entry.summary,
        }
        for entry, key in zip(document.entries, keys, strict=True)
    ]
    return {
        "format": document.format,
        "title": document.title,
        "entries": entries,
        "problems": [problem_text(problem) for problem in document.problems],
    }


def _printed_id(entry: ParsedEntry, key: str) -> str:
    if key == entry.id:
        return entry.id
    return entry.url if key == bare_url(entry.url) else digest("", key)
