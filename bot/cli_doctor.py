"""`yqbot doctor`: one look at a running installation, each line what was checked and, if wrong, what to do."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from bot.channels.check import roster, ways
from bot.clock import wall
from bot.configuration import data_of, settings_of
from bot.doctor_sources import table
from bot.engine_health import engine_health
from bot.engine_words import LATE, Line, engine_lines, retention_line
from bot.health import KINDS, LINE_DOWN_TEXT, line_down, overdue, troubles
from bot.labels import stamp
from bot.retention import LAST as RETENTION
from bot.store import SqlStore, StoreError, open_store
from bot.wecom.client import WeComClient
from bot.wecom.errors import WeComError
from config.check import problems
from config.oserror import why
from config.schema import Settings

BUILT = datetime(2026, 11, 1, tzinfo=UTC)
LEAST_DISK = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`level`: ok | warning | error."""

    level: str
    what: str
    detail: str


def add_parser(sub: Any) -> None:
    """Add the command to `yqbot`."""
    what = "检查正在运行的安装：配置、数据库、磁盘、时钟、企业微信、来源、值班表"
    p = sub.add_parser("doctor", help=what, description=f"{what}。")
    p.add_argument("--config", type=Path, default=None, metavar="目录", help="单位配置目录（或环境变量 YQBOT_CONFIG）")
    p.add_argument("--data", type=Path, default=None, metavar="目录", help="数据目录（或环境变量 YQBOT_DATA，默认 ./data）")
    p.add_argument("--sources", action="store_true", help="另外逐个列出来源：节奏、条数、受损、下次轮询、对方时钟、出错记录")
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print every finding; 1 if any is an error."""
    settings = settings_of(args.config, dict(os.environ))
    found = asyncio.run(examine(settings, data_of(args.data, os.environ)))
    marks = {"ok": "正常", "warning": "注意", "error": "故障"}
    for f in found:
        print(f"[{marks[f.level]}] {f.what}：{f.detail}")
    if args.sources:
        print("\n".join(asyncio.run(_table(settings, data_of(args.data, os.environ)))))
    return 1 if any(f.level == "error" for f in found) else 0


async def _table(settings: Settings, data: Path) -> list[str]:
    try:
        return await table(settings, data)
    except StoreError as e:
        return [str(e)]


async def examine(settings: Settings, data: Path) -> list[Finding]:
    """Every check in turn; one that fails says so and stops no other."""
    found = [*_configuration(settings), _disk(data), _clock(), _callback(settings)]
    found.append(await _wecom(settings))
    for level, what, detail in (*await roster(settings), *await ways(settings)):
        found.append(Finding(level=level, what=what, detail=detail))
    try:
        store = await open_store(settings.bot.database_url, data, readonly=True)
    except StoreError as e:
        return [*found, Finding(level="error", what="数据库", detail=str(e))]
    try:
        for check in (_database, _engine, _retention, _sources, _outbox, _open_problems):
            found += await _guarded(check, store, settings)
    finally:
        await store.close()
    return found


async def _guarded(
    check: Callable[[SqlStore, Settings], Awaitable[list[Finding]]], store: SqlStore, settings: Settings
) -> list[Finding]:
    try:
        return await check(store, settings)
    except StoreError as e:
        return [Finding(level="error", what="数据库", detail=str(e))]


def _configuration(settings: Settings) -> list[Finding]:
    rows = problems(settings, wall())
    bad = [p for p in rows if p.is_error]
    if bad:
        return [Finding(level="error", what="配置", detail=f"{len(bad)}处错误，请运行 yqbot check 逐条改正。")]
    gaps = [p for p in rows if p.id in ("Y321", "Y322")]
    holidays = [p for p in rows if p.id in ("Y601", "Y602")]
    told = [Finding(level="warning", what="值班表", detail=p.text) for p in gaps[:1]]
    told += [Finding(level="warning", what="节假日", detail=p.text) for p in holidays]
    return told or [Finding(level="ok", what="配置", detail=f"没有错误，{len(rows)}条提示（yqbot check 可看）。")]


def _disk(data: Path) -> Finding:
    try:
        place = data if data.exists() else data.absolute().parent
        free = shutil.disk_usage(place).free
    except OSError as e:
        return Finding(level="error", what="磁盘", detail=f"数据目录看不了（{why(e)}），请核对 --data 和目录权限。")
    if free < LEAST_DISK:
        return Finding(level="error", what="磁盘", detail=f"只剩{free >> 20}MB，请清理或扩容，写满后记录会停止。")
    return Finding(level="ok", what="磁盘", detail=f"可用{free >> 30}GB。")


def _clock() -> Finding:
    now = wall()
    if not BUILT <= now <= BUILT + timedelta(days=3653):
        return Finding(level="error", what="时钟", detail=f"系统时间{stamp(now)}不合理，请先校时，时限全靠它。")
    return Finding(level="ok", what="时钟", detail=f"{stamp(now)}（北京时间）。")


def _callback(settings: Settings) -> Finding:
    w = settings.wecom
    if not (w.token and w.aes_key):
        return Finding(level="warning", what="回调", detail="未配置 YQBOT_WECOM_TOKEN、YQBOT_WECOM_AES_KEY，收不到按钮和消息。")
    if not settings.bot.public_url:
        return Finding(level="warning", what="回调", detail="未配置 YQBOT_PUBLIC_URL，卡片上的总览链接打不开。")
    return Finding(level="ok", what="回调", detail=f"{settings.bot.public_url}/wecom/callback（请在管理后台核对）。")


async def _wecom(settings: Settings) -> Finding:
    w = settings.wecom
    if not (w.corpid and w.secret):
        return Finding(
            level="warning",
            what="企业微信",
            detail="未配置 YQBOT_WECOM_CORPID、YQBOT_WECOM_SECRET，提醒只排队不发出。",
        )
    async with aiohttp.ClientSession() as session:
        client = WeComClient(session, w.base_url, w.corpid, w.secret, w.agentid, wall)
        try:
            await client.check()
        except WeComError as e:
            return Finding(level="error", what="企业微信", detail=f"取不到访问凭证：{e}。")
    return Finding(level="ok", what="企业微信", detail="访问凭证可以取得。")


async def _database(store: SqlStore, settings: Settings) -> list[Finding]:
    open_ones = await store.incidents(open_only=True, alarmed_only=True)
    return [Finding(level="ok", what="数据库", detail=f"可以读取，在办{len(open_ones)}件。")]


async def _engine(store: SqlStore, settings: Settings) -> list[Finding]:
    """The figures of the engine, read from the database: also when the service does not run."""
    return [_finding(x) for x in engine_lines(await engine_health(store, wall(), wall()))]


async def _retention(store: SqlStore, settings: Settings) -> list[Finding]:
    bot = settings.bot
    return [_finding(retention_line(await store.meta(RETENTION), bot.item_days, bot.original_days, wall()))]


def _finding(line: Line) -> Finding:
    return Finding(level=line.level, what=line.what, detail=line.detail)


async def _sources(store: SqlStore, settings: Settings) -> list[Finding]:
    states, now = await store.source_states(), wall()
    out: list[Finding] = []
    enabled = [s for s in settings.sources if s.enabled]
    for source in enabled:
        state = states.get(source.id)
        if state is not None:
            out += [Finding(level="warning", what="来源", detail=t.detail) for t in troubles(source, state, now)]
    if line_down(enabled, states):
        out.insert(0, Finding(level="error", what="来源", detail=LINE_DOWN_TEXT))
    late = [s.name for s in enabled if s.id in states and overdue(s, states[s.id], now)]
    if late:
        some = "、".join(late[:3]) + (f"等{len(late)}个" if len(late) > 3 else "")
        out.append(Finding(level="warning", what="来源", detail=f"{some}到点没有轮询，请检查服务是否在运行。"))
    return out or [Finding(level="ok", what="来源", detail=f"启用{len(enabled)}个，没有异常。")]


async def _outbox(store: SqlStore, settings: Settings) -> list[Finding]:
    first, now = await store.next_fire(), wall()
    if first is not None and now - first > LATE:
        return [
            Finding(
                level="error",
                what="提醒",
                detail=f"有{stamp(first)}到点的步骤仍未送出，请检查服务是否在运行、企业微信是否可达。",
            )
        ]
    return [Finding(level="ok", what="提醒", detail="没有过点未送的步骤。")]


async def _open_problems(store: SqlStore, settings: Settings) -> list[Finding]:
    rows = [p for p in await store.problems() if p.kind not in KINDS]  # those of sources stand above
    return [Finding(level="warning", what="问题", detail=p.detail) for p in rows[:10]]
