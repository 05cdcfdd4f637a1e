"""Asking the sources: fetch -> parse -> store new items. One source's failure, slowness or size never delays another.

What a poll brought decides the next one (`monitors.rhythm`), inside the transaction that stores it; so a restart asks the
same sources at the same instants.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.cli_parse import problem_text
from bot.clock import milliseconds
from bot.desk import Desk
from bot.fieldmaps import fields_for
from bot.folder import read_folder
from bot.health import BLIND, TELL_AFTER, Watch
from bot.parsing import Parsing
from bot.poll_states import counted, learnt, plain_success, started, succeeded
from bot.skew import skew_seconds
from bot.source_words import NETWORK, reason_text
from bot.store.port import PollCounts, SourceState
from config.oserror import why
from config.schema import Source
from monitors.charset import content_type, decode
from monitors.cut import whole_entries, whole_rows
from monitors.fetch import Fetcher, FetchError, FetchRequest, FetchResult, host_of
from monitors.item import Item, ItemKind, ParsedDocument, items
from monitors.kinds import hotline
from monitors.mend import Problem
from monitors.rhythm import PollOutcome, allowed_silence, learnt_silence, next_poll, usual_gap

log = logging.getLogger(__name__)

BEGUN = "polling.begun"
LINES = 4
"""Lines a slot of a host: some fetch while others parse and store."""
CONFIRM = 60
"""Seconds until a page of our own that failed is looked at again, until it is certain."""
CROWD = 16
"""While so many sources are being asked, what one brought is committed together with what the next bring."""
GAPS = "每次取到的全是新条目，两次轮询之间可能有遗漏"
NOTHING = PollCounts(new=0, updated=0, duplicates=0)
NO_FEED = frozenset(
    {
        *("html_page", "not_a_feed", "sitemap_index", "unreadable", "parse_timeout", "too_large", "columns_missing"),
        "sheet_missing",
    }
)
"""A document without entries that says one of these was no document of this source: it counts as a failure."""
LOGIN_FORM = re.compile(rb"<input[^>]{0,300}type\s*=\s*[\"']?password", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a poll brought nothing, in the words of `source_words`."""

    text: str
    permanent: bool = False
    retry_after: timedelta | None = None


