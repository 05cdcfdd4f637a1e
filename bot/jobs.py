"""Jobs of the desk itself: one that fails stops no other, and is a problem until it ends well again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable

from bot.desk import Desk

log = logging.getLogger(__name__)


async def guarded(desk: Desk, name: str, work: Awaitable[object], failed: str) -> None:
    """Do the work. `failed`: the sentence of its problem, with {name} and {error}."""
    try:
        await work
    except Exception as e:  # flow guard: the others must still run
        log.exception("job_failed", extra={"job": name})
        await desk.store.report_problem("job", name, failed.format(name=name, error=f"{type(e).__name__}：{e}"), desk.now())
    else:
        await desk.store.resolve_problem("job", name, desk.now())
