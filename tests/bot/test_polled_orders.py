"""Exports of a hotline that are asked for by address: what is left out of a workbook is told, another page is no export."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.clock import VirtualClock
from config.schema import Source
from tests.bot.sources_server import Sources, ask, poller_of, problems, source, sources_server
from tests.builders import at
from tests.monitors.test_hotline import FIRST, HEAD, SECOND, workbook_of


@pytest.fixture
async def server() -> AsyncIterator[Sources]:
    async with sources_server() as made:
        yield made


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(at("09:00"))


def orders(server: Sources, body: bytes) -> Source:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type="application/octet-stream")

    server.answers["/12345.xlsx"] = answer
    return source(server, "12345", "/12345.xlsx", kind="hotline")


async def test_a_sheet_that_was_not_read_is_told(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    export = orders(server, workbook_of(一月=[HEAD, FIRST], 二月=[HEAD, SECOND]))
    async with poller_of(tmp_path, clock, export) as poller:
        await ask(poller, clock)
        assert poller.states["12345"].items_total == 1
        assert "没有读：二月" in (await problems(poller.desk))["source_format"]


async def test_a_page_instead_of_the_export_is_a_failure(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    page = "<html><table><tr><td>用户名</td><td><input></td></tr></table></html>".encode()
    async with poller_of(tmp_path, clock, orders(server, page)) as poller:
        for _ in range(3):
            await ask(poller, clock)
        assert "内容读不出" in (await problems(poller.desk))["source"]


async def test_a_table_saved_as_a_page_is_an_export(server: Sources, clock: VirtualClock, tmp_path: Path) -> None:
    page = "<table><tr><td>编号<td>标题</tr><tr><td>1<td>反映停水</tr></table>".encode("gbk")
    async with poller_of(tmp_path, clock, orders(server, page)) as poller:
        await ask(poller, clock)
        assert poller.states["12345"].items_total == 1
        assert await problems(poller.desk) == {}
