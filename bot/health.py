"""How well each source is: what is wrong with it in words, what to do, and who is told.

A trouble is an open problem row (board and doctor show it) until the source is well again. Administrators get one message
for all that is new, in the daytime; where most sources fail at once, the line is down and the desk is told at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from bot import outbox
from bot.clock import wall
from bot.desk import Desk
from bot.labels import BEIJING, beijing
from bot.own_words import own_advice
from bot.skew import SKEW, doubted, skew_of
from bot.source_words import AT_ONCE, NETWORK, REASONS, code_of
from bot.store.port import Problem, SourceState
from bot.wecom.cards import text_request
from config.daytime import between
from config.schema import Source
from monitors.rhythm import silent_too_long

TELL_AFTER: Final = 3
"""Failures in a row before a source counts as failing: single ones are weather."""
STALE_AFTER: Final = timedelta(minutes=30)
TELL_EVERY: Final = timedelta(minutes=10)
LINE_DOWN: Final = 5
"""Sources that must fail together, and be half of all, before the line itself is suspected."""
LINE_DOWN_TEXT: Final = (
    "半数以上来源同时取不到，多半是本机网络或代理故障，监测实际已中断。请立即检查网络；恢复前请人工查看主要平台和热线。"
)
AHEAD: Final = timedelta(minutes=10)
"""A source's clock this far ahead of ours is wrong."""
BEHIND: Final = timedelta(hours=1)
"""Its answer this far behind ours: its clock is wrong or a cache answers with what is old; minutes are any cache's way."""
BLIND: Final = timedelta(minutes=70)
"""A failing source asked again only later than this (normal back-off stays below) goes unseen meanwhile: told at once."""
SETTLED: Final = timedelta(minutes=30)
"""Damage that one try brings and the next mends is weather; so is a recovery that does not last so long."""
OVERDUE: Final = timedelta(minutes=10)
SHOWN: Final = 8
FEW, COMPARE_EVERY = 30, timedelta(seconds=30)
"""Hosts that are compared at every poll; more only so often."""
TOLD: Final = "health.told"

FAILING, SILENT, STALE, FORMAT, MOVED = "source", "source_silent", "source_stale", "source_format", "source_moved"
CLOCK: Final = "source_clock"
KINDS: Final[Mapping[str, str]] = {
    FAILING: "来源取不到",
    SILENT: "来源静默",
    STALE: "榜单陈旧",
    FORMAT: "来源内容受损",
    MOVED: "来源搬家",
    CLOCK: "来源时钟不准",
}
GRAVITY: Final = ("clock", *KINDS)
PASSING: Final = frozenset({FORMAT, CLOCK})
"""Troubles that one answer may bring by chance: told once they have lasted."""
ALIVE: Final = frozenset({MOVED, CLOCK})
"""Troubles of a source that brings what it has all the same."""