@dataclass(slots=True, kw_only=True)
class Poller:
    """Polling state of all sources, kept in memory and saved with every poll."""

    desk: Desk
    fetcher: Fetcher
    parsing: Parsing
    prefixes: Mapping[str, str]
    watch: Watch
    states: dict[str, SourceState] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)

    async def load(self) -> None:
        """States as stored; sources never polled are spread over their first interval, counted from the first start of all."""
        self.states = await self.desk.store.source_states()
        await self.watch.load()
        now = self.desk.now()
        begun = await self.desk.store.meta(BEGUN)
        if begun is None:
            await self.desk.store.set_meta(BEGUN, now.isoformat())
        since = datetime.fromisoformat(begun) if begun else now
        for source in self.sources():
            self.states[source.id] = started(source, self.states.get(source.id), since, now)
        for source in self.pushing():
            if source.id not in self.states:  # from now on it is waited for
                self.states[source.id] = SourceState(source_id=source.id, answers_since=now)
                await self.desk.store.save_poll(self.states[source.id], ())
        await self.watch.forget({s.id for s in (*self.sources(), *self.pushing())}, now)

    async def take(self, source: Source, found: tuple[Item, ...]) -> PollCounts:
        """What a source pushed, stored with the state that goes with it."""
        now = self.desk.now()
        state = plain_success(source, self.states.get(source.id) or SourceState(source_id=source.id), now)
        dates = tuple(i.published for i in found if i.published is not None and i.published <= now)
        allowed = allowed_silence(dates)
        state = replace(state, quiet=max(state.quiet, round(allowed.total_seconds()))) if allowed else state
        counts = await self.desk.store.save_poll(state, found)
        self.states[source.id] = counted(state, counts, now)
        await self.watch.check(source, self.states[source.id], now)
        return counts

    async def noted(self, source: Source, remark: str, lost: int = 0) -> None:
        """What was wrong with the last push, "" where nothing was: shown and told like the damage of a source that is asked."""
        state = self.states.get(source.id) or SourceState(source_id=source.id)
        if remark == state.remark and not lost:
            return
        now = self.desk.now()
        self.states[source.id] = replace(state, remark=remark, damage=state.damage + lost, last_try_at=now)
        await self.desk.store.save_poll(self.states[source.id], ())
        await self.watch.check(source, self.states[source.id], now)

    async def look_after(self) -> None:
        """Now and then: who has fallen silent without being asked, and what administrators must hear."""
        now = self.desk.now()
        if not self.watch.is_time(now):
            return
        await self.watch.load()
        stored = await self.desk.store.source_states() if self.pushing() else {}
        for source in self.pushing():
            if source.id in stored:  # what is pushed may have come in by another process
                self.states[source.id] = stored[source.id]
                await self.watch.check(source, self.states[source.id], now)
        await self.watch.tell((*self.sources(), *self.pushing()), self.states)

    def sources(self) -> list[Source]:
        """Sources that are asked."""
        return [s for s in self.desk.settings.sources if s.enabled and s.url]

    def pushing(self) -> list[Source]:
        """Sources that bring what they have: nobody asks them, but their silence is noticed all the same."""
        return [s for s in self.desk.settings.sources if s.enabled and not s.url]

    def due(self, now: datetime) -> list[Source]:
        """Sources whose time has come and that are not being asked already."""
        out = []
        for source in self.sources():
            at = self.states[source.id].next_poll_at if source.id in self.states else now
            if (at is None or at <= now) and source.id not in self.running:
                out.append(source)
        return out

    def hurry(self) -> None:
        """Sources never asked at their address are due now: one round from a timer would wait for their turn for ever."""
        for source in self.sources():
            if self.states[source.id].address != source.url:
                self.states[source.id] = replace(self.states[source.id], next_poll_at=self.desk.now())

    def next_at(self) -> datetime | None:
        """Earliest next poll."""
        ids = {s.id for s in self.sources()}
        times = [s.next_poll_at for k, s in self.states.items() if k in ids and s.next_poll_at is not None]
        return min(times) if times else None

    def address(self, source: Source, state: SourceState) -> str:
        """Where to ask: a prefix replaced, or the new place of a source that moved for good (every other time while that fails)."""
        for prefix, base in self.prefixes.items():
            if source.url.startswith(prefix):
                return base + source.url[len(prefix) :]
        moved = state.moved_to and state.address == source.url and state.failures % 2 == 0
        return state.moved_to if moved else source.url

    def internal(self, source: Source) -> bool:
        """Whether it may live at a private address; a prefix stands for a server of one's own."""
        return source.internal or bool(self.prefixes and not source.url.startswith("http"))

    def lines(self, sources: Sequence[Source]) -> Iterator[Iterator[Source]]:
        """The sources as lines to be worked off side by side, a few for each host: thousands asked at once need no thousands of tasks.

        A line stored what one source brought before it asks the next, so a host has more lines than slots.
        """
        hosts: dict[str, list[Source]] = {}
        for source in sources:
            address = self.address(source, self.states.get(source.id) or SourceState(source_id=source.id))
            hosts.setdefault((_host(address) if source.kind != "folder" else "") or source.id, []).append(source)
        for waiting in hosts.values():
            line = iter(waiting)
            for _ in range(min(len(waiting), LINES * self.fetcher.at_once(self.internal(waiting[0])))):
                yield line

    async def ask(self, source: Source) -> PollCounts:
        """One poll of one source, recorded whatever happens; nothing it raises reaches another source."""
        self.running.add(source.id)
        state = self.states.get(source.id) or SourceState(source_id=source.id)
        try:
            return await (self._read_folder if source.kind == "folder" else self._fetch)(source, state)
        except Exception as e:  # flow guard: what one source breaks stays with it; cancellation passes
            log.exception("poll_failed", extra={"source": source.id})
            failure = Failure(text=reason_text("own_error", f"{type(e).__name__}: {e}"[:200]))
            return await self._failed(source, state, failure, self.desk.now())
        finally:
            self.running.discard(source.id)

    async def _fetch(self, source: Source, state: SourceState) -> PollCounts:
        request = FetchRequest(
            source_id=source.id,
            url=self.address(source, state),
            etag=state.etag,
            last_modified=state.last_modified,
            internal=self.internal(source),
            suspect=state.failures > 0,
        )
        try:
            result = await self.fetcher.fetch(request)
        except FetchError as e:
            text = reason_text(e.reason, e.detail, e.status)
            failure = Failure(text=text, permanent=e.permanent, retry_after=e.retry_after)
            return await self._failed(source, state, failure, self.desk.now())
        now = self.desk.now()
        await self.watch.compare_clock(request.url, result.headers, now)
        state = replace(state, skew=skew_seconds(result.headers))
        if source.kind == "site":
            return await self._answered(source, state, result, now)
        return await self._received(source, state, result, now)

    async def _failed(self, source: Source, state: SourceState, failure: Failure, now: datetime) -> PollCounts:
        failures = state.failures + 1
        innocent = self.watch.line_is_down() and failure.text.startswith(NETWORK)  # once our line is back, it is seen soon
        ours = source.own and source.kind == "site"  # a page of our own is looked at on and on: it is we who mend it
        outcome = PollOutcome(
            failed=True,
            permanent=failure.permanent and not ours,
            failures=1 if innocent or ours else failures,
            retry_after=failure.retry_after,
        )
        interval = timedelta(seconds=min(source.interval, CONFIRM) if ours and failures < TELL_AFTER else source.interval)
        planned = next_poll(source.id, now, interval, interval, outcome)
        state = replace(
            state,
            failures=failures,
            last_error=failure.text,
            last_try_at=now,
            next_poll_at=milliseconds(planned.at),
            address=source.url,
            moved_to=state.moved_to if state.address == source.url else "",
        )
        await self.desk.store.save_poll(state, ())
        self.states[source.id] = state
        await self.watch.check(source, state, now)
        return NOTHING

    async def _answered(self, source: Source, state: SourceState, result: FetchResult, now: datetime) -> PollCounts:
        """A watched page: it must answer, with the words that tell it from an error page or another's."""
        if source.expect and not result.not_modified:
            text = decode(result.body, content_type(result.headers)).text
            if source.expect not in text:
                failure = Failure(text=reason_text("unexpected", f"没有“{source.expect}”"))
                return await self._failed(source, state, failure, now)
        return await self._save(source, succeeded(source, state, result, now), (), PollOutcome(unchanged=True), now)

    async def _received(self, source: Source, state: SourceState, result: FetchResult, now: datetime) -> PollCounts:
        digest = state.body_hash if result.not_modified else result.digest
        after = replace(succeeded(source, state, result, now), body_hash=digest)
        asked = PollOutcome(retry_after=result.retry_after, max_age=result.max_age)
        nothing = not result.body and source.kind == "hotline"  # an export without a single order may be an empty file
        if result.not_modified or nothing or digest == state.body_hash:
            return await self._save(source, after, (), replace(asked, unchanged=result.not_modified), now)
        if not result.body:
            return await self._failed(source, state, Failure(text=reason_text("empty")), now)
        if result.truncated:
            whole = whole_rows if source.kind == "hotline" and not result.body.startswith(b"PK") else whole_entries
            result = replace(result, body=whole(result.body))
        document = await self._document(source, result, now)
        if result.truncated:
            document = replace(document, problems=(*document.problems, Problem(code="truncated")))
        bad = [p for p in document.problems if p.code in NO_FEED]
        if not document.entries and (bad or document.format == "unknown"):
            text = reason_text("format", problem_text(bad[0] if bad else Problem(code="not_a_feed")))
            text = reason_text("login_form") if LOGIN_FORM.search(result.body) else text
            return await self._failed(source, state, Failure(text=text), now)
        kind = ItemKind(source.kind) if source.kind in set(ItemKind) else ItemKind.FEED
        found = items(document, source.id, now, kind)
        dates = tuple(i.published for i in found if i.published is not None and i.published <= now)
        outcome = replace(asked, items=len(found), usual_gap=usual_gap(dates))
        return await self._save(source, learnt(after, document, dates, now), found, outcome, now)

    async def _document(self, source: Source, result: FetchResult, now: datetime) -> ParsedDocument:
        if source.kind == "hotline":
            fields = fields_for(self.desk.settings, source.kind, source.mapping)
            return await asyncio.to_thread(hotline.read, result.body, result.headers, fields, now)
        return await self.parsing.parse(source.kind, result.body, result.headers, result.final_url, now)

    async def _read_folder(self, source: Source, state: SourceState) -> PollCounts:
        """Files dropped since the last look, each once; what cannot be read is named."""
        now = self.desk.now()
        fields = fields_for(self.desk.settings, source.kind, source.mapping)
        try:
            read = await asyncio.to_thread(
                read_folder, Path(source.url.removeprefix("file:")), source, state.body_hash, now, fields
            )
        except OSError as e:
            failure = Failure(text=reason_text("folder", why(e)))
            return await self._failed(source, state, failure, now)
        after = replace(
            plain_success(source, state, now), body_hash=read.mark, remark=read.remark, damage=state.damage + read.bad
        )
        return await self._save(source, after, read.items, PollOutcome(unchanged=True), now)

    async def _save(
        self, source: Source, state: SourceState, found: tuple[Item, ...], outcome: PollOutcome, now: datetime
    ) -> PollCounts:
        """Store items and state in one unit; the interval follows what was really new."""
        configured = timedelta(seconds=source.interval)
        current = timedelta(seconds=state.pace or source.interval)
        before = self.states.get(source.id, state).last_success_at
        watched = before is not None and now - before < max(BLIND, 4 * configured)  # a standstill of ours teaches nothing
        quiet = timedelta(seconds=state.quiet)
        if outcome.items and outcome.usual_gap is None and state.last_new_at and watched:
            quiet = learnt_silence(quiet, now - state.last_new_at)

        def plan(counts: PollCounts) -> SourceState:
            planned = next_poll(source.id, now, configured, current, replace(outcome, new=counts.new))
            hurried = planned.reason == "no_overlap" and planned.interval >= current  # it cannot be asked sooner
            return replace(
                state,
                remark="；".join(r for r in (state.remark.removesuffix(GAPS).rstrip("；"), GAPS if hurried else "") if r),
                pace=max(1, round(planned.interval.total_seconds())),
                next_poll_at=milliseconds(planned.at),
                quiet=round(quiet.total_seconds()) if counts.new else state.quiet,
            )

        counts = await self.desk.store.save_poll(state, found, plan, patient=len(self.running) >= CROWD)
        self.states[source.id] = counted(plan(counts), counts, now)
        await self.watch.check(source, self.states[source.id], now)
        return counts


def _host(address: str) -> str:
    try:
        return host_of(address)
    except ValueError:  # the fetcher says what is wrong with it
        return ""


async def ask_all(poller: Poller, sources: list[Source]) -> list[PollCounts]:
    """Poll several at once and wait for all of them."""
    counts: dict[str, PollCounts] = {}

    async def work(line: Iterator[Source]) -> None:
        for source in line:
            counts[source.id] = await poller.ask(source)

    ids = {s.id for s in sources}
    poller.running |= ids  # from now on: nobody else asks those that still wait
    try:
        await asyncio.gather(*(work(line) for line in poller.lines(sources)))
    finally:
        poller.running -= ids
    return [counts[s.id] for s in sources]
