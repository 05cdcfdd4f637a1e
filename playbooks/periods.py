"""Where a limit ends: minutes from the instant, days and months by the civil rule and the holiday table (domain.md §8.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from config.holidays import Holidays
from config.period import Period, Span
from playbooks.calendar import day_of, days_after, ends_at, months_after, working_days_after
from playbooks.incident import Basis


def period_end(start: datetime, period: Period, table: Holidays) -> datetime:
    """The instant a period that began at `start` is over. Raises YearUnknown where the table does not reach."""
    count = {Span.WORKING_DAYS: working_days_after, Span.DAYS: days_after, Span.MONTHS: months_after}[period.unit]
    return ends_at(count(day_of(start), period.count, table)).astimezone(UTC)


def shifted(basis: Basis, start: datetime, by: timedelta, table: Holidays) -> Basis:
    """A source after its start was corrected to `start`, `by` later: the frozen limit is counted anew. Raises YearUnknown."""
    if basis.period is None:
        return replace(basis, due_at=basis.due_at + by)
    return replace(basis, due_at=period_end(start, basis.period, table))


def extended(basis: Basis, start: datetime, table: Holidays) -> Basis:
    """A source with its lawful extension, counted from the same start. Raises YearUnknown."""
    period, more = basis.period, basis.extension
    if period is None or more is None or more.unit is not period.unit:
        return basis
    longer = replace(period, count=period.count + more.count)
    return replace(basis, period=longer, extension=None, due_at=period_end(start, longer, table))
