"""`yqbot`: one table of commands; each lives in its own file and is imported only when asked for."""

from __future__ import annotations

import argparse
import gc
import importlib
import sys
from collections.abc import Sequence

from bot.cli_words import Parser
from bot.garbage import THRESHOLDS
from config.oserror import why
from config.problem import Told

COMMANDS: dict[str, str] = {
    "demo": "bot.cli_demo",
    "run": "bot.cli_run",
    "poll": "bot.cli_run",
    "check": "bot.cli_check",
    "explain": "bot.cli_judge",
    "emulator": "bot.cli_emulator",
    "triage": "bot.cli_judge",
    "cluster": "bot.cli_judge",
    "train": "bot.training",
    "parse": "bot.cli_parse",
    "replay": "bot.cli_judge",
    "report": "bot.cli_report",
    "backup": "bot.cli_data",
    "restore": "bot.cli_data",
    "export": "bot.cli_data",
    "load": "bot.cli_data",
    "verify": "bot.cli_data",
    "doctor": "bot.cli_doctor",
    "import": "bot.cli_import",
    "contacts": "bot.cli_contacts",
    "erase": "bot.cli_erase",
}


class _Version(argparse.Action):
    """The installed version, looked up only when asked for: a start does not read it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"yqbot {version('yqbot')}")
        parser.exit()


def build(argv: Sequence[str]) -> argparse.ArgumentParser:
    """Parser with the asked command's own file, or with all of them for the overview."""
    parser = Parser(prog="yqbot", description="政务舆情值班台：监测、研判、时限、企业微信提醒、台账、复盘。")
    parser.add_argument("--version", action=_Version, nargs=0, help="显示版本后退出")
    sub = parser.add_subparsers(dest="command", metavar="命令", parser_class=Parser, required=True)
    asked = next((a for a in argv if not a.startswith("-")), None)
    modules = [COMMANDS[asked]] if asked in COMMANDS else list(dict.fromkeys(COMMANDS.values()))
    for name in modules:
        importlib.import_module(name).add_parser(sub)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Entry of the console script."""
    gc.set_threshold(*THRESHOLDS)  # a start makes a hundred thousand values that stay
    args = build(sys.argv[1:] if argv is None else argv).parse_args(argv)
    try:
        return int(args.run(args))
    except BrokenPipeError:
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
