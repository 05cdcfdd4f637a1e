"""What goes wrong under a page is told as a page, in Chinese; hostile texts and forms do nothing but be refused."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.board import detail
from bot.store import StoreError
from bot.store.port import StepRow
from config.schema import Settings
from tests.bot.board.conftest import Site
from tests.bot.matter import at, land_money, landslide_night

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/nothing", 404, "没有这个页面"),
        ("GET", "/incident/12/act", 405, "不能直接打开"),
        ("GET", "/incident/9999999", 404, "没有这个页面"),
        ("GET", "/static/..%2f..%2faccess.py", 404, "没有这个页面"),
        ("GET", "/static/%2e%2e/access.py", 404, "没有这个页面"),
        ("GET", "/source/..%2f..%2fetc%2fpasswd", 404, "没有这个来源"),
    ],
)
async def test_a_wrong_address_is_a_chinese_page(night: Site, method: str, path: str, status: int, said: str) -> None:
    await night.sign_in("chenjing")
    async with night.client.request(method, path, headers=BROWSER) as answer:
        body = await answer.text()
    assert answer.status == status
    assert said in body
    assert "<!doctype html>" in body
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")


async def test_a_form_that_is_too_large_is_told_and_changes_nothing(night: Site) -> None:
    await night.sign_in("chenjing")
    before = len(await night.store.events("incident:12"))
    body = io.BytesIO(f"csrf={await night.csrf()}&form=note&text={'x' * 2_000_000}".encode())
    headers = {**BROWSER, "Content-Type": "application/x-www-form-urlencoded"}
    async with night.client.post("/incident/12/act", data=body, headers=headers) as answer:
        assert answer.status == 413
        assert "提交的内容过大" in await answer.text()
    assert len(await night.store.events("incident:12")) == before


async def test_a_page_that_fails_says_so_and_the_next_one_works(night: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await night.sign_in("chenjing")

    async def fails(*args: object, **options: object) -> None:
        raise ZeroDivisionError

    async def full(*args: object, **options: object) -> None:
        raise StoreError("磁盘已满，请清理磁盘。")

    for broken, status, said in ((fails, 500, "时限和提醒不受影响"), (full, 503, "磁盘已满，请清理磁盘。")):
        with monkeypatch.context() as patched:
            patched.setattr(type(night.store), "problems", broken)
            async with night.client.get("/problems", headers=BROWSER) as answer:
                assert answer.status == status
                assert said in await answer.text()
    await night.text("/problems")


async def test_other_callers_keep_the_plain_answers(night: Site) -> None:
    async with night.client.get("/nothing", headers={"Accept": "application/json"}) as answer:
        assert answer.status == 404
        assert "<html" not in await answer.text()


async def test_markup_in_titles_sources_and_search_is_shown_as_text(night: Site, rules: Settings) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
    m = land_money(rules)
    m.incident = replace(
        m.incident, title=evil, members=tuple(replace(x, title=evil, url="javascript:alert(3)") for x in m.incident.members)
    )
    await m.save(night.store)
    await night.sign_in("chenjing")
    for path in ("/", f"/incident/{m.incident.number}", f"/search?q={evil}"):
        body = await night.text(path)
        assert "<script>alert" not in body
        assert "<img src=x" not in body
        assert 'href="javascript:' not in body
        assert "&lt;script&gt;alert(1)" in body


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_signing_in_leads_nowhere_but_to_the_board(site: Site, onward: str) -> None:
    link = await site.link("chenjing")
    async with site.client.get(f"{link}&next={onward}", allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/"


def test_reminders_of_one_instant_are_one_line_naming_everyone(rules: Settings) -> None:
    m = landslide_night(rules)
    clock = m.incident.clocks[0].id

    def step(n: int, role: str, minutes: int) -> StepRow:
        when = at("08:00") + timedelta(minutes=minutes)
        return StepRow(
            key=f"k{n}",
            incident=12,
            clock_id=clock,
            clock_code="x",
            code="last",
            role=role,
            card="last",
            due_at=at("09:00"),
            fire_at=when,
            plan_version=1,
            state="pending",
        )

    steps = [step(1, "duty_officer", 0), step(2, "unit_head", 0), step(3, "unit_head", 0), step(4, "duty_leader", 5)]
    lines = detail.coming_steps(steps, m.incident)
    assert [x.role for x in lines] == ["值班员、单位负责人", "带班领导"]
