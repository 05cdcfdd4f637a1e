"""`yqbot report quality`: how often the machine was right, by rule and word, for the editor of the TOML files. Changes nothing."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bot import labels, texts
from bot.configuration import data_of, settings_of
from bot.labels import BEIJING, LEVELS, NO_DATA, span
from bot.quality import Agreement, Example, Precision, Quality, example, quality
from bot.store import open_store
from bot.store.port import Store
from config.oserror import why
from config.schema import Settings
from playbooks.record import dump

Folder = Callable[[argparse.Namespace, Path], Path | None]
ALL = 1_000_000
WORDS_SHOWN = 30


def add_quality(kinds: Any, folder: Folder) -> None:
    """Add `quality` to the reports; `folder` finds the configuration that goes with a data folder."""
    q = kinds.add_parser("quality", help="研判质量：哪条规则、哪个词误报", description="由值班人员的处置记录统计研判质量。")
    q.add_argument("--since", default="", metavar="日期", help="从哪天起立案的，如 2026-11-01（默认全部）")
    q.add_argument("--format", choices=("md", "json"), default="md", help="格式（默认 md）")
    q.add_argument("-o", "--output", type=Path, default=None, metavar="文件", help="写到文件（默认打印）")
    q.add_argument("--config", type=Path, default=None, metavar="目录", help="单位配置目录")
    q.add_argument("--data", type=Path, default=None, metavar="目录", help="数据目录（默认 ./data）")
    q.set_defaults(run=partial(run_quality, folder=folder))


def run_quality(args: argparse.Namespace, folder: Folder) -> int:
    """Print or write the report; 1 with one sentence on stderr when that is impossible."""
    data = data_of(args.data, os.environ)
    try:
        since = datetime.fromisoformat(args.since).replace(tzinfo=BEIJING) if args.since else None
    except ValueError:
        print(f"--since {args.since} 不是日期，请写成 2026-11-01。", file=sys.stderr)
        return 1
    try:
        settings = settings_of(folder(args, data), dict(os.environ))
        examples = asyncio.run(_read(settings, data, since))
        text = as_json(examples) if args.format == "json" else "\n".join(as_markdown(quality(examples), settings)) + "\n"
        if args.output is None:
            sys.stdout.write(text)
        else:
            args.output.write_text(text, encoding="utf-8")
            print(f"已生成 {args.output}")
    except BrokenPipeError:
        raise  # whoever reads has seen enough
    except OSError as e:
        print(f"读写不了 {e.filename or args.output}（{why(e)}），请检查目录是否存在、是否有权限。", file=sys.stderr)
        return 1
    return 0


async def _read(settings: Settings, data: Path, since: datetime | None) -> tuple[Example, ...]:
    store = await open_store(settings.bot.database_url, data, readonly=True)
    try:
        return await examples_of(store, since)
    finally:
        await store.close()


async def examples_of(store: Store, since: datetime | None = None, limit: int = ALL) -> tuple[Example, ...]:
    """Labelled examples of the newest matters opened since then, in order of number."""
    found = [i for i in await store.incidents(open_only=False, limit=limit) if since is None or i.opened_at >= since]
    rows = [example(i.number, await store.events(f"incident:{i.number}")) for i in sorted(found, key=lambda i: i.number)]
    return tuple(x for x in rows if x is not None)


def as_json(examples: Sequence[Example]) -> str:
    """Figures and the examples themselves, for a tool."""
    body = {"quality": asdict(quality(examples)), "examples": [asdict(x) for x in examples]}
    return json.dumps(dump(body), ensure_ascii=False, indent=1) + "\n"


def as_markdown(q: Quality, settings: Settings) -> Iterator[str]:
    """The report as an editor reads it: what to change, and on which line."""
    yield "# 研判质量报告\n"
    judged = q.right + q.false
    rate = f"{q.right / judged:.0%}" if judged else NO_DATA
    yield f"提醒{q.alarms}件：属实或已办{q.right}件，误报{q.false}件，尚无人判断{q.unjudged}件；准确率{rate}（只计已判断的）。"
    yield f"首次公开到发现{_span(q.delay_public)}，发现到提醒{_span(q.delay_alarm)}，提醒到点收到{_span(q.delay_ack)}（中位数）。\n"
    yield from _table("按提醒依据", q.by_reason, lambda n: labels.ALARM_REASONS.get(n, n))
    yield from _table("按规则", q.by_rule)
    yield from _table("按词组", q.by_group)
    yield from _table("按词（误报多的在前）", q.by_word[:WORDS_SHOWN])
    yield "## 误报逐件\n"
    yield from (_false(x) for x in q.false_alarms)
    yield "" if q.false_alarms else "没有误报。\n"
    yield "## 与人的决定是否一致\n"
    yield _agreed("承办单位", q.unit, lambda c: texts.unit_name(c, settings), three=True)
    yield _agreed("等级", q.grade, lambda c: LEVELS.get(c, c))
    yield _agreed("类别", q.category, lambda c: settings.category(c).name)
    yield f"- 漏并（人工并案）：{'、'.join(f'{a}号并入{b}号' for a, b in q.merged) or '无'}。"
    yield f"- 错并（人工拆分）：{'、'.join(f'{n}号' for n in q.split) or '无'}。"


def _span(seconds: float | None) -> str:
    return NO_DATA if seconds is None else span(timedelta(seconds=seconds))


def _table(title: str, rows: Sequence[Precision], name: Any = str) -> Iterator[str]:
    yield f"## {title}\n"
    if not rows:
        yield f"{NO_DATA}。\n"
        return
    yield "| 名称 | 提醒 | 属实 | 误报 | 准确率 | 误报事件 | 改哪里 |\n|---|---|---|---|---|---|---|"
    for p in rows:
        rate = f"{p.precision:.0%}" if p.precision is not None else NO_DATA
        cases = "、".join(f"{n}号" for n in p.examples) or "—"
        yield f"| {name(p.name)} | {p.alarms} | {p.right} | {p.false} | {rate} | {cases} | {'、'.join(p.places[:3])} |"
    yield ""


def _false(x: Example) -> str:
    why = labels.EXCLUSION_REASONS.get(x.exclusion, x.exclusion)
    words = "；".join(f"{s.name}（{s.place}）" for s in x.said) or "无词（人工报告）"
    return f"- {x.number}号（{why}）{x.title}：命中 {words}"


def _agreed(what: str, a: Agreement, name: Any, *, three: bool = False) -> str:
    if not a.decided:
        return f"- {what}：{NO_DATA}。"
    top = f"，前三候选含{a.three}件" if three else ""
    changed = "、".join(f"{n}号由{name(m)}改为{name(s)}" for n, m, s in a.changed[:10])
    return f"- {what}：人定{a.decided}件，与建议一致{a.first}件{top}。{f'不一致：{changed}。' if changed else ''}"
