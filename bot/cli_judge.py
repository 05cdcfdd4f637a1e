"""`yqbot triage | cluster | explain | replay`: the judgement on its own, over standard input or recorded files."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from bot.clock import milliseconds, wall
from config.oserror import why


def add_parser(sub: Any) -> None:
    """Add the four commands to `yqbot`."""
    t = _command(sub, "triage", "逐行研判：标准输入每行一个JSON，输出每行一个JSON")
    t.add_argument("--org", default=None, metavar="分办表", help="用哪张分办表（county、planning-bureau 等）")
    t.add_argument("--model", action="append", default=[], metavar="名称=文件", help="用本单位训练的模型，可多次给")
    _command(sub, "cluster", "逐行并案：同一件事给同一个事件名，只看已读过的行")
    e = _command(sub, "explain", "用中文说明对一段文字的每个判断出自哪个文件哪一行")
    e.add_argument("text", nargs="?", metavar="文字", help="不给则读标准输入")
    r = _command(sub, "replay", "用录制的信息回放整条流程，虚拟时间，无人处置")
    r.add_argument("files", nargs="+", metavar="文件", help=".jsonl 或 .jsonl.gz")
    r.add_argument("--scope", default="all", metavar="省/市/县|all", help="管辖地域")
    r.add_argument("--profile", default=None, metavar="规定", help="适用的时限规定")
    r.add_argument(
        "--policy", "--compare", dest="compare", type=Path, default=None, metavar="配置", help="另一份提醒策略，并排比较"
    )
    r.add_argument("--out", type=Path, default=None, metavar="目录", help="写 incidents.jsonl 和 alerts.jsonl")


def _command(sub: Any, name: str, what: str) -> argparse.ArgumentParser:
    p: argparse.ArgumentParser = sub.add_parser(name, help=what, description=f"{what}。")
    p.add_argument("--config", type=Path, default=None, metavar="目录", help="单位配置目录")
    p.add_argument("--data", type=Path, default=None, metavar="目录", help="数据目录")
    p.set_defaults(run=run)
    return p


def run(args: argparse.Namespace) -> int:
    """One command; 1 with one Chinese line where the input cannot be read. Each loads only what it needs: start-up counts."""
    from bot.labelled import TrainingError

    commands = {"triage": _triage, "cluster": _cluster, "replay": _replay, "explain": _explain}
    try:
        return commands[args.command](args, dict(os.environ))
    except BrokenPipeError:
        raise  # whoever reads has seen enough
    except OSError as e:
        print(f"读写不了 {e.filename or '文件'}（{why(e)}），请核对路径和权限。", file=sys.stderr)
    except UnicodeDecodeError:
        print("输入不是 UTF-8 文本，请核对文件，或另存为 UTF-8 后再试。", file=sys.stderr)
    except (ValueError, TrainingError) as e:
        print(e, file=sys.stderr)
    return 1


def _triage(args: argparse.Namespace, env: dict[str, str]) -> int:
    from bot.triage import run_triage

    return run_triage(args, env)


def _cluster(args: argparse.Namespace, env: dict[str, str]) -> int:
    from bot.clusters import run_cluster

    return run_cluster(args, env)


def _replay(args: argparse.Namespace, env: dict[str, str]) -> int:
    from bot.replay import run_replay

    return run_replay(args, env)


def _explain(args: argparse.Namespace, env: dict[str, str]) -> int:
    from bot.explain import explain
    from bot.triage import triage_of

    text = args.text if args.text is not None else sys.stdin.read()
    if not text.strip():
        print("没有文字可说明，请在命令后写上文字，或从标准输入给。", file=sys.stderr)
        return 1
    for line in explain(triage_of(args.config, env), text, milliseconds(wall())):
        print(line)
    return 0
