"""300 alarms in one minute to 40 officers, 15 of them of level 1-2: the meters hold, the worst come first, one merged card, nothing lost.

The suite pours a fifth of them in a fifth of the time; `YQBOT_CHAOS=1` all, over the hour after which a person may have more than 300 messages.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.outbox import BRIEF, DIGEST, queue, reply_message
from config.schema import Level, Officer, Settings, Unit
from tests.bot.rig import Rig, rig
from tests.builders import OFFICER, at, event, graded, settings

NOW = at("14:24")
CHAOS = os.environ.get("YQBOT_CHAOS") == "1"
ALARMS = 300 if CHAOS else 60
UNITS, GRAVE_EVERY = 37, 20
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def forty() -> Settings:
    """The three people of the shift, and one of each of 37 units."""
    base = settings()
    org = base.organisation
    units = tuple(Unit(code=f"u{n}", name=f"第{n}局", kind="bureau", duty_phone="0000-1") for n in range(UNITS))
    people = tuple(Officer(userid=f"u{n}", name=f"联络{n}", unit=f"u{n}", roles=("unit_liaison",)) for n in range(UNITS))
    wide = replace(org, units=(*org.units, *units), officers=(*org.officers, *people))
    return replace(base, organisation=wide)


def busiest(times: Sequence[datetime], window: timedelta) -> int:
    """The most messages in any stretch of this length, wherever it begins."""
    ordered, most, first = sorted(times), 0, 0
    for n, last in enumerate(ordered):
        while last - ordered[first] >= window:
            first += 1
        most = max(most, n - first + 1)
    return most


async def pour(desk: Rig) -> set[int]:
    """Five alarms a second; numbers of those of level 1-2."""
    grave = set()
    for n in range(ALARMS):
        worst = n % GRAVE_EVERY == 7
        now = desk.clock.now()
        more = (graded(Level.MAJOR if n % 40 == 7 else Level.ESPECIALLY_MAJOR, now),) if worst else ()
        order = event("assigned", now, OFFICER, unit=f"u{n % UNITS}")
        opened = await desk.open(*more, order, title=f"{n}号沟滑坡", place={"county": "鹿溪县", "detail": f"{n}号沟"})
        grave |= {opened.number} if worst else set()
        if n % 5 == 4:
            await desk.pump()
            desk.clock.forward(seconds=1)
    return grave


async def test_a_flood_of_alarms_to_a_whole_county(tmp_path: Path) -> None:
    async with rig(tmp_path / "data", NOW, rules=forty()) as desk:
        desk.emulator.switches.per_minute, desk.emulator.switches.per_hour = 30, 1000
        officer, _ = desk.watch()
        brief = replace(reply_message(desk.desk, officer, "【晚报】", "b"), kind=BRIEF, priority=DIGEST)
        grave = await pour(desk)
        await queue(desk.desk, brief)
        assert len(grave) == ALARMS // GRAVE_EVERY
        for _ in range(20):
            await desk.pump()
            desk.clock.forward(seconds=1)
        late = []
        for number in grave:
            rows = [m for m in await desk.messages(number) if m.kind == "first"]
            assert {officer, f"u{(number - 1) % UNITS}"} <= {m.recipient for m in await desk.messages(number)}
            late += [m.id for m in rows if m.sent_at is None or m.sent_at - m.created_at > timedelta(seconds=20)]
        assert late == []
        await desk.until(NOW + timedelta(minutes=90 if CHAOS else 12))
        rows = desk.emulator.ledger()
        assert [r for r in rows if not r.shown and not r.repeat] == [], "WeCom dropped a message"
        times: dict[str, list[datetime]] = defaultdict(list)
        for r in desk.shown():
            times[r.user].append(r.received_at)
        assert len(times) >= 39
        assert max(busiest(t, MINUTE) for t in times.values()) <= 30
        assert max(busiest(t, HOUR) for t in times.values()) <= 1000
        told = [r.body for r in desk.shown(officer)]
        merged = [body for body in told if "【提醒合并】" in body]
        tens = Counter(int(r.received_at.timestamp() // 600) for r in desk.shown(officer) if "【提醒合并】" in r.body)
        assert set(tens.values()) == {1}, "one merged card in ten minutes"
        assert re.search(r"另有\d+件在排队", merged[0])
        text = " ".join(told)
        assert [n for n in range(1, ALARMS + 1) if f'"{n}号 ' not in text] == [], "nothing lost"
        first = {n: next(k for k, body in enumerate(told) if f'"{n}号 ' in body) for n in grave}
        assert next(k for k, body in enumerate(told) if "【晚报】" in body) > max(first.values()), (
            "the brief came after the worst"
        )
