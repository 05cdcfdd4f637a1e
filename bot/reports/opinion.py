"""The part of the review about the grade of the opinion: every input, its points, and the share of negative posts by hour."""

from __future__ import annotations

from collections.abc import Iterator

from bot.labels import NO_DATA, stamp
from bot.opinion import OpinionView
from bot.reports.blocks import Block, Heading, Paragraph, Table


def opinion_blocks(view: OpinionView | None) -> Iterator[Block]:
    """Heading, inputs with points, series; one honest line where nothing was gathered."""
    yield Heading(text="舆情等级和帖文倾向", level=2)
    if view is None:
        yield Paragraph(text=f"舆情等级建议：{NO_DATA}。")
        return
    if (g := view.given) is not None:
        yield Paragraph(text=f"舆情等级{g.word}：{g.level}（{stamp(g.at)}由{g.who}{g.word}）。理由：{g.reason}。")
    yield Paragraph(text=f"系统建议：{view.level}。{view.why}。此为系统按本单位舆情等级计分表得出的建议，等级由人定。")
    rows = tuple((name, value, str(points)) for name, value, points in view.rows)
    yield Table(name="舆情等级计分", head=("依据", "现值", "计分"), rows=rows, widths=(4, 5, 2))
    if not view.series:
        yield Paragraph(text=f"帖文负面占比：{NO_DATA}（没有监测到帖文和评论）。")
        return
    hours = tuple((f"{hour}起1小时", str(posts), str(bad), f"{share}%") for hour, posts, bad, share in view.series)
    yield Table(name="帖文负面占比（按小时）", head=("时段", "帖文", "负面", "占比"), rows=hours, widths=(5, 2, 2, 2))
    yield Paragraph(
        text=f"方法：只判断帖文和评论的倾向，共{view.posts}条，按首次见到的时间计；标题新闻、热线来电不判断。只列最近有帖文的时段。"
    )
