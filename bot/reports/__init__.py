"""Reports: event rows -> figures (pure) -> one paper of blocks -> md | html | docx. Every format says the same.

drawn(paper, "md" | "html" | "docx" | "pdf") -> bytes

gather(store, settings, number, now) -> ReviewFigures | DrillFigures      reads the store once; a drill has a report of its own
render(figures, "md" | "html" | "docx") -> bytes
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from bot.merging import all_that_came
from bot.opinion import OpinionView, opinion_of
from bot.reports import markdown, page, word
from bot.reports.blocks import Paper
from bot.reports.drill import compose_drill
from bot.reports.figures import figures
from bot.reports.merged import merged
from bot.reports.names import Names
from bot.reports.pdf import NoPdf, pdf_of
from bot.reports.practised import DrillFigures, practised
from bot.reports.review import compose
from bot.reports.rows import ReviewFigures
from bot.store.port import Store
from config.schema import Settings
from config.wording import load_wording

FORMATS = ("md", "html", "docx")
"""What a page of the board may ask for; the command line also makes PDF, by a program that takes seconds."""
TARGETS = "drill.toml"

__all__ = ["FORMATS", "NoIncident", "NoPdf", "compose", "drawn", "figures", "gather", "render", "save", "write_review"]


class NoIncident(Exception):
    """No incident has this number; the message says what to do."""

    def __init__(self, number: int) -> None:
        super().__init__(f"没有{number}号事件，请核对编号。")


async def gather(
    store: Store, settings: Settings, number: int, now: datetime, data: Path | None = None
) -> ReviewFigures | DrillFigures:
    """Read everything a review of incident `number` needs; `data` holds what the installation trained. Raises NoIncident."""
    incident = await store.incident(number)
    if incident is None:
        raise NoIncident(number)
    events = await store.events(f"incident:{number}")
    messages = await store.messages_of(number)
    if incident.drill:
        targets = load_wording(*(Path(folder) / TARGETS for folder in settings.folders)).settings
        return practised(incident, events, messages, settings, targets, now=now, anchor=await store.anchor())
    problems = await store.problems(open_only=False)
    found = figures(incident, events, messages, settings, now=now, problems=problems, anchor=await store.anchor())
    opinion = await opinion_of(store, incident, settings, now, data)
    names = Names(settings=settings)
    put_in = merged(incident, await all_that_came(store, incident), names)
    return replace(found, opinion_grade=_nameless(opinion, names), merged=put_in)


def _nameless(view: OpinionView, names: Names) -> OpinionView:
    """As every body of a review: posts instead of names."""
    g = view.given
    return replace(view, given=replace(g, who=names.person(g.by), reason=names.scrub(g.reason))) if g else view


def render(review: ReviewFigures | DrillFigures, kind: str) -> bytes:
    """The review, or the report of a drill, in one format; ValueError on an unknown one."""
    return drawn(compose_drill(review) if isinstance(review, DrillFigures) else compose(review), kind)


def drawn(paper: Paper, kind: str) -> bytes:
    """Any paper in one format; ValueError on an unknown one, NoPdf where this machine makes none."""
    if kind == "pdf":
        return pdf_of(word.render(paper))
    if kind == "md":
        return markdown.render(paper).encode()
    if kind == "html":
        return page.render(paper).encode()
    if kind == "docx":
        return word.render(paper)
    raise ValueError(f"不认识的格式“{kind}”，可用：{'、'.join(FORMATS)}。")


async def write_review(
    store: Store, settings: Settings, number: int, kind: str, path: Path, now: datetime, data: Path | None = None
) -> None:
    """Write the review of incident `number` to `path`, whole or not at all. Raises NoIncident, ValueError, OSError."""
    save(render(await gather(store, settings, number, now, data), kind), path)


def save(body: bytes, path: Path) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_bytes(body)
    temporary.replace(path)
