"""A watched folder: files dropped into it are read once; unfinished and foreign ones wait or are named."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import VirtualClock, wall
from bot.folder import AT_ONCE, read_folder
from config.schema import Source
from tests.bot.sources_server import ask, poller_of, problems
from tests.builders import at

NOW = datetime(2026, 3, 3, tzinfo=UTC)
HEAD = "工单编号,标题\n"


@pytest.fixture
def box(tmp_path: Path) -> Path:
    made = tmp_path / "box"
    made.mkdir()
    return made


def drop(box: Path, name: str, text: str, *, age: float = 60) -> Path:
    """A file last written `age` seconds ago."""
    path = box / name
    path.write_text(text, encoding="utf-8")
    then = wall().timestamp() - age
    os.utime(path, (then, then))
    return path


def source(box: Path) -> Source:
    return Source(id="12345", name="12345热线", kind="folder", url=f"file:{box}", interval=300)


def test_each_file_is_read_once(box: Path) -> None:
    drop(box, "a.csv", HEAD + "1,停水\n2,停电\n")
    first = read_folder(box, source(box), "", NOW)
    assert [i.title for i in first.items] == ["停水", "停电"]
    assert read_folder(box, source(box), first.mark, NOW).items == ()
    drop(box, "b.csv", HEAD + "3,路灯不亮\n")
    assert [i.title for i in read_folder(box, source(box), first.mark, NOW).items] == ["路灯不亮"]


def test_a_file_that_is_written_over_is_read_again(box: Path) -> None:
    drop(box, "a.csv", HEAD + "1,停水\n")
    mark = read_folder(box, source(box), "", NOW).mark
    drop(box, "a.csv", HEAD + "1,停水\n2,停电\n", age=30)
    assert len(read_folder(box, source(box), mark, NOW).items) == 2


@pytest.mark.parametrize("name", [".a.csv", "~$a.xlsx", "a.pdf", "a.csv.part"])
def test_files_of_other_purposes_are_left_alone(box: Path, name: str) -> None:
    drop(box, name, HEAD + "1,停水\n")
    assert read_folder(box, source(box), "", NOW).items == ()


def test_a_file_still_being_written_waits(box: Path) -> None:
    drop(box, "a.csv", HEAD + "1,停水\n", age=0)
    assert read_folder(box, source(box), "", NOW).mark == ""


def test_a_file_that_cannot_be_read_now_is_tried_again_until_it_can(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held by the program that writes it, or without permission for us: its orders are not given up."""
    drop(box, "a.csv", HEAD + "1,停水\n")
    drop(box, "b.csv", HEAD + "2,停电\n")
    real = Path.read_bytes

    def held(path: Path) -> bytes:
        if path.name == "a.csv":
            raise PermissionError(13, "held")
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", held)
        first = read_folder(box, source(box), "", NOW)
        again = read_folder(box, source(box), first.mark, NOW)
    assert [i.title for i in first.items] == ["停电"]
    assert first.remark == again.remark
    assert first.remark.startswith("a.csv：读不了（")
    assert [i.title for i in read_folder(box, source(box), again.mark, NOW).items] == ["停水"]


