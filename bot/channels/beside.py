"""What goes out beside the app messages of due steps: the thin group card of a grave matter, calls when nobody pressed 收到."""

from __future__ import annotations

from collections.abc import Sequence

from bot import outbox
from bot.cards import Context, group_card
from bot.channels.chats import chat
from bot.channels.ways import call, digest
from bot.desk import Desk
from bot.metering import GRAVE, GROUP
from bot.store.port import MessageRow
from bot.wecom.cards import dumps
from config.schema import Level
from playbooks.incident import Incident

LOUD = ("first", "urgent", "regraded", "overdue")


def grave(incident: Incident) -> bool:
    """Level 1-2, suggested or confirmed."""
    return incident.level in (Level.ESPECIALLY_MAJOR, Level.MAJOR)


def beside(desk: Desk, incident: Incident, messages: Sequence[MessageRow]) -> list[MessageRow]:
    """Rows to queue together with `messages`, which just fell due for this incident."""
    out: list[MessageRow] = []
    loud = next((m for m in messages if m.kind in LOUD), None)
    if loud is not None and grave(incident) and desk.settings.wecom.webhook:
        out.append(_group(desk, incident, loud))
    if loud is not None and grave(incident) and desk.settings.wecom.incident_chat:
        out += chat(desk, incident, loud)
    if desk.gateway is not None:
        out += [call(desk, incident, m.recipient, m.id) for m in messages if m.kind == "unread"]
    return out


def _group(desk: Desk, incident: Incident, beside_of: MessageRow) -> MessageRow:
    ctx = Context(
        settings=desk.settings,
        now=desk.now(),
        duty=desk.duty(),
        userid="",
        roles=(),
        unit="",
        board_url=f"{desk.board_url}/incident/{incident.number}",
    )
    card = group_card(incident, ctx)
    ident = f"group-{beside_of.kind}-{incident.number}-{digest(*beside_of.steps)}"
    request = dumps({"msgtype": "template_card", "template_card": card})
    return outbox.row(desk, ident, GROUP, GROUP, request, str(card["main_title"]), GRAVE, incident=incident.number)
