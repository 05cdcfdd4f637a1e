"""From steps to messages: one frozen request a person for everything that fell due together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from bot.cards import Context, alert_card, lead_kind
from bot.channels.beside import grave
from bot.desk import Desk
from bot.metering import GRAVE
from bot.store.port import MessageRow
from bot.wecom.cards import card_request
from config.schema import Role
from playbooks import budget
from playbooks.incident import Incident
from playbooks.ladder import PlannedStep
from playbooks.rota import Duty, resolve, roles_of

LATER = "排队待发，内容在发出时写成"


def compose(
    desk: Desk,
    incident: Incident,
    kept: Sequence[PlannedStep],
    outcomes: dict[str, tuple[str, str]],
    on: Duty | None = None,
    *,
    written: bool = True,
    pushed: Mapping[str, int] | None = None,
) -> list[MessageRow]:
    """Messages of the steps, one a person; `outcomes` learns what became of each step.

    `pushed`: how often each person was pushed about this matter, while the nag budget counts.
    Not `written`: the request stays empty, and the last look before sending (`bot.refresh`) writes and freezes it.
    """
    on = on or desk.duty()
    per: dict[str, tuple[list[PlannedStep], list[str]]] = {}
    for step in kept:
        targets = resolve(Role(step.role), incident, desk.settings.organisation, on)
        if not targets:
            waiting = step.role.startswith("unit_") and not incident.primary_unit
            nobody = ("failed", f"role {step.role} not filled")
            outcomes[step.key] = ("passed", "not_assigned") if waiting else nobody
            continue
        outcomes[step.key] = ("sending", "")
        for target in targets:
            steps, calls = per.setdefault(target.userid.lower(), ([], []))
            steps.append(step)
            calls.extend(c for c in target.call if c not in calls)
    if pushed is not None:
        _spare(desk, incident, per, outcomes, on, pushed)
    if not written:
        return [_row(desk, incident, user, steps, b"", LATER) for user, (steps, _) in per.items()]
    return [message(desk, incident, user, steps, calls, on) for user, (steps, calls) in per.items()]


def _spare(
    desk: Desk,
    incident: Incident,
    per: dict[str, tuple[list[PlannedStep], list[str]]],
    outcomes: dict[str, tuple[str, str]],
    on: Duty,
    pushed: Mapping[str, int],
) -> None:
    """Who has had the pushes of the first hours, and does not have the matter in hand, is spared the desk's own reminders."""
    hold = budget.owners(incident, desk.settings.organisation, on)
    limit = desk.settings.bot.push_limit
    full = [
        u for u, (steps, _) in per.items() if u not in hold and pushed.get(u, 0) >= limit and budget.gives_way(incident, steps)
    ]
    spared = {s.key for user in full for s in per.pop(user)[0]}
    left = {s.key for steps, _ in per.values() for s in steps}
    outcomes |= dict.fromkeys(spared - left, ("passed", budget.GAVE_WAY))


RELAY = "relay-"
RELAY_WORD = "原接收人未能送达，请代为转告"


def relay_id(number: int, userid: str, steps: Sequence[PlannedStep]) -> str:
    """Identity of a message that asks somebody to pass on what could not be delivered; once a person, so it ends."""
    return RELAY + task_id(number, userid, steps)


def task_id(number: int, userid: str, steps: Sequence[PlannedStep]) -> str:
    """Same steps to the same person are the same message for ever; WeCom refuses a second one."""
    digest = hashlib.sha256("\n".join(sorted(s.key for s in steps)).encode()).hexdigest()[:16]
    return f"yq{number}-{digest}-{userid}"[:120]


def message(
    desk: Desk,
    incident: Incident,
    userid: str,
    steps: Sequence[PlannedStep],
    calls: Sequence[str],
    on: Duty,
    ident: str = "",
) -> MessageRow:
    """One message to one person; `ident` keeps the identity of a message written anew."""
    org = desk.settings.organisation
    officer = org.officer(userid)
    ident = ident or task_id(incident.number, userid, steps)
    ctx = Context(
        settings=desk.settings,
        now=desk.now(),
        duty=on,
        userid=userid,
        roles=roles_of(org, officer, on) if officer else (),
        unit=officer.unit if officer else "",
        board_url=f"{desk.board_url}/incident/{incident.number}",
        calls=tuple(calls),
    )
    card = alert_card(incident, steps, ctx, ident)
    return _row(desk, incident, userid, steps, card_request(userid, desk.settings.wecom.agentid, card), card_text(card), ident)


def _row(
    desk: Desk, incident: Incident, userid: str, steps: Sequence[PlannedStep], request: bytes, text: str, ident: str = ""
) -> MessageRow:
    now = desk.now()
    ident = ident or task_id(incident.number, userid, steps)
    return MessageRow(
        id=ident,
        incident=incident.number,
        recipient=userid,
        kind=lead_kind(steps),
        task_id=ident,
        request=request,
        text=text,
        created_at=now,
        due_at=now,
        priority=GRAVE if grave(incident) else min(s.priority for s in steps),
        steps=tuple(s.key for s in steps),
    )


def card_text(card: dict[str, object]) -> str:
    """Plain text of a card for the record and for channels without cards."""
    title = card.get("main_title")
    head = [str(v) for v in title.values()] if isinstance(title, dict) else []
    rows = card.get("horizontal_content_list")
    lines = [f"{r['keyname']}：{r['value']}" for r in rows] if isinstance(rows, list) else []
    return "\n".join([*head, str(card.get("sub_title_text", "")), *lines]).strip()
