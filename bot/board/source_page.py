"""One source on one page: how it is, its rhythm, what it brought, what went wrong and when. Pure view and its handler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aiohttp import web

from bot.board import sources
from bot.board.access import Handler, Visitor, refuse
from bot.health import blind_until, span
from bot.labels import beijing
from bot.store.kept import Spell
from bot.store.port import SourceState
from config.schema import Source
from monitors.rhythm import UNKNOWN_SILENCE

if TYPE_CHECKING:
    from bot.board.pages import Board


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePage:
    """`facts`: label and value, in reading order; `spells` newest first."""

    line: sources.SourceLine
    facts: tuple[tuple[str, str], ...]
    spells: tuple[tuple[str, str, int, str], ...]


def view(source: Source, state: SourceState | None, spells: Sequence[Spell], now: datetime) -> SourcePage:
    """The page of one source at `now`."""
    line = sources.lines([source], {source.id: state} if state else {}, now)[0]
    return SourcePage(line=line, facts=facts(source, state, line, now), spells=tuple(_spell(s, now) for s in spells))


def facts(source: Source, state: SourceState | None, line: sources.SourceLine, now: datetime) -> tuple[tuple[str, str], ...]:
    """Everything known of a source as label and value; what is unknown says so. Shared with the doctor."""

    def moment(at: datetime | None) -> str:
        return beijing(at, now) if at else "无数据"

    s = state or SourceState(source_id=source.id)
    rows = [
        ("代码", source.id),
        ("种类", line.kind),
        ("地址", source.url or "等对方推送"),
        ("状态", line.state),
        ("最近一次尝试", moment(s.last_try_at)),
        ("最近成功", moment(s.last_success_at)),
        ("最近有新内容", moment(s.last_new_at)),
        ("轮询间隔", _pace(source, s, line)),
        ("下次轮询", _next(source, s, now)),
        ("平时的更新节奏", _rhythm(source, s)),
        ("累计条数", str(s.items_total)),
        ("重复条数", f"{s.duplicates_total}{share(s)}"),
        ("内容受损", f"{s.damage}次" + (f"，最近：{s.remark}" if s.remark else "")),
        ("对方时钟", clock(s.skew) if s.last_success_at else "无数据"),
        ("已搬到", s.moved_to or "没有"),
    ]
    return tuple(rows)


def _pace(source: Source, s: SourceState, line: sources.SourceLine) -> str:
    if not source.url:
        return "不轮询"
    configured = span(timedelta(seconds=source.interval))
    if s.failures:
        why = "按对方要求等待" if blind_until(source, s) and not s.last_error.startswith("来源已关闭") else "出错期间逐次放慢"
        return f"{why}，恢复后照常（配置{configured}）"
    return f"现在每{span(timedelta(seconds=line.pace))}（配置{configured}）"


def _rhythm(source: Source, s: SourceState) -> str:
    if source.kind == "site":
        return "网页只看能否打开、内容对不对，不计条目"
    if source.quiet_hours:
        return f"超过{span(timedelta(hours=source.quiet_hours))}没有新内容即提示（配置）"
    if s.quiet:
        return f"超过{span(timedelta(seconds=s.quiet))}没有新内容即提示"
    return f"还看不出，暂按超过{span(UNKNOWN_SILENCE)}没有新内容即提示"


def _next(source: Source, s: SourceState, now: datetime) -> str:
    if not source.enabled or not source.url:
        return "不轮询"
    return beijing(s.next_poll_at, now) if s.next_poll_at else "首轮，值班台启动后5分钟内"


def share(s: SourceState) -> str:
    """``（占82%）``: how much of what is read was known already."""
    whole = s.items_total + s.duplicates_total
    return f"（占{100 * s.duplicates_total // whole}%）" if whole else ""


def clock(skew: int | None) -> str:
    if skew is None:
        return "对方没有给出时间"
    if abs(skew) < 30:
        return "与本机一致（相差30秒以内）"
    return f"比本机{'快' if skew > 0 else '慢'}{span(timedelta(seconds=abs(skew)))}"


def _spell(s: Spell, now: datetime) -> tuple[str, str, int, str]:
    end = f"{beijing(s.over_at, now)}恢复或变化" if s.over_at else f"至今，最近{beijing(s.last_at, now)}"
    return beijing(s.first_at, now), end, s.times, s.error


def page(board: Board) -> Handler:
    """The handler of `/source/{id}`."""

    async def show(request: web.Request, who: Visitor) -> web.StreamResponse:
        ident, deps = request.match_info["id"], board.deps
        source = next((s for s in deps.settings.sources if s.id == ident), None)
        if source is None:
            return refuse(deps, "没有这个来源，请回“来源”页核对。", status=404)
        state = (await deps.store.source_states()).get(ident)
        shown = view(source, state, await deps.store.spells(ident), deps.clock.now())
        return board.draw(request, who, "source", view=shown)

    return show
