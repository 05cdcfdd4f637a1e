"""The command line in Chinese: usage, headings and every mistake the standard parser reports in English.

Patterns accept the wording of Python 3.11 to 3.14, which differ in quotation marks only.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from typing import Any, Final

TYPES: Final = {"int": "整数", "float": "数字"}
_HELP: Final = "显示说明后退出"
_CHOICE = re.compile(r"argument (?P<what>.+?): invalid choice: '?(?P<given>.*?)'? \(choose from (?P<known>.+)\)$", re.DOTALL)
_VALUE = re.compile(r"argument (?P<what>.+?): invalid (?P<type>\S+) value: '?(?P<given>.*?)'?$", re.DOTALL)
_SAYINGS: Final = (
    (re.compile(r"the following arguments are required: (.+)$"), "缺少：{0}"),
    (re.compile(r"argument (.+?): expected (?:one argument|at least one argument|\d+ arguments?)$"), "{0} 后面要写一个值"),
    (re.compile(r"unrecognized arguments: (.+)$", re.DOTALL), "不认识：{0}"),
    (re.compile(r"argument (.+?): not allowed with argument (.+)$"), "{0} 不能与 {1} 同时写"),
    (re.compile(r"argument (.+?): ignored explicit argument (.+)$"), "{0} 后面不要写值（写了 {1}）"),
    (re.compile(r"argument (.+?): (应为.+)$", re.DOTALL), "{0} {1}"),
    (re.compile(r"ambiguous option: (.+) could match (.+)$"), "{0} 有几种可能：{1}，请写全"),
)


class Parser(argparse.ArgumentParser):
    """Everything it prints is Chinese; wrong usage exits with 2."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "add_help": False})
        self._positionals.title, self._optionals.title = "参数", "选项"
        self.add_argument("-h", "--help", action="help", default=argparse.SUPPRESS, help=_HELP)

    def format_usage(self) -> str:
        formatter = self._get_formatter()
        formatter.add_usage(self.usage, self._actions, self._mutually_exclusive_groups, prefix="用法：")
        return formatter.format_help()

    def format_help(self) -> str:
        return re.sub(r"^(参数|选项):$", r"\1：", super().format_help(), flags=re.MULTILINE).replace("usage: ", "用法：", 1)

    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        print(f"用法不对：{said(message)}。加 --help 看说明。", file=sys.stderr)
        raise SystemExit(2)


def said(message: str) -> str:
    """The parser's own English sentence in Chinese; one nobody foresaw stays as it is."""
    if found := _CHOICE.match(message):
        known = "、".join(_names(found["known"].split(",")))
        return f"{found['what']} 没有“{found['given']}”，可用：{known}"
    if found := _VALUE.match(message):
        return f"{found['what']} 应为{TYPES.get(found['type'], '别的写法')}，现为“{found['given']}”"
    for pattern, sentence in _SAYINGS:
        if match := pattern.match(message):
            return sentence.format(*match.groups())
    return message


def _names(known: Iterable[str]) -> Iterable[str]:
    return (name.strip().strip("'") for name in known)


def positive(text: str) -> float:
    """A number above zero, for `type=`; argparse makes the sentence of the refusal."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"应为大于0的数字，现为“{text}”")
    return value


def port(text: str) -> int:
    """A TCP port, 0 for any free one."""
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"应为0到65535的端口号，现为“{text}”")
    return int(text)
