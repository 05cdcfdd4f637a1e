"""Joining over the real desk: merges by hand stay, old rumours are recognised, what smoulders is told, what runs away alarms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import bodies, texts
from bot.app import Running
from bot.board import detail
from bot.clarified import known_clarifications
from bot.clock import VirtualClock
from bot.desk import NotFound, act
from bot.merging import all_that_came
from bot.quality import example, quality
from bot.reports import gather, render
from bot.scheduler import build_scheduler
from bot.slow_burn import slow_burn_lines
from bot.store.verify import verify
from monitors.item import Item, ItemKind
from playbooks.incident import Incident
from playbooks.lifecycle import ActionNotAllowed
from playbooks.merged import came_in
from playbooks.rumours import likely_same, old_rumour, untrue
from tests.bot.sources_server import desk_of
from tests.builders import LEADER, OFFICER, PRESS, at


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with desk_of(tmp_path, VirtualClock(at("09:00"))) as made:
        yield made


async def heard(running: Running, title: str, source: str = "web", **more: object) -> int | None:
    """One item arrives now; the number of its matter."""
    desk = running.service.desk
    ident = f"{source}-{title}-{desk.now():%d%H%M%S}"
    item = Item(id=ident, source=source, title=title, seen_at=desk.now(), **{"kind": ItemKind.FEED, **more})  # type: ignore[arg-type]
    await desk.store.add_item(item)
    return (await running.service.intake.join())[ident]


async def matter(running: Running, number: int | None) -> Incident:
    assert number is not None
    found = await running.service.desk.store.incident(number)
    assert found is not None
    return found


def later(running: Running, **span: float) -> None:
    clock = running.service.desk.clock
    assert isinstance(clock, VirtualClock)
    clock.advance_to(clock.now() + timedelta(**span))


async def proved(running: Running) -> bool:
    """Every chain whole, every stored state the fold of its chain."""
    verdict = await running.service.desk.store.engine.read(verify)  # type: ignore[attr-defined]
    return not verdict.faults


async def clarified_dam(running: Running) -> int:
    """A dam rumour found untrue by two parties and clarified."""
    desk = running.service.desk
    number = await heard(running, "网传鹿溪县青山水库要溃坝")
    assert number is not None
    for by, party in ((OFFICER, "slj"), (LEADER, "gaj")):
        await act(desk, number, "verify", by, {"result": "false", "party": party, "source": "现场"})
    await act(
        desk,
        number,
        "release",
        PRESS,
        {"kind": "authoritative_info", "url": "https://luxi.example/1", "at": desk.now()},
    )
    return number


@pytest.mark.parametrize("here_first", [True, False])
async def test_what_names_no_county_and_what_names_ours_are_one_matter(running: Running, here_first: bool) -> None:
    """An officer writes 大湾村滑坡, the feed 鹿溪县…大湾村: the county of the configuration is the county of the texts."""
    told = [("大湾村山体滑坡 4人被埋", {"kind": ItemKind.OFFICER}), ("鹿溪县石坪镇大湾村发生山体滑坡 已致1人死亡", {})]
    numbers = {await heard(running, title, **more) for title, more in (told if here_first else told[::-1])}
    assert len(numbers) == 1


async def test_after_a_merge_by_hand_later_items_follow_it_also_after_a_restart(running: Running) -> None:
    desk, intake = running.service.desk, running.service.intake
    one = await heard(running, "鹿溪县石坪镇大湾村山体滑坡")
    two = await heard(running, "鹿溪县城关镇一居民楼火灾")
    assert one is not None
    assert two not in (None, one)
    await act(desk, two or 0, "merge", PRESS, {"into": str(one)})
    later(running, minutes=5)
    assert await heard(running, "鹿溪县城关镇居民楼火灾现场", "b") == one
    await intake.rebuild()
    assert await heard(running, "鹿溪县城关镇一居民楼火灾 消防到场", "c") == one
    assert (await matter(running, two)).merged_into == one


async def test_what_is_merged_by_hand_is_listed_where_it_went_with_its_mark_and_higher_figures(running: Running) -> None:
    desk = running.service.desk
    one = await heard(running, "鹿溪县石坪镇大湾村山体滑坡致1人死亡") or 0
    later(running, minutes=1)
    two = await heard(running, "鹿溪县城关镇一居民楼火灾致3人死亡") or 0
    later(running, minutes=1)
    three = await heard(running, "鹿溪县第一中学20名学生食物中毒") or 0
    assert len({0, one, two, three}) == 4
    await act(desk, three, "merge", PRESS, {"into": str(two)}, "k1")
    await act(desk, two, "merge", PRESS, {"into": str(one)}, "k2")
    again, same = await act(desk, two, "merge", PRESS, {"into": str(one)}, "k2")
    assert (again.merged_into, same[0].kind) == (one, "merged"), "a delivery worked twice merges once"
    stays = await matter(running, one)
    assert came_in(stays) == (two,)
    came = await all_that_came(desk.store, stays)
    assert [i.number for i in came] == sorted((two, three)), "also by way of another"
    page = detail.page(stays, await desk.store.events(f"incident:{one}"), [], [], desk.settings, desk.now(), came=came)
    marks = {x.title: x.why for x in page.items}
    assert marks["鹿溪县城关镇一居民楼火灾致3人死亡"] == f"由{two}号并入"
    assert marks["鹿溪县第一中学20名学生食物中毒"] == f"由{three}号并入"
    assert page.total == 3
    assert page.higher == (f"并入的{two}号网传遇难3，本件1", f"并入的{three}号网传中毒20，本件不详")
    assert stays.latest("deaths").value == 1, "figures are shown side by side and never mixed"  # type: ignore[union-attr]
    paper = render(await gather(desk.store, desk.settings, one, desk.now()), "md").decode()
    assert f"由{two}号并入" in paper
    assert f"| {two}号 | 遇难 | 网传 | 3 | 1 |" in paper
    gone = render(await gather(desk.store, desk.settings, two, desk.now()), "md").decode()
    assert f"本事件已并入{one}号" in gone
    assert await proved(running)


async def test_a_merge_into_nothing_or_in_a_ring_is_refused_and_writes_nothing(running: Running) -> None:
    desk = running.service.desk
    one = await heard(running, "鹿溪县石坪镇大湾村山体滑坡") or 0
    two = await heard(running, "鹿溪县城关镇一居民楼火灾") or 0
    before = await matter(running, one)
    with pytest.raises(NotFound, match="98号"):
        await act(desk, one, "merge", PRESS, {"into": "98"})
    await act(desk, two, "merge", PRESS, {"into": str(one)})
    with pytest.raises(ActionNotAllowed) as refused:
        await act(desk, one, "merge", PRESS, {"into": str(two)})
    assert (refused.value.reason, refused.value.detail["into"]) == ("merged_here", str(two))
    after = await matter(running, one)
    assert (after.status, after.merged_into, after.version) == (before.status, None, before.version + 1)


async def two_fires_in_one(running: Running) -> tuple[int, str]:
    """A fire with one dead, into which a person put a landslide with three; the landslide's number and its item."""
    desk = running.service.desk
    number = await heard(running, "鹿溪县城关镇一居民楼火灾致1人死亡")
    assert number is not None
    later(running, minutes=1)
    assert await heard(running, "鹿溪县城关镇居民楼火灾致3人死亡 实为厂房", "b") == number
    ident = (await desk.store.items_of(number))[1].item.id
    return number, ident


