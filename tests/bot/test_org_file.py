"""Units and people from a workbook: TOML that the product reads, mistakes with their row, nothing guessed. Names are invented."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path

import openpyxl
import pytest

from bot.__main__ import main
from bot.configuration import DEFAULT, DEMO
from bot.org_file import read_org
from config.load import read
from config.routing import load_routing

COUNTY = load_routing("county", DEFAULT / "routing")
UNITS = [
    ["单位名称", "简称", "类别", "辖区", "值班电话"],
    ["青禾县自然资源局", "自然资源局", "", "", "0000-1000001"],
    ["青禾县委宣传部", "", "新闻办", "", "0000-1000002"],
    ["柳河镇人民政府", "柳河镇", "乡镇", "柳河镇", 1000003.0],
    [None, None, None, None, None],
]
PEOPLE = [
    ["姓名", "账号", "单位", "职务", "角色", "电话", "总览权限"],
    ['甲"一', "jia", "自然资源局", "办公室主任", "联络员、单位负责人", "0000-1000004", ""],
    ["乙二", "Yi.2", "青禾县委宣传部", "", "值班员 新闻办", "", "管理"],
]


def book(*sheets: list[list[object]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for n, rows in enumerate(sheets, 1):
        sheet = made.create_sheet(f"表{n}")
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@pytest.mark.parametrize("sheets", [(UNITS, PEOPLE), (UNITS + PEOPLE,)], ids=["two_sheets", "one_sheet"])
def test_units_and_people_become_toml_with_the_codes_of_the_routing_table(sheets: tuple[list[list[object]], ...]) -> None:
    found = read_org(book(*sheets), COUNTY)
    assert found.problems == []
    made = tomllib.loads("\n\n".join(found.blocks))
    assert [u["code"] for u in made["unit"]] == ["zrzyj", "xcb", "d3"]
    assert made["unit"][2] == {
        "code": "d3", "name": "柳河镇人民政府", "short": "柳河镇", "kind": "town", "territory": "柳河镇", "duty_phone": "1000003",
    }  # fmt: skip
    assert made["officer"][0] == {
        "userid": "jia", "name": '甲"一', "unit": "zrzyj", "title": "办公室主任", "phone": "0000-1000004",
        "roles": ["unit_liaison", "unit_head"],
    }  # fmt: skip
    assert made["officer"][1]["roles"] == ["duty_officer", "press_office"]
    assert made["officer"][1]["board"] == "admin"


@pytest.mark.parametrize(
    ("unit", "person", "said"),
    [
        (["", "某", "", "", "1"], [], "“表1”第6行：没有写单位名称"),
        (["青禾县教育局", "", "学校", "", ""], [], "不认识类别“学校”"),
        ([], ["丙", "bing", "林业局", "", "", "", ""], "“表2”第4行：单位表里没有“林业局”"),
        ([], ["丙", "丙三", "柳河镇", "", "", "", ""], "账号“丙三”写法不对"),
        ([], ["丙", "JIA", "柳河镇", "", "", "", ""], "账号 JIA 与前面的重复"),
        ([], ["丙", "bing", "柳河镇", "", "大王", "", ""], "不认识角色“大王”"),
        ([], ["丙", "bing", "柳河镇", "", "", "", "全部"], "不认识总览权限“全部”"),
        ([], ["", "bing", "柳河镇", "", "", "", ""], "没有写姓名"),
    ],
)
def test_a_mistake_is_told_with_sheet_and_row(unit: list[object], person: list[object], said: str) -> None:
    found = read_org(book([*UNITS, unit], [*PEOPLE, person]), COUNTY)
    assert len(found.problems) == 1
    assert said in found.problems[0]
    assert "请" in found.problems[0] or "可写" in found.problems[0]


def test_the_command_prints_what_check_accepts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "org.xlsx"
    file.write_bytes(book(UNITS, PEOPLE))
    assert main(["import", "org", str(file), "--config", str(DEMO)]) == 0
    out = capsys.readouterr()
    assert "单位3个、人员2名" in out.err
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "organisation.toml").write_text(out.out, encoding="utf-8")
    settings, problems = read([DEFAULT, tmp_path / "site"], {})
    assert [p.text for p in problems if p.is_error] == []
    assert settings is not None
    assert settings.organisation.units[0].name == "青禾县自然资源局"


@pytest.mark.parametrize("body", [b"nothing", book([["甲", "乙"]])], ids=["no_workbook", "no_table"])
def test_a_file_without_tables_is_one_sentence(tmp_path: Path, body: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x.xlsx"
    file.write_bytes(body)
    assert main(["import", "org", str(file), "--config", str(DEMO)]) == 1
    out = capsys.readouterr()
    assert (out.out, out.err.count("\n")) == ("", 1)
