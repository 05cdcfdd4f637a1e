"""An officer's pictures and voice: saved at once with their digest, attached, sealed by the chain, whole after a failure."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import evidence
from bot.emulator.switches import Fault
from bot.evidence import fetch_wanted
from bot.wecom.media import TooLarge
from monitors.item import Item, ItemKind
from tests.bot.desk_room import Room, room
from tests.builders import OFFICER, at, event

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 1000
AMR = b"#!AMR\n" + bytes(500)
SHA = hashlib.sha256(JPEG).hexdigest()


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", at("02:24")) as made:
        yield made


async def send(night: Room, user: str, kind: str = "image", body: bytes = JPEG, name: str = "现场.jpg") -> str:
    """The newest text on the phone after a file was sent and fetched."""
    assert await night.emulator.send_file(user, kind, name, body)
    await night.settle()
    await fetch_wanted(night.desk)
    await asyncio.gather(*evidence._running)
    await night.settle()
    texts = [m for m in night.emulator.messages(user) if m.msgtype == "text"]
    return str(texts[-1].content["content"]) if texts else ""


async def test_a_picture_before_the_report_is_attached_to_it(night: Room) -> None:
    duty = night.duty.duty_officer
    assert "校验码" + SHA[:12] in await send(night, duty)
    assert "附上1件" in await night.type(duty, "报 大湾村滑坡 4人被埋")
    (file,) = await night.desk.store.attachments_of(1)
    assert (file.name, file.sha256, file.size, file.media_type) == ("现场.jpg", SHA, len(JPEG), "image/jpeg")
    (note,) = [e for e in await night.desk.store.events("incident:1") if e.data.get("note") == "attachment"]
    assert SHA in str(note.data["text"]), "the chain seals the bytes"


async def test_a_voice_after_the_report_goes_to_the_same_matter(night: Room) -> None:
    duty = night.duty.duty_officer
    await night.type(duty, "报 大湾村滑坡 4人被埋")
    assert "已附到1号" in await send(night, duty, "voice", AMR, "a.amr")
    assert [f.kind for f in await night.desk.store.attachments_of(1)] == ["voice"]


async def test_somebody_elses_picture_is_not_taken_along(night: Room) -> None:
    await send(night, night.duty.duty_leader)
    await night.type(night.duty.duty_officer, "报 大湾村滑坡 4人被埋")
    assert await night.desk.store.attachments_of(1) == []


async def test_a_loose_picture_goes_where_the_command_says(night: Room) -> None:
    await night.landslide()
    duty = night.duty.duty_officer
    assert "附件 编号" in await send(night, duty)
    assert await night.type(duty, "附件 1") == "1号：已附上1件。"
    assert "图片 现场.jpg" in await night.type(duty, "附件 1"), "with nothing new to put there he asks for what is there"


async def handed_to_resources(night: Room) -> None:
    """A matter with a picture, in the hands of the bureau of natural resources."""
    order = event("assigned", night.clock.now(), OFFICER, unit="zrzyj")
    await night.landslide(order)
    await send(night, night.duty.duty_officer)
    await night.type(night.duty.duty_officer, "附件 1")


async def test_the_unit_that_works_on_a_matter_gets_its_files_and_no_other_unit(night: Room) -> None:
    await handed_to_resources(night)
    said = await night.type("zhaomin", "附件 1")
    assert "1号附件正在发给您：图片 现场.jpg" in said
    (sent,) = [m for m in night.emulator.messages("zhaomin") if m.msgtype == "file"]
    kept = night.emulator.ledger_file.row("select body from media where media_id = ?", sent.content["media_id"])
    assert kept is not None
    assert kept["body"] == JPEG
    assert "只给值班人员" in await night.type("suqing", "附件 1")
    assert not [m for m in night.emulator.messages("suqing") if m.msgtype == "file"]
    assert any(e.kind == "refused" for e in await night.desk.store.events("system"))


async def test_files_of_a_citizens_order_stay_from_the_unit_complained_of(night: Room) -> None:
    await handed_to_resources(night)
    order = Item(
        id="h1", source="12345", title="反映滑坡", text="", seen_at=night.clock.now(), kind=ItemKind.HOTLINE, fingerprint="f"
    )
    await night.desk.store.add_item(order)
    await night.desk.store.engine.write(
        lambda tx: tx.run("insert into item_place (n, incident) select n, 1 from item where id = 'h1'")
    )  # type: ignore[attr-defined]
    assert "不得提供给承办单位" in await night.type("zhaomin", "附件 1")
    assert not [m for m in night.emulator.messages("zhaomin") if m.msgtype == "file"]
    assert "正在发给您" in await night.type(night.duty.duty_officer, "附件 1")


async def test_a_matter_without_files_says_so(night: Room) -> None:
    await night.landslide()
    assert "1号没有附件" in await night.type(night.duty.duty_officer, "附件 1")


async def test_what_cannot_be_fetched_is_tried_again_and_told_once(night: Room) -> None:
    duty = night.duty.duty_officer
    night.emulator.switches.faults.append(Fault(kind="http", path="media/get", code=502, times=3))
    assert "暂时取不到" in await send(night, duty)
    for _ in range(3):
        await fetch_wanted(night.desk)
    await night.settle()
    heard = [h for h in night.heard(duty) if "取不到" in h]
    assert len(heard) == 1
    assert any("图片已保存" in h for h in night.heard(duty))


async def test_a_file_wecom_no_longer_has_is_given_up_and_told(night: Room) -> None:
    duty = night.duty.duty_officer
    night.emulator.switches.faults.append(Fault(kind="errcode", path="media/get", code=40007, times=9))
    assert "已取不到，请重发" in await send(night, duty)
    assert await night.desk.store.wanted_attachments() == []


async def test_a_file_that_is_too_large_is_told_and_not_asked_for_again(night: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    async def huge(media_id: str) -> None:
        raise TooLarge

    monkeypatch.setattr(night.desk.wecom, "download", huge)
    assert "图片超过20MB，没有保存，请压缩或分段后重发" in await send(night, night.duty.duty_officer)
    assert await night.desk.store.wanted_attachments() == []


async def test_what_could_not_be_fetched_for_three_days_is_given_up_and_told(night: Room) -> None:
    duty = night.duty.duty_officer
    night.emulator.switches.faults.append(Fault(kind="http", path="media/get", code=502, times=99))
    assert "暂时取不到" in await send(night, duty)
    night.clock.advance_to(night.clock.now() + timedelta(days=3, minutes=1))
    await fetch_wanted(night.desk)
    await night.settle()
    assert "图片已取不到，请重发" in night.heard(duty)[-1]
    assert await night.desk.store.wanted_attachments() == []


async def test_a_file_with_a_secret_mark_in_its_name_is_not_kept(night: Room) -> None:
    duty = night.duty.duty_officer
    assert "文件名带有密级标识" in await send(night, duty, name="机密通报.jpg")
    assert await night.desk.store.loose_attachments(duty, at("00:00")) == []


async def test_a_repeated_delivery_is_one_file_and_one_line(night: Room) -> None:
    duty = night.duty.duty_officer
    await night.type(duty, "报 大湾村滑坡 4人被埋")
    await send(night, duty)
    (row,) = await night.desk.store.attachments_of(1)
    await night.desk.store.add_attachment(row, JPEG)
    await fetch_wanted(night.desk)
    notes = [e for e in await night.desk.store.events("incident:1") if e.data.get("note") == "attachment"]
    assert len(notes) == 1


async def test_a_stranger_saves_nothing(night: Room) -> None:
    from bot.evidence import received

    stranger = night.desk.actor("nobody")
    assert stranger is None
    answer = await received(night.desk, night.desk.actor(night.duty.duty_officer), "location", "", "k")  # type: ignore[arg-type]
    assert "请写成文字" in answer
    assert await night.desk.store.wanted_attachments() == []
