"""What stands after the number of a typed command, as the fields of its action."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.fields import CommandError, return_fields
from config.load import load
from tests.bot.desk_room import room
from tests.builders import at

NOW = datetime(2026, 3, 3, tzinfo=UTC)
SETTINGS = load((), {})


@pytest.mark.parametrize(
    ("typed", "reason", "basis", "suggested"),
    [
        ("不归我局", "不归我局", "", ""),
        ("不归我局；三定方案；农业农村局", "不归我局", "三定方案", "农业农村局"),
        ("理由：不归我局；依据三定方案；建议农业农村局", "不归我局", "三定方案", "农业农村局"),
        ("建议由镇里答复；依据：协议第六条；建议单位：石坪镇", "建议由镇里答复", "协议第六条", "石坪镇"),
    ],
    ids=["reason only", "by place", "with the words of the card", "the reason is a proposal"],
)
def test_a_return_keeps_each_part_without_its_label(typed: str, reason: str, basis: str, suggested: str) -> None:
    assert return_fields(typed, SETTINGS, NOW) == {"reason": reason, "basis": basis, "suggested": suggested}


def test_a_return_needs_a_reason() -> None:
    with pytest.raises(CommandError, match="退回要写理由"):
        return_fields("理由：", SETTINGS, NOW)


async def test_a_signature_of_tomorrow_is_not_entered_today(tmp_path: Path) -> None:
    async with room(tmp_path / "data", at("09:00")) as office:
        await office.landslide()
        said = await office.type("chenjing", "审定 1 何平 11-23 09:00")
        assert "填的时间还没到" in said
        assert not (await office.incident()).attestations


async def test_a_result_in_other_words_is_asked_for_with_buttons_and_keeps_the_words(tmp_path: Path) -> None:
    async with room(tmp_path / "data", at("09:00")) as office:
        await office.landslide()
        duty = office.duty.duty_officer
        assert await office.type(duty, "核实 1 水库管理所说正常") == ""
        await office.press(duty, "不实")
        (found,) = (await office.incident()).verifications
        assert (found.result, found.source) == ("false", "水库管理所说正常")


async def test_a_category_that_does_not_exist_is_answered_with_the_nearest(tmp_path: Path) -> None:
    async with room(tmp_path / "data", at("09:00")) as office:
        await office.landslide()
        duty = office.duty.duty_officer
        assert await office.type(duty, "归类 1 食物中毒") == ""
        await office.press(duty, "食品安全事故")
        assert (await office.incident()).category == "food_safety"
        assert (await office.type(duty, "归类 1 一二三")).startswith("没有这个类别。可用：")
