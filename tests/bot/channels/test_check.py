"""The doctor's look at the channels, and the roster draft, against the emulator."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.channels.addresses import refresh
from bot.channels.check import ERROR, OK, WARNING, roster, ways
from bot.cli_contacts import _read
from bot.demo.driver import AGENT, CORPID, SECRET, corp_of
from bot.emulator.server import Emulator, serving
from bot.emulator.switches import Fault
from config.schema import MailSettings, Settings
from tests.bot.desk_room import room
from tests.builders import at, settings


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[Emulator, Settings]]:
    rules = settings()
    made = Emulator(corp_of(rules), None, lambda: datetime(2025, 11, 22, tzinfo=UTC))
    async with serving(made, 0) as base:
        yield made, replace(rules, wecom=replace(rules.wecom, base_url=base, corpid=CORPID, secret=SECRET, agentid=AGENT))


async def test_a_roster_as_wecom_knows_it(emulator: tuple[Emulator, Settings]) -> None:
    [(level, what, detail)] = await roster(emulator[1])
    assert (level, what) == (OK, "名册")
    assert f"{len(emulator[1].organisation.officers)}人" in detail


async def test_who_is_unknown_is_an_error_with_the_name(emulator: tuple[Emulator, Settings]) -> None:
    org = emulator[1].organisation
    stranger = replace(org.officers[0], userid="nobody", name="查无")
    wrong = replace(emulator[1], organisation=replace(org, officers=(*org.officers, stranger)))
    [(level, _, detail)] = await roster(wrong)
    assert level == ERROR
    assert "查无（nobody）" in detail


async def test_contacts_that_may_not_be_read_are_a_warning(emulator: tuple[Emulator, Settings]) -> None:
    emulator[0].switches.faults.append(Fault(kind="errcode", path="user/get", code=48002))
    assert (await roster(emulator[1]))[0][0] == WARNING


async def test_without_wecom_there_is_nothing_to_compare() -> None:
    assert await roster(settings()) == []


async def test_no_other_way_at_all_is_a_warning() -> None:
    assert [f[0] for f in await ways(settings())] == [WARNING]


async def test_a_mail_server_that_is_not_there_is_an_error() -> None:
    mail = MailSettings(host="127.0.0.1", port=9, security="none", sender="a@example.invalid")
    found = await ways(replace(settings(), mail=mail))
    assert found[0][:2] == (ERROR, "邮件")
    assert found[-1] == (OK, "备用通道", "已配置邮件。")


async def test_the_draft_holds_everyone_in_the_visible_range(emulator: tuple[Emulator, Settings]) -> None:
    table = tomllib.loads(await _read(emulator[1]))
    assert {o["userid"] for o in table["officer"]} == {o.userid.lower() for o in emulator[1].organisation.officers}


async def test_a_change_of_the_callback_addresses_is_told_until_it_is_old(tmp_path: Path) -> None:
    async with room(tmp_path / "data", at("08:00")) as office:
        switches, desk = office.emulator.switches, office.desk

        async def told() -> list[str]:
            await refresh(desk)
            return [p.detail for p in await desk.store.problems() if p.subject == "callback_addresses"]

        assert await told() == []
        switches.callback_ips = "127.0.0.1 192.0.2.0/24"
        [text] = await told()
        assert "新增192.0.2.0/24" in text
        assert "取消" not in text
        assert await told() == []
        switches.callback_ips = "192.0.2.0/24"
        assert "取消127.0.0.1" in (await told())[0]
