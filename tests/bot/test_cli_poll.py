"""`yqbot poll --once` as a timer runs it: the first round on a fresh folder already brings something."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import config
from bot.__main__ import main

DEMO = Path(config.__file__).parent / "demo"
ORDERS = "工单编号,标题,内容,受理时间\nG1,柳河镇自来水浑浊,自来水发黄有异味,2026-11-22 09:10\n"


def dropped(folder: Path, text: str) -> Path:
    """A folder with one file written a minute ago."""
    folder.mkdir()
    file = folder / "orders.csv"
    file.write_text(text, encoding="utf-8")
    long_ago = file.stat().st_mtime - 60
    os.utime(file, (long_ago, long_ago))
    return folder


def test_a_source_never_asked_is_asked_in_the_first_round_and_not_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    for file in DEMO.iterdir():
        (site / file.name).write_bytes(file.read_bytes())

    def round_of(folder: Path) -> dict[str, int]:
        (site / "sources.toml").write_text(
            f'[[source]]\nid = "drop"\nname = "工单目录"\nkind = "folder"\nurl = "file:{folder}"\n', encoding="utf-8"
        )
        assert main(["poll", "--once", "--config", str(site), "--data", str(tmp_path / "data")]) == 0
        return dict(json.loads(capsys.readouterr().out))

    first = round_of(dropped(tmp_path / "one", ORDERS))
    assert (first["polled"], first["sources"], first["new_items"], first["joined"]) == (1, 1, 1, 1)
    assert round_of(tmp_path / "one")["polled"] == 0
    assert round_of(dropped(tmp_path / "two", ORDERS.replace("G1", "G2")))["new_items"] == 1
