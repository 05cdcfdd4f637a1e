"""What one poll makes of a source's state. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.cli_parse import problem_text
from bot.clock import milliseconds
from bot.store.port import PollCounts, SourceState
from config.schema import Source
from monitors.fetch import FetchResult
from monitors.item import ParsedDocument
from monitors.rhythm import SLOWEST_FACTOR, allowed_silence, first_poll

LOSSES: Final = frozenset(
    {
        "truncated",
        "too_many_entries",
        "bytes_lost",
        "entries_unreadable",
        "rows_unreadable",
        "parse_timeout",
        "too_large",
        "cut_tail",
        "sheets_left",
        "numbers_lost",
    }
)
"""Damage that cost content; the other problems of a document were mended without loss."""


def started(source: Source, state: SourceState | None, since: datetime, now: datetime) -> SourceState:
    """State at a start: as stored; asked afresh where it is new or its address was changed; never later than its slowest."""
    interval = timedelta(seconds=source.interval)
    if state is None or (state.address and state.address != source.url):
        planned = first_poll(source.id, since, interval)
        at = milliseconds(planned if planned >= now else first_poll(source.id, now, interval))
        fresh = state or SourceState(source_id=source.id)
        return replace(
            fresh,
            etag="",
            last_modified="",
            body_hash="",
            moved_to="",
            address="",
            failures=0,
            last_error="",
            next_poll_at=at,
            pace=0,
        )
    if state.failures or state.next_poll_at is None:
        return state
    return replace(state, next_poll_at=min(state.next_poll_at, now + interval * SLOWEST_FACTOR * 1.1))


def counted(state: SourceState, counts: PollCounts, now: datetime) -> SourceState:
    """The state with its totals, as the store keeps it."""
    return replace(
        state,
        last_new_at=now if counts.new else state.last_new_at,
        items_total=state.items_total + counts.new,
        duplicates_total=state.duplicates_total + counts.duplicates,
    )


def plain_success(source: Source, state: SourceState, now: datetime) -> SourceState:
    since = state.answers_since or now
    return replace(
        state, failures=0, last_error="", last_try_at=now, last_success_at=now, address=source.url, answers_since=since
    )


def succeeded(source: Source, state: SourceState, result: FetchResult, now: datetime) -> SourceState:
    """An answer came: validators as given, the way there learnt."""
    kept = state.moved_to if state.address == source.url and result.final_url == state.moved_to else ""
    return replace(
        plain_success(source, state, now),
        etag=result.etag,
        last_modified=result.last_modified,
        moved_to=result.moved_to or kept,
    )


def learnt(state: SourceState, document: ParsedDocument, dates: tuple[datetime, ...], now: datetime) -> SourceState:
    """What a document tells of its source: damage, staleness, rhythm."""
    losses = [p for p in document.problems if p.code in LOSSES]
    allowed = allowed_silence(dates)
    return replace(
        state,
        damage=state.damage + len(losses),
        remark="；".join(problem_text(p) for p in losses[:2]),
        stale_since=(state.stale_since or now) if document.stale else None,
        quiet=round(allowed.total_seconds()) if allowed else state.quiet,
    )
