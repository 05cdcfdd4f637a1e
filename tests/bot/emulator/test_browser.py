"""The phone page in a real browser: live refresh, a press, a typed text; screenshots at phone and desktop width."""

import os
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.browser import Tab, browsing, needs_browser

pytestmark = needs_browser


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Tab]:
    async with browsing(tmp_path) as tab:
        yield tab


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
    keep = Path(os.environ.get("YQBOT_SCREENSHOTS", tmp_path))
    keep.mkdir(parents=True, exist_ok=True)
    picture = await browser.picture(keep / f"phone-{width}.png", whole=False)
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
