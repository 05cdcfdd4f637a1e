"""The control address and the corp file."""

import pytest

from bot.emulator.corp import CorpError, corp_from, load_corp


async def test_the_ledger_is_readable(api, base, session):
    await api.send_text("值班提醒")
    async with session.get(f"{base}/_control/ledger") as response:
        rows = await response.json()
    assert [(row["user"], row["msgtype"], row["repeat"]) for row in rows] == [("zhangsan", "text", False)]
    assert rows[0]["received_at"] == "2025-11-22T02:00:00+00:00"
    assert "值班提醒" in rows[0]["body"]


async def test_the_messages_of_a_phone_are_readable(api, base, session):
    await api.send_text("值班提醒")
    async with session.get(f"{base}/_control/messages/zhangsan") as response:
        assert (await response.json())[0]["content"] == {"content": "值班提醒"}


async def test_the_state_is_readable(base, session):
    async with session.get(f"{base}/_control/state") as response:
        state = await response.json()
    assert state["switches"]["per_minute"] == 30
    assert state["busy"] == 0


async def test_an_officer_is_played_from_outside(api, emulator, base, session, receiver, button_card):
    await api.send_card(button_card)
    body = {"user": "zhangsan", "message": emulator.messages("zhangsan")[0].id, "key": "ack:421"}
    async with session.post(f"{base}/_control/press", json=body) as response:
        assert await response.json() == {"arrived": True}
    async with session.post(f"{base}/_control/type", json={"user": "lisi", "text": "查询"}) as response:
        assert await response.json() == {"arrived": True}
    assert len(receiver.deliveries) == 2


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("press", {"user": "zhangsan", "message": 99, "key": "k"}, 409),
        ("press", {}, 400),
        ("type", {"user": "ghost", "text": "a"}, 409),
        ("callback", {"url": "http://127.0.0.1:9/"}, 400),
    ],
)
async def test_what_cannot_be_done_is_refused(base, session, path, body, status):
    async with session.post(f"{base}/_control/{path}", json=body) as response:
        assert response.status == status


async def test_a_switch_is_set(emulator, base, session):
    async with session.post(f"{base}/_control/switches", json={"rotate_token": True, "retry_pause": 0}) as response:
        assert response.status == 200
    assert emulator.switches.rotate_token is True


RIGHT = {"corpid": "a", "secret": "b", "agentid": 1, "token": "c", "aes_key": "d" * 43}


def test_the_shipped_corp_file_is_right():
    from bot.cli_emulator import SAMPLE

    corp = load_corp(SAMPLE)
    assert corp.members
    assert len(corp.aes_key) == 43


def test_lists_become_members_and_webhooks():
    corp = corp_from(
        RIGHT | {"members": [{"userid": "a", "name": "甲", "tags": [1, 2]}], "webhooks": [{"key": "k", "name": "群"}]}
    )
    assert corp.members[0].tags == (1, 2)
    assert corp.webhooks[0].name == "群"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"colour": 1}, "不认识的键 colour"),
        ({"agentid": "1"}, "agentid 的类型不对"),
        ({"agentid": True}, "agentid 的类型不对"),
        ({"members": [{"userid": "a"}]}, "members[0] 缺少 name"),
        ({"members": [{"userid": "a", "name": "甲", "phon": "1"}]}, "members[0] 不认识的键 phon"),
    ],
)
def test_a_mistake_is_named(change, words):
    with pytest.raises(CorpError) as caught:
        corp_from(RIGHT | change)
    assert words in str(caught.value)


def test_every_mistake_is_named_at_once():
    with pytest.raises(CorpError) as caught:
        corp_from({"members": [{}], "x": 1})
    for words in ("不认识的键 x", "缺少 corpid、secret、agentid、token、aes_key", "members[0] 缺少 userid、name"):
        assert words in str(caught.value)


def test_a_missing_or_broken_file_is_told(tmp_path):
    with pytest.raises(CorpError, match="读不到"):
        load_corp(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("a =", encoding="utf-8")
    with pytest.raises(CorpError, match="读不了：末尾等号后面的值写法不对"):
        load_corp(broken)
