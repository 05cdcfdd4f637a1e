"""A complainant through the whole product: covered on every card and page, seen with a reason only, never by the unit, erasable."""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.app import login_link
from bot.cli_erase import run as erase_command
from bot.configuration import DEMO
from bot.retention import tidy
from bot.store import backup, open_store
from bot.store.kept import Attachment
from bot.store.port import Joined
from bot.store.verify import verify
from monitors.item import ItemKind, items
from monitors.kinds import hotline
from monitors.kinds.fields import FIELDS
from playbooks.privacy import involved
from tests.bot.desk_room import Room, room
from tests.builders import at

SECRETS = ("欧阳丽华", "13812345678", "幸福路88号", "11010119900307123X", "3单元502")
ROWS = (
    ("工单编号", "标题", "诉求内容", "姓名", "联系电话", "身份证号", "家庭住址", "事发地址"),
    (
        "A1",
        "欧阳丽华反映石坪镇大湾村山体滑坡，4人被埋",
        "欧阳丽华（13812345678）来电：大湾村后山滑坡，4人被埋，其住3号楼3单元502室",
        "欧阳丽华",
        "13812345678",
        "11010119900307123X",
        "幸福路88号",
        "鹿溪县石坪镇大湾村",
    ),
)


def orders(room: Room) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(ROWS)
    return out.getvalue().encode()


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Room]:
    """A work order came in, became matter 1, was handed to the natural resources bureau."""
    async with room(tmp_path / "data", at("02:24")) as made:
        document = hotline.read(orders(made), {}, FIELDS, made.clock.now())
        found = items(document, "12345", made.clock.now(), ItemKind.HOTLINE)
        await made.desk.store.add_items(found)
        await made.service.intake.join()
        await made.settle()
        await made.type(made.duty.duty_officer, "交办 1 自然资源局")
        yield made


