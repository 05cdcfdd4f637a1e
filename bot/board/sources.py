"""Sources and problems as the board lists them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.health import overdue, span, troubles
from bot.store.port import SourceState
from config.schema import Source

KINDS = {
    "feed": "信息源",
    "hotlist": "热榜",
    "hotline": "热线工单",
    "folder": "工单目录",
    "vendor": "服务商推送",
    "site": "网页值守",
    "officer": "人员报告",
}
WORDS = {
    "source": "取不到",
    "source_silent": "静默",
    "source_stale": "榜单陈旧",
    "source_format": "内容受损",
    "source_moved": "已搬家",
    "source_clock": "时钟不准",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """`tone`: ok | late | bad | off. `pace`: seconds between polls that bring something; `rhythm`: what is really done, in words."""

    id: str
    name: str
    kind: str
    state: str
    tone: str
    last_success: datetime | None
    last_new: datetime | None
    items: int | None
    error: str
    next_poll: datetime | None = None
    polled: bool = False
    pace: int = 0
    rhythm: str = ""
    duplicates: int = 0
    damage: int = 0
    advice: tuple[str, ...] = ()


def lines(sources: Sequence[Source], states: Mapping[str, SourceState], now: datetime) -> tuple[SourceLine, ...]:
    """The broken first."""
    order = {"bad": 0, "late": 1, "ok": 2, "off": 3}
    found = [_line(s, states.get(s.id), now) for s in sources]
    return tuple(sorted(found, key=lambda x: (order[x.tone], x.name)))


def _line(source: Source, state: SourceState | None, now: datetime) -> SourceLine:
    word, tone = _state(source, state, now)
    failing = state is not None and state.failures > 0
    return SourceLine(
        id=source.id,
        name=source.name,
        kind=KINDS.get(source.kind, source.kind),
        state=word,
        tone=tone,
        last_success=state.last_success_at if state else None,
        last_new=state.last_new_at if state else None,
        items=state.items_total if state else None,
        error=state.last_error if state else "",
        next_poll=state.next_poll_at if state and source.url else None,
        polled=bool(source.url),
        pace=(state.pace if state else 0) or source.interval,
        rhythm=f"每{span(timedelta(seconds=(state.pace if state else 0) or source.interval))}" if not failing else "出错后放慢",
        duplicates=state.duplicates_total if state else 0,
        damage=state.damage if state else 0,
        advice=tuple(t.detail for t in troubles(source, state, now)) if state and source.enabled else (),
    )


def _state(source: Source, state: SourceState | None, now: datetime) -> tuple[str, str]:
    if not source.enabled:
        return "已停用", "off"
    if state is None or state.last_try_at is None:
        return ("尚未轮询" if source.url else "尚未推送"), "late"
    found = troubles(source, state, now)
    if state.failures and not any(t.kind == "source" for t in found):
        return "上一次没有取到，稍后再试" if state.failures == 1 else f"最近{state.failures}次没有取到，稍后再试", "bad"
    if state.failures:
        return f"连续失败{state.failures}次" if state.failures > 1 else "取不到", "bad"
    if overdue(source, state, now):
        return "超时未轮询", "late"
    if found:
        return "、".join(WORDS[t.kind] for t in found), "late"
    return "正常", "ok"
