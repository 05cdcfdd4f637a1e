"""A duty room on one machine: the whole product, the strict emulator with every officer's phone, time that only a test moves."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.app import listening, serving
from bot.clock import VirtualClock
from bot.demo.driver import AES_KEY, AGENT, CORPID, SECRET, TOKEN, corp_of
from bot.desk import Desk, open_incident
from bot.emulator.ledger import PhoneMessage
from bot.emulator.server import Emulator, pressable
from bot.emulator.server import serving as emulating
from bot.service import Service
from config.schema import Settings
from playbooks.incident import Event, Incident, Instant
from playbooks.record import dump
from playbooks.rota import Duty
from tests.builders import FEED, event, settings


class Room:
    """Service, emulator and clock. Every act waits until the desk has nothing left to do."""

    def __init__(self, service: Service, emulator: Emulator, clock: VirtualClock) -> None:
        self.service = service
        self.emulator = emulator
        self.clock = clock
        self.board = ""

    @property
    def desk(self) -> Desk:
        return self.service.desk

    @property
    def duty(self) -> Duty:
        return self.desk.duty()

    async def settle(self) -> None:
        while await self.service.pump():
            pass

    async def forward(self, **span: float) -> None:
        """From due instant to due instant, as the headless demo does."""
        end = self.clock.now() + timedelta(**span)
        while True:
            await self.settle()
            after = await self.desk.store.next_fire()
            if after is None or after > end:
                self.clock.advance_to(end)
                await self.settle()
                return
            self.clock.advance_to(max(after, self.clock.now() + timedelta(seconds=1)))

    async def type(self, user: str, text: str) -> str:
        """Type a line; the newest reply that came for it."""
        before = {m.id for m in self.emulator.messages(user)}
        assert await self.emulator.type(user, text)
        await self.settle()
        new = [m for m in self.emulator.messages(user) if m.id not in before and m.msgtype == "text"]
        return str(new[-1].content["content"]) if new else ""

    async def press(self, user: str, label: str, **selected: str) -> str:
        """Press the button of this label on the newest card that has it; what the card says then."""
        card = self.card(user, label)
        await self.press_key(user, card, self.keys(card)[label], **selected)
        return self.shown(user, card.id)

    async def press_key(self, user: str, card: PhoneMessage, key: str, **selected: str) -> None:
        chosen = {k: [v] for k, v in selected.items()}
        assert await self.emulator.press(user, card.id, key, chosen or None)
        await self.settle()

    def keys(self, card: PhoneMessage) -> dict[str, str]:
        """Label -> key of the buttons that can be pressed."""
        live = pressable(card.content)
        menu = card.content.get("action_menu", {}).get("action_list", ())
        return {b["text"]: b["key"] for b in (*card.content.get("button_list", ()), *menu) if b["key"] in live}

    def card(self, user: str, label: str = "") -> PhoneMessage:
        """The newest card of a phone (with this button)."""
        cards = [m for m in self.emulator.messages(user) if m.msgtype == "template_card"]
        found = [m for m in cards if not label or label in self.keys(m)]
        assert found, f"{user} has no card with {label}: {[list(self.keys(m)) for m in cards]}"
        return found[-1]

    def shown(self, user: str, message: int) -> str:
        return next(json.dumps(m.content, ensure_ascii=False) for m in self.emulator.messages(user) if m.id == message)

    def heard(self, user: str) -> list[str]:
        """Everything on this phone, oldest first."""
        return [json.dumps(m.content, ensure_ascii=False) for m in self.emulator.messages(user)]

    async def landslide(self, *more: Event, **data: object) -> Incident:
        """An alarmed landslide found now; cards are out."""
        now = self.clock.now()
        base: dict[str, object] = {
            "title": "大湾村滑坡",
            "label": "E",
            "category": "geo_damage",
            "place": {"county": "鹿溪县", "detail": "石坪镇大湾村"},
            "starts": {"detected_at": dump(Instant(value=now, source="system"))},
        }
        first = event("opened", now, FEED, **(base | data))
        alarmed = event("alarmed", now, FEED, reason="immediate")
        opened = await open_incident(self.desk, first, lambda i: (alarmed, *more), lambda n: ())
        await self.settle()
        return opened

    async def incident(self, number: int = 1) -> Incident:
        found = await self.desk.store.incident(number)
        assert found is not None
        return found

    async def events(self, number: int = 1) -> list[str]:
        return [e.kind for e in await self.desk.store.events(f"incident:{number}")]


@contextlib.asynccontextmanager
async def room(data: Path, start: datetime, rules: Settings | None = None) -> AsyncIterator[Room]:
    """An empty desk; the callback goes over loopback HTTP, encrypted, as in service."""
    rules = rules or settings()
    clock = VirtualClock(start)
    emulator = Emulator(corp_of(rules), None, clock.now)
    emulator.switches.retry_pause = 0.0
    async with contextlib.AsyncExitStack() as stack:
        base = await stack.enter_async_context(emulating(emulator, 0))
        wecom = replace(
            rules.wecom,
            base_url=base,
            oauth_url=base,
            login_url=base,
            corpid=CORPID,
            secret=SECRET,
            agentid=AGENT,
            token=TOKEN,
            aes_key=AES_KEY,
        )
        bot = replace(rules.bot, public_url="http://127.0.0.1:1")
        wired = replace(rules, wecom=wecom, bot=bot, sources=())
        running = await stack.enter_async_context(serving(wired, data, clock))
        port = await stack.enter_async_context(listening(running.app, "127.0.0.1", 0))
        assert await emulator.connect(f"http://127.0.0.1:{port}/wecom/callback")
        made = Room(running.service, emulator, clock)
        made.board = f"http://127.0.0.1:{port}"
        yield made
