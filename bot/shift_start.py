"""到岗 at shift start: a card with one press to everybody of the shift; a duty officer who does not answer is told to the duty leader.

Rosters are wrong (practice.md §2.11): the roster says who should be there, the press says who is. 顶班 during the shift is a press too.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from bot import outbox, replies, rota_desk, texts
from bot.desk import Desk
from bot.labels import beijing
from bot.rota_desk import ROLES
from bot.wecom.cards import SUB, Button, Card, Row, button_card, text_notice
from playbooks.incident import SYSTEM, Actor
from playbooks.record import iso
from playbooks.rota import Duty, duty

ASKED = "rota.asked"
PATIENCE = timedelta(minutes=15)
"""How long the duty officer may take to say 到岗."""
FRESH = timedelta(hours=1)
"""A shift longer under way than this when the desk starts is not asked any more: whoever is there is there."""
KEPT = ("rota", "absent")
ARRIVED = "rota.arrived"
REST = "\n另{}件请回“查询”。"
EARLY = timedelta(hours=1)
"""So long before a shift begins its people may already say 到岗."""


async def arrive(desk: Desk, actor: Actor) -> str:
    """到岗: the shift is really manned; the reply is what waits."""
    on = desk.duty()
    coming = desk.duty(on.end + timedelta(seconds=1))
    if actor.id.lower() not in _people(on) and on.end - desk.now() <= EARLY and actor.id.lower() in _people(coming):
        on = coming
    held = [ROLES[r] for r in ROLES if getattr(on, r).lower() == actor.id.lower()]
    if not held:
        return f"本班（{on.shift or '无班次'}）值班表上没有您。您在岗的，请回“顶班”；要看值班表，请回“值班”。"
    there = [*await arrived(desk, on.start), actor.id.lower()]
    kept = {ARRIVED: json.dumps({"begin": iso(on.start), "users": sorted(set(there))})}
    await rota_desk.record(desk, actor, "on_duty", kept, shift=on.shift, roles=[r for r in ROLES if ROLES[r] in held])
    open_ones = await desk.store.incidents(open_only=True, alarmed_only=True)
    head = f"{beijing(desk.now(), desk.now())}已登记到岗（{on.shift}{'、'.join(held)}，至{beijing(on.end, desk.now())}）。"
    return whole_lines(head + replies.listing(open_ones, desk.settings, desk.now()))


def whole_lines(text: str) -> str:
    """As many lines as a card takes, none cut in the middle; the others are counted."""
    lines, gone = text.split("\n"), 0
    while len("\n".join(lines)) + (len(REST) if gone else 0) > SUB and len(lines) > 1:
        lines.pop()
        gone += 1
    return "\n".join(lines) + (REST.format(gone) if gone else "")


def _people(on: Duty) -> set[str]:
    return {getattr(on, role).lower() for role in ROLES}


async def arrived(desk: Desk, begin: datetime) -> list[str]:
    """Who has said 到岗 for the shift that begins then."""
    found = json.loads(await desk.store.meta(ARRIVED) or "{}")
    return list(found["users"]) if found.get("begin") == iso(begin) else []


async def planned(desk: Desk, at: datetime) -> Duty:
    """Who should be there: roster, 顶班 and swaps, without the outgoing officer whom an unsigned handover binds."""
    return rota_desk.without_bond(desk, at, json.loads(await desk.store.meta(rota_desk.HANDOVER) or "{}"))


async def taken_over(desk: Desk, begin: datetime, userid: str) -> bool:
    """Whether this officer signed 我已接清 for the shift that begins then."""
    running = json.loads(await desk.store.meta(rota_desk.HANDOVER) or "{}")
    return bool(running) and running["at"] == iso(begin) and running["to"].lower() == userid and bool(running["taken"])


async def look(desk: Desk) -> None:
    """Ask a shift that has begun; later, once, tell the duty leader that its officer has not answered."""
    now = desk.now()
    roster = duty(desk.settings.organisation, now)
    on = await planned(desk, now)
    if not roster.shift:
        return
    asked = json.loads(await desk.store.meta(ASKED) or "{}")
    if asked.get("begin") != iso(roster.start):
        late = now - roster.start > FRESH
        await _ask(desk, on)
        asked = {"begin": iso(roster.start), "at": iso(now), "told": "late start" if late else ""}
        await desk.store.set_meta(ASKED, json.dumps(asked))
        return
    if await present(desk, on):
        await desk.store.resolve_problem(*KEPT, now)
    elif not asked["told"] and now - datetime.fromisoformat(asked["at"]) >= PATIENCE:
        await _missing(desk, on)
        await desk.store.set_meta(ASKED, json.dumps({**asked, "told": iso(now)}))


def next_look(desk: Desk) -> datetime | None:
    """The first instant after now at which a shift is asked, or found not to have answered."""
    now = desk.now()
    on = duty(desk.settings.organisation, now)
    return next((at for at in (on.start + PATIENCE, on.end) if at > now), None) if on.shift else None


async def present(desk: Desk, on: Duty) -> bool:
    """Whether somebody holds the desk by a press: 到岗, 顶班 or a swap agreed to during the shift, or a handover taken over."""
    officer = on.duty_officer.lower()
    taken = any(c.role == "duty_officer" and c.userid.lower() == officer and c.start > on.start for c in desk.covers)
    return taken or officer in await arrived(desk, on.start) or await taken_over(desk, on.start, officer)


async def _ask(desk: Desk, on: Duty) -> None:
    if desk.now() - on.start > FRESH:
        return
    there = await arrived(desk, on.start)
    people: dict[str, list[str]] = {}
    for role, word in ROLES.items():
        if user := getattr(on, role):
            people.setdefault(user, []).append(word)
    key = f"arrive-{iso(on.start)}"
    cards = [outbox.card_message(desk, u, _card(desk, on, held), key) for u, held in people.items() if u.lower() not in there]
    await outbox.queue(desk, *cards)


def _card(desk: Desk, on: Duty, held: list[str]) -> Card:
    now = desk.now()
    rows = [Row(keyname=word[:5], value=rota_desk.name_of(desk, getattr(on, role))) for role, word in ROLES.items()]
    return button_card(
        title=f"【到岗】{on.shift} {beijing(on.start, now)}起",
        desc=f"您是本班{'、'.join(held)}，至{beijing(on.end, now)}",
        sub=f"请在{int(PATIENCE.total_seconds() // 60)}分钟内点“我已到岗”。来不了的，请打电话找人，由到场的人回“顶班”。",
        rows=rows,
        buttons=[
            Button(text="我已到岗", key="shift|arrive|", style=1),
            Button(text="逐件看", key="shift|list|", style=3),
        ],
        task_id="t",
        source=texts.source_line(desk.settings),
    )


async def _missing(desk: Desk, on: Duty) -> None:
    """The duty leader, or without one the deputy, or the administrators, get a card: telephone, or somebody there takes over."""
    now, org = desk.now(), desk.settings.organisation
    officer = org.officer(on.duty_officer)
    name = officer.name if officer else "（空缺）"
    text = f"{on.shift}值班员{name}在{beijing(now, now)}前没有点“我已到岗”，请电话核实，或由到场的人回“顶班”。"
    await rota_desk.record(desk, SYSTEM, "absent", of=on.duty_officer, shift=on.shift)
    await desk.store.report_problem(*KEPT, text, now)
    others = [u for u in (on.duty_leader, on.deputy_duty) if u and u.lower() != on.duty_officer.lower()]
    card = button_card(
        title=f"【未到岗】{on.shift}值班员{name}",
        desc=f"{beijing(on.start, now)}接班，{beijing(now, now)}未应答",
        sub="请先打电话。联系不上的，请安排到场的人顶班；您自己在场的，可点“由我顶班”。在此之前提醒仍发给原值班员。",
        rows=[Row(keyname="电话", value=officer.phone)] if officer and officer.phone else [],
        buttons=[Button(text="由我顶班", key="shift|cover|", style=1), Button(text="逐件看", key="shift|list|", style=3)],
        task_id="t",
        source=texts.source_line(desk.settings),
    )
    told = others or [o.userid for o in desk.settings.organisation.administrators]
    await outbox.queue(desk, *(outbox.card_message(desk, u, card, f"absent-{iso(on.start)}") for u in told))


async def pressed(desk: Desk, actor: Actor, action: str, key: str) -> tuple[str, Card]:
    """我已到岗 or 由我顶班 on a card: the words, and the card that takes its place."""
    text = await arrive(desk, actor) if action == "arrive" else await rota_desk.cover(desk, actor, key)
    card = text_notice(title="【到岗】", sub=text, url=f"{desk.board_url}/", source=texts.source_line(desk.settings))
    return text, card
