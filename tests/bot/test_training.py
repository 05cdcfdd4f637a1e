"""`yqbot train`: real files in, a model file out, every wrong input answered with one Chinese sentence."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.judging import gate_of
from bot.labelled import TrainingError
from bot.training import load_models, models_in
from config.lexicon import LexiconError
from config.routing import load_routing
from playbooks.assign import Matter, Router

DEFAULT = Path(__file__).parents[2] / "config" / "default"
HISTORY = [(f"道路坑洼{n}", "公路压坏了", "交通科") for n in range(15)] + [
    (f"学费太贵{n}", "学校乱收费", "教育科") for n in range(15)
]


def _csv(path: Path, header: list[str], rows: list[tuple[str, ...]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def _history(folder: Path, encoding: str = "utf-8") -> Path:
    return _csv(folder / "history.csv", ["title", "detail", "unit"], HISTORY, encoding)


def _posts(folder: Path, positive: str, negative: str) -> Path:
    rows = [(f"气死我了{n}", positive) for n in range(20)] + [(f"真开心{n}", negative) for n in range(20)]
    return _csv(folder / "posts.csv", ["text", "label"], rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_router_is_trained_and_used(tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str) -> None:
    model = tmp_path / "router.model"
    argv = ["train", "router", str(_history(tmp_path, encoding)), "--text", "title,detail", "--label", "unit", "-o", str(model)]
    assert main(argv) == 0
    assert "30行、2种标签" in capsys.readouterr().out
    router = Router(load_routing("county", DEFAULT / "routing"), load_models([f"router={model}"]).router)
    assert router.assign(Matter(title="村里道路坑洼")).ranked == ("交通科", "教育科")


@pytest.mark.parametrize(("kind", "positive"), [("sentiment", "negative"), ("sentiment", "负面"), ("rumor", "谣言")])
def test_post_models_are_trained_with_english_or_chinese_labels(tmp_path: Path, kind: str, positive: str) -> None:
    model = tmp_path / "m.model"
    assert main(["train", kind, str(_posts(tmp_path, positive, "其他")), "-o", str(model)]) == 0
    assert getattr(load_models([f"{kind}={model}"]), kind).held_f1 == 1.0


def test_positive_label_can_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    posts, model = _posts(tmp_path, "差", "好"), tmp_path / "m.model"
    assert main(["train", "sentiment", str(posts), "-o", str(model)]) == 1
    assert "--positive" in capsys.readouterr().err
    assert main(["train", "sentiment", str(posts), "--positive", "差", "-o", str(model)]) == 0


def test_training_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    history = _history(tmp_path)
    for name in ("a", "b"):
        assert main(["train", "router", str(history), "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_failed_training_leaves_the_old_model_and_no_litter(tmp_path: Path) -> None:
    model = tmp_path / "m.model"
    model.write_bytes(b"old")
    few = _csv(tmp_path / "few.csv", ["title", "detail", "unit"], HISTORY[:3] + HISTORY[-3:])
    assert main(["train", "router", str(few), "-o", str(model)]) == 1
    assert model.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["few.csv", "m.model"]


def test_output_that_cannot_be_replaced_leaves_no_temporary_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history, taken = _history(tmp_path), tmp_path / "taken"
    taken.mkdir()
    assert main(["train", "router", str(history), "-o", str(taken)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history.csv", "taken"]


def test_empty_rows_are_passed_over_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [*HISTORY, ("", "", "交通科"), ("有题", "有文", "")]
    history = _csv(tmp_path / "h.csv", ["title", "detail", "unit"], rows)
    assert main(["train", "router", str(history), "-o", str(tmp_path / "m")]) == 0
    assert "跳过空行2行" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "没有“title、detail、unit”列", id="empty"),
        pytest.param("标题,内容,单位\n".encode(), "现有的列是：标题、内容、单位", id="other columns"),
        pytest.param(b"title,detail,unit\n", "只有一种标签", id="no rows"),
        pytest.param(b"title,detail,unit\n" + "甲,乙,丙\n".encode() * 30, "只有一种标签（丙）", id="one label"),
        pytest.param(b"title,detail,unit\na,b,c\nd,e,f\n", "至少需要20行", id="too few"),
        pytest.param(b"PK\x03\x04\x00\x00", "不是文本文件", id="not text"),
        pytest.param(b"title,detail,unit\n" + b"x" * 200_000 + b",b,c\n", "不是有效的 CSV", id="huge field"),
    ],
)
def test_bad_file_is_answered_with_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, says: str
) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    assert main(["train", "router", str(tmp_path / "x.csv"), "-o", str(tmp_path / "m")]) == 1
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not (tmp_path / "m").exists()


def test_missing_file_and_unwritable_place_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "router", str(tmp_path / "no.csv"), "-o", str(tmp_path / "m")]) == 1
    assert "文件或目录不存在" in capsys.readouterr().err
    history = _history(tmp_path)
    assert main(["train", "router", str(history), "-o", str(history / "m")]) == 1
    assert "请换一个可写的位置" in capsys.readouterr().err


@pytest.mark.parametrize("pair", ["router", "router=", "weather=x", "=x"])
def test_model_option_must_name_kind_and_file(pair: str) -> None:
    with pytest.raises(TrainingError, match="应为 名称=文件"):
        load_models([pair])


def test_foreign_or_missing_model_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"hello")
    with pytest.raises(TrainingError, match="不是本程序生成"):
        load_models([f"router={tmp_path / 'x'}"])
    with pytest.raises(TrainingError, match="文件或目录不存在"):
        load_models([f"router={tmp_path / 'y'}"])


def test_models_of_the_data_folder_are_found(tmp_path: Path) -> None:
    assert models_in(tmp_path).router is None
    main(["train", "router", str(_history(tmp_path)), "-o", str(tmp_path / "models" / "router.model")])
    found = models_in(tmp_path)
    assert found.router is not None
    assert found.sentiment is None


TITLES = [(f"窗口让我跑了{n}趟还说材料不全", "N") for n in range(20)] + [(f"新书第{n}卷周末签售", "O") for n in range(20)]


def test_gate_is_trained_and_lists_what_it_has_learned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = tmp_path / "lexicon"
    words.mkdir()
    rows = _csv(tmp_path / "titles.csv", ["title", "label"], TITLES)
    assert main(["train", "gate", str(rows), "-o", str(words / "gate.model")]) == 0
    assert "40行、2种标签" in capsys.readouterr().out
    shipped = DEFAULT / "lexicon"
    verdict = gate_of(shipped, words).judge("窗口让我跑了九趟还说材料不全")
    assert (verdict.label, verdict.alarm) == ("N", "list"), "the installation's own model goes before the shipped one"


def test_gate_needs_both_kinds_of_titles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = _csv(
        tmp_path / "titles.csv", ["title", "label"], [(title, "N" if n % 2 else "E") for n, (title, _) in enumerate(TITLES)]
    )
    assert main(["train", "gate", str(rows), "-o", str(tmp_path / "gate.model")]) == 1
    assert "普通标题" in capsys.readouterr().err
    assert not (tmp_path / "gate.model").exists()


def test_damaged_gate_model_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "gate.model").write_bytes((DEFAULT / "lexicon" / "gate.model").read_bytes()[:-9])
    with pytest.raises(LexiconError, match=r"gate\.model 已损坏.*yqbot train"):
        gate_of(DEFAULT / "lexicon", tmp_path)


def test_shipped_gate_model_is_what_the_shipped_titles_teach(tmp_path: Path) -> None:
    shipped = DEFAULT / "lexicon"
    assert main(["train", "gate", str(shipped / "titles.csv"), "-o", str(tmp_path / "gate.model")]) == 0
    assert (tmp_path / "gate.model").read_bytes() == (shipped / "gate.model").read_bytes()
