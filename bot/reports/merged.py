"""The part of the review about 并案: where this matter went, the items that came in with their mark, higher figures side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot import labels
from bot.labels import UNKNOWN, stamp
from bot.reports.blocks import Block, Heading, Paragraph, Table
from bot.reports.names import Names
from bot.reports.rows import HigherRow, Merged
from playbooks.incident import Incident
from playbooks.merged import higher, why

LISTED = 200  # items a review lists; the board has all


def merged(stays: Incident, came: Sequence[Incident], names: Names) -> Merged:
    """What came in, the oldest first, and the figures above those of the matter that stays."""
    items = sorted((m.at, names.source(m.source), m.title, why(i.number)) for i in came for m in i.members)
    return Merged(
        into=stays.merged_into,
        total=len(items),
        items=tuple((at, source, names.scrub(title), mark) for at, source, title, mark in items[:LISTED]),
        higher=tuple(
            HigherRow(
                number=h.number,
                metric=labels.METRICS.get(h.theirs.metric, h.theirs.metric),
                standing=labels.STANDINGS.get(h.theirs.standing, h.theirs.standing),
                theirs=str(h.theirs.value),
                ours=str(h.ours.value) if h.ours else UNKNOWN,
            )
            for i in came
            for h in higher(stays, i)
        ),
    )


def merged_blocks(m: Merged | None) -> Iterator[Block]:
    """Nothing for a matter that neither went nor took in another."""
    if m is None or (m.into is None and not m.total and not m.higher):
        return
    yield Heading(text="并案", level=2)
    if m.into is not None:
        yield Paragraph(text=f"本事件已并入{m.into}号，之后的情况见{m.into}号的报告。")
    if m.items:
        rows = tuple((stamp(at), source, title, mark) for at, source, title, mark in m.items)
        yield Table(name="并入的条目", head=("时间", "来源", "标题", "标记"), rows=rows, widths=(3, 3, 7, 3))
        more = f"只列最早的{len(m.items)}条。" if m.total > len(m.items) else ""
        yield Paragraph(text=f"并入的条目共{m.total}条，不计入上列按来源、按小时的条数。{more}")
    if m.higher:
        figures = tuple((f"{h.number}号", h.metric, h.standing, h.theirs, h.ours) for h in m.higher)
        head = ("并入的事件", "指标", "性质", "该件数字", "本件数字")
        yield Table(name="高于本件的数字", head=head, rows=figures, widths=(3, 3, 2, 3, 3))
        yield Paragraph(text="两组数字并列，不相加、不互相替代，以核定数字为准。")
