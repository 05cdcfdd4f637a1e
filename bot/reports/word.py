"""A paper as DOCX laid out after GB/T 9704-2012 (domain.md §12). Fonts are named with fallbacks, never embedded."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from bot.reports.blocks import Closing, Heading, Imprint, PageBreak, Paper, Paragraph, Table
from bot.reports.markdown import annex_lines

SONG, FANG, KAI, HEI = "方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体"
LATIN = "Times New Roman"
BODY, TITLE, SMALL, CELL = 16, 22, 14, 10.5
LINE = 28.5
TEXT_WIDTH = 156
TITLE_WIDTH = 20
"""Characters of a title on one line."""
TURN = "舆情应对处置情况"
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot hold; somebody's message may."""
UNBREAKABLE = re.compile(r"[!-~]{20,}")
"""An address or a check value: a line that has to be filled up around it would be torn apart."""


def render(paper: Paper) -> bytes:
    """Bytes of the file."""
    doc = Document()
    _page(doc)
    if paper.running:
        for header in (doc.sections[0].header, doc.sections[0].even_page_header):
            header.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
            _run(header.paragraphs[0], paper.running, HEI, SMALL)
    _styled(doc, paper.marking, HEI, SMALL, align=WD_ALIGN_PARAGRAPH.LEFT)
    _styled(doc, "", FANG, BODY)
    _styled(doc, "\n".join(title_lines(paper.title)), SONG, TITLE, align=WD_ALIGN_PARAGRAPH.CENTER, line=33)
    facts = "　".join(f"{name}：{value}" for name, value in paper.facts)
    _styled(doc, facts, KAI, 12, align=WD_ALIGN_PARAGRAPH.CENTER, line=20)
    turned = False
    for block in paper.blocks:
        if not isinstance(block, PageBreak):
            _block(doc, block, turned=turned)
        turned = isinstance(block, PageBreak)
    if paper.footer:
        _styled(doc, "", FANG, BODY)
        _right(doc, paper.footer, 4)
    out = BytesIO()
    doc.core_properties.author = ""
    doc.core_properties.title = _writable(paper.title)
    doc.save(out)
    return _undated(out)


def _undated(archive: BytesIO) -> bytes:
    """The same file without the hour at which its parts were packed: one state of a matter gives one file, however often it is asked for."""
    out = BytesIO()
    with ZipFile(archive) as packed, ZipFile(out, "w", ZIP_DEFLATED) as again:
        for part in packed.infolist():
            again.writestr(ZipInfo(part.filename), packed.read(part), ZIP_DEFLATED)
    return out.getvalue()


def _page(doc: Any) -> None:
    """A4, 天头 37 mm, 订口 28 mm, 版心 156×225 mm; page numbers outside, odd right, even left."""
    section = doc.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(28)
    doc.settings.odd_and_even_pages_header_footer = True
    _number(section.footer.paragraphs[0], WD_ALIGN_PARAGRAPH.RIGHT)
    _number(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT)
    _font(doc.styles["Normal"], FANG, BODY)


def _font(holder: Any, name: str, size: float) -> None:
    holder.font.name = LATIN
    holder.font.size = Pt(size)
    fonts = holder.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), name)


def _number(paragraph: Any, align: Any) -> None:
    """``— 1 —`` in 4号, one character in from the outer edge."""
    paragraph.alignment = align
    indent = "right_indent" if align == WD_ALIGN_PARAGRAPH.RIGHT else "left_indent"
    setattr(paragraph.paragraph_format, indent, Pt(SMALL))
    _run(paragraph, "— ", SONG, SMALL)
    run = _run(paragraph, "", SONG, SMALL)
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        node = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            node.set(qn("w:fldCharType"), kind)
        else:
            node.text = text
        run._r.append(node)
    _run(paragraph, " —", SONG, SMALL)


def _writable(text: str) -> str:
    return UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _run(paragraph: Any, text: str, font: str, size: float, *, bold: bool = False) -> Any:
    run = paragraph.add_run(_writable(text))
    _font(run, font, size)
    run.bold = bold
    return run


def _styled(
    doc: Any,
    text: str,
    font: str,
    size: float,
    *,
    align: Any = None,
    indent: bool = False,
    bold: bool = False,
    line: float = LINE,
) -> Any:
    paragraph = doc.add_paragraph()
    form = paragraph.paragraph_format
    form.space_before = form.space_after = Pt(0)
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line)
    if align is not None:
        paragraph.alignment = align
    if indent:
        form.first_line_indent = Pt(2 * size)
    _run(paragraph, text, font, size, bold=bold)
    return paragraph


def _block(doc: Any, block: Heading | Paragraph | Table | Closing | Imprint, *, turned: bool) -> None:
    """One block. `turned`: a heading begins a new page; a break of its own would leave an empty page after a full one."""
    if isinstance(block, Heading):
        paragraph = _styled(doc, block.text, HEI if block.level == 1 else KAI, BODY, indent=True)
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.page_break_before = turned
    elif isinstance(block, Paragraph):
        spread = WD_ALIGN_PARAGRAPH.LEFT if UNBREAKABLE.search(block.text) else WD_ALIGN_PARAGRAPH.JUSTIFY
        _styled(doc, block.text, FANG, BODY, indent=not block.flush, align=spread)
    elif isinstance(block, Closing):
        _closing(doc, block)
    elif isinstance(block, Imprint):
        _imprint(doc, block)
    else:
        _table(doc, block)


