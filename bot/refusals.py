"""What was refused, to whom and why, on the record; and who may do it instead.

A refusal changes no matter, so it stands in the chain of the system: number, what was asked, the code of the reason and the state then.
What the person typed is not kept: it may be anything. Worked again after a crash, a refusal may stand there twice.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from bot import labels, replies
from bot.commands import CommandError
from bot.desk import Busy, Desk, NotFound
from bot.useful import useful
from playbooks.incident import Actor, Event
from playbooks.lifecycle import ActionNotAllowed
from playbooks.rota import Duty

log = logging.getLogger(__name__)

STRANGER = "您不在本单位名册中，不能办理。请联系管理员。"
KEPT = ("roles", "clocks", "debts", "field")
"""Details that are words of ours, not of the person."""
NAMED = 2
UNREAD: Mapping[type[Exception], str] = {CommandError: "bad_words", NotFound: "no_such_number", Busy: "busy"}


async def told(desk: Desk, by: Actor, e: ActionNotAllowed, key: str = "") -> str:
    """Record the refusal; the sentence for the person: why not, whom to ask, what is possible now."""
    said = {k: v for k, v in e.detail.items() if k in KEPT}
    await record(desk, by, e.action, e.reason, key, number=e.number, status=e.status.value, **said)
    incident = await desk.store.incident(e.number)
    able = useful(incident, by) if incident is not None else None
    return replies.refused(e, desk.settings, whom(desk, e), able)


async def of_others(desk: Desk, by: Actor, action: str, words: str, key: str) -> str:
    """What is no action on a matter (rota, drill, papers) and not for this person to do."""
    await record(desk, by, action, "wrong_role", key)
    return words


async def unread(desk: Desk, by: Actor, action: str, e: CommandError | NotFound | Busy, key: str = "") -> str:
    """Words that could not be read, a number nobody has, a matter that kept moving: the sentence of the error."""
    reason = next(r for kind, r in UNREAD.items() if isinstance(e, kind))
    await record(desk, by, action, reason, key)
    return str(e)


async def stranger(desk: Desk, user: str, key: str) -> str:
    """Somebody who is not in the roster."""
    await record(desk, Actor(id=user, name=""), "any", "not_in_roster", key)
    return STRANGER


async def record(desk: Desk, by: Actor, action: str, reason: str, key: str, **more: object) -> None:
    """One line of the system chain and of the log."""
    data = {"action": action, "reason": reason, "delivery": key, **more}
    await desk.store.append_system([Event(kind="refused", at=desk.now(), actor=by, data=data)])
    log.info("refused", extra={"by": by.id, "action": action, "reason": reason, "number": more.get("number")})


def whom(desk: Desk, e: ActionNotAllowed) -> str:
    """``带班领导高林 13800000000或新闻办陈静``: who is there for what this person may not do; empty where the role is not the reason."""
    if e.reason != "wrong_role":
        return ""
    on = desk.duty()
    found: list[str] = []
    for role in e.detail.get("roles", "").split("、"):
        userid = holder(desk, role, on)
        officer = desk.settings.organisation.officer(userid) if userid else None
        if officer is not None and all(officer.name not in f for f in found):
            found.append(f"{labels.ROLES.get(role, role)}{officer.name} {officer.phone}".strip())
    return "或".join(found[:NAMED])


def holder(desk: Desk, role: str, on: Duty) -> str:
    """Who holds the role now: by the rota, else the first of the roster."""
    planned = {"duty_officer": on.duty_officer, "deputy_duty": on.deputy_duty, "duty_leader": on.duty_leader}
    if role in planned:
        return planned[role]
    return next((o.userid for o in desk.settings.organisation.officers if role in o.roles), "")
