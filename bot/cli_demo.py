"""`yqbot demo`: the whole product on an empty data folder, with an invented county and no network."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.cli_words import positive
from bot.configuration import DEMO, settings_of
from bot.demo import driver, results
from bot.demo.story import Story, StoryError, load, span

BOARD_PORT, PHONE_PORT = 8710, 8711
HOLD = timedelta(seconds=20)  # real time a person has for a button before the script presses it
STORY_HOLD = timedelta(minutes=20)  # and never longer in the story, or at high speed its later acts would find nothing done


def add_parser(sub: Any) -> None:
    """Add the command to `yqbot`."""
    p = sub.add_parser(
        "demo", help="在本机演示48小时（虚构县，不需要网络）", description="在本机演示48小时（虚构县，不需要网络）。"
    )
    p.add_argument(
        "--speed", type=positive, default=None, metavar="N", help="虚拟时间是真实时间的N倍（默认60；--headless 时不给则不等待）"
    )
    p.add_argument("--headless", action="store_true", help="无人值守演到结束，由脚本扮演各岗位，打印发出的提醒")
    p.add_argument("--until", default=None, metavar="49h", help="演到多久为止（如 49h、2h30m）")
    p.add_argument("--data", type=Path, default=None, metavar="目录", help="数据目录；已有的接着演")
    p.add_argument("--out", type=Path, default=None, metavar="目录", help="把 incidents.jsonl、alerts.jsonl 和评估报告写到这里")
    p.add_argument("--config", type=Path, default=None, metavar="目录", help="单位配置目录（默认用自带的虚构县）")
    p.add_argument("--story", type=Path, default=None, metavar="文件", help="换一个故事")
    p.add_argument("--seed", type=int, default=None, metavar="N", help="随机换地点、人数、先后和时辰")
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Play; 0 only if every step that fell due was delivered."""
    try:
        story = load(args.story, args.seed)
        until = story.start + (span(args.until) if args.until else timedelta(hours=story.hours))
    except StoryError as e:
        print(e, file=sys.stderr)
        return 1
    data = args.data or Path(tempfile.mkdtemp(prefix="yqbot-demo-"))
    try:
        return asyncio.run(_headless(args, story, data, until) if args.headless else _live(args, story, data, until))
    except KeyboardInterrupt:
        print(f"\n演示已停止。接着演：yqbot demo --data {data}")
        return 0
    finally:
        if args.data is None and args.headless:
            shutil.rmtree(data, ignore_errors=True)


async def _headless(args: argparse.Namespace, story: Story, data: Path, until: datetime) -> int:
    settings = settings_of(args.config or DEMO, dict(os.environ))
    speed = args.speed or 0.0
    async with driver.stage(story, settings, data, speed=speed, board_port=0, phone_port=0) as stage:
        if speed:
            await driver.play_live(stage, data, until, timedelta(0))
        else:
            await driver.play(stage, data, until)
        found = await results.outcome(stage, args.out, until)
    for line in found.lines:
        print(line)
    if found.undelivered:
        print(f"有{len(found.undelivered)}个到点步骤没有送达：{'；'.join(found.undelivered[:10])}", file=sys.stderr)
        return 1
    print(f"演示结束：{len(found.lines)}条提醒全部送达。")
    return 0


async def _live(args: argparse.Namespace, story: Story, data: Path, until: datetime) -> int:
    settings = settings_of(args.config or DEMO, dict(os.environ))
    speed = args.speed or 60.0
    ports = {"board_port": BOARD_PORT, "phone_port": PHONE_PORT}
    try:
        stage_context = driver.stage(story, settings, data, speed=speed, **ports)
        stage = await stage_context.__aenter__()
    except OSError:
        stage_context = driver.stage(story, settings, data, speed=speed, board_port=0, phone_port=0)
        stage = await stage_context.__aenter__()
    try:
        hold = min(HOLD * speed, STORY_HOLD)
        await _announce(stage, story, speed, hold / speed)
        await driver.play_live(stage, data, until, hold)
        print("故事演完了，两个页面仍可查看；按 Ctrl+C 结束。", flush=True)
        await asyncio.Event().wait()
    finally:
        await stage_context.__aexit__(None, None, None)
    return 0


async def _announce(stage: driver.Stage, story: Story, speed: float, hold: timedelta) -> None:
    print(f"《{story.name}》开演，虚拟时间为真实时间的{speed:g}倍。", flush=True)
    for line in story.intro:
        print(line, flush=True)
    print(f"手机页面：{stage.phone}/", flush=True)
    print(f"总览页面：{await driver.first_link(stage)}", flush=True)
    wait = f"{hold.total_seconds():.2g}秒"
    print(f"（总览链接只能用一次；卡片上的按钮您可以随时按，{wait}不按由脚本代按。按 Ctrl+C 结束。）", flush=True)
