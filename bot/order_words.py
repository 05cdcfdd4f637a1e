"""What was wrong with a table of work orders, in words for whoever imports it or drops it into the folder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.cli_parse import problem_text
from monitors.mend import Problem

WORDS: Final = {
    "too_many_entries": "超出上限的{count}条没有读取，请把文件拆开后再导入其余的",
    "unreadable": "不是CSV、XLSX，也不是另存为网页的表格；旧版XLS请用表格软件打开后另存为XLSX",
    "too_large": "文件过大，请拆分",
    "cut_tail": "文件后半部分损坏，只读取了前一部分，请重新导出",
    "empty": "文件里没有表格",
}
HARMLESS: Final = frozenset({"rows_apart", "charset_lie", "dates_unreadable"})
"""Nothing was lost and nobody need do anything."""


def order_problem(problem: Problem) -> str:
    """The Chinese sentence of a problem of a table, without its full stop."""
    words = WORDS.get(problem.code)
    return words.format(count=problem.count, detail=problem.detail or "不详") if words else problem_text(problem)


def losses(problems: Iterable[Problem]) -> list[str]:
    """The sentences of the problems that cost something."""
    return [order_problem(p) for p in problems if p.code not in HARMLESS]