ASK_SITE: Final = "请打开原网站核对：确无更新的不必处理，网址已换的请改 sources.toml"
ASK_THERE: Final = {
    "folder": "请问放文件的单位是否停了导出，或放到了别的目录",
    "hotline": "请问工单系统的单位是否停了导出：确无新工单的不必处理",
}
FIRST_PUSH: Final = 24
"""Hours that a source which brings by itself may take until it brings anything at all."""
OWN_SILENT: Final = "这是本单位的账号或网站，请核对是否漏发，账号是否被封停、被盗"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing wrong with one source. `kind` is that of its problem row; `detail` says what and what to do."""

    kind: str
    detail: str


def troubles(source: Source, state: SourceState, now: datetime) -> tuple[Trouble, ...]:
    """Everything wrong with a source, from its state alone: the same for the problem rows, the board and the doctor."""
    found = [
        (FAILING, _failing(source, state, now)),
        (STALE, _stale(source, state, now)),
        (SILENT, _silence(source, state, now)),
        (FORMAT, f"：{state.remark}。能读的部分已入库；{_mending(source, state.remark)}" if state.remark else ""),
        (MOVED, f"已永久搬到 {state.moved_to}，现按新地址读取。请改正 sources.toml 中的 url" if _moved(source, state) else ""),
        (CLOCK, _clock(state)),
    ]
    return tuple(Trouble(kind=kind, detail=f"{source.name}{text}。") for kind, text in found if text)


def _failing(source: Source, state: SourceState, now: datetime) -> str:
    if not state.failures:
        return ""
    code, again = code_of(state.last_error), blind_until(source, state)
    if state.failures < TELL_AFTER and code not in AT_ONCE and not again:
        return ""
    todo = own_advice(source, code, REASONS[code][1])
    times = f"连续{state.failures}次" if state.failures > 1 else ""
    wait = f"，下次{beijing(again, now)}" if again else ""
    return f"{times}取不到：{state.last_error}。系统会继续尝试{wait}；{todo}"


def blind_until(source: Source, state: SourceState) -> datetime | None:
    """When a failing source is asked again, where that is long: it asked for it, or is gone."""
    if state.next_poll_at is None or state.last_try_at is None:
        return None
    wait = state.next_poll_at - state.last_try_at
    return state.next_poll_at if wait > max(BLIND, timedelta(seconds=3.4 * source.interval)) else None


def _stale(source: Source, state: SourceState, now: datetime) -> str:
    if not state.stale_since or now - state.stale_since <= max(STALE_AFTER, timedelta(seconds=3 * source.interval)):
        return ""
    since = beijing(state.stale_since, now)
    return f"自{since}起给的是旧榜单。请检查榜单服务能否访问原平台，必要时重启该服务"


def _silence(source: Source, state: SourceState, now: datetime) -> str:
    if state.failures or not silent(source, state, now):
        return ""
    heard = last_heard(source, state)
    last = beijing(heard, now) if heard else "不详"
    if not source.url:
        what = "没有推来新内容，超过其平时的间隔" if state.last_new_at else "启用以来没有推来过任何内容"
        todo = f"请与对方核对是否在推送，推送地址（/ingest/{source.id}）和密钥是否一致"
        return f"自{last}起{what}。{todo}"
    todo = OWN_SILENT if source.own else ASK_THERE.get(source.kind, ASK_SITE)
    what = "没有新内容，超过其平时的间隔" if state.last_new_at else "能打开，但从未取到任何内容"
    return f"自{last}起{what}。{todo}"


def _mending(source: Source, remark: str) -> str:
    if source.kind in ("hotline", "folder"):
        return "请按所列行号核对工单，列名不符的改 hotline.toml"
    if "遗漏" in remark:
        return "请在 sources.toml 中调小 interval_seconds，或请来源单位增加每次的条数"
    if "过多" in remark or "过大" in remark:
        return "反复出现的，请改用条数少的地址，或请来源单位减少每次的条数"
    return "反复出现的，请来源单位改正，或改用同一内容的其他地址"


def _moved(source: Source, state: SourceState) -> bool:
    return bool(state.moved_to) and state.address == source.url


def _clock(state: SourceState) -> str:
    off = timedelta(seconds=state.skew or 0)
    told = "系统只按收到的时间计时，不受影响"
    if off > AHEAD:
        return f"的时钟比本机快{span(off)}，所标时间不可靠，{told}。请核对本机时间；本机无误的，请告知来源单位校时"
    if off < -BEHIND:
        what = "对方时钟慢了，或中间的缓存给的是旧内容"
        return f"应答上的时间比本机早{span(-off)}：{what}，{told}。请用浏览器打开核对是不是最新内容；确系旧内容的，请换地址"
    return ""


def span(length: timedelta) -> str:
    """``5分钟``, ``1.5小时``, ``3天``."""
    seconds = round(length.total_seconds())
    minutes = seconds / 60
    if minutes < 1:
        return f"{seconds}秒"
    if length.days > 730:
        return f"{length.days // 365}年"
    value, unit = (minutes, "分钟") if minutes < 120 else (minutes / 60, "小时") if minutes < 2880 else (minutes / 1440, "天")
    return f"{value:.1f}".removesuffix(".0") + unit


def overdue(source: Source, state: SourceState, now: datetime) -> bool:
    """Whether its turn has long passed: the poller itself is not at work."""
    return bool(source.url and state.next_poll_at and now - state.next_poll_at > OVERDUE)


def silent(source: Source, state: SourceState, now: datetime) -> bool:
    """Whether the source has brought nothing for longer than is set for it, else than its rhythm (a `site` brings nothing)."""
    since = last_heard(source, state)
    if source.quiet_hours:
        return silent_too_long(since, timedelta(hours=source.quiet_hours), now)
    if not source.url and not state.last_new_at:
        return silent_too_long(since, timedelta(hours=FIRST_PUSH), now)
    return silent_too_long(since, timedelta(seconds=state.quiet) if state.quiet else None, now)


def last_heard(source: Source, state: SourceState) -> datetime | None:
    """When it last brought something; where it never did, since when an account of our own answers, or a push is waited for."""
    waited_for = source.kind != "site" and (source.own or source.quiet_hours or not source.url)
    return state.last_new_at or (state.answers_since if waited_for else None)


@dataclass(slots=True, kw_only=True)
class Watch:
    """The troubles of this installation's sources, as problem rows and messages."""

    desk: Desk
    open: dict[tuple[str, str], str] = field(default_factory=dict)
    skews: dict[str, timedelta] = field(default_factory=dict)
    told_at: datetime | None = None
    down_at: datetime | None = None
    compared_at: datetime | None = None

    async def load(self) -> None:
        """What is open: from before a restart, or by another process."""
        self.open = {
            (p.kind, p.subject): p.detail for p in await self.desk.store.problems() if p.kind in KINDS or p.kind == "clock"
        }

    async def check(self, source: Source, state: SourceState, now: datetime) -> None:
        """Open, refresh and close the problems of one source; a well one costs nothing."""
        found = {t.kind: t.detail for t in troubles(source, state, now)}
        if ("clock", "sources") in self.open:
            found.pop(CLOCK, None)  # it is ours that is wrong
        for kind in KINDS:
            await self._set(kind, source.id, found.get(kind, ""), now)

    async def _set(self, kind: str, subject: str, detail: str, now: datetime) -> None:
        was = self.open.get((kind, subject), "")
        if detail and detail != was:
            await self.desk.store.report_problem(kind, subject, detail, now)
            self.open[kind, subject] = detail
        elif was and not detail:
            await self.desk.store.resolve_problem(kind, subject, now)
            del self.open[kind, subject]

    async def forget(self, known: set[str], now: datetime) -> None:
        """Close what is open about sources that were switched off or removed."""
        for kind, subject in list(self.open):
            if kind in KINDS and subject not in known:
                await self._set(kind, subject, "", now)

    async def compare_clock(self, url: str, headers: Mapping[str, str], now: datetime) -> None:
        """Our clock against the sources' own; three different hosts must agree before ours is doubted."""
        off = skew_of(headers, wall())
        host = urlsplit(url).hostname or ""
        if off is None or not host:
            return
        self.skews[host] = off
        doubt = ("clock", "sources") in self.open
        if abs(off) <= SKEW and not doubt:
            return  # one that agrees raises no doubt: thousands of hosts are not compared at each poll
        if (
            len(self.skews) > FEW
            and self.compared_at is not None
            and self.compared_at <= now < self.compared_at + COMPARE_EVERY
        ):
            return
        self.compared_at = now
        off_by = doubted(tuple(self.skews.values()))
        minutes = round(abs(off_by.total_seconds()) / 60) if off_by else 0
        side = "慢" if off_by and off_by > timedelta(0) else "快"
        detail = (
            f"本机时钟比{len(self.skews)}个来源的时钟{side}约{minutes}分钟，时限全靠它，请立即校时（启用网络校时）。"
            if off_by
            else ""
        )
        await self._set("clock", "sources", detail, now)

    def is_time(self, now: datetime) -> bool:
        """Whether the last look is long enough ago; a clock set back is no reason to wait."""
        return self.told_at is None or not self.told_at <= now < self.told_at + TELL_EVERY

    def line_is_down(self) -> bool:
        """Whether our own line was found down at the last look: then nobody is asked less often for it."""
        return self.down_at is not None and self.down_at == self.told_at

    async def tell(self, sources: Sequence[Source], states: Mapping[str, SourceState]) -> None:
        """One message about what is newly wrong or well again; at night only that the line is down."""
        now = self.desk.now()
        self.told_at = now
        rows = [p for p in await self.desk.store.problems() if p.kind in KINDS or p.kind == "clock"]
        if line_down(sources, states):
            self.down_at = now
        told = {k: _told(v) for k, v in json.loads(await self.desk.store.meta(TOLD) or "{}").items()}
        known = {"line", "sources", *(s.id for s in sources)}
        told = {k: v for k, v in told.items() if k.rpartition("|")[2] in known}  # who was switched off is not well
        shown = [p for p in rows if f"{p.kind}|{p.subject}" in told or self._lasts(p, states.get(p.subject), now)]
        current = _current(shown, sources, self.line_is_down())
        own = {f"{FAILING}|{s.id}" for s in sources if s.own} & (current.keys() - told.keys())
        if at_night(self.desk, now) and not self.line_is_down() and not own:
            return
        ours = (
            self.line_is_down()
            or bool(own)
            or any(f"{SILENT}|{s.id}" in current.keys() - told.keys() for s in sources if s.own)
        )
        at_once = {"line", *(f"{FAILING}|{s.id}" for s in sources if s.own)}
        after: dict[str, tuple[str, datetime | None]] = {key: (name, None) for key, (name, _) in current.items()}
        for key in told.keys() - current.keys():
            name, since = told[key][0], told[key][1] or now
            if key not in at_once and now - since < SETTLED:
                after[key] = (name, since)  # well, but not yet called so
        well = {key: name for key, (name, _) in told.items() if key not in after}
        if text := news({key: name for key, (name, _) in told.items() if key in current} | well, current):
            await self._send(text, urgent=ours, key=f"{now.isoformat()}|{'|'.join(sorted(current))}")
        if after != told:
            kept = {key: [name, since.isoformat() if since else ""] for key, (name, since) in after.items()}
            await self.desk.store.set_meta(TOLD, json.dumps(kept, ensure_ascii=False))

    def _lasts(self, problem: Problem, state: SourceState | None, now: datetime) -> bool:
        """Whether a trouble not told yet is to be told: not by one answer, nor by what our own line did."""
        tried = state.last_try_at if state else None
        if problem.kind in PASSING:
            return now - problem.first_at >= SETTLED and tried is not None and tried > problem.first_at
        if problem.kind == FAILING and self.down_at is not None:
            return not self.line_is_down() and tried is not None and tried > self.down_at
        return True

    async def _send(self, text: str, *, urgent: bool, key: str) -> None:
        desk = self.desk
        users = [o.userid for o in desk.settings.organisation.officers if o.board == "admin" or "admin" in o.roles]
        if urgent or not users:
            users.append(desk.duty().duty_officer)
        for user in dict.fromkeys(u for u in users if u):
            ident = "hp-" + outbox.digest(key, user)
            request = text_request(user, desk.settings.wecom.agentid, text, mark=ident)
            await outbox.queue(desk, outbox.row(desk, ident, user, "problem", request, text, 3 if urgent else 7))


