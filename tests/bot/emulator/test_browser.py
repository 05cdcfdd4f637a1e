"""The phone page in a real browser: live refresh, a press, a typed text; screenshots at phone and desktop width."""

import asyncio
import base64
import json
import os
import shutil
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and not os.environ.get("YQBOT_REQUIRE_ALL"), reason="没有安装 chromium"),
]
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
]


class Page:
    """One tab, driven by the browser's own debugging protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._count = 0
        self.events: list[dict] = []

    async def call(self, method: str, **params: object) -> dict:
        self._count += 1
        await self._socket.send_json({"id": self._count, "method": method, "params": params})
        async with asyncio.timeout(20):
            while True:
                answer = json.loads((await self._socket.receive()).data)
                if answer.get("id") == self._count:
                    return answer["result"]
                self.events.append(answer)

    async def run(self, script: str) -> object:
        answer = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        return answer["result"].get("value")

    async def until(self, script: str) -> None:
        async with asyncio.timeout(10):
            while not await self.run(script):
                await asyncio.sleep(0.05)

    async def open(self, url: str, width: int, height: int) -> None:
        mobile = width < 760
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        await self.call("Emulation.setDeviceMetricsOverride", **size)
        await self.call("Page.navigate", url=url)
        await self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def picture(self) -> bytes:
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])


@pytest.fixture
async def browser(tmp_path: Path, session: aiohttp.ClientSession) -> AsyncIterator[Page]:
    profile = tmp_path / "profile"
    command = [CHROMIUM or "chromium", *QUIET, f"--user-data-dir={profile}", "about:blank"]
    nothing = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=nothing, stderr=nothing)
    try:
        async with asyncio.timeout(30):
            while not (profile / "DevToolsActivePort").exists() or not (profile / "DevToolsActivePort").read_text():
                await asyncio.sleep(0.05)
        port = (profile / "DevToolsActivePort").read_text().split()[0]
        async with session.get(f"http://127.0.0.1:{port}/json") as response:
            tab = next(t for t in await response.json() if t["type"] == "page")
        async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            yield Page(socket)
    finally:
        process.terminate()
        await process.wait()


async def test_a_card_appears_without_reload_is_pressed_and_turns_grey(api, base, receiver, browser, button_card):
    await browser.open(f"{base}/?user=zhangsan", 390, 844)
    await browser.until("document.querySelector('.quiet') !== null")
    code = (await api.send_card(button_card))["response_code"]
    await browser.until("document.querySelector('[data-key=\"ack:421\"]') !== null")
    await browser.run("document.querySelector('[data-key=\"ack:421\"]').click()")
    await browser.until("document.querySelector('.key.pressed') !== null")
    assert len(receiver.deliveries) == 1
    await api.update(code)
    await browser.until("document.querySelector('.grey')?.textContent === '已收到'")
    assert await browser.run("document.querySelectorAll('[data-key]').length") == 0


async def test_words_are_typed_and_a_choice_survives_a_refresh(api, base, receiver, browser, button_card):
    options = [{"id": "s", "text": "较大"}, {"id": "m", "text": "重大"}]
    await api.send_card(button_card | {"button_selection": {"question_key": "g", "title": "等级", "option_list": options}})
    await browser.open(f"{base}/?user=zhangsan", 390, 844)
    await browser.run("document.querySelector('select').value = 'm'")
    await browser.run("const w = document.getElementById('words'); w.value = '查询'; w.form.requestSubmit()")
    await browser.until("document.querySelector('.row.mine .bubble')?.textContent === '查询'")
    assert await browser.run("document.querySelector('select').value") == "m"
    assert len(receiver.deliveries) == 1


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1360, 900)], ids=["phone", "desktop"])
async def test_the_page_fits_its_width(api, base, receiver, browser, button_card, tmp_path, width, height):
    rows = [{"keyname": "首发", "value": "若达重大，07:10前（预置）"}] * 6
    await api.send_card(button_card | {"horizontal_content_list": rows, "sub_title_text": "说法相近，未经核实，不得外传。" * 7})
    await browser.open(f"{base}/?user=zhangsan", width, height)
    await browser.until("document.querySelector('.card') !== null")
    assert await browser.run("document.documentElement.scrollWidth") <= width
    inside = "[...document.querySelectorAll('.key')].every(k => k.scrollWidth <= k.clientWidth + 1 && k.clientHeight >= 40)"
    assert await browser.run(inside)
    picture = await browser.picture()
    keep = Path(os.environ.get("YQBOT_SCREENSHOTS", tmp_path))
    keep.mkdir(parents=True, exist_ok=True)
    (keep / f"phone-{width}.png").write_bytes(picture)
    assert struct.unpack(">II", picture[16:24]) == (width, height)


async def test_on_a_phone_the_first_page_is_the_contact_list(base, browser):
    await browser.open(base, 390, 844)
    assert await browser.run("getComputedStyle(document.querySelector('.phone')).display") == "none"
    assert await browser.run("document.querySelectorAll('.person').length") == 5


async def test_on_a_desktop_it_is_the_list_beside_the_first_unread_phone(api, base, browser):
    await api.send_text("值班提醒", touser="lisi")
    await browser.open(base, 1360, 900)
    await browser.until("document.body.dataset.user === 'lisi'")
    assert await browser.run("getComputedStyle(document.querySelector('.people')).display") != "none"
    await browser.until("document.querySelector('.badge') === null")


async def test_no_error_and_no_refused_resource_reaches_the_console(api, base, receiver, browser, button_card):
    for domain in ("Log", "Runtime"):
        await browser.call(f"{domain}.enable")
    await api.send_card(button_card)
    await browser.open(f"{base}/?user=zhangsan", 390, 844)
    await api.send_text("值班提醒")
    await browser.until("document.querySelector('.bubble') !== null")
    await browser.run("console.error('seen')")  # proves that the protocol reports what is looked for
    errors = [e for e in browser.events if e["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")]
    calls = [e["params"]["args"][0]["value"] for e in browser.events if e["method"] == "Runtime.consoleAPICalled"]
    assert errors == []
    assert calls == ["seen"]
