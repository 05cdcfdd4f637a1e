"""What happens to an alert WeCom does not take: the ways tried, their order, what is told, and that nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.channels.files import send_file
from bot.channels.setup import keep_link, set_up
from bot.emulator.corp import SmartBot, Webhook
from bot.emulator.switches import Fault
from bot.wecom.errors import Kind, OutcomeUnknown, SendError
from bot.wecom.streams import AT_ONCE
from bot.wecom.uploads import Uploads
from config.schema import Level, Settings
from tests.bot.desk_room import Room, room
from tests.bot.rig import Rig, rig
from tests.builders import at, graded, settings

NOW = at("02:24")
PLACE = "大湾村"


class Way:
    """A sender that notes what it was asked and answers as told."""

    def __init__(self) -> None:
        self.sent: list[dict[str, object]] = []
        self.error: SendError | OutcomeUnknown | None = None

    async def send(self, body: bytes) -> None:
        if self.error is not None:
            raise self.error
        self.sent.append(json.loads(body))


class Ways:
    def __init__(self) -> None:
        self.mail, self.gateway, self.link = Way(), Way(), Way()


def rules() -> Settings:
    """Everybody has a mailbox, the first administrator among them."""
    made = settings()
    officers = tuple(replace(o, email=f"{o.userid.lower()}@example.invalid") for o in made.organisation.officers)
    return replace(made, organisation=replace(made.organisation, officers=officers))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path / "data", NOW, rules=rules()) as made:
        made.desk.board_url = "http://127.0.0.1:1"
        wecom = replace(made.desk.settings.wecom, token="testtoken", aes_key="k" * 43)  # there is a callback address
        made.desk.settings = replace(made.desk.settings, wecom=wecom)
        yield made


@pytest.fixture
def ways(desk: Rig) -> Ways:
    made = Ways()
    desk.desk.mail, desk.desk.gateway, desk.desk.link = made.mail, made.gateway, made.link
    return made


REFUSED = SendError(846606, Kind.HANDLE, "没有和机器人说过话")


async def test_refused_by_wecom_an_alert_takes_the_first_way_set_up(desk: Rig, ways: Ways) -> None:
    desk.fault("errcode", times=1, code=60111)
    await desk.open()
    await desk.pump()
    assert len(ways.link.sent) == 1
    assert (ways.mail.sent, ways.gateway.sent) == ([], [])


async def test_a_way_that_refuses_gives_way_to_the_next_and_all_tries_are_on_record(desk: Rig, ways: Ways) -> None:
    ways.link.error = REFUSED
    ways.mail.error = SendError(550, Kind.DATA, "邮件服务器拒收")
    desk.fault("errcode", times=1, code=60111)
    await desk.open()
    await desk.pump()
    assert len(ways.gateway.sent) == 1
    rows = {m.kind: m for m in await desk.messages() if m.kind in ("bot", "mail", "voice")}
    assert {k: m.state for k, m in rows.items()} == {"bot": "failed", "mail": "failed", "voice": "sent"}
    assert len({m.id.rpartition("-")[2] for m in rows.values()}) == 1, "one digest ties the tries of one alert together"
    assert "机器人" in rows["bot"].error
    assert "邮件服务器" in rows["mail"].error
    assert {("channel", "bot"), ("channel", "mail")} <= await desk.problems()


async def test_the_group_is_asked_to_pass_it_on(desk: Rig, ways: Ways) -> None:
    desk.emulator.office.corp = replace(desk.emulator.office.corp, webhooks=(Webhook(key="hook-1", name="值班群"),))
    desk.desk.settings = replace(desk.desk.settings, wecom=replace(desk.desk.settings.wecom, webhook="hook-1"))
    desk.fault("errcode", times=1, code=60111)
    await desk.open()
    await desk.pump()
    [said] = desk.texts("group:hook-1")
    assert "有提醒未能送达" in said
    assert "mentioned_list" in desk.shown("group:hook-1")[0].body
    assert PLACE not in said


async def test_words_on_other_ways_name_no_place(desk: Rig, ways: Ways) -> None:
    desk.down()
    await desk.open(graded(Level.MAJOR, NOW))
    await desk.until(NOW + timedelta(minutes=5))
    said = json.dumps([*ways.link.sent, *ways.mail.sent, *ways.gateway.sent], ensure_ascii=False)
    assert "1号" in said
    assert PLACE not in said
    assert "滑坡" not in said


async def test_while_wecom_is_down_what_is_grave_takes_every_way_at_once_and_each_once(desk: Rig, ways: Ways) -> None:
    desk.down()
    await desk.open(graded(Level.MAJOR, NOW))
    await desk.until(NOW + timedelta(minutes=2))
    on = desk.desk.duty()
    for way, key in ((ways.link, "chatid"), (ways.mail, "name")):
        people = [str(b[key]) for b in way.sent]
        wanted = on.duty_officer.lower() if key == "chatid" else desk.desk.settings.organisation.officer(on.duty_officer).name  # type: ignore[union-attr]
        assert wanted in people
    ids = [str(b["id"]) for b in ways.mail.sent]
    assert len(ids) == len(set(ids))
    assert desk.shown() == []
    desk.up()
    await desk.until(NOW + timedelta(minutes=5))
    assert {r.user for r in desk.shown()} >= {on.duty_officer.lower()}, "the app message itself is still sent"


async def test_what_is_not_grave_waits_ten_minutes_first(desk: Rig, ways: Ways) -> None:
    desk.down()
    await desk.open()
    await desk.until(NOW + timedelta(minutes=9))
    assert [b for b in ways.mail.sent if "故障" not in str(b["subject"])] == []
    assert ways.link.sent == []
    await desk.until(NOW + timedelta(minutes=13))
    assert ways.link.sent


async def test_the_breaker_knocks_seldom_tells_the_administrator_and_recovers_within_a_minute(desk: Rig, ways: Ways) -> None:
    desk.down()
    for n in range(12):
        await desk.open(title=f"{n}号沟滑坡")
    before = _asked(desk)
    await desk.until(NOW + timedelta(minutes=10))
    knocks = before - _asked(desk)
    assert ("wecom", "breaker") in await desk.problems()
    assert [b for b in ways.mail.sent if "故障" in str(b["subject"])]
    assert knocks <= 30, f"{knocks} requests to a server that is down"
    desk.up()
    await desk.until(NOW + timedelta(minutes=11, seconds=1))
    assert ("wecom", "breaker") not in await desk.problems()
    assert desk.shown()
    await desk.until(NOW + timedelta(minutes=15))
    told = " ".join(r.body for r in desk.shown())
    assert all(f'"{n}号 ' in told for n in range(1, 13)), "nothing lost"
    tasks = [r.task_id for r in desk.shown() if r.task_id]
    assert len(tasks) == len(set(tasks))


def _asked(desk: Rig) -> int:
    return desk.emulator.switches.faults[0].times


async def test_without_other_ways_an_outage_is_as_before(desk: Rig) -> None:
    desk.down()
    await desk.open(graded(Level.MAJOR, NOW))
    await desk.until(NOW + timedelta(minutes=30))
    assert {m.kind for m in await desk.messages()} & {"mail", "bot", "voice"} == set()
    desk.up()
    await desk.until(NOW + timedelta(minutes=32))
    assert desk.shown()


async def test_the_incident_chat_holds_those_on_duty_and_says_little(desk: Rig) -> None:
    wecom = replace(desk.desk.settings.wecom, incident_chat=True)
    desk.desk.settings = replace(desk.desk.settings, wecom=wecom)
    await desk.open()
    await desk.pump()
    assert desk.emulator.ledger_file.rows("select * from chat") == [], "not for what is not grave"
    await desk.open(graded(Level.MAJOR, NOW), title="青山乡滑坡")
    await desk.pump()
    [chat] = desk.emulator.ledger_file.rows("select * from chat")
    on = desk.desk.duty()
    assert chat["name"] == "2号事项协同"
    assert {on.duty_officer.lower(), on.duty_leader.lower()} <= set(json.loads(chat["members"]))
    [said] = desk.texts(f"chat:{chat['chatid']}")
    assert "2号事项" in said
    assert "青山" not in said


async def test_a_chat_that_is_not_allowed_holds_up_nobody(desk: Rig) -> None:
    wecom = replace(desk.desk.settings.wecom, incident_chat=True)
    desk.desk.settings = replace(desk.desk.settings, wecom=wecom)
    desk.emulator.office.corp = replace(desk.emulator.office.corp, root_visible=False)
    await desk.open(graded(Level.MAJOR, NOW))
    await desk.pump()
    assert desk.shown()
    assert ("channel", "chat") in await desk.problems()


@pytest.mark.parametrize(("minutes", "arrives"), [(5, True), (12, False)])
async def test_a_group_is_told_late_rather_than_never_but_not_when_it_is_old(desk: Rig, minutes: int, arrives: bool) -> None:
    desk.emulator.office.corp = replace(desk.emulator.office.corp, webhooks=(Webhook(key="hook-1", name="值班群"),))
    desk.desk.settings = replace(desk.desk.settings, wecom=replace(desk.desk.settings.wecom, webhook="hook-1"))
    desk.fault("errcode", times=1_000_000, path="webhook/send", code=-1)
    await desk.open(graded(Level.MAJOR, NOW))
    await desk.until(NOW + timedelta(minutes=minutes))
    desk.up()
    await desk.until(NOW + timedelta(minutes=minutes + 1))
    first = [m for m in await desk.messages() if m.id.startswith("group-first")]
    assert [m.state for m in first] == ["sent" if arrives else "failed"]


REPORT = b"PK\x03\x04 report"


async def test_a_file_is_queued_and_sent_once_under_its_chinese_name(desk: Rig) -> None:
    assert desk.desk.wecom is not None
    desk.desk.uploads = Uploads(desk.desk.wecom, desk.clock.now)
    for _ in range(2):
        await send_file(desk.desk, "PengHai", "12号事项评估报告.docx", REPORT, "key-1")
    await desk.pump()
    [row] = desk.shown("penghai")
    assert row.msgtype == "file"
    [media] = desk.emulator.ledger_file.rows("select name from media")
    assert media["name"] == "12号事项评估报告.docx"


async def test_a_file_that_cannot_be_uploaded_is_said_and_nothing_queued(desk: Rig) -> None:
    with pytest.raises(SendError, match="总览下载"):
        await send_file(desk.desk, "penghai", "台账.xlsx", REPORT, "key-1")
    assert desk.desk.wecom is not None
    desk.desk.uploads = Uploads(desk.desk.wecom, desk.clock.now)
    desk.emulator.switches.faults.append(Fault(kind="errcode", path="media/upload", code=-1))
    with pytest.raises(SendError):
        await send_file(desk.desk, "penghai", "台账.xlsx", REPORT, "key-1")
    assert await desk.desk.store.pending_messages() == 0


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", NOW) as made:
        yield made


async def test_an_officer_works_a_matter_over_the_smart_bot_alone(office: Room) -> None:
    """No public address: typed lines and presses come over the long connection, answers go back there."""
    emulator, desk = office.emulator, office.desk
    emulator.office.corp = replace(emulator.office.corp, bots=(SmartBot(id="bot-1", secret="s" * 16),))
    url = desk.settings.wecom.base_url.replace("http", "ws") + "/openws"
    desk.settings = replace(desk.settings, wecom=replace(desk.settings.wecom, bot_url=url, bot_id="bot-1", bot_secret="s" * 16))
    assert desk.wecom is not None
    link = set_up(desk, desk.wecom._session)
    assert link is not None
    keeping = asyncio.create_task(keep_link(desk, link))
    await asyncio.wait_for(link.live.wait(), 60)
    await office.landslide()
    officer = office.duty.duty_officer.lower()
    assert await emulator.bots.say(officer, "详情 1")
    said = await _answer(office, officer, 1)
    assert PLACE in said[-1]
    assert await emulator.bots.say(officer, "收到 1")
    said = await _answer(office, officer, 2)
    assert "acknowledged" in await office.events()
    assert [m for m in emulator.messages(officer) if m.msgtype == "text"] == [], "the answers are not said twice"
    emulator.switches.faults.append(Fault(kind="errcode", path="media/upload", code=48002))
    assert await emulator.bots.say(officer, "报告 1")
    said = await _answer(office, officer, 4)
    assert [m.content["name"] for m in emulator.messages(f"bot:{officer}") if m.msgtype == "file"] == ["1号事项评估报告.docx"]
    assert any("正在发给您" in text for text in said), "the app did not take the file, the bot did"
    await emulator.bots.enter(officer)
    said = await _answer(office, officer, 5)
    assert "在办1件" in said[-1]
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def _answer(office: Room, officer: str, count: int) -> list[str]:
    for _ in range(6000):
        await office.settle()
        said = [text for text in office.heard(f"bot:{officer}") if AT_ONCE not in text]
        if len(said) >= count:
            return said
        await asyncio.sleep(0.01)
    raise AssertionError("no answer over the smart bot")


async def test_without_a_callback_address_cards_go_over_the_bot_and_their_buttons_work(office: Room) -> None:
    emulator, desk = office.emulator, office.desk
    emulator.office.corp = replace(emulator.office.corp, bots=(SmartBot(id="bot-1", secret="s" * 16),))
    emulator.office.callback_url = ""
    url = desk.settings.wecom.base_url.replace("http", "ws") + "/openws"
    wired = replace(desk.settings.wecom, bot_url=url, bot_id="bot-1", bot_secret="s" * 16, token="", aes_key="")
    desk.settings = replace(desk.settings, wecom=wired)
    assert desk.wecom is not None
    link = set_up(desk, desk.wecom._session)
    assert link is not None
    keeping = asyncio.create_task(keep_link(desk, link))
    await asyncio.wait_for(link.live.wait(), 60)
    officer, leader = office.duty.duty_officer.lower(), office.duty.duty_leader.lower()
    await emulator.bots.say(officer, "你好")
    await _answer(office, officer, 1)
    await office.landslide(graded(Level.MAJOR, NOW))
    await _answer(office, officer, 2)
    card = next(m for m in emulator.messages(f"bot:{officer}") if m.msgtype == "template_card")
    key = next(b["key"] for b in card.content["button_list"] if b["text"] == "收到")
    assert await emulator.bots.press(officer, card.id, key)
    for _ in range(6000):
        await office.settle()
        if "acknowledged" in await office.events():
            break
        await asyncio.sleep(0.01)
    assert "acknowledged" in await office.events()
    for _ in range(6000):
        after = next(m for m in emulator.messages(f"bot:{officer}") if m.id == card.id)
        if after.content != card.content:
            break
        await office.settle()
        await asyncio.sleep(0.01)
    assert (
        after.content["main_title"] != card.content["main_title"] or after.content["button_list"] != card.content["button_list"]
    )
    plain = [m for m in emulator.messages(leader) if m.msgtype == "text"]
    assert plain, "who never spoke to the bot gets the words as a plain message"
    assert "对值班机器人说一句话" in plain[0].content["content"]
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_encrypted_ids_of_the_bot_become_officers_and_pushes_find_them(office: Room) -> None:
    emulator, desk = office.emulator, office.desk
    emulator.office.corp = replace(emulator.office.corp, bots=(SmartBot(id="bot-1", secret="s" * 16),))
    emulator.switches.bot_userid = "encrypted"
    url = desk.settings.wecom.base_url.replace("http", "ws") + "/openws"
    desk.settings = replace(desk.settings, wecom=replace(desk.settings.wecom, bot_url=url, bot_id="bot-1", bot_secret="s" * 16))
    assert desk.wecom is not None
    link = set_up(desk, desk.wecom._session)
    assert link is not None
    keeping = asyncio.create_task(keep_link(desk, link))
    await asyncio.wait_for(link.live.wait(), 60)
    await office.landslide()
    officer = office.duty.duty_officer.lower()
    hidden = emulator.office.open_userid(officer).lower()
    assert await emulator.bots.say(officer, "详情 1")
    assert PLACE in (await _answer(office, hidden, 1))[-1]
    await link.send(
        json.dumps({"chatid": officer, "chat_type": 1, "msgtype": "markdown", "markdown": {"content": "请看"}}).encode()
    )
    assert len(office.heard(f"bot:{hidden}")) == 2
    assert await emulator.bots.say("stranger", "详情 1")
    assert "不在本单位名册" in (await _answer(office, emulator.office.open_userid("stranger").lower(), 1))[-1]
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
