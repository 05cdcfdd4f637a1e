"""How the engine stands, in words: the same lines for the board's problem page and `yqbot doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.engine_health import EngineHealth
from bot.labels import stamp

LATE: Final = timedelta(minutes=2)
"""A due step that has not left by then is a fault."""
AUDITED: Final = timedelta(minutes=4)
"""The audit runs every minute; without a pass for so long it has stopped."""
CLEARED: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`level`: ok | warning | error."""

    level: str
    what: str
    detail: str


def engine_lines(health: EngineHealth) -> tuple[Line, Line]:
    """Delivery and audit at the instant of the figures."""
    f = health.figures
    late = "" if f.p99 is None else f"，99%不迟于{f.p99:.1f}秒，最迟{f.worst or 0:.1f}秒"
    waits = f"，最早一步已等{round(health.oldest_wait)}秒" if f.unsent else ""
    said = f"近一小时送出{f.sent}步{late}；过点未送{f.unsent}步{waits}；待发消息{f.queued}条，租约在用{f.held}个、过期{f.expired}个。"
    if f.unindexed:
        said += f"待编入检索{f.unindexed}条，查得到，稍慢。"
    stuck = health.oldest_wait >= LATE.total_seconds()
    more = "请检查服务是否在运行、企业微信是否可达。" if stuck else ""
    return Line(level="error" if stuck else "ok", what="送达", detail=said + more), _audit(health)


def _audit(health: EngineHealth) -> Line:
    last = health.audit
    if last is None:
        return Line(
            level="warning",
            what="自查",
            detail="还没有自查记录：启动后一分钟内做第一次，过了一分钟仍没有的，请确认服务在运行。",
        )
    stopped = health.at - last.at > AUDITED
    said = (
        f"最近一次{stamp(last.at)}，核对{last.incidents}件：缺{last.missing}步、卡住{last.stalled}步、读不出{last.broken}件。"
    )
    if stopped:
        return Line(level="error", what="自查", detail=f"{said}自查已停，请确认服务在运行。")
    if not last.clean:
        return Line(level="error", what="自查", detail=f"{said}请看“问题”，反复出现的运行 yqbot verify。")
    return Line(level="ok", what="自查", detail=said)


def retention_line(last: str | None, item_days: int, original_days: int, now: datetime) -> Line:
    """When what is kept for a term was last cleared (`bot.retention.LAST`)."""
    terms = f"普通信息条目保留{item_days}天、遮盖前原文{original_days}天，事件记录不删"
    if not last:
        return Line(level="ok", what="到期清理", detail=f"{terms}；还没有清理过，每日8:00进行。")
    at, _, count = last.partition(" ")
    when = datetime.fromisoformat(at)
    if now - when > CLEARED:
        detail = f"上次是{stamp(when)}，已停{(now - when).days}天，请查看日志和“问题”页。"
        return Line(level="warning", what="到期清理", detail=detail)
    return Line(level="ok", what="到期清理", detail=f"{terms}；上次{stamp(when)}清理{count}条。")