def _closing(doc: Any, block: Closing) -> None:
    """附件 two characters in under the text, 署名 two from the right edge, 成文日期 below it four.

    The end of the text goes with them: a page with nothing but a signature is no page of an official paper. The room between is room
    before a paragraph, not empty paragraphs: those LibreOffice leaves behind on the page before.
    """
    kept = [doc.paragraphs[-1]] if doc.paragraphs else []
    kept += (annexes := [_styled(doc, line, FANG, BODY, indent=True) for line in annex_lines(block.annexes)])
    kept.append(office := _right(doc, block.office, 2))
    _right(doc, block.day, 4)
    for paragraph in kept:
        paragraph.paragraph_format.keep_with_next = True
    for paragraph in annexes[:1]:
        paragraph.paragraph_format.space_before = Pt(LINE)
    office.paragraph_format.space_before = Pt((2 if annexes else 3) * LINE)


def _imprint(doc: Any, block: Imprint) -> None:
    """Lines between rules at the foot of the type area, in 4号 and one character in on either side; the outer rules are the heavy ones.

    Paragraphs in one frame, not a floating table: that one LibreOffice, which makes the PDF, leaves standing under the text.
    It knows no rule between the paragraphs of a frame, so the leader of a tab draws it.
    """
    end = Mm(TEXT_WIDTH) - Pt(SMALL / 2)
    if block.copies:
        _framed(_styled(doc, f"抄送：{block.copies}。", FANG, SMALL, line=25))
        rule = _framed(_styled(doc, "\t", FANG, RULE, line=RULE))
        rule.paragraph_format.tab_stops.add_tab_stop(end, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.LINES)
    foot = _framed(_styled(doc, f"{block.office}\t{block.day}印发", FANG, SMALL, line=25))
    foot.paragraph_format.tab_stops.add_tab_stop(end, WD_TAB_ALIGNMENT.RIGHT)
    _styled(doc, "", FANG, 1, line=1)  # what the frame is anchored to


def _framed(paragraph: Any) -> Any:
    """The paragraph as a line of the frame: all lines have the same rules, else they would be a frame each."""
    form = paragraph.paragraph_format
    form.left_indent = form.right_indent = Pt(SMALL / 2)
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(_foot(), *AFTER_FRAME)
    properties.insert_element_before(_rules(), *AFTER_RULES)
    return paragraph


RULE = 5
"""Height in points of the line that is nothing but a rule."""
AFTER_RULES = ("w:shd", "w:tabs", "w:suppressAutoHyphens", "w:snapToGrid", "w:spacing", "w:ind", "w:jc", "w:rPr", "w:sectPr")
AFTER_FRAME = ("w:widowControl", "w:numPr", "w:suppressLineNumbers", "w:pBdr", *AFTER_RULES)


def _foot() -> Any:
    """The lower edge of the type area."""
    place = OxmlElement("w:framePr")
    width = str(round(Mm(TEXT_WIDTH).twips))
    at = {"w": width, "wrap": "around", "vAnchor": "margin", "hAnchor": "margin", "xAlign": "center", "yAlign": "bottom"}
    for name, value in at.items():
        place.set(qn(f"w:{name}"), value)
    return place


def _rules() -> Any:
    """0.35 mm above and below, in eighths of a point."""
    borders = OxmlElement("w:pBdr")
    for side in ("top", "bottom"):
        rule = OxmlElement(f"w:{side}")
        for name, value in {"val": "single", "sz": "8", "space": "1", "color": "000000"}.items():
            rule.set(qn(f"w:{name}"), value)
        borders.append(rule)
    return borders


def _right(doc: Any, text: str, characters: int) -> Any:
    paragraph = _styled(doc, text, FANG, BODY, align=WD_ALIGN_PARAGRAPH.RIGHT)
    paragraph.paragraph_format.right_indent = Pt(characters * BODY)
    return paragraph


def title_lines(title: str) -> tuple[str, ...]:
    """A title that needs two lines is broken where the sense allows it, the name of the matter left whole."""
    at = title.rfind(TURN)
    return (title[:at], title[at:]) if len(title) > TITLE_WIDTH and at > 0 else (title,)


def _table(doc: Any, table: Table) -> None:
    name = _styled(doc, table.name, HEI, 12, line=22)
    name.paragraph_format.keep_with_next = True
    grid = doc.add_table(rows=1, cols=len(table.head), style="Table Grid")
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    grid.autofit = False
    _repeat_head(grid.rows[0])
    for cell, text in zip(grid.rows[0].cells, table.head, strict=True):
        _cell(cell, text, bold=True)
    for n, row in enumerate(table.rows):
        line = grid.add_row()
        _keep_whole(line)
        for cell, text in zip(line.cells, row, strict=True):
            _cell(cell, text, bold=n in table.marked)
    widths = table.widths or tuple(1 for _ in table.head)
    for column, width in enumerate(widths):
        size = Mm(TEXT_WIDTH * width / sum(widths))
        grid.columns[column].width = size
        for cell in grid.columns[column].cells:
            cell.width = size
    _styled(doc, "", FANG, CELL, line=12)


def _cell(cell: Any, text: str, *, bold: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    form = paragraph.paragraph_format
    form.space_before = form.space_after = Pt(1)
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(15)
    _run(paragraph, text, FANG, CELL, bold=bold)


def _repeat_head(row: Any) -> None:
    node = OxmlElement("w:tblHeader")
    node.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(node)


def _keep_whole(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
