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
