"""The board in a real browser: the countdown moves, a change arrives without reload, pages fit phone and desktop."""

from __future__ import annotations

import pytest

from bot.clock import VirtualClock
from tests.bot.browser import browsing, needs_browser
from tests.bot.matter import at, land_money

pytestmark = needs_browser
WIDTHS = pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 900)], ids=["phone", "desktop"])


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(at("08:06"), speed=60.0)


async def test_the_countdown_moves_with_program_time_and_turns_red(night, tmp_path):
    async with browsing(tmp_path) as tab:
        await tab.open(night.base + await night.link("chenjing"), 1280, 900)
        first = await tab.run("document.querySelector('[data-due]').textContent")
        await tab.until(f"document.querySelector('[data-due]').textContent !== '{first}'")
        assert first.startswith("剩")
        past = "document.querySelector('[data-due]').dataset.due = '1000'"  # again each time: a refresh puts the true one back
        told = "document.querySelector('.count.overdue')?.textContent.startsWith('已超')"
        await tab.until(f"{past}, {told} && document.querySelector('.clocks li').className === 'overdue'")


async def test_a_new_matter_appears_without_reload(night, rules, tmp_path):
    async with browsing(tmp_path) as tab:
        await tab.open(night.base + await night.link("chenjing"), 1280, 900)
        await tab.until(
            "performance.getEntriesByType('resource').some(r => r.name.includes('part=live'))"
        )  # the stream is open
        await land_money(rules).save(night.store)
        await tab.until("document.body.textContent.includes('李家村')")


@WIDTHS
async def test_pages_fit_their_width(night, rules, tmp_path, width, height):
    await land_money(rules).save(night.store)
    async with browsing(tmp_path) as tab:
        await tab.open(night.base + await night.link("chenjing"), width, height)
        for path in (
            "/",
            "/incident/12",
            "/leads",
            "/rota",
            "/sources",
            "/source/demo-hotline",
            "/search?q=滑坡",
            "/problems",
            "/quality",
        ):
            await tab.open(night.base + path, width, height)
            assert await tab.run("document.documentElement.scrollWidth") <= width, path
            tall = "[...document.querySelectorAll('.top nav a')].filter(a => a.offsetHeight > 48).length"
            assert await tab.run(tall) == 0, "a word of the navigation is broken"
            body = await tab.picture(tmp_path / f"board{path.replace('/', '-').replace('?', '-')}-{width}.png")
            assert body.startswith(b"\x89PNG")
        assert await tab.run("performance.getEntriesByType('resource').every(r => r.name.startsWith(location.origin))")
