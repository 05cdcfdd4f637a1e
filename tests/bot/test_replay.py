"""Replay and the text commands: virtual time, nothing read ahead, files as the contract says."""

from __future__ import annotations

import gzip
import io
import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.clusters import run_cluster
from bot.judging import judges_of
from bot.replay import play, read_rows, run_replay
from bot.triage import run_triage
from monitors.detect import Scope

KEYS = {"id", "sentiment", "incident", "casualties", "severity", "region", "unit", "disposition", "rumor", "reasons"}
JUDGES = judges_of(None, {})


def row(t: str, title: str, source: str = "weibo", **more: Any) -> dict[str, Any]:
    return {"t": f"2025-07-01T{t}:00+08:00", "source": source, "title": title, "url": None, "rank": 1, "hot": None, **more}


ROWS = [
    row("08:00", "云南昭通山体滑坡致4人遇难"),
    row("09:00", "新电影今日上映"),
    row("10:00", "云南昭通山体滑坡已致11人遇难", "baidu"),
    row("11:00", "四川成都一居民楼发生火灾致3死"),
]


def recorded(folder: Path, rows: list[dict[str, Any]], name: str = "a.jsonl") -> Path:
    path = folder / name
    text = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in rows)
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def arguments(files: list[Path], **more: Any) -> Namespace:
    return Namespace(
        **{"files": [str(f) for f in files], "scope": "all", "profile": None, "compare": None, "out": None, "config": None}
        | more
    )


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_replay_writes_incidents_as_the_contract_says(tmp_path: Path) -> None:
    out = io.StringIO()
    assert run_replay(arguments([recorded(tmp_path, ROWS, "a.jsonl.gz")], out=str(tmp_path / "o")), {}, out) == 0
    first, second = lines(tmp_path / "o" / "incidents.jsonl")
    assert first["alerted"] is True
    assert first["alerted_at"] == "2025-07-01T08:00:00+08:00"
    assert first["category"] == "geo_damage"
    assert first["region"]["city"] == "昭通"
    assert [level for _, level in first["level_history"]] == ["significant", "major"]
    assert [item[1] for item in first["items"]] == ["weibo", "baidu"]
    assert second["title"] == "四川成都一居民楼发生火灾致3死"
    assert {alert["incident"] for alert in lines(tmp_path / "o" / "alerts.jsonl")} == {first["id"], second["id"]}
    assert json.loads(out.getvalue())["alarms"] == 2


def test_a_summary_is_used_from_its_own_time_on() -> None:
    late = row("08:00", "现场画面流出", desc="四川成都一化工厂发生爆炸，造成3人死亡。", desc_t="2025-07-01T12:00:00+08:00")
    outcome = play(JUDGES.detector(Scope()), [late, row("11:00", "新电影今日上映"), row("13:00", "今年夏天的奶茶")])
    assert [story.opened_at.isoformat() for story in outcome.stories] == ["2025-07-01T12:00:00+08:00"]


def test_what_comes_later_changes_no_earlier_decision() -> None:
    whole = play(JUDGES.detector(Scope()), ROWS)
    part = play(JUDGES.detector(Scope()), ROWS[:3])
    assert whole.changes[: len(part.changes)] == part.changes


def test_files_are_merged_in_time_order(tmp_path: Path) -> None:
    paths = [recorded(tmp_path, ROWS[1::2], "b.jsonl"), recorded(tmp_path, ROWS[::2], "a.jsonl")]
    assert [item["t"] for item in read_rows([str(p) for p in paths])] == [item["t"] for item in ROWS]


def test_another_policy_is_shown_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("alarm_at = 1.1\n", encoding="utf-8")
    out = io.StringIO()
    run_replay(arguments([recorded(tmp_path, ROWS)], compare=str(tmp_path / "policy.toml")), {}, out)
    assert "现行策略告警 2 件，对照策略告警 0 件。" in out.getvalue()
    assert "仅现行策略告警：07-01 11:00 四川成都一居民楼发生火灾致3死" in out.getvalue()


