"""Work orders from CSV and XLSX: headings found, handling kept, persons covered, bad rows named, bombs refused."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from monitors.dates import BEIJING
from monitors.item import ItemKind, ParsedDocument, items
from monitors.kinds import delimited, hotline
from monitors.kinds.fields import FIELDS, fields_of
from monitors.kinds.workbook import rows

NOW = datetime(2026, 3, 3, tzinfo=UTC)
HEAD = ("工单编号", "标题", "诉求内容", "受理时间", "姓名", "承办单位", "办理状态", "满意度")
FIRST = (1001, "反映停水", "王小明来电，停水三天", datetime(2026, 3, 2, 8, 0), "王小明", "水务局", "已办结", "不满意")
SECOND = (1002, "", "路灯不亮", "2026年3月2日", "", "", "", "")


def xlsx(*lines: Sequence[object]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(list(line))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv_of(*lines: Sequence[object], charset: str = "utf-8-sig") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([[str(cell) for cell in line] for line in lines])
    return out.getvalue().encode(charset)


def read(body: bytes) -> ParsedDocument:
    return hotline.read(body, {}, FIELDS, NOW)


@pytest.mark.parametrize(
    "body",
    [
        xlsx(HEAD, FIRST, SECOND),
        xlsx(("青石县12345工单明细表",), ("统计时间：3月2日",), HEAD, FIRST, SECOND),
        csv_of(HEAD, FIRST, SECOND),
        csv_of(HEAD, FIRST, SECOND, charset="gb18030"),
        csv_of(("青石县12345工单明细表",), HEAD, FIRST, SECOND),
    ],
    ids=["xlsx", "xlsx with a title", "csv", "csv in gb18030", "csv with a title"],
)
def test_orders_are_read_alike_from_every_export(body: bytes) -> None:
    first, second = read(body).entries
    assert (first.id, first.title) == ("1001", "反映停水")
    assert first.published == datetime(2026, 3, 2, 8, 0, tzinfo=BEIJING)
    assert first.summary.split("\n") == ["王某来电，停水三天", "承办单位：水务局", "办理状态：已办结", "满意度：不满意"]
    assert first.author == "王某"
    assert (second.title, second.summary) == ("路灯不亮", "路灯不亮")


def test_what_was_covered_goes_along_apart_from_what_is_shown() -> None:
    head = (*HEAD, "联系电话", "身份证号", "家庭住址")
    row = (*FIRST, "13800001234", "11010119900307123X", "幸福路1号")
    (entry,) = read(xlsx(head, row)).entries
    assert json.loads(entry.original) == {
        "内容": "王小明来电，停水三天",
        "姓名": "王小明",
        "电话": "13800001234",
        "证件号": "11010119900307123X",
        "住址": "幸福路1号",
    }
    shown = f"{entry.title}{entry.summary}{entry.author}{entry.raw_date}{entry.id}"
    assert not any(secret in shown for secret in ("王小明", "13800001234", "11010119900307123X", "幸福路"))


def test_an_order_that_names_nobody_has_no_original() -> None:
    assert read(xlsx(HEAD, SECOND)).entries[0].original == ""


def test_reading_twice_gives_the_same_items_and_a_later_state_a_new_version() -> None:
    one, again = (items(read(xlsx(HEAD, FIRST)), "12345", NOW, ItemKind.HOTLINE)[0] for _ in range(2))
    later = items(read(xlsx(HEAD, (*FIRST[:6], "已回访", "满意"))), "12345", NOW, ItemKind.HOTLINE)[0]
    assert (one.id, one.fingerprint) == (again.id, again.fingerprint)
    assert later.id == one.id
    assert later.fingerprint != one.fingerprint


def test_rows_that_say_nothing_are_named_by_their_line() -> None:
    document = read(xlsx(("工单明细",), HEAD, FIRST, (1003, "", "", "", "", "", "", ""), SECOND))
    assert len(document.entries) == 2
    assert [(p.code, p.count, p.detail) for p in document.problems] == [("rows_unreadable", 1, "4")]


def test_headings_of_another_system_are_read_under_their_mapping() -> None:
    body = csv_of(("流水", "群众反映", "进件"), ("7", "桥面塌陷", "2026-03-02"))
    assert read(body).problems[-1].code == "columns_missing"
    own = fields_of({"number": ("流水",), "text": ("群众反映",), "received": ("进件",)})
    (entry,) = hotline.read(body, {}, own, NOW).entries
    assert (entry.id, entry.title, entry.raw_date) == ("7", "桥面塌陷", "2026-03-02")


def test_orders_over_the_limit_are_counted() -> None:
    document = hotline.read(csv_of(HEAD, *((n, f"停水{n}") for n in range(5))), {}, FIELDS, NOW, limit=3)
    assert len(document.entries) == 3
    assert [(p.code, p.count) for p in document.problems] == [("too_many_entries", 2)]


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 20_000_000)
    return out.getvalue()


def declared() -> bytes:
    """A workbook whose first part declares an entity."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx(HEAD, FIRST))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("workbook.xml"):
                data = b'<!DOCTYPE x [<!ENTITY e "eeee">]>' + data
            new.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"PK\x03\x04 no archive", "unreadable"),
        (bomb(), "too_large"),
        (declared(), "unreadable"),
        (xlsx(), "empty"),
        (xlsx(HEAD, FIRST)[:900], "unreadable"),
    ],
    ids=["no archive", "bomb", "document type", "nothing", "cut"],
)
def test_a_workbook_that_is_none_or_too_much_gives_a_problem(body: bytes, code: str) -> None:
    table = rows(body)
    assert (table.rows, [p.code for p in table.problems]) == ((), [code])
    assert read(body).entries == ()


