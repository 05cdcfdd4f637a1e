"""Group chats of the app, from documents 90244, 90245, 98913, 90248."""

import json
from dataclasses import replace

import pytest

PATH = "appchat/"


@pytest.fixture
async def chatid(api):
    made = await api.post(
        PATH + "create", {"name": "12号协同", "owner": "lisi", "userlist": ["ZhangSan", "lisi"], "chatid": "yq12"}
    )
    assert made["errcode"] == 0
    return made["chatid"]


async def said(api, chatid, msgtype="text", **more):
    body = {"chatid": chatid, "msgtype": msgtype, msgtype: more.pop("content", {"content": "请核实"}), **more}
    return await api.post(PATH + "send", body)


async def read(api, chatid):
    return await api.get(PATH + "get", access_token=api.token, chatid=chatid)


async def test_a_chat_is_opened_read_and_written_to(api, emulator, chatid):
    info = (await read(api, chatid))["chat_info"]
    assert info == {"chatid": "yq12", "name": "12号协同", "owner": "lisi", "userlist": ["zhangsan", "lisi"]}
    answer = await said(api, chatid)
    assert answer == {"errcode": 0, "errmsg": "ok"}, "a send to a chat has no msgid"
    assert [m.content["content"] for m in emulator.messages("chat:yq12")] == ["请核实"]


async def test_without_owner_and_id_both_are_given(api):
    made = await api.post(PATH + "create", {"name": "", "userlist": ["zhangsan", "lisi"]})
    info = (await read(api, made["chatid"]))["chat_info"]
    assert info["owner"] in info["userlist"]
    assert made["chatid"].isalnum()
    assert len(made["chatid"]) <= 32


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chatid": "a-b"}, 86001),
        ({"chatid": "a" * 33}, 86001),
        ({"name": "长" * 51}, 86003),
        ({"owner": "outside"}, 86004),
        ({"userlist": ["lisi"]}, 86005),
        ({"userlist": ["lisi", "ghost"]}, 86216),
        ({"userlist": "lisi"}, 40063),
        ({"userlist": [1, 2]}, 40063),
        ({"chatid": "yq12"}, 86215),
    ],
)
async def test_what_cannot_be_opened(api, chatid, change, code):
    body = {"name": "群", "userlist": ["zhangsan", "lisi"], "chatid": "other"}
    assert (await api.post(PATH + "create", body | change))["errcode"] == code


async def test_a_small_visible_range_has_no_chats(api, emulator):
    emulator.office.corp = replace(emulator.office.corp, root_visible=False)
    for path, body in (("create", {"userlist": ["zhangsan", "lisi"]}), ("update", {"chatid": "x"}), ("send", {"chatid": "x"})):
        assert (await api.post(PATH + path, body))["errcode"] == 48002
    assert (await read(api, "x"))["errcode"] == 48002


async def test_members_come_and_go_and_the_owner_passes_on(api, chatid):
    changed = await api.post(
        PATH + "update", {"chatid": chatid, "name": "13号", "add_user_list": ["outside"], "del_user_list": ["lisi"]}
    )
    assert changed["errcode"] == 0
    info = (await read(api, chatid))["chat_info"]
    assert (info["name"], info["userlist"], info["owner"]) == ("13号", ["zhangsan", "outside"], "zhangsan")
    assert (await api.post(PATH + "update", {"chatid": chatid, "del_user_list": ["outside"]}))["errcode"] == 86005


async def test_an_unknown_chat_and_another_apps(api, emulator, chatid):
    assert (await read(api, "nothing"))["errcode"] == 40050
    emulator.office.ledger.write("update chat set agentid=7")
    assert (await said(api, chatid))["errcode"] == 86008


async def test_cards_do_not_exist_in_chats(api, chatid, button_card):
    assert (await said(api, chatid, "template_card", content=button_card))["errcode"] == 40008


async def test_text_is_cut_and_textcards_count_bytes(api, emulator, chatid):
    await said(api, chatid, content={"content": "舆" * 1000})
    card = {"title": "题" * 100, "description": "述" * 400, "url": "https://board.example.gov.cn/e/12"}
    assert (await said(api, chatid, "textcard", content=card))["errcode"] == 0
    text, shown = (m.content for m in emulator.messages("chat:yq12"))
    assert len(text["content"].encode()) == 2046
    assert len(shown["title"].encode()) == 126
    assert len(shown["description"].encode()) == 510


async def test_markdown_over_2048_bytes_and_a_lost_file_are_refused(api, chatid):
    assert (await said(api, chatid, "markdown", content={"content": "舆" * 683}))["errcode"] == 45002
    assert (await said(api, chatid, "file", content={"media_id": "gone"}))["errcode"] == 40007


async def test_the_201st_message_a_minute_is_dropped_without_a_word(api, emulator, chatid, clock):
    sql = "insert into request(received_at,msgtype,body,digest,msgid,answer,content,can_call,target) values(?,?,?,?,?,?,?,?,?)"
    seq = emulator.ledger_file.write(
        sql, emulator.office.now(), "text", "{}", "", "", "{}", json.dumps({"content": "x"}), 0, "[]"
    )
    for _ in range(200):
        row = "insert into delivery(seq,received_at,user,state,content) values(?,?,'chat:yq12','shown','{}')"
        emulator.ledger_file.write(row, seq, emulator.office.now())
    assert (await said(api, chatid))["errcode"] == 0
    assert len(emulator.messages("chat:yq12")) == 200
    clock.forward(seconds=61)
    await said(api, chatid)
    assert len(emulator.messages("chat:yq12")) == 201


@pytest.mark.parametrize(
    ("table", "call"),
    [
        ("insert into chat values(?,1,'','','[]',?)", ("create", {"userlist": ["zhangsan", "lisi"]})),
        ("insert into chat_change select ? where ? > 0", ("update", {"chatid": "yq12", "name": "x"})),
    ],
)
async def test_chats_a_day_and_changes_an_hour_are_limited_openly(api, emulator, chatid, table, call):
    for n in range(1000):
        now = emulator.office.now()
        emulator.ledger_file.write(table, *((f"c{n}", now) if "chat values" in table else (now, 1)))
    assert (await api.post(PATH + call[0], call[1]))["errcode"] == 45009


async def test_a_chat_is_on_the_phone_page_and_read_only(api, base, session, chatid):
    await said(api, chatid)
    async with session.get(f"{base}/?user=chat:yq12") as response:
        page = await response.text()
    assert "12号协同" in page
    assert "张三、李四" in page
    assert "请核实" in page
    assert 'name="words"' not in page
