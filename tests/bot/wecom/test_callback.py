"""The callback address over loopback HTTP: what is bad changes nothing, what is repeated changes nothing."""

import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.clock import wall
from bot.wecom.callback import routes
from bot.wecom.crypto import BODY_CAP, CallbackCrypto


class Inbox:
    """Stores by dedupe key, as the real store does."""

    def __init__(self) -> None:
        self.kept = {}
        self.calls = 0
        self.broken = False

    async def accept(self, message) -> bool:
        self.calls += 1
        if self.broken:
            raise RuntimeError("disk full")
        fresh = message.dedupe_key not in self.kept
        self.kept[message.dedupe_key] = message
        return fresh


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def address(corp, inbox, emulator, base) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(routes(CallbackCrypto(corp.token, corp.aes_key, corp.corpid), inbox.accept, wall))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/wecom/callback"
    emulator.office.callback_url = url
    yield url
    await runner.cleanup()


async def test_the_consoles_url_check_passes(address, emulator):
    assert await emulator.configure_callback(address)


async def test_a_bad_url_check_is_refused(address, session):
    async with session.get(address, params={"echostr": "x", "msg_signature": "y"}) as response:
        assert response.status == 403


async def test_a_text_is_stored_and_answered_with_nothing(address, emulator, inbox):
    assert await emulator.type("lisi", "查询 未结")
    assert [m.content for m in inbox.kept.values()] == ["查询 未结"]
    assert emulator.courier.attempts[-1][1] == 200


async def test_a_doubled_delivery_is_stored_once_and_answered_200(address, emulator, inbox):
    emulator.switches.callbacks = "duplicate"
    await emulator.type("lisi", "查询")
    assert inbox.calls == 2
    assert len(inbox.kept) == 1
    assert [status for _, status in emulator.courier.attempts] == [200, 200]


async def test_the_same_words_twice_are_two_messages(address, emulator, inbox):
    await emulator.type("lisi", "查询")
    await emulator.type("lisi", "查询")
    assert len(inbox.kept) == 2


async def test_what_could_not_be_stored_is_delivered_again(address, emulator, inbox, caplog):
    inbox.broken = True
    assert not await emulator.type("lisi", "查询")
    assert inbox.calls == 4
    assert "callback_not_stored" in caplog.text


async def test_a_stale_delivery_is_refused_and_logged(address, emulator, inbox, caplog):
    caplog.set_level(logging.WARNING)
    emulator.switches.stale_by = 600
    assert not await emulator.type("lisi", "查询")
    assert inbox.calls == 0
    assert {status for _, status in emulator.courier.attempts} == {403}
    assert "callback_refused" in caplog.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"<xml><Encrypt>QUJD</Encrypt></xml>", 403, id="wrong signature"),
        pytest.param(b"<!DOCTYPE x><xml><Encrypt>QUJD</Encrypt></xml>", 400, id="doctype"),
        pytest.param(b"", 400, id="empty"),
        pytest.param(b"<" * (BODY_CAP + 1), 413, id="oversized"),
    ],
)
async def test_bad_input_is_refused_and_changes_nothing(address, session, inbox, caplog, body, status):
    async with session.post(address, data=body, params={"msg_signature": "x", "timestamp": "1", "nonce": "2"}) as response:
        assert response.status == status
        assert await response.read() == b""
    assert inbox.calls == 0
    assert "callback_refused" in caplog.text


async def test_an_endless_body_is_cut_off(address, session, inbox):
    async def endless():
        for _ in range(BODY_CAP // 1024 + 8):
            yield b"<" * 1024

    async with session.post(address, data=endless(), params={"msg_signature": "x"}) as response:
        assert response.status == 413
    assert inbox.calls == 0
