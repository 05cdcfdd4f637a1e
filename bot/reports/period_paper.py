"""《××政务舆情月报》: figures of a stretch of time to blocks, the same in every format; a figure without data says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.labels import NO_DATA, day, full, span
from bot.reports.blocks import Block, Closing, Heading, Paper, Paragraph, Table
from bot.reports.period import WHEN, Kept, Numbers, PeriodFigures

BEFORE = {"brief": "上日", "weekly": "上周", "monthly": "上月", "annual": "上年"}
THIS = {"brief": "本日", "weekly": "本周", "monthly": "本月", "annual": "本年"}


NONE = Numbers(
    opened=0,
    emergencies=0,
    closed=0,
    excluded=0,
    merged=0,
    limits=Kept(name="", due=0, on_time=0, late=0),
    releases=0,
    conferences=0,
    upward=0,
    alarm=None,
    acknowledged=None,
    released=None,
)


def compose_period(f: PeriodFigures) -> Paper:
    """The whole paper."""
    whole = f.generated_at >= f.stretch.end
    facts = (
        ("编制单位", f.organisation or NO_DATA),
        ("统计时段", f.stretch.title),
        ("截至", full(f.stretch.end - timedelta(minutes=1) if whole else f.generated_at)),
        ("公开属性", "不予公开（内部）"),
    )
    return Paper(
        title=f"{f.organisation}政务舆情{WHEN[f.stretch.kind]}（{f.stretch.title}）",
        marking="内部·不予公开",
        facts=facts,
        blocks=tuple(block for part in PARTS for block in part(f)),
    )


def _front(f: PeriodFigures) -> Iterator[Block]:
    if f.report_to:
        yield Paragraph(text=f"{f.report_to}：", flush=True)
    n, this = f.now, THIS[f.stretch.kind]
    if n is None:
        yield Paragraph(text=f"{f.stretch.title}值班台尚未启用，没有记录。", strong=True)
        return
    kept = f"到期对外时限{n.limits.due}项，按时{n.limits.on_time}项、超时{n.limits.late}项、单列{n.limits.other}项"
    yield Paragraph(
        text=f"{this}立案{n.opened}件，其中突发事件{n.emergencies}件；{kept}；"
        f"公开发布{n.releases}次，其中新闻发布会、吹风会、通气会{n.conferences}次。",
        strong=True,
    )


def _overall(f: PeriodFigures) -> Iterator[Block]:
    yield Heading(text="一、总体情况")
    head = ("项目", THIS[f.stretch.kind], BEFORE[f.stretch.kind])
    rows = tuple((a[0], a[1], b[1]) for a, b in zip(_numbers(f.now), _numbers(f.before), strict=True))
    yield Table(name="主要数字", head=head, rows=rows, widths=(6, 3, 3))
    yield Paragraph(
        text="事件按立案时间统计，时限按到期时间统计，发布按发布时间统计；演练不计；用时为中位数。单列指升级时已届满、上级统一发布、免除等。"
    )


def _numbers(n: Numbers | None) -> tuple[tuple[str, str], ...]:
    if n is None:
        return tuple((name, NO_DATA) for name, _ in _numbers(NONE))
    return (
        ("立案", f"{n.opened}件"),
        ("其中突发事件", f"{n.emergencies}件"),
        ("办结", f"{n.closed}件"),
        ("排除（非本地、旧闻、不属实、无关等）", f"{n.excluded}件"),
        ("并案", f"{n.merged}件"),
        ("到期的对外时限", f"{n.limits.due}项"),
        ("按时", f"{n.limits.on_time}项"),
        ("超时", f"{n.limits.late}项"),
        ("单列", f"{n.limits.other}项"),
        ("按时率（按时、超时中）", n.limits.rate),
        ("公开发布", f"{n.releases}次"),
        ("新闻发布会、吹风会、通气会", f"{n.conferences}次"),
        ("信息报送", f"{n.upward}次"),
        ("发现到提醒", _span(n.alarm)),
        ("提醒到点收到", _span(n.acknowledged)),
        ("发现到首次公开回应", _span(n.released)),
    )


def _span(value: timedelta | None) -> str:
    return span(value) if value is not None else NO_DATA


def _parts(f: PeriodFigures) -> Iterator[Block]:
    yield Heading(text="二、分类统计")
    for name, rows in (("按等级", f.by_level), ("按类别", f.by_category), ("按主责单位", f.by_unit)):
        yield _counted(name, rows, "件")
    yield _counted("公开发布的形式", f.forms, "次")


def _counted(name: str, rows: Sequence[tuple[str, int]], unit: str) -> Block:
    if not rows:
        return Paragraph(text=f"{name}：{NO_DATA}。")
    whole = ("合计", f"{sum(n for _, n in rows)}{unit}")
    cells = (*((label, f"{n}{unit}") for label, n in rows), whole)
    return Table(name=name, head=("名称", "数量"), rows=cells, widths=(7, 3), marked=frozenset({len(rows)}))


def _limits(f: PeriodFigures) -> Iterator[Block]:
    yield Heading(text="三、时限履行情况")
    yield _table_of_kept("按时限", f.clauses)
    yield _table_of_kept("按主责单位", f.units)
    head = ("编号", "事件", "时限", "应于", "实际", "结论", "说明")
    yield _listed("超时和单列逐项", head, f.missed, (2, 6, 4, 3, 3, 4, 4), "没有超时和单列。")


def _table_of_kept(name: str, rows: Sequence[Kept]) -> Block:
    if not rows:
        return Paragraph(text=f"{name}：没有到期的对外时限。")
    cells = tuple((k.name, str(k.due), str(k.on_time), str(k.late), str(k.other), k.rate) for k in rows)
    return Table(name=name, head=("名称", "到期", "按时", "超时", "单列", "按时率"), rows=cells, widths=(6, 2, 2, 2, 2, 2))


def _listed(name: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]], widths: tuple[int, ...], none: str) -> Block:
    return Table(name=name, head=head, rows=tuple(rows), widths=widths) if rows else Paragraph(text=f"{name}：{none}")


def _matters(f: PeriodFigures) -> Iterator[Block]:
    yield Heading(text="四、事件")
    head = ("编号", "名称", "类别", "等级", "主责单位", "结局")
    yield _listed(f"{THIS[f.stretch.kind]}立案", head, f.matters, (2, 6, 4, 3, 4, 4), "没有。")
    head = ("编号", "名称", "等级", "状态", "下一时限", "卡在")
    yield _listed("现在在办", head, f.running, (2, 6, 3, 3, 6, 5), "没有。")
    if f.sources:
        yield Paragraph(text=f"编制时{f.sources}。")


def _months(f: PeriodFigures) -> Iterator[Block]:
    if not f.months:
        return
    yield Heading(text="五、逐月")
    rows = tuple((name, *_month(n)) for name, n in f.months)
    known = [n for _, n in f.months if n is not None]
    parts = (sum(n.opened for n in known), sum(n.emergencies for n in known), sum(n.limits.due for n in known))
    ends = (sum(n.limits.late for n in known), f.now.limits.rate if f.now else NO_DATA, sum(n.releases for n in known))
    total = ("合计", *(str(x) for x in (*parts, *ends)))
    head = ("月份", "立案", "突发事件", "到期时限", "超时", "按时率", "公开发布")
    yield Table(name="逐月数字", head=head, rows=(*rows, total), widths=(2, 2, 2, 2, 2, 2, 2), marked=frozenset({len(rows)}))


def _month(n: Numbers | None) -> tuple[str, ...]:
    if n is None:
        return (NO_DATA,) * 6
    return tuple(str(x) for x in (n.opened, n.emergencies, n.limits.due, n.limits.late, n.limits.rate, n.releases))


def _closing(f: PeriodFigures) -> Iterator[Block]:
    yield Closing(office=f.organisation, day=day(f.generated_at))


PARTS = (_front, _overall, _parts, _limits, _matters, _months, _closing)
