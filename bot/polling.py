"""Asking the sources: fetch -> parse -> store new items. One source's failure, slowness or size never delays another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from bot.desk import Desk
from bot.parsing import Parsing
from bot.store.port import PollCounts, SourceState
from config.schema import Source
from monitors.fetch import Fetcher, FetchError, FetchRequest, FetchResult
from monitors.item import Item, ItemKind, items
from monitors.rhythm import PollOutcome, first_poll, next_poll

log = logging.getLogger(__name__)

TELL_AFTER = 3
BEGUN = "polling.begun"
JUST_DUE = timedelta(seconds=1)
REASONS = {
    "timeout": "响应超时",
    "address_refused": "地址指向内部网络，已拒绝（内部来源请在配置中标明 internal）",
    "login_page": "被转到登录页",
    "too_many_redirects": "跳转次数过多",
    "unknown_encoding": "压缩方式不认识",
    "broken_body": "内容中断",
    "bad_url": "网址写错",
    "gone": "来源已关闭",
}


@dataclass(slots=True, kw_only=True)
class Poller:
    """Polling state of all sources, kept in memory and saved with every poll."""

    desk: Desk
    fetcher: Fetcher
    parsing: Parsing
    prefixes: Mapping[str, str]
    states: dict[str, SourceState] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)

    async def load(self) -> None:
        """States as stored; sources never polled are spread over their first interval, counted from the first start of all."""
        self.states = await self.desk.store.source_states()
        now = self.desk.now()
        begun = await self.desk.store.meta(BEGUN)
        if begun is None:
            await self.desk.store.set_meta(BEGUN, now.isoformat())
        since = datetime.fromisoformat(begun) if begun else now
        for source in self.sources():
            if source.id not in self.states:
                interval = timedelta(seconds=source.interval)
                planned = first_poll(source.id, since, interval)
                at = planned if planned > now - JUST_DUE else first_poll(source.id, now, interval)
                self.states[source.id] = SourceState(source_id=source.id, next_poll_at=at)

    def sources(self) -> list[Source]:
        return [s for s in self.desk.settings.sources if s.enabled]

    def due(self, now: datetime) -> list[Source]:
        """Sources whose time has come and that are not being asked already."""
        out = []
        for source in self.sources():
            at = self.states[source.id].next_poll_at if source.id in self.states else now
            if (at is None or at <= now) and source.id not in self.running:
                out.append(source)
        return out

    def next_at(self) -> datetime | None:
        """Earliest next poll."""
        ids = {s.id for s in self.sources()}
        times = [s.next_poll_at for k, s in self.states.items() if k in ids and s.next_poll_at is not None]
        return min(times) if times else None

    def address(self, source: Source) -> str:
        for prefix, base in self.prefixes.items():
            if source.url.startswith(prefix):
                return base + source.url[len(prefix) :]
        return source.url

    async def ask(self, source: Source) -> PollCounts:
        """One poll of one source, recorded whatever happens."""
        self.running.add(source.id)
        try:
            return await self._ask(source)
        finally:
            self.running.discard(source.id)

    async def _ask(self, source: Source) -> PollCounts:
        now = self.desk.now()
        state = self.states.get(source.id) or SourceState(source_id=source.id)
        request = FetchRequest(
            source_id=source.id,
            url=self.address(source),
            etag=state.etag,
            last_modified=state.last_modified,
            internal=source.internal or bool(self.prefixes and not source.url.startswith("http")),
        )
        try:
            result = await self.fetcher.fetch(request)
        except FetchError as e:
            return await self._failed(source, state, e, now)
        return await self._stored(source, state, result, now)

    async def _failed(self, source: Source, state: SourceState, e: FetchError, now: datetime) -> PollCounts:
        failures = state.failures + 1
        outcome = PollOutcome(failed=True, permanent=e.permanent, failures=failures, retry_after=e.retry_after)
        interval = timedelta(seconds=source.interval)
        planned = next_poll(source.id, now, interval, interval, outcome)
        text = REASONS.get(e.reason, f"{e.reason} {e.detail}".strip())
        state = replace(state, failures=failures, last_error=text, last_try_at=now, next_poll_at=planned.at)
        await self._save(state, ())
        if failures >= TELL_AFTER or e.permanent:
            detail = f"{source.name}连续{failures}次取不到（{text}），系统会继续尝试；请核对地址和网络。"
            await self.desk.store.report_problem("source", source.id, detail, now)
        return PollCounts(new=0, updated=0, duplicates=0)

    async def _stored(self, source: Source, state: SourceState, result: FetchResult, now: datetime) -> PollCounts:
        digest = blake2b(result.body, digest_size=16).hexdigest() if result.body else state.body_hash
        fresh = not result.not_modified and digest != state.body_hash
        found: tuple[Item, ...] = ()
        damage, had_failed = state.damage, state.failures > 0
        if fresh:
            document = await self.parsing.parse(source.kind, result.body, result.headers, result.final_url, now)
            damage += len(document.problems)
            kind = ItemKind(source.kind) if source.kind in set(ItemKind) else ItemKind.FEED
            found = items(document, source.id, now, kind)
        state = replace(
            state,
            etag=result.etag,
            last_modified=result.last_modified,
            body_hash=digest,
            failures=0,
            last_error="",
            last_try_at=now,
            last_success_at=now,
            damage=damage,
        )
        if had_failed:
            await self.desk.store.resolve_problem("source", source.id, now)
        return await self._planned(source, state, result, found, now)

    async def _planned(
        self, source: Source, state: SourceState, result: FetchResult, found: tuple[Item, ...], now: datetime
    ) -> PollCounts:
        interval = timedelta(seconds=source.interval)
        outcome = PollOutcome(items=len(found), new=len(found), retry_after=result.retry_after, max_age=result.max_age)
        planned = next_poll(source.id, now, interval, interval, outcome)
        return await self._save(replace(state, next_poll_at=planned.at), found)

    async def _save(self, state: SourceState, found: tuple[Item, ...]) -> PollCounts:
        counts = await self.desk.store.save_poll(state, found)
        self.states[state.source_id] = state
        return counts


async def ask_all(poller: Poller, sources: list[Source]) -> list[PollCounts]:
    """Poll several at once; what one raises is logged and harms no other."""
    results = await asyncio.gather(*(poller.ask(s) for s in sources), return_exceptions=True)
    out = []
    for source, result in zip(sources, results, strict=True):
        if isinstance(result, BaseException):
            log.error("poll_failed", extra={"source": source.id, "error": repr(result)})
            await poller.desk.store.report_problem("source", source.id, f"{source.name}处理出错：{result}", poller.desk.now())
        else:
            out.append(result)
    return out
