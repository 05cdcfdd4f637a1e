"""The collector of cyclic garbage in a long-running service: what the start left in memory is never walked again.

A full collection over settings, models and code stands still for 80 ms and more; what comes later is small and short-lived.
"""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (20_000, 20, 50)
"""Allocations before a young collection, and how many of each kind before the next older one."""


def settle_memory() -> None:
    """Call once, when everything is open."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
