"""Actions that come from a board form: the same table, gates and replies as chat."""

from __future__ import annotations

from collections.abc import Mapping

from bot import refusals, replies
from bot.commands import BY_WORD, CommandError
from bot.desk import Busy, Desk, NotFound, act
from bot.proof import published
from bot.typed import tidy
from playbooks.lifecycle import ActionNotAllowed


async def board_act(desk: Desk, userid: str, command: str, number: int, fields: Mapping[str, str]) -> str:
    """Run one chat command word with the form's text for an officer; the reply is what chat would say."""
    actor = desk.actor(userid)
    row = BY_WORD.get(command)
    if actor is None or row is None or not row.action:
        return "没有这个操作。"
    try:
        parsed = row.fields(tidy(fields.get("text", "")), desk.settings, desk.now())
        if row.action == "attest" and not parsed.get("name"):
            parsed["name"] = actor.name
        incident, events = await act(desk, number, row.action, actor, parsed)
    except ActionNotAllowed as e:
        return await refusals.told(desk, actor, e)
    except (CommandError, NotFound, Busy) as e:
        return await refusals.unread(desk, actor, row.action, e)
    done = replies.done(incident, events, desk.settings, desk.now())
    if row.action != "release":
        return done
    return done + published(incident, str(parsed.get("detail", "")), desk.settings, desk.now())
