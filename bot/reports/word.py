"""A paper as DOCX laid out after GB/T 9704-2012 (domain.md §12). Fonts are named with fallbacks, never embedded."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
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
DATE_WIDTH = 68
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
    """附件 two characters in under the text, 署名 two from the right edge, 成文日期 below it four."""
    _styled(doc, "", FANG, BODY)
    for line in annex_lines(block.annexes):
        _styled(doc, line, FANG, BODY, indent=True)
    for _ in range(2):
        _styled(doc, "", FANG, BODY).paragraph_format.keep_with_next = True
    _right(doc, block.office, 2).paragraph_format.keep_with_next = True
    _right(doc, block.day, 4)


def _imprint(doc: Any, block: Imprint) -> None:
    """Rows between rules at the foot of the type area, in 4号 and one character in on either side; the outer rules are the heavy ones."""
    grid = doc.add_table(rows=2 if block.copies else 1, cols=2)
    grid.autofit = False
    for column, width in enumerate((TEXT_WIDTH - DATE_WIDTH, DATE_WIDTH)):
        grid.columns[column].width = Mm(width)
        for cell in grid.columns[column].cells:
            cell.width = Mm(width)
    if block.copies:
        copies = grid.rows[0].cells[0].merge(grid.rows[0].cells[1])
        _imprint_line(copies, f"抄送：{block.copies}。")
    office, day = grid.rows[-1].cells
    _imprint_line(office, block.office)
    _imprint_line(day, f"{block.day}印发").alignment = WD_ALIGN_PARAGRAPH.RIGHT
    properties = grid._tbl.tblPr
    properties.insert_element_before(_foot(), "w:tblOverlap", "w:bidiVisual", "w:tblStyleRowBandSize", "w:tblW", "w:jc")
    properties.insert_element_before(_rules(), "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")
    _styled(doc, "", FANG, 1, line=1)  # what the floating table is anchored to


def _imprint_line(cell: Any, text: str) -> Any:
    paragraph = cell.paragraphs[0]
    form = paragraph.paragraph_format
    form.left_indent = form.right_indent = Pt(SMALL / 2)
    form.space_before = form.space_after = Pt(0)
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(25)
    _run(paragraph, text, FANG, SMALL)
    return paragraph


def _foot() -> Any:
    """The lower edge of the type area."""
    place = OxmlElement("w:tblpPr")
    for name, value in {"vertAnchor": "margin", "horzAnchor": "margin", "tblpXSpec": "center", "tblpYSpec": "bottom"}.items():
        place.set(qn(f"w:{name}"), value)
    return place


def _rules() -> Any:
    """0.35 mm above and below, 0.25 mm between, in eighths of a point."""
    borders = OxmlElement("w:tblBorders")
    for side, size in (("top", "8"), ("bottom", "8"), ("insideH", "6")):
        rule = OxmlElement(f"w:{side}")
        for name, value in {"val": "single", "sz": size, "space": "0", "color": "000000"}.items():
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
