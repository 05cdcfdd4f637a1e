"""The cards of the others: when somebody takes a matter or it ends, the cards already out say so (one code a card, 72 h).

A card has one code from its sending and one more a press, so only these two turns are shown on other people's cards; every card
has 看现状 for the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot import replies
from bot.cards import Context, living_card
from bot.desk import Desk
from bot.labels import beijing
from bot.outbox import queue, update_message
from bot.store.port import MessageRow
from playbooks.incident import ENDED, Actor, Event, Incident
from playbooks.rota import roles_of

ALARMS = ("first", "first_quiet", "unread")


def context(desk: Desk, userid: str, incident: Incident) -> Context:
    """What a card of this officer is written from."""
    org, on = desk.settings.organisation, desk.duty()
    officer = org.officer(userid)
    return Context(
        settings=desk.settings,
        now=desk.now(),
        duty=on,
        userid=userid,
        roles=roles_of(org, officer, on) if officer else (),
        unit=officer.unit if officer else "",
        board_url=f"{desk.board_url}/incident/{incident.number}",
    )


async def spread(desk: Desk, actor: Actor, incident: Incident, events: Sequence[Event], key: str) -> None:
    """Update the newest card of everybody else after the turn these events made, if they made one."""
    ended = incident.status in ENDED and bool(events)
    taken = any(e.kind == "acknowledged" for e in events) and len(incident.acknowledgements) == 1
    if not (ended or taken):
        return
    when = beijing(desk.now(), desk.now())
    said = "已收到" if taken and not ended else next((replies.DONE[e.kind] for e in events if e.kind in replies.DONE), "已处理")
    for row in await _newest(desk, incident.number, actor.id, ALARMS if not ended else ()):
        code = await desk.store.spend_code(row.id, desk.now())
        if code is not None:
            card = living_card(
                incident, context(desk, row.recipient, incident), f"{incident.number}号：{actor.name}{when}{said}。"
            )
            await queue(desk, update_message(desk, row.recipient, code, card, f"{key}|{row.id}", incident.number))


async def _newest(desk: Desk, number: int, but: str, kinds: tuple[str, ...]) -> list[MessageRow]:
    """The newest card that reached each other person, of these kinds (none: any)."""
    newest: dict[str, MessageRow] = {}
    for row in await desk.store.messages_of(number):
        if row.task_id and row.sent_at is not None and row.recipient != but.lower():
            newest[row.recipient] = row
    return [r for r in newest.values() if not kinds or r.kind in kinds]