def test_a_file_that_is_moved_away_meanwhile_costs_the_others_nothing(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(box, "a.csv", HEAD + "1,停水\n")
    gone = drop(box, "b.csv", HEAD + "2,停电\n")
    real = Path.iterdir

    def listed(path: Path) -> list[Path]:
        found = list(real(path))
        gone.unlink()
        return found

    monkeypatch.setattr(Path, "iterdir", listed)
    assert [i.title for i in read_folder(box, source(box), "", NOW).items] == ["停水"]


def test_many_files_are_taken_in_turns(box: Path) -> None:
    for n in range(AT_ONCE + 5):
        drop(box, f"{n}.csv", HEAD + f"{n},停水{n}\n", age=100 - n)
    first = read_folder(box, source(box), "", NOW)
    second = read_folder(box, source(box), first.mark, NOW)
    assert (len(first.items), len(second.items)) == (AT_ONCE, 5)


async def test_a_folder_is_polled_like_any_source_and_its_damage_told(box: Path, tmp_path: Path) -> None:
    clock = VirtualClock(at("09:00"))
    drop(box, "good.csv", HEAD + "1,停水\n,\n2,\n")
    drop(box, "bad.csv", "甲,乙\n1,2\n")
    async with poller_of(tmp_path / "data", clock, source(box)) as poller:
        await ask(poller, clock)
        assert poller.states["12345"].items_total == 1
        said = (await problems(poller.desk))["source_format"]
        assert "good.csv：有 1 行无法读取，行号：4" in said
        assert "bad.csv：未找到标题列或内容列，表头为：甲、乙" in said
        drop(box, "more.csv", HEAD + "3,停电\n")
        (box / "bad.csv").unlink()
        clock.advance_to(clock.now() + timedelta(days=1))
        await ask(poller, clock)
        assert poller.states["12345"].items_total == 2
        assert await problems(poller.desk) == {}


async def test_a_folder_that_is_not_there_is_a_failing_source(box: Path, tmp_path: Path) -> None:
    clock = VirtualClock(at("09:00"))
    gone = replace(source(box), url=f"file:{box}/none")
    async with poller_of(tmp_path / "data", clock, gone) as poller:
        for _ in range(3):
            await ask(poller, clock)
        assert "目录读不了" in (await problems(poller.desk))["source"]


def test_what_was_wrong_with_a_file_is_said_as_long_as_it_lies_there(box: Path) -> None:
    """Nobody looks at night: a file that was refused then must still be named in the morning."""
    bad = drop(box, "bad.csv", "甲,乙\n1,2\n")
    first = read_folder(box, source(box), "", NOW)
    assert (first.bad, "bad.csv：" in first.remark) == (1, True)
    drop(box, "good.csv", HEAD + "1,停水\n")
    second = read_folder(box, source(box), first.mark, NOW)
    assert (len(second.items), second.bad) == (1, 0), "it is counted once"
    assert second.remark == first.remark
    drop(box, "bad.csv", HEAD + "2,停电\n", age=30)
    third = read_folder(box, source(box), second.mark, NOW)
    assert ([i.title for i in third.items], third.remark) == (["停电"], "")
    drop(box, "bad.csv", "甲,乙\n1,2\n")
    fourth = read_folder(box, source(box), third.mark, NOW)
    bad.unlink()
    assert read_folder(box, source(box), fourth.mark, NOW).remark == ""


def test_a_lost_row_is_said_for_a_day_and_is_not_nagged_about_for_ever(box: Path) -> None:
    drop(box, "a.csv", HEAD + "1,停水\n,\n2,\n")
    first = read_folder(box, source(box), "", NOW)
    morning = read_folder(box, source(box), first.mark, NOW + timedelta(hours=9))
    assert morning.remark == first.remark != ""
    assert read_folder(box, source(box), morning.mark, NOW + timedelta(hours=25)).remark == ""


def test_of_many_bad_files_the_newest_are_named_and_the_rest_counted(box: Path) -> None:
    for n in range(5):
        drop(box, f"{n}.csv", f"甲{n},乙\n1,2\n", age=100 - n)
    said = read_folder(box, source(box), "", NOW).remark
    assert [f"{n}.csv" in said for n in range(5)] == [False, False, True, True, True]
    assert "另有2个文件也有问题" in said


def test_a_name_written_in_gbk_is_read_and_shown(box: Path) -> None:
    path = os.path.join(os.fsencode(box), "热线工单.csv".encode("gbk"))
    with open(path, "wb") as file:
        file.write((HEAD + "1,停水\n,\n").encode())
    os.utime(path, (0, wall().timestamp() - 60))
    found = read_folder(box, source(box), "", NOW)
    assert [i.title for i in found.items] == ["停水"]
    assert read_folder(box, source(box), found.mark, NOW).items == ()
    drop(box, "坏.csv", "甲,乙\n1,2\n")
    with open(path, "wb") as file:
        file.write("甲,乙\n1,2\n".encode())
    os.utime(path, (0, wall().timestamp() - 60))
    assert "热线工单.csv：" in read_folder(box, source(box), found.mark, NOW).remark


def test_a_file_from_a_machine_whose_clock_is_ahead_is_not_waited_for(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(box, "a.csv", HEAD + "1,停水\n", age=-86_400)
    assert read_folder(box, source(box), "", NOW).items == (), "it came this moment"
    later = wall() + timedelta(seconds=10)
    monkeypatch.setattr("bot.folder.wall", lambda: later)
    assert len(read_folder(box, source(box), "", NOW).items) == 1


def test_an_empty_file_may_still_be_filled(box: Path) -> None:
    drop(box, "a.csv", "", age=60)
    waiting = read_folder(box, source(box), "", NOW)
    assert (waiting.remark, waiting.mark) == ("", "")
    drop(box, "a.csv", "", age=1200)
    assert read_folder(box, source(box), "", NOW).remark.startswith("a.csv：")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.zip", "PK", "不是CSV、XLSX表格"),
        ("a.csv", HEAD, "只有表头"),
        ("a.xls", "\ufeff<html><p>请登录</p></html>", "另存为XLSX"),
        ("a.csv", HEAD + "".join(f"{n},停水{n}\n" for n in range(8)), "超出上限的3条没有读取"),
    ],
    ids=["archive", "heading only", "page", "too many"],
)
def test_nobody_waits_in_vain_for_what_was_not_read(
    box: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, said: str
) -> None:
    monkeypatch.setattr("monitors.kinds.hotline.MAX_ROWS", 5)
    drop(box, name, text)
    assert said in read_folder(box, source(box), "", NOW).remark


def test_a_table_saved_as_a_page_under_the_name_of_a_workbook_is_read(box: Path) -> None:
    drop(box, "工单.XLS", "<table><tr><td>编号<td>标题</tr><tr><td>1<td>停水</tr></table>")
    found = read_folder(box, source(box), "", NOW)
    assert ([i.title for i in found.items], found.remark) == (["停水"], "")


def test_a_mark_of_an_earlier_version_is_still_known(box: Path) -> None:
    drop(box, "a.csv", HEAD + "1,停水\n")
    mark = read_folder(box, source(box), "", NOW).mark
    assert "{" not in mark
    drop(box, "b.csv", HEAD + "2,停电\n")
    assert [i.title for i in read_folder(box, source(box), mark, NOW).items] == ["停电"]
