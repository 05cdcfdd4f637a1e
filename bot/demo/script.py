"""Officers played from the story: they read the cards on their phones, press after a while, and type.

Only what a phone shows is used: a card's words tell the matter, "12号" its number, its buttons what may be pressed. What was
already done is read from the emulator's ledger, so a restart continues where the last run was killed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.demo.story import React, Say, Story, Thread
from bot.emulator.ledger import PhoneMessage
from bot.emulator.server import Emulator, pressable
from config.schema import Organisation
from playbooks.rota import duty, roles_of

SHIFT = ("duty_officer", "deputy_duty", "duty_leader")
_NUMBER = re.compile(r"(\d+)号")
ARRIVE = "shift|arrive|"
ARRIVAL = timedelta(minutes=2)
"""How long after its card an officer says 到岗."""
ARRIVAL_HOLD = timedelta(minutes=10)
"""And how long that is left to a person who plays along: the desk tells the duty leader after a quarter of an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing an officer does at an instant of the story."""

    at: datetime
    id: str
    user: str
    message_id: int = 0
    key: str = ""
    select: tuple[tuple[str, str], ...] = ()
    text: str = ""


class Script:
    """The next acts of the story, derived from what the phones show."""

    def __init__(self, story: Story, emulator: Emulator, org: Organisation) -> None:
        self._story = story
        self._emulator = emulator
        self._org = org

    def acts(self) -> list[Act]:
        """Everything still to be done, earliest first."""
        phones = {o.userid.lower(): self._emulator.messages(o.userid) for o in self._org.officers}
        said = {(r["user"], r["text"]) for r in self._emulator.ledger_file.rows("select user, text from said")}
        out = [act for user, mine in phones.items() for act in _arrivals(user, mine)]
        for thread in self._story.threads:
            number, seen_at = self._number(thread, phones)
            for react in thread.reacts:
                out += self._presses(thread, react, phones)
            for say in thread.says:
                act = self._line(say, number, seen_at)
                if act is not None and (act.user, act.text) not in said:
                    out.append(act)
        return sorted(out, key=lambda a: (a.at, a.id, a.user))

    async def perform(self, act: Act) -> bool:
        """Do it on the emulator; False when the bot did not take it."""
        if act.text:
            return await self._emulator.type(act.user, act.text)
        selected = {k: [v] for k, v in act.select}
        return await self._emulator.press(act.user, act.message_id, act.key, selected or None)

    def roles_at(self, userid: str, at: datetime) -> tuple[str, ...]:
        """Roles of a person at an instant, the unit written as `unit:code`."""
        officer = self._org.officer(userid)
        if officer is None:
            return ()
        held = roles_of(self._org, officer, duty(self._org, at))
        return (*held, officer.userid, f"unit:{officer.unit}", *(f"{r}:{officer.unit}" for r in held))

    def _number(self, thread: Thread, phones: dict[str, list[PhoneMessage]]) -> tuple[int | None, datetime | None]:
        """The number of the matter and when the first phone showed it."""
        best: tuple[datetime, int] | None = None
        for messages in phones.values():
            for m in messages:
                found = _NUMBER.search(_text(m)) if self._about(thread, m) else None
                if found and (best is None or m.at < best[0]):
                    best = (m.at, int(found.group(1)))
        return (best[1], best[0]) if best else (None, None)

    @staticmethod
    def _about(thread: Thread, m: PhoneMessage) -> bool:
        return m.msgtype == "template_card" and "到岗】" not in _text(m) and any(w in _text(m) for w in thread.words)

    def _presses(self, thread: Thread, react: React, phones: dict[str, list[PhoneMessage]]) -> Iterable[Act]:
        about = {user: [m for m in messages if self._about(thread, m)] for user, messages in phones.items()}
        if react.who in SHIFT and any(self._done(react, self._held(react, user, cards)) for user, cards in about.items()):
            return  # the next shift does not do again what this one did
        for user, mine in about.items():
            if self._done(react, mine):
                continue
            for m in mine:
                keys = [k for k in pressable(m.content) if _match(react, k)] if not (m.grey or m.recalled) else []
                shown = max(m.at, m.updated_at or m.at)
                if keys and shown >= react.since and react.who in self.roles_at(user, shown):
                    yield Act(
                        at=shown + react.after,
                        id=react.id,
                        user=user,
                        message_id=m.id,
                        key=keys[0],
                        select=tuple(react.select.items()),
                    )
                    break

    def _held(self, react: React, user: str, cards: list[PhoneMessage]) -> list[PhoneMessage]:
        """Cards that came to somebody while he held the role."""
        return [m for m in cards if react.who in self.roles_at(user, m.at)]

    @staticmethod
    def _done(react: React, mine: list[PhoneMessage]) -> bool:
        """Pressed before, on any card of the matter that arrived since then."""
        return any(_match(react, k) for m in mine if m.at >= react.since for k in m.pressed)

    def _line(self, say: Say, number: int | None, seen_at: datetime | None) -> Act | None:
        if "{n}" in say.text and (number is None or seen_at is None):
            return None
        at = max(say.at, seen_at) if seen_at else say.at
        user = next((o.userid for o in self._org.officers if say.who in self.roles_at(o.userid, at)), None)
        if user is None:
            return None
        return Act(at=at, id=say.id, user=user.lower(), text=say.text.replace("{n}", str(number)))


def _arrivals(user: str, mine: list[PhoneMessage]) -> Iterable[Act]:
    """Whoever is asked at the start of a shift is there."""
    for m in mine:
        if ARRIVE in pressable(m.content) and not (m.grey or m.recalled or m.pressed):
            yield Act(at=m.at + ARRIVAL, id="arrive", user=user, message_id=m.id, key=ARRIVE)


def _match(react: React, key: str) -> bool:
    """`react.key` is a pattern over the key without its number."""
    _, _, action = key.partition("|")
    return re.fullmatch(react.key, action) is not None


def _text(m: PhoneMessage) -> str:
    return json.dumps(m.content, ensure_ascii=False)
