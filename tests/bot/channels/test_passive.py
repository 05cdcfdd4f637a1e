"""Passive replies end to end: off by default, each mode under honour and ignore, and the true state always follows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import clock as system
from bot.app import trusted_wall
from bot.clock import VirtualClock
from bot.steady import SteadyClock
from bot.wecom.crypto import CallbackMessage
from bot.wecom.passive import reply
from tests.bot.desk_room import Room, room
from tests.builders import at, settings

NOW = at("02:24")

Office = Callable[[str], Awaitable[Room]]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:

        async def made(mode: str) -> Room:
            rules = settings()
            rules = replace(rules, wecom=replace(rules.wecom, passive_card_reply=mode))
            return await stack.enter_async_context(room(tmp_path / "data", NOW, rules))

        yield made


@pytest.mark.parametrize("honour", ["honour", "ignore"])
@pytest.mark.parametrize("mode", ["none", "update_button", "update_template_card"])
async def test_a_press_ends_in_the_present_state_under_every_setting(office: Office, mode: str, honour: str) -> None:
    here = await office(mode)
    here.emulator.switches.passive = honour
    await here.landslide()
    officer = here.duty.duty_officer.lower()
    card = here.card(officer, "收到")
    assert await here.emulator.press(officer, card.id, here.keys(card)["收到"])
    between = next(m for m in here.emulator.messages(officer) if m.id == card.id)
    seen = mode != "none" and honour == "honour"
    assert between.grey == ("已收到" if seen else "")
    assert between.content.get("main_title") == card.content["main_title"], "what the card says stays until the state is known"
    assert here.emulator.courier.passive.refused == []
    await here.settle()
    after = next(m for m in here.emulator.messages(officer) if m.id == card.id)
    assert after.grey == ""
    assert after.content != card.content
    assert "acknowledged" in await here.events()


def press(card_type: str = "button_interaction", kind: str = "card") -> CallbackMessage:
    return CallbackMessage(
        kind=kind,
        user="zhangsan",
        card_type=card_type,
        task_id="t1",
        selected={},
        created_at=NOW,
        agent_id=1,
        dedupe_key="e:1",
    )


CARD = {
    "card_type": "button_interaction",
    "main_title": {"title": "停水 <甲村> & 乙村"},
    "horizontal_content_list": [
        {"keyname": "编号", "value": "12"},
        {"keyname": "详情", "value": "总览", "type": 1, "url": "https://a.b/c"},
    ],
    "button_list": [{"text": "收到", "style": 1, "key": "12|ack"}, {"text": "误报", "key": "12|no"}],
    "task_id": "t1",
}


def test_lists_become_siblings_in_the_names_of_the_document() -> None:
    xml = reply("update_template_card", press(), "ww1", NOW, CARD)
    assert "<MainTitle><Title>停水 &lt;甲村&gt; &amp; 乙村</Title></MainTitle>" in xml
    assert xml.count("<HorizontalContentList>") == 2
    assert "<KeyName>编号</KeyName>" in xml
    assert "<ButtonList><Text>收到</Text><Style>1</Style><Key>12|ack</Key></ButtonList>" in xml
    assert "<ReplaceText>已收到</ReplaceText>" in xml
    assert "TaskId" not in xml


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("none", press()),
        ("update_button", press(kind="text")),
        ("update_button", press("text_notice")),
        ("update_button", press(kind="menu")),
    ],
)
def test_what_has_no_buttons_gets_no_reply(mode: str, message: CallbackMessage) -> None:
    assert reply(mode, message, "ww1", NOW, CARD) == ""


def test_without_the_card_the_button_turns_grey() -> None:
    assert "<MsgType>update_button</MsgType>" in reply("update_template_card", press(), "ww1", NOW, None)


def test_signatures_are_judged_by_the_clock_nobody_turns() -> None:
    turned = [datetime(2026, 1, 1, tzinfo=UTC)]
    steady = SteadyClock(wall=lambda: turned[0])
    turned[0] += timedelta(hours=3)
    assert trusted_wall(steady)() - datetime(2026, 1, 1, tzinfo=UTC) < timedelta(minutes=1)
    assert trusted_wall(VirtualClock(NOW)) is system.wall


async def test_a_failing_courtesy_does_not_make_wecom_repeat(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    here = await office("update_template_card")
    await here.landslide()
    officer = here.duty.duty_officer.lower()
    card = here.card(officer, "收到")

    async def broken(task_id: str) -> None:
        raise RuntimeError("database is locked")

    here.desk.store.message_by_task = broken  # type: ignore[method-assign,assignment]
    assert await here.emulator.press(officer, card.id, here.keys(card)["收到"])
    assert [status for _, status in here.emulator.courier.attempts] == [200]
    assert "passive_reply_failed" in caplog.text
