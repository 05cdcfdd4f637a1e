"""What other keyboards and dictation make of a line: understood where it is clear, asked about where it is not, never lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.commands import BY_WORD, parse
from bot.typed import HEARD, has_seen, heard, tidy
from tests.bot.desk_room import Room, room
from tests.builders import at


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", at("02:24")) as made:
        yield made


@pytest.mark.parametrize(
    ("line", "word", "number", "rest"),
    [
        ("核實 1 屬實 現場民警", "核实", 1, "属实 现场民警"),
        ("數字 1 遇難4 失聯7 指揮部", "数字", 1, "遇难4 失联7 指挥部"),
        ("報 柳河鎮柳河橋垮塌 3人落水", "报", None, "柳河镇柳河桥垮塌 3人落水"),
        ("收到十二号", "收到", 12, ""),
        ("十二号收到", "收到", 12, ""),
        ("排除 十二号 旧闻", "排除", 12, "旧闻"),
        ("核实十二属实 民警", "核实", 12, "属实 民警"),
        ("数字一遇难四人失联七人", "数字", 1, "遇难四人失联七人"),
        ("详情 一百零三", "详情", 103, ""),
        ("定级一般", "定级", None, "一般"),
        ("数字 十人遇难", "数字", None, "十人遇难"),
        ("续报 3人获救", "续报", None, "3人获救"),
        ("补录 3月5日 去过现场", "补录", None, "3月5日 去过现场"),
        ("发布会 1号楼会议室 09:30", "发布会", None, "1号楼会议室 09:30"),
        ("发布会 一号楼会议室", "发布会", None, "一号楼会议室"),
        ("口径 一、正在核实", "口径", None, "一、正在核实"),
        ("已发布 1 ＨＴＴＰＳ：／／ｗｗｗ．luxi.example/1，请看", "已发布", 1, "https://www.luxi.example/1，请看"),
    ],
)
def test_a_line_is_read_whatever_keyboard_wrote_it(line: str, word: str, number: int | None, rest: str) -> None:
    asked = parse(line)
    assert asked is not None
    assert (asked.command.words[0], asked.number, asked.rest) == (word, number, rest)


def test_what_is_right_in_simplified_writing_stays() -> None:
    said = "鹿溪县乾元镇皇后里面条厂：著名干部云集，只有后台"
    assert tidy(said) == said


@pytest.mark.parametrize(("command", "wrong"), [(c, w) for c, ws in HEARD.items() for w in ws.split()])
def test_every_misheard_word_is_no_command_and_stands_for_one(command: str, wrong: str) -> None:
    assert command in BY_WORD
    assert heard(f"{wrong} 12") == f"{command} 12"
    assert wrong not in BY_WORD


@pytest.mark.parametrize("line", ["抱歉打错了", "暴雨下得很大", "今天到岗"])
def test_what_only_begins_like_a_misheard_word_is_none(line: str) -> None:
    assert heard(line) == ""


@pytest.mark.parametrize(
    ("line", "seen"), [("好的！", True), ("OK", True), ("👍👍", True), ("[强]", True), ("。", False), ("好大的水", False)]
)
def test_a_sign_of_having_read_is_known(line: str, seen: bool) -> None:
    assert has_seen(line) is seen


@pytest.mark.parametrize(
    ("label", "word"),
    [
        ("已电话报带班", "已报带班"),
        ("已报总值班室", "报送"),
        ("书面已报", "书面报送"),
        ("续报已报", "续报"),
        ("认定应回应", "认定"),
        ("登记发布", "已发布"),
        ("权威信息已发", "已发布"),
        ("发布会已开", "发布会"),
        ("回应已发", "回应"),
        ("会签已办", "会签"),
        ("保密审查已办", "保密审查"),
        ("审定已办", "审定"),
        ("说明原因", "说明"),
        ("建议等级", "定级"),
    ],
)
def test_the_label_of_a_button_typed_does_what_the_button_does(label: str, word: str) -> None:
    for line in (f"{label} 12 王某", f"{label}12 王某", f"12号{label} 王某"):
        asked = parse(line)
        assert asked is not None
        assert (asked.command.words[0], asked.number, asked.rest) == (word, 12, "王某")


async def test_traditional_characters_do_what_simplified_ones_do(office: Room) -> None:
    duty = office.duty.duty_officer
    assert (await office.type(duty, "報 石坪鎮大灣村山體滑坡 4人被埋 12345轉")).startswith("已立案：1号")
    assert "已登记核实结果：属实" in await office.type(duty, "核實 1 屬實 現場民警")
    assert "遇难4人（核定）、失联7人（核定）" in await office.type(duty, "數字 1 遇難4人失聯7人 指揮部")
    assert "已交办：应急管理局" in await office.type(duty, "交辦 1 應急管理局")
    assert "企业微信不得传递" in await office.type(duty, "補錄 1 機密★一年")


async def test_a_number_in_words_is_never_another_matter(office: Room) -> None:
    await office.landslide()
    assert "没有12号事件" in await office.type(office.duty.duty_officer, "收到十二号")
    assert not (await office.incident()).acknowledgements


async def test_a_misheard_command_is_asked_about_and_done_by_one_press(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    assert await office.type(duty, "和实 1 属实 现场民警") == ""
    assert "verified" not in await office.events()
    shown = await office.press(duty, "是，照办")
    assert "已登记核实结果：属实" in shown
    assert (await office.events()).count("verified") == 1


async def test_a_report_without_the_word_opens_a_matter_by_one_press(office: Room) -> None:
    duty = office.duty.duty_officer
    assert await office.type(duty, "鹿溪县白果镇养老院起火了，有人困在里面，快来[抱拳]") == ""
    card = office.card(duty, "立案提醒")
    assert "还没有立案" in office.shown(duty, card.id)
    assert await office.desk.store.incident(1) is None
    await office.press(duty, "立案提醒")
    incident = await office.incident()
    assert incident.title == "鹿溪县白果镇养老院起火了，有人困在里面，快来"


async def test_an_attempt_at_a_command_is_no_report(office: Room) -> None:
    await office.landslide()
    assert "没有看懂“驳回 1 不属实" in await office.type(office.duty.duty_officer, "驳回 1 不属实，请再核一次")


async def test_words_about_an_open_matter_are_noted_by_one_press(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.landslide()
    await office.type(duty, "镇里的人已经到了，正在清点人数")
    await office.press(duty, "补录到1号")
    assert (await office.incident()).notes[-1].text == "镇里的人已经到了，正在清点人数"
    assert await office.desk.store.incident(2) is None


async def test_a_report_with_personal_details_stays_in_no_button(office: Room) -> None:
    duty = office.duty.duty_officer
    said = await office.type(duty, "白果镇养老院起火，联系人电话13800001234，快来")
    assert "还没有立案" in said
    assert "13800001234" not in " ".join(office.heard(duty))


async def test_a_long_report_without_the_word_is_told_how_to_be_sent(office: Room) -> None:
    assert "请在前面加“报”字重发" in await office.type(office.duty.duty_officer, "校门口聚集了几十名家长要求给说法。" * 20)


async def test_who_answers_good_is_offered_to_acknowledge(office: Room) -> None:
    duty = office.duty.duty_officer
    assert "没有等您点“收到”的事件" in await office.type(duty, "好的")
    await office.landslide()
    assert await office.type(duty, "好的👌") == ""
    await office.press(duty, "收到 1号")
    assert (await office.incident()).acknowledgements


async def test_what_was_not_understood_is_quoted(office: Room) -> None:
    assert (await office.type(office.duty.duty_officer, "天气不错")).startswith("没有看懂“天气不错”。可以回：报")


async def test_a_refusal_offers_only_what_there_is_something_to_do_about(office: Room) -> None:
    """Nothing to confirm, no order to sign for: what is permitted but useless helps nobody at three in the morning."""
    await office.landslide()
    said = await office.type("liqiang", "归档 1")
    assert "不能这样办" in said
    assert not [w for w in ("同意", "签收", "退回", "裁定", "延期", "拆分") if w in said], said
