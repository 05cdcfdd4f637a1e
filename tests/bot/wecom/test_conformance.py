"""The client under every switch and every fault, the checklist of the protocol, and that the README's matrix is true."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot.clock import wall
from bot.emulator.corp import Corp
from bot.emulator.server import Emulator
from bot.wecom.callback import routes
from bot.wecom.cards import Button, button_card, card_request, update_request
from bot.wecom.client import WeComClient
from bot.wecom.crypto import CallbackCrypto, CallbackMessage
from bot.wecom.errors import SendError
from tests.bot.wecom.conformance import BEGIN, CHECKLIST, END, block
from tests.bot.wecom.conftest import MovedClock

ROOT = Path(__file__).parents[3]
CARD = button_card(
    title="【网传待核】甲村停水",
    buttons=[Button(text="收到", key="1|ack", style=1), Button(text="误报", key="1|no")],
    task_id="ev1-r1-zhangsan",
)


class Inbox:
    """Keeps deliveries by their key, as the store does."""

    def __init__(self) -> None:
        self.kept: dict[str, CallbackMessage] = {}

    async def accept(self, message: CallbackMessage) -> bool:
        fresh = message.dedupe_key not in self.kept
        self.kept[message.dedupe_key] = message
        return fresh


@pytest.fixture
async def inbox(corp: Corp, emulator: Emulator) -> AsyncIterator[Inbox]:
    made, app = Inbox(), web.Application()
    app.add_routes(routes(CallbackCrypto(corp.token, corp.aes_key, corp.corpid), made.accept, wall))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    emulator.office.callback_url = f"http://127.0.0.1:{runner.addresses[0][1]}/wecom/callback"
    yield made
    await runner.cleanup()


async def test_two_presses_in_one_second_are_two(client: WeComClient, emulator: Emulator, inbox: Inbox) -> None:
    """The documents' own key, person and second, would drop the second one."""
    await client.send(card_request("zhangsan", 1000002, CARD))
    [card] = emulator.messages("zhangsan")
    for key in ("1|ack", "1|no"):
        await emulator.press("zhangsan", card.id, key)
    assert sorted(m.event_key for m in inbox.kept.values()) == ["1|ack", "1|no"]
    assert len({m.created_at for m in inbox.kept.values()}) == 1


async def test_after_72_hours_a_card_is_sent_anew(client: WeComClient, emulator: Emulator, clock: MovedClock) -> None:
    first = await client.send(card_request("zhangsan", 1000002, CARD))
    assert first.response_code is not None
    clock.at += timedelta(hours=73)
    with pytest.raises(SendError) as late:
        await client.update_card(update_request(["zhangsan"], 1000002, first.response_code, CARD))
    assert late.value.code == 60140
    await client.send(card_request("zhangsan", 1000002, {**CARD, "task_id": "ev1-r2-zhangsan"}))
    assert len(emulator.messages("zhangsan")) == 2


def names(path: Path) -> set[str]:
    """Tests of a file as pytest names them, without parameters."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{f.name}" for f in node.body if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef))}
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.add(node.name)
    return found


@pytest.mark.parametrize("row", CHECKLIST, ids=lambda r: r[0])
def test_every_row_of_the_checklist_has_its_tests(row: tuple[str, tuple[str, ...]]) -> None:
    missing = [t for t in row[1] if t.partition("::")[2] not in names(ROOT / t.partition("::")[0])]
    assert row[1]
    assert missing == []


def test_the_readme_shows_the_matrix_as_it_is() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(re.escape(BEGIN) + ".*?" + re.escape(END), text, re.DOTALL)
    assert shown is not None, "python -m tests.bot.wecom.conformance"
    assert shown[0] == block()
