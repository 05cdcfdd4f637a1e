"""Due steps become messages, messages are sent, what happened is recorded. Queue -> send -> mark (design.md §3.3).

tick:    claim due steps -> settle the incident -> re-check with the ladder -> keep the newest of each clock and role
         -> find the people -> one frozen request a person -> queue (one transaction)
deliver: claim queued messages -> send -> mark sent | retry later | unknown (repeat byte for byte) | failed (told)
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.cards import Context, alert_card, lead_kind
from bot.desk import Desk, NotFound, change
from bot.store.port import MessageRow, StepRow
from bot.wecom.cards import card_request
from bot.wecom.client import SendResult
from bot.wecom.errors import Kind, OutcomeUnknown, SendError
from config.schema import Role
from playbooks import ladder
from playbooks.incident import SYSTEM, Event, Incident
from playbooks.ladder import PlannedStep
from playbooks.rota import Duty, resolve, roles_of

log = logging.getLogger(__name__)

STEP_BATCH = 500
MESSAGE_BATCH = 20
RETRY = (5, 15, 60, 300)  # seconds of program time between tries of a refused message
GIVE_UP = timedelta(hours=24)


async def tick(desk: Desk) -> int:
    """Turn every due step into queued messages; returns how many steps were claimed. One bad incident stops no other."""
    now = desk.now()
    wall, lease = desk.lease()
    rows = await desk.store.claim_steps(now, wall, desk.owner, lease, STEP_BATCH)
    groups: dict[int, list[StepRow]] = defaultdict(list)
    for row in rows:
        groups[row.incident].append(row)
    for number, group in groups.items():
        try:
            await _queue(desk, number, group)
        except Exception as e:  # flow guard: one broken incident must not stop the others; the lease returns its steps
            log.exception("steps_failed", extra={"incident": number})
            await desk.store.report_problem("step", str(number), f"{type(e).__name__}: {e}", desk.now())
    return len(rows)


async def _queue(desk: Desk, number: int, rows: Sequence[StepRow]) -> None:
    try:
        incident, _ = await change(desk, number, lambda i: ())
    except NotFound:
        await desk.store.settle_steps({r.key: ("cancelled", "no_incident") for r in rows}, (), desk.now())
        return
    wanted = {s.key: s for s in ladder.steps(incident, desk.settings)}
    outcomes: dict[str, tuple[str, str]] = {r.key: ("cancelled", "no_longer_due") for r in rows if r.key not in wanted}
    live = tuple(wanted[r.key] for r in rows if r.key in wanted)
    kept, passed = ladder.newest(live)
    outcomes |= {s.key: ("passed", "newer_step_due") for s in passed}
    messages = _compose(desk, incident, kept, outcomes)
    await desk.store.settle_steps(outcomes, messages, desk.now())
    for key, (state, reason) in outcomes.items():
        if state == "failed":
            await desk.store.report_problem(
                "recipient", key, f"这一步没有找到接收人（{reason}），请检查值班表和名册。", desk.now()
            )


def _compose(
    desk: Desk, incident: Incident, kept: Sequence[PlannedStep], outcomes: dict[str, tuple[str, str]]
) -> list[MessageRow]:
    on = desk.duty()
    per: dict[str, tuple[list[PlannedStep], list[str]]] = {}
    for step in kept:
        targets = resolve(Role(step.role), incident, desk.settings.organisation, on)
        if not targets:
            waiting = step.role.startswith("unit_") and not incident.primary_unit
            outcomes[step.key] = ("passed", "not_assigned") if waiting else _nobody(step, desk)
            continue
        outcomes[step.key] = ("sending", "")
        for target in targets:
            steps, calls = per.setdefault(target.userid.lower(), ([], []))
            steps.append(step)
            calls.extend(c for c in target.call if c not in calls)
    return [_message(desk, incident, user, steps, calls, on) for user, (steps, calls) in per.items()]


def _nobody(step: PlannedStep, desk: Desk) -> tuple[str, str]:
    return ("failed", f"role {step.role} not filled")


def task_id(number: int, userid: str, steps: Sequence[PlannedStep]) -> str:
    """Same steps to the same person are the same message for ever; WeCom refuses a second one."""
    digest = hashlib.sha256("\n".join(sorted(s.key for s in steps)).encode()).hexdigest()[:16]
    return f"yq{number}-{digest}-{userid}"[:128]


def _message(
    desk: Desk, incident: Incident, userid: str, steps: Sequence[PlannedStep], calls: Sequence[str], on: Duty
) -> MessageRow:
    now = desk.now()
    org = desk.settings.organisation
    officer = org.officer(userid)
    ident = task_id(incident.number, userid, steps)
    ctx = Context(
        settings=desk.settings,
        now=now,
        duty=on,
        userid=userid,
        roles=roles_of(org, officer, on) if officer else (),
        unit=officer.unit if officer else "",
        board_url=f"{desk.board_url}/incident/{incident.number}",
        calls=tuple(calls),
    )
    card = alert_card(incident, steps, ctx, ident)
    return MessageRow(
        id=ident,
        incident=incident.number,
        recipient=userid,
        kind=lead_kind(steps),
        task_id=ident,
        request=card_request(userid, desk.settings.wecom.agentid, card),
        text=card_text(card),
        created_at=now,
        due_at=now,
        priority=min(s.priority for s in steps),
        steps=tuple(s.key for s in steps),
    )


def card_text(card: dict[str, object]) -> str:
    """Plain text of a card for the record and for channels without cards."""
    title = card.get("main_title")
    head = [str(v) for v in title.values()] if isinstance(title, dict) else []
    rows = card.get("horizontal_content_list")
    lines = [f"{r['keyname']}：{r['value']}" for r in rows] if isinstance(rows, list) else []
    return "\n".join([*head, str(card.get("sub_title_text", "")), *lines]).strip()


async def deliver(desk: Desk) -> int:
    """Send what is queued; returns how many messages were claimed."""
    if desk.wecom is None:
        return 0
    now = desk.now()
    wall, lease = desk.lease()
    rows = await desk.store.claim_messages(now, wall, desk.owner, lease, MESSAGE_BATCH)
    for row in rows:
        await _send(desk, row)
    return len(rows)


async def _send(desk: Desk, row: MessageRow) -> None:
    assert desk.wecom is not None
    repeat = row.attempts > 1
    try:
        if row.kind == "update":
            await desk.wecom.update_card(row.request)
            result = SendResult(msgid="", response_code=None)
        else:
            result = await desk.wecom.send(row.request, repeat=repeat)
    except OutcomeUnknown as e:
        await desk.store.mark_failed(row.id, desk.owner, desk.now(), state="unknown", retry_at=desk.now(), detail=str(e))
        await desk.store.report_problem("wecom", "send", f"企业微信未应答，消息将原样重发：{e}", desk.now())
        return
    except SendError as e:
        await _refused(desk, row, e)
        return
    await _sent(desk, row, result, repeat)


async def _sent(desk: Desk, row: MessageRow, result: SendResult, repeat: bool) -> None:
    now = desk.now()
    event = None
    if row.incident is not None and row.steps:
        data = {"message": row.id, "recipient": row.recipient, "steps": list(row.steps), "kind": row.kind, "repeat": repeat}
        event = Event(kind="notified", at=now, actor=SYSTEM, data=data)
    detail = "already_there" if result.already_there else ""
    code = result.response_code or ""
    await desk.store.mark_sent(row.id, desk.owner, now, msgid=result.msgid, response_code=code, detail=detail, event=event)
    await desk.store.resolve_problem("wecom", "send", now)
    if result.invalid or result.unlicensed:
        text = f"{row.recipient}不在应用可见范围或没有许可，收不到提醒，请在企业微信后台核对。"
        await desk.store.report_problem("recipient", row.recipient, text, now)


async def _refused(desk: Desk, row: MessageRow, e: SendError) -> None:
    now = desk.now()
    if row.kind == "update":  # a spent or expired code: the card stays as it was, the state is on the next card
        await desk.store.mark_failed(row.id, desk.owner, now, state="failed", retry_at=None, detail=str(e))
        return
    wait = e.retry_after or RETRY[min(row.attempts, len(RETRY)) - 1 if row.attempts else 0]
    final = (e.permanent and e.kind in (Kind.DATA, Kind.HANDLE)) or now - row.created_at > GIVE_UP
    await desk.store.mark_failed(
        row.id,
        desk.owner,
        now,
        state="failed" if final else "pending",
        retry_at=None if final else now + timedelta(seconds=wait),
        detail=str(e),
    )
    await desk.store.report_problem("wecom", "send", str(e), now)
    if final and row.incident is not None:
        await _fallback(desk, row, now)


async def _fallback(desk: Desk, row: MessageRow, now: datetime) -> None:
    """A person who cannot be reached: the same steps go to the duty leader, then the deputy, with a word why."""
    on = desk.duty()
    for other in (on.duty_leader, on.deputy_duty, on.duty_officer):
        if other and other.lower() != row.recipient.lower() and row.incident is not None:
            incident = await desk.store.incident(row.incident)
            if incident is None:
                return
            steps = [s for s in ladder.steps(incident, desk.settings) if s.key in row.steps]
            if not steps:
                return
            message = _message(desk, incident, other.lower(), steps, (f"{row.recipient}未能送达，请代为转告",), on)
            await desk.store.settle_steps({}, [message], now)
            return
