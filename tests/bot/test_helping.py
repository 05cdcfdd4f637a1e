"""帮助 names no word that would be refused for the role of who asks."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp

from tests.bot.desk_room import room
from tests.builders import at


async def test_papers_and_drills_are_named_only_to_who_may_ask_for_them(tmp_path: Path) -> None:
    async with room(tmp_path / "data", at("02:24")) as office:
        await office.landslide()
        liaison = next(o.userid for o in office.desk.settings.organisation.officers if o.roles == ("unit_liaison",))
        for asked in ("帮助", "帮助 1"):
            mine, other = await office.type(office.duty.duty_officer, asked), await office.type(liaison, asked)
            for word in ("报告", "台账", "演练"):
                assert word in mine
                assert word not in other
                assert "由值班员、带班领导或新闻办" in await office.type(liaison, f"{word} 1")
            assert "履职单" in other


async def test_of_the_rota_only_what_the_person_could_do_now_is_named(tmp_path: Path) -> None:
    """And what is not named would be refused."""
    async with room(tmp_path / "data", at("02:24")) as office:
        duty = office.duty.duty_officer
        liaison = next(o.userid for o in office.desk.settings.organisation.officers if o.roles == ("unit_liaison",))
        mine, other = await office.type(duty, "帮助"), await office.type(liaison, "帮助")
        for word in ("到岗", "换班", "交接"):
            assert word in mine
        assert "顶班" not in mine
        assert "不用顶班" in await office.type(duty, "顶班")
        for word in ("到岗", "顶班", "换班", "交接"):
            assert word not in other
        assert "值班表上没有您" in await office.type(liaison, "到岗")
        assert "没有您的班" in await office.type(liaison, f"换班 {office.desk.settings.organisation.officers[0].name}")


async def test_help_for_a_matter_ends_in_what_can_be_taken_back(tmp_path: Path) -> None:
    async with room(tmp_path / "data", at("02:24")) as office:
        await office.landslide()
        assert "撤回 1 原因" in await office.type(office.duty.duty_officer, "帮助 1")


async def test_an_officer_gets_a_code_for_a_computer_and_enters_with_it(tmp_path: Path) -> None:
    async with room(tmp_path / "data", at("02:24")) as office, aiohttp.ClientSession() as browser:
        officers = office.desk.settings.organisation.officers
        editor = next(o.userid for o in officers if o.board == "editor")
        said = await office.type(editor, "登录码")
        code = re.search(r"登录码 (\d{4} \d{4})，账号 ([\w.-]+)，", said)
        assert code is not None
        data = {"account": code[2], "code": code[1]}
        async with browser.post(f"{office.board}/login", data=data, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/")
        outside = next(o.userid for o in officers if not o.board)
        assert "没有总览权限" in await office.type(outside, "登录码")
