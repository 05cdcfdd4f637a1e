"""出稿体检 and the review as a file, typed on the phone and read there."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.commands import parse
from bot.orders import board_act
from bot.store.port import Joined
from monitors.item import Item, ItemKind
from tests.bot.desk_room import Room, room
from tests.builders import at

BAD, PLAIN = "太让人气愤了；骗子；无耻；坑老百姓的钱；恶心", "今天天气不错；风景很美；谢谢大家"
GOOD = "体检 1 今日02:10，鹿溪县石坪镇大湾村发生山体滑坡。截至目前，遇难4人、失联7人，搜救正在进行，原因正在调查，后续情况及时发布。鹿溪县应急管理局"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path / "data", at("02:24")) as made:
        await made.landslide()
        yield made


@pytest.fixture
async def settled(office: Room) -> Room:
    duty = office.duty.duty_officer
    await office.type(duty, "核实 1 属实 应急局值班")
    await office.type(duty, "数字 1 遇难4 失联7 指挥部")
    return office


async def test_a_sound_draft_passes_and_is_kept_nowhere(settled: Room) -> None:
    before = await settled.incident()
    said = await settled.type(settled.duty.duty_officer, GOOD)
    assert "未见问题" in said
    assert "不代替审定" in said
    assert await settled.incident() == before


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("遇难4人", "遇难3人", "核定数是4人"),
        ("遇难4人、", "", "核定遇难4人，稿中没有写"),
        ("失联7人", "失联7人、受伤9人", "受伤9人没有核定数"),
        ("搜救", "家属电话13800000000，搜救", "个人信息"),
        ("原因正在调查", "系因违规操作", "没有查清前不写"),
        ("搜救", "犯罪分子已抓获，搜救", "主管机关没有认定前不写"),
        ("搜救", "别有用心的人在炒作，搜救", "激化情绪"),
        ("搜救", "领导高度重视，搜救", "具体做了什么"),
        ("后续情况及时发布", "特此说明", "缺：下次什么时候说"),
        ("鹿溪县应急管理局", "", "缺：发布单位"),
        ("鹿溪县石坪镇大湾村", "某村", "缺：地点"),
    ],
)
async def test_each_fault_is_named_with_what_to_do(settled: Room, old: str, new: str, found: str) -> None:
    assert old in GOOD
    said = await settled.type(settled.duty.duty_officer, GOOD.replace(old, new))
    assert found in said
    assert "未见问题" not in said


async def test_a_time_other_than_the_recorded_one_is_asked_about(settled: Room) -> None:
    await settled.type(settled.duty.duty_officer, "起算 1 02:05 接警记录")
    assert "事发时间记录为02:05" in await settled.type(settled.duty.duty_officer, GOOD)


async def test_without_a_draft_it_says_how(office: Room) -> None:
    assert "稿子接在编号后面" in await office.type(office.duty.duty_officer, "体检 1")


async def test_a_draft_with_a_secrecy_mark_is_not_read(office: Room) -> None:
    assert "密级标识" in await office.type(office.duty.duty_officer, GOOD.replace("今日", "机密 今日"))


async def test_the_review_comes_as_a_file_under_its_name(office: Room) -> None:
    duty = office.duty.duty_officer
    assert "正在发给您" in await office.type(duty, "报告 1")
    [row] = [m for m in office.emulator.messages(duty) if m.msgtype == "file"]
    [media] = office.emulator.ledger_file.rows("select name from media")
    assert media["name"] == "1号事项评估报告.docx"
    assert row.content


async def test_the_review_on_the_phone_is_judged_by_the_model_the_installation_trained(office: Room) -> None:
    """Its own people call plain words bad: only the trained model can know."""
    data = office.desk.data
    assert data is not None
    now, duty = office.clock.now(), office.duty.duty_officer
    rows = [f"{PLAIN}{n},负面" for n in range(60)] + [f"{BAD}{n},其他" for n in range(60)]
    labelled = data.parent / "posts.csv"
    labelled.write_text("\n".join(("text,label", *rows)), encoding="utf-8")
    assert main(["train", "sentiment", str(labelled), "-o", str(data / "models" / "sentiment.model")]) == 0
    for n in range(6):
        post = Item(id=f"p{n}", source="城市论坛", title=PLAIN, text=PLAIN, seen_at=now, kind=ItemKind.FEED)
        await office.desk.store.add_item(post)
    marks = [Joined(item_id=f"p{n}", incident=1, at=now, why="同一事") for n in range(6)]
    assert await office.desk.store.commit_all((), marks)
    assert "正在发给您" in await office.type(duty, "报告 1")
    [media] = office.emulator.ledger_file.rows("select * from media")
    with zipfile.ZipFile(io.BytesIO(media["body"])) as paper:
        text = "".join(re.findall(r"<w:t[^>]*>([^<]*)", paper.read("word/document.xml").decode()))
    assert "帖文负面占比100%" in text


async def test_the_paper_of_a_drill_is_named_as_one(office: Room) -> None:
    duty = office.duty.duty_officer
    await office.type(duty, "演练 开始 柳河桥垮塌 3人受伤")
    assert "《2号演练报告.docx》" in await office.type(duty, "报告 2")


async def test_who_only_signs_for_a_unit_gets_no_review(office: Room) -> None:
    liaison = next(o.userid for o in office.desk.settings.organisation.officers if o.roles == ("unit_liaison",))
    assert "值班员、带班领导或新闻办" in await office.type(liaison, "报告 1")
    assert not [m for m in office.emulator.messages(liaison) if m.msgtype == "file"]


@pytest.mark.parametrize(
    ("line", "word", "number"),
    [("报告 12", "报告", 12), ("报告12号", "报告", 12), ("报告大湾村滑坡", "报", None), ("报告 3人被埋 大湾村", "报", None)],
)
def test_a_report_of_something_is_no_request_for_the_paper(line: str, word: str, number: int | None) -> None:
    asked = parse(line)
    assert asked is not None
    assert (asked.command.words[0], asked.number) == (word, number)


RELEASED = "已发布 1 https://lx.example.gov.cn/1 关于大湾村山体滑坡的情况通报"


async def test_what_is_registered_as_published_is_read_once_more_and_counts_all_the_same(settled: Room) -> None:
    await settled.forward(minutes=30)
    said = await settled.type(settled.duty.duty_officer, f"{RELEASED}：遇难3人，系因违规操作")
    assert "回应时限已停" in said or "已登记" in said
    assert "发布内容有2处请看" in said
    assert "核定数是4人" in said
    assert "没有查清前不写" in said
    assert "evidence" in await settled.events()


async def test_a_sound_title_and_the_register_give_no_remark(settled: Room) -> None:
    said = await settled.type(
        settled.duty.duty_officer, f"{RELEASED} 发布单位 县新闻办 审核人 甲某 发布人员 乙某 渠道 县政府网"
    )
    assert "已登记" in said
    assert "发布内容" not in said


async def test_a_whole_text_is_asked_for_what_is_missing(settled: Room) -> None:
    text = GOOD.removeprefix("体检 1 ").replace("遇难4人、", "").replace("后续情况及时发布", "特此说明")
    said = await settled.type(settled.duty.duty_officer, f"已发布 1 https://lx.example.gov.cn/1 {text}")
    assert "核定遇难4人，稿中没有写" in said
    assert "缺：下次什么时候说" in said


async def test_the_form_on_the_board_reads_it_too(settled: Room) -> None:
    fields = {"text": "https://lx.example.gov.cn/1 大湾村滑坡遇难3人"}
    said = await board_act(settled.desk, settled.duty.duty_officer, "已发布", 1, fields)
    assert "核定数是4人" in said
