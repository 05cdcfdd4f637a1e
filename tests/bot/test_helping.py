"""帮助 names no word that would be refused for the role of who asks."""

from __future__ import annotations

from pathlib import Path

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
