"""Nobody sees the board without signing in; a link works once; viewers only look."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.clock import wall

PATHS = (
    "/",
    "/leads",
    "/closed",
    "/sources",
    "/problems",
    "/incident/12",
    "/incident/12/review.html",
    "/events",
    "/?part=live",
)


@pytest.mark.parametrize("path", PATHS)
async def test_strangers_get_401_and_no_word_of_any_incident(night, path):
    text = await night.text(path, status=401)
    assert "大湾村" not in text
    assert "登录链接" in text


async def test_a_link_signs_in_once(night):
    link = await night.link("chenjing")
    async with night.client.get(link, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert f"Max-Age={12 * 3600}" in cookie
    assert "大湾村" in await night.text("/")
    night.client.session.cookie_jar.clear()
    assert "已用过" in await night.text(link, status=401)


@pytest.mark.parametrize("token", ["", "no-such-token", "' or 1=1 --"], ids=["none", "unknown", "quote"])
async def test_a_wrong_token_opens_nothing(night, token):
    async with night.client.get("/login", params={"token": token}) as answer:
        assert answer.status == 401
        assert "Set-Cookie" not in answer.headers


async def test_an_expired_link_opens_nothing(night):
    await night.store.add_login("old", "chenjing", wall() - timedelta(minutes=1))
    await night.text("/login?token=old", status=401)


async def test_a_session_ends_after_its_time(night):
    await night.store.add_login("t", "chenjing", wall() + timedelta(hours=1))
    await night.store.use_login("t", "ended", wall(), wall() - timedelta(seconds=1))
    night.client.session.cookie_jar.update_cookies({"yqbot_session": "ended"}, night.client.make_url("/"))
    await night.text("/", status=401)


async def test_officers_without_a_board_role_are_refused(night):
    assert "没有总览权限" in await night.text(await night.link("liqiang"), status=403)


async def test_a_viewer_sees_no_forms_and_cannot_post(night):
    await night.sign_in("shenruo")
    page = await night.text("/incident/12")
    assert "大湾村" in page
    assert "/act" not in page
    session = next(c.value for c in night.client.session.cookie_jar if c.key == "yqbot_session")
    import hashlib
    import hmac

    token = hmac.new(session.encode(), b"board-form", hashlib.sha256).hexdigest()
    data = {"csrf": token, "form": "note", "word": "口径", "text": "试"}
    async with night.client.post("/incident/12/act", data=data) as answer:
        assert answer.status == 403
        assert "只有查看权限" in await answer.text()


@pytest.mark.parametrize("token", [None, "", "0" * 64], ids=["missing", "empty", "foreign"])
async def test_a_form_without_its_token_changes_nothing(night, token):
    await night.sign_in("chenjing")
    before = await night.store.incident(12)
    data = {"form": "note", "word": "口径", "text": "伪造"} | ({} if token is None else {"csrf": token})
    async with night.client.post("/incident/12/act", data=data) as answer:
        assert answer.status == 403
    assert await night.store.incident(12) == before


async def test_a_copied_cookie_is_worth_nothing_after_signing_out(night):
    await night.sign_in("chenjing")
    jar = night.client.session.cookie_jar
    copied = jar.filter_cookies(night.client.make_url("/"))["yqbot_session"].value
    async with night.client.post("/logout", allow_redirects=False) as answer:
        assert answer.status == 303
    jar.update_cookies({"yqbot_session": copied}, night.client.make_url("/"))
    await night.text("/", status=401)
    assert await night.store.session_officer(copied, wall()) is None


async def test_signing_out_forgets_the_cookie(night):
    await night.sign_in("chenjing")
    async with night.client.post("/logout", allow_redirects=False) as answer:
        assert answer.status == 303
    await night.text("/", status=401)


@pytest.mark.parametrize("path", ["/", "/incident/12", "/login", "/static/board.js", "/incident/99"])
async def test_every_answer_carries_the_security_headers(night, path):
    await night.sign_in("chenjing")
    async with night.client.get(path) as answer:
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
