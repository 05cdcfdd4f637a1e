"""The metronome: a service that stops has not failed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.scheduler import Every, until_stopped


def plain(work: Callable[..., object]) -> Callable[..., object]:
    return work


@pytest.mark.parametrize(("wrapped", "errors"), [(until_stopped, 0), (plain, 1)], ids=["as the service runs it", "bare"])
async def test_a_job_cut_short_by_a_stop_is_no_error(
    caplog: pytest.LogCaptureFixture, wrapped: Callable[..., object], errors: int
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    scheduler = AsyncIOScheduler(timezone="Asia/Shanghai")
    scheduler.add_job(wrapped(work), Every(seconds=0.01), id="audit")
    with caplog.at_level(logging.ERROR):
        scheduler.start()
        await asyncio.wait_for(begun.wait(), 60)
        scheduler.shutdown(wait=False)
        await asyncio.wait_for(ended.wait(), 60)
        for _ in range(5):  # the scheduler's own callbacks
            await asyncio.sleep(0)
    assert len([r for r in caplog.records if "raised an exception" in r.getMessage()]) == errors


async def test_a_job_that_fails_still_fails() -> None:
    async def work() -> None:
        raise ValueError("坏了")

    with pytest.raises(ValueError, match="坏了"):
        await until_stopped(work)()
