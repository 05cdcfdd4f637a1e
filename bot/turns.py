"""Whose turn it is to change a matter: inside one process nobody overtakes a person who has begun; between processes one tries again.

in this process: a lock a matter, in the order people came; a flood that joins waits for them, never they for it
another process: versions decide (design.md §2); who came late tries again after a short random pause
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from random import uniform
from time import perf_counter
from typing import Final
from weakref import WeakValueDictionary

RETRIES: Final = 8
PATIENCE: Final = 5.0
"""Seconds; a person waits as long for a matter that others keep changing, and at least `RETRIES` times, before asked to come again."""
LONGEST_PAUSE: Final = 0.1


@dataclass(slots=True, kw_only=True)
class Turns:
    """Locks by number of matter, kept only while somebody holds or awaits them."""

    locks: WeakValueDictionary[int, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    @asynccontextmanager
    async def of(self, numbers: Collection[int]) -> AsyncIterator[None]:
        """The turns of all these matters, taken by rising number so that two who want the same ones cannot wait for each other."""
        async with AsyncExitStack() as stack:
            for number in sorted(set(numbers)):
                lock = self.locks.setdefault(number, asyncio.Lock())
                await stack.enter_async_context(lock)
            yield


async def tries() -> AsyncIterator[int]:
    """Numbers of the tries a commit is worth, with random pauses that grow, so that two processes do not stay in step."""
    begun, n = perf_counter(), 0
    while n < RETRIES or perf_counter() - begun < PATIENCE:
        yield n
        n += 1
        await asyncio.sleep(uniform(0, min(LONGEST_PAUSE, 0.002 * 2 ** min(n, 8))))
