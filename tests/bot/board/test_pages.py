"""What the pages say, over real HTTP from a real store."""

from __future__ import annotations

import re

import pytest

from bot.board.render import millis
from bot.desk import Desk, act
from bot.store.port import SourceState
from playbooks.incident import Instant, Place
from playbooks.record import dump
from tests.bot.matter import Matter, at, land_money, rumour
from tests.builders import PRESS

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
async def signed(night):
    await night.sign_in("chenjing")
    return night


async def test_the_overview_gives_absolute_ends_and_server_time(signed):
    page = await signed.text("/")
    incident = await signed.store.incident(12)
    clock = incident.running("press_conference_24h")
    assert f'data-due="{millis(clock.due_at)}"' in page
    assert f'data-now="{millis(signed.clock.now())}"' in page
    assert "11-23 02:10" in page
    assert "核定遇难11人" in page
    assert 'level-major">重大' in page


async def test_graver_matters_come_first_and_overdue_before_all(signed, rules):
    await land_money(rules).save(signed.store)
    page = await signed.text("/")
    assert page.index("12号") < page.index("13号")
    signed.clock.advance_to(at("09:11", day=24))
    page = await signed.text("/")
    assert "已超" in page
    assert "is-overdue" in page


async def test_a_drill_is_in_the_list_and_in_no_figure(signed, rules):
    def strip(page):
        return re.findall(r"<b>(\d+)</b>([^<]+)</li>", page)

    signed.clock.advance_to(at("09:11", day=24))
    before = strip(await signed.text("/"))
    assert [word for _, word in before] == ["在办", "已超时", "2小时内到期", "未点收到"]
    m = Matter(rules, at("02:24"), number=30, title="柳河桥垮塌演练", category="geo_damage", drill=True, label="E")
    m.figure("deaths", 11, at("02:25"))
    m.note("alarmed", at("02:25"), reason="演练")
    m.pass_time(at("09:10", day=24))
    assert any(c.state.value == "overdue" for c in m.incident.clocks)
    await m.save(signed.store)
    page = await signed.text("/")
    assert "【演练】" in page
    assert strip(page) == [*before, ("1", "演练（不计入）")]


async def test_a_listed_matter_is_a_lead_and_not_on_the_overview(signed, rules):
    await rumour(rules).save(signed.store)
    assert "青山水库" not in await signed.text("/")
    assert "青山水库" in await signed.text("/leads")


async def test_unverified_matters_are_marked(signed, rules):
    assert "网传待核" not in await signed.text("/")
    m = Matter(
        rules,
        at("08:00"),
        number=20,
        title="柳河桥垮塌",
        category="other",
        place=Place(detail="柳河桥"),
        starts={"detected_at": dump(Instant(value=at("08:00"), source="system"))},
    )
    m.note("alarmed", at("08:01"), reason="突发事件")
    await m.save(signed.store)
    page = await signed.text("/")
    assert "【网传待核】柳河桥" in page
    assert "未点收到" in page


@pytest.mark.parametrize("path", ["/", "/leads", "/incident/21", "/incident/21/review.html"])
async def test_hostile_text_of_a_feed_stays_text(signed, rules, path):
    found = Instant(value=at("08:00"), source="system", evidence=HOSTILE)
    m = Matter(rules, at("08:00"), number=21, title=HOSTILE, category="other", starts={"detected_at": dump(found)})
    m.item("demo-city-forum", HOSTILE, at("08:00"), "javascript:alert(3)")
    if path != "/leads":
        m.note("alarmed", at("08:01"), reason=HOSTILE)
    await m.save(signed.store)
    page = await signed.text(path)
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    assert "javascript:" not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_the_incident_page_tells_the_whole_matter(signed):
    page = await signed.text("/incident/12")
    for word in (
        "5小时内发布权威信息",
        "起算：事发 11-22 02:10",
        "应急管理局接警记录",
        "国办发〔2016〕80号",
        "<th>网传</th><th>接报</th><th>核定</th>",
        "救援和人数由应急管理局牵头",
        "缺审核人",
        "现行口径",
        "会商 <b>缺</b>",
        "已送达",
        "发送失败",
        "电话报告带班领导",
        "地质灾害（特大型、大型）",
    ):
        assert word in page, word


async def test_unknown_figures_are_said_to_be_unknown(signed, rules):
    await land_money(rules).save(signed.store)
    assert "人数不详" in await signed.text("/incident/13")


async def test_the_living_part_comes_alone(signed):
    part = await signed.text("/incident/12?part=live")
    assert "<html" not in part
    assert 'name="csrf"' not in part
    assert "时间线" in part


async def test_an_unknown_number_is_a_404_in_words(signed):
    assert "没有99号事件" in await signed.text("/incident/99", status=404)


