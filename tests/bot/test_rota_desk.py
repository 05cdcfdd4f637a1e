"""The rota as it really is: who is there says so, swaps need consent, a handover binds until both have signed; drills."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import digest, rota_desk
from bot.inbox import load_covers
from bot.labels import beijing
from bot.rota_desk import check_gaps
from playbooks.incident import Status
from tests.bot.desk_room import Room, room
from tests.builders import at

NIGHT = at("02:24")  # penghai on duty until 08:00, xiaomeng deputy, gaolin leads


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", NIGHT) as made:
        yield made


async def system(office: Room) -> list[str]:
    return [e.kind for e in await office.desk.store.events("system")]


async def test_arriving_is_recorded_and_shows_what_waits(office: Room) -> None:
    await office.landslide()
    answer = await office.type("penghai", "到岗")
    assert "已登记到岗（夜班值班员，至08:00）" in answer
    assert "在办1件" in answer
    assert "on_duty" in await system(office)
    assert "值班表上没有您" in await office.type("liqiang", "到岗")


async def test_one_press_covers_a_missing_officer_until_the_shift_ends(office: Room) -> None:
    answer = await office.type("luhan", "顶班")
    assert "已由您顶替彭海值班" in answer
    assert office.duty.duty_officer == "luhan"
    assert "已顶替您的本班值班" in office.heard("penghai")[-1]
    office.desk.covers = ()
    await load_covers(office.desk)
    assert office.duty.duty_officer == "luhan"
    await office.forward(hours=6)
    assert office.duty.duty_officer != "luhan"
    assert "不用顶班" in await office.type(office.duty.duty_officer, "顶班")


async def test_a_swap_or_a_look_is_about_the_day_that_was_said_never_about_today_instead(office: Room) -> None:
    name = office.desk.settings.organisation.officer("luhan").name  # type: ignore[union-attr]
    assert "代您11月24日" in await office.type("penghai", f"换班 {name} 后天")
    assert "代您11月26日" in await office.type("penghai", f"换班 {name} 11-26")
    assert "没有看懂是哪天的班" in await office.type("penghai", f"换班 {name} 改天")
    assert "没有看懂是哪天的班" in await office.type("penghai", f"换班 {name} 12-30")
    assert "代您11月23日 20:00" in await office.type("penghai", f"换班 {name} 明天")
    today, later = await office.type("penghai", "值班"), await office.type("penghai", "值班 后天")
    assert today != later
    assert later == await office.type("penghai", "值班 24日")
    assert "没有看懂是哪一天" in await office.type("penghai", "值班 下下周")


async def test_a_swap_needs_the_other_one(office: Room) -> None:
    name = office.desk.settings.organisation.officer("luhan").name  # type: ignore[union-attr]
    assert f"已请{name}代您" in await office.type("penghai", f"换班 {name}")
    assert office.duty.duty_officer == "penghai"
    assert "换班已生效" in await office.press("luhan", "同意换班")
    assert office.duty.duty_officer == "luhan"
    assert "同意代班" in office.heard("penghai")[-1]


async def test_a_cover_worked_twice_after_a_kill_gives_the_same_answer_and_happens_once(office: Room) -> None:
    await office.desk.store.accept_callback("k1", NIGHT, {"kind": "text", "user": "luhan", "content": "顶班"})
    actor = office.desk.actor("luhan")
    assert actor is not None
    first = await rota_desk.cover(office.desk, actor, "k1")
    await load_covers(office.desk)  # the process was killed here, before the delivery was finished
    assert await rota_desk.cover(office.desk, actor, "k1") == first
    await office.settle()
    assert (await system(office)).count("cover") == 1
    assert len([c for c in office.desk.covers if c.userid == "luhan"]) == 1
    assert sum("已由您顶替" in text for text in office.heard("luhan")) == 1
    assert sum("已顶替您" in text for text in office.heard("penghai")) == 1
    assert "不用顶班" in await office.type("luhan", "顶班")


async def test_a_kill_between_the_record_and_the_word_to_the_other_loses_no_word(
    office: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = office.desk.actor("luhan")
    assert actor is not None

    async def killed(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as dead:
        dead.setattr("bot.outbox.say", killed)
        with pytest.raises(RuntimeError, match="killed"):
            await rota_desk.cover(office.desk, actor, "k1")
    await rota_desk.cover(office.desk, actor, "k1")
    await office.settle()
    assert sum("已顶替您" in text for text in office.heard("penghai")) == 1
    assert (await system(office)).count("cover") == 1


async def test_a_swap_worked_twice_after_a_kill_is_still_one_swap(office: Room) -> None:
    name = office.desk.settings.organisation.officer("luhan").name  # type: ignore[union-attr]
    await office.type("penghai", f"换班 {name}")
    card = office.card("luhan", "同意换班")
    ident = office.keys(card)["同意换班"].rpartition("|")[2]
    actor = office.desk.actor("luhan")
    assert actor is not None
    first, _ = await rota_desk.pressed(office.desk, actor, "swap_yes", ident, "k1")
    again, _ = await rota_desk.pressed(office.desk, actor, "swap_yes", ident, "k1")
    assert again == first
    assert "换班已生效" in first
    assert (await system(office)).count("swap") == 1
    other, _ = await rota_desk.pressed(office.desk, actor, "swap_yes", ident, "k2")
    assert "已经处理过" in other


async def test_a_signature_worked_twice_after_a_kill_is_one_signature(office: Room) -> None:
    await office.forward(hours=4)
    await office.type("penghai", "交接")
    card = office.card("penghai", "我已交清")
    ident = office.keys(card)["我已交清"].rpartition("|")[2]
    actor = office.desk.actor("penghai")
    assert actor is not None
    first, _ = await rota_desk.pressed(office.desk, actor, "give", ident, "k1")
    again, _ = await rota_desk.pressed(office.desk, actor, "give", ident, "k1")
    assert again == first
    assert (await system(office)).count("handover_signed") == 1


async def test_a_refused_swap_leaves_everything_as_it_was(office: Room) -> None:
    name = office.desk.settings.organisation.officer("luhan").name  # type: ignore[union-attr]
    await office.type("penghai", f"换班 {name}")
    await office.press("luhan", "不同意")
    assert office.duty.duty_officer == "penghai"
    assert "不同意换班，仍由您负责" in office.heard("penghai")[-1]


async def test_a_handover_binds_the_outgoing_officer_until_both_signed(office: Room) -> None:
    await office.landslide()
    await office.forward(hours=5)
    coming = office.desk.duty(at("08:01")).duty_officer
    assert "交接卡已发给交接双方" in await office.type("penghai", "交接")
    card = office.shown("penghai", office.card("penghai", "我已交清").id)
    assert "【交接班】夜班→白班 08:00" in card
    assert "在办1件" in card
    assert "1号石坪镇大湾村地质灾害" in card
    await office.forward(hours=1)
    assert office.duty.duty_officer == "penghai", "the incoming officer has not signed"
    assert coming != "penghai"
    assert "等" in await office.press("penghai", "我已交清")
    assert office.duty.duty_officer == "penghai"
    assert "交接完毕" in await office.press(coming, "我已接清")
    assert office.duty.duty_officer != "penghai"
    assert any("交接完毕" in text for text in office.heard("penghai")[-2:])
    pages = [text for text in office.heard("penghai") if "履职单" in text]
    assert len(pages) == 1, "what the outgoing officer did goes to him with the last signature, once"
    assert "彭海 履职单" in pages[0]
    assert "夜班" in pages[0]
    assert not [text for text in office.heard(coming) if "履职单" in text]
    assert (await system(office)).count("handover_signed") == 2


async def test_a_handover_shows_what_has_passed_as_passed(office: Room) -> None:
    await office.landslide()
    await office.type("penghai", "数字 1 遇难11 指挥部")
    await office.forward(hours=5, minutes=30)
    await office.type("penghai", "交接")
    card = office.shown("penghai", office.card("penghai", "我已交清").id)
    due = min(c.due_at for c in (await office.incident()).clocks if c.running and c.track == "public")
    assert due < office.clock.now()
    assert f"重大 {beijing(due, office.clock.now())}已过" in card
    assert "在办1件 超时1项 12小时内到期0项" in card
    assert f"1号权威信息 {beijing(due, office.clock.now())}已过" in card


async def test_a_handover_signed_early_puts_the_next_one_on_duty_at_once(office: Room) -> None:
    await office.forward(hours=5, minutes=20)
    await office.type("penghai", "交接")
    coming = office.desk.duty(at("12:30")).duty_officer
    await office.press(coming, "我已接清")
    await office.press("penghai", "我已交清")
    assert office.duty.duty_officer == coming


async def test_nobody_signs_for_another(office: Room) -> None:
    await office.forward(hours=5)
    await office.type("penghai", "交接")
    assert "签认" in await office.press("penghai", "我已接清")
    assert "handover_signed" not in await system(office)
    assert "发起" in await office.type("liqiang", "交接")


async def test_an_old_card_of_a_handover_is_answered_with_words(office: Room) -> None:
    await office.forward(hours=5)
    await office.type("penghai", "交接")
    old = office.card("penghai", "我已交清")
    await office.desk.store.set_meta("handover", "{}")
    await office.press_key("penghai", old, office.keys(old)["我已交清"])
    assert "已经结束" in office.shown("penghai", old.id)


async def test_a_gap_in_the_rota_is_told_days_ahead(office: Room) -> None:
    assert await check_gaps(office.desk) == []
    org = office.desk.settings.organisation
    holes = tuple(s for s in org.shifts if s.days != (1,))
    office.desk.settings = replace(office.desk.settings, organisation=replace(org, shifts=holes))
    await digest.daily(office.desk)
    await office.settle()
    assert ("rota", "gap") in {(p.kind, p.subject) for p in await office.desk.store.problems()}
    admin = next(o.userid for o in org.officers if o.board == "admin")
    assert any("没有排班" in line for line in office.heard(admin))


async def test_a_drill_runs_the_real_engine_with_marked_messages(office: Room) -> None:
    answer = await office.type("penghai", "演练 开始 柳河桥垮塌 3人受伤")
    assert answer.startswith("演练已开始：1号")
    card = office.card("penghai", "演练收到")
    text = office.shown("penghai", card.id)
    assert "【演练】" in text
    assert "演练·不外传" in text
    await office.press("penghai", "演练收到")
    await office.forward(minutes=1)
    assert all("【演练】" in line or "演练" in line for line in office.heard("gaolin"))
    assert "已中止演练1件" in await office.type("gaolin", "演练 中止")
    assert (await office.incident()).status is Status.DISMISSED


async def test_one_press_ends_a_drill_when_something_real_happens(office: Room) -> None:
    await office.type("penghai", "演练 开始 山体滑坡 5人被困")
    await office.landslide()
    await office.press("penghai", "中止演练")
    drill, real = await office.incident(1), await office.incident(2)
    assert drill.status is Status.DISMISSED
    assert real.open
    before = len(office.heard("penghai"))
    await office.forward(hours=1)
    assert not any("【演练】" in line for line in office.heard("penghai")[before:])


async def test_a_drill_is_not_in_the_daily_line(office: Room) -> None:
    await office.type("penghai", "演练 开始 山体滑坡 5人被困")
    await digest.daily(office.desk)
    await office.settle()
    assert any("在办0件" in line for line in office.heard("penghai"))


@pytest.mark.parametrize(
    ("user", "line", "expected"),
    [
        ("liqiang", "演练 开始 桥", "演练由值班员、带班领导或新闻办发起"),
        ("penghai", "演练 中止", "没有正在进行的演练"),
        ("penghai", "换班 张无名", "请写明请谁替班（名册里的姓名"),
        ("liqiang", "换班 彭海", "没有您的班"),
    ],
)
async def test_what_cannot_be_done_says_why(office: Room, user: str, line: str, expected: str) -> None:
    assert expected in await office.type(user, line)


async def test_a_second_drill_waits_for_the_first(office: Room) -> None:
    await office.type("penghai", "演练 开始 桥垮塌")
    assert "演练正在进行" in await office.type("penghai", "演练 开始 火灾")
