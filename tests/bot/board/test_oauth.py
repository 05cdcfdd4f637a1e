"""Sign-in to the board with WeCom: inside the client, on a desktop, and everything that must not let anybody in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.board.oauth import local_path
from tests.bot.desk_room import Room, room
from tests.builders import at

INSIDE = {"User-Agent": "Mozilla/5.0 wxwork/4.1 MicroMessenger/7.0"}
EDITOR = "chenjing"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", at("02:24")) as made:
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as made:
        yield made


async def way_back(browser: aiohttp.ClientSession, office: Room, user: str, headers: dict[str, str], after: str = "/") -> str:
    """Go to WeCom as `user` and return the address it sends the browser back to, on the real port."""
    async with browser.get(
        f"{office.board}/oauth/wecom", params={"next": after}, headers=headers, allow_redirects=False
    ) as sent:
        assert sent.status == 302
        target = sent.headers["Location"]
    parts = urlsplit(target)
    async with browser.get(f"{target.partition('#')[0]}&as_user={user}", allow_redirects=False) as back:
        assert back.status == 302, await back.text()
        home = urlsplit(back.headers["Location"])
    assert parse_qs(parts.query)["state"] == parse_qs(home.query)["state"]
    return f"{office.board}{home.path}?{home.query}"


@pytest.mark.parametrize("headers", [INSIDE, {}], ids=["inside-wecom", "desktop-qr"])
async def test_a_member_with_rights_arrives_where_he_wanted(
    office: Room, browser: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    await office.landslide()
    back = await way_back(browser, office, EDITOR, headers, "/incident/1")
    async with browser.get(back, allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/incident/1"
    async with browser.get(f"{office.board}/incident/1") as page:
        assert page.status == 200
        assert "石坪镇大湾村" in await page.text()


async def test_the_page_that_refuses_shows_the_way_over_wecom_and_back(office: Room, browser: aiohttp.ClientSession) -> None:
    async with browser.get(f"{office.board}/incident/1") as refused:
        assert refused.status == 401
        assert '<a href="/oauth/wecom?next=/incident/1">用企业微信登录</a>' in await refused.text()
    async with browser.post(f"{office.board}/logout") as refused:
        assert '<a href="/oauth/wecom?next=/">' in await refused.text()


async def test_a_code_lets_in_once(office: Room, browser: aiohttp.ClientSession) -> None:
    back = await way_back(browser, office, EDITOR, INSIDE)
    async with browser.get(back, allow_redirects=False) as first:
        assert first.status == 303
    async with browser.get(back, allow_redirects=False) as again:
        assert again.status == 403


async def test_an_answer_for_another_browser_is_refused(office: Room, browser: aiohttp.ClientSession) -> None:
    back = await way_back(browser, office, EDITOR, INSIDE)
    async with aiohttp.ClientSession() as other, other.get(back, allow_redirects=False) as answer:
        assert answer.status == 403
        assert "不是从本机发起" in await answer.text()


async def test_a_false_code_is_refused_with_words(office: Room, browser: aiohttp.ClientSession) -> None:
    back = await way_back(browser, office, EDITOR, INSIDE)
    state = parse_qs(urlsplit(back).query)["state"][0]
    async with browser.get(f"{office.board}/oauth/wecom?code=none&state={state}", allow_redirects=False) as answer:
        assert answer.status == 401
        assert "企业微信登录没有成功" in await answer.text()


async def test_a_member_without_rights_is_not_let_in(office: Room, browser: aiohttp.ClientSession) -> None:
    officer = next(o for o in office.desk.settings.organisation.officers if not o.board)
    back = await way_back(browser, office, officer.userid, INSIDE)
    async with browser.get(back, allow_redirects=False) as answer:
        assert answer.status == 403
        assert "没有总览权限" in await answer.text()


@pytest.mark.parametrize("given", ["//evil.example/", "https://evil.example", "/\\evil.example", "", "x", "/a\nSet-Cookie: b"])
def test_nobody_is_sent_to_another_site(given: str) -> None:
    assert local_path(given) == "/"


def test_a_page_of_ours_is_kept() -> None:
    assert local_path("/incident/12?x=1") == "/incident/12?x=1"
