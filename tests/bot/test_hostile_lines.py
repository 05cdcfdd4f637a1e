"""What tired fingers type: nothing is taken for another number, dropped in silence or half done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.commands import parse, second_of
from bot.fields import CommandError, release_fields
from bot.headcount import figures_fields, stated
from tests.bot.desk_room import Room, room
from tests.builders import at, settings

NOW = at("03:00")
RULES = settings()


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path, NOW) as made:
        yield made


@pytest.mark.parametrize(
    "line", ["收到 １", "收到\u30001", "收到\u00a01", "收到1号", "\u200b收到 1", "\ufeff1号收到", "#1 收到"]
)
def test_the_ways_a_phone_writes_a_number_are_one(line: str) -> None:
    asked = parse(line)
    assert asked is not None
    assert (asked.command.action, asked.number) == ("acknowledge", 1)


@pytest.mark.parametrize("line", ["收到 -1", "收到 －１", "收到 1234567", "收到 999999999999999999999"])
def test_a_mistyped_number_is_never_the_only_open_matter(line: str) -> None:
    asked = parse(line)
    assert asked is not None
    assert asked.number in (0, 9_999_999)


def test_a_telephone_number_after_a_command_is_no_number_of_a_matter() -> None:
    asked = parse("已报带班 13000000000")
    assert asked is not None
    assert (asked.number, asked.rest) == (None, "13000000000")


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("遇难４ 失联七 指挥部", {"deaths": 4, "missing": 7}),
        ("遇难十一人、受伤二十三人", {"deaths": 11, "injured": 23}),
        ("三人死亡 2人受伤", {"deaths": 3, "injured": 2}),
        ("遇难4 受伤人数待核", {"deaths": 4}),
        ("遇难4 失联：待核", {"deaths": 4}),
        ("转移12000", {"evacuated": 12000}),
        ("遇难4人失联7人 指挥部", {"deaths": 4, "missing": 7}),
        ("遇难四人失联七人指挥部", {"deaths": 4, "missing": 7}),
        ("遇难 4人失联 7人", {"deaths": 4, "missing": 7}),
        ("4人遇难7人失联12人受伤", {"deaths": 4, "missing": 7, "injured": 12}),
        ("死亡人数4 失联人员7人", {"deaths": 4, "missing": 7}),
        ("遇难人数上升至11人，失联：2", {"deaths": 11, "missing": 2}),
        ("造成4名人员遇难、7名人员失联", {"deaths": 4, "missing": 7}),
        ("重伤3人 轻伤5人", {"injured": 8}),
        ("受伤8人，其中重伤3人", {"injured": 8}),
        ("被埋4人", {"trapped": 4}),
        ("死1伤1 交警", {"deaths": 1, "injured": 1}),
        ("2死3伤1人失联", {"deaths": 2, "injured": 3, "missing": 1}),
        ("一死两伤", {"deaths": 1, "injured": 2}),
        ("死3人伤5人", {"deaths": 3, "injured": 5}),
        ("遇难1 4人被掩埋", {"deaths": 1, "trapped": 4}),
        ("冲走6人 镇里报", {"missing": 6}),
        ("遇难1人，2人被卷走", {"deaths": 1, "missing": 2}),
    ],
)
def test_every_figure_of_a_line_is_registered(rest: str, expected: dict[str, int]) -> None:
    assert figures_fields(rest, RULES, NOW)["figures"] == expected


@pytest.mark.parametrize(
    "rest",
    [
        "遇难4 失联若干",
        "遇难4 失联-7",
        "遇难4 受伤 约莫",
        "遇难99999999 指挥部",
        "遇难",
        "",
        "死亡人数若干 失联3",
        "遇难4 遇难5",
        "3人被困2人被埋",
        "死1 伤若干",
    ],
)
def test_a_line_with_one_figure_that_is_not_understood_registers_none(rest: str) -> None:
    with pytest.raises(CommandError, match="人数"):
        figures_fields(rest, RULES, NOW)


def test_a_text_for_the_public_is_read_the_same_way() -> None:
    assert stated("滑坡已致遇难4人失联7人，另有2人死亡 3人受伤的说法不实") == {"deaths": 2, "missing": 7, "injured": 3}
    assert stated("有人死亡 2人受伤") == {"injured": 2}


def test_only_a_command_with_its_number_on_a_later_line_counts_as_a_second_one() -> None:
    for line, second in (
        ("收到 1\n核实 1 属实 民警", "核实 1 属实 民警"),
        ("收到 1\n谢谢", ""),
        ("收到 1\n核实情况随后报", ""),
        ("续报 1 核实 2 户\n核实 1 户", ""),
        ("体检 1 全文\n收到 1", ""),
    ):
        asked = parse(line)
        assert asked is not None
        assert second_of(line, asked) == second, line


async def test_two_commands_in_one_message_are_both_left_undone_and_said_so(night: Room) -> None:
    await night.landslide()
    before = await night.events()
    said = await night.type(night.duty.duty_officer, "收到 1\n核实 1 属实 现场民警")
    assert "一条消息只办一件事，这条都没有办" in said
    assert "核实 1 属实 现场民警" in said
    assert not {"acknowledged", "verified"} & set(await night.events())
    assert [e for e in await night.events() if e != "refused"] == before
    assert "没有0号事件" in await night.type(night.duty.duty_officer, "收到 -1")


@pytest.mark.parametrize(
    "rest", ["javascript:alert(1)", "www.luxi.gov.cn/a", "luxi.gov.cn", "https：//a.cn/1", "htps://a.cn/1 22:10"]
)
def test_half_an_address_stops_no_clock(rest: str) -> None:
    with pytest.raises(CommandError, match="网址请写全"):
        release_fields("authoritative_info")(rest, RULES, NOW)


@pytest.mark.parametrize(
    "rest", ["县电视台滚动字幕", "微博@鹿溪发布 02:10", "APP：鹿溪通", "发往 a@luxi.gov.cn", "https://a.cn/1 见 www.b.cn"]
)
def test_a_release_without_address_says_how_it_was_made(rest: str) -> None:
    assert release_fields("authoritative_info")(rest, RULES, NOW)["kind"] == "authoritative_info"
