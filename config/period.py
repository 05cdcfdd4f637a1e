"""Limits counted in days or months instead of minutes: how many of what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Span(StrEnum):
    WORKING_DAYS = "working_days"
    DAYS = "days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """So many (>= 1) working days, calendar days or months; counted by `playbooks.calendar`."""

    unit: Span
    count: int

    @property
    def least(self) -> timedelta:
        """A length it never falls below: to compare with rungs that are written in minutes."""
        return timedelta(days=self.count * (28 if self.unit is Span.MONTHS else 1))