async def test_a_split_by_hand_moves_items_figures_and_alarm_and_is_never_joined_again(running: Running) -> None:
    desk, intake = running.service.desk, running.service.intake
    number, ident = await two_fires_in_one(running)
    grade = (await matter(running, number)).level
    later(running, minutes=1)
    old, events = await act(desk, number, "split", PRESS, {"items": ["厂房"]}, "k1")
    again, same = await act(desk, number, "split", PRESS, {"items": ["厂房"]}, "k1")
    assert [e.kind for e in same] == [e.kind for e in events]
    assert again.version == old.version
    new = await matter(running, old.parted[0])
    assert (new.parted, [m.item_id for m in new.members]) == ((number,), [ident])
    assert [m.title for m in old.members] == ["鹿溪县城关镇一居民楼火灾致1人死亡"]
    deaths = [i.latest("deaths", "net") for i in (old, new)]
    assert [f.value for f in deaths if f] == [1, 3]
    assert (old.level, new.alarm_reason) == (grade, "split")
    assert new.starts.detected_at is not None
    assert old.starts.detected_at is not None
    assert new.starts.detected_at.value - old.starts.detected_at.value == timedelta(minutes=1)
    assert new.clocks
    assert await desk.store.incident_of(ident) == new.number
    for _ in range(2):  # told apart at once, and after a restart
        later(running, minutes=1)
        assert await heard(running, "鹿溪县城关镇居民楼火灾致3人死亡 实为厂房", "c") == new.number
        assert await heard(running, "鹿溪县城关镇一居民楼火灾致1人死亡", "d") == number
        await intake.rebuild()
    assert likely_same(await matter(running, new.number)) == ()
    assert await proved(running)


