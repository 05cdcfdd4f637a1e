"""《关于××舆情应对处置情况的评估报告》: figures to blocks, in the order a leader reads and signs (practice.md §4, domain.md §12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bot.labels import NO_DATA, beijing, day, full, span, stamp
from bot.reports.blocks import Block, Closing, Heading, Imprint, PageBreak, Paper, Paragraph, Table
from bot.reports.chronicle import Line
from bot.reports.facts import axes, conclusion, findings, graded_by
from bot.reports.merged import merged_blocks
from bot.reports.opinion import opinion_blocks
from bot.reports.rows import ClockRow, ReviewFigures, Since, TurnRow

TO_FILL = "待填"
MISSING = "缺"
TO_WHOM = "（主送机关待填）"


def or_none(text: str) -> str:
    return text or NO_DATA


def time_of(at: datetime | None) -> str:
    return beijing(at) if at else NO_DATA


def length(value: timedelta | None) -> str:
    return span(value) if value is not None else NO_DATA


def voucher(number: int, seq: int | None) -> str:
    """``12-0007``: incident and place in its chain of records."""
    return f"{number}-{seq:04d}" if seq is not None else NO_DATA


def compose(f: ReviewFigures) -> Paper:
    """The whole review. Sections without data say 无数据 rather than disappear."""
    blocks: list[Block] = []
    for part in SECTIONS:
        blocks.extend(part(f))
    drill = "（演练）" if f.drill else ""
    return Paper(
        title=f"关于{f.subject}舆情应对处置情况的评估报告{drill}",
        marking="内部·不予公开",
        facts=(
            ("编制单位", or_none(f.organisation)),
            ("事件编号", f"{f.number}号"),
            ("生成时间", full(f.generated_at)),
            ("公开属性", "不予公开（内部）"),
        ),
        blocks=tuple(blocks),
    )


def _front(f: ReviewFigures) -> Iterator[Block]:
    yield Paragraph(text=f"{f.report_to or TO_WHOM}：", flush=True)
    yield Paragraph(text=f"现将{f.subject}舆情应对处置情况评估如下。")
    yield Heading(text="评估结论")
    yield Paragraph(text=conclusion(f), strong=True)
    rows = tuple((name, fact, proposal, TO_FILL) for name, fact, proposal in axes(f))
    yield Table(name="评估意见", head=("评估项", "事实", "系统建议", "人工确认"), rows=rows, widths=(2, 7, 3, 3))
    signs = tuple((who, TO_FILL, TO_FILL) for who in ("拟稿", "核稿", "会签", "审定"))
    yield Table(name="审签", head=("环节", "签名", "日期"), rows=signs, widths=(2, 5, 4))


def _overview(f: ReviewFigures) -> Iterator[Block]:
    yield Heading(text="一、事件概况")
    level = f.level + graded_by(f)
    rows = (
        ("事件", f.subject),
        ("立案标题", f.title),
        ("类别", f.category),
        ("地点", f.place or "不详"),
        ("等级", level),
        ("状态", f.status),
        ("第一责任单位", or_none(f.unit)),
        ("立案", full(f.opened_at)),
        ("办结", full(f.closed_at) if f.closed_at else "未办结"),
    )
    yield Table(name="基本情况", head=("项目", "内容"), rows=rows, widths=(2, 8))
    starts = tuple(
        (s.name, time_of(s.at), or_none(s.source), or_none(s.evidence), _confirmed(s.at, s.confirmed)) for s in f.starts
    )
    yield Table(name="五个时刻", head=("时刻", "时间", "来源", "依据", "确认"), rows=starts, widths=(3, 4, 3, 5, 2))
    yield Paragraph(text=f"首次传播至监测发现：{length(f.detection)}。")
    levels = tuple((beijing(at), name, "定级" if firm else "建议", or_none(why)) for at, name, firm, why in f.levels)
    yield _table("等级变化", ("时间", "等级", "性质", "理由"), levels, (3, 2, 2, 7))


def _confirmed(at: datetime | None, confirmed: bool) -> str:
    return NO_DATA if at is None else "已确认" if confirmed else "未确认"


def _table(
    name: str,
    head: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
    widths: tuple[int, ...] = (),
    marked: frozenset[int] = frozenset(),
) -> Block:
    """A table, or one honest line where there is nothing to put in it."""
    if not rows:
        return Paragraph(text=f"{name}：{NO_DATA}。")
    return Table(name=name, head=head, rows=rows, widths=widths, marked=marked)


def _timeline(f: ReviewFigures) -> Iterator[Block]:
    yield Heading(text="二、处置时间线")
    yield Paragraph(text="人员一律写单位和职务，姓名见附件。补记的写明登记时间。凭证号为事件记录链的编号。")
    yield Heading(text="（一）事件处置", level=2)
    yield _lines("事件处置时间线", f.handling, f.number)
    yield Heading(text="（二）舆情应对", level=2)
    yield _lines("舆情应对时间线", f.opinion, f.number)


def _lines(name: str, lines: tuple[Line, ...], number: int) -> Block:
    rows = tuple((stamp(x.at), _matter(x), x.who, voucher(number, x.seq)) for x in lines)
    late = frozenset(n for n, x in enumerate(lines) if x.late)
    return _table(name, ("时间", "事项", "单位（角色）", "凭证号"), rows, (3, 10, 4, 3), late)


def _matter(x: Line) -> str:
    text = f"{x.label}：{x.text}" if x.text else x.label
    return f"{text}〔补记，{stamp(x.recorded_at)}登记〕" if x.late else text


def _clocks(f: ReviewFigures) -> Iterator[Block]:
    yield Heading(text="三、时限履行情况")
    yield Heading(text="（一）对外发布和回应", level=2)
    yield from _clock_tables("对外时限", tuple(c for c in f.clocks if not c.repeating), f.number)
    yield _since_table(f)
    yield Heading(text="（二）持续发布", level=2)
    yield Paragraph(text="持续发布的间隔没有文件规定，按值班规程提醒，不计入对外时限结论。")
    yield _short_table("持续发布间隔", tuple(c for c in f.clocks if c.repeating), f.number)
    yield Heading(text="（三）内部办理", level=2)
    yield _short_table("内部时限", f.internal_clocks, f.number)
    if f.service_clocks:
        yield Heading(text="（四）对来访来信来电人的答复", level=2)
        yield from _clock_tables("答复时限", f.service_clocks, f.number)


def _short_table(name: str, clocks: tuple[ClockRow, ...], number: int) -> Block:
    rows = tuple(_short_row(c, number) for c in clocks)
    late = frozenset(n for n, c in enumerate(clocks) if c.on_time is False)
    return _table(name, ("事项", "起算", "应于", "实际", "余量", "结论", "凭证号"), rows, (4, 4, 4, 4, 3, 3, 3), late)


def _clock_tables(name: str, clocks: tuple[ClockRow, ...], number: int) -> Iterator[Block]:
    yield _short_table(name, clocks, number)
    for c in clocks:
        yield Paragraph(text=_basis(c))


def _short_row(c: ClockRow, number: int) -> tuple[str, ...]:
    start = f"{c.start_name} {stamp(c.start_at)}" + ("" if c.start_confirmed else "（未确认）")
    return (
        c.name,
        start,
        stamp(c.due_at),
        stamp(c.actual_at) if c.actual_at else NO_DATA,
        _margin(c),
        c.verdict,
        voucher(number, c.seq),
    )


def _margin(c: ClockRow) -> str:
    if c.margin is None:
        return NO_DATA
    if not c.margin:
        return "到点"
    return f"提前{span(c.margin)}" if c.margin >= timedelta(0) else f"超出{span(c.margin)}"


def _basis(c: ClockRow) -> str:
    """The clause in full, each source with its own due time, the evidence of the start, and a signed explanation."""
    sources = "；".join(f"{text}，应于{stamp(due)}" for text, due in c.bases) or NO_DATA
    floor = "（两个来源取较早者）" if len(c.bases) > 1 else ""
    evidence = f"起算依据：{c.start_evidence}。" if c.start_evidence else ""
    why = f"已签认说明：{c.explanation}" if c.explanation else ""
    return f"{c.name}——{c.duty}依据：{sources}{floor}。{evidence}{why}"


def _since_table(f: ReviewFigures) -> Block:
    rows = [("首次公开回应", *_since(f.first_release)), ("新闻发布会", *_since(f.conference))]
    rows += [(c.name, *_since(c.since)) for c in f.clocks if c.actual_at and not c.repeating]
    return Table(name="历时", head=("事项", "距事发", "距监测发现", "距认定应回应"), rows=tuple(rows), widths=(5, 3, 3, 3))


def _since(s: Since) -> tuple[str, str, str]:
    return length(s.occurred), length(s.detected), length(s.recognised)


def _upward(f: ReviewFigures) -> Iterator[Block]:
    yield Heading(text="四、信息报送")
    yield from _clock_tables("报送时限", f.upward_clocks, f.number)
    rows = tuple((stamp(u.at), or_none(u.detail), u.who, stamp(u.recorded_at), voucher(f.number, u.seq)) for u in f.upward)
    yield _table("报送记录", ("时间", "内容", "报送人（角色）", "登记时间", "凭证号"), rows, (3, 7, 4, 3, 3))


def _toll(f: ReviewFigures) -> Iterator[Block]:
    yield Heading(text="五、人数变化")
    rows = tuple((stamp(t.at), t.metric, str(t.value), t.standing, t.source, voucher(f.number, t.seq)) for t in f.toll)
    yield _table("人数记录", ("时间", "指标", "数值", "性质", "来源", "凭证号"), rows, (3, 2, 2, 2, 5, 3))
    if f.toll:
        yield Paragraph(text=_consistency(f))


def _consistency(f: ReviewFigures) -> str:
    """Last figure of each standing side by side; says whether they agree."""
    parts = []
    for metric in dict.fromkeys(t.metric for t in f.toll):
        last = {t.standing: t.value for t in f.toll if t.metric == metric}
        said = "、".join(f"{k}{v}" for k, v in last.items())
        agree = "一致" if len(last) > 1 and len(set(last.values())) == 1 else "不一致" if len(last) > 1 else "只有一种来源"
        parts.append(f"{metric}：{said}（{agree}）")
    return "各来源最后数字比对——" + "；".join(parts) + "。"


def _releases(f: ReviewFigures) -> Iterator[Block]:
    yield Heading(text="六、发布登记与审签")
    names = tuple(name for name, _ in f.releases[0].fields) if f.releases else ()
    rows = tuple(
        (
            stamp(r.at),
            r.kind + ("〔补记〕" if r.late else ""),
            *("有" if given else MISSING for _, given in r.fields),
            voucher(f.number, r.seq),
        )
        for r in f.releases
    )
    owed = frozenset(n for n, r in enumerate(f.releases) if not all(given for _, given in r.fields))
    widths = (3, 3, 2, 2, 2, 2, 2, 2, 3)
    yield _table("发布登记（六项要素）", ("时间", "形式", *names, "凭证号"), rows, widths, owed)
    for r in f.releases:
        if r.url:
            yield Paragraph(text=f"{stamp(r.at)} {r.kind} {r.url}")
    yield Paragraph(text=f"登记发布{len(f.releases)}次；两次发布最长间隔{length(f.max_silence)}。")
    gates = tuple((g.gate, stamp(g.at) if g.at else MISSING, length(g.wait), voucher(f.number, g.seq)) for g in f.gates)
    lack = frozenset(n for n, g in enumerate(f.gates) if g.at is None)
    yield Table(name="审签环节", head=("环节", "时间", "等候", "凭证号"), rows=gates, widths=(3, 4, 4, 3), marked=lack)


def _orders(f: ReviewFigures) -> Iterator[Block]:
    yield Heading(text="七、交办与协同")
    rows = tuple(
        (
            t.unit + ("（裁定）" if t.ruled else ""),
            stamp(t.at),
            stamp(t.signed_at) if t.signed_at else "未签收",
            stamp(t.returned_at) if t.returned_at else "—",
            str(int(t.waited.total_seconds() // 60)) if t.waited is not None else NO_DATA,
            _why(t),
        )
        for t in f.turns
    )
    head = ("单位", "交办", "签收", "退回", "用时（分钟）", "理由、依据、建议")
    yield _table("交办—签收—退回—裁定", head, rows, (4, 3, 3, 3, 2, 6))
    stages = tuple((s.name, stamp(s.begin), stamp(s.end), span(s.length)) for s in f.stages)
    yield _table("各环节用时", ("环节", "起", "止", "用时"), stages, (5, 3, 3, 3))


def _why(t: TurnRow) -> str:
    parts = (("理由", t.reason), ("依据", t.basis), ("建议", t.suggested))
    return "；".join(f"{name}：{text}" for name, text in parts if text) or "—"


def _rumours(f: ReviewFigures) -> Iterator[Block]:
    yield Heading(text="八、核实与移送")
    checks = tuple((stamp(c.at), c.what, c.result, or_none(c.source), voucher(f.number, c.seq)) for c in f.checks)
    yield _table("核实结果", ("时间", "核实方", "结果", "来源", "凭证号"), checks, (3, 4, 3, 6, 3))
    if (old := f.old_rumour) is not None:
        where = f"，{old.url}" if old.url else ""
        yield Paragraph(
            text=f"旧谣新传：{old.on.isoformat()}已澄清《{old.title}》{where}。"
            f"系统{stamp(old.at)}按用词和地点认出（凭证号{voucher(f.number, old.seq)}），是否同一传言以核实结果为准。"
        )
    if f.rumour or f.referrals:
        rows = tuple((stamp(c.at), c.result, c.source, "无数据", voucher(f.number, c.seq)) for c in f.referrals)
        yield _table("不实信息移送", ("时间", "内容", "移送人（角色）", "回执", "凭证号"), rows, (3, 7, 4, 3, 3))


def _spread(f: ReviewFigures) -> Iterator[Block]:
    yield Heading(text="九、传播情况")
    s = f.spread
    yield Paragraph(text=_spread_text(f))
    rows = (*((name, str(n)) for name, n in s.by_source), ("合计", str(s.total))) if s.total else ()
    yield _table("按来源", ("来源", "条数"), rows, (7, 3))
    hours = (*((beijing(at) + "起1小时", str(n)) for at, n in s.by_hour), ("合计", str(s.total))) if s.total else ()
    yield _table("按小时", ("时段", "条数"), hours, (7, 3))
    yield Paragraph(
        text="方法：只统计本系统监测到并并入本事件的条目，按来源和首次见到的时间计数。盲区：未接入的平台、私聊和群聊、"
        "转发评论和阅读量、已删除内容均不在内；热度、到达率：无数据。"
    )
    yield from merged_blocks(f.merged)
    yield from opinion_blocks(f.opinion_grade)


def _spread_text(f: ReviewFigures) -> str:
    s = f.spread
    if not s.total:
        return f"监测条目：{NO_DATA}。"
    peak = f"，最多的一小时为{beijing(s.peak[0])}起，{s.peak[1]}条" if s.peak else ""
    around = (
        f"首次公开回应前24小时{s.before}条，后24小时{s.after}条。" if s.before is not None else f"回应前后对比：{NO_DATA}。"
    )
    return f"共监测到{s.total}条，首条{time_of(s.first_at)}{peak}。{around}"


def _messages(f: ReviewFigures) -> Iterator[Block]:
    yield Heading(text="十、提醒与响应")
    m = f.sent
    if not m.recorded:
        yield Paragraph(text=f"提醒记录：{NO_DATA}。发出提醒至首次收到：{length(m.t_ack)}。")
        return
    rows = (
        ("提醒条数", str(m.total)),
        ("其中已送达", str(m.delivered)),
        ("其中未送达", str(m.failed)),
        ("重发（由查重挡下，不重复显示）", str(m.repeated)),
        ("晚于应发时间2分钟以上", str(m.late)),
        ("提级提醒（送单位负责人及以上）", str(m.escalations)),
        ("发出提醒至首次收到", length(m.t_ack)),
        ("送达至点收到的中位用时", length(m.median_seen)),
        ("按种类", "、".join(f"{k}{n}条" for k, n in m.by_kind)),
    )
    yield Table(name="提醒统计", head=("项目", "数值"), rows=rows, widths=(5, 6))


def _findings(f: ReviewFigures) -> Iterator[Block]:
    yield Heading(text="十一、问题与整改")
    yield Paragraph(text="以下只列记录所载事实。原因、责任由评估人员填写。")
    facts = findings(f) or ("记录中未见超时、缺项、退回等情况。",)
    rows = tuple((str(n), text, TO_FILL) for n, text in enumerate(facts, 1))
    yield Table(name="问题事实", head=("序号", "事实", "原因"), rows=rows, widths=(1, 9, 3))
    blank = tuple((str(n), "", "", "", "", "") for n in range(1, 4))
    yield Table(
        name="整改台账",
        head=("序号", "问题", "措施", "责任单位", "时限", "销号"),
        rows=blank,
        widths=(1, 4, 4, 3, 2, 2),
    )


def _tool(f: ReviewFigures) -> Iterator[Block]:
    yield Heading(text="十二、系统自身情况与记录校验")
    rows = tuple(
        (stamp(o.first_at), stamp(o.last_at), o.detail, str(o.count), "已恢复" if o.resolved else "未恢复") for o in f.outages
    )
    if rows:
        yield _table("系统故障", ("起", "止", "情况", "次数", "现状"), rows, (3, 3, 8, 2, 2))
    else:
        yield Paragraph(text="系统故障：本事件期间无记录。")
    c = f.chain
    state = "编号连续、前后相扣" if c.whole else "不连续，须核查"
    anchor = f"总锚定值：{c.anchor}。" if c.anchor else ""
    yield Paragraph(text=f"本事件记录{c.length}条，{state}；末条校验值：{or_none(c.last_hash)}。{anchor}")


def _closing(f: ReviewFigures) -> Iterator[Block]:
    yield Closing(office=f.organisation, day=day(f.generated_at), annexes=("人员名单（限阅）",))


def _annex(f: ReviewFigures) -> Iterator[Block]:
    yield PageBreak()
    yield Heading(text="附件　人员名单（限阅）")
    rows = tuple((p.name, p.unit, or_none(p.title), p.roles, _vouchers(f.number, p.vouchers)) for p in f.people)
    yield _table("参与人员", ("姓名", "单位", "职务", "角色", "凭证号"), rows, (2, 3, 3, 4, 6))
    yield _table("审签署名", ("环节", "署名"), f.attested_by, (3, 7))
    yield _table("发布登记原文", ("发布", "登记内容"), f.publishers, (4, 8))
    yield Imprint(office=f.print_office or f.organisation, day=day(f.generated_at), copies=f.copy_to)


def _vouchers(number: int, seqs: tuple[int, ...]) -> str:
    shown = "、".join(voucher(number, s) for s in seqs[:8])
    return shown + (f"等{len(seqs)}项" if len(seqs) > 8 else "")


SECTIONS: tuple[Callable[[ReviewFigures], Iterator[Block]], ...] = (
    _front,
    _overview,
    _timeline,
    _clocks,
    _upward,
    _toll,
    _releases,
    _orders,
    _rumours,
    _spread,
    _messages,
    _findings,
    _tool,
    _closing,
    _annex,
)
