"""What was wrong with a table of work orders, in words for whoever imports it or drops it into the folder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.cli_parse import problem_text
from monitors.mend import Problem

WORDS: Final = {
    "rows_apart": "有{count}行是合计、签名或重复的表头，不是工单，已略过，行号：{detail}",
    "numbers_lost": "有{count}条的编号已被表格软件改成约数，只能按标题和日期认；请把编号列设为文本后重新导出",
    "sheets_left": "只读了一张工作表，另有{count}张也像工单，没有读：{detail}",
    "sheet_missing": "没有指定的工作表，文件里有：{detail}",
    "too_many_entries": "超出上限的{count}条没有读取，请把文件拆开后再导入其余的",
    "unreadable": "不是CSV、XLSX，也不是另存为网页的表格；旧版XLS请用表格软件打开后另存为XLSX",
    "too_large": "文件过大，请拆分",
    "cut_tail": "文件后半部分损坏，只读取了前一部分，请重新导出",
    "empty": "文件里没有表格",
}
HARMLESS: Final = frozenset({"rows_apart", "charset_lie"})
"""Nothing was lost and nobody need do anything."""


def order_problem(problem: Problem) -> str:
    """The Chinese sentence of a problem of a table, without its full stop."""
    words = WORDS.get(problem.code)
    return words.format(count=problem.count, detail=problem.detail or "不详") if words else problem_text(problem)


def losses(problems: Iterable[Problem]) -> list[str]:
    """The sentences of the problems that cost something."""
    return [order_problem(p) for p in problems if p.code not in HARMLESS]
