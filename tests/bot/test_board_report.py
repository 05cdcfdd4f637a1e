"""The form that reports with files: real multipart over HTTP, limits, one form once, files listed on page and report."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.app import login_link
from tests.bot.desk_room import Room, room
from tests.builders import at

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8000
AMR = b"#!AMR\n" + bytes(700)


class Browser:
    """A signed-in editor."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def sign_in(self, user: str) -> None:
        link = await login_link(self.room.desk, user)
        async with self.session.get(f"{self.room.board}/login{link.partition('/login')[2]}") as answer:
            assert answer.status == 200

    async def get(self, path: str) -> tuple[int, bytes, str]:
        async with self.session.get(self.room.board + path) as answer:
            return answer.status, await answer.read(), answer.headers.get("Content-Type", "")

    async def hidden(self) -> dict[str, str]:
        page = (await self.get("/report"))[1].decode()
        return {name: page.split(f'name="{name}" value="')[1].split('"')[0] for name in ("csrf", "key")}

    async def send(self, text: str, *files: tuple[str, bytes], hidden: dict[str, str] | None = None) -> tuple[int, str, str]:
        form = aiohttp.FormData(quote_fields=False)
        for name, value in (hidden or await self.hidden()).items():
            form.add_field(name, value)
        form.add_field("text", text)
        form.add_field("url", "https://www.luxi.example/1")
        for name, body in files:
            form.add_field("files", io.BytesIO(body), filename=name, content_type="application/octet-stream")
        async with self.session.post(f"{self.room.board}/report", data=form) as answer:
            return answer.status, answer.url.path, await answer.text()


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with room(tmp_path / "data", at("02:24")) as made:
        opened = Browser(made)
        await opened.sign_in(made.duty.duty_officer)
        yield opened
        await opened.session.close()


async def test_a_report_opens_a_matter_with_its_files_listed_and_whole(browser: Browser) -> None:
    status, path, page = await browser.send("大湾村滑坡 4人被埋 来电人：张三丰 13800001234", ("现场.png", PNG), ("a.amr", AMR))
    assert (status, path) == (200, "/incident/1")
    assert "已立案：1号" in page
    assert "13800001234" not in page
    assert "现场.png" in page
    assert hashlib.sha256(PNG).hexdigest()[:16] in page
    picture, voice = sorted(await browser.room.desk.store.attachments_of(1), key=lambda a: a.kind)
    assert await browser.get(f"/incident/1/file/{picture.id}") == (200, PNG, "image/png")
    assert (await browser.get(f"/incident/1/file/{voice.id}"))[1] == AMR
    review = (await browser.get("/incident/1/review.md"))[1].decode()
    assert hashlib.sha256(PNG).hexdigest() in review


async def test_the_same_form_twice_is_one_report(browser: Browser) -> None:
    hidden = await browser.hidden()
    for _ in range(2):
        await browser.send("大湾村滑坡 4人被埋", ("现场.png", PNG), hidden=hidden)
    assert len(await browser.room.desk.store.items_of(1)) == 1
    assert len(await browser.room.desk.store.attachments_of(1)) == 1
    notes = [e for e in await browser.room.desk.store.events("incident:1") if e.data.get("note") == "attachment"]
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((("a.svg", b"<svg onload=alert(1)>" * 9),), "不是可收的类型"),
        ((("a.exe", b"MZ" + bytes(900)),), "不是可收的类型"),
        ((("a.png", PNG[:9] + bytes(20 << 20)),), "超过20MB"),
        (tuple((f"{n}.png", PNG[:100]) for n in range(11)), "最多10个文件"),
        ((("现场.png", b""),), "“现场.png”是空文件"),
    ],
    ids=["script", "program", "too large", "too many", "empty"],
)
async def test_what_is_not_fit_is_refused_whole(browser: Browser, files: tuple[tuple[str, bytes], ...], said: str) -> None:
    status, _, page = await browser.send("大湾村滑坡 4人被埋", *files)
    assert status == 400
    assert said in page
    assert await browser.room.desk.store.incidents() == []


async def test_a_form_of_another_page_is_refused(browser: Browser) -> None:
    status, _, page = await browser.send("大湾村滑坡 4人被埋", ("a.png", PNG), hidden={"csrf": "x", "key": "y"})
    assert status == 403
    assert "页面已过期" in page


async def test_secret_marks_keep_nothing(browser: Browser) -> None:
    _, path, page = await browser.send("绝密 大湾村滑坡", ("现场.png", PNG))
    assert path == "/report"
    assert "未留存" in page
    assert await browser.room.desk.store.loose_attachments(browser.room.duty.duty_officer, at("00:00")) == []


async def test_a_file_with_a_secret_mark_in_its_name_is_not_kept(browser: Browser) -> None:
    _, path, page = await browser.send("大湾村滑坡 4人被埋", ("机密通报.png", PNG))
    assert (path, "未留存" in page) == ("/report", True)
    assert await browser.room.desk.store.loose_attachments(browser.room.duty.duty_officer, at("00:00")) == []


async def test_a_viewer_has_no_form(browser: Browser) -> None:
    other = Browser(browser.room)
    await other.sign_in("fangyuan")
    assert (await other.get("/report"))[0] == 403
    await other.session.close()


async def test_a_file_is_served_with_its_own_matter_only_and_runs_nothing(browser: Browser) -> None:
    await browser.send("大湾村滑坡 4人被埋", ("a.png", PNG))
    (row,) = await browser.room.desk.store.attachments_of(1)
    assert (await browser.get(f"/incident/2/file/{row.id}"))[0] == 404
    async with browser.session.get(f"{browser.room.board}/incident/1/file/{row.id}") as answer:
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