def test_a_cover_sheet_before_the_table_is_passed_over_and_a_merged_cell_stands_in_every_row() -> None:
    book = Workbook()
    cover = book.active
    assert cover is not None
    cover.append(["说明"])
    cover.append(["本表由热线系统导出"])
    sheet = book.create_sheet("明细")
    sheet.append(["工单明细"])
    sheet.merge_cells("A1:D1")
    sheet.append(["工单编号", "标题", "诉求内容", "受理时间"])
    for n in range(3):
        sheet.append([n, "路灯不亮", f"第{n}盏路灯不亮", datetime(2026, 3, 2, 8, n)])
    sheet.merge_cells("B3:B5")
    out = io.BytesIO()
    book.save(out)
    found = read(out.getvalue())
    assert [e.title for e in found.entries] == ["路灯不亮"] * 3
    assert [e.summary for e in found.entries] == ["第0盏路灯不亮", "第1盏路灯不亮", "第2盏路灯不亮"]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("46083.5", datetime(2026, 3, 2, 12, 0, tzinfo=BEIJING)),
        ("46083", datetime(2026, 3, 2, 0, 0, tzinfo=BEIJING)),
        ("20260302 0830", datetime(2026, 3, 2, 8, 30, tzinfo=BEIJING)),
        ("20260302083015", datetime(2026, 3, 2, 8, 30, 15, tzinfo=BEIJING)),
        ("20261302 0830", None),
        ("99999999", None),
        ("1001", None),
        ("不详", None),
    ],
)
def test_dates_a_spreadsheet_lost_the_form_of_are_read_and_other_numbers_are_not(
    written: str, expected: datetime | None
) -> None:
    assert hotline.received(written, NOW) == expected


def test_a_formula_without_a_kept_value_is_a_row_that_cannot_be_read_not_its_text() -> None:
    found = read(xlsx(HEAD, (1, '="停"&"水"', "=1+1", "", "", "", "", ""), FIRST))
    assert [e.title for e in found.entries] == ["反映停水"]
    assert [(p.code, p.detail) for p in found.problems] == [("rows_unreadable", "2")]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_usual_separator_is_recognised(separator: str) -> None:
    text = "\n".join(separator.join(line) for line in (("工单编号", "标题", "诉求内容"), ("1", "停水", "停水三天")))
    assert [e.title for e in read(text.encode()).entries] == ["停水"]