class Pages:
    """A signed-in browser without scripts."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def sign_in(self, user: str) -> None:
        link = await login_link(self.room.desk, user)
        path = link.partition("/login")[2]
        async with self.session.get(f"{self.room.board}/login{path}") as answer:
            assert answer.status == 200

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(self.room.board + path) as answer:
            return answer.status, await answer.text(errors="replace")

    async def submit(self, form: str, **fields: str) -> tuple[int, str]:
        page = (await self.get("/incident/1"))[1]
        csrf = page.split('name="csrf" value="')[1].split('"')[0]
        data = {"csrf": csrf, "form": form, **fields}
        async with self.session.post(f"{self.room.board}/incident/1/act", data=data) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def pages(night: Room) -> AsyncIterator[Pages]:
    made = Pages(night)
    yield made
    await made.session.close()


def leaks(text: str) -> list[str]:
    return [s for s in SECRETS if s in text]


async def test_no_card_or_reply_of_anybody_names_the_complainant(night: Room) -> None:
    people = {o.userid for o in night.desk.settings.organisation.officers}
    assert any(night.heard(user) for user in ("zhaomin", "yuanbo")), "the unit did get its cards"
    assert {user: leaks("".join(night.heard(user))) for user in people if leaks("".join(night.heard(user)))} == {}
    for word in ("详情 1", "卡在 1", "底稿 1", "查询 滑坡"):
        assert leaks(await night.type("zhaomin", word)) == []


async def test_no_page_or_report_names_the_complainant(night: Room, pages: Pages) -> None:
    await pages.sign_in("zhouwen")
    for path in ("/", "/incident/1", "/leads", "/sources", "/problems", "/incident/1/review.html", "/incident/1/review.md"):
        status, text = await pages.get(path)
        assert (status, leaks(text)) == (200, []), path
    whole = json.dumps([[e.kind, dict(e.data)] for e in await night.desk.store.events("incident:1")], ensure_ascii=False)
    assert leaks(whole) == []


async def test_the_original_needs_a_reason_and_leaves_a_line(night: Room, pages: Pages) -> None:
    duty = night.duty.duty_officer
    await pages.sign_in(duty)
    assert (await pages.get("/incident/1/original"))[0] == 403
    status, text = await pages.submit("unmask", reason="核对现场联系方式")
    assert status == 200
    assert leaks(text) == list(SECRETS), text
    line = (await night.desk.store.events("incident:1"))[-1]
    assert (line.kind, line.actor, line.data["note"]) == ("noted", duty, "unmasked")
    assert "核对现场联系方式" in (await pages.get("/incident/1"))[1], "the time line shows who looked and why"
    night.clock.advance_to(night.clock.now() + timedelta(minutes=11))
    assert (await pages.get("/incident/1/original"))[0] == 403


@pytest.mark.parametrize("reason", ["", "看看"])
async def test_without_a_real_reason_nothing_is_shown(night: Room, pages: Pages, reason: str) -> None:
    await pages.sign_in(night.duty.duty_officer)
    assert (await pages.submit("unmask", reason=reason))[0] == 403
    assert (await night.events())[-1] != "noted"


async def test_by_command_the_reply_is_a_link_and_never_the_text(night: Room) -> None:
    duty = night.duty.duty_officer
    reply = await night.type(duty, "原文 1 核对现场联系方式")
    assert "/incident/1/original" in reply
    assert leaks(reply) == []


@pytest.mark.parametrize("user", ["zhaomin", "yuanbo"], ids=["liaison", "head"])
async def test_the_unit_complained_of_never_sees_the_complainant(night: Room, user: str) -> None:
    reply = await night.type(user, "原文 1 需要联系反映人")
    assert "/original" not in reply
    assert leaks(reply) == []
    assert not any(e.data.get("note") == "unmasked" for e in await night.desk.store.events("incident:1"))


async def test_a_role_does_not_help_whoever_belongs_to_the_unit(night: Room, pages: Pages) -> None:
    office = night.duty.duty_leader
    own = night.desk.settings.organisation
    unit = own.unit(own.officer(office).unit)  # type: ignore[union-attr]
    await night.type("zhaomin", "退回 1 不归我局；三定方案；建议政府办")
    await night.type(night.duty.duty_officer, f"交办 1 {unit.name}")  # type: ignore[union-attr]
    assert "不得提供给被反映单位" in await night.type(office, "原文 1 需要联系反映人")
    await pages.sign_in(office)
    assert (await pages.get("/incident/1/original"))[0] == 403


async def test_erasing_on_the_board_leaves_nothing_and_whole_chains(night: Room, pages: Pages) -> None:
    await pages.sign_in("chenjing")
    assert (await pages.submit("erase", reason="反映人本人申请"))[0] == 200
    store = night.desk.store
    assert [o.fields for o in await store.originals_of(1)] == [()]
    assert (await store.engine.read(verify)).faults == ()  # type: ignore[attr-defined]
    status, text = await pages.submit("unmask", reason="核对现场联系方式")
    assert (status, leaks(text)) == (200, [])
    assert "清除" in text


@pytest.mark.parametrize(
    "line",
    [
        "核实 1 属实 村民欧阳丽华 138 1234 5678",
        "补录 1 02:20 反映人欧阳丽华（13812345678）又来电，家住幸福路88号",
        "续报 1 反映人欧阳丽华13812345678称后山还在垮",
        "移送 1 公安网安 欧阳丽华（女，41岁）身份证11010119900307123X",
        "情况有变 1 市民欧阳丽华称人已找到，电话13812345678",
    ],
)
async def test_what_an_officer_writes_covers_the_complainant_before_it_becomes_the_record(night: Room, line: str) -> None:
    reply = await night.type(night.duty.duty_officer, line)
    assert reply.startswith("1号")
    assert leaks(reply.replace(" ", "")) == []
    whole = json.dumps([dict(e.data) for e in await night.desk.store.events("incident:1")], ensure_ascii=False)
    assert leaks(whole.replace(" ", "")) == []
    for word in ("详情 1", "底稿 1"):
        assert leaks((await night.type("zhaomin", word)).replace(" ", "")) == []


async def test_the_numbers_of_offices_of_our_roster_and_of_the_public_and_addresses_stay(night: Room) -> None:
    duty = night.duty.duty_officer
    phone = night.desk.settings.organisation.officer("zhaomin").phone  # type: ignore[union-attr]
    await night.type(duty, f"核实 1 属实 派出所0451-6221110，联络员{phone}")
    await night.type(duty, "口径 1 咨询电话13812345678")
    await night.type(duty, "补录 1 02:20 见 https://x.example/13812345678/a")
    whole = json.dumps([dict(e.data) for e in await night.desk.store.events("incident:1")], ensure_ascii=False)
    for kept in ("0451-6221110", phone, "咨询电话13812345678", "https://x.example/13812345678/a"):
        assert kept in whole


async def test_a_duty_officer_may_not_erase(night: Room) -> None:
    await night.type(night.duty.duty_officer, "清除原文 1 反映人本人申请")
    assert (await night.desk.store.originals_of(1))[0].fields != ()


async def test_the_command_line_erases_and_says_how_much(
    night: Room, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = {"number": 1, "reason": "本人申请", "config": DEMO, "data": tmp_path / "copy"}
    await backup.backup("", tmp_path / "data", tmp_path / "saved")
    await backup.restore("", tmp_path / "copy", tmp_path / "saved")
    assert await asyncio.to_thread(erase_command, argparse.Namespace(**base, by="nobody")) == 1
    assert await asyncio.to_thread(erase_command, argparse.Namespace(**base, by="zhouwen")) == 1
    assert await asyncio.to_thread(erase_command, argparse.Namespace(**base, by="chenjing")) == 0
    assert "原文1件" in capsys.readouterr().out
    again = await open_store("", tmp_path / "copy")
    assert (await again.originals_of(1))[0].fields == ()
    assert (await again.engine.read(verify)).faults == ()
    await again.close()


async def test_a_term_clears_closed_matters_and_old_ordinary_items(night: Room) -> None:
    assert await tidy(night.desk) == 0
    await night.desk.store.add_items(
        items(
            hotline.read("标题,姓名\n欧阳丽华咨询办事大厅午休时间,欧阳丽华\n".encode(), {}, FIELDS, night.clock.now()),
            "12345",
            night.clock.now(),
            ItemKind.HOTLINE,
        )
    )
    waiting = [r.item.id for r in await night.desk.store.unjoined(9)]
    rows = [Joined(item_id=i, incident=None, at=night.clock.now(), why="history") for i in waiting]
    await night.desk.store.mark_joined(rows)
    night.clock.advance_to(night.clock.now() + timedelta(days=181))
    assert await tidy(night.desk) == 1, "the original of the ordinary order; matter 1 is still open"
    night.clock.advance_to(night.clock.now() + timedelta(days=731))
    assert await tidy(night.desk) == 1, "the ordinary order itself"
    assert (await night.desk.store.originals_of(1))[0].fields != ()
    assert (await night.desk.store.engine.read(verify)).faults == ()  # type: ignore[attr-defined]


async def test_a_file_of_a_complaint_is_not_served_to_a_unit_the_matter_was_handed_to(night: Room, pages: Pages) -> None:
    row = Attachment(id="f1", name="现场.png", kind="image", by=night.duty.duty_officer, at=night.clock.now(), incident=1)
    await night.desk.store.add_attachment(replace(row, media_type="image/png"), b"\x89PNG\r\n\x1a\n" + bytes(99))
    await pages.sign_in("chenjing")
    assert (await pages.get("/incident/1/file/f1"))[0] == 200
    await night.type("zhaomin", "退回 1 不属本局职责；三定方案；县新闻办")
    await night.type(night.duty.duty_leader, "交办 1 县新闻办")
    found = await night.desk.store.incident(1)
    assert found is not None
    assert "xcb" in involved(found)
    status, page = await pages.get("/incident/1/file/f1")
    assert status == 403
    assert "不得提供给承办单位" in page
    await pages.sign_in("jiangke")
    assert (await pages.get("/incident/1/file/f1"))[0] == 200
