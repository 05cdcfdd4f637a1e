"""Backup, restore, export, load, verify: through the commands, on both engines and between them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import zipfile
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.store import SqlStore, open_store
from bot.store.port import Joined, SourceState
from bot.store.sqlite import FILE
from tests.bot.store.samples import T0, changed, event, item, message, minutes, open_one, step

WALL = T0 + minutes(99)


async def fill(store: SqlStore) -> None:
    """A row in every table that an export carries."""
    await store.set_meta("clock", "1")
    await store.save_poll(SourceState(source_id="news"), [item("a", rank=3), item("b", "河湾镇停水")])
    await store.save_poll(
        SourceState(source_id="news"), [item("a", "已造成2人遇难", rank=1, at=T0 + minutes(1), fingerprint="x")]
    )
    half = step(1, "half", T0)
    first = await open_one(store, [half], joined=(Joined(item_id="a", incident=1, at=T0, why="首条"),))
    noted = event("noted", T0 + minutes(2), text="说明", private={"name": "王某"})
    assert await store.commit(changed(first, noted))
    await store.claim_steps(T0, WALL, "p1", WALL + minutes(1), 10)
    await store.settle_steps({half.key: ("sending", "")}, [message("m1", half.key)], T0)
    await store.claim_messages(T0, WALL, "p1", WALL + minutes(1), 10)
    said = event("notified", T0 + minutes(3), message="m1")
    assert await store.mark_sent("m1", "p1", T0, msgid="w", response_code="c1", detail="", event=said)
    await store.accept_callback("k1", T0, {"user": "zhangsan"})
    await store.report_problem("source", "news", "取不到", T0)
    await store.take_slot("daily", "2026-03-02", "p1", T0)


async def same(store: SqlStore) -> None:
    """What `fill` wrote is there and the store goes on from it."""
    assert await store.search("停水") != []
    assert await store.search("遇难") != []
    assert [m.state for m in await store.messages_of(1)] == ["sent"]
    assert [s.state for s in await store.steps_of(1)] == ["sent"]
    assert (await store.events("incident:1"))[1].data["private"] == {"name": "王某"}
    assert [k for k, _, _ in await store.open_callbacks()] == ["k1"]
    assert not await store.take_slot("daily", "2026-03-02", "p1", T0)
    await store.add_item(item("c"))
    incident = await store.incident(1)
    assert incident is not None
    assert await store.commit(changed(incident, event("acknowledged", T0 + minutes(9))))
    assert await store.last_event_id() == 4
    assert await store.spend_code("m1", T0) == "c1"


async def cli(url: str, *args: str | Path) -> int:
    """A command, as a process of its own would run it."""
    with pytest.MonkeyPatch.context() as env:
        env.setenv("YQBOT_DATABASE_URL", url)
        return await asyncio.to_thread(main, [str(a) for a in args])


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def other_url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("cluster").new_database())


async def test_an_export_loads_into_either_engine(
    store: SqlStore, database_url: str, other_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await fill(store)
    anchor = await store.anchor()
    assert await cli(database_url, "export", tmp_path / "out", "--data", tmp_path / "data") == 0
    assert all((tmp_path / "out" / f"{t}.jsonl").stat().st_size for t in ("event", "event_private", "attempt", "sighting"))
    assert await cli(other_url, "load", tmp_path / "out", "--data", tmp_path / "other") == 0
    assert f"锚值：{anchor}" in capsys.readouterr().out
    loaded = await open_store(other_url, tmp_path / "other")
    assert await loaded.anchor() == anchor
    await same(loaded)
    await loaded.close()
    assert await cli(other_url, "load", tmp_path / "out", "--data", tmp_path / "other") == 1
    assert "已经有数据" in capsys.readouterr().err


async def test_a_backup_of_a_running_service_restores_into_either_engine(
    store: SqlStore, database_url: str, other_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await fill(store)
    anchor = await store.anchor()
    copy = tmp_path / "copy.bak"
    assert await cli(database_url, "backup", copy, "--data", tmp_path / "data") == 0
    assert copy.stat().st_mode & 0o077 == 0
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("copy")] == ["copy.bak"]
    assert await cli(other_url, "restore", copy, "--data", tmp_path / "other") == 0
    assert f"锚值：{anchor}" in capsys.readouterr().out
    back = await open_store(other_url, tmp_path / "other")
    await same(back)
    await back.close()


async def test_a_backup_taken_under_writes_is_consistent(tmp_path: Path) -> None:
    store = await open_store("", tmp_path / "data")
    stop = asyncio.Event()

    async def write() -> None:
        while not stop.is_set():
            await store.append_system([event("started"), event("audited")])

    writers = [asyncio.ensure_future(write()) for _ in range(4)]
    await asyncio.sleep(0.2)
    for n in range(3):
        assert await cli("", "backup", tmp_path / f"{n}.bak", "--data", tmp_path / "data") == 0
    stop.set()
    await asyncio.gather(*writers)
    await store.close()


async def test_refusals_are_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    store = await open_store("", data)
    await store.close()
    (tmp_path / "there").write_text("x")
    (tmp_path / "half").mkdir()
    cases = {
        ("backup", tmp_path / "there", data): "已经存在",
        ("backup", tmp_path / "b", tmp_path / "nothing"): "没有数据目录",
        ("restore", tmp_path / "there", tmp_path / "new"): "不是本程序的备份",
        ("restore", tmp_path / "missing", tmp_path / "new"): "打不开",
        ("restore", data / FILE, data): "不是空的",
        ("export", data, data): "不是空的",
        ("load", tmp_path / "half", tmp_path / "new"): "不是完整的导出",
    }
    for (command, target, folder), words in cases.items():
        assert await cli("", command, target, "--data", folder) == 1
        told = capsys.readouterr()
        assert words in told.err
        assert told.err.count("\n") == 1
    assert not (tmp_path / "b").exists()


async def test_a_shortened_export_is_not_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = await open_store("", tmp_path / "data")
    await fill(store)
    await store.close()
    await cli("", "export", tmp_path / "out", "--data", tmp_path / "data")
    events = tmp_path / "out" / "event.jsonl"
    events.write_text("".join(events.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    assert await cli("", "load", tmp_path / "out", "--data", tmp_path / "new") == 1
    assert "event.jsonl应有3行，实有2行" in capsys.readouterr().err
    empty = await open_store("", tmp_path / "new")
    assert await empty.events("incident:1") == []
    await empty.close()


async def test_an_export_with_columns_of_its_own_is_not_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = await open_store("", tmp_path / "data")
    await store.set_meta("k", "v")
    await store.close()
    await cli("", "export", tmp_path / "out", "--data", tmp_path / "data")
    (tmp_path / "out" / "meta.jsonl").write_text(json.dumps({"key) values (1); --": "x"}) + "\n", encoding="utf-8")
    assert await cli("", "load", tmp_path / "out", "--data", tmp_path / "new") == 1
    assert "列不对" in capsys.readouterr().err


async def test_a_packed_backup_with_foreign_files_is_not_restored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(tmp_path / "evil.bak", "w") as z:
        z.writestr("../evil", "x")
    assert await cli("", "restore", tmp_path / "evil.bak", "--data", tmp_path / "new") == 1
    assert "不认识" in capsys.readouterr().err
    assert not (tmp_path / "evil").exists()


async def test_verify_names_the_first_record_that_does_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = await open_store("", tmp_path)
    await fill(store)
    assert await cli("", "verify", "--data", tmp_path) == 0
    assert "1条记录链、3条记录" in capsys.readouterr().out
    await store.close()
    assert await cli("", "verify", "--data", tmp_path) == 0
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("update event set body = replace(body, '说明', '改过') where seq = 2")
    db.close()
    assert await cli("", "verify", "--data", tmp_path) == 1
    told = capsys.readouterr()
    assert "incident:1 第2条记录：内容与摘要不符" in told.err


async def test_a_damaged_backup_is_not_put_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = await open_store("", tmp_path / "data")
    await fill(store)
    await store.close()
    await cli("", "backup", tmp_path / "b", "--data", tmp_path / "data")
    raw = bytearray((tmp_path / "b").read_bytes())
    raw[4096 * 3 : 4096 * 6] = b"\xff" * (4096 * 3)
    (tmp_path / "b").write_bytes(raw)
    assert await cli("", "restore", tmp_path / "b", "--data", tmp_path / "new") == 1
    assert "损坏" in capsys.readouterr().err
    assert not (tmp_path / "new" / FILE).exists()
