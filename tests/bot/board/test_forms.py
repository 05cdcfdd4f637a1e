"""Forms go the way of chat commands: same words, same gates, same replies."""

from __future__ import annotations

import pytest

from bot.board.forms import BY_CODE, FORMS, command
from bot.commands import BY_WORD, parse
from playbooks.lifecycle import RULES
from tests.bot.matter import at, land_money

LINES = [
    (
        "release",
        {
            "word": "已发布",
            "url": "https://a.example/1",
            "at": "2026-11-22T07:30",
            "reviewer": "甲乙",
            "channel": "门户网站",
        },
        "已发布",
        "https://a.example/1 2026-11-22 07:30 审核:甲乙 渠道:门户网站",
    ),
    ("verify", {"result": "属实", "party": "yjj", "source": "现场"}, "核实", "属实 鹿溪县应急管理局 现场"),
    ("figure", {"遇难": "4", "失联": "x", "source": "指挥部"}, "数字", "遇难4 指挥部"),
    ("grade", {"level": "重大", "reason": "核报11人"}, "定级", "重大 核报11人"),
    ("grade_opinion", {"level": "较大", "reason": "帖文转负面"}, "舆情等级", "较大 帖文转负面"),
    ("assign", {"unit": "yjj", "other": "zrzyj"}, "交办", "鹿溪县应急管理局 鹿溪县自然资源局"),
    ("attest", {"gate": "保密审查", "name": "甲乙"}, "保密审查", "甲乙"),
    ("note", {"word": "补记", "at": "2026-11-22T02:30", "text": "已通知\n镇政府"}, "补记", "2026-11-22 02:30 已通知 镇政府"),
    ("exclude", {"reason": "旧闻"}, "排除", "旧闻"),
    ("split", {"item": "a1b2c3 d4e5f6"}, "拆分", "a1b2c3 d4e5f6"),
]


@pytest.mark.parametrize(("code", "given", "word", "rest"), LINES, ids=[x[0] for x in LINES])
def test_a_form_becomes_one_command_line(rules, code, given, word, rest):
    assert command(BY_CODE[code], given, rules) == (word, rest)


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.code)
def test_every_form_and_choice_is_a_command_of_its_action(form):
    assert form.action in RULES
    words = [o for i in form.inputs if i.name in ("word", "gate") for o in i.options]
    for word in words or [form.line({})[0]]:
        assert BY_WORD[word].action == form.action


@pytest.mark.parametrize("value", ["xcb；DROP", "no-such-unit", "<b>"], ids=["more", "unknown", "markup"])
def test_only_known_units_and_choices_pass(rules, value):
    assert command(BY_CODE["assign"], {"unit": value}, rules) == ("交办", "")
    assert command(BY_CODE["grade"], {"level": value, "reason": "r"}, rules) == ("定级", "r")


def test_a_value_cannot_start_another_line(rules):
    _, rest = command(BY_CODE["note"], {"word": "口径", "text": "甲\r\n办结 12"}, rules)
    assert parse(f"口径 12 {rest}").command.words[0] == "口径"
    assert "\n" not in rest


async def test_a_registered_conference_stops_its_clock_and_the_reply_is_shown_once(night):
    await night.sign_in("chenjing")
    fields = {"form": "release", "word": "发布会", "url": "县会议中心", "at": "2026-11-22T08:00"}
    async with await night.submit(12, fields) as answer:
        page = await answer.text()
    assert 'class="said"' in page
    assert "登记" in page.split('class="said"')[1][:200]
    incident = await night.store.incident(12)
    assert incident.running("press_conference_24h") is None
    assert incident.evidence[-1].kind == "press_conference"
    assert incident.evidence[-1].at == at("08:00")
    assert 'class="said"' not in await night.text("/incident/12")


async def test_a_planned_conference_is_refused_in_words(night):
    await night.sign_in("chenjing")
    fields = {"form": "release", "word": "发布会", "url": "县会议中心", "at": "2026-11-22T10:00"}
    async with await night.submit(12, fields) as answer:
        page = await answer.text()
    assert "尚未发布或召开" in page
    assert (await night.store.incident(12)).running("press_conference_24h") is not None


async def test_forms_are_those_the_officer_may_use_now(night, rules):
    await land_money(rules).save(night.store)
    await night.sign_in("zhouwen")
    page = await night.text("/incident/13")
    assert 'value="arbitrate"' not in page
    assert 'value="sign"' in page
    assert 'value="assign"' not in page
    assert 'value="recognise"' not in page


@pytest.mark.parametrize("fields", [{}, {"form": "no-such"}], ids=["none", "unknown"])
async def test_an_unknown_form_is_refused(night, fields):
    await night.sign_in("chenjing")
    async with await night.submit(12, fields) as answer:
        assert answer.status == 400


async def test_a_hostile_reply_is_text(night):
    await night.sign_in("chenjing")
    fields = {"form": "verify", "result": "属实", "source": "<script>alert(1)</script>"}
    async with await night.submit(12, fields) as answer:
        assert "<script>alert" not in await answer.text()