async def test_sources_show_what_is_broken_first(signed):
    now = at("08:05")
    await signed.store.save_poll(SourceState(source_id="demo-hotlist", last_try_at=now, last_success_at=now), [])
    failed = SourceState(source_id="demo-city-forum", last_try_at=now, failures=4, last_error="连接超时")
    await signed.store.save_poll(failed, [])
    page = await signed.text("/sources")
    assert "连续失败4次" in page
    assert "连接超时" in page
    assert page.index("连续失败4次") < page.index('dot ok">正常')


async def test_sources_say_what_to_do_and_when_they_are_asked_next(signed):
    now = at("08:05")
    silent = SourceState(
        source_id="demo-county-news",
        last_try_at=now,
        last_success_at=now,
        last_new_at=at("08:00", 17),
        next_poll_at=at("08:15"),
        pace=450,
        remark="有 3 条无法读取，已跳过",
    )
    await signed.store.save_poll(silent, [])
    page = await signed.text("/sources")
    assert "静默、内容受损" in page
    assert "超过其平时的间隔。请打开原网站核对" in page
    assert "有 3 条无法读取，已跳过。能读的部分已入库" in page
    assert "每7.5分钟" in page


async def test_problems_are_listed_with_their_state(signed):
    await signed.store.report_problem("source", "demo-city-forum", "云泽论坛连续失败，请核对地址。", at("08:04"))
    page = await signed.text("/problems")
    assert "请核对地址" in page
    assert "未恢复" in page
    await signed.store.resolve_problem("source", "demo-city-forum", at("08:30"))
    assert "已恢复" in await signed.text("/problems")


@pytest.mark.parametrize(("kind", "start"), [("html", b"<!doctype html>"), ("md", "**内部".encode()), ("docx", b"PK")])
async def test_the_review_is_one_click_away(signed, kind, start):
    async with signed.client.get(f"/incident/12/review.{kind}") as answer:
        assert answer.status == 200
        assert (await answer.read()).startswith(start)


@pytest.mark.parametrize("name", ["..%2f..%2fpages.py", "pages.py", "board.css.map"])
async def test_only_our_own_static_files_are_served(signed, name):
    await signed.text(f"/static/{name}", status=404)


async def test_nothing_is_loaded_from_elsewhere(signed):
    for path in ("/", "/incident/12", "/static/board.css", "/static/board.js"):
        text = await signed.text(path)
        assert "//cdn" not in text
        assert 'src="http' not in text
        assert "url(http" not in text
        assert "onclick=" not in text


async def test_the_grade_of_the_opinion_shows_every_input_and_is_only_a_proposal(signed):
    page = await signed.text("/incident/12")
    assert "舆情等级<small>建议" in page
    for name in ("媒体级别", "出现平台", "增长", "帖文负面占比", "线下行动", "敏感时段"):
        assert f"<th>{name}</th>" in page
    assert "由人定" in page
    assert "舆情等级和帖文倾向" in await signed.text("/incident/12/review.md")


async def test_the_grade_of_the_opinion_given_by_a_form_is_shown_as_given(signed):
    fields = {"form": "grade_opinion", "level": "较大", "reason": "帖文转负面"}
    async with await signed.submit(12, fields) as answer:
        assert "已认定舆情等级" in await answer.text()
    page = await signed.text("/incident/12")
    assert "<small>认定较大，系统建议" in page
    assert "舆情等级认定：<b>较大</b>（陈静" in page
    assert "帖文转负面" in page


async def test_a_merged_matter_says_where_it_went_and_its_items_are_listed_there(signed, rules):
    m = rumour(rules)
    await m.save(signed.store)
    desk = Desk(settings=rules, store=signed.store, clock=signed.clock, owner="test")
    await act(desk, m.incident.number, "merge", PRESS, {"into": "12"})
    gone = await signed.text(f"/incident/{m.incident.number}")
    assert '本件已并入<a href="/incident/12">12号</a>' in gone
    stays = await signed.text("/incident/12")
    assert "青山水库坝脚有水，正常吗" in stays
    assert f"由{m.incident.number}号并入" in stays
    assert f'含<a href="/incident/{m.incident.number}">' in stays


async def test_the_kind_does_not_repeat_what_the_place_says_and_a_grievance_has_no_toll(signed, rules):
    m = Matter(
        rules,
        at("08:00"),
        number=21,
        title="网传青山水库要溃坝",
        category="reservoir",
        place=Place(detail="青山水库"),
        starts={"detected_at": dump(Instant(value=at("08:00"), source="system"))},
    )
    m.note("alarmed", at("08:01"), reason="后果严重")
    await m.save(signed.store)
    assert "青山水库堤坝安全</a>" in await signed.text("/")
    await land_money(rules).save(signed.store)
    page = await signed.text("/")
    blocks = {n: page.split(f'href="/incident/{n}"')[1].split("</article>")[0] for n in (12, 13, 21)}
    assert {n: "<dt>人数</dt>" in block for n, block in blocks.items()} == {12: True, 13: False, 21: True}
