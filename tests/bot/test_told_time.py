"""Times as tired people write them: a word that moves the time is never dropped, what is no time is none."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from bot.fields import CommandError, read_time, release_fields, report_up_fields, start_fields
from tests.builders import settings

BEIJING = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 26, 20, 37, tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("said", "at", "rest"),
    [
        ("02:10 接警", "11-26 02:10", "接警"),
        ("22:10", "11-25 22:10", ""),
        ("23点半", "11-25 23:30", ""),
        ("昨天23点半 接警记录", "11-25 23:30", "接警记录"),
        ("昨天10点", "11-25 10:00", ""),
        ("前天下午三点", "11-24 15:00", ""),
        ("今天凌晨两点十分", "11-26 02:10", ""),
        ("2时05分", "11-26 02:05", ""),
        ("3点5分", "11-26 03:05", ""),
        ("八点一刻", "11-26 08:15", ""),
        ("下午3点", "11-26 15:00", ""),
        ("晚上8点左右", "11-26 20:00", "左右"),
        ("晚上12点", "11-26 00:00", ""),
        ("昨晚11点半", "11-25 23:30", ""),
        ("昨晚2点", "11-26 02:00", ""),
        ("凌晨12点20", "11-26 00:20", ""),
        ("今天中午1点", "11-26 13:00", ""),
        ("夜里2点", "11-26 02:00", ""),
        ("零点二十", "11-26 00:20", ""),
        ("22日8时05分", "11-22 08:05", ""),
        ("28日8时", "10-28 08:00", ""),
        ("11-22 04:35", "11-22 04:35", ""),
        ("11月22日凌晨2点10分", "11-22 02:10", ""),
    ],
)
def test_a_time_is_read_whole(said: str, at: str, rest: str) -> None:
    found, left = read_time(said, NOW)
    assert found is not None
    assert (f"{found.astimezone(BEIJING):%m-%d %H:%M}", left) == (at, rest)


@pytest.mark.parametrize("said", ["强调三点要求", "提出3点意见", "时限已到", "十点建议", "比例3:2", "电话1380000"])
def test_what_is_no_time_is_none(said: str) -> None:
    assert read_time(said, NOW) == (None, said)


@pytest.mark.parametrize("said", ["88:99", "25点", "下午13:70", "31日99点"])
def test_an_impossible_time_is_asked_back(said: str) -> None:
    with pytest.raises(CommandError, match="写得不对"):
        read_time(said, NOW)


def test_the_start_of_a_clock_keeps_the_half_hour_and_the_day() -> None:
    fields = start_fields("昨天23点半 接警记录", settings(), NOW)
    assert fields["value"] == datetime(2026, 11, 25, 23, 30, tzinfo=BEIJING)
    assert fields["evidence"] == "接警记录"


HELD = release_fields("press_conference")


@pytest.mark.parametrize("said", ["21:30 县政府二楼", "23点半 县政府二楼", "晚上10点 县政府二楼"])
def test_a_conference_of_this_evening_is_not_registered_as_one_of_yesterday(said: str) -> None:
    with pytest.raises(CommandError, match="还没到，没有登记"):
        HELD(said, settings(), NOW)


@pytest.mark.parametrize(
    ("said", "at"),
    [("昨天21:30 县政府", "11-25 21:30"), ("11-25 21:30 县政府", "11-25 21:30"), ("20:30 县政府", "11-26 20:30")],
)
def test_what_was_held_is_registered_at_its_own_hour(said: str, at: str) -> None:
    found = HELD(said, settings(), NOW)["at"]
    assert isinstance(found, datetime)
    assert f"{found.astimezone(BEIJING):%m-%d %H:%M}" == at


def test_after_midnight_an_hour_before_it_is_of_the_day_that_has_just_ended() -> None:
    found = report_up_fields("23:50 市局小王", settings(), datetime(2026, 11, 26, 0, 20, tzinfo=BEIJING))["at"]
    assert isinstance(found, datetime)
    assert f"{found.astimezone(BEIJING):%m-%d %H:%M}" == "11-25 23:50"


@pytest.mark.parametrize("said", ["https://lx.example.gov.cn/1.html 昨天", "昨晚已在县电视台播出"])
def test_a_day_without_an_hour_is_asked_back_and_not_taken_for_now(said: str) -> None:
    with pytest.raises(CommandError, match="几点"):
        release_fields("online_reply")(said, settings(), NOW)


def test_a_day_named_in_the_whole_text_of_a_release_is_the_text_s_own() -> None:
    said = "情况通报：昨天我县石坪镇发生山体滑坡，县委县政府立即组织力量开展救援，受威胁群众已全部转移安置，下一步将继续核实情况并及时发布，请以官方发布为准。"
    assert "at" not in release_fields("authoritative_info")(said, settings(), NOW)
