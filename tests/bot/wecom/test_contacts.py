"""Contacts, chats and uploads of the client against the emulator."""

import json
import tomllib
from dataclasses import replace

import pytest

from bot.emulator.corp import Member
from bot.emulator.switches import Fault
from bot.wecom import chats, contacts
from bot.wecom.errors import Kind, SendError
from bot.wecom.uploads import LARGEST, Uploads
from config.schema import Officer

PDF = b"%PDF-1.7 0123456789"


@pytest.fixture
def corp(corp):
    more = (Member(userid="outside", name="王五", visible=False), Member(userid="sleeper", name="钱七", status=4))
    return replace(corp, members=(*corp.members, *more, Member(userid="quote", name='双"引\\号', unit="县水利局", party=9)))


def officer(userid, name):
    return Officer(userid=userid, name=name, unit="yjj")


async def test_a_right_roster_has_no_problem(client):
    assert await contacts.roster_problems(client, [officer("ZhangSan", "张三"), officer("lisi", "李四")]) == ()


async def test_every_wrong_entry_is_named_with_what_to_do(client):
    wrong = [officer("ghost", "无人"), officer("outside", "王五"), officer("sleeper", "钱七"), officer("lisi", "李思")]
    found = await contacts.roster_problems(client, wrong)
    assert len(found) == 4
    for line, words in zip(found, ("查无此人", "可见范围", "还没有激活", "名册写的是李思"), strict=True):
        assert words in line


async def test_a_failure_of_wecom_is_no_finding_about_a_person(client, emulator):
    emulator.switches.faults.append(Fault(kind="errcode", path="user/get", code=48002))
    with pytest.raises(SendError):
        await contacts.roster_problems(client, [officer("lisi", "李四")])


async def test_the_skeleton_is_toml_that_reads_back(client):
    table = tomllib.loads(await contacts.skeleton(client))
    assert {u["name"] for u in table["unit"]} >= {"县水利局"}
    assert {o["userid"]: o["name"] for o in table["officer"]}["quote"] == '双"引\\号'
    assert "outside" not in {o["userid"] for o in table["officer"]}


def request(users=("zhangsan", "lisi"), text="12号事项，请各自办理"):
    return chats.chat_request("yq12", "12号事项协同", users[0], users[1:], text)


async def test_a_chat_is_opened_by_its_first_message_and_used_by_the_next(client, emulator):
    await chats.say(client, request())
    await chats.say(client, request(text="12号事项已超时"))
    assert len(emulator.messages("chat:yq12")) == 2
    assert emulator.ledger_file.row("select count(*) n from chat")["n"] == 1


async def test_who_is_missing_is_brought_in_and_nobody_put_out(client, emulator):
    await chats.say(client, request())
    await chats.say(client, request(users=("zhangsan", "sleeper")))
    row = emulator.ledger_file.row("select members from chat")
    assert json.loads(row["members"]) == ["zhangsan", "lisi", "sleeper"]


async def test_without_the_root_department_there_are_no_chats(client, emulator):
    emulator.office.corp = replace(emulator.office.corp, root_visible=False)
    with pytest.raises(SendError) as caught:
        await chats.say(client, request())
    assert (caught.value.code, caught.value.kind) == (48002, Kind.FATAL)


@pytest.mark.parametrize("bad", [{"users": ("lisi",)}, {"text": "长" * 700}])
def test_a_chat_that_cannot_be_is_refused_at_home(bad):
    with pytest.raises(ValueError, match="群聊"):
        request(**bad)


def media(emulator):
    return emulator.ledger_file.row("select count(*) n from media")["n"]


async def test_a_file_is_uploaded_once_for_many_officers_under_its_chinese_name(client, emulator, clock):
    uploads = Uploads(client, clock)
    for user in ("zhangsan", "lisi"):
        await uploads.send_file(user, "12号事项评估报告.docx", PDF, mark="r12")
    assert media(emulator) == 1
    assert emulator.ledger_file.row("select name from media")["name"] == "12号事项评估报告.docx"
    await uploads.send_file("lisi", "台账.xlsx", PDF)
    assert media(emulator) == 2, "the same content under another name is another file"


async def test_after_three_days_it_is_uploaded_again(client, emulator, clock):
    uploads = Uploads(client, clock)
    await uploads.send_file("lisi", "台账.xlsx", PDF)
    clock.forward(days=2, hours=17)
    await uploads.send_file("lisi", "台账.xlsx", PDF, mark="2")
    assert media(emulator) == 1
    clock.forward(hours=2)
    await uploads.send_file("lisi", "台账.xlsx", PDF, mark="3")
    assert media(emulator) == 2


@pytest.mark.parametrize("code", [40007, 40145])
async def test_an_id_wecom_no_longer_knows_is_replaced_once(client, emulator, clock, code):
    uploads = Uploads(client, clock)
    emulator.switches.faults.append(Fault(kind="errcode", path="message/send", code=code))
    await uploads.send_file("lisi", "台账.xlsx", PDF)
    assert media(emulator) == 2
    emulator.switches.faults.append(Fault(kind="errcode", path="message/send", code=code, times=2))
    with pytest.raises(SendError):
        await uploads.send_file("lisi", "台账.xlsx", PDF)


@pytest.mark.parametrize("content", [b"12345", bytes(LARGEST + 1)])
async def test_a_size_wecom_refuses_is_refused_before_the_upload(client, emulator, clock, content):
    with pytest.raises(SendError) as caught:
        await Uploads(client, clock).media_id("台账.xlsx", content)
    assert "台账.xlsx" in str(caught.value)
    assert emulator.ledger_file.row("select count(*) n from token")["n"] == 0
