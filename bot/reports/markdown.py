"""A paper as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from bot.reports.blocks import Block, Closing, Heading, Imprint, PageBreak, Paper, Paragraph, Table

_SPECIAL = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>|"})


def escape(text: str) -> str:
    """Text of a feed or a person must not become markup; a line break must not end a table row."""
    return " ".join(text.translate(_SPECIAL).split())


def render(paper: Paper) -> str:
    lines = [f"**{escape(paper.marking)}**", "", f"# {escape(paper.title)}", ""]
    lines += [f"- {name}：{escape(value)}" for name, value in paper.facts]
    for block in paper.blocks:
        lines += ["", *_block(block)]
    running = ["", f"**{escape(paper.running)}**"] if paper.running else []
    return "\n".join([*lines, *running, *(["", escape(paper.footer)] if paper.footer else []), ""])


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"{'#' * (block.level + 1)} {escape(block.text)}"
    elif isinstance(block, Paragraph):
        yield f"**{escape(block.text)}**" if block.strong else escape(block.text)
    elif isinstance(block, Closing):
        yield from annex_lines(block.annexes)
        yield from ("", escape(block.office), "", block.day)
    elif isinstance(block, PageBreak):
        yield "---"
    elif isinstance(block, Imprint):
        yield "---"
        yield from (("", f"抄送：{escape(block.copies)}。") if block.copies else ())
        yield from ("", f"{escape(block.office)}　{block.day}印发")
    else:
        yield from _table(block)


def annex_lines(annexes: tuple[str, ...]) -> tuple[str, ...]:
    """``附件：…``, or ``附件：1.…`` with the further ones below it: a single one bears no number (GB/T 9704-2012 7.3.4)."""
    if len(annexes) == 1:
        return (f"附件：{annexes[0]}",)
    return tuple(f"{'附件：' if n == 1 else '　　　'}{n}.{name}" for n, name in enumerate(annexes, 1))


def _table(table: Table) -> Iterator[str]:
    yield f"**{escape(table.name)}**"
    yield ""
    yield _row(table.head)
    yield _row(tuple("---" for _ in table.head))
    for row in table.rows:
        yield _row(tuple(escape(cell) for cell in row))


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"
