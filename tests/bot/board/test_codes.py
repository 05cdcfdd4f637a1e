"""Sign-in with account and one-time code: once, ten minutes, one account, no guessing; who gave it is on record, the code is not."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.board import codes
from bot.board.codes import TRIES, issue
from bot.clock import wall
from playbooks.incident import Actor

BY = Actor(id="chenjing", name="陈静")


async def code_for(site, userid):
    return await issue(site.store, site.rules.organisation.officer(userid), BY, site.clock.now())


async def enter(site, account, code):
    async with site.client.post("/login", data={"account": account, "code": code}) as answer:
        return answer.status, await answer.text()


async def test_account_and_code_open_the_board_once(night):
    code = await code_for(night, "chenjing")
    assert re.fullmatch(r"\d{4} \d{4}", code)
    status, text = await enter(night, "ChenJing", code)
    assert status == 200
    assert "大湾村" in text
    night.client.session.cookie_jar.clear()
    status, text = await enter(night, "chenjing", code)
    assert status == 401
    assert "用过" in text
    assert "大湾村" not in text


async def test_a_code_is_for_one_account(night):
    code = await code_for(night, "chenjing")
    assert (await enter(night, "shenruo", code))[0] == 401


@pytest.mark.parametrize("account", ["", "nobody", "liqiang"], ids=["none", "stranger", "without board"])
async def test_who_may_not_enter_learns_no_more_than_that_it_is_wrong(night, account):
    status, text = await enter(night, account, "12345678")
    assert status == 401
    assert codes.WRONG in text


async def test_guessing_closes_the_account_for_a_while_even_to_the_right_code(night, monkeypatch):
    code = await code_for(night, "chenjing")
    wrong = "0" * 8 if not code.startswith("0000") else "1" * 8
    for _ in range(TRIES):
        assert codes.WRONG in (await enter(night, "chenjing", wrong))[1]
    assert codes.SHUT in (await enter(night, "chenjing", code))[1]
    other = await code_for(night, "shenruo")
    assert (await enter(night, "shenruo", other))[0] == 200, "others are not shut out"
    night.client.session.cookie_jar.clear()
    later = wall() + codes.CLOSED_FOR + timedelta(seconds=1)
    monkeypatch.setattr(codes, "wall", lambda: later)
    assert (await enter(night, "chenjing", await code_for(night, "chenjing")))[0] == 200


async def test_an_old_code_is_worth_nothing(night, monkeypatch):
    code = await code_for(night, "chenjing")
    later = wall() + codes.LIFE + timedelta(seconds=1)
    monkeypatch.setattr(codes, "wall", lambda: later)
    assert (await enter(night, "chenjing", code))[0] == 401


async def test_an_administrator_gives_codes_and_it_is_on_record_without_the_code(night):
    admin = night.rules.organisation.administrators[0].userid
    await night.sign_in(admin)
    page = await night.text("/access")
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    async with night.client.post("/access", data={"csrf": csrf, "account": "chenjing"}) as answer:
        shown = await answer.text()
    code = re.search(r"\d{4} \d{4}", shown)[0]
    [given] = [e for e in await night.store.events("system") if e.kind == "login_code"]
    assert (given.actor, given.data["of"]) == (admin, "chenjing")
    assert code.replace(" ", "") not in str(given.data)
    night.client.session.cookie_jar.clear()
    assert (await enter(night, "chenjing", code))[0] == 200


async def test_others_give_none(night):
    await night.sign_in("chenjing")
    if night.rules.organisation.officer("chenjing").board == "admin":
        pytest.fail("the story needs an editor")
    assert "系统管理员" in await night.text("/access", status=403)
    data = {"csrf": await night.csrf(), "account": "shenruo"}
    async with night.client.post("/access", data=data) as answer:
        assert answer.status == 403
    assert [e for e in await night.store.events("system") if e.kind == "login_code"] == []
