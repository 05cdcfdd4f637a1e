"""The last look before a message leaves: were its steps met meanwhile, is its text still true, is the person still on duty?

Only a message that certainly never left is touched; one whose outcome is unknown is repeated byte for byte (design.md §3.3).
After an outage everything that waits for one person about one matter becomes one message with the true remaining time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot import late_answers
from bot.compose import RELAY, RELAY_WORD, compose, message
from bot.desk import Desk, NotFound, change
from bot.store.port import MessageRow
from config.schema import Role
from playbooks import ladder
from playbooks.incident import Incident
from playbooks.ladder import PlannedStep
from playbooks.rota import Target, resolve

FRESH = timedelta(seconds=60)
"""Program time for which the remaining time in a text stays true enough."""


async def refreshed(desk: Desk, row: MessageRow) -> MessageRow | None:
    """The message to send now: as it is, brought up to date, or None when it is withdrawn."""
    if row.kind == late_answers.KIND:
        return await late_answers.joined(desk, row)
    if row.incident is None or not row.steps:
        return row
    relay = row.id.startswith(RELAY)
    waiting = [
        m for m in await desk.store.unsent(row.id, desk.owner) if m.id == row.id or not (relay or m.id.startswith(RELAY))
    ]
    if not waiting:
        return row
    try:
        incident, _ = await change(desk, row.incident, lambda i: ())
    except NotFound:
        return row
    keys = {key for m in waiting for key in m.steps}
    live = ladder.among(incident, desk.settings, keys)
    kept, passed = ladder.newest(live)
    mine = tuple(s for s in kept if relay or _reaches(desk, incident, s, row.recipient))
    if row.request and {s.key for s in mine} == keys and len(waiting) == 1 and desk.now() - row.created_at < FRESH:
        return row
    outcomes = dict.fromkeys(keys - {s.key for s in live}, ("cancelled", "met_meanwhile"))
    outcomes |= {s.key: ("passed", "newer_step_due") for s in passed}
    return await _rewritten(desk, incident, row, waiting, kept, mine, outcomes)


def _reaches(desk: Desk, incident: Incident, step: PlannedStep, userid: str) -> bool:
    """Whether the role of the step is this person's now."""
    return any(t.userid.lower() == userid.lower() for t in _targets(desk, incident, step))


def _targets(desk: Desk, incident: Incident, step: PlannedStep) -> tuple[Target, ...]:
    return resolve(Role(step.role), incident, desk.settings.organisation, desk.duty())


async def _rewritten(
    desk: Desk,
    incident: Incident,
    row: MessageRow,
    waiting: Sequence[MessageRow],
    kept: Sequence[PlannedStep],
    mine: Sequence[PlannedStep],
    outcomes: dict[str, tuple[str, str]],
) -> MessageRow | None:
    """Store the new text and send it; steps that are somebody else's by now go to that person."""
    gone = [s for s in kept if s not in mine]
    settled: dict[str, tuple[str, str]] = {}
    others = [m for m in compose(desk, incident, gone, settled) if m.recipient != row.recipient.lower()]
    outcomes |= {key: outcome for key, outcome in settled.items() if outcome[0] != "sending"}
    outcomes |= {s.key: ("sending", "") for s in gone if s.key not in outcomes}
    absorbed = [m.id for m in waiting[1:]]
    if not mine:
        await desk.store.rewrite(row.id, desk.owner, None, "met_meanwhile", absorbed, outcomes, others)
        return None
    calls = _calls(desk, incident, row, mine)
    fresh = message(desk, incident, row.recipient, mine, calls, desk.duty(), row.id)
    if not await desk.store.rewrite(row.id, desk.owner, fresh.request, fresh.text, absorbed, outcomes, others):
        return row
    return replace(row, request=fresh.request, text=fresh.text, steps=fresh.steps)


def _calls(desk: Desk, incident: Incident, row: MessageRow, steps: Sequence[PlannedStep]) -> tuple[str, ...]:
    """Telephone calls the person is asked to make, as when the message was first composed."""
    if row.id.startswith(RELAY):
        return (RELAY_WORD,)
    user = row.recipient.lower()
    found = (c for s in steps for t in _targets(desk, incident, s) if t.userid.lower() == user for c in t.call)
    return tuple(dict.fromkeys(found))
