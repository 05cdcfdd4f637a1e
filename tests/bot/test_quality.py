"""What officers decide becomes labelled examples, and an editor sees which word on which line raised which false alarm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.cli_quality import as_markdown, examples_of
from bot.learned import labelled_orders
from bot.quality import quality, said_of
from bot.store import open_store
from bot.store.port import Store
from config.schema import Settings
from playbooks.incident import Instant, Place
from playbooks.record import dump
from tests.bot.matter import Matter, at, land_money
from tests.builders import settings

WORD, RULE = "geo/滑坡@hazards.toml:53", "geo_now@rules.toml:22"
ON = "wangjianguo"


def matter(rules: Settings, number: int, *reasons: str, title: str = "大湾村滑坡", **data: object) -> Matter:
    found = dump(Instant(value=at("08:00"), source="system"))
    place = Place(county="鹿溪县", detail="石坪镇大湾村")
    m = Matter(
        rules, at("08:00"), number=number, title=title, label="E", category="geo_damage", place=place,
        starts={"detected_at": found}, reasons=list(reasons), **data,
    )  # fmt: skip
    m.note("unit_suggested", at("08:00"), unit="zrzyj", ranked=["zrzyj", "yjj", "jtj"], reasons=[])
    m.note("alarmed", at("08:01"), reason="alarm_at")
    return m


def duty(rules: Settings) -> tuple[str, str]:
    from playbooks.rota import duty as on

    found = on(rules.organisation, at("08:05"))
    return found.duty_officer, found.duty_leader


@pytest.fixture
async def store(tmp_path: Path):
    opened = await open_store("", tmp_path)
    yield opened
    await opened.close()


async def judged(store: Store, rules: Settings) -> None:
    """One true with another unit, one false, one unjudged, one merged."""
    officer, leader = duty(rules)
    right = matter(rules, 1, WORD, RULE)
    right.act("verify", officer, at("08:05"), result="true", party="", source="电话")
    right.act("assign", leader, at("08:10"), unit="yjj")
    wrong = matter(rules, 2, WORD, title="滑坡主题摄影展")
    wrong.act("exclude", officer, at("08:05"), reason="unrelated")
    open_ = matter(rules, 3, RULE)
    twin = matter(rules, 4, WORD)
    twin.act("merge", leader, at("08:20"), into="1")
    for m in (right, wrong, open_, twin):
        await m.save(store)


async def test_precision_counts_only_what_people_judged(store: Store) -> None:
    rules = settings()
    await judged(store, rules)
    q = quality(await examples_of(store))
    assert (q.alarms, q.right, q.false, q.unjudged) == (4, 1, 1, 2)
    (word,) = q.by_word
    assert (word.name, word.places, word.right, word.false, word.precision) == ("geo/滑坡", ("hazards.toml:53",), 1, 1, 0.5)
    assert word.examples == (2,)
    (rule,) = q.by_rule
    assert (rule.name, rule.right, rule.false, rule.precision) == ("geo_now", 1, 0, 1.0)
    assert q.merged == ((4, 1),)


async def test_a_unit_people_changed_is_shown_with_both_names_and_counts_in_the_top_three(store: Store) -> None:
    rules = settings()
    await judged(store, rules)
    q = quality(await examples_of(store))
    assert (q.unit.decided, q.unit.first, q.unit.three) == (1, 0, 1)
    assert q.unit.changed == ((1, "zrzyj", "yjj"),)


async def test_the_editor_reads_word_file_line_and_the_false_alarm_itself(store: Store) -> None:
    rules = settings()
    await judged(store, rules)
    text = "\n".join(as_markdown(quality(await examples_of(store)), rules))
    assert "| geo/滑坡 | 3 | 1 | 1 | 50% | 2号 | hazards.toml:53 |" in text
    assert "2号（无关）滑坡主题摄影展：命中 geo/滑坡（hazards.toml:53）" in text
    assert "4号并入1号" in text


async def test_an_exclusion_that_was_taken_back_is_no_false_alarm(store: Store) -> None:
    rules = settings()
    officer, _ = duty(rules)
    m = matter(rules, 1, WORD)
    m.act("exclude", officer, at("08:05"), reason="unrelated")
    m.act("change", officer, at("09:00"), reason="现场确有滑坡")
    await m.save(store)
    assert quality(await examples_of(store)).false == 0


async def test_orders_of_the_record_teach_the_router(store: Store) -> None:
    rules = settings()
    await judged(store, rules)
    rows = await labelled_orders(store)
    assert (rows.texts, rows.labels) == ((("大湾村滑坡", ""),), ("yjj",))


async def test_drills_are_no_examples(store: Store) -> None:
    await matter(settings(), 1, WORD, drill=True).save(store)
    assert await examples_of(store) == ()


def test_reasons_of_people_say_nothing_an_editor_could_change() -> None:
    assert said_of(["指挥部定级", "deaths=3"]) == ()


def test_the_command_prints_markdown_and_json_and_names_a_wrong_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import asyncio

    async def fill() -> None:
        opened = await open_store("", tmp_path)
        await land_money(settings()).save(opened)
        await opened.close()

    asyncio.run(fill())
    demo = str(Path(__file__).parents[2] / "config" / "demo")
    assert main(["report", "quality", "--data", str(tmp_path), "--config", demo]) == 0
    assert capsys.readouterr().out.startswith("# 研判质量报告")
    assert (
        main(["report", "quality", "--data", str(tmp_path), "--config", demo, "--format", "json", "--since", "2026-01-01"]) == 0
    )
    assert len(json.loads(capsys.readouterr().out)["examples"]) == 1
    assert main(["report", "quality", "--data", str(tmp_path), "--since", "昨天"]) == 1
    assert "请写成 2026-11-01" in capsys.readouterr().err
