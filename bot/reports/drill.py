"""《关于“××”舆情值班演练的报告》: what was practised, times against targets, who answered when, what was missed, what to do about it.

Suggestions follow from facts by rule, name no culprit, and are for people to take up or not. 演练 stands on every page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bot.labels import NO_DATA, day, full, span, stamp
from bot.reports.blocks import Block, Heading, PageBreak, Paper, Paragraph, Table
from bot.reports.practised import Answer, DrillFigures, Practised

MARK = "演练·内部·不予公开"
TO_FILL = "待填"
NOT_DONE, OVER, DONE, KEPT, SKIPPED = "未做到", "演练结束时未到", "已做", "达到", "未演练"
ADVICE = {
    "首次提醒送到手机": "核对企业微信可见范围、手机通知权限和网络，各试收一条。",
    "点“收到”": "夜间手机开响铃、放在手边，每班到岗时试收一次。",
    "电话报告带班领导": "把带班领导电话贴在值班台，收到后先打电话再做别的。",
    "核实": "把各单位值班电话列成一张表，先问现场、再问主管单位。",
    "定级": "按分级标准卡逐项对数字，数字不全的先按就高提出建议。",
    "交办": "熟记各类事项的牵头单位，拿不准的先找带班领导定。",
    "签收": "通知承办单位联络员打开企业微信通知，节假日另留一个电话。",
}
"""What to do about a part that came late or not at all."""
UPWARD_ADVICE = "首报先打电话、后补文字，只报已核实的，其余写“待核”。"
RELEASE_ADVICE = "平时备好首发稿样，原因不清时先发时间、地点、已核伤亡、救援和下次发布时间。"


def compose_drill(f: DrillFigures) -> Paper:
    """The whole report."""
    blocks: list[Block] = []
    for section in SECTIONS:
        blocks.extend(section(f))
    return Paper(
        title=f"关于“{f.story}”舆情值班演练的报告",
        marking=MARK,
        facts=(
            ("编制单位", f.organisation or NO_DATA),
            ("演练编号", f"{f.number}号"),
            ("生成时间", full(f.generated_at)),
        ),
        blocks=tuple(blocks),
        footer=f"演练　{f.organisation}　{day(f.generated_at)}",
        running="演练　情景、地名、人名、数字均为虚构，不外传",
    )


def took(value: timedelta | None) -> str:
    """``8秒``, ``3分20秒``, ``1小时5分``: seconds matter in the first minutes."""
    if value is None:
        return "—"
    seconds = int(value.total_seconds())
    if seconds < 60:
        return f"{seconds}秒"
    return f"{seconds // 60}分{seconds % 60}秒" if seconds < 1800 and seconds % 60 else span(value)


def target(p: Practised) -> str:
    """``3分内``, ``48小时内``: a limit in the words of the clauses."""
    if p.due is None:
        return "不设"
    hours, rest = divmod(p.due - p.begun, timedelta(hours=1))
    return f"{hours}小时内" if hours and not rest else f"{took(p.due - p.begun)}内"


def verdict(p: Practised) -> str:
    if p.done is None:
        return SKIPPED if p.due is None else OVER if p.kept is None else NOT_DONE
    if p.due is None:
        return DONE
    return KEPT if p.done <= p.due else f"超出{took(p.done - p.due)}"


def short_of(f: DrillFigures) -> list[Practised]:
    """Parts that missed their target."""
    return [p for p in f.parts if p.kept is False]


def _front(f: DrillFigures) -> Iterator[Block]:
    yield Heading(text="演练结论")
    yield Paragraph(text=conclusion(f), strong=True)
    yield Paragraph(text="本报告所列事件、地点、人员伤亡均为虚构，只用于练习，不计入台账、月报和任何统计，不作为考核依据。")


def conclusion(f: DrillFigures) -> str:
    """What was practised, for how long, how much of it in time."""
    aimed = [p for p in f.parts if p.kept is not None]
    kept = sum(1 for p in aimed if p.kept)
    until = f"历时{took(f.ended_at - f.begun_at)}" if f.ended_at else "尚未结束"
    missed = "、".join(p.name for p in short_of(f))
    left = "、".join(p.name for p in f.parts if p.done is None and p.kept is None)
    text = f"{full(f.begun_at)}起演练“{f.story}”，{until}。有目标的{len(aimed)}项，达到{kept}项"
    text += f"，没有达到：{missed}。" if missed else "。" if aimed else "，没有可比的目标。"
    return text + (f"没有练到：{left}。" if left else "")


def _setting(f: DrillFigures) -> Iterator[Block]:
    yield Heading(text="一、演练情况")
    rows = (
        ("情景", f"{f.story}（虚构）"),
        ("按哪类事件", f.category),
        ("等级", f.level),
        ("发起", f.begun_by),
        ("开始", full(f.begun_at)),
        ("结束", full(f.ended_at) if f.ended_at else "尚未结束"),
        ("提醒到的人", "、".join(dict.fromkeys(a.who for a in f.answers)) or NO_DATA),
    )
    yield Table(name="演练设置", head=("项目", "内容"), rows=rows, widths=(2, 8))


def _parts(f: DrillFigures) -> Iterator[Block]:
    yield Heading(text="二、各环节用时")
    rows = tuple(
        (
            p.name,
            target(p),
            stamp(p.done) if p.done else "—",
            took(p.took),
            verdict(p),
            f"{f.number}-{p.seq:04d}" if p.seq is not None else "—",
        )
        for p in f.parts
    )
    marked = frozenset(n for n, p in enumerate(f.parts) if p.kept is False)
    head = ("环节", "目标", "完成", "用时", "结果", "凭证号")
    yield Table(name="用时与目标（演练）", head=head, rows=rows, widths=(5, 3, 3, 3, 4, 3), marked=marked)
    yield Paragraph(
        text="确认收到、核实、首报、签收和对外发布的目标是条款时限，其余是值班规程自定的练习目标。"
        "演练结束时还没到时限的，不算没有达到。"
    )


def _answers(f: DrillFigures) -> Iterator[Block]:
    yield Heading(text="三、谁、何时应答")
    rows = tuple(
        (
            a.who,
            f"{a.arrived}/{a.reminders}",
            stamp(a.first_at) if a.first_at else "没有送到",
            stamp(a.acknowledged_at) if a.acknowledged_at else "—",
            stamp(a.acted_at) if a.acted_at else "—",
            took(a.waited) if a.waited is not None else "没有应答",
        )
        for a in f.answers
    )
    if not rows:
        yield Paragraph(text=f"应答记录：{NO_DATA}。")
        return
    marked = frozenset(n for n, a in enumerate(f.answers) if a.waited is None)
    head = ("岗位", "送到/提醒", "首次送到", "点收到", "首次办理", "多久应答")
    yield Table(name="应答情况（演练）", head=head, rows=rows, widths=(5, 2, 3, 3, 3, 3), marked=marked)
    yield Paragraph(text="多久应答：首次提醒送到手机，到本人第一次点按钮或办理。岗位不写姓名，姓名见附件。")


def missed(f: DrillFigures) -> tuple[str, ...]:
    """One sentence a fact, in the order of the work."""
    return tuple(text for text, _ in _found(f))


def _found(f: DrillFigures) -> Iterator[tuple[str, str]]:
    """A fact and what to do about it."""
    for p in short_of(f):
        fact = f"{p.name}用时{took(p.took)}，目标{target(p)}。" if p.done else f"{p.name}没有做，目标{target(p)}。"
        yield fact, _advice(p.name)
    for p in f.parts:
        if p.done is None and p.due is None:
            yield f"{p.name}没有练到。", f"下次演练补上：{p.name}。"
    yield from _people(f.answers)
    if f.returned:
        yield f"交办后退回{f.returned}次。", "演练后与相关单位对一遍职责分工，把分歧写进分办表。"
    lacking = [g.gate for g in f.gates if g.at is None]
    if f.releases and lacking:
        yield f"登记发布前没有登记{'、'.join(lacking)}。", "发布前逐项过一遍审签清单，随做随登记。"
    for r in f.releases:
        owed = [name for name, given in r.fields if not given]
        if owed:
            yield f"{stamp(r.at)}{r.kind}的登记缺{'、'.join(owed)}。", "登记发布时照六项要素一次填齐。"


def _people(answers: tuple[Answer, ...]) -> Iterator[tuple[str, str]]:
    lost = [a.who for a in answers if a.first_at is None]
    if lost:
        yield f"提醒没有送到：{'、'.join(lost)}。", "在企业微信后台核对可见范围和名册里的账号，改好后各试发一条。"
    silent = [a.who for a in answers if a.first_at is not None and a.waited is None]
    if silent:
        yield f"送到而没有应答：{'、'.join(silent)}。", "演练后逐一问明是没看到、不会点还是不在岗，下次演练前各练一遍按钮。"


def _advice(name: str) -> str:
    if name in ADVICE:
        return ADVICE[name]
    return UPWARD_ADVICE if "报" in name and "发布" not in name else RELEASE_ADVICE


def _findings(f: DrillFigures) -> Iterator[Block]:
    yield Heading(text="四、不足和改进建议")
    found = tuple(_found(f))
    if not found:
        yield Paragraph(text="各环节均在目标之内，提醒都有人应答，本次没有改进建议。")
        return
    yield Paragraph(text="左栏是记录所载事实，右栏由系统按规则给出，供参考；原因和责任由组织演练的人员判断。")
    rows = tuple((str(n), fact, advice, TO_FILL) for n, (fact, advice) in enumerate(found, 1))
    head = ("序号", "事实", "改进建议", "谁办、何时")
    yield Table(name="改进清单（演练）", head=head, rows=rows, widths=(1, 6, 6, 3))


def _timeline(f: DrillFigures) -> Iterator[Block]:
    yield Heading(text="五、演练过程")
    rows = tuple(
        (_second(x.at), f"{x.label}：{x.text}" if x.text else x.label, x.who, f"{f.number}-{x.seq:04d}") for x in f.lines
    )
    if rows:
        yield Table(name="过程记录（演练）", head=("时间", "事项", "单位（角色）", "凭证号"), rows=rows, widths=(3, 10, 4, 3))
    state = "编号连续、前后相扣" if f.chain.whole else "不连续，须核查"
    yield Paragraph(text=f"演练记录{f.chain.length}条，{state}；末条校验值：{f.chain.last_hash or NO_DATA}。")


def _second(at: datetime) -> str:
    """``11-22 02:24:08``: in a drill seconds are read."""
    return f"{stamp(at)}:{at.second:02d}"


def _annex(f: DrillFigures) -> Iterator[Block]:
    yield PageBreak()
    yield Heading(text="附件　参演人员名单（限阅）")
    rows = tuple((p.name, p.unit, p.title or NO_DATA, p.roles) for p in f.people)
    if rows:
        yield Table(name="参演人员（演练）", head=("姓名", "单位", "职务", "角色"), rows=rows, widths=(2, 3, 3, 4))
    else:
        yield Paragraph(text=f"参演人员：{NO_DATA}。")


SECTIONS: tuple[Callable[[DrillFigures], Iterator[Block]], ...] = (
    _front,
    _setting,
    _parts,
    _answers,
    _findings,
    _timeline,
    _annex,
)