def line_down(sources: Sequence[Source], states: Mapping[str, SourceState]) -> bool:
    """Whether so many sources cannot be reached at once that our own line is the likely cause."""
    used = [states[s.id] for s in sources if s.id in states and s.kind != "folder" and states[s.id].last_try_at]
    failing = [s for s in used if s.failures and s.last_error.startswith(NETWORK)]
    return len(failing) >= LINE_DOWN and 2 * len(failing) > len(used)


def _told(value: str | Sequence[str]) -> tuple[str, datetime | None]:
    """The name of what was told, and since when it has been well; an older version kept the name alone."""
    if isinstance(value, str):
        return value, None
    return value[0], datetime.fromisoformat(value[1]) if value[1] else None


def _current(rows: Sequence[Problem], sources: Sequence[Source], down: bool) -> dict[str, tuple[str, str]]:
    """What is wrong now, key -> (name, sentence), this body's own and the gravest first; with the line down that is one trouble more."""
    names = {**{s.id: s.name for s in sources}, "sources": "时钟"}
    own = {s.id for s in sources if s.own}
    graver = sorted(rows, key=lambda p: (p.subject not in own, GRAVITY.index(p.kind), p.first_at))
    out = {f"{p.kind}|{p.subject}": (names[p.subject], p.detail) for p in graver if p.subject in names}
    if down:
        out["line"] = ("网络", LINE_DOWN_TEXT)
    return out


def news(told: Mapping[str, str], current: Mapping[str, tuple[str, str]]) -> str:
    """The lines of one message, "" where nothing changed. `told`: key -> name of what was told and not yet called well."""
    fresh = [detail for key, (_, detail) in current.items() if key not in told]
    ill = {name for name, _ in current.values()}  # who has another trouble now is not well
    well = list(dict.fromkeys(name for key, name in told.items() if key not in current and name not in ill))
    if not fresh and not well:
        return ""
    lines = ["【监测来源】", *fresh[:SHOWN]]
    if len(fresh) > SHOWN:
        lines.append(f"另有{len(fresh) - SHOWN}项，详见总览的“来源”和“问题”。")
    if well:
        lines.append("已恢复：" + "、".join(well[:SHOWN]) + (f"等{len(well)}项。" if len(well) > SHOWN else "。"))
    return "\n".join(lines)


def at_night(desk: Desk, now: datetime) -> bool:
    """Quiet hours of the installation: administrators sleep, the board shows the problem meanwhile."""
    local = now.astimezone(BEIJING)
    return between(local.hour * 60 + local.minute, desk.settings.bot.quiet_from, desk.settings.bot.quiet_to)
