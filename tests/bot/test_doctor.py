"""`yqbot doctor` and the problem page say the same about the engine; each line is what was checked and what to do."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.cli_doctor import examine
from bot.clock import VirtualClock, wall
from bot.engine_health import LAST_AUDIT, EngineHealth, LastAudit, engine_health, write_audit
from bot.engine_words import engine_lines, retention_line
from bot.retention import LAST, tidy
from bot.store import open_store
from bot.store.port import EngineFigures, SourceState
from config.schema import Source
from playbooks.record import iso
from tests.bot.rig import rig
from tests.builders import at, settings

DEMO = Path(__file__).parents[2] / "config" / "demo"
NOW = at("02:24")
CALM = EngineFigures(sent=4, p50=0.4, p99=1.2, worst=1.2, unsent=0, oldest_unsent=None, queued=0, held=1, expired=0, leases=())


def health(audit: LastAudit | None, figures: EngineFigures = CALM) -> EngineHealth:
    return EngineHealth(at=NOW, figures=figures, audit=audit)


def audit(minutes: float = 1, **counts: int) -> LastAudit:
    base = {"incidents": 3, "missing": 0, "stalled": 0, "broken": 0} | counts
    return LastAudit(at=NOW - timedelta(minutes=minutes), **base)


@pytest.mark.parametrize(
    ("found", "level", "word"),
    [
        (None, "warning", "还没有自查记录"),
        (audit(), "ok", "核对3件"),
        (audit(minutes=5), "error", "自查已停"),
        (audit(missing=1), "error", "缺1步"),
        (audit(broken=2), "error", "读不出2件"),
    ],
    ids=["never", "clean", "stopped", "missing", "unreadable"],
)
def test_the_audit_is_well_only_when_it_is_fresh_and_clean(found: LastAudit | None, level: str, word: str) -> None:
    line = engine_lines(health(found))[1]
    assert line.level == level
    assert word in line.detail


@pytest.mark.parametrize(("seconds", "level"), [(60, "ok"), (121, "error")])
def test_a_step_that_waits_two_minutes_is_a_fault(seconds: int, level: str) -> None:
    waiting = EngineFigures(
        sent=0, p50=None, p99=None, worst=None, unsent=2, oldest_unsent=NOW - timedelta(seconds=seconds), queued=2, held=0,
        expired=0, leases=(),
    )  # fmt: skip
    line = engine_lines(health(audit(), waiting))[0]
    assert (line.level, f"已等{seconds}秒" in line.detail) == (level, True)


@pytest.mark.parametrize(
    ("last", "level", "word"),
    [
        (None, "ok", "还没有清理过"),
        (f"{iso(NOW - timedelta(days=1))} 17", "ok", "清理17条"),
        (f"{iso(NOW - timedelta(days=5))} 0", "warning", "已停5天"),
    ],
)
def test_a_term_that_is_no_longer_kept_is_said(last: str | None, level: str, word: str) -> None:
    line = retention_line(last, 730, 180, NOW)
    assert (line.level, word in line.detail) == (level, True)


async def test_the_daily_clearing_leaves_its_mark(tmp_path: Path) -> None:
    async with rig(tmp_path, NOW) as desk:
        desk.desk.clock = VirtualClock(NOW)
        gone = await tidy(desk.desk)
        assert await desk.desk.store.meta(LAST) == f"{iso(NOW)} {gone}"


def test_the_doctor_reads_an_installation_while_nothing_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("YQBOT_DATABASE_URL", "YQBOT_WECOM_SECRET", "YQBOT_CONFIG"):
        monkeypatch.delenv(name, raising=False)

    async def prepare() -> None:
        store = await open_store("", tmp_path)
        last = LastAudit(at=wall() - timedelta(minutes=30), incidents=2, missing=0, stalled=0, broken=0)
        await store.set_meta(LAST_AUDIT, write_audit(last))
        assert (await engine_health(store, wall(), wall())).audit is not None
        await store.close()

    asyncio.run(prepare())
    code = main(["doctor", "--config", str(DEMO), "--data", str(tmp_path)])
    said = capsys.readouterr().out
    lines = dict(re.findall(r"^\[\S+\] (\S+)：(.*)$", said, re.MULTILINE))
    assert {"磁盘", "时钟", "回调", "企业微信", "数据库", "送达", "自查", "到期清理", "提醒"} <= set(lines)
    assert "[故障] 自查：" in said
    assert code == 1


def test_a_folder_without_a_database_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--config", str(DEMO), "--data", str(tmp_path / "none")]) == 1
    assert "[故障] 数据库" in capsys.readouterr().out


async def said_of(tmp_path: Path, *states: SourceState) -> list[tuple[str, str]]:
    """Level and detail of all that the doctor says of sources in these states and their open problems."""
    now = wall()
    store = await open_store("", tmp_path)
    for state in states:
        await store.save_poll(replace(state, last_try_at=now, address=f"http://{state.source_id}.example/"), ())
    await store.report_problem("source", "a", "甲连续3次取不到：响应超时。", now)
    await store.close()
    names = {"a": "甲", "b": "乙", "c": "丙", "d": "丁", "e": "戊", "f": "己"}
    sources = tuple(Source(id=i, name=n, kind="feed", url=f"http://{i}.example/") for i, n in names.items())
    found = await examine(replace(settings(), sources=sources), tmp_path)
    return [(f.level, f.detail) for f in found if f.what == "来源" or "取不到" in f.detail]


async def test_a_trouble_of_a_source_is_said_once(tmp_path: Path) -> None:
    failing = SourceState(source_id="a", failures=3, last_error="响应超时", next_poll_at=wall() + timedelta(minutes=9))
    ((level, detail),) = await said_of(tmp_path, failing)
    assert level == "warning"
    assert detail.startswith("甲连续3次取不到：响应超时。")


async def test_sources_that_nobody_asks_any_more_are_said(tmp_path: Path) -> None:
    forgotten = [SourceState(source_id=i, next_poll_at=wall() - timedelta(minutes=11)) for i in "abcd"]
    ((level, detail),) = await said_of(tmp_path, *forgotten)
    assert (level, detail) == ("warning", "甲、乙、丙等4个到点没有轮询，请检查服务是否在运行。")


async def test_a_line_that_is_down_is_said_before_the_sources_it_takes_along(tmp_path: Path) -> None:
    failing = [SourceState(source_id=i, failures=3, last_error="连接不上") for i in "abcdef"]
    found = await said_of(tmp_path, *failing)
    assert found[0][0] == "error"
    assert "监测实际已中断" in found[0][1]
    assert len(found) == 7
