"""值班 on the board: who is on now with a telephone, who comes, where nobody does; the month's ledger as a file."""

from __future__ import annotations

import io
from dataclasses import replace

from docx import Document
from openpyxl import load_workbook

from bot.board.rota import view
from config.schema import Settings
from playbooks.rota import Cover, duty
from tests.bot.board.conftest import Site
from tests.bot.matter import at


async def test_the_page_names_the_shift_and_the_coming_week(night: Site, rules: Settings) -> None:
    await night.sign_in("chenjing")
    body = await night.text("/rota")
    on = duty(rules.organisation, at("08:06"))
    officer = rules.organisation.officer(on.duty_officer)
    assert officer is not None
    assert officer.name in body
    assert f'href="tel:{officer.phone}"' in body
    assert "没有排班" not in body
    assert body.count("夜班") >= 7


def test_somebody_in_anothers_place_is_marked_and_holes_are_named(rules: Settings) -> None:
    org, now = rules.organisation, at("08:06")
    cover = Cover(role="duty_officer", userid="chenjing", start=at("08:00"), end=at("09:00"))
    page = view(org, duty(org, now, (cover,)), now)
    planned = org.officer(duty(org, now).duty_officer)
    assert planned is not None
    assert (page.people[0].name, page.people[0].planned) == ("陈静", planned.name)
    assert page.people[1].planned == ""
    assert page.holes == ()
    bare = replace(org, shifts=())
    empty = view(bare, duty(bare, now), now)
    assert [x.name for x in empty.people] == ["无人"] * 3
    assert len(empty.holes) == 1


async def test_the_ledger_of_a_month_comes_as_a_workbook(night: Site) -> None:
    await night.sign_in("chenjing")
    async with night.client.get("/ledger/2026-11.xlsx") as answer:
        assert answer.status == 200
        assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]
        sheet = load_workbook(io.BytesIO(await answer.read())).worksheets[0]
    assert any("大湾村" in str(c.value) for row in sheet.iter_rows() for c in row)
    assert "不是月份" in await night.text("/ledger/2026-13.xlsx", 404)


async def test_strangers_see_neither(site: Site) -> None:
    await site.text("/rota", 401)
    await site.text("/ledger/2026-11.xlsx", 401)


async def test_the_periodic_papers_are_listed_shown_and_saved(night: Site) -> None:
    await night.sign_in("chenjing")
    body = await night.text("/rota")
    for path in ("brief/2026-11-22", "weekly/2026-11-16", "weekly/2026-11-09", "monthly/2026-10", "annual/2026"):
        assert f'href="/period/{path}.html"' in body
        await night.text(f"/period/{path}.html")
    assert "鹿溪县人民政府政务舆情月报（2026年11月）" in await night.text("/period/monthly/2026-11.html")
    async with night.client.get("/period/weekly/2026-11-16.docx") as answer:
        assert answer.status == 200
        assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]
        texts = [p.text for p in Document(io.BytesIO(await answer.read())).paragraphs]
    assert any("立案1件" in t for t in texts)
    assert "还没有到" in await night.text("/period/brief/2026-12-01.html", 404)
    await night.text("/period/hourly/2026-11-22.html", 404)


async def test_strangers_get_no_paper(site: Site) -> None:
    await site.text("/period/brief/2026-11-22.html", 401)
