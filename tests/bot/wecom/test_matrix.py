"""The README's matrix: the desk as it runs, under every reading of the documents and every fault, does each thing once.

A cell is one matter: alarm -> outbox -> strict emulator -> phone -> callback -> action -> card, with the real store in between.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from bot.demo.driver import AGENT, CORPID, SECRET
from bot.emulator.ledger import PhoneMessage
from bot.emulator.switches import Fault
from bot.wecom.client import WeComClient
from tests.bot.desk_room import Room, room
from tests.bot.wecom.conformance import SETTINGS, TROUBLES, Setting, Trouble
from tests.builders import at, settings

SLOW, PATIENT = 0.3, 60.0
"""Seconds the client waits where the answer comes too late, and everywhere else: a busy machine must not look like a fault."""


@contextlib.asynccontextmanager
async def office_of(data: Path, setting: Setting) -> AsyncIterator[tuple[Room, WeComClient]]:
    """The desk under one setting, and a client that gives up sooner than the slowest answer comes."""
    rules = settings()
    rules = replace(rules, wecom=replace(rules.wecom, passive_card_reply=setting.reply))
    async with room(data, at("09:00"), rules) as made, aiohttp.ClientSession() as session:
        base = made.desk.settings.wecom.base_url
        hasty, patient = (WeComClient(session, base, CORPID, SECRET, AGENT, made.clock.now, timeout=t) for t in (SLOW, PATIENT))
        await hasty.check()
        made.desk.wecom = patient
        assert made.emulator.switches.change(dict(setting.switches)) == []
        yield made, hasty


def begin(office: Room, trouble: Trouble) -> None:
    emulator = office.emulator
    if trouble.kind == "fault":
        emulator.switches.faults.append(Fault(path="message/send", **dict(trouble.fault)))
    elif trouble.kind == "revoke":
        emulator.ledger_file.write("update token set revoked=1")
    elif trouble.kind == "ip":
        emulator.office.trusted_ips = ["192.0.2.1"]


async def alarm(office: Room, trouble: Trouble) -> tuple[int, PhoneMessage]:
    """A landslide is found while the trouble is on; its card on the duty officer's phone, where it came once."""
    begin(office, trouble)
    incident = await office.landslide()
    if trouble.kind == "ip":
        said = [p.detail for p in await office.desk.store.problems() if (p.kind, p.subject) == ("wecom", "send")]
        assert "可信IP" in said[0], "the administrator is told what to do"
        office.emulator.office.trusted_ips = []
    await office.forward(minutes=2)
    assert office.emulator.switches.faults == [], "the fault was met"
    user = office.duty.duty_officer.lower()
    rows = [r for r in await office.desk.store.messages_of(incident.number) if r.recipient == user and r.steps]
    shown = [r.task_id for r in office.emulator.ledger() if r.user == user and r.shown]
    assert {row.task_id: shown.count(row.task_id) for row in rows} == {row.task_id: 1 for row in rows}
    assert rows
    return incident.number, next(m for m in office.emulator.messages(user) if m.task_id == rows[0].task_id)


async def recorded(office: Room, number: int, trouble: Trouble) -> None:
    """Every try of the first alarm is on the row, and what was repeated is called so on the chain."""
    tries = await office.desk.store.tries_of(number)
    first = tuple(t.outcome for t in tries if t.message == tries[0].message)
    assert tuple(dict.fromkeys(first)) == trouble.tries
    told = [e for e in await office.desk.store.events(f"incident:{number}") if e.kind == "notified"]
    assert [e.data["repeat"] for e in told if e.data["message"] == tries[0].message] == [len(first) > 1]


async def answered(office: Room, number: int, card: PhoneMessage, trouble: Trouble) -> None:
    """收到 is pressed while callbacks misbehave: one act, and the card shows it."""
    emulator, user = office.emulator, office.duty.duty_officer.lower()
    if trouble.kind == "callbacks":
        emulator.switches.callbacks = trouble.value
    arrived = await emulator.press(user, card.id, f"{number}|acknowledge")
    emulator.switches.callbacks = "normal"
    await office.settle()
    if trouble.value == "drop":
        assert not arrived
        assert "acknowledged" not in await office.events(number)
        await emulator.press(user, card.id, f"{number}|acknowledge")
        await office.settle()
    assert (await office.events(number)).count("acknowledged") == 1
    before = office.shown(user, card.id)
    assert f"{number}|acknowledge" not in before, "the button is done with"


async def put_away(office: Room, number: int) -> None:
    """A typed line ends the matter: one act, one reply."""
    user = office.duty.duty_officer
    said = len(office.emulator.messages(user))
    assert str(number) in await office.type(user, f"排除 {number} 非本地 邻县同名村")
    texts = [m for m in office.emulator.messages(user)[said:] if m.msgtype == "text"]
    assert len(texts) == 1
    assert (await office.events(number)).count("excluded") == 1
    await office.forward(minutes=3)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: s.name)
async def test_the_desk_does_each_thing_once_under_every_fault(setting: Setting, tmp_path: Path) -> None:
    wrong: dict[str, str] = {}
    async with office_of(tmp_path / "data", setting) as (office, hasty):
        patient = office.desk.wecom
        for trouble in TROUBLES:
            try:
                office.desk.wecom = hasty if trouble.late else patient
                number, card = await alarm(office, trouble)
                office.desk.wecom = patient
                await recorded(office, number, trouble)
                await answered(office, number, card, trouble)
                await put_away(office, number)
            except AssertionError as e:
                wrong[trouble.name] = str(e)
        assert wrong == {}
        assert not await office.desk.store.problems(), "what is well again is no problem any more"
        assert (await office.service.audit()).clean
