"""`yqbot run` (the service) and `yqbot poll --once` (one round from a timer)."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from bot import calendar_care, log, outage
from bot.app import Running, listening, login_link, serving
from bot.channels.setup import keep_link
from bot.clock import SystemClock, wall
from bot.configuration import data_of, settings_of, unusable
from bot.garbage import settle_memory
from bot.once_a_day import once_a_day
from bot.pulse import Pulse, notify
from bot.scheduler import arm, build_scheduler, wake_on_change
from bot.steady import ClockWrong, SteadyClock, check
from bot.watch import Watch
from config.check import problems
from config.problem import ConfigError, errors
from config.schema import Settings


def add_parser(sub: Any) -> None:
    """Add both commands to `yqbot`."""
    p = sub.add_parser("run", help="运行值班台服务", description="运行值班台服务：监测、时限、企业微信回调、总览、报告。")
    p.add_argument("--config", type=Path, default=None, metavar="目录", help="单位配置目录（或环境变量 YQBOT_CONFIG）")
    p.add_argument("--data", type=Path, default=None, metavar="目录", help="数据目录（或环境变量 YQBOT_DATA，默认 ./data）")
    p.set_defaults(run=run)
    q = sub.add_parser("poll", help="轮询一次到点的来源", description="轮询到点的来源，存、判、并、排队，打印一行JSON。")
    q.add_argument("--once", action="store_true", required=True, help="只跑一轮后退出")
    q.add_argument("--config", type=Path, default=None, metavar="目录", help="单位配置目录")
    q.add_argument("--data", type=Path, default=None, metavar="目录", help="数据目录")
    q.set_defaults(run=poll)


def run(args: argparse.Namespace) -> int:
    """Serve until a signal."""
    settings = _sound(settings_of(args.config, dict(os.environ)))
    log.configure()
    return asyncio.run(_run(settings, data_of(args.data, os.environ)))


def _sound(settings: Settings) -> Settings:
    """Settings the service can run with; other mistakes are told and do not keep a desk from starting at three in the morning."""
    found = errors(problems(settings, wall()))
    if fatal := unusable(found):
        raise ConfigError(fatal)
    if found:
        print(f"配置有{len(found)}处错误，所列各项会提醒不到人或办不下去，请运行 yqbot check 逐条改正。", file=sys.stderr)
    return settings


async def _run(settings: Any, data: Path) -> int:
    host, _, port = settings.bot.listen.rpartition(":")
    try:
        check(wall())
    except ClockWrong as e:
        print(e, file=sys.stderr)
        return 1
    clock = SteadyClock()
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with (
        serving(settings, data, clock) as running,
        listening(running.app, host or "127.0.0.1", int(port)) as bound,
    ):
        await _greet(running, bound)
        await _serve(running, clock, stop)
    return 0


async def _serve(running: Running, clock: SteadyClock, stop: asyncio.Event) -> None:
    """Loops and their watch, until told to stop."""
    service = running.service
    desk = service.desk

    async def line() -> None:
        await once_a_day(desk)

    await outage.started(desk)
    await calendar_care.care(desk)
    scheduler = build_scheduler(service, line)
    desk.wake = wake_on_change(service)
    scheduler.start()
    pulse = Pulse(desk=desk, url=desk.settings.bot.heartbeat_url)
    watch = Watch(service=service, clock=clock, pulse=pulse, rearm=lambda: arm(scheduler, service, line))
    watching = asyncio.create_task(watch.run())
    linked = asyncio.create_task(keep_link(desk, running.link)) if running.link is not None else None
    settle_memory()
    notify("READY=1")
    try:
        await stop.wait()
    finally:
        notify("STOPPING=1")
        watching.cancel()
        if linked is not None:
            linked.cancel()
        scheduler.shutdown(wait=False)


async def _greet(running: Running, port: int) -> None:
    desk = running.service.desk
    if not desk.board_url:
        desk.board_url = f"http://127.0.0.1:{port}"
    admin = next(iter(desk.settings.organisation.administrators), None)
    print(f"值班台已启动，监听 {desk.settings.bot.listen}。", flush=True)
    if desk.wecom is None:
        print("尚未配置企业微信（YQBOT_WECOM_CORPID、YQBOT_WECOM_SECRET），提醒只排队、不发出。", flush=True)
    if admin is not None:
        print(f"总览登录链接（一次有效）：{await login_link(desk, admin.userid)}", flush=True)


def poll(args: argparse.Namespace) -> int:
    """One round; 1 when any source failed to be stored."""
    settings = settings_of(args.config, dict(os.environ))
    return asyncio.run(_poll(settings, data_of(args.data, os.environ)))


async def _poll(settings: Any, data: Path) -> int:
    async with serving(settings, data, SystemClock()) as running:
        running.service.intake.poller.hurry()
        report = await running.service.poll()
        await running.service.pump()
    used = resource.getrusage(resource.RUSAGE_SELF)
    report["cpu_seconds"] = round(used.ru_utime + used.ru_stime, 3)
    json.dump(report, sys.stdout, ensure_ascii=False)
    print()
    return 0
