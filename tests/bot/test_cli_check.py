"""`yqbot check` as a person runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

import config
from bot.__main__ import main

DEMO = Path(config.__file__).parent / "demo"


def test_sound_settings_exit_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(DEMO)]) == 0
    out = capsys.readouterr()
    assert "错误0处" in out.out
    assert out.err == ""


def test_mistakes_exit_1_with_number_place_and_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for file in DEMO.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    organisation = tmp_path / "organisation.toml"
    text = organisation.read_text(encoding="utf-8")
    organisation.write_text(text.replace('arbiter = "zfb"', 'arbiter = "nobody"'), encoding="utf-8")
    assert main(["check", "--config", str(tmp_path)]) == 1
    out = capsys.readouterr()
    assert f"Y307 错误 {tmp_path.name}/organisation.toml:12 organisation 的 arbiter\n  问题：" in out.out
    assert "  改法：请改为单位代码。" in out.out
    assert "错误1处" in out.err


def test_mistakes_inside_files_and_warnings_come_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bot.toml").write_text('[bot]\nlistne = "x"\n[bto]\n', encoding="utf-8")
    (tmp_path / "notes.toml").write_text("", encoding="utf-8")
    assert main(["check", "--config", str(tmp_path)]) == 1
    out = capsys.readouterr()
    assert [line.split()[0] for line in out.out.splitlines() if line.startswith("Y")] == ["Y004", "Y003", "Y002"]
    assert "改正后请再检查一次" in out.err


COUNTY = """
[organisation]
name = "青禾县人民政府"
short = "青禾县"
level = "county"
press_office = "xcb"
command = "xcb"
arbiter = "xcb"

[[unit]]
code = "xcb"
name = "青禾县委宣传部"
kind = "press"
duty_phone = "0000-1000001"

[[officer]]
userid = "jia"
name = "甲一"
unit = "xcb"
roles = ["duty_officer", "press_office", "unit_liaison", "unit_head", "admin"]
phone = "0000-1000002"

[[officer]]
userid = "yi"
name = "乙二"
unit = "xcb"
roles = ["duty_leader", "deputy_in_charge", "principal", "arbiter", "approver"]
phone = "0000-1000003"
"""


def test_a_first_organisation_without_a_rota_is_told_each_cause_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "organisation.toml").write_text(COUNTY, encoding="utf-8")
    assert main(["check", "--config", str(tmp_path)]) == 1
    out = capsys.readouterr()
    told = [line.split()[0] for line in out.out.splitlines() if " 错误 " in line]
    assert told == ["Y208", "Y321"]
    assert 'days = ["每天"]' in out.out
    assert "code 写成 zfb" in out.out
    assert "仍能启动" in out.err


@pytest.mark.parametrize("line", ['listen = "127.0.0.1:99999"', 'listen = "8710"', 'zero_report_at = "8点"'])
def test_a_service_that_could_not_run_says_where_before_it_touches_the_data(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "bot.toml").write_text(f"[bot]\n{line}\n", encoding="utf-8")
    assert main(["run", "--config", str(tmp_path / "c"), "--data", str(tmp_path / "data")]) == 1
    err = capsys.readouterr().err
    assert "c/bot.toml:2" in err
    assert not (tmp_path / "data").exists()


def test_an_unfinished_holiday_table_is_told_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "holidays.toml").write_text("x = [1,\n", encoding="utf-8")
    assert main(["check", "--config", str(tmp_path)]) == 1
    assert "holidays.toml 节假日表\n  问题：不是正确的 TOML（末尾" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["run", "triage"])
def test_a_policy_nobody_can_read_is_one_sentence_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    for file in DEMO.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "policy.toml").write_text('list_at = 0.5\nalarm_at = "高"\n', encoding="utf-8")
    assert main(["check", "--config", str(tmp_path)]) == 1
    assert "不能启动" in capsys.readouterr().err
    assert main([command, "--config", str(tmp_path), "--data", str(tmp_path / "data")]) == 1
    assert f"{tmp_path.name}/policy.toml:2" in capsys.readouterr().err
