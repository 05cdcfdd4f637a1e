"""The few shapes an official paper is made of. A report is composed once as blocks; md, html and docx only draw them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Level 1 = 一、 (黑体), level 2 = （一） (楷体)."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """`flush`: without the two characters' indent (主送机关)."""

    text: str
    strong: bool = False
    flush: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`widths` are relative. `marked` lists row numbers to be set off (超时、缺项、补记)."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...] = ()
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBreak:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The end of the paper proper: 附件说明, then 署名 and 成文日期 on lines of their own (GB/T 9704-2012 7.3.4, 7.3.5)."""

    office: str
    day: str
    annexes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """版记 at the foot of the last page: 抄送 where there is any, 印发机关 and 印发日期 (GB/T 9704-2012 7.4)."""

    office: str
    day: str
    copies: str = ""


Block = Heading | Paragraph | Table | PageBreak | Closing | Imprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A whole paper. `marking` is printed above the title (内部·不予公开), `facts` the lines below it, `running` on every page."""

    title: str
    marking: str
    facts: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    footer: str = ""
    running: str = ""
