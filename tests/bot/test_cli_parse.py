"""`yqbot parse` prints one JSON object in the agreed shape and never a traceback."""

from __future__ import annotations

import argparse
import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot import cli_parse
from monitors.mend import Problem

DATA = Path(__file__).parents[1] / "data" / "feeds"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
    parser = argparse.ArgumentParser()
    cli_parse.add_parser(parser.add_subparsers())
    args = parser.parse_args(["parse", *arguments])
    code = args.run(args)
    out, err = capsys.readouterr()
    return code, json.loads(out) if out else None, err


def test_a_feed_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed, err = run(capsys, str(DATA / "feed/county.rss"))
    assert (code, err) == (0, "")
    assert list(printed) == ["format", "title", "entries", "problems"]
    assert (printed["format"], printed["title"], printed["problems"]) == ("rss20", "青石县人民政府网", [])
    first, _, third = printed["entries"]
    assert list(first) == ["id", "title", "url", "published", "summary"]
    assert first["id"] == "qs-1001"
    assert datetime.fromisoformat(first["published"]).utcoffset() is not None
    assert (third["url"], third["published"]) == (None, None)
    assert len({entry["id"] for entry in printed["entries"]}) == 3


def test_content_type_and_base_are_used(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_bytes("<rss><item><title>臺北市政府今天召開記者會</title><link>/x</link></item></rss>".encode("big5"))
    _, printed, _ = run(capsys, str(file), "--content-type", "text/xml; charset=big5", "--base", "https://a.example/feed")
    (entry,) = printed["entries"]
    assert (entry["title"], entry["url"], entry["id"]) == (
        "臺北市政府今天召開記者會",
        "https://a.example/x",
        "https://a.example/x",
    )


def test_a_gzip_file_is_read_and_a_cut_one_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = "".join(f"<url><loc>https://a.example/{n}</loc></url>" for n in range(500))
    packed = gzip.compress(f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{rows}</urlset>".encode())
    (file := tmp_path / "map.xml.gz").write_bytes(packed)
    _, printed, _ = run(capsys, str(file))
    assert (len(printed["entries"]), printed["problems"]) == (500, [])
    file.write_bytes(packed[:-200])
    _, printed, _ = run(capsys, str(file))
    assert 0 < len(printed["entries"]) < 500
    assert printed["problems"][0] == "文档过大或中断，只读取了前一部分"


def test_half_a_character_can_be_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(rb'{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","title":"\u6c34\ud83d"}]}')
    _, printed, _ = run(capsys, str(file))
    assert printed["entries"][0]["title"].encode() == "水\ufffd".encode()


def test_damage_is_told_in_chinese(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_bytes("<rss><item><title>水 & 电</title>".encode())
    code, printed, _ = run(capsys, str(file))
    assert code == 0
    assert printed["entries"][0]["title"] == "水 & 电"
    assert "有 1 处未转义的“&”，已修补" in printed["problems"]


def test_a_missing_file_is_one_sentence_and_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, printed, err = run(capsys, str(tmp_path / "none.xml"))
    assert (code, printed) == (1, None)
    assert "文件或目录不存在" in err
    assert err.count("\n") == 1


def test_every_problem_a_parser_can_name_has_a_sentence() -> None:
    sources = [file.read_text("utf-8") for file in (Path(__file__).parents[2] / "monitors").rglob("*.py")]
    sources.append((Path(__file__).parents[2] / "bot" / "parsing.py").read_text("utf-8"))
    named = {part.split('"')[0] for source in sources for part in source.split('Problem(code="')[1:]}
    assert len(named) > 15
    assert {code for code in named if cli_parse.problem_text(Problem(code=code)) == code} == set()
