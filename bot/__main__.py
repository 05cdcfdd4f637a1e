"""`yqbot`: one table of commands; each lives in its own file and is imported only when asked for."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence

from bot.cli_words import Parser
from bot.garbage import THRESHOLDS
from config.oserror import why
from config.problem import Told

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("bot.cli_demo", "在本机演示48小时（虚构县，不需要网络）"),
    "run": ("bot.cli_run", "运行值班台服务"),
    "poll": ("bot.cli_run", "轮询一次到点的来源"),
    "check": ("bot.cli_check", "检查配置"),
    "triage": ("bot.cli_judge", "逐行研判：标准输入每行一个JSON，输出每行一个JSON"),
    "cluster": ("bot.cli_judge", "逐行并案：同一件事给同一个事件名，只看已读过的行"),
    "explain": ("bot.cli_judge", "用中文说明对一段文字的每个判断出自哪个文件哪一行"),
    "replay": ("bot.cli_judge", "用录制的信息回放整条流程，虚拟时间，无人处置"),
    "emulator": ("bot.cli_emulator", "在本机模拟企业微信服务，附手机页面"),
    "train": ("bot.training", "训练分办、倾向、谣言特征、涉事标题模型"),
    "parse": ("bot.cli_parse", "解析一个信息源文档，输出 JSON"),
    "report": ("bot.cli_report", "生成报告"),
    "backup": ("bot.cli_data", "备份数据库（服务运行时也可以）"),
    "restore": ("bot.cli_data", "把备份恢复到空的数据目录"),
    "export": ("bot.cli_data", "把全部数据导出为JSONL，每表一个文件"),
    "load": ("bot.cli_data", "把导出的数据载入空的数据库，记录链原样保留"),
    "verify": ("bot.cli_data", "校验记录链，并用记录重算每个事件的状态"),
    "doctor": ("bot.cli_doctor", "检查正在运行的安装：配置、数据库、磁盘、时钟、企业微信、来源、值班表"),
    "import": ("bot.cli_import", "导入历史条目（JSONL）、热线工单（CSV、XLSX）、订阅列表（OPML）、单位人员表或值班表（XLSX）"),
    "contacts": ("bot.cli_contacts", "读出企业微信通讯录（应用可见范围内），打印为名册草稿"),
    "erase": ("bot.cli_erase", "清除一件事另存的工单原文和附件，留痕；记录链照常校验"),
}
"""File and one line of every command: the overview loads none of them."""


class _Version(argparse.Action):
    """The installed version, looked up only when asked for: a start does not read it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"yqbot {version('yqbot')}")
        parser.exit()


def build(argv: Sequence[str]) -> argparse.ArgumentParser:
    """Parser with the asked command's own file, or the overview of all."""
    parser = Parser(prog="yqbot", description="政务舆情值班台：监测、研判、时限、企业微信提醒、台账、复盘。")
    parser.add_argument("--version", action=_Version, nargs=0, help="显示版本后退出")
    sub = parser.add_subparsers(dest="command", metavar="命令", parser_class=Parser, required=True)
    asked = next((a for a in argv if not a.startswith("-")), None)
    if asked in COMMANDS:
        importlib.import_module(COMMANDS[asked][0]).add_parser(sub)
    else:
        for name, (_, about) in COMMANDS.items():
            sub.add_parser(name, help=about)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Entry of the console script."""
    gc.set_threshold(*THRESHOLDS)  # a start makes a hundred thousand values that stay
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # to look for plugins every installed package would be read
    args = build(sys.argv[1:] if argv is None else argv).parse_args(argv)
    try:
        return int(args.run(args))
    except BrokenPipeError:  # whoever reads has seen enough; what is still in the buffer must not complain at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Told as e:
        print(e, file=sys.stderr)
    except OSError as e:
        print(f"{e.filename or '文件'} 读写不了（{why(e)}），请核对路径、权限和磁盘。", file=sys.stderr)
    except KeyboardInterrupt:
        print("\n已中断。已写入的保留，重新执行会接着做，不会重复。", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
