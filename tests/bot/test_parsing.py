"""Slow and hostile documents are parsed in a child that is killed at the limit; the rest goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.parsing import INLINE_BYTES, Parsing
from monitors.item import ParsedDocument
from monitors.kinds import parse

NOW = datetime(2026, 3, 3, tzinfo=UTC)
SMALL = "<rss><item><title>甲</title></item></rss>".encode()
SUSPECT = b"<rss><foo><![CDATA[<item >]]></foo></rss>"
QUADRATIC = b"<rss><foo><![CDATA[<item >]]></foo><channel><author>" + b"a" * 60_000 + b"@</author></channel></rss>"


@pytest.fixture
async def parsing() -> AsyncIterator[Parsing]:
    running = Parsing(limit=1.5)
    yield running
    running.close()


async def read(parsing: Parsing, body: bytes) -> ParsedDocument:
    return await parsing.parse("feed", body, {}, "", NOW)


def codes(document: ParsedDocument) -> set[str]:
    return {problem.code for problem in document.problems}


async def test_an_ordinary_document_needs_no_child(parsing: Parsing) -> None:
    assert [entry.title for entry in (await read(parsing, SMALL)).entries] == ["甲"]
    assert parsing.child_id is None


async def test_a_large_document_is_read_in_the_child(parsing: Parsing) -> None:
    body = SMALL.replace(b"</rss>", b"<item><title>x</title></item>" * (INLINE_BYTES // 20) + b"</rss>")
    assert len((await read(parsing, body)).entries) == 2_000
    assert parsing.child_id is not None


async def test_a_suspect_document_gets_the_tolerant_reading(parsing: Parsing) -> None:
    assert parse(SUSPECT, {}, "", NOW).suspect
    document = await read(parsing, SUSPECT)
    assert "tolerant" in codes(document)
    assert not document.suspect


async def test_a_document_that_takes_too_long_is_given_up_and_the_loop_stays_free(parsing: Parsing) -> None:
    await read(parsing, SUSPECT)
    first = parsing.child_id
    turns: list[int] = []
    turning = asyncio.create_task(count(turns))
    document = await read(parsing, QUADRATIC)
    turning.cancel()
    assert len(turns) > 10, "the loop was held"
    assert "parse_timeout" in codes(document)
    assert parsing.child_id is None
    assert "tolerant" in codes(await read(parsing, SUSPECT))
    assert parsing.child_id not in (None, first)


async def count(turns: list[int]) -> None:
    """One entry each time the loop gets round to it; a held loop gets round to nothing."""
    while True:
        turns.append(1)
        await asyncio.sleep(0.01)


async def test_an_unknown_kind_is_an_error(parsing: Parsing) -> None:
    with pytest.raises(KeyError):
        await parsing.parse("nonsense", SMALL, {}, "", NOW)
