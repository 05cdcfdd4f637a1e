"""The command line towards people: Chinese throughout, no traceback, nothing made by a command that only reads."""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from bot.__main__ import COMMANDS, main
from bot.cli_words import Parser, said
from config.oserror import why


def usage_error(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(argv)
    assert stopped.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ((), "缺少：命令"),
        (("frobnicate",), "命令 没有“frobnicate”，可用：demo、run"),
        (("report", "review", "abc", "-o", "x"), "编号 应为整数，现为“abc”"),
        (("report", "review"), "缺少：编号, -o/--output"),
        (("report", "review", "1", "--format", "odt", "-o", "x"), "--format 没有“odt”，可用：md、html、docx"),
        (("demo", "--speed", "-1"), "--speed 应为大于0的数字，现为“-1”"),
        (("demo", "--speed"), "--speed 后面要写一个值"),
        (("demo", "--speed", "nan"), "--speed 应为大于0的数字"),
        (("emulator", "--port", "99999"), "--port 应为0到65535的端口号，现为“99999”"),
        (("verify", "那边"), "不认识：那边"),
        (("demo", "--s", "1"), "--s 有几种可能：--speed, --story, --seed，请写全"),
    ],
)
def test_wrong_usage_is_told_in_chinese_and_ends_with_2(
    capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], expected: str
) -> None:
    err = usage_error(capsys, *argv)
    assert expected in err
    assert "用法：yqbot" in err
    assert not any(english in err for english in ("usage:", "argument ", "invalid", "required"))


@pytest.mark.parametrize(
    "command", [(c,) for c in COMMANDS if c != "report"] + [("report", k) for k in ("review", "annual", "quality")]
)
def test_every_command_takes_a_configuration_and_a_data_folder(
    capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit):
        main([*command, "--help"])
    out = capsys.readouterr().out
    assert "--config 目录" in out
    assert "--data 目录" in out


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_every_help_page_is_chinese(capsys: pytest.CaptureFixture[str], command: str | None) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"] if command else ["--help"])
    assert stopped.value.code == 0
    out = capsys.readouterr().out
    assert "用法：" in out
    assert "选项：" in out
    assert not any(english in out for english in ("usage", "positional", "options", "show this", "FILE", "DIR", "MODEL"))


def test_the_overview_says_of_each_command_what_its_own_file_says() -> None:
    for name, (module, about) in COMMANDS.items():
        sub = Parser().add_subparsers()
        import_module(module).add_parser(sub)
        assert [choice.help for choice in sub._choices_actions if choice.dest == name] == [about]


def test_the_overview_loads_no_command() -> None:
    code = "import sys; from bot.__main__ import build; build([]); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {module for module, _ in COMMANDS.values()} & set(loaded)
    assert "pydantic" not in loaded


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith("yqbot ")


def test_wording_of_newer_pythons_is_understood_too() -> None:
    assert said("argument 命令: invalid choice: 'x' (choose from a, b)") == "命令 没有“x”，可用：a、b"
    assert said("something nobody foresaw") == "something nobody foresaw"


def test_two_options_that_exclude_each_other_are_named() -> None:
    parser = Parser(prog="x")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--a", action="store_true")
    group.add_argument("--b", action="store_true")
    with pytest.raises(SystemExit):
        parser.parse_args(["--a", "--b"])
    assert isinstance(parser, argparse.ArgumentParser)


READERS = [
    ["report", "review", "1", "-o", "x.html"],
    ["report", "ledger", "-o", "x.xlsx"],
    ["report", "quality"],
    ["train", "router", "--record", "-o", "m"],
    ["verify"],
    ["backup", "x.bak"],
    ["export", "out"],
    ["erase", "1", "--reason", "本人申请", "--by", "nobody"],
    ["load", "no-export"],
]


@pytest.mark.parametrize("argv", READERS, ids=lambda a: " ".join(a[:2]))
def test_without_a_data_folder_one_sentence_is_said_and_nothing_is_made(
    argv: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("YQBOT_DATA", raising=False)
    monkeypatch.delenv("YQBOT_CONFIG", raising=False)
    assert main(argv) == 1
    err = capsys.readouterr().err
    told = "目录no-export不是完整的导出" if argv[0] == "load" else "没有数据目录 data，请用 --data 或 YQBOT_DATA 指明"
    assert err.startswith(told)
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "argv",
    [["replay", "nofile"], ["parse", "nofile"], ["import", "items", "nofile"], ["train", "sentiment", "nofile", "-o", "m"]],
    ids=lambda a: a[0],
)
def test_a_file_that_is_not_there_is_told_in_chinese(
    argv: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 1
    err = capsys.readouterr().err
    assert "nofile" in err
    assert "文件或目录不存在" in err
    assert "No such file" not in err


def test_a_reason_without_a_word_of_ours_stays_the_systems_own() -> None:
    assert why(PermissionError(13, "Permission denied")) == "没有权限"
    assert why(OSError(71, "Protocol error")) == "Protocol error"
    assert why(OSError()) == "读写出错"


@pytest.mark.parametrize(
    "argv",
    [
        ["replay", "bytes"],
        ["import", "items", "bytes"],
        ["import", "rota", "bytes"],
        ["restore", "bytes"],
        ["demo", "--headless", "--story", "bytes"],
        ["emulator", "--corp", "bytes"],
    ],
)
def test_a_file_of_another_kind_is_told_in_chinese(
    argv: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00\xf6 not this")
    assert main(argv) == 1
    err = capsys.readouterr().err
    assert err
    assert not any(english in err for english in ("codec", "Expecting", "Invalid", "Traceback"))


def test_a_line_of_history_that_is_wrong_is_named_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text, expected in (
        ("{", "不是 JSON"),
        ('{"t": "2026-11-22T02:24:00+08:00"}', "缺少 title"),
        ('{"t": "x", "title": "y"}', "内容不对"),
    ):
        (tmp_path / "f").write_text(text, encoding="utf-8")
        assert main(["import", "items", str(tmp_path / "f"), "--data", str(tmp_path / "d")]) == 1
        assert f"第1行读不了（{expected}）" in capsys.readouterr().err
        assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("argv", [["verify"], ["doctor"], ["report", "quality"], ["backup", "b"]], ids=lambda a: a[0])
def test_a_data_folder_that_cannot_be_looked_into_is_told_and_stops_no_other_check(
    argv: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*argv, "--data", "长" * 200]) == 1
    told = capsys.readouterr()
    assert "（名称太长）" in told.err + told.out
    assert ("[正常] 时钟" in told.out) == (argv == ["doctor"])
