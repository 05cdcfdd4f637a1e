"""Server-sent events: an open page hears of a change within seconds, and a stopping server waits for nobody."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import ClientResponse

from bot.board.stream import QUEUE, Hub
from tests.bot.matter import at, land_money


async def heard(answer: ClientResponse, kind: str) -> dict[str, object]:
    """Data of the next event of a kind."""
    async with asyncio.timeout(60):
        name = ""
        async for raw in answer.content:
            line = raw.decode().strip()
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: ") and name == kind:
                data: dict[str, object] = json.loads(line[6:])
                return data
    raise AssertionError("the stream ended")


async def test_a_page_hears_which_matter_changed(night, rules):
    await night.sign_in("chenjing")
    async with night.client.get("/events") as answer:
        assert answer.content_type == "text/event-stream"
        assert (await heard(answer, "time"))["speed"] == 0.0
        await land_money(rules).save(night.store)
        assert (await heard(answer, "change"))["numbers"] == [13]


async def test_old_events_are_no_news(night):
    await night.sign_in("chenjing")
    async with night.client.get("/events") as answer:
        await heard(answer, "time")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await heard(answer, "change")


async def test_the_program_time_follows_a_clock_that_jumps(night):
    await night.sign_in("chenjing")
    night.clock.advance_to(at("11:00"))
    async with night.client.get("/events") as answer:
        assert (await heard(answer, "time"))["now"] == int(at("11:00").timestamp() * 1000)


async def test_a_reader_that_cannot_keep_up_is_dropped_alone(night):
    hub = Hub(night_deps(night))
    slow, quick = hub.join(), hub.join()
    for n in range(QUEUE + 1):
        hub.publish(str(n))
        assert quick.get_nowait() == str(n)
    ending = [slow.get_nowait() for _ in range(slow.qsize())]
    assert ending[-1] is None
    await hub.close(None)


def night_deps(site):
    from bot.board import BoardDeps

    async def act(*_: object) -> str:
        return ""

    return BoardDeps(store=site.store, settings=site.rules, clock=site.clock, act=act)


async def test_a_stopping_server_ends_the_streams(night):
    await night.sign_in("chenjing")
    async with night.client.get("/events") as answer:
        await heard(answer, "time")
        async with asyncio.timeout(60):
            await night.client.server.close()
