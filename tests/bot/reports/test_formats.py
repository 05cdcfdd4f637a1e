"""md, html and docx say the same; hostile text stays text; the file is written whole or not at all."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_LEADER
from docx.oxml.ns import qn
from docx.shared import Mm

from bot.__main__ import main
from bot.configuration import DEMO, settings_of
from bot.reports import NoIncident, compose, figures, markdown, page, render, word, write_review
from bot.reports.blocks import Heading, Paper, Paragraph, Table
from bot.store import open_store
from playbooks.incident import Instant
from playbooks.record import dump
from tests.bot.matter import Matter, at, landslide_night, messages, morning

RULES = settings_of(DEMO, {})
NOW = at("18:00")
HOSTILE = "<script>alert(1)</script>|[x](javascript:1)`*"


@pytest.fixture(scope="module")
def paper() -> Paper:
    m = morning(landslide_night(RULES))
    return compose(figures(m.incident, m.stored(), messages(m), RULES, now=NOW))


def cells(paper: Paper) -> list[str]:
    out = [paper.title, paper.marking]
    for b in paper.blocks:
        if isinstance(b, Table):
            out += [c for row in (b.head, *b.rows) for c in row if c]
        elif isinstance(b, (Heading, Paragraph)):
            out.append(b.text)
    return out


def bare(text: str) -> str:
    return re.sub(r"[\s\\]", "", text)


def test_the_same_report_is_the_same_file_at_any_hour(paper, monkeypatch):
    first = word.render(paper)
    monkeypatch.setattr("zipfile.time.time", lambda: 86_400.0 * 365 * 30)
    assert word.render(paper) == first


def test_every_format_holds_every_figure(paper):
    html = bare(unescape(re.sub(r"<[^>]+>", "", page.render(paper))))
    md = bare(markdown.render(paper))
    doc = Document(BytesIO(word.render(paper)))
    texts = [p.text for p in doc.paragraphs] + [c.text for t in doc.tables for r in t.rows for c in r.cells]
    docx = bare("".join(texts))
    for cell in cells(paper):
        assert bare(cell) in html, cell
        assert bare(cell) in md, cell
        assert bare(cell) in docx, cell


def test_the_page_is_complete_in_itself(paper):
    html = page.render(paper)
    assert "<script" not in html
    assert " src=" not in html
    assert "<link" not in html
    assert "size: A4" in html


def test_the_word_file_is_laid_out_after_gb_t_9704(paper):
    section = Document(BytesIO(word.render(paper))).sections[0]
    assert abs(section.page_width - Mm(210)) < Mm(0.1)
    assert abs(section.top_margin - Mm(37)) < Mm(0.1)
    assert abs(section.left_margin - Mm(28)) < Mm(0.1)
    doc = Document(BytesIO(word.render(paper)))
    title = next(p for p in doc.paragraphs if p.text.replace("\n", "") == paper.title)
    assert title.runs[0].font.size.pt == 22


def test_the_word_file_is_addressed_signed_and_dated_like_an_official_paper(paper):
    doc = Document(BytesIO(word.render(paper)))
    texts = [p.text for p in doc.paragraphs]
    title = next(p for p in doc.paragraphs if p.text.replace("\n", "") == paper.title)
    assert title.text.split("\n") == ["关于石坪镇大湾村地质灾害", "舆情应对处置情况的评估报告"]
    to = next(p for p in doc.paragraphs if p.text == "县委、县政府：")
    assert not to.paragraph_format.first_line_indent
    annex, office, day = texts.index("附件：人员名单（限阅）"), texts.index("鹿溪县人民政府"), texts.index("2026年11月22日")
    assert annex < office < day < texts.index("附件　人员名单（限阅）")
    indents = [doc.paragraphs[n].paragraph_format.right_indent.pt for n in (office, day)]
    assert indents == [32, 64]
    assert [p for p in doc.paragraphs if p.alignment == WD_ALIGN_PARAGRAPH.JUSTIFY]
    for p in doc.paragraphs:
        assert not (re.search("[!-~]{20}", p.text) and p.alignment == WD_ALIGN_PARAGRAPH.JUSTIFY), p.text


def foot(doc):
    """The framed paragraphs at the foot of the last page."""
    return [p for p in doc.paragraphs if p._p.pPr is not None and p._p.pPr.find(qn("w:framePr")) is not None]


def test_the_last_page_bears_the_imprint_of_an_official_paper(paper):
    lines = foot(Document(BytesIO(word.render(paper))))
    assert [p.text for p in lines] == [
        "抄送：县委办公室、县政府办公室、县委宣传部、县应急管理局。",
        "\t",
        "鹿溪县委宣传部（县政府新闻办）\t2026年11月22日印发",
    ]
    assert {r.font.size.pt for p in lines for r in p.runs if p.text.strip()} == {14}
    assert lines[1].paragraph_format.tab_stops[0].leader == WD_TAB_LEADER.LINES, "the rule between"
    frames = [p._p.pPr.find(qn("w:framePr")) for p in lines]
    assert {(f.get(qn("w:vAnchor")), f.get(qn("w:yAlign"))) for f in frames} == {("margin", "bottom")}
    rules = [{b.tag.split("}")[1]: b.get(qn("w:sz")) for b in p._p.pPr.find(qn("w:pBdr"))} for p in lines]
    assert rules == [{"top": "8", "bottom": "8"}] * 3, "lines with other rules would be a frame each"
    for text in (page.render(paper), markdown.render(paper)):
        assert text.rindex("2026年11月22日印发") > text.index("抄送：县委办公室") > text.rindex("人员名单（限阅）")


def test_without_receivers_the_paper_leaves_a_blank_to_fill_and_has_no_copies():
    bare = replace(RULES, organisation=replace(RULES.organisation, report_to="", copy_to="", press_office=""))
    m = landslide_night(bare)
    composed = compose(figures(m.incident, m.stored(), [], bare, now=NOW))
    doc = Document(BytesIO(word.render(composed)))
    assert "（主送机关待填）：" in [p.text for p in doc.paragraphs]
    assert [p.text for p in foot(doc)] == ["鹿溪县人民政府\t2026年11月22日印发"]
    assert "抄送" not in markdown.render(composed)


def test_every_format_names_the_annex_the_office_and_the_date(paper):
    for text in (page.render(paper), markdown.render(paper)):
        assert text.index("附件：人员名单（限阅）") < text.index("2026年11月22日", text.index("附件："))


def test_what_xml_cannot_hold_does_not_keep_a_report_from_being_written():
    table = Table(name="表\x00", head=("甲",), rows=(("a\x0bb\ud800\uffff",),))
    doc = Document(BytesIO(word.render(Paper(title="题\x01", marking="内部", facts=(), blocks=(table,)))))
    assert doc.tables[0].rows[1].cells[0].text == "a\ufffdb\ufffd\ufffd"


def test_every_word_table_has_the_width_of_the_type_area(paper):
    doc = Document(BytesIO(word.render(paper)))
    for table in doc.tables:
        assert abs(sum(c.width for c in table.columns) - Mm(156)) < Mm(1)


def hostile() -> Paper:
    found = Instant(value=at("08:00"), source="system", evidence=HOSTILE)
    m = Matter(RULES, at("08:00"), title=HOSTILE, category="other", starts={"detected_at": dump(found)})
    m.item(HOSTILE, HOSTILE, at("08:00"))
    return compose(figures(m.incident, m.stored(), [], RULES, now=NOW))


def test_hostile_text_is_no_markup_anywhere():
    html, md = page.render(hostile()), markdown.render(hostile())
    assert "<script>" not in html
    assert "<script>" not in md
    rows = [line for line in md.splitlines() if line.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)\|", line)) >= 3 for line in rows)
    assert not re.search(r"(?<!\\)\]\(", md)
    assert HOSTILE in "".join(c.text for t in Document(BytesIO(word.render(hostile()))).tables for r in t.rows for c in r.cells)


def test_a_line_break_ends_no_row():
    table = Table(name="表", head=("甲", "乙"), rows=(("一\n二", "三"),))
    text = markdown.render(Paper(title="题", marking="内部", facts=(), blocks=(table,), footer="尾"))
    assert "| 一 二 | 三 |" in text


def test_an_unknown_format_is_refused():
    m = landslide_night(RULES)
    with pytest.raises(ValueError, match="不认识的格式"):
        render(figures(m.incident, m.stored(), [], RULES, now=NOW), "odt")


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    store = await open_store("", tmp_path / "data")
    await landslide_night(RULES).save(store)
    await store.close()
    return tmp_path / "data"


async def test_an_unknown_number_writes_nothing(data, tmp_path):
    store = await open_store("", data, readonly=True)
    target = tmp_path / "r.md"
    with pytest.raises(NoIncident, match="没有99号事件"):
        await write_review(store, RULES, 99, "md", target, NOW)
    await store.close()
    assert not target.exists()


@pytest.mark.parametrize("kind", ["md", "html", "docx"])
def test_the_command_writes_the_report(data, tmp_path, kind, capsys):
    target = tmp_path / f"r.{kind}"
    code = main(["report", "review", "12", "--format", kind, "-o", str(target), "--data", str(data), "--config", str(DEMO)])
    assert code == 0
    assert target.stat().st_size > 5_000
    assert "已生成" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("number", "folder", "target", "words"),
    [("99", "data", "r.md", "没有99号事件"), ("12", "none", "r.md", "没有数据目录"), ("12", "data", "no/r.md", "请检查目录")],
    ids=["number", "data", "target"],
)
def test_the_command_fails_with_one_sentence(data, tmp_path, number, folder, target, words, capsys):
    args = ["report", "review", number, "--format", "md", "-o", str(tmp_path / target)]
    assert main([*args, "--data", str(tmp_path / folder), "--config", str(DEMO)]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_the_signature_never_stands_on_a_page_without_text(paper):
    doc = Document(BytesIO(word.render(paper)))
    texts = [p.text for p in doc.paragraphs]
    office = texts.index("鹿溪县人民政府")
    annex = texts.index("附件：人员名单（限阅）")
    assert annex == office - 1, "an empty paragraph between is left behind on the page before"
    assert texts[annex - 1]
    assert all(p.paragraph_format.keep_with_next for p in doc.paragraphs[annex - 1 : office + 1])
    assert doc.paragraphs[office].paragraph_format.space_before.pt == 57
