"""`yqbot check`: every mistake of the settings at once, each with number, file and line, key and remedy; exit 1 on any error."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.clock import wall
from bot.configuration import folders_of, unusable
from config.check import ordered
from config.check import problems as across
from config.load import read
from config.problem import Problem, errors


def add_parser(sub: Any) -> None:
    """Adds the command to the sub-parsers of `yqbot`."""
    text = "检查配置：一次列出全部问题，每个问题有编号、文件和行、键、改法；有错误时退出码为1。"
    parser = sub.add_parser("check", help="检查配置", description=text)
    parser.add_argument("--config", type=Path, default=None, metavar="目录", help="单位配置目录（或环境变量 YQBOT_CONFIG）")
    parser.add_argument("--data", type=Path, default=None, metavar="目录", help="数据目录（检查配置时不用）")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what is wrong; 1 when anything is an error."""
    settings, found = read(folders_of(args.config, os.environ), os.environ)
    if settings is not None:
        found = ordered((*found, *across(settings, wall())))
    for problem in ordered(found):
        print(_block(problem))
    wrong = len(errors(found))
    summary = f"检查完毕：错误{wrong}处，提醒{len(found) - wrong}处。"
    if wrong:
        unread = "值班台读不了这份配置，不能启动。请按上面的改法改正，改正后请再检查一次，各项之间的问题届时列出。"
        unsound = "值班台仍能启动，但所列各项会提醒不到人或办不下去，请在启用前按上面的改法改正。"
        print(f"{summary}{unread if settings is None or unusable(errors(found)) else unsound}", file=sys.stderr)
        return 1
    print(summary)
    return 0


def _block(problem: Problem) -> str:
    """Number and kind, place, key; then what is wrong and what to do."""
    head = [problem.id, "错误" if problem.is_error else "提醒", problem.place, problem.key]
    lines: Sequence[str] = [" ".join(x for x in head if x), f"  问题：{problem.message}"]
    return "\n".join([*lines, *([f"  改法：{problem.remedy}"] if problem.remedy else [])])
