"""A paper as one self-contained HTML page that prints on A4 (GB/T 9704 margins and type as far as a browser keeps them)."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from bot.reports.blocks import Closing, Heading, Imprint, PageBreak, Paper, Paragraph, Table
from bot.reports.markdown import annex_lines


@cache
def _template() -> Template:
    env = Environment(
        loader=PackageLoader("bot.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.tests |= {
        "heading": lambda b: isinstance(b, Heading),
        "paragraph": lambda b: isinstance(b, Paragraph),
        "table": lambda b: isinstance(b, Table),
        "closing": lambda b: isinstance(b, Closing),
        "imprint": lambda b: isinstance(b, Imprint),
        "pagebreak": lambda b: isinstance(b, PageBreak),
    }
    env.globals |= {"annex_lines": annex_lines}
    return env.get_template("review.html")


def render(paper: Paper, *, nonce: str = "") -> str:
    """HTML text. `nonce` goes on the style element where a page policy asks for one."""
    return _template().render(paper=paper, nonce=nonce)
