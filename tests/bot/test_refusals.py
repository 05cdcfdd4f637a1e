"""A refusal is answered with whom to ask and stands on the record with name, time and reason."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.orders import board_act
from bot.store.chain import SYSTEM
from bot.store.port import StoredEvent
from tests.bot.desk_room import Room, room
from tests.builders import at


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", at("02:24")) as made:
        yield made


async def refusals(office: Room) -> list[StoredEvent]:
    return [e for e in await office.desk.store.events(SYSTEM) if e.kind == "refused"]


async def test_who_may_do_it_is_named_with_a_telephone(office: Room) -> None:
    await office.landslide()
    answer = await office.type(office.duty.duty_officer, "办结 1")
    leader = office.desk.settings.organisation.officer(office.duty.duty_leader)
    assert leader is not None
    assert f"请联系带班领导{leader.name} {leader.phone}" in answer


async def test_a_refused_step_stands_on_the_record_and_changes_nothing(office: Room) -> None:
    await office.landslide()
    before = await office.events()
    await office.type("liqiang", "办结 1")
    [one] = await refusals(office)
    assert (one.actor, one.actor_name, one.at) == ("liqiang", "李强", office.clock.now())
    assert {k: one.data[k] for k in ("number", "action", "reason")} == {"number": 1, "action": "close", "reason": "wrong_role"}
    assert await office.events() == before


@pytest.mark.parametrize(
    ("user", "line", "reason"),
    [
        ("chenjing", "办结 1", "clock_running"),
        ("chenjing", "办结 77", "no_such_number"),
        ("liqiang", "签收 1", "no_order"),
        ("liqiang", "定级 1", "bad_words"),
        ("liqiang", "机密★1年 转发", "secrecy_mark"),
    ],
)
async def test_every_kind_of_refusal_has_its_reason(office: Room, user: str, line: str, reason: str) -> None:
    await office.landslide()
    await office.type(user, line)
    assert [e.data["reason"] for e in await refusals(office)] == [reason]


@pytest.mark.parametrize(
    ("line", "action"), [("交接", "handover"), ("演练 开始 断桥", "drill"), ("报告 1", "review"), ("台账", "ledger")]
)
async def test_what_is_no_step_of_a_matter_is_refused_on_the_record_too(office: Room, line: str, action: str) -> None:
    await office.landslide()
    await office.type("liqiang", line)
    assert [(e.data["action"], e.data["reason"], e.actor) for e in await refusals(office)] == [
        (action, "wrong_role", "liqiang")
    ]


async def test_what_the_person_typed_is_not_kept(office: Room) -> None:
    await office.landslide()
    await office.type("liqiang", "交办 1 某某家的私事")
    assert "私事" not in json.dumps([dict(e.data) for e in await refusals(office)], ensure_ascii=False)
    assert len(await refusals(office)) == 1


async def test_a_refusal_at_the_board_is_recorded_too(office: Room) -> None:
    await office.landslide()
    await board_act(office.desk, "liqiang", "办结", 1, {"text": ""})
    assert [e.data["action"] for e in await refusals(office)] == ["close"]
