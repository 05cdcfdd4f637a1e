"""Findings of a review as facts with numbers: what was late, what is missing, what took longest. Never a cause, never blame.

Causes and responsibility are left 待填 for people (practice.md §4); a machine writes no 失职 and no 瞒报.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot import labels
from bot.labels import beijing, span
from bot.reports.rows import ClockRow, ReviewFigures

LONG_SILENCE = timedelta(hours=12)


def findings(f: ReviewFigures) -> tuple[str, ...]:
    """One sentence a fact, the gravest first."""
    return (*_clocks(f), *_stages(f), *_orders(f), *_gates(f), *_register(f), *_entries(f), *_messages(f))


def _clocks(f: ReviewFigures) -> Iterator[str]:
    for c in (*(c for c in f.clocks if not c.repeating), *f.upward_clocks):
        if c.by_regrade and c.on_time is None and c.verdict == "升级时已届满":
            done = f"实际{beijing(c.actual_at)}办理" if c.actual_at else "尚未登记办理"
            yield f"{c.name}应于{beijing(c.due_at)}前，升级时已届满，{done}，单列，不计承办单位超时。"
        elif c.on_time is False and c.actual_at and c.margin is not None:
            yield f"{c.name}应于{beijing(c.due_at)}前，实际{beijing(c.actual_at)}，超出{span(c.margin)}。"
        elif c.on_time is False:
            yield f"{c.name}应于{beijing(c.due_at)}前，至本报告生成时未登记办理，已超出{span(f.generated_at - c.due_at)}。"


def _stages(f: ReviewFigures) -> Iterator[str]:
    if f.stages:
        longest = max(f.stages, key=lambda s: s.length)
        minutes = int(longest.length.total_seconds() // 60)
        yield f"{beijing(longest.begin)}—{beijing(longest.end)}，{longest.name}{minutes}分钟，为最长环节。"


def _orders(f: ReviewFigures) -> Iterator[str]:
    returned = [t for t in f.turns if t.returned_at]
    if returned:
        units = "、".join(dict.fromkeys(t.unit for t in returned))
        whole = (f.turns[-1].signed_at or f.generated_at) - f.turns[0].at
        yield f"交办后退回{len(returned)}次（{units}），自首次交办至最后签收历时{span(whole)}。"
    if any(t.returned_at and not t.basis for t in f.turns):
        yield "有退回未写明依据。"


def _gates(f: ReviewFigures) -> Iterator[str]:
    if f.releases:
        missing = [g.gate for g in f.gates if g.at is None]
        if missing:
            yield f"已有公开发布，未见{'、'.join(missing)}登记。"


def _register(f: ReviewFigures) -> Iterator[str]:
    for r in f.releases:
        missing = [name for name, given in r.fields if not given]
        if missing:
            yield f"{beijing(r.at)}{r.kind}的发布登记缺{'、'.join(missing)}。"
    if f.max_silence is not None and f.max_silence > LONG_SILENCE:
        yield f"两次发布之间最长间隔{span(f.max_silence)}。"


def _entries(f: ReviewFigures) -> Iterator[str]:
    late = sum(1 for x in (*f.handling, *f.opinion) if x.late)
    if late:
        yield f"事后补记{late}项，均保留实际时间和登记时间。"
    if not f.checks:
        yield "未见核实结果登记。"
    unconfirmed = [s.name for s in f.starts if s.at and not s.confirmed and s.name == "事发"]
    if unconfirmed:
        yield "事发时间未经人员确认。"


def _messages(f: ReviewFigures) -> Iterator[str]:
    if f.sent.failed:
        yield f"{f.sent.failed}条提醒未能送达。"
    if f.sent.late:
        yield f"{f.sent.late}条提醒晚于应发时间2分钟以上送达。"


def _counted(f: ReviewFigures) -> list[ClockRow]:
    """Clocks of a written limit that have a verdict; the intervals between two releases are the desk's own."""
    return [c for c in f.clocks if c.on_time is not None and not c.repeating]


def graded_by(f: ReviewFigures) -> str:
    """What stands behind a grade that nobody has given yet."""
    if f.level_confirmed or f.level == labels.LEVELS["unknown"]:
        return ""
    return "（仅据网传人数建议，未定级）" if f.level_hearsay else "（建议，未定级）"


def conclusion(f: ReviewFigures) -> str:
    """At most 200 characters: what, how graved, which limits were kept, when the public first heard."""
    counted = _counted(f)
    kept = sum(1 for c in counted if c.on_time)
    other = sum(1 for c in f.clocks if c.on_time is None and c.verdict in OTHER)
    level = f.level + graded_by(f)
    head = f"{beijing(f.opened_at)}监测发现{f.subject}舆情，等级{level}。"
    if counted:
        body = f"对外时限{len(counted)}项有结论：按时{kept}项，超时{len(counted) - kept}项"
    else:
        body = "对外时限尚无按时或超时结论"
    body += f"，另有单列{other}项。" if other else "。"
    first = _first(f)
    return (head + body + first + _toll(f))[:200]


OTHER = frozenset({"升级时已届满", "免除", "上级统一发布", "以其他形式发布", "线下办理、不公开回应", "另有结论"})


def _first(f: ReviewFigures) -> str:
    if f.first_release.detected is None and f.first_release.occurred is None:
        return "未见公开回应登记。"
    parts = []
    if f.first_release.occurred is not None:
        parts.append(f"距事发{span(f.first_release.occurred)}")
    if f.first_release.detected is not None:
        parts.append(f"距发现{span(f.first_release.detected)}")
    return f"首次公开回应{'、'.join(parts)}。"


def _toll(f: ReviewFigures) -> str:
    last = {t.metric: t.value for t in f.toll if t.standing == "核定"}
    said = "、".join(f"{m}{v}人" for m, v in last.items() if m in ("遇难", "失联", "受伤") and v)
    return f"核定{said}。" if said else ""


def axes(f: ReviewFigures) -> tuple[tuple[str, str, str], ...]:
    """及时、针对、有效: the fact, and a proposal for a person to confirm (杭州 四(三))."""
    return (_timely(f), _pointed(f), _effective(f))


def _timely(f: ReviewFigures) -> tuple[str, str, str]:
    counted = _counted(f)
    if not counted:
        return "及时性", "对外时限尚无结论", "无数据"
    late = [c.name for c in counted if not c.on_time]
    fact = f"{len(counted)}项对外时限，按时{len(counted) - len(late)}项" + (f"；超时：{'、'.join(late)}" if late else "")
    return "及时性", fact, "及时" if not late else "不够及时"


def _pointed(f: ReviewFigures) -> tuple[str, str, str]:
    if not f.releases:
        return "针对性", "未见发布登记", "无数据"
    kinds = "、".join(dict.fromkeys(r.kind for r in f.releases))
    return "针对性", f"登记发布{len(f.releases)}次（{kinds}），核实{len(f.checks)}次", "待人工评定"


def _effective(f: ReviewFigures) -> tuple[str, str, str]:
    before, after = f.spread.before, f.spread.after
    if before is None or after is None:
        return "有效性", "无首次回应前后的对比数据", "无数据"
    fact = f"首次回应前24小时监测到{before}条，后24小时{after}条；复燃或情况有变{f.relapses}次"
    return "有效性", fact, "有效" if after < before and not f.relapses else "待人工评定"