@pytest.mark.parametrize(
    "body", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "\ufeff<html><p>标题</p></html>".encode(), b"<"]
)
def test_an_old_workbook_or_a_page_without_a_table_is_told_as_such(body: bytes) -> None:
    assert [p.code for p in read(body).problems] == ["unreadable"]


def merged(lines: Sequence[Sequence[object]], *ranges: str) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(list(line))
    for cells in ranges:
        sheet.merge_cells(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_place_or_a_name_written_once_beside_several_orders_belongs_to_each() -> None:
    lines = (
        ("工单编号", "区县", "标题", "诉求内容", "姓名"),
        (1, "青石县", "停水", "停水三天", "王小明"),
        (2, None, "停电", "王小明说停电", None),
    )
    first, second = read(merged(lines, "B2:B3", "E2:E3")).entries
    assert first.summary.endswith("地点：青石县")
    assert second.summary == "王某说停电\n地点：青石县"


def test_an_order_in_several_rows_is_one_with_all_that_they_say() -> None:
    lines = (
        ("工单编号", "标题", "诉求内容", "承办单位", "办理状态"),
        (1, "房屋开裂", "墙体开裂", "住建局", "已办结"),
        (None, None, None, "自然资源局", "办理中"),
        (1, "房屋开裂", "催办：屋顶塌了一块", "住建局", "办理中"),
        (2, "停水", "停水三天", "水利局", "办理中"),
    )
    found = read(merged(lines, "A2:A3", "B2:B3", "C2:C3"))
    first, second = found.entries
    for said in ("墙体开裂", "催办：屋顶塌了一块", "承办单位：住建局", "承办单位：自然资源局", "办理状态：办理中"):
        assert first.summary.count(said) == 1
    assert (second.id, found.problems) == ("2", ())


def test_of_a_heading_in_two_lines_the_lower_one_counts() -> None:
    lines = (
        ("工单编号", "标题", "来电人信息", None, "诉求内容"),
        (None, None, "姓名", "联系电话", None),
        (1, "停水", "王小明", "13800001234", "王小明来电停水"),
    )
    (entry,) = read(merged(lines, "A1:A2", "B1:B2", "C1:D1", "E1:E2")).entries
    assert (entry.title, entry.summary, entry.author) == ("停水", "王某来电停水", "王某")


@pytest.mark.parametrize(
    "heading",
    [
        ("工单 编号", "标　题", "诉求内容（必填）", "受理\n时间"),
        ("*工单编号", "*诉求标题：", "*诉求内容", "来电时间(年月日)"),
        ("工单编号＊", "标题 ", "诉求内容（200字以内）", "受理时间："),
    ],
)
def test_headings_are_known_under_their_decoration(heading: tuple[str, ...]) -> None:
    (entry,) = read(xlsx(heading, ("A1", "停水", "停水三天", "2026-03-02 08:30"))).entries
    assert (entry.id, entry.title, entry.summary) == ("A1", "停水", "停水三天")
    assert entry.published == datetime(2026, 3, 2, 8, 30, tzinfo=BEIJING)


@pytest.mark.parametrize("number", ['="20260302001"', "'20260302001", "20260302001\t", "２０２６０３０２００１"])
def test_a_number_kept_from_the_spreadsheet_is_the_number(number: str) -> None:
    body = f'工单编号,标题,受理时间\n{number},停水,="2026-03-02 08:30:00"\n'.encode()
    (entry,) = read(body).entries
    assert entry.id == "20260302001"
    assert entry.published == datetime(2026, 3, 2, 8, 30, tzinfo=BEIJING)


def test_gbk_behind_a_mark_of_utf8_is_read() -> None:
    (entry,) = read(b"\xef\xbb\xbf" + "工单编号,标题,诉求内容\n1,反映停水,停水三天没有人管\n".encode("gb18030")).entries
    assert (entry.id, entry.title) == ("1", "反映停水")


def test_a_date_number_in_full_width_digits_is_a_date() -> None:
    assert hotline.received("４６０８３．５", NOW) == datetime(2026, 3, 2, 12, 0, tzinfo=BEIJING)


TABLE = """<html><head><meta charset="{0}"></head><body><table border=1>
<tr><th colspan=4>12345工单明细</th></tr>
<tr><td>工单编号</td><td>诉求标题<td>诉求内容</td><td>承办单位</td></tr>
<tr><td>GD1</td><td>停水</td><td>停水<br>三天</td><td rowspan=2>水利局</td></tr>
<tr><td>GD2</td><td>漏水</td><td>王小明说漏水</td></tr></table></body></html>"""
SPREADSHEET = """<?xml version="1.0"?><Workbook xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table>
<Row><Cell><Data>工单编号</Data></Cell><Cell><Data>标题</Data></Cell><Cell><Data>内容</Data></Cell></Row>
<Row><Cell><Data>GD1</Data></Cell><Cell ss:Index="3"><Data>停水三天</Data></Cell></Row></Table></Worksheet></Workbook>"""


@pytest.mark.parametrize("charset", ["utf-8", "gb2312"])
def test_a_table_saved_as_a_web_page_is_read_with_its_spans(charset: str) -> None:
    first, second = read(TABLE.format(charset).encode(charset)).entries
    assert (first.id, first.title, first.summary) == ("GD1", "停水", "停水\n三天\n承办单位：水利局")
    assert (second.id, second.summary) == ("GD2", "王小明说漏水\n承办单位：水利局")


def test_an_xml_spreadsheet_is_read_and_its_left_out_cells_counted() -> None:
    (entry,) = read(SPREADSHEET.encode()).entries
    assert (entry.id, entry.title, entry.summary) == ("GD1", "停水三天", "停水三天")


@pytest.mark.parametrize(
    "heading",
    [
        (
            "流水号",
            "来电主题",
            "来电内容",
            "登记日期",
            "来电人姓名",
            "来电号码",
            "问题属地",
            "处置单位",
            "处置状态",
            "反馈时间",
            "群众评价",
        ),
        (
            "单号",
            "问题标题",
            "问题描述",
            "受理日期",
            "市民称呼",
            "市民电话",
            "区域",
            "责任部门",
            "处理进度",
            "答复日期",
            "满意情况",
        ),
        (
            "信件编号",
            "信件主题",
            "信件内容",
            "写信时间",
            "写信人",
            "手机号码",
            "所在乡镇",
            "受理部门",
            "当前环节",
            "回复时间",
            "是否满意",
        ),
        (
            "举报编号",
            "举报事项名称",
            "举报内容",
            "举报时间",
            "举报人",
            "联系方式",
            "违法地点",
            "经办科室",
            "办理结果",
            "办结日期",
            "回访情况",
        ),
    ],
)
def test_headings_of_other_systems_are_known_by_what_they_are_made_of(heading: tuple[str, ...]) -> None:
    row = ("A1", "路灯", "路灯不亮", "2026-03-02", "王小明", "13800001234", "城关镇", "住建局", "已办结", "2026-03-04", "满意")
    (entry,) = read(csv_of(heading, row)).entries
    assert (entry.id, entry.title, entry.author, entry.published) == (
        "A1",
        "路灯",
        "王某",
        datetime(2026, 3, 2, tzinfo=BEIJING),
    )
    assert entry.summary.split("\n") == [
        *("路灯不亮", "地点：城关镇", "承办单位：住建局", "办理状态：已办结", "办结时间：2026-03-04", "满意度：满意"),
    ]
    assert json.loads(entry.original) == {"姓名": "王小明", "电话": "13800001234"}


@pytest.mark.parametrize("heading", ["答复内容", "办理单位电话", "被举报人", "办结时限", "回访人", "满意件数统计"])
def test_a_column_of_another_meaning_is_not_taken_for_one_of_ours(heading: str) -> None:
    found = hotline.headings(csv_of(("编号", "标题", "内容", heading), ("1", "停水", "停水", "x")), {}, FIELDS)
    assert found.unused == (heading,)


def test_the_day_and_the_hour_may_stand_in_two_columns() -> None:
    head = ("工单编号", "标题", "受理日期", "受理时间")
    rows_of = (("1", "停水", "2026/3/2", "8:05"), ("2", "停电", "2026-03-02 09:10", "8:05"), ("3", "漏气", "", "8:05"))
    times = [e.published for e in read(csv_of(head, *rows_of)).entries]
    assert times[:2] == [datetime(2026, 3, 2, 8, 5, tzinfo=BEIJING), datetime(2026, 3, 2, 9, 10, tzinfo=BEIJING)]
    sheet = xlsx(head, ("1", "停水", date(2026, 3, 2), time(8, 5)))
    assert read(sheet).entries[0].published == datetime(2026, 3, 2, 8, 5, tzinfo=BEIJING)


def test_a_heading_may_be_made_of_two_lines() -> None:
    lines = (
        ("序号", "编号", "诉求", None, "时间", None),
        (None, None, "标题", "内容", "受理", "办结"),
        (1, "A1", "停水", "停水三天", datetime(2026, 3, 2, 8, 5), "2026-03-03"),
    )
    (entry,) = read(merged(lines, "A1:A2", "B1:B2", "C1:D1", "E1:F1")).entries
    assert (entry.id, entry.published) == ("A1", datetime(2026, 3, 2, 8, 5, tzinfo=BEIJING))
    assert entry.summary == "停水三天\n办结时间：2026-03-03"


@pytest.mark.parametrize(
    "line",
    [
        ("合计", "2件", "", ""),
        ("合 计：", "", "2", ""),
        ("填表人：张三", "", "审核人：李四", ""),
        ("共2件", "", "", ""),
        ("", "备注：数据截至3月2日", "", ""),
        ("工单编号", "标题", "内容", "受理时间"),
    ],
)
def test_totals_signatures_and_a_repeated_heading_are_no_orders(line: tuple[str, ...]) -> None:
    body = csv_of(("工单编号", "标题", "内容", "受理时间"), ("1", "停水", "停水", ""), line, ("2", "合计多收电费", "电费", ""))
    found = read(body)
    assert [e.title for e in found.entries] == ["停水", "合计多收电费"]
    assert [(p.code, p.count, p.detail) for p in found.problems] == [("rows_apart", 1, "3")]


def test_an_order_whose_title_begins_like_a_note_is_kept_where_it_has_a_number() -> None:
    found = read(csv_of(("标题", "工单编号"), ("说明：小区停水", "7"), ("说明：小区停水", "")))
    assert [e.id for e in found.entries] == ["7"]


@pytest.mark.parametrize("lost", ["2.0260302E+19", "2.02603E19", 20260302080012345678.0])
def test_a_number_that_a_spreadsheet_has_rounded_identifies_nothing(lost: object) -> None:
    head = ("工单编号", "标题", "受理时间")
    body = xlsx(head, (lost, "停水", "2026-03-02"), (lost, "停电", "2026-03-02"))
    found = read(body)
    assert [e.id for e in found.entries] == ["", ""]
    assert [(p.code, p.count) for p in found.problems] == [("numbers_lost", 2)]
    other = read(xlsx(head, (lost, "漏气", "2026-03-09")))
    ids = {i.id for d in (found, other) for i in items(d, "12345", NOW, ItemKind.HOTLINE)}
    assert len(ids) == 3


def workbook_of(**sheets: Sequence[Sequence[object]]) -> bytes:
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for title, lines in sheets.items():
        sheet = book.create_sheet(title.removeprefix("hidden_"))
        if title.startswith("hidden_"):
            sheet.sheet_state = "hidden"
        for line in lines:
            sheet.append(list(line))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_sheet_that_names_most_is_read_and_its_likes_are_named() -> None:
    body = workbook_of(统计=[("标题", "数量"), ("停水", 3)], 一月=[HEAD, FIRST], 二月=[HEAD, SECOND], hidden_旧=[HEAD, FIRST])
    found = read(body)
    assert [e.id for e in found.entries] == ["1001"]
    assert [(p.code, p.detail) for p in found.problems] == [("sheets_left", "二月")]
    assert hotline.headings(body, {}, FIELDS).sheet == "一月"


def test_a_sheet_is_chosen_by_name_and_a_wrong_name_reads_nothing() -> None:
    body = workbook_of(一月=[HEAD, FIRST], 二月=[HEAD, SECOND])
    named = hotline.read(body, {}, fields_of({"sheet": ("二月",)}), NOW)
    assert [e.id for e in named.entries] == ["1002"]
    assert named.problems == ()
    wrong = hotline.read(body, {}, fields_of({"sheet": ("三月",)}), NOW)
    assert wrong.entries == ()
    assert [(p.code, p.detail) for p in wrong.problems] == [("sheet_missing", "一月、二月")]


def test_the_separator_is_the_one_that_names_columns_not_the_commonest_mark() -> None:
    text = "工单编号;标题;内容\n1;停水,停电,停气;停水,停电,停气,停暖,停网,没人管\n"
    assert [e.title for e in read(text.encode()).entries] == ["停水,停电,停气"]
    assert [e.title for e in read(text.replace(";", "|").encode()).entries] == ["停水,停电,停气"]
    assert [e.title for e in read(f"sep=;\n{text}".encode()).entries] == ["停水,停电,停气"]


@pytest.mark.parametrize(
    "damaged",
    ['2,停电,"没说完,2026-03-02', '2,停电,"没说完,2026-03-02\n4,路灯,"又没说完,2026-03-02'],
    ids=["never closed", "closed by the next"],
)
def test_a_quotation_mark_that_only_opens_costs_no_other_row(damaged: str) -> None:
    body = f'工单编号,标题,内容,受理时间\n1,停水,停水,2026-03-02\n{damaged}\n3,漏气,"漏气，\n很急",2026-03-02\n'
    found = read(body.encode())
    assert {e.id: e.title for e in found.entries}.items() >= {"1": "停水", "2": "停电", "3": "漏气"}.items()
    assert next(e.summary for e in found.entries if e.id == "3") == "漏气，\n很急"


def test_a_line_break_inside_a_cell_is_no_new_row_even_where_it_looks_like_one() -> None:
    body = '工单编号,标题,内容\n1,停水,"第一，\n2,停电,第二"\n3,漏气,漏气\n'
    assert [e.id for e in read(body.encode()).entries] == ["1", "3"]
    late = csv_of(("工单编号", "标题", "内容"), *((n, "停水", f"第{n}件\n换行") for n in range(40)), ("", "", ""), (99, "", ""))
    assert [(p.code, p.detail) for p in read(late).problems] == [("rows_unreadable", "83")]


def test_dates_that_nobody_can_read_are_counted_with_an_example() -> None:
    head = ("工单编号", "标题", "受理时间")
    found = read(
        csv_of(head, ("1", "停水", "三月初"), ("2", "停电", "2026-03-02"), ("3", "漏气", "2030-01-01"), ("4", "噪音", ""))
    )
    assert [e.published is None for e in found.entries] == [True, False, True, True]
    assert [(p.code, p.count, p.detail) for p in found.problems] == [("dates_unreadable", 2, "三月初")]


def test_a_preview_names_what_is_known_but_means_nothing_here() -> None:
    shown = hotline.headings(csv_of(("编号", "标题", "问题分类"), ("1", "停水", "供水")), {}, FIELDS)
    assert (dict(shown.known), shown.unused) == ({"number": "编号", "title": "标题"}, ("问题分类",))


@given(st.one_of(st.binary(max_size=300), st.text(alphabet='编号标题内容,;\t|"\n\r=<>tdrh/1 ', max_size=300).map(str.encode)))
def test_no_bytes_make_a_reader_fail(body: bytes) -> None:
    for head in (b"", "编号,标题,内容\n".encode(), b"<table><tr><td>", b"sep=;\n"):
        read(head + body)


@given(st.lists(st.lists(st.text(max_size=12), min_size=3, max_size=3), max_size=8))
def test_whatever_a_table_says_its_rows_come_back_with_their_lines(rows_of: list[list[str]]) -> None:
    """Every proper CSV is read as it was written: the care for stray quotation marks costs nothing."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["甲", "乙", "丙"], *rows_of])
    given_rows = [row for row in rows_of if any(cell.strip() for cell in row)]
    found = [row for _, row in delimited.rows(out.getvalue(), lambda row: 3 * (row[0] == "甲"), [])]
    assert found[1:] == given_rows
