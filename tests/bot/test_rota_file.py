"""The rota from a workbook: rows become shifts, mistakes are told with their row, nothing is guessed."""

from __future__ import annotations

import io
import tomllib
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from bot.__main__ import main
from bot.configuration import DEMO
from bot.rota_file import read_rota
from tests.builders import settings

ORG = settings().organisation
HEAD = ["日期", "班次", "开始时间", "结束时间", "值班人员", "副班", "带班领导"]


def book(*rows: list[object], head: list[str] | None = None) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.append(["十一月值班表"])
    sheet.append(head or HEAD)
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_a_month_of_rows_becomes_shifts_of_the_organisation() -> None:
    found = read_rota(
        book(
            [date(2026, 11, 23), "白班", time(8, 0), time(20, 0), "彭海", "", "高琳"],
            [datetime(2026, 11, 23), "夜班", "20:00", "08:00", "luhan", "彭海", "gaolin"],
            [None, None, None, None, None, None, None],
            ["2026年11月24日", "白班", "8：00", "20:00", "彭海", None, "高琳"],
        ),
        ORG,
    )
    assert found.problems == ()
    shifts = tomllib.loads(found.toml)["shift"]
    assert found.count == len(shifts) == 3
    assert shifts[0] == {
        "name": "白班",
        "date": "2026-11-23",
        "start": "08:00",
        "end": "20:00",
        "duty_officer": "penghai",
        "duty_leader": "gaolin",
    }
    assert shifts[1]["deputy_duty"] == "penghai"
    assert shifts[2]["date"] == "2026-11-24"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (["2026-11-23", "白班", "08:00", "20:00", "张无名", "", "高琳"], "第3行：名册里没有“张无名”"),
        (["2026-11-23", "白班", "08:00", "20:00", "", "", "高琳"], "第3行：没有写人"),
        (["十一月", "白班", "08:00", "20:00", "彭海", "", "高琳"], "第3行：日期读不出来"),
        (["2026-11-23", "白班", "八点", "20:00", "彭海", "", "高琳"], "第3行：开始读不出来"),
        (["2026-13-40", "白班", "08:00", "20:00", "彭海", "", "高琳"], "第3行：日期读不出来"),
        (["2026-11-23", "白班", "08:00", "25:00", "彭海", "", "高琳"], "第3行：结束读不出来"),
    ],
)
def test_a_mistake_is_told_with_its_row_and_not_guessed(row: list[object], expected: str) -> None:
    found = read_rota(book(row), ORG)
    assert found.count == 0
    assert found.problems[0].startswith(expected)


def test_a_table_without_headings_says_which_are_needed() -> None:
    found = read_rota(book(["x"], head=["甲", "乙"]), ORG)
    assert found.problems == ("没有找到表头，表头须有：日期、开始、结束、值班员、带班。",)


def test_what_is_no_workbook_is_said_so() -> None:
    assert "不是能读的 XLSX" in read_rota(b"not a workbook", ORG).problems[0]


def test_the_command_prints_shifts_or_only_the_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rota.xlsx"
    file.write_bytes(book(["2026-11-23", "白班", "08:00", "20:00", "彭海", "", "高琳"]))
    assert main(["import", "rota", str(file), "--config", str(DEMO)]) == 0
    assert 'duty_officer = "penghai"' in capsys.readouterr().out
    file.write_bytes(book(["2026-11-23", "白班", "08:00", "20:00", "张无名", "", "高琳"]))
    assert main(["import", "rota", str(file), "--config", str(DEMO)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "第3行" in said.err
