"""What a card says: from an incident, the steps that fell due and the person, to one template card.

Rules of practice.md §§2-3: harmless if its screenshot is posted publicly (待核 mark, no scraped toll as fact, no cause, no 定性),
absolute times, where it is stuck, what to press. Shapes and field limits are in `bot.wecom.cards`; sentences in `bot.texts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import texts
from bot.buttons import Offer, offers
from bot.wecom.cards import BLACK, GREEN, GREY, RED, Button, Card, Dropdown, Row, button_card, text_notice
from config.schema import Settings
from playbooks.incident import Clock, ClockState, Incident
from playbooks.ladder import PlannedStep
from playbooks.rota import Duty

LEAD = (
    "first",
    "first_quiet",
    "changed",
    "regraded",
    "arbitrate",
    "exclusion",
    "second",
    "assigned",
    "overdue",
    "unread",
    "last",
    "half",
    "countdown",
    "latent",
    "returned",
    "arbitrated",
    "sign",
    "verify",
    "upward",
    "continue",
    "met",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a card needs besides the incident: settings, program time, who is on duty, who reads it, links."""

    settings: Settings
    now: datetime
    duty: Duty
    userid: str
    roles: tuple[str, ...]
    unit: str
    board_url: str = ""
    calls: tuple[str, ...] = ()


def lead_kind(steps: Sequence[PlannedStep]) -> str:
    """Card kind of the step that leads a merged message."""
    order = {k: n for n, k in enumerate(LEAD)}
    return min((s.card for s in steps), key=lambda k: order.get(k, len(LEAD)))


def lead_clock(incident: Incident, steps: Sequence[PlannedStep]) -> Clock | None:
    """The most pressing clock among the due steps, else the earliest running public one."""
    ids = {s.clock_id for s in steps}
    due = [c for c in incident.clocks if c.id in ids]
    due.sort(key=lambda c: (c.track != "public", c.state is not ClockState.OVERDUE, c.due_at))
    return due[0] if due else public_clock(incident)


def public_clock(incident: Incident) -> Clock | None:
    """Earliest running public clock; a latent one only when there is no other."""
    open_ones = [c for c in incident.clocks if c.running and c.track == "public"]
    open_ones.sort(key=lambda c: (c.latent, c.due_at))
    return open_ones[0] if open_ones else None


def latent_clock(incident: Incident) -> Clock | None:
    """The earliest clock that would run if the matter were graded up."""
    return min((c for c in incident.clocks if c.running and c.latent), key=lambda c: c.due_at, default=None)


def alert_card(incident: Incident, steps: Sequence[PlannedStep], ctx: Context, task_id: str) -> Card:
    """The card of one message: several due steps of one incident to one person are one card."""
    kind = lead_kind(steps)
    clock = latent_clock(incident) if kind == "latent" else lead_clock(incident, steps)
    title, desc = texts.heading(incident, kind, clock, ctx.settings, ctx.now)
    sub = texts.body(incident, kind, clock, ctx.settings, ctx.now)
    if ctx.calls:
        sub = texts.call_first(ctx.calls) + sub
    rows = texts.rows(incident, kind, clock, ctx.settings, ctx.now, ctx.duty)
    choice = offers(incident, kind, ctx.settings, ctx.roles, ctx.unit)
    color = _color(incident, clock, ctx.now)
    return _card(title, desc, sub, rows, choice, task_id, color, ctx.board_url, incident, ctx.settings)


def living_card(incident: Incident, ctx: Context, headline: str) -> Card:
    """The present state with what this person may press next; replaces a card after a press (no task_id in that API)."""
    clock = public_clock(incident)
    title, _ = texts.heading(incident, "state", clock, ctx.settings, ctx.now)
    sub = texts.body(incident, "state", clock, ctx.settings, ctx.now)
    rows = texts.rows(incident, "state", clock, ctx.settings, ctx.now, ctx.duty)
    choice = offers(incident, "state", ctx.settings, ctx.roles, ctx.unit)
    color = _color(incident, clock, ctx.now)
    return _card(title, headline, sub, rows, choice, "", color, ctx.board_url, incident, ctx.settings)


def _card(
    title: str,
    desc: str,
    sub: str,
    rows: Sequence[tuple[str, str]],
    choice: Offer,
    task_id: str,
    color: int,
    url: str,
    incident: Incident,
    settings: Settings,
) -> Card:
    lines = [Row(keyname=k, value=v) for k, v in rows if v][:6]
    source = texts.source_line(settings, incident)
    keep = texts.keep_words(incident)
    if not choice.buttons:
        return text_notice(title=title, desc=desc, sub=sub, rows=lines, url=url, source=source, color=color, keep=keep)
    buttons = [Button(text=b.text, key=b.key, style=b.style) for b in choice.buttons[:6]]
    dropdown = None
    if choice.options:
        dropdown = Dropdown(question_key=choice.question, title=choice.label, options=choice.options[:10])
    return button_card(
        title=title,
        desc=desc,
        sub=sub,
        rows=lines,
        buttons=buttons,
        dropdown=dropdown,
        task_id=task_id,
        source=source,
        color=color,
        keep=keep,
    )


def _color(incident: Incident, clock: Clock | None, now: datetime) -> int:
    """Red when late or within the last hour, black while running, green when every public clock is settled."""
    if not incident.open:
        return GREY
    if clock is None:
        return GREEN
    left = (clock.due_at - now).total_seconds()
    return RED if left <= 3600 and not clock.latent else BLACK
