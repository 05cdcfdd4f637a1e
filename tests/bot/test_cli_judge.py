"""The judging commands as processes: streaming lines, clear Chinese errors, explanations with file and line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest


def yqbot(*args: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", *args]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=300, check=False)


def test_triage_answers_every_line_in_order_with_the_keys_of_the_contract() -> None:
    rows = [{"id": "a", "title": "某县山体滑坡 已致3人死亡"}, {"id": "b", "title": "新片上映三天票房过亿"}]
    done = yqbot("triage", text="".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows))
    got = [json.loads(line) for line in done.stdout.splitlines()]
    assert [g["id"] for g in got] == ["a", "b"]
    assert [g["incident"]["label"] for g in got] == ["E", "O"]
    keys = {"id", "sentiment", "incident", "casualties", "severity", "region", "unit", "disposition", "rumor", "reasons"}
    assert all(keys == set(g) for g in got)
    assert got[0]["casualties"]["deaths"] == 3
    assert got[0]["severity"]["level"] == "significant"
    assert got[1]["casualties"]["deaths"] is None
    assert "\\u" not in done.stdout


def test_a_line_that_says_nothing_has_no_sentiment() -> None:
    done = yqbot("triage", text='{"id": 1}\n{"id": 2, "text": " "}\n{"id": 3, "text": "没人管，气死人了"}\n')
    assert [json.loads(line)["sentiment"] is None for line in done.stdout.splitlines()] == [True, True, False]


def test_a_line_that_is_not_json_is_named() -> None:
    done = yqbot("triage", text="{}\nnot json\n")
    assert done.returncode == 1
    assert "第2行" in done.stderr
    assert "Traceback" not in done.stderr


def test_cluster_names_the_same_matter_the_same_and_streams_apart() -> None:
    rows = [
        {"id": "1", "stream": "x", "seq": 1, "title": "青石县化工厂爆炸致3人死亡"},
        {"id": "2", "stream": "x", "seq": 2, "title": "青石县化工厂爆炸事故现场救援"},
        {"id": "3", "stream": "y", "seq": 1, "title": "青石县化工厂爆炸致3人死亡"},
    ]
    done = yqbot("cluster", text="".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows))
    events = {r["id"]: r["event"] for r in map(json.loads, done.stdout.splitlines())}
    assert events["1"] == events["2"]
    assert events["3"] != events["1"]


def test_explain_names_file_and_line_for_every_part() -> None:
    done = yqbot("explain", "云南镇雄山体滑坡 已致11人死亡")
    assert done.returncode == 0, done.stderr
    for part in (
        "一、是否事件：突发事件",
        "二、地点：云南",
        "三、人数：遇难11人",
        "四、等级建议：重大",
        "七、时限",
        "八、预案",
    ):
        assert part in done.stdout
    assert len(re.findall(r"\.toml:\d+", done.stdout)) >= 6
    assert "5小时" in done.stdout


def test_explain_says_of_a_listed_matter_that_nobody_is_disturbed() -> None:
    assert "只列入，不提醒" in yqbot("explain", "副县长开会睡觉被拍").stdout


def test_explain_of_nothing_asks_for_text() -> None:
    done = yqbot("explain", " ")
    assert done.returncode == 1
    assert "没有文字" in done.stderr


@pytest.mark.parametrize("profile", ["national-default", "longjiang-county"])
def test_replay_opens_grades_and_runs_the_clocks(tmp_path: Path, profile: str) -> None:
    rows = [
        {"t": "2026-03-01T08:00:00+08:00", "source": "weibo", "title": "齐齐哈尔一商场屋顶坍塌 多人被困"},
        {"t": "2026-03-01T09:00:00+08:00", "source": "zhihu", "title": "齐齐哈尔商场屋顶坍塌已致4人死亡"},
        {"t": "2026-03-01T15:00:00+08:00", "source": "weibo", "title": "齐齐哈尔商场屋顶坍塌已致12人死亡"},
        {"t": "2026-03-01T16:00:00+08:00", "source": "weibo", "title": "四川一货车侧翻致2人死亡"},
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    out = tmp_path / "out"
    done = yqbot("replay", str(file), "--scope", "黑龙江", "--profile", profile, "--out", str(out))
    assert done.returncode == 0, done.stderr
    incidents = [json.loads(x) for x in (out / "incidents.jsonl").read_text(encoding="utf-8").splitlines()]
    alarmed = [i for i in incidents if i["alerted"]]
    assert [i["region"]["city"] for i in alarmed] == ["齐齐哈尔"]
    assert [level for _, level in alarmed[0]["level_history"]] == ["significant", "major"]
    alerts = [json.loads(x) for x in (out / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]
    late = [a for a in alerts if a["clause"] == "first_statement_5h"]
    assert late[0]["by_regrade"] is True
    assert late[0]["t"] == "2026-03-01T15:00:00+08:00"
    assert {a["start"] for a in alerts if a["clause"] == "press_conference_24h"} == {"2026-03-01T08:00:00+08:00"}


def test_an_unknown_profile_names_the_known_ones(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"t": "2026-03-01T08:00:00+08:00", "source": "x", "title": "某地火灾"}\n', encoding="utf-8")
    done = yqbot("replay", str(file), "--profile", "nowhere", "--out", str(tmp_path / "o"))
    assert done.returncode == 1
    assert "national-default" in done.stderr


def test_wrong_usage_exits_with_two_and_chinese() -> None:
    done = yqbot("replay")
    assert done.returncode == 2
    assert "用法不对" in done.stderr


@pytest.mark.parametrize(
    ("args", "text"),
    [(("explain", "某县山体滑坡 已致3人死亡"), ""), (("triage",), '{"id": 1, "title": "某县山体滑坡"}\n' * 400), (("parse", "-"), "<rss/>")],
    ids=["explain", "triage", "parse"],
)  # fmt: skip
def test_a_reader_that_has_seen_enough_is_no_mistake(args: tuple[str, ...], text: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    assert process.communicate(text, timeout=300)[1] == ""
    assert process.returncode == 1
