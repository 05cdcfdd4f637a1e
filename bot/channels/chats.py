"""The group chat of one grave matter: those on duty and the officers of the units concerned, where the installation allows it.

Buttons stay on each officer's own card (group chats of the app have none); the chat says that there is something, whose it is and by when.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot import outbox, texts
from bot.channels.ways import digest
from bot.desk import Desk
from bot.metering import GRAVE
from bot.rows import running
from bot.store.port import MessageRow
from bot.wecom.chats import FEWEST, chat_request
from playbooks.incident import Incident

CHAT = "chat"


def chat(desk: Desk, incident: Incident, beside_of: MessageRow) -> list[MessageRow]:
    """The row that opens the chat and writes to it; nothing where fewer than two people would be in it."""
    people = list(dict.fromkeys(_people(desk, incident)))
    if len(people) < FEWEST:
        return []
    text = _words(desk, incident)
    name = f"{'演练 ' if incident.drill else ''}{incident.number}号事项协同"
    request = chat_request(
        f"yq{incident.number}x{digest(incident.opened_at.isoformat())}"[:32], name, people[0], people[1:], text
    )
    ident = f"chat-{beside_of.kind}-{incident.number}-{digest(*beside_of.steps)}"
    return [outbox.row(desk, ident, CHAT, CHAT, request, text, GRAVE, incident=incident.number)]


def _people(desk: Desk, incident: Incident) -> Iterator[str]:
    """Duty officer first (the owner), then duty leader and deputy, then liaisons and heads of the units concerned."""
    on = desk.duty()
    yield from (user.lower() for user in (on.duty_officer, on.duty_leader, on.deputy_duty) if user)
    turn = incident.assignment
    units = {incident.primary_unit, *(turn.supporting if turn and turn.returned_at is None else ())}
    for officer in desk.settings.organisation.officers:
        if officer.unit in units and {"unit_liaison", "unit_head"} & set(officer.roles):
            yield officer.userid.lower()


def _words(desk: Desk, incident: Incident) -> str:
    """The thin version (practice.md §3): no place, no toll; each one's own card has the rest."""
    lines = [f"{'【演练】' if incident.drill else ''}{incident.number}号事项，{texts.level_name(incident.level)}。"]
    lines += [f"{texts.clock_name(c)}：{texts.due_text(c, desk.now())}" for c in running(incident)[:2]]
    lines.append("请各自在本人消息里的卡片上办理，本群只通气，不发内容和附件。")
    return "\n".join(lines)
