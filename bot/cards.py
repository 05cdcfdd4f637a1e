"""What a card says: from an incident, the steps that fell due and the person, to one template card.

Rules of practice.md §§2-3: harmless if its screenshot is posted publicly (待核 mark, no scraped toll as fact, no cause, no 定性),
absolute times, where it is stuck, what to press. Shapes and field limits are in `bot.wecom.cards`; sentences in `bot.texts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot import bodies, texts
from bot import rows as lines
from bot.buttons import Offer, Press, offers, telephoned
from bot.labels import beijing
from bot.texts import thin as thin
from bot.wecom.cards import BLACK, BUTTON, DESC, GREEN, GREY, RED, Button, Card, Dropdown, Row, button_card, text_notice
from config.schema import Settings
from playbooks.deadlines import urgent
from playbooks.incident import Clock, ClockState, Incident
from playbooks.ladder import PlannedStep
from playbooks.rota import Duty

THIN = "内容不在手机上显示。{}请到值班室办理，或在单位打开总览查看。"
LEAD = (
    "first",
    "first_quiet",
    "changed",
    "regraded",
    "urgent",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Face:
    """The words of one card before they are shaped."""

    title: str
    desc: str
    sub: str
    rows: Sequence[tuple[str, str]]
    color: int


def alert_card(incident: Incident, steps: Sequence[PlannedStep], ctx: Context, task_id: str) -> Card:
    """The card of one message: several due steps of one incident to one person are one card."""
    kind = lead_kind(steps)
    clock = latent_clock(incident) if kind == "latent" else lead_clock(incident, steps)
    title, desc = texts.heading(incident, kind, clock, ctx.settings, ctx.now)
    sub = bodies.body(incident, kind, clock, ctx.settings, ctx.now, _whom_to_ring(ctx))
    if ctx.calls:
        sub = texts.call_first(ctx.calls, drill=incident.drill) + sub
    face = _Face(
        title=title,
        desc=desc,
        sub=sub,
        rows=lines.rows(incident, kind, clock, ctx.settings, ctx.now, ctx.duty, ctx.userid),
        color=_color(incident, clock, ctx.now),
    )
    if thin(incident, ctx.settings):
        face = _thin_face(incident, clock, ctx, desc)
    offer = offers(incident, kind, ctx.settings, ctx.roles, ctx.unit)
    if ctx.calls and offer.buttons:
        offer = telephoned(incident, offer, ctx.calls)
    return _card(face, offer, task_id, ctx, incident)


def _whom_to_ring(ctx: Context) -> str | None:
    """The duty officer as the duty leader rings him; None for every other reader."""
    if "duty_leader" not in ctx.roles or "duty_officer" in ctx.roles:
        return None
    officer = ctx.settings.organisation.officer(ctx.duty.duty_officer)
    return f"{officer.name} {officer.phone}".strip() if officer else None


def living_card(incident: Incident, ctx: Context, headline: str) -> Card:
    """The present state with what this person may press next; replaces a card after a press (no task_id in that API)."""
    clock = public_clock(incident)
    title, _ = texts.heading(incident, "state", clock, ctx.settings, ctx.now)
    desc, more = _parted(headline)
    face = _Face(
        title=title,
        desc=desc,
        sub=more + bodies.body(incident, "state", clock, ctx.settings, ctx.now, _whom_to_ring(ctx)),
        rows=lines.rows(incident, "state", clock, ctx.settings, ctx.now, ctx.duty, ctx.userid),
        color=_color(incident, clock, ctx.now),
    )
    if thin(incident, ctx.settings):
        face = _thin_face(incident, clock, ctx, headline)
    return _card(face, offers(incident, "state", ctx.settings, ctx.roles, ctx.unit), "", ctx, incident)


def _parted(headline: str) -> tuple[str, str]:
    """As many whole sentences as the description takes, and the rest for the main text."""
    head, rest = "", headline
    while rest:
        sentence, mark, after = rest.partition("。")
        if head and len(head + sentence + mark) > DESC:
            break
        head, rest = head + sentence + mark, after
    return head, rest


def neutral_card(incident: Incident, ctx: Context, task_id: str) -> Card:
    """Number, grade and time: what a group may see, and what goes out when WeCom refuses the words of a card."""
    clock = public_clock(incident)
    face = _thin_face(incident, clock, ctx, f"{incident.number}号 {beijing(incident.opened_at, ctx.now)}发现")
    return _card(face, offers(incident, "state", ctx.settings, ctx.roles, ctx.unit), task_id, ctx, incident)


def group_card(incident: Incident, ctx: Context) -> Card:
    """The thin version for a duty group: a notice without buttons (group robots have none)."""
    face = _thin_face(incident, public_clock(incident), ctx, f"{incident.number}号 已发值班人员，请看本人消息")
    return _card(face, Offer(), "", ctx, incident)


def _thin_face(incident: Incident, clock: Clock | None, ctx: Context, desc: str) -> _Face:
    rows = [("等级", texts.level_name(incident.level) + ("" if incident.confirmed else "（未定）" if incident.level else ""))]
    rows += [(texts.clock_name(c)[:5], texts.due_text(c, ctx.now)) for c in lines.running(incident)[:2]]
    leader = ctx.settings.organisation.officer(ctx.duty.duty_leader)
    rows.append(("带班", f"{leader.name} {leader.phone}" if leader else ""))
    drill, pressing = "【演练】" if incident.drill else "", urgent(incident, ctx.settings)
    sub = THIN.format("属紧急件，请立即办。" if pressing else "目前不属紧急件。" if incident.open else "")
    color = _color(incident, clock, ctx.now)
    return _Face(title=f"{drill}有专线事项，请到值班室", desc=desc, sub=sub, rows=rows, color=color)


def _card(face: _Face, choice: Offer, task_id: str, ctx: Context, incident: Incident) -> Card:
    rows = [Row(keyname=k, value=v) for k, v in face.rows if v][:6]
    source = texts.source_line(ctx.settings, incident)
    keep = texts.keep_words(incident)
    pressable = _drill(incident, choice.buttons) if incident.drill else choice.buttons
    if not pressable:
        return text_notice(
            title=face.title,
            desc=face.desc,
            sub=face.sub,
            rows=rows,
            url=ctx.board_url,
            source=source,
            color=face.color,
            keep=keep,
        )
    dropdown = None
    if choice.options:
        dropdown = Dropdown(question_key=choice.question, title=choice.label, options=choice.options[:10])
    return button_card(
        title=face.title,
        desc=face.desc,
        sub=face.sub,
        rows=rows,
        buttons=[Button(text=b.text, key=b.key, style=b.style) for b in pressable[:6]],
        dropdown=dropdown,
        menu=_menu(incident),
        task_id=task_id,
        source=source,
        color=face.color,
        keep=keep,
    )


def _menu(incident: Incident) -> tuple[Button, ...]:
    """Always there: the present state of a card that grew old, where it is stuck, what may be said."""
    number = incident.number
    return (
        Button(text="看现状", key=f"{number}|state"),
        Button(text="卡在谁", key=f"{number}|stuck"),
        Button(text="现行口径", key=f"{number}|points"),
    )


def _drill(incident: Incident, choice: Sequence[Press]) -> tuple[Press, ...]:
    """Drill buttons say so, and the last one ends the drill at once when something real happens."""
    if not choice:
        return ()
    named = tuple(replace(b, text=b.text if b.text.startswith("演练") else f"演练{b.text}"[:BUTTON]) for b in choice[:5])
    return (*named, Press(text="中止演练", key=f"{incident.number}|end_drill", style=4))


def _color(incident: Incident, clock: Clock | None, now: datetime) -> int:
    """Red when late or within the last hour, black while running, green when every public clock is settled."""
    if not incident.open:
        return GREY
    if clock is None:
        return GREEN
    left = (clock.due_at - now).total_seconds()
    return RED if left <= 3600 and not clock.latent else BLACK