@pytest.mark.parametrize(
    "bad",
    [
        '{"title": "x"}\n',
        "nonsense\n",
        '{"t": "soon", "title": "x"}\n',
        '{"t": "2026-11-22T02:10:00", "title": "x"}\n',
        '{"t": "2026-11-22T02:10:00+08:00", "title": "x", "desc": "y", "desc_t": 5}\n',
    ],
    ids=["no_time", "no_json", "no_instant", "no_zone", "summary_without_instant"],
)
def test_a_broken_recording_is_named_with_what_to_do(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(bad, encoding="utf-8")
    with pytest.raises(ValueError, match="请"):
        list(read_rows([str(path)]))


def test_triage_answers_every_line_in_order_with_the_keys_of_the_contract() -> None:
    rows = [{"id": "x1", "title": "云南昭通山体滑坡致3人死亡12人受伤"}, {"id": "x2", "title": "新电影今日上映"}]
    out = io.StringIO()
    run_triage(Namespace(config=None), {}, io.StringIO("".join(json.dumps(r) + "\n" for r in rows)), out)
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert set(first) == KEYS
    assert first["incident"]["label"] == "E"
    assert first["casualties"] == {"deaths": 3, "injured": 12, "missing": None, "poisoned": None}
    assert first["severity"]["level"] == "significant"
    assert first["severity"]["reasons"][0]["at_least"] == 3
    assert first["region"] == {"province": "云南", "city": "昭通", "county": None, "foreign": False}
    assert len(first["unit"]["ranked"]) >= 3
    assert any("滑坡" in reason and ".toml:" in reason for reason in first["reasons"])
    assert (second["id"], second["incident"]["label"], second["severity"]["level"]) == ("x2", "O", None)


def test_cluster_names_the_same_matter_alike_and_never_mixes_streams() -> None:
    rows = [
        {"id": "1", "stream": "a", "seq": 1, "title": "云南昭通山体滑坡致4人遇难", "detail": "", "date": "2025-07-01"},
        {"id": "2", "stream": "a", "seq": 2, "title": "云南昭通山体滑坡已致11人遇难", "detail": "", "date": "2025-07-01"},
        {"id": "3", "stream": "b", "seq": 1, "title": "云南昭通山体滑坡已致11人遇难", "detail": "", "date": "NaT"},
    ]
    out = io.StringIO()
    run_cluster(Namespace(config=None), {}, io.StringIO("".join(json.dumps(r) + "\n" for r in rows)), out)
    one, two, three = (json.loads(line)["event"] for line in out.getvalue().splitlines())
    assert one == two
    assert three != two


def test_cluster_reads_a_short_text_without_a_title_and_answers_a_line_that_says_nothing() -> None:
    rows = [
        {"id": "1", "text": "云南昭通山体滑坡致4人遇难"},
        {"id": "2", "title": "", "text": "云南昭通山体滑坡已致11人遇难"},
        {"id": "3"},
        {"id": "4", "title": " "},
    ]
    out = io.StringIO()
    run_cluster(Namespace(config=None), {}, io.StringIO("".join(json.dumps(r) + "\n" for r in rows)), out)
    one, two, three, four = (json.loads(line)["event"] for line in out.getvalue().splitlines())
    assert one == two
    assert one not in (three, four)


def test_the_command_takes_another_policy_and_prints_both_side_by_side(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.toml"
    other.write_text('categories_listed = ["geo_damage", "building_fire"]\n', encoding="utf-8")
    assert main(["replay", str(recorded(tmp_path, ROWS)), "--policy", str(other)]) == 0
    said = capsys.readouterr().out
    assert "现行策略告警 2 件，对照策略告警 0 件。" in said
    assert "仅现行策略告警：" in said


def test_another_policy_changes_only_the_keys_it_names_and_a_missing_one_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.toml"
    other.write_text("open_days = 15.0\n", encoding="utf-8")
    soft = [row(f"0{7 + n}:00", f"工地拖欠农民工工资{word}") for n, word in enumerate(("没人管", "再追踪", "仍未发"))]
    assert main(["replay", str(recorded(tmp_path, soft)), "--policy", str(other)]) == 0
    assert "现行策略告警 1 件，对照策略告警 1 件。" in capsys.readouterr().out
    assert main(["replay", str(recorded(tmp_path, soft)), "--policy", str(tmp_path / "none.toml")]) == 1
    assert "没有找到对照策略" in capsys.readouterr().err


def test_files_of_different_zones_are_merged_by_the_instant(tmp_path: Path) -> None:
    west = recorded(tmp_path, [{**ROWS[0], "t": "2025-07-01T03:30:00+00:00", "title": "后"}], "west.jsonl")
    east = recorded(tmp_path, [{**ROWS[0], "t": "2025-07-01T11:00:00+08:00", "title": "先"}], "east.jsonl")
    assert [item["title"] for item in read_rows([str(west), str(east)])] == ["先", "后"]


def test_an_unknown_profile_is_refused_and_a_province_not_in_the_gazetteer_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(recorded(tmp_path, ROWS))
    assert main(["replay", file, "--profile", "nowhere"]) == 1
    assert "没有“nowhere”这套时限规定" in capsys.readouterr().err
    assert main(["replay", file, "--scope", "火星"]) == 0
    assert "地名表里没有“火星”" in capsys.readouterr().err


@pytest.mark.parametrize(("kind", "hidden"), [("hotlist", False), ("hotline", True)])
def test_what_is_kept_off_phones_is_kept_off_every_alert_of_a_replay_or_of_none(
    tmp_path: Path, kind: str, hidden: bool
) -> None:
    stabbed = row("08:00", "云南昭通一男子当街持刀伤人致3人死亡", kind=kind)
    out = tmp_path / "out"
    assert main(["replay", str(recorded(tmp_path, [stabbed])), "--out", str(out)]) == 0
    texts = [json.loads(line)["text"] for line in (out / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {a.count("专线事项") > 0 for a in texts} == {hidden}
    assert {"昭通" in a for a in texts} == {not hidden}