async def test_a_split_is_undone_by_a_merge_and_counted(running: Running) -> None:
    desk = running.service.desk
    number, _ = await two_fires_in_one(running)
    old, _ = await act(desk, number, "split", PRESS, {"items": ["厂房"]})
    made = old.parted[0]
    found = example(number, await desk.store.events(f"incident:{number}"))
    assert found is not None
    assert quality([found]).split == (number,)
    await act(desk, made, "merge", PRESS, {"into": str(number)})
    later(running, minutes=1)
    assert await heard(running, "鹿溪县城关镇居民楼火灾致3人死亡 实为厂房", "c") == number


@pytest.mark.parametrize(("words", "reason"), [(["地震"], "no_such_item"), (["火灾"], "all_items"), ([""], "missing_field")])
async def test_a_split_of_nothing_or_of_everything_is_refused(running: Running, words: list[str], reason: str) -> None:
    number, _ = await two_fires_in_one(running)
    before = await matter(running, number)
    with pytest.raises(ActionNotAllowed) as e:
        await act(running.service.desk, number, "split", PRESS, {"items": words})
    assert e.value.reason == reason
    assert await matter(running, number) == before


async def test_untrue_is_said_instead_of_hearsay_and_any_confirmation_undoes_it(running: Running) -> None:
    number = await clarified_dam(running)
    i = await matter(running, number)
    assert untrue(i)
    assert texts.mark(i) == "【已核不实】"
    await act(running.service.desk, number, "verify", OFFICER, {"result": "true", "party": "slj", "source": "现场"})
    assert texts.mark(await matter(running, number)) == ""


async def test_a_high_consequence_rumour_is_not_untrue_on_one_word(running: Running) -> None:
    number = await heard(running, "网传鹿溪县青山水库要溃坝")
    assert (await matter(running, number)).high_consequence
    await act(running.service.desk, number or 0, "verify", OFFICER, {"result": "false", "party": "slj", "source": "现场"})
    assert texts.mark(await matter(running, number)) == "【网传待核】"


async def test_an_old_rumour_is_recognised_with_date_and_link_and_a_grave_one_still_alarms(running: Running) -> None:
    desk = running.service.desk
    first = await clarified_dam(running)
    await act(desk, first, "close", PRESS, {"reason": "已澄清"})
    later(running, days=40)
    await running.service.intake.rebuild()
    again = await heard(running, "鹿溪县青山水库要溃坝了")
    assert again != first
    i = await matter(running, again)
    old = old_rumour(i)
    assert old is not None
    assert (old.on.isoformat(), old.url) == ("2026-11-22", "https://luxi.example/1")
    assert i.alarmed_at is not None
    said = bodies.body(i, "first", None, desk.settings, desk.now())
    assert "疑为旧谣新传：2026-11-22已澄清（https://luxi.example/1）" in said
    assert len(said) <= 112
    paper = render(await gather(desk.store, desk.settings, i.number, desk.now()), "md").decode()
    section = paper.partition("八、核实与移送")[2].partition("九、")[0]
    assert f"旧谣新传：2026-11-22已澄清《{old.title}》，https://luxi.example/1。" in section
    first_paper = render(await gather(desk.store, desk.settings, first, desk.now()), "md").decode()
    assert "旧谣新传" not in first_paper


async def test_a_list_that_cannot_be_read_is_a_problem_and_joining_goes_on(running: Running, tmp_path: Path) -> None:
    desk = running.service.desk
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "clarified.toml").write_text("=", encoding="utf-8")
    desk.settings = replace(desk.settings, folders=(*desk.settings.folders, str(tmp_path / "own")))
    assert (await known_clarifications(desk, None)).found == ()
    assert ("settings", "clarified.toml") in {(p.kind, p.subject) for p in await desk.store.problems()}
    assert await heard(running, "鹿溪县石坪镇大湾村山体滑坡") is not None


async def test_a_matter_taken_for_a_twin_is_listed_and_proposed_for_merging_and_stays_apart(running: Running) -> None:
    running.service.intake.detector = running.service.intake.knowledge.judges.detector()  # the whole country
    one = await heard(running, "四川宜宾发生5.5级地震")
    later(running, hours=1)
    two = await heard(running, "四川泸州发生4.7级地震", "b")
    assert two != one
    i = await matter(running, two)
    assert likely_same(i) == (one,)
    assert i.merged_into is None
    assert f"疑与{one}号为同一事" in bodies.body(i, "first", None, running.service.desk.settings, running.service.desk.now())


