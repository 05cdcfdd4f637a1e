"""The ledger of a month: the workbook a person opens, asked for on the phone and at the terminal."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from bot.commands import parse
from bot.reports.ledger import MATTERS, NoMonth, ledger, month_of, workbook
from config.schema import Settings
from tests.bot.desk_room import Room, room
from tests.bot.matter import land_money, landslide_night
from tests.builders import at, settings

NOW = at("20:00", day=25)


def rules() -> Settings:
    return settings()


def read(body: bytes, sheet: str = "台账") -> list[dict[str, object]]:
    """Rows below the head, by column."""
    rows = list(openpyxl.load_workbook(io.BytesIO(body))[sheet].iter_rows(min_row=3, values_only=True))
    return [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:]]


def test_each_matter_has_its_row_and_each_limit_its_line() -> None:
    slide, money = landslide_night(rules()).incident, land_money(rules()).incident
    body = workbook(ledger((slide, money), rules(), month_of("", NOW), NOW))
    found = {row["编号"]: row for row in read(body)}
    assert set(found) == {slide.number, money.number}
    row = found[slide.number]
    assert tuple(row) == tuple(c.head for c in MATTERS)
    assert row["等级"] == "重大"
    assert row["主责单位"] == "应急管理局"
    assert row["发现"] == datetime(2026, 11, 22, 2, 24)
    assert row["立案"] == datetime(2026, 11, 22, 2, 24)
    late = [c for c in read(body, "时限明细") if c["编号"] == slide.number and c["结论"] == "超时"]
    assert row["是否按时"] == f"超时{len(late)}项"
    assert late
    assert all(isinstance(c["应于"], datetime) and c["实际"] > c["应于"] for c in late)  # type: ignore[operator]
    assert str(late[0]["时限"]) in str(row["时限与完成"])


def test_drills_other_months_and_formulas_of_feeds_do_not_get_in() -> None:
    slide = landslide_night(rules()).incident
    evil = replace(slide, number=13, title="=HYPERLINK(1) 张三 13800001234")
    drill, old = replace(slide, number=14, drill=True), replace(slide, number=15, opened_at=at("02:24").replace(month=10))
    body = workbook(ledger((evil, drill, old), rules(), month_of("", NOW), NOW))
    (row,) = read(body)
    assert row["编号"] == 13
    cell = openpyxl.load_workbook(io.BytesIO(body))["台账"]["B4"]
    assert (cell.data_type, "13800001234" in str(cell.value)) == ("s", False)


def test_special_matters_stay_in_the_building_and_are_counted() -> None:
    slide, base = landslide_night(rules()).incident, rules()
    thin = replace(base, bot=replace(base.bot, thin_categories=(slide.category,)))
    month = month_of("", NOW)
    assert len(ledger((slide,), thin, month, NOW).matters) == 1
    leaving = ledger((slide,), thin, month, NOW, leaves=True)
    assert (leaving.matters, leaving.limits, leaving.withheld) == ((), (), 1)


@pytest.mark.parametrize(
    ("said", "year", "month"),
    [
        ("", 2026, 11),
        ("本月", 2026, 11),
        ("上月", 2026, 10),
        ("2026-11", 2026, 11),
        ("2025年12月", 2025, 12),
        ("12月", 2025, 12),
    ],
)
def test_the_month_is_understood(said: str, year: int, month: int) -> None:
    found = month_of(said, NOW)
    assert (found.year, found.month, found.day, found.hour) == (year, month, 1, 0)
    asked = parse(f"台账 {said}")
    assert asked is not None
    assert (asked.command.words[0], asked.number, asked.rest) == ("台账", None, said)


@pytest.mark.parametrize("said", ["2026-12", "13月", "大湾村", "2026-00"])
def test_what_is_no_month_is_said(said: str) -> None:
    with pytest.raises(NoMonth, match="2026-11"):
        month_of(said, NOW)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", at("02:24")) as made:
        await made.landslide()
        yield made


async def test_the_ledger_comes_to_the_phone_as_a_file(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.type(duty, "演练 开始 柳河桥垮塌 3人受伤")
    said = await office.type(duty, "台账 本月")
    assert "《舆情处置台账2026年11月.xlsx》正在发给您，1件" in said
    assert [m.msgtype for m in office.emulator.messages(duty)].count("file") == 1
    [media] = office.emulator.ledger_file.rows("select name from media")
    assert media["name"] == "舆情处置台账2026年11月.xlsx"
    assert "没有立案的事件" in await office.type(duty, "台账 2026-10")
    assert "不是月份" in await office.type(duty, "台账 大湾村")


async def test_who_only_signs_for_a_unit_gets_none(office: Room) -> None:
    liaison = next(o.userid for o in office.desk.settings.organisation.officers if o.roles == ("unit_liaison",))
    assert "值班员、带班领导或新闻办" in await office.type(liaison, "台账")
    assert "file" not in [m.msgtype for m in office.emulator.messages(liaison)]


def test_the_terminal_writes_it_whole_or_says_why(tmp_path: Path) -> None:
    def yqbot(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "bot", *args], capture_output=True, text=True, timeout=600, check=False)

    data, out = tmp_path / "data", tmp_path / "台账.xlsx"
    assert yqbot("demo", "--headless", "--until", "6h", "--data", str(data)).returncode == 0
    done = yqbot("report", "ledger", "--month", "2026-11", "--data", str(data), "-o", str(out))
    assert done.returncode == 0, done.stderr
    assert {row["是否按时"] for row in read(out.read_bytes())} <= {"按时", "未到期", "超时1项", "超时2项", "不适用"}
    assert any("大湾村" in str(row["地点"]) + str(row["名称"]) for row in read(out.read_bytes()))
    bad = yqbot("report", "ledger", "--month", "2031-01", "--data", str(data), "-o", str(tmp_path / "x.xlsx"))
    assert (bad.returncode, bad.stderr.count("\n"), (tmp_path / "x.xlsx").exists()) == (1, 1, False)
