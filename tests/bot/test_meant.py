"""What people type at three in the morning without a command: questions are answered, deeds asked about, reports left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.meant import deed, question, thanks
from tests.bot.desk_room import room
from tests.builders import at


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("谁值班", "值班"),
        ("今晚谁在值班？", "值班"),
        ("值班领导是谁", "值班"),
        ("2号怎么样了", "详情 2"),
        ("十二号进展如何", "详情 12"),
        ("怎么回事", "详情"),
        ("1号卡在谁那", "卡在 1"),
        ("谁还没签收", "卡在"),
        ("最急的是哪件", "查询"),
        ("还有几件没办", "查询"),
        ("在哪看原文", "详情"),
        ("这个怎么用", ""),
        ("怎么用", "帮助"),
    ],
)
def test_a_question_in_everyday_words_is_the_command_that_answers_it(line: str, command: str) -> None:
    assert question(line) == command


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("打电话给带班了", "已报带班"),
        ("2号已经打过电话给带班领导", "已报带班 2"),
        ("跟带班说过了", "已报带班"),
        ("遇难1失联3", "数字 遇难1失联3"),
        ("1号 遇难1人，失联3人", "数字 1 遇难1人，失联3人"),
        ("3人受伤", "数字 3人受伤"),
    ],
)
def test_a_deed_in_everyday_words_is_the_command_that_records_it(line: str, command: str) -> None:
    assert deed(line) == command


@pytest.mark.parametrize(
    "line",
    [
        "还没打电话给带班",
        "要不要报告带班",
        "石坪镇大湾村山体滑坡 4人被埋",
        "柳河桥塌了，有3人受伤，村民打电话给带班领导说的",
        "今天天气不错",
        "3号楼着火",
        "怎么回事，大湾村山塌了埋了人",
        "最急！柳河桥塌了有人落水",
        "怎么办",
    ],
)
def test_what_has_not_been_done_or_tells_of_something_is_neither(line: str) -> None:
    assert (question(line), deed(line)) == ("", "")


@pytest.mark.parametrize(("line", "is_it"), [("谢谢", True), ("辛苦了！", True), ("好的谢谢您", True), ("谢谢，已发布", False)])
def test_thanks_are_no_riddle(line: str, is_it: bool) -> None:
    assert thanks(line) is is_it


async def test_questions_are_answered_and_deeds_change_nothing_before_the_press(tmp_path: Path) -> None:
    async with room(tmp_path / "data", at("02:24")) as office:
        await office.landslide()
        duty = office.duty.duty_officer
        assert "值班员：" in await office.type(duty, "谁值班")
        assert "1号 【网传待核】石坪镇大湾村地质灾害" in await office.type(duty, "1号怎么样了")
        assert await office.type(duty, "打电话给带班了") == ""
        assert not (await office.incident()).leader_told
        await office.press(duty, "是，照办")
        assert (await office.incident()).leader_told
        assert "不客气" in await office.type(duty, "谢谢")