async def test_a_listed_matter_that_runs_away_alarms_by_itself(running: Running) -> None:
    words = ("", "天气", "实况", "现场", "视频", "最新")
    number = await heard(running, "鹿溪县暴雨")
    assert (await matter(running, number)).alarmed_at is None
    later(running, hours=4)
    for n, word in enumerate(words):
        assert (await matter(running, number)).alarmed_at is None
        later(running, minutes=5)
        assert await heard(running, f"鹿溪县暴雨{word}", f"p{n % 3}", kind=ItemKind.HOTLIST) == number
    i = await matter(running, number)
    assert (i.alarm_reason, i.alarmed_at) == ("accelerate_items", running.service.desk.now())


async def test_orders_are_listed_and_only_what_the_policy_names_alarms(running: Running) -> None:
    """Practice: an order becomes a matter of public opinion only by a decision; emergencies never wait for one."""
    plain = ("清河路井盖松动", "石坪镇路灯不亮", "反映小区物业夜间施工噪音", "咨询医保卡补办手续", "公交23路等车时间太长")
    for text in plain:
        later(running, minutes=1)
        i = await matter(running, await heard(running, f"来电{text}", "12345", kind=ItemKind.HOTLINE))
        assert (i.alarmed_at, i.notices) == (None, ()), text
    for text in ("石坪镇大湾村房后山体滑坡，有人被埋", "城关镇一饭店燃气爆炸，多人受伤"):
        later(running, minutes=1)
        i = await matter(running, await heard(running, text, "12345", kind=ItemKind.HOTLINE))
        assert i.alarmed_at == running.service.desk.now(), text


async def test_an_order_asked_for_by_three_people_on_three_days_turns_to_attention_without_a_night_call(
    running: Running,
) -> None:
    number = await heard(running, "反映石坪镇李家村路灯长期不亮", "12345", kind=ItemKind.HOTLINE)
    for text in ("石坪镇李家村路灯不亮多日", "反映石坪镇李家村路灯一直不亮"):
        assert (await matter(running, number)).alarmed_at is None
        later(running, days=1)
        assert await heard(running, text, "12345", kind=ItemKind.HOTLINE) == number
    i = await matter(running, number)
    assert (i.alarm_reason, [n.kind for n in i.notices]) == ("attention_days", ["first_quiet"])


async def test_an_installation_with_few_orders_may_be_told_of_each(running: Running) -> None:
    intake = running.service.intake
    intake.detector = intake.knowledge.detector()
    intake.detector.policy = replace(intake.detector.policy, orders_at_once=True)
    i = await matter(running, await heard(running, "来电清河路井盖松动", "12345", kind=ItemKind.HOTLINE))
    assert i.alarm_reason == "forced"


async def test_what_several_callers_say_over_days_is_a_line_of_the_digest_until_it_is_taken_up(running: Running) -> None:
    desk = running.service.desk
    policy = running.service.intake.knowledge.judges.policy
    number = await heard(running, "石坪镇李家村征地补偿款拖欠", "hotline", kind=ItemKind.HOTLINE)
    assert await slow_burn_lines(desk.store, desk.settings, policy, desk.now()) == ()
    for text in ("石坪镇李家村征地补偿款一直拖欠", "反映石坪镇李家村征地补偿款拖欠未发"):
        later(running, days=1)
        assert await heard(running, text, "hotline", kind=ItemKind.HOTLINE) == number
    (line,) = await slow_burn_lines(desk.store, desk.settings, policy, desk.now())
    assert line.startswith(f"{number}号 ")
    assert "3天内有3天、3人提出3次，转为关注" in line
    await act(desk, number or 0, "assign", LEADER, {"unit": "zrzyj"})
    assert await slow_burn_lines(desk.store, desk.settings, policy, desk.now()) == ()


async def test_the_search_index_follows_what_was_stored_and_search_does_not_wait_for_it(running: Running) -> None:
    desk = running.service.desk
    await heard(running, "鹿溪县多个小区停水")
    assert [s.item.title for s in await desk.store.search("停水")] == ["鹿溪县多个小区停水"]
    assert await running.service.index() == 1
    assert await running.service.index() == 0
    assert [s.item.title for s in await desk.store.search("停水")] == ["鹿溪县多个小区停水"]
    await heard(running, "鹿溪县停水已恢复")
    await running.service.poll()
    assert (await desk.store.engine_figures(desk.now(), desk.now())).unindexed == 0, "a round ends with everything taken in"
    assert build_scheduler(running.service, running.service.watch).get_job("index") is not None
